"""Whether a volume is slow, and what comes first among the causes: the order in which one explains the others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from robusta_volumes._analysis.assess import Issue
from robusta_volumes._model.io import Episode, VolumeIo
from robusta_volumes._model.io_words import share, took
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._rules.io_seen import expected, idle, is_high, reaches

HEALTHY, IDLE, UNKNOWN, SLOW = "healthy", "idle", "unknown", "slow"
_PERCENT = 100

# Rules by what they say as a verdict, first match first: what stands higher explains what stands lower. A queue comes of
# what makes operations slow, so it stands below the wrong disk, and below writes that are slow while reads are not.
CAUSES: Mapping[str, str] = {
    "PERF-37": "read-only",
    "PERF-38": "full",
    "PERF-05": "machine limit",
    "PERF-06": "shared limit of the machine",
    "PERF-07": "burst credit used up",
    "PERF-01": "IOPS ceiling",
    "PERF-02": "throughput ceiling",
    "PERF-29": "NFS requests lost",
    "PERF-31": "NFS client slots",
    "PERF-30": "NFS server slow",
    "PERF-17": "noisy neighbour",
    "PERF-34": "replicas time out",
    "PERF-33": "replica rebuild",
    "PERF-36": "operations hang",
    "PERF-09": "backend slow at low load",
    "PERF-22": "small operations on HDD",
    "PERF-12": "writes slow",
    "PERF-10": "own queue",
    "PERF-11": "saturated",
    "PERF-13": "flush-bound",
    "PERF-27": "latency spikes",
    "PERF-28": "slower than before",
    "PERF-16": "node waits for others",
    "PERF-08": "burst credit runs out",
    "PERF-14": "pod waits for I/O",
}
_PLACES = {id_: place for place, id_ in enumerate(CAUSES)}
# These hurt by themselves, whatever latency says, when they are bad: writes fail, requests are lost, replicas go.
_ERRORS = frozenset({"PERF-37", "PERF-29", "PERF-34", "PERF-38"})
_BY_PROVIDER = {
    "PERF-01": ("iops_throttled",),
    "PERF-02": ("bytes_throttled",),
    "PERF-05": ("node_iops_throttled", "node_bytes_throttled"),
}
_LATENCIES = ("latency", "flush_latency", "server_latency")


@dataclass(frozen=True)
class Verdict:
    """What one claim's I/O comes to."""

    word: str  # "healthy", "idle", "unknown", "slow" (no rule names the cause), or one of `CAUSES`
    primary: Issue | None = None  # the rule that names the cause
    others: tuple[Issue, ...] = ()  # what else is so: consequences, patterns, hints
    since: datetime | None = None
    impact: tuple[str, ...] = ()  # why it matters, in half sentences: "latency p95 18 ms, high from 10 ms"
    ignored: tuple[str, ...] = ()  # what looks bad and is not: "busy 100 % of the time"
    why_unknown: str = ""  # and what would tell
    io: VolumeIo | None = None  # the node that is worst

    @property
    def bad(self) -> bool:
        """Tell whether somebody should do something."""
        return self.word not in {HEALTHY, IDLE, UNKNOWN}


def verdict(issues: Iterable[Issue], ios: Sequence[VolumeIo], limits: Limits) -> Verdict:
    """Judge one claim by what the rules said of it and what is known on each of its nodes.

    ``issues`` are those whose object is the claim. Without impact (nobody waits, latency is not high, nothing is throttled
    or fails) the verdict is healthy, however busy the volume is.
    """
    mine = _ordered([i for i in issues if i.rule.id.startswith("PERF-")], ios, limits)
    causes = [i for i in mine if i.rule.id in CAUSES and not i.rule.advice]
    judged = [io for io in ios if io.samples >= limits.io_samples]
    worst = judged[0] if len(judged) == 1 else max(judged, key=lambda io: _badness(io, limits), default=None)
    worst = worst or (ios[0] if ios else None)
    impact = tuple(dict.fromkeys(_impact(causes, judged, limits)))
    firm = [i for i in causes if _hurts_alone(i)]
    if impact or firm:
        return _bad(causes, firm, mine, impact, worst, limits)
    ignored = tuple(_ignored(causes, judged, limits))
    if not judged:
        return Verdict(UNKNOWN, others=tuple(mine), why_unknown=_why_unknown(ios), io=worst)
    if all(idle(io, limits) for io in judged):
        return Verdict(IDLE, others=tuple(mine), io=worst)
    if not any(_feels(io) for io in judged):
        return _blind(causes, mine, worst)
    return Verdict(HEALTHY, others=tuple(mine), ignored=ignored, io=worst)


def _bad(
    causes: Sequence[Issue],
    firm: Sequence[Issue],
    mine: Sequence[Issue],
    impact: tuple[str, ...],
    worst: VolumeIo | None,
    limits: Limits,
) -> Verdict:
    """Name the cause; what hurts without any impact on latency stands for itself alone."""
    primary = next(iter(causes if impact else firm), None)
    if primary is None and not any(worst is not None and is_high(worst, limits, one) for one in _LATENCIES):
        return Verdict(
            HEALTHY, others=tuple(mine), ignored=impact, io=worst
        )  # a task waits now and then: nothing to name
    others = tuple(i for i in mine if i is not primary)
    since = primary.hit.since if primary else (worst.episode("slow").since if worst else None)
    return Verdict(CAUSES[primary.rule.id] if primary else SLOW, primary, others, since, impact, io=worst)


