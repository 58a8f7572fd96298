"""What machines may do with all their volumes together: as the user declares it, else by the table of EC2 instances."""

from dataclasses import dataclass, replace

from robusta_volumes._analysis.io_catalogue import MB, MIB, driver, machine, number
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import Declared, IoLimits
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Volume

_TYPES = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")


@dataclass(frozen=True)
class MachineLimits:
    """Operations and bytes of one machine; both None where nothing says it, and then why."""

    iops: Declared | None = None
    bytes: Declared | None = None
    why_unknown: str = ""


class Machines:
    """Limits of volumes, with those of the machine they are on; asked for thousands of volumes on few machines."""

    def __init__(self, see: Inventory, settings: VolumePerformanceAnalysis) -> None:
        """Remember what is asked twice."""
        self._see, self._settings = see, settings
        self._known: dict[str, MachineLimits] = {}

    def on(self, node: str, limits: IoLimits, volume: Volume | None) -> IoLimits:
        """Add what the machine may do, where the volume is a disk of the machine's provider."""
        if not node or volume is None or not driver(volume.driver).get("machines"):
            return limits
        if node not in self._known:
            self._known[node] = machine_limits(self._see, self._settings, node)
        found = self._known[node]
        why = "; ".join(each for each in (limits.why_unknown, found.why_unknown) if each)
        return replace(limits, node_iops=found.iops, node_bytes=found.bytes, why_unknown=why)


def machine_limits(see: Inventory, settings: VolumePerformanceAnalysis, name: str) -> MachineLimits:
    """Say what a node may do with all its volumes together."""
    node = see.node.get(name)
    model = next((node.meta.labels[label] for label in _TYPES if node.meta.labels.get(label)), "") if node else ""
    if not model:
        return MachineLimits()
    declared = settings.machine_limits.of(model)
    if declared:
        source, cap = f"machineLimits of {plain(model)}", declared[1]
        return MachineLimits(
            Declared(cap.iops, f"{number(cap.iops)} were declared", source) if cap.iops else None,
            Declared(cap.bytes, f"{number(cap.bytes / MIB)} MiB/s were declared", source) if cap.bytes else None,
        )
    known = machine(model)
    if not known:
        why = (
            f"what {plain(model)} may do with all its volumes together is not known; "
            "volumePerformanceAnalysis.machineLimits can say it"
        )
        return MachineLimits(why_unknown=why)
    iops, rate, *burst = known
    words = "for ever; more for 30 minutes a day" if burst else "for ever"
    source = f"the table of EC2 instances, {plain(model)}"
    return MachineLimits(
        Declared(iops, f"{number(iops)} IOPS of 16 KiB {words}", source, burst=burst[0] if burst else None),
        Declared(rate * MB, f"{number(rate)} MB/s {words}", source, burst=burst[1] * MB if burst else None),
    )
