"""What is wrong with a node, as far as volumes go: it is dead, it is full, a driver is not there."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import ATTACHMENT, CLAIM, CSI_NODE, POD, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import CsiNode, Node, Pod
from robusta_volumes._rules.joins import WHOLE, pairs_of, reaches, stuck
from robusta_volumes._rules.rule import Fix, Hit, rule

_OUT = "node.kubernetes.io/out-of-service"
_FULL = "exceed max volume count"
_REFUSED = "VolumeAttachmentLimitExceeded"
_OS = "kubernetes.io/os"
_TWO_THIRDS = 2 / 3


def _named(pods: tuple[Pod, ...]) -> tuple[str, ...]:
    return tuple(f"Pod {p.meta.title}" for p in pods)


def _keys(pods: tuple[Pod, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((p.meta.namespace, name) for p in pods for name in p.claims))


@rule(
    "AT-08",
    Severity.HIGH,
    "Volumes are pinned to a dead node",
    on="Node",
    needs=(POD, CLAIM, ATTACHMENT),
    fix="Bring the node back, or, when it is powered off for good, taint it out of service.",
)
def dead_node(node: Node, see: Inventory, limits: Limits) -> Hit | None:
    """Pods of a silent node stay Terminating and keep their disks: nobody knows whether the node still writes."""
    down = see.now - node.changed if node.changed else None
    if node.ready or down is None or down < timedelta(minutes=limits.node_down_minutes) or _OUT in node.taints:
        return None
    held = {a.volume_name for a in see.attachments_on.get(node.meta.name, ())}
    ending = tuple(
        p
        for p in see.pods_on.get(node.meta.name, ())
        if p.meta.deleted
        and any(c.volume_name in held for n in p.claims if (c := see.claim.get((p.meta.namespace, n))))
    )
    if not ending:
        return None
    taint = f"{_OUT}=nodeshutdown:NoExecute"
    return Hit(
        f"is down and keeps {count(len(held), 'volume')} from other nodes",
        f"Not ready since {ago(node.changed, see.now)}. Terminating there: "
        f"{listing([p.meta.title for p in ending], 3)}.",
        (
            Fix("bring the node back: its pods then end and let go"),
            Fix(
                "or, only when it is powered off for certain (a node that still writes breaks the data): let Kubernetes "
                "detach its volumes; remove the taint when it is back",
                f"kubectl taint nodes {quoted(node.meta.name)} {taint}",
                destroys=True,
            ),
        ),
        node.changed,
        _named(ending),
        _keys(ending),
        tuple(sorted(held)),
    )


def _refused(node: CsiNode, driver: str, see: Inventory, limits: Limits) -> tuple[Pod, ...]:
    """List the pods that this node's limit keeps from starting; those that fit nowhere count for the fullest node."""
    recent = timedelta(minutes=limits.recent_event_minutes)
    mine = tuple(
        p
        for p in see.pods_on.get(node.meta.name, ())
        if p.reason == _REFUSED and p.meta.created and see.now - p.meta.created <= recent and _is_of(p, driver, see)
    )
    if see.fills[driver][0][1] != node.meta.name:
        return mine
    return mine + tuple(p for p in see.pods_unplaced if _FULL in p.waiting and _is_of(p, driver, see))


def _is_of(pod: Pod, driver: str, see: Inventory) -> bool:
    claims = (c for name in pod.claims if (c := see.claim.get((pod.meta.namespace, name))))
    classes = (see.storage_class.get(c.class_name or "") for c in claims if not c.volume_name)
    return any(v.driver == driver for _, v in pairs_of(pod, see)) or any(c and c.provisioner == driver for c in classes)


@rule(
    "AT-09",
    Severity.HIGH,
    "Node is at its limit of attached volumes",
    on="CSINode",
    needs=(POD, CLAIM, VOLUME, ATTACHMENT),
    fix="Add a node, or spread pods with volumes; the limit is the machine's.",
)
def at_the_limit(node: CsiNode, see: Inventory, limits: Limits) -> Hit | None:
    """Each machine takes a fixed number of disks; further pods with volumes stay Pending, whatever CPU is free."""
    for driver, most in node.drivers.items():
        if most is None:
            continue
        used = len(see.used_slots.get((node.meta.name, driver), ()))
        pods = _refused(node, driver, see, limits)
        near = used * 100 >= most * limits.attach_percent and used > 0
        if not pods and not (near and see.scope == WHOLE):
            continue
        free = [name for fill, name in reversed(see.fills[driver]) if fill < 1 and name != node.meta.name]
        place = f"Free slots on: {listing(free, 3)}." if free else "No other node has a free slot."
        waits = f" Refused: {listing([p.meta.title for p in pods], 3)}." if pods else ""
        return Hit(
            f"holds {used} of {count(most, 'volume')} that {plain(driver)} can attach"
            + (f": {count(len(pods), 'pod')} cannot start" if pods else ""),
            f"{place}{waits}",
            (Fix("add a node, or move pods with volumes to nodes with free slots"),),
            None,
            _named(pods),
            _keys(pods),
            severity=Severity.HIGH if pods else Severity.MEDIUM,
        )
    return None


