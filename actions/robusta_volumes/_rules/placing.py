"""Pods that no node can take because of where their volumes lie."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, NODE, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Pod, Volume
from robusta_volumes._rules.joins import pairs_of, possible_nodes
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.volumes import node_gone

# The scheduler's words for it, those of Kubernetes 1.36 and older ones.
_CONFLICT = (
    "didn't match PersistentVolume's node affinity",
    "had volume node affinity conflict",
    "had no available volume zone",
)
_NO_VOLUME = "find available persistent volumes to bind"
_NO_SPACE = "not have enough free storage"
_LOST = "non-existent pv(s)"
_UNBOUND = (_NO_VOLUME, _NO_SPACE, _LOST)
Placed = tuple[Claim, Volume, tuple[str, ...]]


@rule(
    "AT-14",
    Severity.HIGH,
    "Pod cannot go where its volume lies",
    on="Pod",
    needs=(CLAIM, VOLUME, NODE),
    fix="Make room on, or add, a node in the volume's zone; a volume does not move.",
)
def wrong_place(pod: Pod, see: Inventory, limits: Limits) -> Hit | None:
    """A disk of one zone or one node is reached from there alone; the scheduler names neither the disk nor the zone."""
    if pod.node or pod.meta.deleted or not see.nodes:
        return None
    unbound = next((words for words in _UNBOUND if words in pod.waiting), "")
    if not unbound and not any(words in pod.waiting for words in _CONFLICT):
        return None
    young = pod.meta.created and see.now - pod.meta.created < timedelta(minutes=limits.unschedulable_minutes)
    pinned = [(c, v, possible_nodes(v, see)) for c, v in pairs_of(pod, see) if v.node_affinity]
    if unbound and not young:
        return _unbound(pod, unbound, see)
    if young or not pinned or any(node_gone.check(v, see, limits) for _, v, _ in pinned):
        return None  # PV-11 tells of a node that is gone
    claim, volume, nodes = min(pinned, key=lambda place: len(place[2]))
    says, fixes = _verdict(pod, (claim, volume, nodes), pinned, see)
    return Hit(
        f"cannot be placed: {says}",
        f"Volume {plain(volume.meta.name)} can be used on nodes with {_place(volume)}. The scheduler says: "
        f"{cited(pod.waiting, 220)} (pod created {ago(pod.meta.created, see.now)}).",
        fixes,
        pod.meta.created,
        claims=tuple(c.meta.key for c, _, _ in pinned),
        volumes=tuple(v.meta.name for _, v, _ in pinned),
    )  # fmt: skip


def _unbound(pod: Pod, words: str, see: Inventory) -> Hit | None:
    """Tell of a pod whose claim has no volume that a node could use: none fits, no pool has room, or it is gone."""
    claims = [c for name in pod.claims if (c := see.claim.get((pod.meta.namespace, name)))]
    if words == _LOST:
        found = [c for c in claims if c.volume_name and c.volume_name not in see.volume]
    else:
        found = [c for c in claims if c.phase == "Pending"]
    if not found:
        return None
    claim = found[0]
    size, class_name = gib(claim.requested), claim.class_name or "none"
    describe = f"kubectl -n {quoted(claim.meta.namespace)} describe pvc {quoted(claim.meta.name)}"
    says, fix = {
        _LOST: (
            f"claim {claim.meta.name} is bound to volume {plain(claim.volume_name)}, which does not exist",
            Fix("create the volume again with the same backend, or restore the data into a new claim; see", describe),
        ),
        _NO_SPACE: (
            f"no node has room for claim {claim.meta.name} ({size}, class {plain(class_name)})",
            Fix(
                "free space in the pool, enlarge it, or ask for less; what drivers declare",
                "kubectl get csistoragecapacities -A",
            ),
        ),
        _NO_VOLUME: (
            f"no free volume that a node reaches fits claim {claim.meta.name} ({size}, class {plain(class_name)})",
            Fix("create a volume on a node that the pod may use, or change what the claim asks; see", describe),
        ),
    }[words]
    return Hit(
        f"cannot be placed: {says}",
        f"The scheduler says: {cited(pod.waiting, 220)} (pod created {ago(pod.meta.created, see.now)}).",
        (fix,),
        pod.meta.created,
        claims=tuple(c.meta.key for c in found),
    )


def _verdict(pod: Pod, tightest: Placed, pinned: list[Placed], see: Inventory) -> tuple[str, tuple[Fix, ...]]:
    claim, volume, nodes = tightest
    common = set(nodes).intersection(*(set(places) for _, _, places in pinned))
    describe = f"kubectl -n {quoted(pod.meta.namespace)} describe pod {quoted(pod.meta.name)}"
    if not nodes:
        return (
            f"no node can reach claim {claim.meta.name} ({_place(volume)})",
            (Fix(f"add a node with {_place(volume)}, or restore the data into a new claim where nodes are"),),
        )
    if not common:
        places = "; ".join(f"{c.meta.name} on {_place(v)}" for c, v, _ in pinned[:3])
        return (
            f"its volumes lie apart: {plain(places)}",
            (Fix("copy one of them (snapshot, restore) to where the other is; a class that waits for the first pod "
                 "makes both in one place"),),
        )  # fmt: skip
    shut = [n.meta.name for n in see.nodes if n.meta.name in common and not (n.ready and n.schedulable)]
    if len(shut) == len(common):
        return (
            f"claim {claim.meta.name} lies on {listing(sorted(common), 3)}, closed or not ready",
            (_reopen(min(shut), see),),
        )
    able = listing(sorted(common - set(shut)), 3)
    return (
        f"only {able} can reach claim {claim.meta.name}, and cannot take the pod",
        (Fix(f"free CPU and memory on {able}, or add a node with {_place(volume)}; its other reasons:", describe),),
    )


def _reopen(name: str, see: Inventory) -> Fix:
    if see.node[name].ready:
        return Fix("open it for pods again when it is well", f"kubectl uncordon {quoted(name)}")
    return Fix("bring it back", f"kubectl describe node {quoted(name)}")


def _place(volume: Volume) -> str:
    found = dict.fromkeys(f"{r.key} {r.operator} {'/'.join(r.values)}" for t in volume.node_affinity for r in t)
    return plain(listing(list(found), 2), 120)


RULES = (wrong_place,)
