"""What can be wrong with the bond between a claim and its volume."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._rules.commands import patch_volume
from robusta_volumes._rules.rule import Fix, Hit, rule

_AS_SOURCE = "snapshot.storage.kubernetes.io/pvc-as-source-protection"


@rule(
    "PVC-01",
    Severity.CRITICAL,
    "Claim has lost its volume",
    on="PersistentVolumeClaim",
    needs=(VOLUME,),
    fix="Re-create the PersistentVolume with the same backend and a claimRef to this claim.",
)
def lost(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The PersistentVolume was deleted under a bound claim. The backend often survives, and can be attached again."""
    gone = claim.phase == "Bound" and claim.volume_name and see.volume_of(claim) is None
    if claim.phase != "Lost" and not gone:
        return None
    taken = _taken(claim, see)
    if taken:
        return taken
    events = [e for e in see.events_of("PersistentVolumeClaim", *claim.meta.key) if e.reason == "ClaimLost"]
    when = f" {ago(events[-1].first or events[-1].last, see.now)}" if events else ""
    asked = gib(claim.capacity or claim.requested)
    return Hit(
        f"has lost its volume {plain(claim.volume_name)}: {asked} cannot be reached",
        f"PersistentVolume {code(claim.volume_name)} was deleted{when}. With policy Retain, or a backend that "
        "Kubernetes does not delete, the data is still there; a pod that starts now cannot mount it.",
        (
            Fix(
                f"create PersistentVolume {claim.volume_name} again with the same backend, spec.claimRef "
                f"{claim.meta.namespace}/{claim.meta.name} (uid {claim.meta.uid}), and size, modes and class of the claim, "
                "which then binds to it again",
                f"kubectl -n {quoted(claim.meta.namespace)} get pvc {quoted(claim.meta.name)} -o yaml",
            ),
            Fix("or restore a backup into a new claim"),
        ),
        events[-1].first if events else None,
        size=claim.capacity or claim.requested,
    )


def _taken(claim: Claim, see: Inventory) -> Hit | None:
    """Tell of a Lost claim whose volume is there, but bound to another claim: Kubernetes calls it misbound."""
    volume = see.volume_of(claim)
    ref = volume.claim_ref if volume else None
    if volume is None or ref is None or see.claim_of(volume) is claim:
        return None
    said = [e for e in see.events_of("PersistentVolumeClaim", *claim.meta.key) if e.reason == "ClaimMisbound"]
    other = f"{ref.namespace}/{ref.name}" if ref.key != claim.meta.key else "an earlier claim of the same name"
    return Hit(
        f"is bound to volume {volume.meta.name}, which belongs to {other}",
        f"Two claims name one volume, and this one is Lost; its data, {gib(volume.capacity)}, is {other}'s."
        + (f" {cited(said[0].message, 160)}" if said else ""),
        (
            Fix(
                "a claim's volumeName cannot be edited: save it, and create it again without volumeName, or with a free volume",
                f"kubectl -n {quoted(claim.meta.namespace)} get pvc {quoted(claim.meta.name)} -o yaml",
            ),
        ),
        said[-1].first if said else None,
        claims=(ref.key,),
        volumes=(volume.meta.name,),
        size=volume.capacity,
    )


@rule(
    "PVC-20",
    Severity.MEDIUM,
    "Claim is being deleted and something holds it",
    on="PersistentVolumeClaim",
    fix="Decide now: set policy Retain to keep the data, or remove what holds the claim.",
)
def terminating(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """A deleted claim lives until its last pod goes; with policy Delete its data goes with it, without asking again."""
    if claim.meta.deleted is None:
        return None
    # the protection controller looks at scheduled pods in any phase: a Succeeded or Failed pod holds a claim, too
    pods = [p for p in see.pods_of.get(claim.meta.key, ()) if p.node]
    waited = see.now - claim.meta.deleted >= timedelta(minutes=limits.terminating_minutes)
    if not pods and not waited:
        return None
    doomed, end = _fate(claim, see.volume_of(claim))
    cut = [s.meta.name for s in see.snapshots_of.get(claim.meta.key, ()) if not s.ready and not s.meta.deleted]
    running = [f"snapshot {name}" for name in cut] if _AS_SOURCE in claim.meta.finalizers else []
    holders = (
        listing([*(p.meta.name for p in pods), *running], 3)
        or listing(list(claim.meta.finalizers), 3)
        or "nothing visible"
    )
    keep = Fix(
        "to keep the data, set Retain now",
        patch_volume(claim.volume_name, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}),
    )
    go = Fix(f"to let it go, stop what uses it: {holders}")
    says = f"is being deleted and {'loses its data' if doomed else 'goes'} when {holders} ends"
    return Hit(
        says,
        f"Deleted {ago(claim.meta.deleted, see.now)}, held by {holders}. {end}",
        (keep, go) if doomed else (go,),
        claim.meta.deleted,
        tuple(f"Pod {p.meta.title}" for p in pods),
        size=claim.capacity,
    )


def _fate(claim: Claim, volume: Volume | None) -> tuple[bool, str]:
    """Tell whether the data may go with the claim, and say what becomes of it."""
    if not claim.volume_name:
        return False, "It has no volume, so no data goes with it."
    if volume is None:
        return True, "Its volume was not seen: with policy Delete the data goes with the claim."
    if volume.reclaim_policy == "Delete":
        return True, f"Its volume deletes {gib(claim.capacity)} when the last holder goes."
    return False, f"Its volume keeps the data (policy {volume.reclaim_policy})."


RULES = (lost, terminating)
