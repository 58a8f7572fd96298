"""Where a volume lies: its size, its backend, its nodes."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, NODE, POD
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, listing, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Node, Volume
from robusta_volumes._rules.commands import patch_volume
from robusta_volumes._rules.rule import Fix, Hit, rule

_BY_MACHINE = "pv.kubernetes.io/provisioned-by"
_HOSTNAME = "kubernetes.io/hostname"
_ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
# Backends that are told apart by what `Volume.backend` says of them; of the others it names the plugin only.
_TOLD_APART = {
    "awsElasticBlockStore",
    "azureDisk",
    "cinder",
    "csi",
    "gcePersistentDisk",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "portworxVolume",
    "vsphereVolume",
}
_FILES = ("nfs", "efs", "fsx", "smb", "file", "cephfs", "s3", "gcs", "blob", "juicefs", "lustre", "gluster")
_SHARED_MODES = {"ReadWriteMany", "ReadOnlyMany"}


@rule(
    "PV-08",
    Severity.LOW,
    "Volume and claim differ in size",
    on="PersistentVolume",
    needs=(CLAIM,),
    fix="Bind a volume of the right size; repair the recorded capacity where it is less than the claim's.",
)
def sizes_differ(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:
    """A claim takes a static volume whole, however little it asks; a volume smaller than its claim was never grown."""
    claim = see.claim_of(volume)
    if volume.phase != "Bound" or claim is None or volume.capacity is None or claim.meta.deleted:
        return None
    if claim.capacity is not None and volume.capacity < claim.capacity:
        return Hit(
            f"records {gib(volume.capacity)}, but its claim {claim.meta.title} is told {gib(claim.capacity)}",
            "An expansion was recorded on one of the two only: later expansions and quotas count wrongly.",
            (
                Fix(
                    "see which size the backend really has, then record it",
                    f"kubectl describe pv {quoted(volume.meta.name)}",
                ),
            ),
            claims=(claim.meta.key,),
            size=claim.capacity - volume.capacity,
            severity=Severity.HIGH,
        )
    asked = claim.requested
    if _BY_MACHINE in volume.meta.annotations or not asked or volume.capacity < asked * limits.oversize_factor:
        return None
    return Hit(
        f"has {gib(volume.capacity)}, its claim {claim.meta.title} asks {gib(asked)}",
        f"The claim took a volume of {volume.capacity // asked} times its request; nobody else can use the rest.",
        (Fix("create a volume of the size that is needed, copy the data, and free this one for a larger claim"),),
        claims=(claim.meta.key,),
        size=volume.capacity - asked,
    )


def _hosts(volume: Volume) -> frozenset[str]:
    terms = (r for term in volume.node_affinity for r in term)
    return frozenset(value for r in terms if r.key == _HOSTNAME and r.operator == "In" for value in r.values)


def _same_place(one: Volume, other: Volume, nodes: int) -> bool:
    if one.source != other.source:
        return False
    if one.source not in {"local", "hostPath"}:
        return True
    ours, theirs = _hosts(one), _hosts(other)
    return bool(ours & theirs) if ours and theirs else nodes <= 1  # a path says nothing without its node


def _made_to_share(volume: Volume) -> bool:
    files = volume.source == "nfs" or (volume.source == "csi" and any(word in volume.driver for word in _FILES))
    return files or (bool(volume.modes) and set(volume.modes) <= _SHARED_MODES)


def on_one_backend(volume: Volume, see: Inventory) -> list[Volume]:
    """List the volumes that lie where this one lies, itself among them, by name; [] when its place cannot be told."""
    if volume.source not in _TOLD_APART or "None" in volume.backend.split():
        return []  # an object without handle, server or path names no backend
    found = see.by_class.on_backend.get(volume.backend, ())
    same = [v for v in found if v.meta.name == volume.meta.name or _same_place(volume, v, len(see.nodes))]
    return sorted(same, key=lambda v: v.meta.name)


@rule(
    "PV-09",
    Severity.CRITICAL,
    "Two volumes lie on one backend",
    on="PersistentVolume",
    needs=(NODE,),
    fix="Keep one of them: set Retain on both, delete the surplus object, leave the backend alone.",
)
def shared_backend(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Two nodes that mount one disk destroy its filesystem, and deleting one volume deletes the other's data."""
    same = on_one_backend(volume, see)
    others = [v for v in same if v is not volume]
    if not others or same[0] is not volume:
        return None  # said once, of the first
    bound = [v for v in same if v.phase == "Bound"]
    severity = Severity.CRITICAL if len(bound) > 1 else Severity.HIGH
    if all(_made_to_share(v) for v in same):
        severity = Severity.INFO
    names = listing([v.meta.name for v in others], 3)
    doomed = [v for v in same if v.reclaim_policy == "Delete"]
    risk = (
        "It is made to be shared; each of them shows and deletes the same files."
        if severity is Severity.INFO
        else "Two writers destroy the filesystem."
    )
    return Hit(
        f"and {names} lie on the same backend",
        f"{code(volume.backend)}: {listing([f'{v.meta.name} ({v.phase}, {v.reclaim_policy})' for v in same], 4)}. {risk}",
        (
            *(
                Fix(
                    f"deleting {v.meta.name} would delete the data of all: set Retain",
                    patch_volume(v.meta.name, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}),
                )
                for v in doomed[:2]
            ),
            Fix("then keep one volume for one workload, and delete the surplus objects, not the backend"),
        ),
        claims=tuple(v.claim_ref.key for v in same if v.claim_ref),
        volumes=tuple(v.meta.name for v in others),
        size=volume.capacity,
        severity=severity,
    )


