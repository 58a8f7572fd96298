"""What can be wrong with the attachment of a volume to a node."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, CSI_DRIVER, NODE, POD, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Attachment, Claim, Pod, Volume
from robusta_volumes._rules.joins import WHOLE, alive
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.waste import TEMPLATES

_FINALIZER = "external-attacher/"
_CAUSES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    # (what the driver's text contains, cause in few words, what to do)
    (("limit", "maximum number", "too many"), "the node has no free slot", "move pods with volumes to other nodes"),
    (("already attached", "is in use", "in-use", "in use by"), "it is attached elsewhere", "free it there first"),
    (("unauthorized", "forbidden", "denied", "credential"), "the driver may not", "repair the driver's credentials"),
    (("not found", "does not exist", "notfound"), "the backend does not know it", "look for disk and node at the provider"),
    (("deadline exceeded", "timed out", "timeout"), "the backend does not answer in time", "look at the backend"),
)  # fmt: skip


# What the driver's gRPC code says, in the words above; a driver's own text counts before it only by being more exact.
_GRPC = {4: "deadline exceeded", 5: "not found", 7: "denied", 8: "limit", 14: "timeout", 16: "unauthorized"}


def _claims(a: Attachment, see: Inventory) -> tuple[tuple[str, str], ...]:
    volume = see.volume.get(a.volume_name)
    return (volume.claim_ref.key,) if volume and volume.claim_ref else ()


def _title(a: Attachment) -> str:
    return f"of volume {plain(a.volume_name) or 'without a name'} to node {plain(a.node)}"


def _waiting(a: Attachment, see: Inventory) -> tuple[Pod, ...]:
    """List the pods that need the volume and do not run."""
    return tuple(p for key in _claims(a, see) for p in see.pods_of.get(key, ()) if p.phase == "Pending")


def _delete(a: Attachment, text: str) -> Fix:
    return Fix(text, f"kubectl delete volumeattachment {quoted(a.meta.name)}", destroys=True)


def attach_failed(a: Attachment, see: Inventory, limits: Limits) -> bool:
    """Tell whether attaching fails for longer than a retry takes."""
    old = a.meta.created is None or see.now - a.meta.created >= timedelta(minutes=limits.attach_minutes)
    return bool(a.attach_error) and not a.attached and a.meta.deleted is None and old


def _gone(a: Attachment, see: Inventory) -> tuple[str, str] | None:
    """Say which end of an attachment does not exist: (what, what to check before it is removed)."""
    if see.nodes and a.node not in see.node:
        return f"node {plain(a.node)}, which is gone", "when the provider shows the disk detached"
    if a.volume_name and a.volume_name not in see.volume and see.scope == WHOLE:
        return "a volume that is gone", "when the provider shows the disk detached or deleted"
    if a.attacher and a.attacher not in see.driver and a.volume_name in see.volume:
        return f"driver {plain(a.attacher)}, which is not installed", ""
    return None


@rule(
    "AT-04",
    Severity.HIGH,
    "Attachment refers to what is gone",
    on="VolumeAttachment",
    needs=(NODE, VOLUME, CSI_DRIVER),
    fix="Remove it once the provider shows the disk detached.",
)
def attached_to_nothing(a: Attachment, see: Inventory, limits: Limits) -> Hit | None:
    """Kubernetes believes that the disk is still there, and gives it to no other node until the attachment goes."""
    gone = _gone(a, see)
    limit = timedelta(minutes=limits.detach_minutes)
    if gone is None or (a.meta.deleted and see.now - a.meta.deleted < limit):
        return None
    if a.volume_name not in see.volume and see.scope != WHOLE:
        return None  # of another namespace
    if a.meta.created and see.now - a.meta.created < limit:
        return None
    what, when = gone
    pods = _waiting(a, see)
    blocked = f" Waiting for the volume: {listing([p.meta.title for p in pods], 3)}." if pods else ""
    fix = (
        _delete(a, f"{when}, remove it") if when else Fix("install the driver again: it detaches the volume by itself")
    )
    return Hit(
        f"{_title(a)} refers to {what}",
        f"{code(a.meta.name)} of driver {plain(a.attacher)} was made {ago(a.meta.created, see.now)}.{blocked}",
        (fix,),
        a.meta.created,
        tuple(f"Pod {p.meta.title}" for p in pods),
        _claims(a, see),
        (a.volume_name,),
    )


@rule(
    "AT-05",
    Severity.MEDIUM,
    "Attachment is stale: no pod on the node uses the volume",
    on="VolumeAttachment",
    needs=(NODE, VOLUME, CLAIM, POD, *TEMPLATES),
    fix="Look why the node does not let go; other nodes cannot have the volume.",
)
def stale(a: Attachment, see: Inventory, limits: Limits) -> Hit | None:
    """A volume that stays attached where nothing uses it cannot be attached to the node where it is needed."""
    volume = see.volume.get(a.volume_name)
    node = see.node.get(a.node)
    if volume is None or node is None or not node.ready or not a.attached or a.meta.deleted:
        return None
    idle = _idle(a, volume, see, timedelta(minutes=limits.detach_minutes))
    if not idle:
        return None
    pods = _waiting(a, see)
    return Hit(
        f"{_title(a)} is stale: no pod there uses it",
        f"{idle} {code(a.meta.name)} was made {ago(a.meta.created, see.now)} by {plain(a.attacher)}.",
        (
            Fix("look at the driver's node plugin there: is the volume still mounted?",
                f"kubectl describe volumeattachment {quoted(a.meta.name)}"),
            _delete(a, "when nothing on the node has it mounted, remove the attachment"),
        ),
        None,
        tuple(f"Pod {p.meta.title}" for p in pods),
        _claims(a, see),
        (volume.meta.name,),
    )  # fmt: skip


def _idle(a: Attachment, volume: Volume, see: Inventory, limit: timedelta) -> str:
    """Say how it is known that nothing on the node has used the volume for a while; "" when it is not."""
    ref = volume.claim_ref
    if ref is None or a.meta.created is None or see.now - a.meta.created < limit:
        return ""
    claim = see.claim_of(volume)
    if claim is None:
        longer = volume.phase == "Released" and volume.phase_since and see.now - volume.phase_since >= limit
        known = see.scope in {WHOLE, f"namespace {ref.namespace}"}
        return f"Its claim {ref.namespace}/{ref.name} is gone." if longer and known else ""
    if see.scope not in {WHOLE, f"namespace {ref.namespace}"}:
        return ""  # its pods may not have been seen
    return _no_user(a, claim, see, limit)


def _no_user(a: Attachment, claim: Claim, see: Inventory, limit: timedelta) -> str:
    pods = see.pods_of.get(claim.meta.key, ())
    if any(p.node == a.node and alive(p) for p in pods):
        return ""
    waits = [p for p in pods if p.phase == "Pending" and p.node and p.started and see.now - p.started >= limit]
    if waits:
        return f"{waits[0].meta.title} waits for it on node {waits[0].node} since {ago(waits[0].started, see.now)}."
    unused = next((c.since for c in claim.conditions if c.type == "Unused" and c.since), None)
    if unused and not pods:
        return f"Claim {claim.meta.title} is unused since {ago(unused, see.now)}." if see.now - unused >= limit else ""
    if pods or see.workloads_of.get(claim.meta.key) or claim.meta.name.rpartition("-")[2].isdigit():
        return ""  # between two pods, for all we know
    return f"No pod and no workload uses claim {claim.meta.title}."


@rule(
    "AT-06",
    Severity.HIGH,
    "Attaching or detaching fails",
    on="VolumeAttachment",
    needs=(NODE, VOLUME),
    fix="Repair what the driver says; it tries again by itself.",
)
def failing(a: Attachment, see: Inventory, limits: Limits) -> Hit | None:
    """The driver's own words stand here only; the pod's events repeat them late or not at all."""
    if a.volume_name and a.volume_name not in see.volume:
        return None  # AT-04, or of another namespace
    if see.nodes and a.node not in see.node:
        return None  # AT-04
    leaving = bool(a.detach_error) and a.meta.deleted is not None
    if not leaving and not attach_failed(a, see, limits):
        return None
    if leaving and a.meta.deleted and see.now - a.meta.deleted < timedelta(minutes=limits.attach_minutes):
        return None
    said = a.detach_error if leaving else a.attach_error
    low = f"{said} {_GRPC.get(a.error_code or 0, '')}".lower()
    cause, todo = next(
        ((cause, todo) for texts, cause, todo in _CAUSES if any(t in low for t in texts)),
        ("the driver says why", "read the message; the driver tries again by itself"),
    )
    pods = _waiting(a, see)
    since = a.meta.deleted if leaving else a.meta.created
    blocked = f" Waiting for it: {listing([p.meta.title for p in pods], 3)}." if pods else ""
    return Hit(
        f"{_title(a)} cannot be {'undone' if leaving else 'made'}: {cause}",
        f"{plain(a.attacher)} says since {ago(since, see.now)}: {cited(said, 220)}.{blocked}",
        (Fix(todo, f"kubectl describe volumeattachment {quoted(a.meta.name)}"),),
        since,
        tuple(f"Pod {p.meta.title}" for p in pods),
        _claims(a, see),
        (a.volume_name,),
    )


@rule(
    "AT-07",
    Severity.HIGH,
    "Attachment is being removed and nobody does it",
    on="VolumeAttachment",
    needs=(NODE, VOLUME),
    fix="Bring the driver's controller back; never strip the finalizer first.",
)
def removal_stuck(a: Attachment, see: Inventory, limits: Limits) -> Hit | None:
    """Only the driver's attacher detaches and then lets the object go; while it is down the disk moves nowhere."""
    held = [f for f in a.meta.finalizers if f.startswith(_FINALIZER)]
    if a.meta.deleted is None or not held or a.detach_error:
        return None
    node = see.node.get(a.node)
    if see.now - a.meta.deleted < timedelta(minutes=limits.detach_minutes) or node is None:
        return None  # on its way, or AT-04
    if not node.ready or (a.volume_name and a.volume_name not in see.volume):
        return None  # AT-08 or AT-04
    pods = _waiting(a, see)
    blocked = f" Waiting for it: {listing([p.meta.title for p in pods], 3)}." if pods else ""
    return Hit(
        f"{_title(a)} should go, but driver {plain(a.attacher)} does not detach it",
        f"Deleted {ago(a.meta.deleted, see.now)}, held by {code(held[0])}; no error is said: its controller is "
        f"probably down.{blocked}",
        (
            Fix("bring the driver's controller (external-attacher) back; leave the finalizer alone",
                f"kubectl describe volumeattachment {quoted(a.meta.name)}"),
        ),
        a.meta.deleted,
        tuple(f"Pod {p.meta.title}" for p in pods),
        _claims(a, see),
        (a.volume_name,),
    )  # fmt: skip


RULES = (attached_to_nothing, stale, failing, removal_stuck)
