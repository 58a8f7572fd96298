"""What the objects around a Pending claim already tell, so that each claim is given one cause: the best."""

import re
from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, NODE, SNAPSHOT
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.text import cited, nearest, plain
from robusta_volumes._model.volume import Claim, Event, StorageClass

_MANY = 1000  # a claim that old was tried often, whatever events are left
NO_PROVISIONER = "kubernetes.io/no-provisioner"
_STALE = re.compile(r'storageclass\S* "[^"]*" not found|no volume plugin matched')
_NOT_GRANTED = re.compile(r"isn't allowed|not allowed|ReferenceGrant")
# One writer at a time: a disk cannot be mounted as a filesystem by two nodes. Drivers that can do both are not here.
_BLOCK_DRIVERS = (
    "ebs.csi.aws.com",
    "kubernetes.io/aws-ebs",
    "pd.csi.storage.gke.io",
    "kubernetes.io/gce-pd",
    "disk.csi.azure.com",
    "kubernetes.io/azure-disk",
    "cinder.csi.openstack.org",
    "kubernetes.io/cinder",
    "rbd.csi.ceph.com",  # Rook puts its namespace before it
    "dobs.csi.digitalocean.com",
    "csi.hetzner.cloud",
    "linodebs.csi.linode.com",
    "topolvm.io",
    "topolvm.cybozu.com",
    "local.csi.openebs.io",
    "zfs.csi.openebs.io",
    "rancher.io/local-path",
)


def refusal(claim: Claim, see: Inventory, limits: Limits) -> Event | None:
    """Find what the provisioner said last, when it answered of late; events of the time before the class are stale."""
    recent = timedelta(minutes=limits.provisioning_retry_minutes)
    for event in see.events_of("PersistentVolumeClaim", *claim.meta.key, claim.meta.uid):
        if event.reason == "ProvisioningFailed" and not _STALE.search(event.message):
            when = event.last or event.first
            return event if when is None or see.now - when <= recent else None
    return None


def tries(claim: Claim, see: Inventory, limits: Limits) -> int:
    """Count how often the provisioner failed; every message that differs from the last is an event of its own."""
    if claim.meta.created and see.now - claim.meta.created >= timedelta(minutes=limits.provisioning_minutes):
        return _MANY
    events = see.events_of("PersistentVolumeClaim", *claim.meta.key, claim.meta.uid)
    return sum(e.count for e in events if e.reason == "ProvisioningFailed" and not _STALE.search(e.message))


def awaited_class(claim: Claim, see: Inventory, limits: Limits) -> StorageClass | None:
    """Give the class that is to provision, unless an object itself shows why that cannot work."""
    chosen = see.storage_class.get(claim.class_name or "")
    if chosen is None:
        return None
    modes, node = wrong_modes(claim, chosen), lost_node(claim, see)
    return None if selects(claim, chosen, see) or modes or node or bad_source(claim, see, limits) else chosen


def selects(claim: Claim, chosen: StorageClass, see: Inventory) -> bool:
    """Tell whether a claim has a selector, so that no provisioner serves it, and no free volume could."""
    free = see.free_of_class.get(claim.class_name or "", ())
    return bool(claim.selector) and chosen.provisioner != NO_PROVISIONER and not free


def wrong_modes(claim: Claim, chosen: StorageClass) -> tuple[str, ...]:
    """List the access modes that the driver of the class cannot give to a filesystem."""
    if claim.volume_mode != "Filesystem" or not chosen.provisioner.endswith(_BLOCK_DRIVERS):
        return ()
    many = {"ReadWriteMany"} if claim.source else {"ReadWriteMany", "ReadOnlyMany"}  # a copy can be shared for reading
    return tuple(mode for mode in claim.modes_asked if mode in many)


def lost_node(claim: Claim, see: Inventory) -> str:
    """Say what is wrong with the node that the scheduler chose; "" when nothing is, or nodes were not looked at."""
    if not claim.selected_node or _unseen(NODE.resource, see) or not see.nodes:
        return ""
    node = next((n for n in see.nodes if n.meta.name == claim.selected_node), None)
    if node is None:
        return "is gone"
    return "" if node.ready else "is not ready"


def bad_source(claim: Claim, see: Inventory, limits: Limits) -> tuple[str, str] | None:
    """Find what is wrong with the claim's data source: (cause, what to do). What takes its time is not wrong."""
    if claim.source is None:
        return None
    kind, name = claim.source
    where = claim.source_namespace or claim.meta.namespace
    elsewhere = where != claim.meta.namespace
    said = refusal(claim, see, limits) if elsewhere else None
    if said and _NOT_GRANTED.search(said.message):
        return f"namespace {where} does not allow it to be copied", f"create a ReferenceGrant in namespace {where}"
    foreign = elsewhere and see.scope != "the whole cluster"
    if kind == "VolumeSnapshot" and not _unseen(SNAPSHOT.resource, see) and not foreign:
        return _bad_snapshot(claim, where, name, see, limits)
    if kind == "PersistentVolumeClaim" and not _unseen(CLAIM.resource, see) and not foreign:
        return _bad_origin(claim, where, name, see)
    return None


def _bad_snapshot(claim: Claim, where: str, name: str, see: Inventory, limits: Limits) -> tuple[str, str] | None:
    found = next((s for s in see.snapshots if s.meta.key == (where, name)), None)
    if found is None:
        return _missing("snapshot", name, [s.meta.name for s in see.snapshots if s.meta.namespace == where])
    if found.error and not found.ready:
        return f"snapshot {name} failed: {cited(found.error, 160)}", "repair or retake the snapshot"
    waited = claim.meta.created and see.now - claim.meta.created >= timedelta(minutes=limits.provisioning_minutes)
    if not found.ready and waited:
        return f"snapshot {name}, which it copies, is not ready", f"look why snapshot {name} does not become ready"
    if found.ready and claim.requested is not None and found.size is not None and claim.requested < found.size:
        return _too_small(claim, f"snapshot {name}", found.size)
    return None


def _bad_origin(claim: Claim, where: str, name: str, see: Inventory) -> tuple[str, str] | None:
    found = see.claim.get((where, name))
    if found is None:
        return _missing("claim", name, [c.meta.name for c in see.claims_in.get(where, ()) if c is not claim])
    if found.phase != "Bound":
        return f"claim {name}, which it copies, is {found.phase}", f"bind claim {name} first"
    if claim.requested is not None and found.capacity is not None and claim.requested < found.capacity:
        return _too_small(claim, f"claim {name}", found.capacity)
    return None


def _missing(what: str, name: str, here: list[str]) -> tuple[str, str]:
    near = nearest(name, here, most=1)
    todo = f"name {what} {near[0]} instead" if near else f"create that {what}, or name another source"
    return f'{what} "{plain(name)}", which it copies, does not exist', todo


def _too_small(claim: Claim, what: str, size: int) -> tuple[str, str]:
    return (
        f"it asks {gib(claim.requested)}, but {what} needs {gib(size)}",
        f"ask for at least {gib(size)}",
    )


def _unseen(resource: str, see: Inventory) -> bool:
    return resource in see.unseen or resource in see.skipped
