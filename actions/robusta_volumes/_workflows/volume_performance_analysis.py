"""Report on performance: is a volume slow, why, and what to change; of one claim, a workload, a node or the cluster."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from robusta_volumes._analysis.assess import Assessment, Issue, assess
from robusta_volumes._analysis.io_cause import Verdict, verdict
from robusta_volumes._analysis.io_facts import volume_ios
from robusta_volumes._analysis.io_limits import limits_of
from robusta_volumes._analysis.io_lines import heat, lines
from robusta_volumes._analysis.io_mapping import mapped
from robusta_volumes._analysis.io_places import scope_of
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.gather import gather
from robusta_volumes._model import kind as k
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.indexing import many
from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.io_scope import IoScope, window
from robusta_volumes._model.io_series import IoMeasured, joined, moved_resets
from robusta_volumes._model.kind import IO_METRICS, METRICS
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.unseen import Unseen
from robusta_volumes._model.usage import Use
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.performance_pictures import pictures
from robusta_volumes._report.performance_seen import Drawn, Seen
from robusta_volumes._report.persistent_volume_actions import WORDS, missing_page
from robusta_volumes._report.volume_performance import no_claims_page, overview_page, unbound_page
from robusta_volumes._report.volume_performance_claim import claim_page
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._workflows.around import claim_namespace, with_claim
from robusta_volumes._workflows.io_ask import FEW, Ask, Fill
from robusta_volumes._workflows.narrow import only_namespace
from robusta_volumes._workflows.part_of_cluster import claims_about, part_of_claims, subject_of_part

_NEAR = (k.CLAIM, k.VOLUME, k.STORAGE_CLASS, k.ATTRIBUTES_CLASS, k.ATTACHMENT, k.NODE, k.POD, k.EVENT)
_KINDS = (
    *_NEAR,
    k.DEPLOYMENT,
    k.STATEFUL_SET,
    k.DAEMON_SET,
    k.REPLICA_SET,
    k.JOB,
    k.CRON_JOB,
    k.SNAPSHOT,
)
_TOGETHER = frozenset({"PERF-05", "PERF-06"})
ABOUT_IO = tuple(one for one in RULES.values() if one.id.startswith("PERF-"))


@dataclass(frozen=True)
class Asked:
    """What metrics answered: ``measured``, or why they gave nothing; neither where they were not asked."""

    measured: IoMeasured | None = None
    failure: ClusterError | None = None
    fill: Mapping[Key, Use] | None = None  # how full claims are now; None: not asked, or no answer
    unfilled: ClusterError | None = None  # why not


@dataclass(frozen=True)
class Judged:
    """What is made of it: the inventory with its I/O, what the rules found, and a verdict for each claim and node."""

    see: Inventory
    found: Assessment
    verdicts: Mapping[Key, Verdict]


@collector_paused()
def volume_performance_analysis(
    cluster: Cluster, target: Target, settings: VolumePerformanceAnalysis, ask: Ask, fill: Fill | None = None
) -> Page:
    """Report whether volumes are slow, why, and what to change.

    ``ask`` is called when metrics are to be asked, and not before; so is ``fill``, which says how full claims are.

    Raises ClusterError: when the cluster does not answer or nothing may be read.
    """
    target = with_claim(cluster, target)
    see = _gather(cluster, target, settings)
    keys = claims_about(see, target)
    part = _bound(part_of_claims(see, target, keys))
    if target.is_one_object and not part.claims and not see.lacks(k.CLAIM):
        return _missing(target, see)
    return page_of(see, part, target, settings, ask, fill)


def page_of(
    see: Inventory,
    part: Inventory,
    target: Target,
    settings: VolumePerformanceAnalysis,
    ask: Ask,
    fill: Fill | None = None,
) -> Page:
    """Ask metrics about the claims of ``part``, judge them, look at the worst again, and write the report."""
    few = len(part.claims) <= FEW
    scope = scope_of(see, [claim.meta.key for claim in part.claims] if few else None)
    asked = _asked(part, see, settings, ask, scope)
    if asked.measured and fill:
        asked = _filled(asked, part, fill)
    judged = judge(see, part, asked, settings)
    if asked.measured and not few:
        asked, judged = _closer(see, part, asked, judged, settings, ask)
    return _page(part, target, settings, asked, judged)


def judge(see: Inventory, part: Inventory, asked: Asked, settings: VolumePerformanceAnalysis) -> Judged:
    """Map, work out and judge the claims of ``part``; ``see`` is everything around them."""
    seen = asked.measured or IoMeasured(window(see.now, settings.window_hours))
    keys = [claim.meta.key for claim in part.claims]
    found_by = mapped(see, seen, keys)
    ios = volume_ios(see, seen, found_by, limits_of(see, settings, keys, found_by), settings.limits)
    uses = None if asked.fill is None else {key: ClaimUse(key, use) for key, use in asked.fill.items()}
    judged = replace(see, claims=part.claims, volumes=part.volumes, io=ios, operations=seen.operations, uses=uses)
    if asked.failure:
        lacks = Unseen(IO_METRICS, "metrics give no answer", "see above for what to do")
        judged = replace(judged, unseen={**judged.unseen, IO_METRICS.resource: lacks})
    elif asked.measured is None:
        judged = replace(judged, skipped=judged.skipped | {IO_METRICS.resource})
    if asked.unfilled:
        lacks = Unseen(METRICS, str(asked.unfilled), asked.unfilled.remedy)
        judged = replace(judged, unseen={**judged.unseen, METRICS.resource: lacks})
    found = assess(judged, settings.limits, ABOUT_IO, settings.choice)
    return Judged(judged, found, _verdicts(found.issues, ios, keys, settings))


def _verdicts(
    issues: Iterable[Issue],
    ios: Mapping[Key, tuple[VolumeIo, ...]],
    keys: Iterable[Key],
    settings: VolumePerformanceAnalysis,
) -> dict[Key, Verdict]:
    """Judge each claim by what the rules said of it."""
    mine = many((issue.meta.key, issue) for issue in issues if issue.rule.on == k.CLAIM.name)
    return {key: verdict(mine.get(key, ()), ios.get(key, ()), settings.limits) for key in keys}


def _closer(
    see: Inventory, part: Inventory, asked: Asked, judged: Judged, settings: VolumePerformanceAnalysis, ask: Ask
) -> tuple[Asked, Judged]:
    """Look at the worst again, in fine steps: a peak of minutes is flat in a mean of a quarter of an hour."""
    worst = _worst(part, judged, settings.detail)
    keys = {claim.meta.key for claim in worst}
    part = replace(part, claims=worst)
    again = _asked(part, see, settings, ask, replace(scope_of(see, keys), again=True))
    if again.measured is None or asked.measured is None:
        return asked, judged
    measured = replace(again.measured, resets=moved_resets(asked.measured, again.measured.window))
    closer = judge(see, part, replace(again, measured=measured, fill=asked.fill), settings)
    # What all volumes of a machine do together is known from the first look alone.
    together = [i for i in judged.found.issues if i.rule.id in _TOGETHER and i.meta.key in keys]
    mine = {i.id: i for i in (*closer.found.issues, *together) if i.meta.key in keys}
    rest = (i for i in judged.found.issues if i.meta.key not in keys)
    issues = tuple(sorted((*rest, *mine.values()), key=lambda i: (-i.severity, i.rule.id, i.meta.key)))
    io = {**(judged.see.io or {}), **{key: found for key, found in (closer.see.io or {}).items() if key in keys}}
    verdicts = {**judged.verdicts, **_verdicts(mine.values(), io, keys, settings)}
    return (
        replace(asked, measured=joined(asked.measured, again.measured)),
        Judged(replace(judged.see, io=io), replace(judged.found, issues=issues), verdicts),
    )


def _worst(part: Inventory, judged: Judged, most: int) -> tuple[Claim, ...]:
    """Choose the claims that are worth a closer look: those with the worst findings, then the nearest to a limit."""

    def rank(claim: Claim) -> tuple[object, ...]:
        said = judged.verdicts[claim.meta.key]
        worst = (1 + said.primary.severity if said.primary else 0) if said.bad else -1
        near = max(
            (io.stat("limit_iops").p95 or 0.0 for io in (judged.see.io or {}).get(claim.meta.key, ())), default=0.0
        )
        return (-worst, -near, claim.meta.key)

    known = [c for c in part.claims if any(io.known for io in (judged.see.io or {}).get(c.meta.key, ()))]
    return tuple(sorted(known, key=rank)[:most])


def _asked(part: Inventory, see: Inventory, settings: VolumePerformanceAnalysis, ask: Ask, scope: IoScope) -> Asked:
    """Ask metrics; that they gave nothing is an answer, too."""
    if not settings.include_io_metrics or not part.claims:
        return Asked()
    try:
        return Asked(ask(scope, window(see.now, settings.window_hours, coarse=scope.everything)))
    except ClusterError as error:
        return Asked(failure=error)


def _filled(asked: Asked, part: Inventory, fill: Fill) -> Asked:
    """Ask how full claims are, too; without an answer the rule about that cannot look, and says so."""
    try:
        return replace(asked, fill=fill([claim.meta.key for claim in part.claims]))
    except ClusterError as error:
        return replace(asked, unfilled=error)


def _page(part: Inventory, target: Target, settings: VolumePerformanceAnalysis, asked: Asked, judged: Judged) -> Page:
    seen = Seen(
        subject=subject_of_part(part, target),
        scope=target.title,
        see=judged.see,
        found=judged.found,
        verdicts=judged.verdicts,
        measured=asked.measured,
        failure=asked.failure,
        trigger=target.trigger,
        hours=settings.window_hours,
        metrics_off=not settings.include_io_metrics,
    )
    if not (target.is_one_object and len(part.claims) == 1 and seen.rows):
        return overview_page(seen)
    if asked.measured:
        first = seen.rows[0].io.mapped
        seen = replace(seen, drawn=Drawn(lines(asked.measured, first), heat(asked.measured, first)))
    return claim_page(seen, pictures(seen))


def _gather(cluster: Cluster, target: Target, settings: VolumePerformanceAnalysis) -> Inventory:
    """Read what the report is about; for an alert eight lists."""
    kinds = _NEAR if target.trigger is Trigger.ALERT else _KINDS
    if target.is_one_object:
        return gather(cluster, namespace=claim_namespace(target) or None, kinds=kinds)
    namespace = (target.namespace or target.name) if target.kind == k.NAMESPACE.name else None
    see = gather(cluster, namespace=namespace, kinds=kinds, fallback=settings.namespaces)
    return only_namespace(see, namespace) if namespace else see


def _bound(part: Inventory) -> Inventory:
    """Leave the claims that have a volume: the others do no I/O."""
    return replace(part, claims=tuple(c for c in part.claims if c.phase == "Bound"))


def _missing(target: Target, see: Inventory) -> Page:
    """Say that there is no such claim, that it has no volume yet, or that an object has none."""
    subject = Subject(target.kind, target.name, target.namespace)
    asked = target.trigger is Trigger.MANUAL
    if target.kind == k.CLAIM.name and (target.namespace, target.name) not in see.claim:
        known = [claim.meta.name for claim in see.claims]
        return missing_page(subject, WORDS[target.kind], known, asked=asked, is_volume=target.name in see.volume)
    if target.kind == k.CLAIM.name:
        return unbound_page(subject, asked=asked)
    return no_claims_page(subject, asked=asked)
