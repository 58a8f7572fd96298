"""Which disk of a node a claim is: one small rule for each way in which that can be known, the surest first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from robusta_volumes._analysis.io_disks import Disks, disk_of, plain_id
from robusta_volumes._analysis.io_places import Place
from robusta_volumes._model.io import Confidence
from robusta_volumes._model.io_series import Device
from robusta_volumes._model.text import code

_VIRTIO = 20  # characters of a serial number that virtio disks have
_SHORT = 8  # characters: what is shorter is no identity
_AZURE_DATA, _AZURE_OWN = "f8b3781b", ("f8b3781a", "00000000")  # controllers of data disks; of the machine's own
_LOCAL = frozenset({"local", "hostPath"})


@dataclass(frozen=True)
class Found:
    """One disk that is, or may be, a claim's."""

    device: str
    how: str
    confidence: Confidence = "mapped"


Rule = Callable[[Place, Disks], Iterator[Found]]


def by_exporter(place: Place, disks: Disks) -> Iterator[Found]:
    """Ask whoever exports which device each volume is."""
    if device := disks.handles.get((place.node, place.handle)):
        yield Found(device, "a device exporter names it")


def by_serial(place: Place, disks: Disks) -> Iterator[Found]:
    """Look for a serial number or a world wide name that is the volume's identity, or begins it."""
    for identity in _identities(place):
        plain = plain_id(identity)
        for key in (plain, plain_id(identity[:_VIRTIO])):
            if len(key) < _SHORT:
                continue
            if device := disks.by_identity.get((place.node, key)):
                yield Found(device.device, f"serial {code(device.serial)} of `node_disk_info`")
            elif device := disks.by_wwn.get((place.node, key)):
                yield Found(device.device, f"wwn {code(device.wwn)} of `node_disk_info`")


def _identities(place: Place) -> Iterator[str]:
    handle = place.handle
    yield handle
    last = handle.rpartition("/")[2]  # "projects/p/zones/z/disks/name"
    if last != handle:
        yield last
    yield f"{last}_regional"  # what GCP calls the device of a regional disk
    if place.volume:
        yield place.volume.meta.name
    if place.attachment and (disk := place.attachment.metadata.get("diskuuid")):  # vSphere
        yield disk


def by_path(place: Place, disks: Disks) -> Iterator[Found]:
    """Take the device that the attachment names, where a disk of the node has that name (Xen)."""
    named = disk_of(place.attachment.metadata.get("devicepath", "")) if place.attachment else ""
    if named and any(device.device == named for device in disks.devices.get(place.node, ())):
        yield Found(named, f"the attachment names {code('/dev/' + named)}")


def by_lun(place: Place, disks: Disks) -> Iterator[Found]:
    """Look for the one data disk with the number that Azure gave it."""
    lun = place.attachment.metadata.get("lun", "") if place.attachment else ""
    if not lun or "azure" not in place.driver:
        return
    paths = [d for d in disks.devices.get(place.node, ()) if d.path.endswith(f"lun-{lun}")]
    foreign = [d for d in paths if not any(own in d.path for own in _AZURE_OWN)]
    sure = [d for d in foreign if _AZURE_DATA in d.path] or foreign
    if len(sure) == 1:
        yield Found(sure[0].device, f"LUN {lun}, as the attachment says")


def by_logical_volume(place: Place, disks: Disks) -> Iterator[Found]:
    """Look for a logical volume that is called like the volume."""
    names = [place.handle, place.handle.rpartition("/")[2], place.volume.meta.name if place.volume else ""]
    device = next((d for name in names if name and (d := disks.by_logical_volume.get((place.node, name)))), None)
    if device:
        yield Found(device.device, f"logical volume {code(device.logical_volume)}")


def by_encryption(place: Place, disks: Disks) -> Iterator[Found]:
    """Look for a decrypted disk whose name holds the volume's."""
    names = [name for name in (place.handle, place.volume.meta.name if place.volume else "") if len(name) >= _SHORT]
    for device in disks.encrypted.get(place.node, ()):
        if any(name in device.mapper_uuid for name in names):
            yield Found(device.device, "its decrypted device; latency includes the encryption")


def by_mount(place: Place, disks: Disks) -> Iterator[Found]:
    """Look where the kubelet mounted it: the path holds the volume's name, or a hash of its handle."""
    if place.volume is None:
        return
    for folder in (place.volume.meta.name, sha256(place.volume.handle.encode()).hexdigest()):
        mount = disks.by_folder.get((place.node, folder))
        if mount and mount.device.startswith("/dev/"):
            yield Found(disk_of(mount.device), f"mounted at {code(mount.mountpoint)}")


def by_folder(place: Place, disks: Disks) -> Iterator[Found]:
    """Find the filesystem that a folder of the node lies in: others use it, too, unless it is a disk of its own."""
    if place.volume is None or place.volume.source not in _LOCAL or not place.handle.startswith("/"):
        return
    path = place.handle.rstrip("/") or "/"
    for mount in disks.mounts.get(place.node, ()):
        if mount.device.startswith("/dev/") and (path + "/").startswith(mount.mountpoint.rstrip("/") + "/"):
            alone = mount.mountpoint == path != "/" and place.volume.source == "local"
            how = f"{code(path)} lies in the filesystem at {code(mount.mountpoint)}"
            yield Found(disk_of(mount.device), how, "mapped" if alone else "shared")
            return


def by_what_is_left(place: Place, disks: Disks) -> Iterator[Found]:
    """Take the only disk that the claim's pods work on beside those of the node; for pods with one claim."""
    own = disks.own(place.node)
    if own is None:
        return
    for pod in place.pods:
        if len(set(pod.claims)) == 1:
            left = [device for device in disks.of_pod(place.node, *pod.meta.key) if not _is_own(device, own)]
            if len(left) == 1:
                numbers = f" ({':'.join(left[0].numbers)})" if any(left[0].numbers) else ""
                yield Found(
                    left[0].device, f"the only disk{numbers} that {code(pod.meta.name)} works on beside the node's own"
                )


def _is_own(device: Device, own: frozenset[str]) -> bool:
    return device.device in own


RULES: tuple[Rule, ...] = (
    by_exporter,
    by_encryption,
    by_serial,
    by_path,
    by_lun,
    by_logical_volume,
    by_mount,
    by_folder,
    by_what_is_left,
)
