"""Volumes whose phase is not what it should be: unfinished, unclaimed, bound to another claim, or not going away."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import ATTACHMENT, CLAIM
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, listing, quoted
from robusta_volumes._model.times import ago, span
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._rules.commands import GIVE_BACK, patch_volume
from robusta_volumes._rules.rule import Fix, Hit, rule

_PROTECTION = "kubernetes.io/pv-protection"


@rule(
    "PV-02",
    Severity.MEDIUM,
    "Volume stays Pending",
    on="PersistentVolume",
    fix="Look at the kube-controller-manager and at the driver's controller.",
)
def stays_pending(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:
    """A new volume is Available or Bound within seconds; when it is not, the controller that binds does not work."""
    since = volume.phase_since or volume.meta.created
    if volume.phase != "Pending" or volume.meta.deleted or since is None:
        return None
    if see.now - since < timedelta(minutes=limits.provisioning_minutes):
        return None
    return Hit(
        f"stays Pending: {gib(volume.capacity)} cannot be claimed",
        f"Pending since {ago(since, see.now)}. The volume controller makes a volume Available within seconds; "
        "it is away, or something keeps it from writing the status.",
        (
            Fix(
                "see whether the volume controller works, then read its log",
                "kubectl -n kube-system get pods,leases -o wide",
            ),
        ),
        since,
        claims=(volume.claim_ref.key,) if volume.claim_ref else (),
        size=volume.capacity,
    )


@rule(
    "PV-05",
    Severity.LOW,
    "Volume is Available and nobody claims it",
    on="PersistentVolume",
    fix="Claim it, or back it up and delete volume and backend.",
)
def nobody_claims(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:
    """A volume that no claim asks for costs what a used one costs, and nobody looks after it."""
    since = volume.phase_since or volume.meta.created
    if volume.phase != "Available" or volume.claim_ref or volume.meta.deleted or since is None:
        return None
    if see.now - since <= timedelta(days=limits.available_volume_days):
        return None
    return Hit(
        f"is claimed by nobody for {span(see.now - since)}: {gib(volume.capacity)}",
        f"Available since {ago(since, see.now)}, on {code(volume.backend)}.",
        (
            Fix(f"create a claim with volumeName {volume.meta.name}, when somebody needs it"),
            Fix(
                "or delete the volume, and then its backend, when nothing on it is needed",
                f"kubectl delete pv {quoted(volume.meta.name)}",
                destroys=True,
            ),
        ),
        since,
        size=volume.capacity,
    )


@rule(
    "PV-07",
    Severity.HIGH,
    "Volume belongs to an earlier claim of the same name",
    on="PersistentVolume",
    needs=(CLAIM,),
    fix="Give the volume back to the new claim, by removing uid and resourceVersion from claimRef.",
)
def belongs_to_earlier_claim(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:
    """A claim that was deleted and created again is another claim: its data lies on a volume that it cannot take."""
    ref = volume.claim_ref
    if ref is None or not ref.uid or not see.knows(ref.namespace) or see.claim_of(volume) is not None:
        return None
    now = see.claim.get(ref.key)
    taken_over = volume.phase == "Released" and now is not None and now.phase == "Pending" and not now.meta.deleted
    # the claim may be younger than our list of claims; the controller needs a moment to release, too
    since = volume.phase_since or volume.meta.created
    settled = since is not None and see.now - since >= timedelta(minutes=limits.terminating_minutes)
    if not taken_over and not (volume.phase == "Bound" and settled):
        return None
    who = f"{ref.namespace}/{ref.name}"
    if now is None:
        says = f"is Bound to claim {who}, which does not exist"
        fixes: tuple[Fix, ...] = (
            Fix(f"see whether the volume controller works; it should have released {volume.meta.name}"),
        )
    else:
        says = f"holds the data of an earlier claim {who}; the new one of that name cannot take it"
        keep = {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}
        fixes = (
            Fix("keep the data first", patch_volume(volume.meta.name, keep)),
            *_offer(volume, now),
        )
    return Hit(
        says,
        f"Its claimRef names uid {code(ref.uid)}, the claim there has {code(now.meta.uid) if now else 'none'}. "
        f"{gib(volume.capacity)} on {code(volume.backend)}, policy {volume.reclaim_policy}.",
        fixes,
        volume.phase_since,
        claims=(ref.key,),
        size=volume.capacity,
    )


def _offer(volume: Volume, claim: Claim) -> tuple[Fix, ...]:
    if claim.volume_name not in {"", volume.meta.name}:
        return (Fix(f"the new claim has taken {claim.volume_name}: copy the data over, or re-create the claim"),)
    return (
        Fix(
            "then offer it to the new claim (and to no other)",
            patch_volume(volume.meta.name, GIVE_BACK),
        ),
    )


@rule(
    "PV-10",
    Severity.MEDIUM,
    "Volume is being deleted and something holds it",
    on="PersistentVolume",
    needs=(CLAIM, ATTACHMENT),
    fix="Remove what holds it: the claim, the attachment; never the finalizer.",
)
def deletion_stuck(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:
    """A deleted volume lives until its finalizers go; stripping them leaves the disk behind, or data half deleted."""
    if volume.meta.deleted is None or (volume.phase == "Released" and volume.reclaim_policy == "Delete"):
        return None  # of what is Released and should be deleted another rule speaks
    if see.now - volume.meta.deleted < timedelta(minutes=limits.terminating_minutes):
        return None
    claim, attached = see.claim_of(volume), see.attachments_of.get(volume.meta.name, ())
    driver = next((f.partition("/")[2] for f in volume.meta.finalizers if f.startswith("external-attacher/")), "")
    if claim is not None and (_PROTECTION in volume.meta.finalizers or claim.phase == "Bound"):
        holder = f"claim {claim.meta.title}"
        fix = Fix(
            "when its data is not needed, delete the claim; the volume goes with it",
            f"kubectl -n {quoted(claim.meta.namespace)} delete pvc {quoted(claim.meta.name)}",
            destroys=True,
        )
    elif attached:
        nodes = sorted({a.node for a in attached})
        holder = f"its attachment to node {listing(nodes, 2)}"
        fix = Fix(
            "stop the pods that use it there; the attachment goes by itself",
            f"kubectl describe volumeattachment {quoted(attached[0].meta.name)}",
        )
    else:
        holder = driver or listing(list(volume.meta.finalizers), 3) or "nothing visible"
        fix = Fix(
            "look at the controller that owns the finalizer; leave the finalizer alone",
            f"kubectl describe pv {quoted(volume.meta.name)}",
        )
    return Hit(
        f"is being deleted for {span(see.now - volume.meta.deleted)}, and {holder} holds it",
        f"Deleted {ago(volume.meta.deleted, see.now)}; finalizers: {listing(list(volume.meta.finalizers), 4) or 'none'}. "
        f"Policy {volume.reclaim_policy}.",
        (fix,),
        volume.meta.deleted,
        claims=(claim.meta.key,) if claim else (),
        size=volume.capacity,
    )


RULES = (stays_pending, nobody_claims, belongs_to_earlier_claim, deletion_stuck)
