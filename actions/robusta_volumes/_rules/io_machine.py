"""What the machine allows all its volumes together, and burst credit that runs out."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import Declared, VolumeIo
from robusta_volumes._model.io_words import bytes_rate, iops, share
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import plain
from robusta_volumes._model.times import span
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.io_fixes import describe_node, more_bytes, more_iops
from robusta_volumes._rules.io_rule import io_rule
from robusta_volumes._rules.io_seen import lasted, reaches, started, took_words
from robusta_volumes._rules.rule import Fix, Hit

_MINUTES = 60


@io_rule(
    "PERF-05",
    Severity.CRITICAL,
    "Machine holds its volumes back",
    fix="Take a larger or newer machine, or spread the pods: raising the volume's own limit changes nothing.",
    only=("node_iops_throttled", "node_bytes_throttled", "node_iops_full", "node_bytes_full"),
)
def machine_limit(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Each type of machine has one limit for all its volumes; small ones may go above it for half an hour a day.

    Held back for more of the whole time than the threshold is critical; in one hour alone, medium (INSTANCE_LIMIT).
    """
    words = ("node_iops_throttled", "node_bytes_throttled")
    if any(io.stat(word).samples for word in words):
        worst = max((io.episode(word) for word in words), key=lambda one: one.share)
        hour = max(io.episode(word).worst_hour for word in words)
        bad = reaches(worst.share, limits.io_machine_throttled_percent)
        if not bad and not reaches(hour, limits.io_throttled_percent):
            return None
        episodes = [io.episode(word) for word in words]
        why = f"The provider says that the machine held it back {share(worst.share)} of the time, {share(hour)} in the worst hour"
    else:
        episodes = [io.episode(word) for word in ("node_iops_full", "node_bytes_full")]
        longest = max(episodes, key=lambda one: one.longest)
        if not lasted(longest, limits.io_machine_minutes):
            return None
        bad = True
        why = (
            f"All its volumes together were at {limits.io_machine_percent} % of its limit "
            f"for {span(longest.longest)} in one piece"
        )
    caps = " and ".join(_caps(io.limits.node_iops, io.limits.node_bytes))
    return Hit(
        f"is held back by its machine{f' ({caps} for all volumes)' if caps else ''}",
        f"{why}; {took_words(io, limits)}.",
        (
            Fix("take a larger or newer type of machine, or spread its pods over more machines"),
            describe_node(io),
        ),
        started(*episodes),
        severity=Severity.CRITICAL if bad else Severity.MEDIUM,
    )


def _caps(ops: Declared | None, rate: Declared | None) -> list[str]:
    return [*([iops(ops.value)] if ops else []), *([bytes_rate(rate.value)] if rate else [])]


@io_rule(
    "PERF-06",
    Severity.MEDIUM,
    "Disks of one type share a limit on their machine, and use it up",
    fix="Put fewer disks of that type on one machine, or use a kind that has limits of its own.",
    only=("pool_iops_full", "pool_bytes_full"),
)
def pool_limit(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Google adds up the limits of all disks of one type on a machine: a busy one takes what its neighbours paid for.

    Known as VM_SHARED_CAP.
    """
    episodes = [io.episode(word) for word in ("pool_iops_full", "pool_bytes_full")]
    worst = max(episodes, key=lambda one: one.share)
    if not reaches(worst.share, limits.io_ceiling_share_percent):
        return None
    return Hit(
        f"shares a limit with all {plain(io.limits.kind, 40)} disks of its machine, and it is used up",
        f"Together they were at {limits.io_shared_cap_percent} % of it in {share(worst.share)} of the samples; "
        f"{took_words(io, limits)}.",
        (
            Fix("spread the pods over more machines, or move this one to Hyperdisk, which has limits of its own"),
            describe_node(io),
        ),
        started(*episodes),
    )


def _baseline(io: VolumeIo) -> str:
    in_bytes = io.credit is not None and io.credit.unit == "bytes"
    declared = io.limits.bytes if in_bytes else io.limits.iops
    if declared is None:
        return "its baseline"
    return f"its baseline of {bytes_rate(declared.value) if in_bytes else iops(declared.value)}"


def _more(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> tuple[Fix, ...]:
    in_bytes = io.credit is not None and io.credit.unit == "bytes"
    return (more_bytes if in_bytes else more_iops)(claim, io, see, limits)


@io_rule(
    "PERF-07",
    Severity.CRITICAL,
    "Burst credit is used up",
    fix="Change to a kind without burst credit (gp2 to gp3), or grow the volume: its baseline grows with it.",
    only=("at_baseline",),
)
def burst_empty(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """Small disks are fast on credit. When it is gone they fall to a tenth, usually when most is asked (BURST_EMPTY)."""
    slow = io.episode("at_baseline")
    if not lasted(slow, limits.io_baseline_minutes):
        return None
    return Hit(
        f"has no burst credit left and runs at {_baseline(io)}",
        f"Without credit by our model, which begins with a full bucket, for {span(slow.longest)} in one piece; "
        f"queue p95 {io.stat('queue').p95 or 0:.1f}; {took_words(io, limits)}.",
        _more(claim, io, see, limits),
        started(slow),
    )


@io_rule(
    "PERF-08",
    Severity.MEDIUM,
    "Burst credit runs out",
    fix="Change to a kind without burst credit, or grow the volume, before it falls to its baseline.",
)
def burst_drains(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """All is well until the last credit is gone; then the volume is slow at once (BURST_DRAIN)."""
    credit = io.credit
    if credit is None or lasted(io.episode("at_baseline"), limits.io_baseline_minutes):
        return None
    hours = credit.empty_in.total_seconds() / _MINUTES**2 if credit.empty_in is not None else None
    soon = hours is not None and hours < limits.io_credit_hours
    if not soon and not (credit.falling and credit.left * 100 < limits.io_credit_percent):
        return None
    when = f", none in {span(credit.empty_in)} at this rate" if credit.empty_in is not None else ""
    return Hit(
        f"has {share(credit.left)} of its burst credit left{when}",
        f"Modelled from what it did, with a full bucket at the beginning, which is the best case; then it falls to "
        f"{_baseline(io)}. Now: {iops(io.stat('iops').now)}, {bytes_rate(io.stat('bytes').now)}.",
        _more(claim, io, see, limits),
    )


RULES = (machine_limit, pool_limit, burst_empty, burst_drains)
