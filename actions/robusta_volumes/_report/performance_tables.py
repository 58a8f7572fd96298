"""The tables of a report on performance: two columns each, as chats show them. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from robusta_volumes._model import io_words as w
from robusta_volumes._model.io import Declared, IoLimits, Stats, VolumeIo
from robusta_volumes._model.io_series import Operation
from robusta_volumes._model.text import count, plain
from robusta_volumes._report.page import Table
from robusta_volumes._report.pieces import short

_CELL = 150
_NEAR, _AT = 0.8, 0.95  # share of a limit, as the rules have it
_ROWS = 6
# What stands in the scorecard: the signal, its name, how it is written, the limit that it has.
_Writer = Mapping[str, object]
_USE = (
    ("iops", "operations", w.number),
    ("bytes", "throughput", w.bytes_rate),
    ("busy", "busy (not saturation)", w.share),
)
_SATURATION = (
    ("queue", "in flight", w.number),
    ("pressure_some", "pod waits for I/O", w.share),
    ("pressure_full", "pod stands still for I/O", w.share),
    ("iops_throttled", "held back: operations", w.share),
    ("bytes_throttled", "held back: bytes", w.share),
    ("node_iops_throttled", "machine holds back: operations", w.share),
    ("node_bytes_throttled", "machine holds back: bytes", w.share),
    ("client_wait", "NFS requests wait in the client", w.took),
)
_ERRORS = (
    ("retransmitted", "NFS requests sent again", w.share),
    ("timeouts", "NFS timeouts per second", w.number),
    ("long_ios", "operations the backend calls too long, per second", w.number),
)
_LATENCIES = (("read_latency", "reads"), ("write_latency", "writes"), ("flush_latency", "flushes"))


def scorecard(io: VolumeIo) -> Table:
    """Write utilisation, saturation and errors: now, mean, 95 %, peak, and the share of the limit."""
    rows = [
        (name, _line(stat, write, _limit(io, signal)))
        for signal, name, write in (*_USE, *_SATURATION, *_ERRORS)
        if (stat := io.stat(signal)).samples and not _silent(signal, stat)
    ]
    return Table(("signal", "now · mean · 95 % · peak"), tuple(rows), "Scorecard")


def _silent(signal: str, stat: Stats) -> bool:
    """Tell whether a signal of trouble was always 0: then its line says nothing."""
    return signal not in {"iops", "bytes", "busy", "queue"} and not stat.peak


def _limit(io: VolumeIo, signal: str) -> Declared | None:
    return io.limits.iops if signal == "iops" else io.limits.bytes if signal == "bytes" else None


def _line(stat: Stats, write: object, limit: Declared | None) -> str:
    said = " · ".join(write(value) for value in (stat.now, stat.mean, stat.p95, stat.peak))  # type: ignore[operator]  # a writer
    if limit is None or not stat.p95:
        return said
    part = stat.p95 / limit.value
    state = "at it" if part >= _AT else "near it" if part >= _NEAR else "room"
    return f"{said}; limit {write(limit.value)}: {w.share(part)}, {state}"  # type: ignore[operator]  # a writer


def limits_table(limits: IoLimits) -> Table | None:
    """Write what the volume and its machine may do, where that is said, and how it is worked out."""
    every = (
        ("operations", limits.iops, w.iops),
        ("reads", limits.read_iops, w.iops),
        ("writes", limits.write_iops, w.iops),
        ("throughput", limits.bytes, w.bytes_rate),
        ("throughput of reads", limits.read_bytes, w.bytes_rate),
        ("throughput of writes", limits.write_bytes, w.bytes_rate),
        ("machine, operations", limits.node_iops, w.iops),
        ("machine, throughput", limits.node_bytes, w.bytes_rate),
    )
    rows = [(name, _declared(one, write)) for name, one, write in every if one]
    if limits.largest_iops and limits.iops and limits.largest_iops > limits.iops.value:
        rows.append(("can be raised to", f"{w.iops(limits.largest_iops)}{_online(limits)}"))
    return Table(("limit", "value, and where it comes from"), tuple(rows), "Declared limits") if rows else None


def _online(limits: IoLimits) -> str:
    return "" if limits.online is None else ", while it is used" if limits.online else ", not while it is used"


def _declared(one: Declared, write: object) -> str:
    burst = f", {write(one.burst)} with burst credit" if one.burst else ""  # type: ignore[operator]  # a writer
    sure = {"exact": "", "class": "; may have been changed since", "assumed": "; assumed"}[one.confidence]
    doubt = "" if one.verified else "; not verified, override it in declaredLimits"
    said = f"{write(one.value)}{burst} ({plain(one.formula)}; {plain(one.source)}{sure}{doubt})"  # type: ignore[operator]  # a writer
    return short(said, _CELL)


def profile(io: VolumeIo) -> Table | None:
    """Write what kind of I/O it is: shares, sizes, flushes, and the pattern in a word."""
    reads, writes = io.stat("read_ops").mean, io.stat("write_ops").mean
    total = (reads or 0.0) + (writes or 0.0)
    if not total:
        return None
    rows = [
        ("reads", _kind(reads, io.stat("read_bytes").mean, total, io.stat("read_size").mean)),
        ("writes", _kind(writes, io.stat("write_bytes").mean, total, io.stat("write_size").mean)),
    ]
    flushes = io.stat("flushes")
    if flushes.mean:
        rows.append(("flushes", f"{w.number(flushes.mean)} per second, {w.number(flushes.peak)} at the peak"))
    pattern = pattern_of(io)
    return Table(("I/O", "mean"), (*rows, *((("pattern", pattern),) if pattern else ())), "What kind of I/O")


def _kind(ops: float | None, rate: float | None, total: float, each: float | None) -> str:
    said = f"{w.number(ops)} per second ({w.share((ops or 0.0) / total)}), {w.bytes_rate(rate)}"
    return f"{said}, {w.size(each)} each" if each else said


_SMALL, _LARGE = 32 * 1024, 128 * 1024  # bytes per operation
_MOSTLY = 0.8
_SYNC = 0.5  # flushes per write


def pattern_of(io: VolumeIo) -> str:
    """Name the pattern: "small, mostly writes, often flushed"; "" where nothing is known."""
    each = io.stat("size").mean
    reads, writes = io.stat("read_ops").mean or 0.0, io.stat("write_ops").mean or 0.0
    if not each or not reads + writes:
        return ""
    parts = ["small" if each <= _SMALL else "large" if each >= _LARGE else "medium-sized"]
    part = writes / (reads + writes)
    parts.append("mostly writes" if part >= _MOSTLY else "mostly reads" if part <= 1 - _MOSTLY else "reads and writes")
    if writes and (io.stat("flushes").mean or 0.0) / writes >= _SYNC:
        parts.append("often flushed")
    return ", ".join(parts)


def latencies(io: VolumeIo) -> Table | None:
    """Write how long operations take: per operation where a histogram says it, else of the steps' means."""
    minutes = int(io.step.total_seconds() // 60)
    rows = []
    for signal, name in _LATENCIES:
        stat = io.stat(signal)
        verb = name.removesuffix("s").removesuffix("he") if name == "flushes" else name.removesuffix("s")
        per_io = [
            f"{p} {w.took(io.per_io[f'{verb} {p}'])}" for p in ("p50", "p95", "p99") if f"{verb} {p}" in io.per_io
        ]
        if per_io:
            rows.append((name, f"mean {w.took(stat.mean)}, per operation: {', '.join(per_io)}"))
        elif stat.samples:
            said = (
                f"now {w.took(stat.now)}, mean {w.took(stat.mean)}, 95 % {w.took(stat.p95)}, peak {w.took(stat.peak)}"
            )
            rows.append((name, said))
    if not rows:
        return None
    if io.expected:
        rows.append(("high for this kind", f"from {w.took(io.expected[0])}; very high from {w.took(io.expected[1])}"))
    title = "Latency" if io.per_io else f"Latency (of {minutes}-minute means, not of single operations)"
    return Table(("latency", "how long"), tuple(rows), title)


def neighbours(io: VolumeIo) -> Table | None:
    """Name the other pods on the same device, the busiest first."""
    rows = tuple(
        (plain(f"{one.namespace}/{one.pod}", 60), _neighbour(one.share, one.ops, one.bytes, one.claim))
        for one in io.neighbours[:_ROWS]
    )
    more = len(io.neighbours) - len(rows)
    return (
        Table(("pod", f"on the same device{f', {more} more' if more > 0 else ''}"), rows, "Neighbours")
        if rows
        else None
    )


def _neighbour(part: float | None, ops: float | None, rate: float | None, claim: str) -> str:
    said = [w.share(part) if part is not None else "", w.iops(ops) if ops is not None else ""]
    said += [w.bytes_rate(rate) if rate is not None else "", f"claim {plain(claim)}" if claim else ""]
    return ", ".join(filter(None, said))


def operations(every: Iterable[Operation], driver: str) -> Table | None:
    """Write how long the driver takes to attach, mount and make: that is slow starting, not slow I/O."""
    mine: Sequence[Operation] = [one for one in every if one.driver == driver and one.rate]
    rows = tuple(
        (plain(one.method, 40), f"95 % {w.took(one.p95)}, {count(round(one.rate), 'call')} an hour{_failed(one)}")
        for one in sorted(mine, key=lambda one: -(one.p95 or 0.0))[:_ROWS]
    )
    return Table(("call to the driver", "how long"), rows, "Attaching and mounting") if rows else None


def _failed(one: Operation) -> str:
    return f", {w.share(one.failed)} failed" if one.failed else ""