def _reachable(volume: Volume, see: Inventory) -> list[Node]:
    return [n for n in see.nodes if any(all(r.holds(n.meta.labels) for r in term) for term in volume.node_affinity)]


@rule(
    "PV-12",
    Severity.HIGH,
    "No usable node reaches the volume",
    on="PersistentVolume",
    needs=(NODE, POD),
    fix="Uncordon or repair a node in the volume's zone, or add one.",
)
def no_usable_node(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A volume can be used in its zone only; when all nodes there are cordoned or down, its pods start nowhere."""
    if volume.phase != "Bound" or not volume.node_affinity:
        return None
    nodes = _reachable(volume, see)
    if not nodes or any(n.ready and n.schedulable for n in nodes):
        return None
    waiting = [p for key in _claims(volume) for p in see.pods_of.get(key, ()) if not p.node and p.phase == "Pending"]
    if not waiting and any(n.ready for n in nodes):
        return None  # cordoned for maintenance, and nobody waits
    values = sorted({v for term in volume.node_affinity for r in term if r.key in _ZONES for v in r.values})
    where = f"in zone {listing(values, 2)}" if values else f"among {listing([n.meta.name for n in nodes], 3)}"
    states = [f"{n.meta.name} ({'cordoned' if n.ready else 'not ready'})" for n in nodes]
    cordoned = [n.meta.name for n in nodes if n.ready]
    return Hit(
        f"can be used by no node {where}: {gib(volume.capacity)} cannot be reached",
        f"Nodes that reach it: {listing(states, 4)}. Waiting: {listing([p.meta.title for p in waiting], 3) or 'no pod'}.",
        (
            *(Fix(f"let pods run on {name} again", f"kubectl uncordon {quoted(name)}") for name in cordoned[:1]),
            Fix("or repair a node there, or add one in the same zone"),
        ),
        None,
        tuple(f"Pod {p.meta.title}" for p in waiting),
        _claims(volume),
        size=volume.capacity,
    )


def _claims(volume: Volume) -> tuple[tuple[str, str], ...]:
    return (volume.claim_ref.key,) if volume.claim_ref else ()


@rule(
    "PV-13",
    Severity.HIGH,
    "hostPath volume in a cluster of several nodes",
    on="PersistentVolume",
    needs=(NODE,),
    fix="Pin it to its node (a local volume), or move the data to a CSI volume.",
)
def host_path_anywhere(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The pod finds whatever lies at that path on the node where it lands: after a move, an empty folder."""
    if volume.source != "hostPath" or volume.node_affinity or len(see.nodes) <= 1 or volume.phase != "Bound":
        return None
    holders = sorted({p.node for key in _claims(volume) for p in see.pods_of.get(key, ()) if p.node})
    at = f" Used now on {listing(holders, 3)}." if holders else ""
    return Hit(
        f"is a folder of whichever of {len(see.nodes)} nodes its pod runs on",
        f"{code(volume.backend)} has no node affinity, no size limit and no metrics.{at} "
        f"Made {ago(volume.meta.created, see.now)}.",
        (Fix("create a local volume with node affinity on the node that has the data, or copy it to a CSI volume"),),
        claims=_claims(volume),
        size=volume.capacity,
    )


RULES = (sizes_differ, shared_backend, no_usable_node, host_path_anywhere)
