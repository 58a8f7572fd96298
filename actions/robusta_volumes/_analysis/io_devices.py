"""What devices say of themselves: of what family a disk is whose driver does not tell, and disks that no claim is on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from robusta_volumes._analysis.io_around import base, host
from robusta_volumes._analysis.io_rows import Entry
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import IoLimits, Mapped
from robusta_volumes._model.io_scope import DISKSTATS
from robusta_volumes._model.io_series import Device, IoMeasured

_EBS = "Amazon Elastic Block Store"
_NETWORK = (_EBS, "PersistentDisk", "nvme_card-pd", "Virtual_Disk", "Virtual Disk", "MSFT NVMe Accelerator")
_UNTOLD = {"", "local"}


def told_by_devices(entries: Sequence[Entry], measured: IoMeasured, see: Inventory) -> list[Entry]:
    """Correct the family where a path on a node's disk says "local", or nothing is known: the disk itself knows.

    A disk of the provider behind a local path answers no faster than any other of its kind; a spinning one is no SSD.
    """
    known = {(host(device.instance), device.device): device for device in measured.devices}
    if not known:
        return list(entries)
    return [_told(entry, known, see) if entry.limits.family in _UNTOLD else entry for entry in entries]


def _told(entry: Entry, known: Mapping[tuple[str, str], Device], see: Inventory) -> Entry:
    node = see.node.get(entry.node)
    name = next((base(one.device) for one in entry.mapped if one.device), "")
    device = known.get((node.address if node else entry.node, name)) or known.get((entry.node, name))
    if device is None:
        return entry
    if any(word in device.model for word in _NETWORK):
        return replace(entry, limits=replace(entry.limits, family="ssd"))
    return replace(entry, limits=replace(entry.limits, family="hdd")) if device.rotational else entry


def other_disks(entries: Sequence[Entry], measured: IoMeasured, see: Inventory) -> list[Entry]:
    """List disks of EC2 machines that no claim speaks for, such as their root disks: they share the machine's limit."""
    limits: dict[str, IoLimits] = {}
    taken: set[tuple[str, str]] = set()
    for entry in entries:
        if entry.limits.node_iops or entry.limits.node_bytes:
            limits.setdefault(entry.node, entry.limits)
        for one in entry.mapped:
            taken |= {(entry.node, base(one.device)), *((entry.node, word.replace("-", "")) for word in one.key)}
    nodes = {node.address: node.meta.name for node in see.nodes if node.address}
    found: list[Entry] = []
    for device in measured.devices:
        node = nodes.get(host(device.instance), "")
        if node not in limits or not device.model.startswith(_EBS):
            continue
        if not taken & {(node, device.device), (node, device.serial.replace("-", ""))}:
            mapped = Mapped(DISKSTATS, (device.instance, device.device), node, device.device)
            found.append(Entry(("", ""), (mapped,), limits[node]))
    return found
