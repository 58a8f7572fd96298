"""Who mounts it, on which node, attached or not: pod, claim, volume, attachment and node, a line for each."""

from collections.abc import Iterable, Sequence

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import ATTACHMENT, BY_NAME, CLAIM, NODE, POD, STATEFUL_SET, VOLUME
from robusta_volumes._model.text import listing, plain
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Pod, Volume
from robusta_volumes._report.page import Subject, Text
from robusta_volumes._rules.joins import attaches

_CLAIMS = 5  # of one pod or set
_NAMED = 3


def object_graph(subject: Subject, claim: Claim | None, volume: Volume | None, see: Inventory) -> Text | None:
    """Draw the way from the pods to the nodes; None where there is neither a pod nor a volume."""
    if claim and not (claim.volume_name or see.pods_of.get(claim.meta.key) or see.lacks(POD)):
        return None  # nobody uses what is not there yet: its problem says so
    if claim or volume:
        lines = [*_users(claim, see), *_claim(claim, volume, see), *_volume(claim, volume, see)]
    else:
        lines = _many(subject, see)
    return Text("\n→ ".join(lines)) if lines else None


def _users(claim: Claim | None, see: Inventory) -> list[str]:
    if claim is None:
        return []
    pods = see.pods_of.get(claim.meta.key, ())
    unseen = see.lacks(POD)
    return [f"*Pod:* {_pods(pods) or (f'unknown: {unseen.why}' if unseen else 'none')}"]


def _pods(pods: Iterable[Pod]) -> str:
    return listing([f"{plain(p.meta.name, 80)} ({p.phase}, {_on(p)})" for p in pods], _NAMED)


def _on(pod: Pod) -> str:
    return f"on {plain(pod.node, 60)}" if pod.node else "on no node"


def _claim(claim: Claim | None, volume: Volume | None, see: Inventory) -> list[str]:
    if claim:
        going = f", being deleted since {ago(claim.meta.deleted, see.now)}" if claim.meta.deleted else ""
        return [f"*Claim:* {plain(claim.meta.title, 140)} ({claim.phase}{going})"]
    ref = volume.claim_ref if volume else None
    if ref is None:
        return ["*Claim:* none"]
    reason = see.lacks(CLAIM)
    state = f"unknown: {reason.why}" if reason else "gone" if ref.uid else "reserved for it; it does not exist"
    return [f"*Claim:* {plain(f'{ref.namespace}/{ref.name}', 140)} ({state})"]


def _volume(claim: Claim | None, volume: Volume | None, see: Inventory) -> list[str]:
    if volume is None:
        return [f"*Volume:* {_no_volume(claim, see)}"]
    since = f" since {ago(volume.phase_since, see.now)}" if volume.phase_since else ""
    return [f"*Volume:* {plain(volume.meta.name, 80)} ({volume.phase}{since})", *_nodes(claim, volume, see)]


def _no_volume(claim: Claim | None, see: Inventory) -> str:
    """Say what is known of a volume that was not seen."""
    if claim is None or not claim.volume_name:
        return "none yet"
    reason = see.lacks(VOLUME)
    state = f"unknown: {reason.why}" if reason else "asked for, not bound" if claim.phase == "Pending" else "not there"
    return f"{plain(claim.volume_name, 80)} ({state})"


def _nodes(claim: Claim | None, volume: Volume, see: Inventory) -> list[str]:
    """Say where it is attached, and how those nodes and the nodes of its pods are."""
    found = see.attachments_of.get(volume.meta.name, ())
    users = see.pods_of.get(claim.meta.key, ()) if claim else ()
    lines = []
    if ATTACHMENT.resource not in see.skipped:
        lines.append(f"*Attached:* {attached_to(volume, see)}")
    names = dict.fromkeys([*(a.node for a in found), *(p.node for p in users if p.node)])
    if names:
        lines.append(f"*Node:* {listing([f'{plain(n, 60)} ({_state(n, see)})' for n in names], _NAMED)}")
    return lines


