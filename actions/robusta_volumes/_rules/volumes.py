"""What can be wrong with a volume itself."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, CSI_DRIVER, NODE
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, listing, plain, quoted
from robusta_volumes._model.times import ago, span
from robusta_volumes._model.volume import Volume
from robusta_volumes._rules.commands import GIVE_BACK, patch_volume
from robusta_volumes._rules.rule import Fix, Hit, rule

HOSTNAME = "kubernetes.io/hostname"


def _owner(volume: Volume) -> str:
    ref = volume.claim_ref
    return f"{ref.namespace}/{ref.name}" if ref else "an unknown claim"


def _owner_key(volume: Volume) -> tuple[tuple[str, str], ...]:
    return (volume.claim_ref.key,) if volume.claim_ref else ()


def _delete_both(volume: Volume) -> str:
    """Delete the claim first: a volume that a claim is bound to only starts to be deleted, and then waits for it."""
    ref = volume.claim_ref
    claim = f"kubectl -n {quoted(ref.namespace)} delete pvc {quoted(ref.name)} && " if ref else ""
    return f"{claim}kubectl delete pv {quoted(volume.meta.name)}"


@rule(
    "PV-01",
    Severity.CRITICAL,
    "Volume could not be reclaimed",
    on="PersistentVolume",
    fix="Repair what refused the deletion, or set policy Retain and delete volume and backend by hand.",
)
def reclaim_failed(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The claim is gone, the backend refused to delete, and nothing retries a Failed volume: it stays and costs."""
    if volume.phase != "Failed":
        return None
    said = cited(volume.message or volume.reason or "no message", 220)
    return Hit(
        f"could not be reclaimed: {gib(volume.capacity)} of {_owner(volume)} is left over",
        f"Its claim is gone; policy {volume.reclaim_policy} failed {ago(volume.phase_since, see.now)}: {said}. "
        f"The data is still on {code(volume.backend)}.",
        (
            Fix(
                "keep it safe from a later deletion first",
                patch_volume(volume.meta.name, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}),
            ),
            Fix(
                f"when the data on {plain(volume.backend)} is deleted or not needed, remove the object",
                f"kubectl delete pv {quoted(volume.meta.name)}",
                destroys=True,
            ),
        ),
        volume.phase_since,
        claims=_owner_key(volume),
        size=volume.capacity,
    )


@rule(
    "PV-03",
    Severity.MEDIUM,
    "Volume is Released and keeps its data",
    on="PersistentVolume",
    fix="Give it back to a claim of the same name, or back it up and delete volume and backend.",
)
def released_and_kept(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Policy Retain keeps data whose claim is gone. Nothing cleans it up or looks after it, and the disk is paid."""
    if volume.phase != "Released" or volume.reclaim_policy != "Retain":
        return None
    since = f"{span(see.now - volume.phase_since)} ago" if volume.phase_since else "at an unknown time"
    return Hit(
        f"is Released: {gib(volume.capacity)} of {_owner(volume)} is kept but unreachable",
        f"The claim was deleted {since}; policy Retain keeps the data. Nothing will clean it up or "
        "pay attention to it.",
        (
            Fix(
                f"to give it back, re-create claim {_owner(volume)}, then (not the whole claimRef: that would offer "
                "the data to any claim of the class)",
                patch_volume(volume.meta.name, GIVE_BACK),
            ),
            Fix(
                f"to give it up, back it up, then delete the volume and its backend ({plain(volume.backend)})",
                f"kubectl delete pv {quoted(volume.meta.name)}",
                destroys=True,
            ),
        ),
        volume.phase_since,
        claims=_owner_key(volume),
        size=volume.capacity,
    )


@rule(
    "PV-04",
    Severity.HIGH,
    "Volume is Released and its deletion does not finish",
    on="PersistentVolume",
    needs=(CSI_DRIVER,),
    fix="Restore the provisioner; never strip finalizers first.",
)
def released_not_deleted(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:
    """Policy Delete should have removed it within seconds; somebody who should delete it is not there or refuses."""
    if volume.phase != "Released" or volume.reclaim_policy != "Delete":
        return None
    events = [e for e in see.events_of("PersistentVolume", "", volume.meta.name) if e.reason == "VolumeFailedDelete"]
    if volume.phase_since is None and not events:
        return None  # before Kubernetes 1.28 a volume does not say since when: then only a refusal tells
    if volume.phase_since and see.now - volume.phase_since < timedelta(minutes=limits.deleting_minutes):
        return None
    gone = volume.source == "csi" and volume.driver not in see.driver
    cause = f"Driver {plain(volume.driver)} is not installed any more." if gone else "Its driver has not deleted it."
    said = f" Last event: {cited(events[0].message, 200)}." if events else ""
    return Hit(
        f"should be deleted but is not: {gib(volume.capacity)} of {_owner(volume)}",
        f"Released {ago(volume.phase_since, see.now)} with policy Delete. {cause}{said}",
        (Fix("bring the driver's controller back; it then deletes the volume by itself. Leave the finalizers alone"),),
        volume.phase_since,
        claims=_owner_key(volume),
        size=volume.capacity,
    )


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
            Fix(f"create the claim {ref.namespace}/{ref.name}"),
            Fix(
                "or offer it to any claim of its class",
                patch_volume(volume.meta.name, [{"op": "remove", "path": "/spec/claimRef"}]),
            ),
        ),
        volume.meta.created,
        claims=(ref.key,),
        size=volume.capacity,
    )


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
    if volume.phase != "Bound" or not volume.node_affinity or not see.nodes:
        return None
    pinned = [r for term in volume.node_affinity for r in term if r.key == HOSTNAME and r.operator == "In"]
    hosts = sorted({value for r in pinned for value in r.values})
    fits = any(all(r.holds(n.meta.labels) for r in term) for n in see.nodes for term in volume.node_affinity)
    if not hosts or fits:
        return None
    waiting = [p for key in _owner_key(volume) for p in see.pods_of.get(key, ()) if not p.node]
    return Hit(
        f"lies on node {listing(hosts, 2)}, which is gone: "
        f"{gib(volume.capacity)} of {_owner(volume)} cannot be reached",
        f"The data is on {code(volume.backend)} of that node. Waiting for it: {listing([p.meta.title for p in waiting], 3)}."
        if waiting
        else f"The data is on {code(volume.backend)} of that node. No pod waits for it at the moment.",
        (
            Fix(
                f"bring node {listing(hosts, 2)} back under the same name; these are there",
                f"kubectl get nodes -L {HOSTNAME}",
            ),
            Fix(
                f"or, when it will not come back: delete claim {_owner(volume)} and this volume, "
                "then restore a backup into a new claim",
                _delete_both(volume),
                destroys=True,
            ),
        ),
        None,
        tuple(f"Pod {p.meta.title}" for p in waiting),
        _owner_key(volume),
        size=volume.capacity,
    )


RULES = (reclaim_failed, released_and_kept, released_not_deleted, reserved_for_nobody, node_gone)