def missing_drivers(pod: Pod, see: Inventory, limits: Limits) -> tuple[str, ...]:
    """Name the drivers that a stuck pod waits for because they are not registered on its node."""
    node = see.node.get(pod.node)
    if not stuck(pod) or not see.csi_nodes or (node and not node.ready):
        return ()
    if pod.started is None or see.now - pod.started < timedelta(minutes=limits.attach_minutes):
        return ()
    here = see.csi_node.get(pod.node)
    registered = here.drivers if here else {}
    return tuple({v.driver: 0 for _, v in pairs_of(pod, see) if v.source == "csi" and v.driver not in registered})


@rule(
    "AT-10",
    Severity.HIGH,
    "CSI driver does not run on a node whose pods need it",
    on="Node",
    needs=(POD, CLAIM, VOLUME, CSI_NODE),
    fix="Repair the driver's node plugin there: a DaemonSet pod that is missing or crashes.",
)
def driver_not_here(node: Node, see: Inventory, limits: Limits) -> Hit | None:
    """The kubelet hands each mount to the driver's pod on the same node; without it no volume of the driver works."""
    waits = [(p, missing) for p in see.pods_on.get(node.meta.name, ()) if (missing := missing_drivers(p, see, limits))]
    if not waits:
        return None
    drivers = sorted({driver for _, missing in waits for driver in missing})
    pods = tuple(p for p, _ in waits)
    with_it = sorted(see.nodes_with.get(drivers[0], frozenset()))
    where = f"It runs on {listing(with_it, 3)}." if with_it else "It runs on no node."
    return Hit(
        f"has no driver {plain(drivers[0])}: {count(len(pods), 'pod')} cannot start",
        f"{where} Waiting here: {listing([p.meta.title for p in pods], 3)}.",
        (
            Fix(
                "look at the driver's node plugin there: does its DaemonSet have a pod on the node, and does it run?",
                f"kubectl get pods -A -o wide --field-selector {quoted('spec.nodeName=' + node.meta.name)}",
            ),
        ),
        min((p.started for p in pods if p.started), default=None),
        _named(pods),
        _keys(pods),
    )


@rule(
    "AT-18",
    Severity.MEDIUM,
    "CSI driver runs on most nodes but not on this one",
    on="Node",
    needs=(CSI_NODE, VOLUME, POD, CLAIM),
    fix="Give the driver's DaemonSet the toleration or selector for this node, or repair its pod there.",
)
def driver_on_part(node: Node, see: Inventory, limits: Limits) -> Hit | None:
    """The scheduler may put a pod here whose volume can never be mounted: it then stays in ContainerCreating."""
    new = node.meta.created is None or see.now - node.meta.created < timedelta(minutes=limits.new_node_minutes)
    if not node.ready or not node.schedulable or node.taints or new:
        return None
    here = see.csi_node.get(node.meta.name)
    lacking = [name for name in sorted(see.nodes_with) if not here or name not in here.drivers]
    lacking = [name for name in lacking if _mostly(name, node, see) and _needed(name, node, see)]
    if not lacking or driver_not_here.check(node, see, limits):
        return None
    others = len(see.nodes_with[lacking[0]])
    return Hit(
        f"has no driver {plain(lacking[0])}, which {count(others, 'node')} have",
        f"Nothing keeps a pod with such a volume from this node; it would not start. Missing: {listing(lacking, 3)}.",
        (
            Fix(
                "look whether the driver's DaemonSet leaves the node out, or its pod there fails",
                f"kubectl get pods -A -o wide --field-selector {quoted('spec.nodeName=' + node.meta.name)}",
            ),
        ),
    )


def _mostly(driver: str, node: Node, see: Inventory) -> bool:
    """Tell whether most nodes of the same kind have a driver: one for a few nodes is meant to be on those alone."""
    like = [n for n in see.nodes if n.ready and not n.taints and n.meta.labels.get(_OS) == node.meta.labels.get(_OS)]
    has = see.nodes_with[driver]
    return sum(n.meta.name in has for n in like) >= len(like) * _TWO_THIRDS


def _needed(driver: str, node: Node, see: Inventory) -> bool:
    """Tell whether there is a volume of the driver that this node could be asked to mount."""
    return any(reaches(node, v) for v in see.volumes if (v.source, v.driver) == ("csi", driver))


RULES = (dead_node, at_the_limit, driver_not_here, driver_on_part)