def attached_to(volume: Volume, see: Inventory) -> str:
    """Name the nodes to which a volume is attached, or say why there is none."""
    found = see.attachments_of.get(volume.meta.name, ())
    unseen = see.lacks(ATTACHMENT)
    words = [f"to {plain(a.node, 60)}{'' if a.attached else ' (not yet)'}" for a in found]
    return listing(words, 4) or _no_attachment(volume, see) or (f"unknown: {unseen.why}" if unseen else "to no node")


def _no_attachment(volume: Volume, see: Inventory) -> str:
    """Say why a volume is in use without being attached; "" where it has to be attached, or that is not known."""
    if volume.source == "csi":
        driver = see.driver.get(volume.driver)
        return f"does not apply: {volume.driver} mounts without attaching" if driver and not driver.attaches else ""
    return "" if attaches(volume, see) else f"does not apply: {volume.source} is mounted without attaching"


def _state(name: str, see: Inventory) -> str:
    node, reason = see.node.get(name), see.lacks(NODE)
    if node is None and reason:
        return f"unknown: {reason.why}"
    if node is None:
        return "not read" if NODE.resource in see.skipped else "gone"
    return f"{'Ready' if node.ready else 'not ready'}{'' if node.schedulable else ', cordoned'}"


def _many(subject: Subject, see: Inventory) -> list[str]:
    """Draw a pod or a set with several claims: a line for each claim, with its volume and where it is attached."""
    keys, unseen = claims_of(subject, see), see.lacks(POD)
    if not keys:
        return []
    pods = _pods(pods_of(subject, see)) or (f"unknown: {unseen.why}" if unseen else "none")
    head = [f"*{'Pod' if subject.kind == POD.name else 'Pods'}:* {pods}"]
    lines = [_chain(key, see) for key in keys[:_CLAIMS]]
    more = [f"and {len(keys) - _CLAIMS} more claims"] if len(keys) > _CLAIMS else []
    return [*head, *lines, *more]


def _chain(key: tuple[str, str], see: Inventory) -> str:
    claim = see.claim.get(key)
    if claim is None:
        reason = see.lacks(CLAIM)
        return f"*Claim:* {plain(key[1], 100)} ({f'unknown: {reason.why}' if reason else 'does not exist'})"
    said = f"*Claim:* {plain(claim.meta.name, 100)} ({claim.phase})"
    volume = see.volume_of(claim)
    if volume is None:
        return f"{said} → volume {_no_volume(claim, see)}"
    where = f" → attached: {attached_to(volume, see)}" if ATTACHMENT.resource not in see.skipped else ""
    return f"{said} → volume {plain(volume.meta.name, 80)} ({volume.phase}){where}"


def pods_of(subject: Subject, see: Inventory) -> tuple[Pod, ...]:
    """Give the pod itself, or the pods of a workload."""
    own = (subject.namespace, subject.name)
    if subject.kind == POD.name:
        return tuple(p for p in see.pods if p.meta.key == own)
    return tuple(
        p for p in see.pods if p.meta.owner == (subject.kind, subject.name) and p.meta.namespace == subject.namespace
    )


def claims_of(subject: Subject, see: Inventory) -> Sequence[tuple[str, str]]:
    """Name the claims of a pod, or of a workload: those of its pods, its template and its claim templates."""
    if subject.kind not in BY_NAME or subject.kind in {CLAIM.name, VOLUME.name}:
        return ()
    own = (subject.namespace, subject.name)
    keys = [(p.meta.namespace, name) for p in pods_of(subject, see) for name in p.claims]
    keys += [
        (w.meta.namespace, n) for w in see.workloads if (w.kind, *w.meta.key) == (subject.kind, *own) for n in w.claims
    ]
    if subject.kind == STATEFUL_SET.name:
        keys += [c.meta.key for c in see.claims_of_set.get(own, ())]
    return tuple(dict.fromkeys(keys))
