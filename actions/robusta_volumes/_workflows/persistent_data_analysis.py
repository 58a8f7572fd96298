"""Report on data: how full, how fast, until when, and what to do, of one claim, a workload, a namespace or the cluster."""

from dataclasses import dataclass, replace

from robusta_volumes._analysis.assess import about, assess
from robusta_volumes._analysis.claim_uses import Uses, claim_uses, without_metrics
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.gather import gather
from robusta_volumes._model import kind as k
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.usage import Measured
from robusta_volumes._report.data_pictures import pictures
from robusta_volumes._report.data_seen import Seen
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_data import overview_page
from robusta_volumes._report.persistent_data_claim import claim_page, no_claims_page
from robusta_volumes._report.persistent_volume_actions import WORDS, missing_page
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._rules.telemetry import UNREPORTED
from robusta_volumes._workflows.around import claim_namespace, neighbourhood, with_claim
from robusta_volumes._workflows.data_metrics import Ask
from robusta_volumes._workflows.narrow import only_namespace
from robusta_volumes._workflows.part_of_cluster import claims_about, part_of_claims, subject_of_part
from robusta_volumes._workflows.pod_logs import with_logs

_KINDS = (
    k.CLAIM,
    k.VOLUME,
    k.STORAGE_CLASS,
    k.NODE,
    k.POD,
    k.DEPLOYMENT,
    k.STATEFUL_SET,
    k.DAEMON_SET,
    k.REPLICA_SET,
    k.CONTROLLER_REVISION,
    k.JOB,
    k.CRON_JOB,
    k.QUOTA,
    k.CSI_DRIVER,
    k.CAPACITY,
    k.SNAPSHOT,
    k.EVENT,
)
# What touches data besides the rules about use: growth that does not arrive, and filesystems that fail.
_ALSO = frozenset({"RS-01", "RS-02", "RS-03", "RS-04", "RS-05", "RS-06", "RS-08", "RS-11", "SC-11"})
ABOUT_DATA = tuple(one for one in RULES.values() if one.id.startswith("US-") or one.id in _ALSO)


@dataclass(frozen=True)
class Asked:
    """What metrics answered: ``measured``, or why they gave nothing; neither where they were not asked."""

    measured: Measured | None = None
    failure: ClusterError | None = None


@collector_paused()
def persistent_data_analysis(cluster: Cluster, target: Target, settings: PersistentDataAnalysis, ask: Ask) -> Page:
    """Report how full claims are, how that changes, until when they last, and what to do.

    ``ask`` is called when metrics are to be asked, and not before.

    Raises ClusterError: when the cluster does not answer or nothing may be read.
    """
    target = with_claim(cluster, target)
    see = _gather(cluster, target, settings)
    keys = claims_about(see, target)
    part = part_of_claims(see, target, keys)
    if target.is_one_object and not part.claims and not see.lacks(k.CLAIM):
        return _missing(target, see)
    asked = _measured(see, part, target, settings, ask)
    return page_of(see, part, target, settings, asked, cluster)


def _measured(see: Inventory, part: Inventory, target: Target, settings: PersistentDataAnalysis, ask: Ask) -> Asked:
    """Ask metrics; that they gave nothing is an answer, too."""
    if not settings.include_metrics or not part.claims:
        return Asked()
    try:
        return Asked(ask(_whole(see, part, target), frozenset(c.meta.key for c in part.claims)))
    except ClusterError as error:
        return Asked(failure=error)


def page_of(
    see: Inventory,
    part: Inventory,
    target: Target,
    settings: PersistentDataAnalysis,
    asked: Asked,
    cluster: Cluster | None = None,
) -> Page:
    """Judge what was seen and measured, and write the report on ``part`` of it; ``cluster`` is asked for logs."""
    uses = claim_uses(_whole(see, part, target), asked.measured, settings) if asked.measured else Uses()
    known = uses.by_claim if asked.measured else None
    whole = see
    if cluster:
        see = with_logs(cluster, see, {c.meta.key for c in part.claims}, known, settings)
    lacks = _lacks_metrics(part, uses, asked)
    judged = without_metrics(see, *lacks) if lacks else see
    found = assess(replace(judged, uses=known), settings.thresholds, ABOUT_DATA, settings.choice)
    if part is not whole:
        found = about(found, {c.meta.key for c in part.claims}, {v.meta.name for v in part.volumes})
    part = replace(part, uses=known)
    seen = Seen(
        subject=subject_of_part(part, target),
        scope=target.title,
        see=part,
        found=found,
        uses=uses,
        measured=asked.measured,
        failure=asked.failure,
        horizon=settings.horizon_days,
        days=settings.history_days,
        prices=replace(settings.prices, currency=settings.currency),
        trigger=target.trigger,
    )
    one = target.is_one_object and len(part.claims) == 1
    return claim_page(seen, pictures(seen)) if one else overview_page(seen, pictures(seen))


def _lacks_metrics(part: Inventory, uses: Uses, asked: Asked) -> tuple[str, str] | None:
    """Say why no rule about use could look, and what to do; None where one could, and where there is nothing to measure."""
    if asked.failure:
        return "no answer", "see above for what to do"
    found = [uses.by_claim[c.meta.key] for c in part.claims if c.meta.key in uses.by_claim]
    silent = any(use.why_unknown == UNREPORTED for use in found) and not any(use.use for use in found)
    return ("nothing of this data now", "see above") if silent else None


def _whole(see: Inventory, part: Inventory, target: Target) -> Inventory:
    """Give what is measured: around one claim its namespace, which costs no question more and shows what shares its disk."""
    return see if target.is_one_object else part


def _gather(cluster: Cluster, target: Target, settings: PersistentDataAnalysis) -> Inventory:
    """Read what the report is about; for an alert eight lists."""
    if target.is_one_object:
        kinds = neighbourhood(target.kind) if target.trigger is Trigger.ALERT else _KINDS
        return gather(cluster, namespace=claim_namespace(target) or None, kinds=kinds)
    namespace = (target.namespace or target.name) if target.kind == k.NAMESPACE.name else None
    see = gather(cluster, namespace=namespace, kinds=_KINDS, fallback=settings.namespaces)
    return only_namespace(see, namespace) if namespace else see


def _missing(target: Target, see: Inventory) -> Page:
    """Say that there is no such claim, or that an object has none."""
    subject = Subject(target.kind, target.name, target.namespace)
    asked = target.trigger is Trigger.MANUAL
    if target.kind == k.CLAIM.name:
        known = [claim.meta.name for claim in see.claims]
        return missing_page(subject, WORDS[target.kind], known, asked=asked, is_volume=target.name in see.volume)
    return no_claims_page(subject, asked=asked)
