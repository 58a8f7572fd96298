"""What changes over time: latency that jumps, and latency that grew at the same load."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.io_words import iops, share, took
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import quoted
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.io_fixes import look
from robusta_volumes._rules.io_rule import io_rule
from robusta_volumes._rules.io_seen import expected, idle, reaches
from robusta_volumes._rules.rule import Fix, Hit

_PERCENT = 100


@io_rule(
    "PERF-27",
    Severity.MEDIUM,
    "Latency jumps again and again",
    fix="Look what runs at those times: backups, snapshots, batch jobs, rebuilds.",
    only=("spike",),
)
def spikes(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Means hide it: most of the day is good, and at some times nothing moves (LAT_SPIKES)."""
    late, spike = io.stat("latency"), io.episode("spike")
    if not late.p50 or late.peak is None or late.peak < expected(io, limits)[1] or idle(io, limits):
        return None
    jumps = late.peak >= limits.io_spike_times * late.p50
    if not jumps or not reaches(spike.share, limits.io_spike_percent):
        return None
    hours = io.history.spike_hours if io.history else ()
    when = f", each day about {' and '.join(f'{h:02}:00' for h in hours[:3])} UTC" if hours else ""
    last = f" Last at {spike.last:%d %b %H:%M} UTC." if spike.last else ""
    return Hit(
        f"has spikes of latency up to {took(late.peak)}{when}",
        f"{share(spike.share)} of the samples are at {limits.io_spike_times} times the median of {took(late.p50)} or more.{last}",
        (
            Fix(
                "compare those times with CronJobs, backups, snapshots and rebuilds",
                "kubectl get cronjobs --all-namespaces",
            ),
            look(claim),
        ),
        spike.since,
    )


@io_rule(
    "PERF-28",
    Severity.MEDIUM,
    "Volume has become slower at the same load",
    fix="Look what changed since: node, kernel, class, replicas, neighbours.",
)
def slower_than_before(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The same work takes longer than in the same hours a week ago: what serves it has changed (LAT_REGRESSION)."""
    if io.history is None or idle(io, limits):
        return None
    before, then = io.history.before.get("latency"), io.history.before.get("iops")
    now, done = io.stat("latency").p50, io.stat("iops").p50
    if before is None or then is None or not before.p50 or not then.p50 or now is None or done is None:
        return None
    if now < limits.io_regression_times * before.p50:
        return None
    if abs(done - then.p50) * _PERCENT > limits.io_regression_load_percent * then.p50:
        return None
    return Hit(
        f"has become slower: {took(now)} instead of {took(before.p50)} a week ago",
        f"Medians of the same hours, at {iops(done)} and {iops(then.p50)} then.",
        (
            Fix(
                "look what changed: node, kernel, class, replicas",
                f"kubectl get pv {quoted(claim.volume_name)} -o yaml",
            ),
            look(claim),
        ),
    )


RULES = (spikes, slower_than_before)