def _blind(causes: Sequence[Issue], mine: Sequence[Issue], worst: VolumeIo | None) -> Verdict:
    """Judge without latency, pressure and throttling: who stands at the limit is held back by it, of others nobody knows."""
    top = next((i for i in causes if i.rule.id in {"PERF-01", "PERF-02", "PERF-05", "PERF-06", "PERF-07"}), None)
    if top is None:
        why = "neither latency nor waiting is measured: only how much is done is known"
        return Verdict(UNKNOWN, others=tuple(mine), why_unknown=why, io=worst)
    others = tuple(i for i in mine if i is not top)
    return Verdict(CAUSES[top.rule.id], top, others, top.hit.since, ("latency is not measured",), io=worst)


def _ordered(issues: Sequence[Issue], ios: Sequence[VolumeIo], limits: Limits) -> list[Issue]:
    """Sort by what explains what.

    A queue is what comes of operations that take longer: where the same load was served faster a week ago, or where latency
    is high in spikes alone, that is said first, and the queue after it.
    """
    if len(issues) < 2:  # noqa: PLR2004 (nothing to sort)
        return list(issues)
    order = list(CAUSES)
    fired = {i.rule.id for i in issues}
    if fired.isdisjoint({"PERF-27", "PERF-28"}):
        return sorted(issues, key=lambda i: (_PLACES.get(i.rule.id, len(_PLACES)), -i.severity, i.rule.id))
    steady = any(is_high(io, limits, one) for io in ios for one in _LATENCIES)
    before_queues = [*(["PERF-28"] if "PERF-28" in fired else []), *(["PERF-27"] if not steady else [])]
    for id_ in before_queues:
        order.remove(id_)
        order.insert(order.index("PERF-10"), id_)
    places = {id_: place for place, id_ in enumerate(order)}
    return sorted(issues, key=lambda i: (places.get(i.rule.id, len(places)), -i.severity, i.rule.id))


def _hurts_alone(issue: Issue) -> bool:
    """Tell whether an issue matters though latency is fine: errors, and a filesystem without room."""
    found = issue.rule.severity if issue.hit.severity is None else issue.hit.severity
    return issue.rule.id in _ERRORS and found >= Severity.HIGH  # high: critical, and not quite certain whose it is


def _impact(causes: Sequence[Issue], ios: Sequence[VolumeIo], limits: Limits) -> Iterable[str]:
    """Say what people feel, or what the provider holds back."""
    fired = {i.rule.id for i in causes}
    for io in ios:
        high, _ = expected(io, limits)
        for signal in _LATENCIES:
            if is_high(io, limits, signal):
                yield f"{signal.replace('_', ' ')} p95 {took(io.stat(signal).p95)}, high from {took(high)}"
        waits = io.stat("pressure_some").p95
        if reaches(waits, limits.io_no_stall_percent) and not (idle(io, limits) and "PERF-14" not in fired):
            yield f"some task of the pod waits for I/O {share(waits)} of the time (p95)"
        for id_, words in _BY_PROVIDER.items():
            if id_ in fired and any(_held_back(io.episode(word), limits) for word in words):
                yield "the provider held it back"
    if "PERF-07" in fired:
        yield "it runs at its baseline, and operations wait"
    if "PERF-27" in fired:
        yield "latency jumps"


def _held_back(one: Episode, limits: Limits) -> bool:
    by_hour = reaches(one.worst_hour, limits.io_throttled_percent)
    return by_hour or reaches(one.share, limits.io_machine_throttled_percent)


def _ignored(causes: Sequence[Issue], ios: Sequence[VolumeIo], limits: Limits) -> Iterable[str]:
    """Name what looks bad and is not, for nobody waits."""
    for io in ios:
        busy, queue = io.stat("busy").p95, io.stat("queue").p95
        if reaches(busy, limits.io_busy_percent):
            yield f"busy {share(busy)} of the time: only that one operation is in flight"
        if queue is not None and queue > limits.io_queued:
            yield f"{queue:.0f} operations in flight: they are done in time"
    yield from (f"{i.rule.title} ({i.rule.id}): nobody waits for it" for i in causes)


def _feels(io: VolumeIo) -> bool:
    """Tell whether anything is measured by which people would feel it."""
    signals = (*_LATENCIES, "pressure_some", "iops_throttled", "bytes_throttled")
    return any(io.stat(signal).samples and io.stat(signal).p95 is not None for signal in signals)


def _badness(io: VolumeIo, limits: Limits) -> float:
    """Compare nodes: latency as a multiple of what is high, and waiting as a multiple of what is noticed."""
    high, _ = expected(io, limits)
    late = max((io.stat(signal).p95 or 0.0) / high for signal in _LATENCIES)
    return max(late, (io.stat("pressure_some").p95 or 0.0) * _PERCENT / max(1, limits.io_stall_percent))


def _why_unknown(ios: Sequence[VolumeIo]) -> str:
    if not ios:
        return "nothing is measured of it: no pod uses it, or no metrics were asked"
    first = ios[0]
    if first.mapped.confidence == "none":
        return first.mapped.how or "no metric is known to be its own"
    return f"{first.samples} samples since it was attached are too few"
