"""Who uses what, where: the joins that the rules about attaching and mounting share."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.volume import Claim, Event, Node, Pod, Volume

WHOLE = "the whole cluster"
_ENDED = {"Succeeded", "Failed"}
_NODE_KEYS = ("kubernetes.io/hostname", "topology.topolvm.io/node", "topology.topolvm.cybozu.com/node",
              "openebs.io/nodename", "kubernetes.azure.com/hostname")  # fmt: skip


def about_cluster(see: Inventory) -> bool:
    """Tell whether the look is at a cluster, not at one namespace or one volume of it."""
    return not see.scope.startswith(("namespace ", "volume "))


def alive(pod: Pod) -> bool:
    """Tell whether a pod has not ended: an ended one lets go of its volumes, though not of its claims."""
    return pod.phase not in _ENDED


def stuck(pod: Pod) -> bool:
    """Tell whether a pod has a node but its containers do not start."""
    return bool(pod.node) and not pod.ready and pod.phase == "Pending" and not pod.meta.deleted


def pairs_of(pod: Pod, see: Inventory) -> tuple[tuple[Claim, Volume], ...]:
    """List the claims of a pod with their volumes, where both were seen."""
    claims = (c for name in pod.claims if (c := see.claim.get((pod.meta.namespace, name))))
    return tuple((c, v) for c in claims if (v := see.volume_of(c)))


def fresh_events(pod: Pod, reasons: set[str], see: Inventory, limits: Limits) -> tuple[Event, ...]:
    """List a pod's events of these reasons that are not history, newest first."""
    found = see.events_of("Pod", *pod.meta.key, pod.meta.uid)
    if not found:
        return ()
    recent = timedelta(minutes=limits.recent_event_minutes)
    return tuple(e for e in found if e.reason in reasons and e.last and see.now - e.last <= recent)


def owner_of(pod: Pod) -> tuple[str, str] | None:
    """Give (kind, name) of what runs the pod: of a ReplicaSet its Deployment, of a scheduled Job its CronJob."""
    if pod.meta.owner is None:
        return None
    kind, name = pod.meta.owner
    head, _, tail = name.rpartition("-")
    if kind == "ReplicaSet" and head and tail == pod.meta.labels.get("pod-template-hash", tail):
        return "Deployment", head
    if kind == "Job" and head and tail.isdigit():
        return "CronJob", head
    return kind, name


def one_node_only(modes: tuple[str, ...]) -> bool:
    """Tell whether access modes allow a single node."""
    return bool(modes) and set(modes) <= {"ReadWriteOnce", "ReadWriteOncePod"}


def reaches(node: Node, volume: Volume) -> bool:
    """Tell whether a volume can be used on a node, by the node's labels."""
    terms = volume.node_affinity
    return not terms or any(all(r.holds(node.meta.labels) for r in term) for term in terms)


def possible_nodes(volume: Volume, see: Inventory) -> tuple[str, ...]:
    """List the nodes that can reach a volume; all of them where it does not say."""
    return tuple(n.meta.name for n in see.nodes if reaches(n, volume))


def attaches(volume: Volume, see: Inventory) -> bool:
    """Tell whether a volume is attached to a node before use, so that a second node is refused."""
    if volume.source != "csi":
        return volume.source in {"awsElasticBlockStore", "gcePersistentDisk", "azureDisk", "cinder", "vsphereVolume"}
    driver = see.driver.get(volume.driver)
    return driver is not None and driver.attaches


def only_node(volume: Volume) -> str:
    """Name the one node that a volume can be used on; "" when there are others, or when it does not say."""
    if len(volume.node_affinity) != 1:
        return ""
    pinned = [r for r in volume.node_affinity[0] if r.key in _NODE_KEYS and r.operator == "In" and len(r.values) == 1]
    return pinned[0].values[0] if pinned else ""
