"""What a load looks like, and which volume fits it."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.io_words import bytes_rate, number, share, size, took
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.io_fixes import less, more_bytes, more_iops
from robusta_volumes._rules.io_rule import io_rule
from robusta_volumes._rules.io_seen import below, expected, idle, load_words, reaches, took_words
from robusta_volumes._rules.rule import Fix, Hit

_KIB, _MIB, _PERCENT = 1024, 1024**2, 100
_DAY = 86_400


@io_rule(
    "PERF-20",
    Severity.INFO,
    "Application does one operation after the other",
    advice=True,
    fix="Let the application do more at once; do not buy IOPS.",
    only=("busy",),
)
def one_at_a_time(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """With one operation in flight the rate is one divided by latency, whatever the volume could do (UNDER_QUEUED)."""
    busy, queue, late = io.stat("busy").p50, io.stat("queue").p95, io.stat("latency").p95
    if not reaches(busy, limits.io_busy_percent) or not below(queue, limits.io_serial_percent):
        return None
    if not below(io.stat("limit_iops").p95, limits.io_serial_ops_percent):
        return None
    if late is None or late >= expected(io, limits)[0]:
        return None
    return Hit(
        f"is used by one operation at a time: {share(io.stat('limit_iops').p95)} of its limit",
        f"Busy {share(busy)} of the time with {number(queue)} in flight at p95; {load_words(io)}; {took_words(io, limits)}.",
        (Fix("let the application do more at once (threads, asynchronous I/O, PostgreSQL: effective_io_concurrency)"),),
    )


@io_rule(
    "PERF-21",
    Severity.INFO,
    "Small operations use up the limit of operations first",
    advice=True,
    fix="Make operations larger or fewer: larger pages, batches, caches.",
)
def small_operations(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """The volume counts operations, not bytes: most of its bandwidth cannot be used by these (SMALL_IO)."""
    each, ops, rate = io.stat("size").p50, io.stat("limit_iops").p95, io.stat("limit_bytes").p95
    if each is None or each > limits.io_small_kib * _KIB or not reaches(ops, limits.io_small_ops_percent):
        return None
    if not below(rate, limits.io_small_bytes_percent):
        return None
    return Hit(
        f"uses {share(ops)} of its operations and {share(rate)} of its bytes",
        f"{size(each)} an operation in the median; {load_words(io)}.",
        (
            Fix("write in batches, take larger pages, cache reads, mount with noatime"),
            *more_iops(claim, io, see, limits)[:1],
        ),
    )


@io_rule(
    "PERF-22",
    Severity.MEDIUM,
    "Small operations on a spinning disk",
    fix="Move it to a class of SSD.",
)
def small_on_hdd(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """A head moves for each of them: a hundred or so a second is all there is, at any size of volume (HDD_SMALL_IO)."""
    if io.limits.family != "hdd":
        return None
    each = io.stat("size").p50
    if each is None or each >= limits.io_hdd_small_kib * _KIB or idle(io, limits):
        return None
    return Hit(
        f"does operations of {size(each)} on a spinning disk ({io.limits.kind or 'HDD'})",
        f"Median size; these disks are for {limits.io_hdd_small_kib} KiB and more. {load_words(io)}; {took_words(io, limits)}.",
        more_iops(claim, io, see, limits),
    )


@io_rule(
    "PERF-23",
    Severity.INFO,
    "Large operations use bandwidth, not operations",
    advice=True,
    fix="When more is needed raise throughput, not IOPS.",
)
def large_operations(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """Files read or written from end to end are served by throughput; more IOPS would change nothing (LARGE_SEQ)."""
    each, ops, rate = io.stat("size").p50, io.stat("limit_iops").p95, io.stat("limit_bytes").p95
    if each is None or each < limits.io_large_kib * _KIB or not reaches(rate, limits.io_large_bytes_percent):
        return None
    if not below(ops, limits.io_large_ops_percent):
        return None
    return Hit(
        f"uses {share(rate)} of its bytes and {share(ops)} of its operations",
        f"{size(each)} an operation in the median; p95 {bytes_rate(io.stat('bytes').p95)}.",
        (*more_bytes(claim, io, see, limits)[:1], Fix("or read further ahead (readAhead of the mount or the driver)")),
    )


@io_rule(
    "PERF-24",
    Severity.INFO,
    "Volume is written, or read, nearly all the time",
    advice=True,
    fix="Written: look at replicas and the place of the log; read: cache in memory.",
)
def one_sided(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """What helps depends on the direction: caches serve reads, and replicas cost writes (WRITE_HEAVY, READ_HEAVY)."""
    rate = io.stat("bytes").mean
    if rate is None or rate < limits.io_mix_mib * _MIB:
        return None
    reads, writes = io.stat("read_ops").mean, io.stat("write_ops").mean
    if reads is None or writes is None or reads + writes <= 0:
        return None
    part = writes / (reads + writes)
    if reaches(part, limits.io_mix_percent):
        return Hit(
            f"is written: {share(part)} of its operations",
            f"{bytes_rate(rate)} in the mean, {number(writes)} writes and {number(reads)} reads a second.",
            (Fix("when writes are slow, look at the number of replicas, and give the log a volume of its own"),),
        )
    if reaches(1 - part, limits.io_mix_percent):
        return Hit(
            f"is read: {share(1 - part)} of its operations",
            f"{bytes_rate(rate)} in the mean, {number(reads)} reads and {number(writes)} writes a second.",
            (
                Fix(
                    "when reads are slow, give the pod more memory to cache in, or turn on the host's read cache (Azure)"
                ),
            ),
        )
    return None


@io_rule(
    "PERF-25",
    Severity.INFO,
    "Load comes in bursts",
    advice=True,
    fix="A class with burst credit is enough, or spread the load.",
)
def bursts(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A volume made for the peak rests most of the day; one made for the mean is slow at the peak (BURSTY_LOAD)."""
    done, part = io.stat("iops"), io.stat("limit_iops").mean
    if not done.mean or done.peak is None or done.peak < limits.io_bursty_times * done.mean or idle(io, limits):
        return None
    if not below(part, limits.io_bursty_mean_percent):
        return None
    return Hit(
        f"does {number(done.peak)} IOPS at its peak and {number(done.mean)} in the mean",
        f"{share(part)} of its limit in the mean.",
        (Fix("take a class with burst credit, or spread the load over the day"),),
    )


