"""What came of the questions about I/O, put together. Pure."""

from collections.abc import Mapping

from robusta_volumes._cluster import io_rows, io_sources
from robusta_volumes._cluster.filling import Rows
from robusta_volumes._cluster.io_questions import Plan
from robusta_volumes._model.io_scope import DEVICES, OPERATIONS, SOURCES
from robusta_volumes._model.io_series import IoKey, IoMeasured, IoSeries, IoWindow


def answered(plan: Plan) -> IoMeasured:
    """Give what came."""
    rows = {what: list(some) for what, some in plan.rows.items()}
    per_io: dict[IoKey, dict[str, float]] = {}
    for direction in io_sources.LATENCY:
        for key, values in io_rows.per_io(direction, rows.get(f"{direction} latency per operation", ())).items():
            per_io.setdefault(key, {}).update(values)
    calls = [
        call
        for kind in io_sources.CALLS
        for call in io_rows.operations(
            kind, *(rows.get(f"{kind[0]}, {what}", ()) for what in ("p95", "rate", "failed"))
        )
    ]
    return IoMeasured(
        plan.window,
        series=_series(plan.series, plan.window),
        devices=io_rows.devices(rows.get(io_sources.DISK_INFO, ()), rows.get(io_sources.MAPPER_INFO, ())),
        mounted=io_rows.mounted(rows.get(io_sources.FILESYSTEM, ())),
        pods=io_rows.pods(rows.get("operations of pods by device", ()), rows.get("bytes of pods by device", ())),
        operations=tuple(calls),
        per_io=per_io,
        node_pressure=io_rows.pressures(rows.get(io_sources.NODE_PRESSURE, ())),
        handles=io_rows.handles([row for name in io_sources.HANDLES for row in rows.get(name, ())]),
        heat=_series(plan.heat, plan.week),
        resets={
            (source, key): column
            for source, some in plan.resets.items()
            for key, column in io_rows.last_resets(some).items()
        },
        present=sources_of(plan.present),
    )


def _series(found: Mapping[str, dict[str, Rows[IoKey]]], window: IoWindow) -> dict[str, IoSeries]:
    made: dict[str, IoSeries] = {}
    for source, signals in found.items():
        if (one := io_rows.together(source, window, signals)) is not None:
            made[source] = one
    return made


def sources_of(present: frozenset[str]) -> frozenset[str]:
    """Tell which sources these metrics belong to."""
    found = {source.name for source in io_sources.SERIES if source.usable(present)}
    if present & {f"{call[0]}_count" for call in io_sources.CALLS}:
        found.add(OPERATIONS)
    if present & {io_sources.DISK_INFO, *io_sources.HANDLES}:
        found.add(DEVICES)
    return frozenset(name for name in SOURCES if name in found)
