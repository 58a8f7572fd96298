"""What one window of I/O means: slow, waiting, idle or well, by the same thresholds as a day of it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from robusta_volumes._model.io_probe import DeviceIo, NfsIo, ProbeIo
from robusta_volumes._model.io_words import number, share, took
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity

_PERCENT = 100
_NOTHING_NOW = "nothing now; for when it was slow, look at a day of it: `volume_performance_analysis`"
IDLE_TODO = "run it again while the application works, or look at a day of it: `volume_performance_analysis`"


@dataclass(frozen=True)
class Verdict:
    """How bad it is, in a word for the title ("" when it is well), why, and what to do."""

    severity: Severity
    word: str = ""
    why: tuple[str, ...] = ()
    todo: str = ""


def verdict(io: ProbeIo, limits: Limits, family: str = "") -> Verdict:
    """Judge a window. ``family``: of the storage, as `IoLimits.family`; unknown is judged mildly."""
    stall = tuple(_stall(io, limits))
    if io.idle:
        return Verdict(Severity.INFO, "idle", stall, IDLE_TODO)
    if io.nfs:
        return _nfs(io.nfs, io, limits, limits.high_latency("nfs"), stall)
    high = limits.high_latency(family)
    if io.device:
        return _device(io.device, io, limits, high, stall)
    return Verdict(Severity.INFO, "", stall, io.todo or _NOTHING_NOW)


def quiet(io: ProbeIo, limits: Limits) -> bool:
    """Tell whether too little was done for its latency to mean anything."""
    ops = io.device.ops if io.device else io.nfs.every.rate if io.nfs else 0.0
    return ops * io.seconds < limits.io_probe_ops


def _stall(io: ProbeIo, limits: Limits) -> Iterator[str]:
    """Say how long tasks waited: that is what people feel."""
    if io.container is None:
        return
    some, full = io.container
    if some * _PERCENT < limits.io_no_stall_percent:
        busy = io.device is not None and _PERCENT * (io.device.busy or 0.0) >= limits.io_very_busy_percent
        yield "Its tasks did not wait for I/O" + (", however busy the device looks." if busy else ".")
        return
    every = f", all of them {share(full)}" if full is not None else ""
    yield f"Tasks of the container waited for I/O {share(some)} of the time{every}."
    if io.idle and some * _PERCENT >= limits.io_stall_percent:
        yield "It is not this volume that they wait for: the root filesystem, an emptyDir, or memory read back from disk."


def _impact(io: ProbeIo, limits: Limits) -> Severity:
    """Say how bad the waiting of tasks is."""
    if io.container is None:
        return Severity.INFO
    some, full = (_PERCENT * (part or 0.0) for part in io.container)
    if some >= limits.io_stall_most_percent or full >= limits.io_stall_full_percent:
        return Severity.MEDIUM
    return Severity.LOW if some >= limits.io_stall_percent else Severity.INFO


def _felt(slow: Severity, io: ProbeIo, limits: Limits) -> Severity:
    """Say how bad slowness is: where no task waits for it, as with writes behind the page cache, it is worth a look only."""
    unfelt = io.container is not None and io.container[0] * _PERCENT < limits.io_no_stall_percent
    return min(slow, Severity.LOW) if unfelt else slow


def _slow(wait: float | None, high: tuple[float, float]) -> Severity:
    if wait is None or wait < high[0]:
        return Severity.INFO
    return Severity.MEDIUM if wait >= high[1] else Severity.LOW


def _device(
    device: DeviceIo, io: ProbeIo, limits: Limits, high: tuple[float, float], stall: tuple[str, ...]
) -> Verdict:
    slow = Severity.INFO if quiet(io, limits) else _slow(device.wait, high)
    flushed = (device.flushes or 0.0) * io.seconds
    flush = _slow(device.flush_wait, high) if flushed >= limits.io_probe_ops else Severity.INFO
    waits = _impact(io, limits)
    why, todo = list(stall), _NOTHING_NOW
    if slow > Severity.INFO:
        why.insert(
            0, f"An operation took {took(device.wait)}; from {took(high[0])} on that is high for this kind of storage."
        )
        todo = _cause(device, io, limits)
    elif flush > Severity.INFO:
        why.insert(
            0, f"A flush took {took(device.flush_wait)}: that is what waits for fsync; reads and writes are not slow."
        )
        todo = "let the application commit in groups, or give its log a volume of a faster class"
    elif waits > Severity.INFO:
        todo = "its operations are not slow: see what else the container reads and writes, or whether it does one at a time"
    word = "slow now" if slow > Severity.INFO else ""
    if not word and flush > Severity.INFO:
        word = f"flushes take {took(device.flush_wait)}"
    if not word and waits > Severity.INFO:
        word = "tasks wait for it"
    if not word and quiet(io, limits):
        word, todo = "nearly idle", IDLE_TODO
    return Verdict(max(_felt(max(slow, flush), io, limits), waits), word, tuple(why), todo)


def _cause(device: DeviceIo, io: ProbeIo, limits: Limits) -> str:
    """Say what makes it slow, as far as one window tells, and what to do about it."""
    own = io.own.share if io.own and not io.own.partly else None
    if own is not None and own * _PERCENT < limits.io_own_percent:
        return f"others do {share(1 - own)} of what the device does: find them, or give this claim a device of its own"
    if (device.in_flight or 0) >= limits.io_queued:
        queue = number(device.in_flight)
        return f"{queue} operations wait in line: do less at once, or raise what the volume may do (its IOPS or throughput)"
    return (
        "so little is in flight that the load is not the cause: look at the storage behind it, and at the network to it"
    )


def _nfs(nfs: NfsIo, io: ProbeIo, limits: Limits, high: tuple[float, float], stall: tuple[str, ...]) -> Verdict:
    again = (nfs.again or 0.0) * _PERCENT
    lost = Severity.INFO
    if again >= limits.io_repeated_percent:
        lost = Severity.LOW
    if again >= limits.io_repeated_most_percent or nfs.timeouts:
        lost = Severity.MEDIUM
    slow = Severity.INFO if quiet(io, limits) else _slow(io.wait, high)
    why, todo = list(stall), _NOTHING_NOW
    if slow > Severity.INFO:
        why.insert(0, f"A read or write took {took(io.wait)}; from {took(high[0])} on that is high for NFS.")
        todo = "the server answers late: look at its load and disks, and at the network to it"
        if _queues(nfs):
            todo = "requests wait in this client for a free slot: mount with `nconnect=4` or more"
    if lost > Severity.INFO:
        timeouts = f", {nfs.timeouts} ran into a timeout" if nfs.timeouts else ""
        why.insert(0, f"{share(nfs.again)} of the requests were sent again{timeouts}: something loses them.")
        todo = "look for loss on the way (MTU, overloaded links), then at the load of the server"
    word = "losing requests" if lost > Severity.INFO else "slow now" if slow > Severity.INFO else ""
    return Verdict(max(lost, _felt(slow, io, limits), _impact(io, limits)), word, tuple(why), todo)


def _queues(nfs: NfsIo) -> bool:
    """Tell whether requests wait longer in the client than at the server."""
    return any((op.queued or 0) > (op.trip or 0) for op in (nfs.reads, nfs.writes))
