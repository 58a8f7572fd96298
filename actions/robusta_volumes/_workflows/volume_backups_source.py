"""What a restore from a backup is planned by: the backups, and the namespaces that it is from and into."""

from collections.abc import Iterable
from dataclasses import replace

from robusta_volumes._analysis.backup_restore import BackupRestore, picking_labels
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.gather import gather
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import VELERO, BackupsSeen, Copy
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotInstalled
from robusta_volumes._model.inventory import Inventory

KINDS = (k.CLAIM, k.STORAGE_CLASS, k.QUOTA, k.LIMIT_RANGE)


def seen_of(
    cluster: Cluster, settings: VolumeBackupManagement, namespaces: Iterable[str] = ()
) -> tuple[Inventory, BackupsSeen]:
    """Look at these namespaces, or at all, and at the backups.

    Raises ClusterError: when the cluster does not answer, or Velero's backups cannot be read.
    """
    see, seen, lack = look(cluster, settings, namespaces)
    if lack:
        raise lack
    return see, seen


def look(
    cluster: Cluster, settings: VolumeBackupManagement, namespaces: Iterable[str] = ()
) -> tuple[Inventory, BackupsSeen, ClusterError | None]:
    """Look at these namespaces, or at all, and at the backups; with why Velero's cannot be read, where that is so.

    Raises ClusterError: when the cluster does not answer.
    """
    wanted = sorted(set(namespaces))
    looks = [gather(cluster, namespace=one, kinds=KINDS) for one in wanted] or [
        gather(cluster, kinds=KINDS, fallback=settings.read_namespaces)
    ]
    see = looks[0]
    for other in looks[1:]:
        see = _both(see, other)
    seen = backups_of(cluster, settings, see.claims)
    unseen = seen.unseen.get(k.VELERO_BACKUP.resource)
    if unseen is None:
        return see, seen, None
    if unseen.remedy:
        return see, seen, NotAllowed(f"backups: {unseen.why}", unseen.remedy)
    return see, seen, NotInstalled(unseen.sentence, "Install Velero.")


def _both(one: Inventory, other: Inventory) -> Inventory:
    """Take two namespaces as one look; what one of them hides is not known of both."""
    return replace(
        one,
        claims=(*one.claims, *other.claims),
        quotas=(*one.quotas, *other.quotas),
        limit_ranges=(*one.limit_ranges, *other.limit_ranges),
        unseen={**other.unseen, **one.unseen},
        looked_in=(one.looked_in or frozenset()) | (other.looked_in or frozenset()),
    )


def copies_of(seen: BackupsSeen, namespace: str, claim: str) -> list[Copy]:
    """List what Velero has of a claim, newest data first, good or not."""
    found = (c for c in seen.copies if c.engine == VELERO and c.backup and c.claim_key == (namespace, claim))
    return sorted(found, key=lambda c: str(c.cut_at), reverse=True)


def restore_of(copy: Copy, seen: BackupsSeen, see: Inventory, into: str, *, pods: bool = False) -> BackupRestore:
    """Gather what is known of a copy that is to be restored."""
    backup = next((b for b in seen.backups if b.engine == VELERO and b.name == copy.backup), None)
    place = next((one for one in seen.locations if backup and one.name == backup.location), None)
    inside = tuple(c for c in seen.copies if c.backup == copy.backup and c.namespace == copy.namespace)
    source = see.claim.get(copy.claim_key)
    return BackupRestore(copy, backup, place, into, inside, source, picking_labels(source, see), see, pods)
