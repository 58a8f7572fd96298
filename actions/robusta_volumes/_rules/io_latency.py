"""Volumes that answer late, and why: the backend, their own queue, flushes, or writes that cross a network."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import Episode, VolumeIo
from robusta_volumes._model.io_words import iops, number, share, took
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.times import span
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.io_fixes import look, more_iops
from robusta_volumes._rules.io_rule import io_rule
from robusta_volumes._rules.io_seen import (
    below,
    expected,
    first_up,
    in_flight,
    is_high,
    lasted,
    load_words,
    mean_of,
    reaches,
    started,
    took_words,
)
from robusta_volumes._rules.rule import Fix, Hit

_PERCENT = 100


def very_high(io: VolumeIo, limits: Limits, signal: str = "latency") -> bool:
    """Tell whether a latency is very high at its 95th percentile."""
    p95 = io.stat(signal).p95
    return p95 is not None and p95 >= expected(io, limits)[1]


def low_load(io: VolumeIo, limits: Limits) -> bool:
    """Tell whether it is known that little was asked; without limits the queue alone tells."""
    parts = [part for what in ("iops", "bytes") if (part := io.stat(f"limit_{what}").p95) is not None]
    queue = in_flight(io)
    if any(not below(part, limits.io_low_load_percent) for part in parts):
        return False
    return queue is not None and queue < limits.io_low_queue


@io_rule(
    "PERF-09",
    Severity.MEDIUM,
    "Volume answers late though little is asked of it",
    fix="Look at the backend, its network and its other users; open a ticket with the provider, with times.",
)
def slow_at_low_load(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """It is not the workload: backend, network, a replica or the host is slow, and no higher limit helps (LAT_LOW_LOAD)."""
    slow, low = io.episode("slow"), io.episode("slow_at_low_load")
    mostly = low.share > slow.share / 2  # of the time that it is slow; what it does at other times proves nothing
    if not is_high(io, limits) or not (mostly or low_load(io, limits)):
        return None
    waits = f", {number(in_flight(io))} in flight"
    return Hit(
        f"answers late at low load: p95 {took(io.stat('latency').p95)} at {iops(io.stat('iops').p95)}",
        f"{first_up(took_words(io, limits))} at {load_words(io)}{waits}: the load does not explain it.",
        (
            Fix("look at the backend: health of its replicas, its network, what else uses it"),
            Fix("open a ticket with the provider, with the times of this report"),
            look(claim),
        ),
        started(slow),
        severity=Severity.CRITICAL if very_high(io, limits) else None,
    )


@io_rule(
    "PERF-10",
    Severity.MEDIUM,
    "Operations wait in the volume's own queue",
    fix="Let fewer operations run at once, or raise the limit that they wait for.",
)
def own_queue(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """By Little's law latency is queue divided by rate: so much is asked at once that it waits for itself (LAT_QUEUE)."""
    queue, done, late = in_flight(io), io.stat("iops").p95, io.stat("latency").p95
    if not is_high(io, limits) or queue is None or queue < limits.io_queued or not done or late is None:
        return None
    follows = abs(late - queue / done) <= late * limits.io_little_percent / _PERCENT
    if not io.episode("queued").share and not follows:
        return None
    return Hit(
        f"makes its operations wait in a queue of {number(queue)}",
        f"{first_up(took_words(io, limits))}; {number(queue)} in flight at {load_words(io)}, "
        f"which makes {took(queue / done)} each.",
        (
            Fix("let the application run fewer operations at once: more only wait longer"),
            *more_iops(claim, io, see, limits),
        ),
        started(io.episode("queued")),
    )


@io_rule(
    "PERF-11",
    Severity.MEDIUM,
    "Volume is saturated: a long queue that does not end",
    fix="Find what asks so much, let it ask less at once, or raise the limit.",
    only=("saturated", "overqueued"),
)
def saturated(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """More arrives than is done. The node mixin's alert NodeDiskIOSaturation fires on the same queue (QUEUE_SAT).

    One operation in flight per 500 a second is Google's advice, and made for disks that answer within two milliseconds: it
    counts for such disks alone.
    """
    full, over = io.episode("saturated"), io.episode("overqueued") if io.limits.family == "sub-ms" else Episode()
    if not lasted(full, limits.io_saturated_minutes) and not lasted(over, limits.io_saturated_minutes):
        return None
    longest = max(full, over, key=lambda one: one.longest)
    return Hit(
        f"had a queue of {number(io.stat('queue').p95)} for {span(longest.longest)}",
        f"Queue p95 {number(io.stat('queue').p95)} at {load_words(io)}; {took_words(io, limits)}.",
        (
            Fix("let fewer operations run at once"),
            *more_iops(claim, io, see, limits),
        ),
        started(full, over),
    )


@io_rule(
    "PERF-12",
    Severity.MEDIUM,
    "Writes are far slower than reads",
    fix="Shorten the way to the replicas: one of them on the pod's node, a faster network, or fewer.",
    only=("write_latency",),
)
def slow_writes(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Reads prove that the disk is fast. What writes pay for is replication or sync, not the disk (RW_ASYM)."""
    read, write = io.stat("read_latency").p50, io.stat("write_latency").p50
    if not read or write is None or write <= limits.io_write_slower_times * read:
        return None
    if not is_high(io, limits, "write_latency") or write < expected(io, limits)[0]:
        return None
    return Hit(
        f"takes {took(write)} to write and {took(read)} to read",
        f"Medians; {took_words(io, limits, 'write_latency')}.",
        (
            Fix(
                "keep a replica on the pod's node (Longhorn: dataLocality best-effort), or use a faster network between nodes"
            ),
            Fix("or fewer replicas where the data can be made again"),
        ),
        started(io.episode("slow")),
    )


@io_rule(
    "PERF-13",
    Severity.MEDIUM,
    "Volume is bound by flushes",
    fix="Let the application commit in groups, give its log a volume of its own, or take a class with low latency.",
    only=("flushes",),
)
def flush_bound(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """After each flush the application waits until the media has it: more IOPS do not shorten that (FLUSH_HEAVY)."""
    flushes, part = io.stat("flushes"), mean_of(io.stat("flushes"), io.stat("write_ops"))
    if flushes.p95 is None:
        return None
    many = flushes.p95 >= limits.io_flushes and reaches(part, limits.io_flush_percent)
    slow = is_high(io, limits, "flush_latency") and flushes.p95 >= 1
    if not many and not slow:
        return None
    late = f"; {took_words(io, limits, 'flush_latency')}" if io.stat("flush_latency").p95 is not None else ""
    each = f", {share(part)} of its writes" if part is not None else ""
    return Hit(
        f"flushes {number(flushes.p95)} times a second",
        f"p95 {number(flushes.p95)} flushes a second{each}{late}; {took_words(io, limits)}.",
        (
            Fix(
                "let the application commit in groups (PostgreSQL: commit_delay; etcd and queues: batch); never mount with sync"
            ),
            Fix("or give its log a volume of its own, in a class with low latency"),
        ),
    )


RULES = (slow_at_low_load, own_queue, saturated, slow_writes, flush_bound)
