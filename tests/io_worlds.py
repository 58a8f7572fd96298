"""Series, mappings and limits of claims, as metrics would give them: one line per claim in tests."""

from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from robusta_volumes._analysis.io_facts import volume_ios
from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.io import IoLimits, Mapped, VolumeIo
from robusta_volumes._model.io_series import IoKey, IoMeasured, IoSeries, IoWindow
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.times import UTC
from robusta_volumes._model.volume import Meta, Node, Pod

END = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAN = float("nan")
CLAIM: Key = ("shop", "data")
VOLUME: IoKey = ("vol-1",)
NODE = "worker-1"
Row = Sequence[float] | float


def window(columns: int, minutes: int = 5) -> IoWindow:
    return IoWindow(END, timedelta(minutes=minutes), columns, timedelta(minutes=5))


def series(rows: Mapping[IoKey, Mapping[str, Row]], columns: int, source: str = "ebs", minutes: int = 5) -> IoSeries:
    """Rows by key and signal; a number stands for itself in every column, what is not named is NaN."""
    signals = sorted({signal for row in rows.values() for signal in row})
    filled: dict[str, array[float]] = {}
    for signal in signals:
        values: list[float] = []
        for row in rows.values():
            given = row.get(signal, NAN)
            values += [float(given)] * columns if isinstance(given, int | float) else [float(each) for each in given]
        filled[signal] = array("d", values)
    return IoSeries(source, window(columns, minutes), tuple(rows), filled)


def facts(
    row: Mapping[str, Row],
    limits: IoLimits | None = None,
    *,
    columns: int = 288,
    minutes: int = 5,
    see: Inventory | None = None,
    since: datetime | None = None,
) -> VolumeIo:
    """What is known of one claim on one node."""
    measured = IoMeasured(window(columns, minutes), {"ebs": series({VOLUME: row}, columns, minutes=minutes)})
    mapped = Mapped("ebs", VOLUME, NODE, "nvme1n1", "exact", since=since)
    return volume_ios(
        see or Inventory(END), measured, {CLAIM: (mapped,)}, {CLAIM: {NODE: limits or IoLimits()}}, Limits()
    )[CLAIM][0]


def inventory(pods: Mapping[str, str]) -> Inventory:
    """Pods of one node by name, with the claim that each uses."""
    return Inventory(
        END,
        pods=tuple(
            Pod(Meta(pod, "shop"), NODE, "Running", (claim,), ready=True, waiting="", started=None)
            for pod, claim in pods.items()
        ),
        nodes=(Node(Meta(NODE), ready=True, schedulable=True, address="10.0.0.7"),),
    )
