"""Volumes that one node holds and another wants."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, CSI_DRIVER, EVENT, NODE, POD, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Pod, Workload
from robusta_volumes._rules.joins import (
    alive,
    attaches,
    fresh_events,
    one_node_only,
    owner_of,
    possible_nodes,
    stuck,
)
from robusta_volumes._rules.rule import Fix, Hit, rule

_MULTI_ATTACH = "Multi-Attach error"
_WRITERS = 2  # controllers on one volume that are one too many


@rule(
    "AT-01",
    Severity.HIGH,
    "Volume is attached to another node",
    on="Pod",
    needs=(EVENT, CLAIM),
    fix="Stop the pod that holds the volume, or wait until its node lets go.",
)
def multi_attach(pod: Pod, see: Inventory, limits: Limits) -> Hit | None:
    """A disk for one node goes to the next only when the first has let go; the event does not always name the holder."""
    if not stuck(pod):
        return None
    events = [e for e in fresh_events(pod, {"FailedAttachVolume"}, see, limits) if _MULTI_ATTACH in e.message]
    for event in events:
        for name in pod.claims:
            claim = see.claim.get((pod.meta.namespace, name))
            if claim and claim.volume_name and f'"{claim.volume_name}"' in event.message:
                held = _held(pod, claim, see)
                if held:
                    evidence = f"{cited(event.message, 180)} ({event.count} times, last {ago(event.last, see.now)})"
                    who, why, fixes = held
                    says = f"waits for {name}: {who}"
                    return Hit(says, f"{why} {evidence}.", fixes, event.first, claims=(claim.meta.key,))
    return None


def _held(pod: Pod, claim: Claim, see: Inventory) -> tuple[str, str, tuple[Fix, ...]] | None:
    """Say who holds a claim's volume elsewhere: (in short, in full, what to do)."""
    others = [
        p for p in see.pods_of.get(claim.meta.key, ()) if p is not pod and p.node not in {"", pod.node} and alive(p)
    ]
    if others:
        holder = max(others, key=lambda p: p.ready)
        ending = holder.meta.deleted is not None
        state = f"is ending since {ago(holder.meta.deleted, see.now)}" if ending else "runs there"
        stop = Fix(
            "wait for it to end; when its node is powered off for good, see rule AT-08" if ending
            else "stop the holder, when it can be spared",
            "" if ending else f"kubectl -n {quoted(holder.meta.namespace)} delete pod {quoted(holder.meta.name)}",
        )  # fmt: skip
        more = Fix("for a Deployment set strategy Recreate, so that the old pod goes first")
        short = f"{holder.meta.name} holds it on node {holder.node}"
        return short, f"{short} and {state}; this pod is on {pod.node}.", (stop, more)
    stays = [a for a in see.attachments_of.get(claim.volume_name, ()) if a.attached and a.node != pod.node]
    if not stays:
        return None
    there = stays[0]
    short = f"it is still attached to node {there.node}, where no pod uses it"
    look = Fix(
        "it is detached within minutes; when not, look at the driver's controller",
        f"kubectl describe volumeattachment {quoted(there.meta.name)}",
    )
    return short, f"Volume {plain(claim.volume_name)} is attached to {there.node}; this pod is on {pod.node}.", (look,)


@rule(
    "AT-02",
    Severity.MEDIUM,
    "Update of a Deployment will wait for its own volume",
    on="Deployment",
    needs=(CLAIM, VOLUME, CSI_DRIVER, NODE),
    fix="Set strategy Recreate, or use a StatefulSet or a volume that many nodes may mount.",
)
def will_multi_attach(made: Workload, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The new pod lands on another node while the old one holds the disk: the update hangs on a Multi-Attach error."""
    if made.meta.deleted or made.replicas < 1 or not (made.overlaps or made.replicas > 1):
        return None
    for name in made.claims:
        claim = see.claim.get((made.meta.namespace, name))
        volume = see.volume_of(claim) if claim else None
        if claim is None or volume is None or not one_node_only(claim.modes_granted or claim.modes_asked):
            continue
        if not attaches(volume, see) or len(possible_nodes(volume, see)) < _WRITERS:
            continue
        many = made.replicas > 1
        what = f"its {made.replicas} replicas share" if many else "old and new pod of an update need"
        more = "use one claim per replica (StatefulSet) or a ReadWriteMany volume" if many else "set strategy Recreate"
        patch = '{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}'
        command = (
            f"kubectl -n {quoted(made.meta.namespace)} patch deployment {quoted(made.meta.name)} --type merge "
            f"-p {quoted(patch)}"
        )
        return Hit(
            f"will wait for its own volume: {what} claim {name}, which one node may mount",
            f"{claim.meta.title} is {listing(list(claim.modes_granted or claim.modes_asked), 2)}; pods on two nodes "
            "cannot both have it.",
            (Fix(more, "" if many else command),),
            claims=(claim.meta.key,),
        )
    return None


@rule(
    "AT-17",
    Severity.MEDIUM,
    "Several workloads write one volume on one node",
    on="PersistentVolumeClaim",
    needs=(POD,),
    fix="Use ReadWriteOncePod, or give each workload a volume of its own.",
)
def several_writers(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """ReadWriteOnce keeps other nodes out, not other pods: two programs that do not know each other break files."""
    if claim.phase != "Bound" or not one_node_only(claim.modes_granted or claim.modes_asked):
        return None
    owners: dict[tuple[str, str], Pod] = {}
    for pod in see.pods_of.get(claim.meta.key, ()):
        owner = owner_of(pod)
        how = dict(zip(pod.claims, pod.uses, strict=False)).get(claim.meta.name, "")
        if owner and pod.node and pod.phase == "Running" and not pod.meta.deleted and set(how) & {"w", "d"}:
            owners.setdefault(owner, pod)
    if len(owners) < _WRITERS:
        return None
    names = listing([f"{kind} {name}" for kind, name in sorted(owners)], 3)
    nodes = listing(sorted({p.node for p in owners.values()}), 2)
    return Hit(
        f"is written by {len(owners)} workloads at once: {names}",
        f"They share it on node {nodes}; ReadWriteOnce allows that, and nothing keeps them from each other's files.",
        (Fix("when that is not meant, give each a claim of its own, or use ReadWriteOncePod"),),
        victims=tuple(f"Pod {p.meta.title}" for p in owners.values()),
    )


RULES = (multi_attach, will_multi_attach, several_writers)