@io_rule(
    "PERF-26",
    Severity.INFO,
    "More is paid for than was ever used",
    advice=True,
    fix="Lower the provisioned IOPS and throughput.",
)
def paid_for_nothing(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """Provisioned IOPS cost every hour, used or not. Judged only after days enough to know the load (IDLE_OVERPROV)."""
    long = io.history
    days = long.days if long else 0.0
    ops, rate = (long.stats.get("limit_iops"), long.stats.get("limit_bytes")) if long else (None, None)
    if days < limits.io_unused_days and io.window and io.limits.kind:
        days = (io.window[1] - io.window[0]).total_seconds() / _DAY
        ops, rate = io.stat("limit_iops"), io.stat("limit_bytes")
    if days < limits.io_unused_days or ops is None or not below(ops.p95, limits.io_unused_percent):
        return None
    if rate is not None and rate.p95 is not None and not below(rate.p95, limits.io_unused_percent):
        return None
    fixes = less(claim, io, see, limits)
    if not fixes:
        return None
    return Hit(
        f"used {share(ops.p95)} of the operations that are paid for",
        f"p95 over {days:.0f} days; latency p95 {took(io.stat('latency').p95)}.",
        fixes,
    )


RULES = (
    one_at_a_time,
    small_operations,
    small_on_hdd,
    large_operations,
    one_sided,
    bursts,
    paid_for_nothing,
)
