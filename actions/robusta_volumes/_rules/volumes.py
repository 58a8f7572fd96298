"""What can be wrong with a volume itself: whom it waits for, where it lies."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, NODE
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, listing, nearest, quoted
from robusta_volumes._model.volume import Volume
from robusta_volumes._rules.commands import only_for, patch_volume
from robusta_volumes._rules.rule import Fix, Hit, rule

HOSTNAME = "kubernetes.io/hostname"


def owner_name(volume: Volume) -> str:
    """Name the claim that a volume belongs, or belonged, to."""
    ref = volume.claim_ref
    return f"{ref.namespace}/{ref.name}" if ref else "an unknown claim"


def owner_key(volume: Volume) -> tuple[tuple[str, str], ...]:
    """Give that claim's (namespace, name), when there is one."""
    return (volume.claim_ref.key,) if volume.claim_ref else ()


def _delete_both(volume: Volume) -> str:
    """Delete the claim first: a volume that a claim is bound to only starts to be deleted, and then waits for it."""
    ref = volume.claim_ref
    claim = f"kubectl -n {quoted(ref.namespace)} delete pvc {quoted(ref.name)} && " if ref else ""
    return f"{claim}kubectl delete pv {quoted(volume.meta.name)}"


@rule(
    "PV-06",
    Severity.LOW,
    "Volume is reserved for a claim that does not exist",
    on="PersistentVolume",
    needs=(CLAIM,),
    fix="Create that claim, or clear the reservation.",
)
def reserved_for_nobody(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """No other claim can take a reserved volume, so a typo in the reservation parks it for ever."""
    ref = volume.claim_ref
    if volume.phase != "Available" or ref is None or ref.uid or ref.key in see.claim or not see.knows(ref.namespace):
        return None
    return Hit(
        f"waits for claim {ref.namespace}/{ref.name}, which does not exist",
        f"{gib(volume.capacity)} on {code(volume.backend)} can be taken by no other claim.",
        (
            Fix(
                f"create the claim {ref.namespace}/{ref.name}, with size, modes and class as here",
                f"kubectl get pv {quoted(volume.meta.name)} -o yaml",
            ),
            *_meant(volume, see),
            Fix(
                "or, only if nothing on it matters (whoever takes it gets the data, too), offer it to any claim of its class",
                patch_volume(volume.meta.name, [{"op": "remove", "path": "/spec/claimRef"}]),
            ),
        ),
        volume.meta.created,
        claims=(ref.key,),
        size=volume.capacity,
    )


def _meant(volume: Volume, see: Inventory) -> tuple[Fix, ...]:
    """Reserve a volume for the Pending claim that was probably meant: the one with the nearest name."""
    ref = volume.claim_ref
    here = see.claims_in.get(ref.namespace, ()) if ref else ()
    waiting = [c.meta.name for c in here if c.phase == "Pending" and (c.class_name or "") == volume.class_name]
    near = nearest(ref.name, waiting, most=1) if ref else []
    if not (ref and near):
        return ()
    change = [{"op": "replace", "path": "/spec/claimRef", "value": only_for(ref.namespace, near[0])}]
    return (Fix(f"or give it to {near[0]}, which waits and may be meant", patch_volume(volume.meta.name, change)),)


def gone_hosts(volume: Volume, see: Inventory) -> list[str]:
    """Name the nodes that a volume is pinned to, when not one of them is there any more."""
    pinned = [r for term in volume.node_affinity for r in term if r.key == HOSTNAME and r.operator == "In"]
    fits = any(all(r.holds(n.meta.labels) for r in term) for n in see.nodes for term in volume.node_affinity)
    return [] if fits or not see.nodes else sorted({value for r in pinned for value in r.values})


@rule(
    "PV-11",
    Severity.CRITICAL,
    "Volume lies on a node that is gone",
    on="PersistentVolume",
    needs=(NODE,),
    fix="Bring the node back, or restore the data elsewhere and delete claim and volume.",
)
def node_gone(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Local data goes where its node goes; every pod that uses it stays Pending until the node is back."""
    hosts = gone_hosts(volume, see) if volume.phase == "Bound" and volume.node_affinity else []
    if not hosts:
        return None
    waiting = [p for key in owner_key(volume) for p in see.pods_of.get(key, ()) if not p.node]
    return Hit(
        f"lies on node {listing(hosts, 2)}, which is gone: "
        f"{gib(volume.capacity)} of {owner_name(volume)} cannot be reached",
        f"The data is on {code(volume.backend)} of that node. Waiting for it: {listing([p.meta.title for p in waiting], 3)}."
        if waiting
        else f"The data is on {code(volume.backend)} of that node. No pod waits for it at the moment.",
        (
            Fix(
                f"bring node {listing(hosts, 2)} back under the same name; these are there",
                f"kubectl get nodes -L {HOSTNAME}",
            ),
            Fix(
                f"or, when it will not come back: delete claim {owner_name(volume)} and this volume, "
                "then restore a backup into a new claim",
                _delete_both(volume),
                destroys=True,
            ),
        ),
        None,
        tuple(f"Pod {p.meta.title}" for p in waiting),
        owner_key(volume),
        size=volume.capacity,
    )


RULES = (reserved_for_nobody, node_gone)
