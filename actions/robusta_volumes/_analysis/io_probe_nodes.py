"""What a volume did, by the metrics of its node: which device it is, and what its pod did there. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from robusta_volumes._analysis.io_mapping import mapped
from robusta_volumes._analysis.io_probe import measured
from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.io import Mapped
from robusta_volumes._model.io_probe import OwnIo, Probed, ProbeIo
from robusta_volumes._model.io_probe_nodes import NodeTold, PodTold
from robusta_volumes._model.io_scope import DISKSTATS
from robusta_volumes._model.io_series import IoMeasured, IoSeries, IoWindow, PodIo


def device_of(see: Inventory, claim: Key, node: str, told: NodeTold, instance: str, pods: Iterable[PodIo]) -> Mapped:
    """Tell which device of a node a claim is, by the rules that hold for a day's metrics; without any, why."""
    window = IoWindow(see.now, columns=1)
    keys = tuple((instance, name) for name in sorted(told.disks))
    series = {DISKSTATS: IoSeries(DISKSTATS, window, keys)}
    seen = IoMeasured(
        window, series, told.devices, told.mounted, tuple(pods), nodes={instance: node}, present=frozenset({DISKSTATS})
    )
    found = [one for one in mapped(see, seen, {claim}).get(claim, ()) if one.node in {node, ""}]
    return next((one for one in found if one.source == DISKSTATS), found[0] if found else Mapped())


def on_node(first: NodeTold, last: NodeTold, device: str) -> ProbeIo:
    """Say what one device did between two answers of node_exporter."""
    probed = Probed(first.sample, last.sample)
    numbers = next((at for at, disk in probed.last.disks.items() if disk.name == device), (0, 0))
    return measured(replace(probed, block=numbers), device, block=True)


def own_of(first: PodTold | None, last: PodTold | None, io: ProbeIo | None) -> OwnIo | None:
    """Say what a pod did between two answers of cAdvisor: on the device, where it is known, else on all of its disks."""
    if first is None or last is None or last.at <= first.at:
        return None  # cAdvisor has not measured again
    device = io.device if io else None
    seconds, ops, size = last.at - first.at, 0.0, 0.0
    for name, counts in last.did.items():
        if device and name.rpartition("/")[2] != device.name:
            continue
        before = first.did.get(name, (0,) * len(counts))
        grown = [now - then for now, then in zip(counts, before, strict=True) if now is not None and then is not None]
        if len(grown) != len(counts) or min(grown) < 0:
            return None
        ops, size = ops + grown[0] + grown[1], size + grown[2] + grown[3]
    share = min(1.0, ops / seconds / device.ops) if device and device.ops else None
    return OwnIo(ops / seconds, size / seconds, share)


def pods_io(told: PodTold | None, node: str, namespace: str, pod: str) -> tuple[PodIo, ...]:
    """List the devices that a pod works on, for the rules that say which of them is its volume."""
    if told is None:
        return ()
    names = dict.fromkeys((*told.numbers, *told.did))
    found = []
    for name in names:
        at = told.numbers.get(name)
        numbers = (str(at[0]), str(at[1])) if at else ("", "")
        found.append(PodIo(node, namespace, pod, name, numbers))
    return tuple(found)
