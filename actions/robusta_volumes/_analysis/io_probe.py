"""What two samples of the kernel's counters say of one volume: the formulas of the kernel's iostats.rst. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from robusta_volumes._analysis.io_probe_nfs import nfs_io
from robusta_volumes._model.io_probe import (
    DISK_FIELDS,
    DeviceIo,
    Disk,
    Mount,
    Numbers,
    OwnIo,
    Probed,
    ProbeIo,
    Sample,
    Stall,
)
from robusta_volumes._model.text import code, plain

_SECTOR = 512  # bytes of a sector of diskstats, whatever the device has
_WRAP = 2**32  # milliseconds are kept in 32 bits
_MS, _US = 1000.0, 1_000_000.0
# Places in a line of diskstats, from 0.
_READS, _SECTORS_READ, _MS_READ, _WRITES, _MERGED, _SECTORS_WRITTEN, _MS_WRITE = 0, 2, 3, 4, 5, 6, 7
_IN_FLIGHT, _BUSY, _WEIGHTED, _DISCARDS, _MS_DISCARD, _FLUSHES, _MS_FLUSH = 8, 9, 10, 11, 14, 15, 16
_IN_MS = frozenset({_MS_READ, _MS_WRITE, _BUSY, _WEIGHTED, _MS_DISCARD, _MS_FLUSH})

REPLACED = "its counters ran backwards: the device was replaced in between"
_NO_COUNTERS = "the kernel keeps no counters of its own for {fstype}"
_STATISTICS = "look at the statistics of the storage behind it; how long its users wait is known from pressure alone"


def measured(probed: Probed, path: str, *, block: bool = False) -> ProbeIo:
    """Say what the volume at ``path`` did: a filesystem, or with ``block`` a raw device."""
    seconds = probed.last.uptime - probed.first.uptime
    found = ProbeIo(
        seconds,
        container=_stalled(probed.first.container, probed.last.container, seconds),
        node=_stalled(probed.first.node, probed.last.node, seconds),
    )
    if block and probed.block is None:
        return replace(found, why=f"the numbers of {code(path)} cannot be read there: it has neither stat nor ls")
    if block and probed.block:
        return _on_device(found, probed, probed.block)
    mount = mount_at(probed.mounts, path)
    if mount is None:
        return replace(found, why=f"nothing is mounted at {code(path)} there")
    found = replace(found, mount=mount)
    if mount.nfs:
        return _on_nfs(found, probed, mount)
    numbers = _device_of(mount, probed.last.disks)
    if numbers is None:
        return replace(found, why=_NO_COUNTERS.format(fstype=plain(mount.fstype, 40)), todo=_STATISTICS)
    return _on_device(found, probed, numbers)


def mount_at(mounts: Sequence[Mount], path: str) -> Mount | None:
    """Find what is mounted at a path: the last line counts, it lies over all others."""
    wanted = path.rstrip("/") or "/"
    return next((mount for mount in reversed(mounts) if (mount.path.rstrip("/") or "/") == wanted), None)


def device_io(first: Disk, last: Disk, seconds: float) -> DeviceIo | None:
    """Work out what a device did between two lines of its counters; None when they are not those of one device."""
    if first.name != last.name or len(first.counters) != len(last.counters):
        return None
    deltas: list[int | None] = []
    for place, (old, new) in enumerate(zip(first.counters, last.counters, strict=True)):
        delta = new - old
        if delta < 0 and place in _IN_MS:
            delta += _WRAP
        if delta < 0 and place != _IN_FLIGHT:
            return None
        deltas.append(delta)
    d = [*deltas, *[None] * (DISK_FIELDS - len(deltas))]
    reads, writes, merged = d[_READS] or 0, d[_WRITES] or 0, d[_MERGED] or 0
    return DeviceIo(
        name=last.name,
        numbers=(0, 0),
        reads=reads / seconds,
        writes=writes / seconds,
        read_bytes=(d[_SECTORS_READ] or 0) * _SECTOR / seconds,
        write_bytes=(d[_SECTORS_WRITTEN] or 0) * _SECTOR / seconds,
        read_wait=_each(d[_MS_READ], reads),
        write_wait=_each(d[_MS_WRITE], writes),
        in_flight=(d[_WEIGHTED] or 0) / (_MS * seconds),
        busy=min(1.0, (d[_BUSY] or 0) / (_MS * seconds)),
        merged=merged / (merged + writes) if merged + writes else None,
        flushes=_rate(d[_FLUSHES], seconds),
        flush_wait=_each(d[_MS_FLUSH], d[_FLUSHES]),
        discards=_rate(d[_DISCARDS], seconds),
        discard_wait=_each(d[_MS_DISCARD], d[_DISCARDS]),
    )


def _each(milliseconds: int | None, number: int | None) -> float | None:
    """Give the seconds of one operation; undefined without any."""
    return milliseconds / _MS / number if milliseconds is not None and number else None


def _rate(number: int | None, seconds: float) -> float | None:
    return None if number is None else number / seconds


def _device_of(mount: Mount, disks: Mapping[Numbers, Disk]) -> Numbers | None:
    """Give the device below a filesystem; btrfs has an anonymous one of its own and names the real one as its source."""
    if not mount.anonymous:
        return mount.numbers
    name = mount.source.removeprefix("/dev/")
    return next((at for at, disk in disks.items() if mount.source.startswith("/dev/") and disk.name == name), None)


def _on_device(found: ProbeIo, probed: Probed, numbers: Numbers) -> ProbeIo:
    first, last = probed.first.disks.get(numbers), probed.last.disks.get(numbers)
    if first is None and last is None:
        written = f"{numbers[0]}:{numbers[1]}"
        return replace(
            found,
            why=f"its device {written} is not in /proc/diskstats there, so something stands between the container and the node",
            todo="pods in a sandbox (gVisor, Kata) and lxcfs hide it: look from the node, or at metrics of the storage",
        )
    device = device_io(first, last, found.seconds) if first and last else None
    if device is None:
        return replace(found, why=REPLACED, todo="run it again")
    device = replace(device, numbers=numbers)
    return replace(found, device=device, own=_own(probed.first, probed.last, device, found.seconds))


def _own(first: Sample, last: Sample, device: DeviceIo, seconds: float) -> OwnIo | None:
    """Work out the container's own part; None where its control group tells nothing of I/O."""
    if first.own is None or last.own is None:
        return None
    new = last.own.get(device.numbers)
    partly = last.group == 1
    if new is None:
        return OwnIo(0.0, 0.0, 0.0 if device.ops else None, partly)  # a group does not name what it never used
    old = first.own.get(device.numbers)
    ops = _more((new.reads, new.writes), (old.reads, old.writes) if old else (0, 0))
    size = _more((new.read_bytes, new.write_bytes), (old.read_bytes, old.write_bytes) if old else (0, 0))
    if ops is None:
        return None
    share = min(1.0, ops / seconds / device.ops) if device.ops else None
    return OwnIo(ops / seconds, None if size is None else size / seconds, share, partly)


def _more(new: tuple[int | None, ...], old: tuple[int | None, ...]) -> int | None:
    """Sum the growth of counters; None where one is not counted, or ran backwards."""
    total = 0
    for now, before in zip(new, old, strict=True):
        if now is None or before is None or now < before:
            return None
        total += now - before
    return total


def _on_nfs(found: ProbeIo, probed: Probed, mount: Mount) -> ProbeIo:
    first, last = (sample.nfs.get(mount.path) for sample in (probed.first, probed.last))
    if first is None or last is None:
        return replace(found, why="/proc/self/mountstats does not tell of it there", todo=_STATISTICS)
    nfs = nfs_io(first, last, found.seconds)
    if nfs is None:
        return replace(found, why="its counters ran backwards: it was mounted anew in between", todo="run it again")
    return replace(found, nfs=nfs)


def _stalled(first: Stall | None, last: Stall | None, seconds: float) -> tuple[float, float | None] | None:
    """Give the shares of time in which some, and all, tasks waited."""
    if first is None or last is None or last.some < first.some:
        return None
    full = None if first.full is None or last.full is None else max(0, last.full - first.full) / _US / seconds
    return min(1.0, (last.some - first.some) / _US / seconds), None if full is None else min(1.0, full)
