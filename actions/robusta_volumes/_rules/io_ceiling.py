"""Volumes at their own limit of operations or bytes, and near it."""

from dataclasses import dataclass

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import Declared, Episode, VolumeIo
from robusta_volumes._model.io_words import bytes_rate, iops, share
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.io_fixes import more_bytes, more_iops
from robusta_volumes._rules.io_rule import io_rule
from robusta_volumes._rules.io_seen import reaches, started, took_words
from robusta_volumes._rules.rule import Hit


@dataclass(frozen=True)
class _Top:
    """How far a volume is at one of its limits."""

    severity: Severity
    why: str
    episode: Episode


def at_limit(io: VolumeIo, what: str, limits: Limits) -> _Top | None:
    """Tell whether it stands at its limit of ``iops`` or ``bytes``: as the provider counts it, else by its share.

    Where the provider says that it held it back, but not long enough to tell by that alone, the share decides.
    """
    throttled = io.episode(f"{what}_throttled")
    if io.stat(f"{what}_throttled").samples and not throttled.share:
        return None
    if reaches(throttled.worst_hour, limits.io_throttled_percent):
        bad = reaches(throttled.worst_hour, limits.io_throttled_most_percent)
        why = f"The provider held it back {share(throttled.worst_hour)} of the time in its worst hour"
        return _Top(
            Severity.CRITICAL if bad else Severity.MEDIUM, f"{why}, {share(throttled.share)} over all", throttled
        )
    top, part = io.episode(f"{what}_ceiling"), io.stat(f"limit_{what}")
    often = reaches(top.share, limits.io_ceiling_share_percent)
    if not often and not reaches(part.p95, limits.io_ceiling_percent):
        return None
    bad = reaches(top.share, limits.io_ceiling_most_percent)
    why = f"At {limits.io_ceiling_percent} % of the limit or above in {share(top.share)} of the samples"
    return _Top(Severity.CRITICAL if bad else Severity.MEDIUM, why, top)


def _of_limit(declared: Declared | None) -> str:
    if declared is None:
        return ""
    unsure = "" if declared.verified else "; not verified"
    return f" ({plain(declared.formula, 120)}; from {plain(declared.source, 120)}{unsure})"


def _iops_limit(io: VolumeIo) -> Declared | None:
    return io.limits.iops or io.limits.write_iops or io.limits.read_iops


def _bytes_limit(io: VolumeIo) -> Declared | None:
    return io.limits.bytes or io.limits.write_bytes or io.limits.read_bytes


@io_rule(
    "PERF-01",
    Severity.MEDIUM,
    "Volume stands at its limit of operations",
    fix="Raise the volume's IOPS where its kind allows it, else change its kind; or ask less of it.",
    only=("iops_ceiling", "iops_throttled"),
)
def iops_ceiling(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """What is asked beyond the limit waits in a queue: latency grows though nothing is broken (IOPS_CEILING)."""
    top, declared = at_limit(io, "iops", limits), _iops_limit(io)
    if top is None:
        return None
    part = io.stat("limit_iops").p95
    says = f"{share(part)} of {iops(declared.value)}" if declared and part is not None else "the provider throttles it"
    return Hit(
        f"is at its limit of operations: {says}",
        f"p95 {iops(io.stat('iops').p95)}. {top.why}{_of_limit(declared)}; {took_words(io, limits)}.",
        more_iops(claim, io, see, limits),
        started(top.episode),
        severity=top.severity,
    )


@io_rule(
    "PERF-02",
    Severity.MEDIUM,
    "Volume stands at its limit of bytes",
    fix="Raise the volume's throughput where its kind allows it, else change its kind; or spread files over volumes.",
    only=("bytes_ceiling", "bytes_throttled"),
)
def bytes_ceiling(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """Bandwidth is used up: larger operations wait for it, however few they are (TPUT_CEILING)."""
    top, declared = at_limit(io, "bytes", limits), _bytes_limit(io)
    if top is None:
        return None
    part = io.stat("limit_bytes").p95
    says = (
        f"{share(part)} of {bytes_rate(declared.value)}"
        if declared and part is not None
        else "the provider throttles it"
    )
    return Hit(
        f"is at its limit of bytes: {says}",
        f"p95 {bytes_rate(io.stat('bytes').p95)}. {top.why}{_of_limit(declared)}; {took_words(io, limits)}.",
        more_bytes(claim, io, see, limits),
        started(top.episode),
        severity=top.severity,
    )


def _near(io: VolumeIo, what: str, limits: Limits) -> bool:
    return reaches(io.stat(f"limit_{what}").p95, limits.io_near_percent) and at_limit(io, what, limits) is None


def _until(io: VolumeIo, what: str) -> str:
    days = io.history.full_in.get(what) if io.history else None
    return f" A straight line through what it did reaches the limit in {days:.0f} days." if days is not None else ""


@io_rule(
    "PERF-03",
    Severity.INFO,
    "Volume comes near its limit of operations",
    advice=True,
    fix="Plan a higher limit before it is needed.",
    only=("limit_iops",),
)
def iops_near(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """It is not held back yet. Told early, the change is a small one by day (IOPS_NEAR)."""
    declared = _iops_limit(io)
    if declared is None or not _near(io, "iops", limits):
        return None
    return Hit(
        f"uses {share(io.stat('limit_iops').p95)} of {iops(declared.value)}",
        f"p95 {iops(io.stat('iops').p95)}{_of_limit(declared)}.{_until(io, 'iops')}",
        more_iops(claim, io, see, limits),
    )


@io_rule(
    "PERF-04",
    Severity.INFO,
    "Volume comes near its limit of bytes",
    advice=True,
    fix="Plan a higher limit before it is needed.",
    only=("limit_bytes",),
)
def bytes_near(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """It is not held back yet. Told early, the change is a small one by day (TPUT_NEAR)."""
    declared = _bytes_limit(io)
    if declared is None or not _near(io, "bytes", limits):
        return None
    return Hit(
        f"uses {share(io.stat('limit_bytes').p95)} of {bytes_rate(declared.value)}",
        f"p95 {bytes_rate(io.stat('bytes').p95)}{_of_limit(declared)}.{_until(io, 'bytes')}",
        more_bytes(claim, io, see, limits),
    )


RULES = (iops_ceiling, bytes_ceiling, iops_near, bytes_near)
