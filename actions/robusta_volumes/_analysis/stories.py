"""Which issues are symptoms of one cause: a driver that is down, a full quota, a workload whose every pod fails alike."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from robusta_volumes._analysis.assess import Issue
from robusta_volumes._analysis.symptoms import Symptom
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim, Node, Pod
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._rules.joins import owner_of
from robusta_volumes._rules.nodes import missing_drivers

# Rules that speak where a better one may not have looked: whatever the better one says of the object is no news.
STAND_INS = frozenset({"AT-11", *(rule.id for rule in RULES.values() if rule.fallback)})
# What a kubelet or an attacher says when the driver itself does not answer, and not when it refuses one volume.
_SILENT = re.compile(
    r"list of registered CSI drivers|csi\.sock|connection refused|DeadlineExceeded|deadline exceeded|code = Unavailable"
)
_ATTACHING = re.compile(r"AttachVolume\.Attach|Attach failed|attachdetach")
_OWN_PODS = {"StatefulSet"}  # each of its pods has a volume of its own


@dataclass(frozen=True)
class Story:
    """One cause with many victims. ``cause`` names it for good: it starts with a small letter, rules with a capital."""

    cause: str
    title: str
    stuck: str = "cannot mount"  # what its victims cannot do
    driver: str = ""
    node: str = ""


@dataclass(frozen=True)
class Victim:
    """A claim that suffers from a story, and the pod or workload for which it does."""

    claim: str
    volume: str
    pod: str
    workload: str
    since: datetime | None
    issue: Issue


def story_of(issue: Issue, see: Inventory, limits: Limits) -> Story | None:
    """Find the story that an issue belongs to; None for one that stands alone."""
    rule, meta = issue.rule, issue.meta
    if rule.id == "PVC-16":
        return Story(
            f"quota/{meta.namespace}", f"Storage quota of namespace {plain(meta.namespace)} is full", "cannot grow"
        )
    if rule.on == "PersistentVolumeClaim":
        claim = see.claim.get(meta.key)
        return _of_claim(issue, claim, see) if claim else None
    if rule.id == "AT-10":
        return _of_node(see.node.get(meta.name), see, limits)
    if rule.on == "Pod":
        pod = next((p for p in see.pods if p.meta.key == meta.key), None)
        return _of_pod(issue, pod, see) if pod else None
    if rule.id in {"AT-06", "AT-07"} and (rule.id == "AT-07" or _SILENT.search(issue.hit.why)):
        made = next((a for a in see.attachments if a.meta.name == meta.name), None)
        return _driver(made.attacher, "", "cannot attach") if made else None
    return None


def _driver(name: str, node: str, stuck: str, state: str = "does not answer") -> Story:
    where = f" on node {plain(node)}" if node else ""
    cause = f"driver/{name}" + (f" on {node}" if node else "")
    return Story(cause, f"{_called(name)} {state}{where}", stuck, name, node)


def _called(driver: str) -> str:
    return f"{'Provisioner' if '/' in driver else 'CSI driver'} {plain(driver)}"


def _of_claim(issue: Issue, claim: Claim, see: Inventory) -> Story | None:
    chosen = see.storage_class.get(claim.class_name or "")
    if issue.rule.id == "PVC-06" and chosen:
        state = "is not installed" if "is not installed" in issue.hit.says else "does not answer"
        return _driver(chosen.provisioner, "", "cannot bind", state)
    if issue.rule.id == "PVC-07" and chosen:
        why = issue.hit.says.partition(": ")[2] or issue.hit.says
        name = chosen.provisioner
        return Story(f"provisioner/{name}: {why}", f"{_called(name)}: {plain(why)}", "cannot bind", name)
    volume = see.volume_of(claim)
    if issue.rule.id == "RS-01" and volume:
        title = f"{_called(volume.driver)} does not answer requests to grow"
        return Story(f"resizer/{volume.driver}", title, "cannot grow", volume.driver)
    return None


def _of_node(node: Node | None, see: Inventory, limits: Limits) -> Story | None:
    pods = see.pods_on.get(node.meta.name, ()) if node else ()
    drivers = sorted({driver for pod in pods for driver in missing_drivers(pod, see, limits)})
    return _driver(drivers[0], node.meta.name, "cannot mount") if node and drivers else None


def _of_pod(issue: Issue, pod: Pod, see: Inventory) -> Story | None:
    claims = (see.claim.get(key) for key in issue.hit.claims)
    volumes = [v for c in claims if c and (v := see.volume_of(c)) and v.source == "csi"]
    said = issue.hit.why
    if issue.rule.id == "AT-11" and volumes and _SILENT.search(said):
        attaching = bool(_ATTACHING.search(said))
        return _driver(
            volumes[0].driver, "" if attaching else pod.node, "cannot attach" if attaching else "cannot mount"
        )
    owner = owner_of(pod)
    if owner is None or owner[0] in _OWN_PODS:
        return None
    kind, name = owner
    where = f"{pod.meta.namespace}/{name}"
    says = f"Pods of {kind} {plain(where)} {issue.hit.says}"
    return Story(f"workload/{kind} {where}: {issue.rule.id}", says, "cannot start")


def symptoms_of(issue: Issue, see: Inventory, limits: Limits) -> tuple[Symptom, ...]:
    """See an issue as what may be worth a message; a driver that is missing on a node, as one for each pod."""
    story = story_of(issue, see, limits)
    if story is None:
        family = frozenset("/".join(_victim_path(v, issue.meta.namespace)) for v in issue.hit.victims)
        return (Symptom(issue.id, issue.severity, issue.title, issue.id, issue.hit.since, family=family),)
    one = Symptom(issue.id, issue.severity, issue.title, story.cause, issue.hit.since, story.title)
    if issue.rule.on != "Node":
        return (one,)
    return tuple(replace(one, id=f"{issue.id}#{victim}") for victim in issue.hit.victims) or (one,)


def _victim_path(victim: str, namespace: str) -> tuple[str, str, str]:
    """Read "Pod shop/web-0" or "StatefulSet ledger has 1 of 3 replicas": kind, namespace, name."""
    kind, _, rest = victim.partition(" ")
    name = rest.partition(" ")[0]
    where, slash, own = name.partition("/")
    return (kind, where, own) if slash else (kind, namespace, name)


def victims_of(cause: str, issues: Iterable[Issue], see: Inventory, limits: Limits) -> tuple[Victim, ...]:
    """List what a story keeps from working, the first victim first; each claim once."""
    found: dict[str, Victim] = {}
    for issue in issues:
        story = story_of(issue, see, limits)
        if story is None or story.cause != cause:
            continue
        for victim in _victims(issue, story, see):
            known = found.get(victim.claim)
            if known is None or _earlier(victim, known):
                found[victim.claim] = victim
    return tuple(sorted(found.values(), key=lambda v: (v.since is None, v.since, v.claim)))


def _earlier(one: Victim, other: Victim) -> bool:
    return one.since is not None and (other.since is None or one.since < other.since)


def _victims(issue: Issue, story: Story, see: Inventory) -> Iterable[Victim]:
    own = (issue.meta.key,) if issue.rule.on == "PersistentVolumeClaim" else ()
    for key in (*own, *issue.hit.claims):
        claim = see.claim.get(key)
        volume = see.volume_of(claim) if claim else None
        if story.driver and volume and volume.driver != story.driver:
            continue  # another volume of the same pod
        pods = see.pods_of.get(key, ())
        if issue.rule.on == "Pod":
            pods = tuple(p for p in pods if p.meta.key == issue.meta.key)
        pod = next((p for p in pods if not story.node or p.node == story.node), None)
        owner = owner_of(pod) if pod else None
        runs = " ".join((owner[0], f"{pod.meta.namespace}/{owner[1]}")) if pod and owner else ""
        workload = runs or (f"Pod {pod.meta.title}" if pod else "")
        began = (pod.started if pod else None) if issue.rule.on == "Node" else issue.hit.since
        yield Victim(
            "/".join(key), volume.meta.name if volume else "", pod.meta.title if pod else "", workload, began, issue
        )
