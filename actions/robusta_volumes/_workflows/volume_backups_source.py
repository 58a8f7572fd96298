"""What a restore from a backup is planned by: the backups, and the namespaces that it is from and into."""

from collections.abc import Iterable
from dataclasses import replace

from robusta_volumes._analysis.backup_restore import BackupRestore, of_another, picking_labels
from robusta_volumes._analysis.backup_tally import NO_TIME
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.gather import gather
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import VELERO, BackupsSeen, Copy, Proof
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotInstalled, Unavailable
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
    if unseen.absent:
        return see, seen, NotInstalled(unseen.sentence, "Install Velero.")
    if unseen.remedy.startswith("- apiGroups"):
        return see, seen, NotAllowed(f"backups: {unseen.why}", unseen.remedy)
    return see, seen, Unavailable(f"backups: {unseen.why}", unseen.remedy)


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


def copies_of(seen: BackupsSeen, namespace: str, claim: str, see: Inventory) -> list[Copy]:
    """List what Velero has of a claim, newest data first, good or not; of an earlier claim of that name after all others."""
    found = (c for c in seen.copies if c.engine == VELERO and c.backup and c.claim_key == (namespace, claim))
    there = see.claim.get((namespace, claim))
    return sorted(found, key=lambda c: (not of_another(c, there), c.cut_at or NO_TIME), reverse=True)


def not_known(seen: BackupsSeen, copies: Iterable[Copy]) -> tuple[str, str] | None:
    """Say why nobody can tell whether a claim without a good copy has one, and what to do; None where that is known."""
    for kind in (k.VELERO_UPLOAD, k.VELERO_POD_VOLUME):
        unseen = seen.unseen.get(kind.resource)
        if unseen and not unseen.absent:
            return unseen.sentence, unseen.remedy
    unknown = next((c for c in copies if c.proof is Proof.UNKNOWN), None)
    return (unknown.why or f"of backup {unknown.backup} nothing tells", "") if unknown else None


def restore_of(copy: Copy, seen: BackupsSeen, see: Inventory, into: str, *, pods: bool = False) -> BackupRestore:
    """Gather what is known of a copy that is to be restored."""
    backup = next((b for b in seen.backups if b.engine == VELERO and b.name == copy.backup), None)
    place = next((one for one in seen.locations if backup and one.name == backup.location), None)
    inside = tuple(c for c in seen.copies if c.backup == copy.backup and c.namespace == copy.namespace)
    source = see.claim.get(copy.claim_key)
    return BackupRestore(copy, backup, place, into, inside, source, picking_labels(source, see), see, pods)
