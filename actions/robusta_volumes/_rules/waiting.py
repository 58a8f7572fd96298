"""Claims that wait for a pod: for the first that uses them, or for one that finds no node."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import POD, STORAGE_CLASS
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, listing, plain, quoted
from robusta_volumes._model.volume import Claim, Pod, StorageClass
from robusta_volumes._rules.binding import WAIT, pending_and_free, pending_for, users
from robusta_volumes._rules.class_places import pools_of, room_at
from robusta_volumes._rules.pending import NO_PROVISIONER, awaited_class, refusal
from robusta_volumes._rules.rule import Fix, Hit, rule

_NO_VOLUME = "find available persistent volumes to bind"
_NOT_BOUND = "binding volumes"
_NO_ROOM = "did not have enough free storage"


@rule(
    "PVC-08",
    Severity.INFO,
    "Claim waits for its first pod",
    on="PersistentVolumeClaim",
    needs=(STORAGE_CLASS, POD),
    fix="Nothing: it binds when a pod uses it. Delete it when it is a leftover.",
)
def waits_for_first_pod(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """Normal for classes that bind late, so that the volume is made where the pod runs; old ones are leftovers."""
    chosen = awaited_class(claim, see, limits)
    if not pending_and_free(claim) or chosen is None or chosen.binding_mode != WAIT or users(claim, see):
        return None
    old = claim.meta.created is not None and see.now - claim.meta.created > timedelta(hours=limits.waiting_claim_hours)
    return Hit(
        "waits for its first pod" + (", and has for long" if old else " (normal)"),
        f"Class {plain(chosen.meta.name)} binds when a pod uses the claim. {pending_for(claim, see)}",
        (
            Fix(
                "start a pod that uses it, or delete it (it holds no data)",
                f"kubectl -n {quoted(claim.meta.namespace)} delete pvc {quoted(claim.meta.name)}",
            ),
        ),
        claim.meta.created,
        severity=Severity.MEDIUM if old else None,
    )


@rule(
    "PVC-09",
    Severity.HIGH,
    "Pod that would use the claim cannot be scheduled",
    on="PersistentVolumeClaim",
    needs=(STORAGE_CLASS, POD),
    fix="Repair what keeps the pod from being scheduled; the claim binds by itself then.",
)
def pod_cannot_be_scheduled(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """The claim is the victim: it is bound only once the scheduler has found a node for its pod."""
    chosen = awaited_class(claim, see, limits)
    if not pending_and_free(claim) or chosen is None or chosen.binding_mode != WAIT:
        return None
    stuck = [p for p in users(claim, see) if p.waiting and not p.node]
    if not stuck or _NOT_BOUND in stuck[0].waiting or refusal(claim, see, limits):
        return None  # the scheduler did choose a node; it is the provisioner that failed
    if chosen.provisioner == NO_PROVISIONER and _NO_VOLUME in stuck[0].waiting:
        return None  # without a volume made by hand the pod is the victim of the claim
    pod = stuck[0]
    if _NO_ROOM in pod.waiting:
        return _no_room(claim, chosen, pod, see)
    return Hit(
        f"cannot bind: pod {pod.meta.name} cannot be scheduled",
        f"The claim is the victim: class {plain(chosen.meta.name)} waits for the pod. "
        f"Scheduler: {cited(pod.waiting, 200)}",
        (
            Fix(
                "change what the pod asks for (node selector, affinity, resources), or add a node that has it",
                f"kubectl -n {quoted(pod.meta.namespace)} describe pod {quoted(pod.meta.name)}",
            ),
        ),
        claim.meta.created,
        tuple(f"Pod {p.meta.title}" for p in stuck),
    )


def _no_room(claim: Claim, chosen: StorageClass, pod: Pod, see: Inventory) -> Hit:
    """Say that a claim is too large for the room that its driver declares, and how much that is."""
    rooms = sorted(pools_of(chosen, see), key=lambda p: -(p.room or 0))
    most = f" Largest volume that class {plain(chosen.meta.name)} can have: {listing([room_at(p) for p in rooms], 4)}."
    return Hit(
        f"cannot bind: no node that its pod could use has room for {gib(claim.requested)}",
        f"Scheduler, of pod {pod.meta.name}: {cited(pod.waiting, 200)}{most if rooms else ''} "
        f"{pending_for(claim, see)}",
        (
            Fix("add storage on such a node, or delete volumes there that nothing uses"),
            Fix(
                "or ask for less: re-create the claim (it holds no data)",
                f"kubectl -n {quoted(claim.meta.namespace)} get pvc {quoted(claim.meta.name)} -o yaml",
            ),
        ),
        claim.meta.created,
        tuple(f"Pod {p.meta.title}" for p in users(claim, see) if p.waiting and not p.node),
    )


RULES = (waits_for_first_pod, pod_cannot_be_scheduled)
