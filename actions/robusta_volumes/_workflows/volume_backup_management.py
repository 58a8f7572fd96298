"""Report on backups: of the cluster, a namespace, a selection, or the history of one claim."""

from collections.abc import Container, Sequence

from robusta_volumes._analysis.backup_cover import ClaimCover
from robusta_volumes._analysis.backup_health import Trouble, line_of
from robusta_volumes._analysis.backup_places import lines_for
from robusta_volumes._analysis.claim_selection import LabelTest
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import CSI, K8UP, VOLSYNC
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.label_selector import parse_labels
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._report.volume_backups import absent_page, no_claims_page, overview_page
from robusta_volumes._report.volume_backups_alert import alert_page, in_short
from robusta_volumes._report.volume_backups_claim import claim_page
from robusta_volumes._report.volume_backups_seen import Seen
from robusta_volumes._workflows.claims_of import Key, claims_of, subject_of
from robusta_volumes._workflows.volume_backups_look import Look, look


def volume_backup_management(
    cluster: Cluster, target: Target, settings: VolumeBackupManagement, home: str = ""
) -> Page | None:
    """Report which claims have a good copy, how old and where, who lacks one and why, and whether schedules work.

    ``home`` is Robusta's own namespace, which the settings leave out. None: where nothing makes backups the watch has said so,
    and an alert does not say it again each time.

    Raises ClusterError: when the cluster does not answer, or claims may not be read.
    """
    namespace, of = claims_of(cluster, target)
    found = look(cluster, settings, home, namespace)
    tests = parse_labels(target.selector)
    chosen = tuple(one for one in found.judged.claims if _chosen(one, found.see, of, tests))
    subject = subject_of(cluster, target, namespace)
    if of is not None and not chosen:
        known = [claim.meta.name for claim in found.see.claims]
        asked = target.trigger is Trigger.MANUAL
        one = target.kind == k.CLAIM.name
        return missing_page(subject, "Claim", known, asked=asked) if one else no_claims_page(subject, asked=asked)
    if found.no_tool and settings.engine != CSI and not any(one.last_good for one in chosen if of is not None):
        return None if target.trigger is Trigger.ALERT else absent_page(subject, chosen, found.see.now)
    seen = _seen(target, found, chosen, subject, namespace, narrow=of is not None or bool(tests))
    if of is None or len(chosen) != 1:
        page = overview_page(seen)
        return in_short(page) if target.trigger is Trigger.ALERT else page
    if target.trigger is Trigger.ALERT:
        return alert_page(seen, chosen[0])
    return claim_page(seen, chosen[0], target.trigger)


def _chosen(one: ClaimCover, see: Inventory, of: frozenset[Key] | None, tests: Sequence[LabelTest]) -> bool:
    if of is not None:
        return one.key in of
    claim = see.claim.get(one.key) if tests else None
    return not tests or (claim is not None and all(test(claim.meta.labels) for test in tests))


def _seen(
    target: Target,
    found: Look,
    chosen: tuple[ClaimCover, ...],
    subject: Subject,
    namespace: str,
    *,
    narrow: bool,
) -> Seen:
    keys, uids = {one.key for one in chosen}, {one.uid for one in chosen}
    copies = found.copies if len(chosen) == 1 else ()
    lines = {line_of(one.backup) for one in found.judged.backups if one.of}
    others = {line_of(one.backup) for one in found.judged.backups} - lines
    scope = found.see.scope if found.see.looked_in is not None else ""
    return Seen(
        subject,
        scope if target.kind == "Cluster" and not target.selector else target.title,
        found.see.now,
        chosen,
        tuple(one for one in found.judged.backups if one.of or not namespace) if not narrow else (),
        tuple(one for one in copies if (one.claim_uid in uids if one.claim_uid else one.claim_key in keys)),
        tuple(one for one in found.troubles if not namespace or _near(one, namespace, others)),
        found.unseen,
        found.judged.rhythm.next,
        lines=lines_for(found.see.claim[chosen[0].key], found.see, found.seen) if len(chosen) == 1 else frozenset(),
    )


def _near(trouble: Trouble, namespace: str, others: Container[str]) -> bool:
    """Tell whether a trouble is one of a namespace. Velero's are everybody's, but not those of schedules for ``others``."""
    tool, _, rest = trouble.subject.partition("/")
    if tool in (K8UP, VOLSYNC):
        return rest.partition("/")[0] == namespace
    return trouble.subject not in others
