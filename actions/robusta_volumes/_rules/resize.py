"""Claims that were asked to grow and did not."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import EVENT, POD
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import GIB, as_quantity, gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, listing, quoted
from robusta_volumes._model.times import ago, span
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.binding import users
from robusta_volumes._rules.commands import patch_claim
from robusta_volumes._rules.growth import COOL_DOWN, OFFLINE, ON_NODE, controller_refusal, growing, newest, node_refusal
from robusta_volumes._rules.rule import Fix, Hit, rule


def _sizes(claim: Claim) -> str:
    return f"It has {gib(claim.capacity)} of the requested {gib(claim.requested)}."


def _describe(claim: Claim) -> str:
    return f"kubectl -n {quoted(claim.meta.namespace)} describe pvc {quoted(claim.meta.name)}"


@rule(
    "RS-01",
    Severity.HIGH,
    "Nobody answers the request to grow",
    on="PersistentVolumeClaim",
    needs=(EVENT,),
    fix="Run the driver's resizer (the external-resizer beside its controller).",
)
def nobody_grows(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """Kubernetes hands the growth to the driver's resizer and says nothing more; without one it waits for ever."""
    if not growing(claim) or claim.conditions or claim.resize_status:
        return None
    if controller_refusal(claim, see, limits) or node_refusal(claim, see, limits):
        return None
    asked = newest(claim, see, limits, "ExternalExpanding")
    since = claim.asked_at or (asked.last if asked else None)
    if since is None or see.now - since < timedelta(minutes=limits.resize_start_minutes):
        return None
    volume = see.volume_of(claim)
    driver = f" {code(volume.driver)}" if volume else ""
    return Hit(
        f"was asked to grow to {gib(claim.requested)}, and nothing has happened for {span(see.now - since)}",
        f"{_sizes(claim)} Asked {ago(since, see.now)}; the driver{driver} has begun nothing and refused nothing.",
        (Fix(f"see whether the controller of the driver{driver} runs with an external-resizer", _describe(claim)),),
        since,
        size=claim.requested,
    )


