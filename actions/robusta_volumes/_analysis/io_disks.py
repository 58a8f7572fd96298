"""What nodes have, indexed to be found: disks by name, number and identity, mounts, and the disks that pods work on."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io_scope import DISKSTATS, NFS
from robusta_volumes._model.io_series import Device, IoKey, IoMeasured, Mounted, PodIo

_PARTITION = re.compile(r"(?:(?P<disk>(?:nvme\d+n|mmcblk|loop|nbd|rbd|md)\d+)p\d+|(?P<old>(?:sd|vd|xvd|hd)[a-z]+)\d+)")


def disk_of(device: str) -> str:
    """Give the disk of a partition: nvme1n1p1 and sda1 are not measured, nvme1n1 and sda are."""
    name = device.rpartition("/")[2]
    found = _PARTITION.fullmatch(name)
    return (found["disk"] or found["old"]) if found else name


def host_of(instance: str) -> str:
    """Give the machine of an ``instance`` label: "10.0.0.7:9100" and "[fd00::7]:9100" without what follows."""
    if instance.startswith("["):
        return instance[1:].partition("]")[0]
    return instance.rpartition(":")[0] if instance.count(":") == 1 else instance


class Disks:
    """Everything that was measured of nodes, by the name of the node."""

    def __init__(self, see: Inventory, measured: IoMeasured) -> None:
        """Index it."""
        self._measured = measured
        self._names: dict[str, str] = {}  # what an exporter may call a node -> its name
        for node in see.nodes:
            for word in (node.meta.labels.get("kubernetes.io/hostname", ""), node.address, node.meta.name):
                if word:
                    self._names[word] = node.meta.name

    def node(self, instance: str) -> str:
        """Tell on which node an exporter runs: by its address, else by what it says itself."""
        host = host_of(instance)
        said = self._measured.nodes.get(instance, "")
        return self._names.get(host) or self._names.get(said) or said or host

    @cached_property
    def keys(self) -> Mapping[str, frozenset[IoKey]]:
        """What each source measures."""
        return {source: frozenset(series.keys) for source, series in self._measured.series.items()}

    @cached_property
    def measured(self) -> Mapping[tuple[str, str], IoKey]:
        """The rows of disks, by node and device; of two exporters on one node, one speaks."""
        found = ((self.node(key[0]), key) for key in sorted(self.keys.get(DISKSTATS, ()), reverse=True))
        return {(node, key[1]): key for node, key in found}

    @cached_property
    def exports(self) -> Mapping[tuple[str, str], IoKey]:
        """The rows of NFS mounts, by node and export."""
        found = ((self.node(key[0]), key) for key in sorted(self.keys.get(NFS, ()), reverse=True))
        return {(node, key[1].rstrip("/")): key for node, key in found}

    @property
    def handles(self) -> Mapping[tuple[str, str], str]:
        """Devices by node and volume, as somebody exports them."""
        return self._measured.handles

    @cached_property
    def devices(self) -> Mapping[str, tuple[Device, ...]]:
        """Disks by node."""
        found: dict[str, dict[str, Device]] = {}
        for device in self._measured.devices:
            found.setdefault(self.node(device.instance), {}).setdefault(device.device, device)
        return {node: tuple(some.values()) for node, some in found.items()}

    @cached_property
    def by_identity(self) -> Mapping[tuple[str, str], Device]:
        """Disks by node and serial number, dashes left out and letters small."""
        return self._by(lambda device: plain_id(device.serial))

    @cached_property
    def by_wwn(self) -> Mapping[tuple[str, str], Device]:
        """Disks by node and world wide name, as far as it is a number: "0x6000c29..." and "uuid.0123-..." without its head."""
        return self._by(lambda device: plain_id(device.wwn.removeprefix("0x").rpartition(".")[2]))

    @cached_property
    def by_logical_volume(self) -> Mapping[tuple[str, str], Device]:
        """Disks by node and the name of the logical volume that they are."""
        return self._by(lambda device: device.logical_volume)

    def _by(self, identity: Callable[[Device], str]) -> Mapping[tuple[str, str], Device]:
        """Index by node and something; what two disks of a node have in common identifies none of them."""
        found: dict[tuple[str, str], list[Device]] = {}
        for node, some in self.devices.items():
            for device in some:
                if key := identity(device):
                    found.setdefault((node, key), []).append(device)
        return {key: some[0] for key, some in found.items() if len(some) == 1}

    @cached_property
    def encrypted(self) -> Mapping[str, tuple[Device, ...]]:
        """Disks that decrypt another, by node."""
        return {
            node: tuple(device for device in some if device.mapper_uuid.startswith("CRYPT-"))
            for node, some in self.devices.items()
        }

    @cached_property
    def by_number(self) -> Mapping[tuple[str, tuple[str, str]], Device]:
        """Disks by node, major and minor."""
        return {
            (node, device.numbers): device
            for node, some in self.devices.items()
            for device in some
            if any(device.numbers)
        }

    @cached_property
    def mounts(self) -> Mapping[str, tuple[Mounted, ...]]:
        """Mounts by node, those deepest in the tree first."""
        found: dict[str, list[Mounted]] = {}
        for mount in self._measured.mounted:
            found.setdefault(self.node(mount.instance), []).append(mount)
        return {node: tuple(sorted(some, key=lambda m: -len(m.mountpoint))) for node, some in found.items()}

    @cached_property
    def by_folder(self) -> Mapping[tuple[str, str], Mounted]:
        """Mounts of volumes by node and each folder in their path: one of them is the volume's name, or a hash of its handle."""
        return {
            (node, folder): mount
            for node, some in self.mounts.items()
            for mount in some
            if _of_volumes(mount)
            for folder in mount.mountpoint.split("/")
        }

    @cached_property
    def _pods(self) -> Mapping[tuple[str, str, str], tuple[PodIo, ...]]:
        found: dict[tuple[str, str, str], list[PodIo]] = {}
        for pod in self._measured.pods:
            found.setdefault((self._names.get(pod.node, pod.node), pod.namespace, pod.pod), []).append(pod)
        return {key: tuple(some) for key, some in found.items()}

    def own(self, node: str) -> frozenset[str] | None:
        """Name the disks on which a node's own filesystems are; None where the one of its root is not known by its name."""
        mounts = self.mounts.get(node, ())
        own = {m.mountpoint: disk_of(m.device) for m in mounts if not _of_volumes(m) and m.device.startswith("/dev/")}
        known = {device.device for device in self.devices.get(node, ())}
        return frozenset(own.values()) if own.get("/") in known else None

    def of_pod(self, node: str, namespace: str, pod: str) -> Iterator[Device]:
        """Give the disks that a pod works on, as far as they are known."""
        seen: set[str] = set()
        for one in self._pods.get((node, namespace, pod), ()):
            device = self.by_number.get((node, one.numbers)) if any(one.numbers) else None
            name = device.device if device else disk_of(one.device)
            if name and name not in seen:
                seen.add(name)
                yield device or next((d for d in self.devices.get(node, ()) if d.device == name), Device("", name))


def plain_id(text: str) -> str:
    """Write an identity as some disks do: no dashes, small letters."""
    return text.replace("-", "").lower()


def _of_volumes(mount: Mounted) -> bool:
    """Tell whether the kubelet mounted a volume there."""
    return "/volumes/" in mount.mountpoint or "/plugins/" in mount.mountpoint
