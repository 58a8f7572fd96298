"""What metrics of a node tell of disks and pods at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass

from robusta_volumes._model.io_probe import Disk, Numbers, Sample, Stall
from robusta_volumes._model.io_series import Device, Mounted


def numbers_in(said: tuple[str, str]) -> Numbers | None:
    """Read major and minor as labels have them."""
    return (int(said[0]), int(said[1])) if all(word.isdigit() for word in said) else None


@dataclass(frozen=True)
class NodeTold:
    """What node_exporter tells: counters by the name of the device, and what the devices are."""

    at: float
    disks: Mapping[str, Disk]
    devices: tuple[Device, ...] = ()
    mounted: tuple[Mounted, ...] = ()
    node: Stall | None = None

    @property
    def sample(self) -> Sample:
        """Write it as what a container tells; devices without numbers are left out."""
        known = {d.device: numbers_in(d.numbers) for d in self.devices}
        disks = {at: disk for name, disk in self.disks.items() if (at := known.get(name))}
        return Sample(self.at, disks, node=self.node)


@dataclass(frozen=True)
class PodTold:
    """What cAdvisor tells of one pod: when it measured, reads, writes and their bytes by device, and the devices' numbers."""

    at: float
    did: Mapping[str, tuple[int | None, ...]]
    numbers: Mapping[str, Numbers]
