"""What looks at volumes have in common when they decide what is news: symptoms, what is gone, and the pages to send."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from robusta_volumes._analysis import stories
from robusta_volumes._analysis.assess import Assessment, Issue
from robusta_volumes._analysis.costs import judge
from robusta_volumes._analysis.ledger import Ledger
from robusta_volumes._analysis.noise import Cleared
from robusta_volumes._analysis.stories import STAND_INS, Story, story_of, victims_of
from robusta_volumes._analysis.symptoms import Symptom, Tell, Voice, issue_of, rule_of
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.gather import gather
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._report.news import resolved_page, subject_of
from robusta_volumes._report.stories import story_page
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._workflows.persistent_volume_actions import concerning, page_about
from robusta_volumes._workflows.remembered import Told

KEY = "persistentVolumeActions.issues"  # of the state
_SEVERAL = 2  # victims from which on a story is told as one
_OF_PODS = "involvedObject.kind=Pod,reason="


def voice_of(settings: PersistentVolumeActions) -> Voice:
    """Say how much is said."""
    fresh = timedelta(minutes=settings.limits.new_issue_minutes)
    return Voice(settings.max_messages, settings.least, fresh, STAND_INS.__contains__)


def symptoms_of(issues: Iterable[Issue], see: Inventory, settings: PersistentVolumeActions) -> tuple[Symptom, ...]:
    """See issues as what may be news."""
    return tuple(one for issue in issues for one in stories.symptoms_of(issue, see, settings.limits))


def gone_from(
    found: Assessment,
    see: Inventory,
    settings: PersistentVolumeActions,
    namespaces: Collection[str] | None = None,
    volumes: Collection[str] = (),
) -> Cleared:
    """Tell of an issue whether it is surely gone: unknown never is.

    It must not have fired, though its rule judged and its object was in view: ``namespaces`` are those whose objects
    were read (None: what the inventory says), ``volumes`` those whose surroundings were. An object that is not there
    any more has no issue.
    """
    fired = {one.id for one in symptoms_of(found.problems, see, settings)}

    def gone(symptom: str) -> bool:
        rule, kind, namespace, name = issue_of(symptom).split("/", 3)
        if rule not in found.judged or symptom in fired:
            return False
        if namespaces is None:
            return see.knows(namespace) if namespace else True
        if namespace:
            return namespace in namespaces
        volume = see.volume.get(name) if kind == k.VOLUME.name else None
        ref = volume.claim_ref if volume else None
        return kind == k.VOLUME.name and (
            volume is None or name in volumes or bool(ref and ref.namespace in namespaces)
        )

    return gone


def without_unasked(ledger: Ledger, judges: Callable[[str], bool]) -> Ledger:
    """Forget the issues of rules that are not asked any more, without calling them resolved."""
    kept = {}
    for cause, one in ledger.open.items():
        members = frozenset(m for m in one.members if rule_of(m) in RULES and judges(rule_of(m)))
        if members:
            kept[cause] = replace(one, members=members)
    return replace(ledger, open=kept)


def page_of(
    cluster: Cluster, tell: Tell, target: Target, see: Inventory, found: Assessment, settings: PersistentVolumeActions
) -> Told:
    """Make the page of one message: of what is resolved, of a story with its victims, or of an object."""
    if tell.resolved:
        return Told(tell, resolved_page(tell.cause, tell.incident, subject_of(tell.incident, cluster.name), see.now))
    member = issue_of(tell.member)
    lead = next((issue for issue in found.issues if issue.id == member), None)
    story = story_of(lead, see, settings.limits) if lead else None
    told = _story(cluster, story, see, found, settings, tell) if story and story.cause == tell.cause else None
    if told:
        return told
    about = concerning(target, see, found)
    first = [issue for issue in about.issues if issue.id == member]
    about = replace(about, issues=(*first, *(issue for issue in about.issues if issue.id != member)))
    return Told(tell, replace(page_about(target, see, about, settings), identity=tell.cause))


def _story(
    cluster: Cluster, story: Story, see: Inventory, found: Assessment, settings: PersistentVolumeActions, tell: Tell
) -> Told | None:
    """Tell a story with all its victims; None when there is only one."""
    whole = see.looked_in is None and not see.skipped
    wide = None if whole or not story.driver else _look_wide(cluster, story, settings)
    issues: Sequence[Issue] = found.issues
    if wide:
        see, issues = wide, judge(wide, settings).issues
    victims = victims_of(story.cause, issues, see, settings.limits)
    if len(victims) < _SEVERAL:
        return None
    everything = whole or (wide is not None and wide.looked_in is None and not wide.unseen)
    page = story_page(story, victims, see, tell.incident.severity, everything=everything)
    members = {one.id for one in symptoms_of(issues, see, settings) if one.cause == story.cause}
    return Told(tell, page, frozenset(members))


def _look_wide(cluster: Cluster, story: Story, settings: PersistentVolumeActions) -> Inventory | None:
    """Look once, in all namespaces, for the victims of a story that has just begun; None when that is not possible."""
    events = "involvedObject.kind=PersistentVolumeClaim"
    if story.node:
        events = f"{_OF_PODS}FailedMount"
    elif story.stuck == "cannot attach":
        events = f"{_OF_PODS}FailedAttachVolume"
    only = {k.EVENT.resource: events}
    if story.node:
        only[k.POD.resource] = f"spec.nodeName={story.node}"
    kinds = (k.CLAIM, k.VOLUME, k.STORAGE_CLASS, k.CSI_DRIVER, k.CSI_NODE, k.NODE, k.POD, k.EVENT)
    try:
        return gather(cluster, kinds=kinds, only=only, fallback=settings.namespaces)
    except ClusterError:
        return None


def target_of(issue: Issue) -> Target:
    """Make the object of an issue a target."""
    kind, namespace, name = issue.object
    return Target(kind, name, namespace, trigger=Trigger.EVENT)