@rule(
    "RS-02",
    Severity.MEDIUM,
    "Growing takes long",
    on="PersistentVolumeClaim",
    needs=(EVENT,),
    fix="Look at the driver's controller and at the backend.",
)
def grows_slowly(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """A backend that neither grows nor refuses is often stuck; the claim keeps its old size meanwhile."""
    condition = next((c for c in claim.conditions if c.type == "Resizing"), None)
    begun = condition is not None or claim.resize_status == "ControllerResizeInProgress"
    if not growing(claim) or not begun or claim.resize_status.startswith("Node"):
        return None
    if any(c.type in ON_NODE for c in claim.conditions):
        return None
    if controller_refusal(claim, see, limits) or node_refusal(claim, see, limits):
        return None
    since = (condition.since if condition else None) or claim.asked_at
    if since is None or see.now - since <= timedelta(minutes=limits.slow_resize_minutes):
        return None
    events = see.events_of("PersistentVolumeClaim", *claim.meta.key, claim.meta.uid)
    said = f" Last event: {cited(events[0].message, 200)}." if events else " It has no events (kept for an hour)."
    return Hit(
        f"grows to {gib(claim.requested)} for {span(see.now - since)} already",
        f"{_sizes(claim)} Begun {ago(since, see.now)}.{said}",
        (Fix("look at the driver's controller and at the backend", _describe(claim)),),
        since,
        size=claim.requested,
    )


@rule(
    "RS-04",
    Severity.HIGH,
    "Backend refuses to grow the volume",
    on="PersistentVolumeClaim",
    needs=(EVENT,),
    fix="Repair the cause, or ask for less (but for more than it has).",
)
def backend_refuses(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """The claim asks for a size that it cannot get: it keeps the old one, and the resizer tries again for ever."""
    found = controller_refusal(claim, see, limits)
    if found is None or OFFLINE.search(found[0]) or COOL_DOWN.search(found[0]):
        return None
    said, since = found
    least = claim.capacity or 0
    less = least + GIB if least + GIB < (claim.requested or 0) else least + 1
    return Hit(
        f"cannot grow to {gib(claim.requested)}: the backend refuses",
        f"{_sizes(claim)} {cited(said, 240)}",
        (
            Fix("repair what it names; the resizer tries again by itself", _describe(claim)),
            Fix(
                f"or ask for less, but for more than {gib(claim.capacity)} (Kubernetes 1.34 or newer), for example",
                patch_claim(claim, {"spec": {"resources": {"requests": {"storage": as_quantity(less)}}}}),
            ),
        ),
        since,
        size=claim.requested,
    )


@rule(
    "RS-05",
    Severity.HIGH,
    "Node cannot grow the filesystem",
    on="PersistentVolumeClaim",
    needs=(EVENT, POD),
    fix="Check the filesystem, and read the driver's log on that node.",
)
def node_refuses(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """The disk is larger already and paid, but the filesystem is not; a damaged filesystem is a usual cause."""
    found = node_refusal(claim, see, limits)
    if found is None:
        return None
    said, since = found
    nodes = sorted({p.node for p in users(claim, see) if p.node})
    where = f"node {listing(nodes, 2)}" if nodes else "the node that mounted it last"
    return Hit(
        f"has grown on disk only: {where} cannot grow the filesystem",
        f"{_sizes(claim)} {cited(said, 240)}",
        (
            Fix(f"read the driver's log on {where}; check the filesystem while no pod mounts it", _describe(claim)),
            Fix("take a snapshot or a backup before a repair of the filesystem"),
        ),
        since,
        tuple(f"Pod {p.meta.title}" for p in users(claim, see)),
        size=claim.requested,
    )


@rule(
    "RS-06",
    Severity.MEDIUM,
    "Driver grows only volumes that nobody uses",
    on="PersistentVolumeClaim",
    needs=(EVENT, POD),
    fix="Stop what uses it, wait until it has grown, start it again.",
)
def offline_only(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """Such a driver refuses as long as a pod has the volume: the growth waits for the next downtime."""
    found = controller_refusal(claim, see, limits)
    if found is None or not OFFLINE.search(found[0]):
        return None
    pods = users(claim, see)
    owners = [w for w in see.workloads_of.get(claim.meta.key, ()) if w.kind == "Deployment"]
    targets = [f"deployment/{w.meta.name}" for w in owners]
    targets += sorted(
        {f"statefulset/{p.meta.owner[1]}" for p in pods if p.meta.owner and p.meta.owner[0] == "StatefulSet"}
    )
    scale = f"kubectl -n {quoted(claim.meta.namespace)} scale {quoted(targets[0])} --replicas=0" if targets else ""
    return Hit(
        f"grows to {gib(claim.requested)} only while nobody uses it",
        f"{_sizes(claim)} In use by {listing([p.meta.name for p in pods], 3) or 'no pod (still attached?)'}. "
        f"{cited(found[0], 200)}",
        (
            Fix("in a maintenance window, stop what uses it (this interrupts it)", scale or _describe(claim)),
            Fix("wait until the claim shows the new size or FileSystemResizePending, then start it again"),
        ),
        found[1],
        tuple(f"Pod {p.meta.title}" for p in pods),
        size=claim.requested,
    )


@rule(
    "RS-07",
    Severity.MEDIUM,
    "Provider allows the next growth only later",
    on="PersistentVolumeClaim",
    needs=(EVENT,),
    fix="Wait: the resizer tries again by itself.",
)
def cool_down(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """Some providers change a disk only every few hours (AWS EBS about six): until then the old size has to do."""
    found = controller_refusal(claim, see, limits)
    if found is None or not COOL_DOWN.search(found[0]) or OFFLINE.search(found[0]):
        return None
    volume = see.volume_of(claim)
    length = "about six hours after its last change" if volume and "ebs" in volume.driver else "after a few hours"
    return Hit(
        f"has to wait before it can grow to {gib(claim.requested)}",
        f"{_sizes(claim)} The provider allows the next change {length}. {cited(found[0], 200)}",
        (Fix("wait; the resizer tries again by itself. See then", _describe(claim)), Fix("grow in larger steps")),
        found[1],
        size=claim.requested,
    )


RULES = (nobody_grows, grows_slowly, backend_refuses, node_refuses, offline_only, cool_down)
