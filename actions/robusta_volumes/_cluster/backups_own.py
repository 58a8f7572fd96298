"""A short look at Velero: where it is and how it is, our own backups, and what was moved for those that are asked about.

`backups_of` reads all that was ever moved for any claim, which is much. A tick asks for a few backups by their labels.
"""

from collections.abc import Callable, Iterable, Sequence

from robusta_volumes._cluster import read_policies, read_velero, read_velero_copies
from robusta_volumes._cluster.backups import USUAL, Look, pods_of, velero_namespace
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import block
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.backup import VELERO, Backup, BackupsSeen, Copy, velero_label
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.volume import Claim

OWN = f"{ours.MANAGED_BY}={ours.OURS}"
_NAMED = 20  # backups that one selector names; of more, all that was moved is listed: servers and proxies refuse a long address
Choose = Callable[[Sequence[Backup]], Iterable[Backup]]


def nothing(_: Sequence[Backup]) -> Iterable[Backup]:
    """Ask for no copies."""
    return ()


def own_backups(
    cluster: Cluster,
    settings: VolumeBackupManagement,
    choose: Choose = nothing,
    claims: Iterable[Claim] = (),
) -> BackupsSeen:
    """Look at Velero, at our own backups, and at what was moved for those of them that ``choose`` picks.

    Raises ClusterError: when nothing answers. What may not be read, or is not served, stands in ``unseen``.
    """
    look = Look(cluster, settings.read_namespaces)
    where, usual = settings.velero_namespace, (USUAL, *settings.read_namespaces)
    backups: list[Backup] = look.take(k.VELERO_BACKUP, read_velero.backup, where, usual, labels=OWN)
    if not look.serves(k.VELERO_BACKUP):
        return BackupsSeen(unseen=look.unseen)
    schedules = look.take(k.VELERO_SCHEDULE, read_velero.schedule, where, usual)
    locations = look.take(k.VELERO_LOCATION, read_velero.location, where, usual)
    deleting = frozenset(filter(None, look.take(k.VELERO_DELETE, read_velero.deletion, where, usual)))
    namespace = where or velero_namespace(locations, [*backups, *schedules])
    backups = [backup for backup in backups if backup.namespace == namespace]
    backups, schedules = read_policies.with_policies(cluster, backups, schedules, look.unseen)
    known = read_velero_copies.Known(backups, deleting, whole=False)
    names = {claim.meta.uid: claim.meta.name for claim in claims}
    server, agents = pods_of(look, namespace) if namespace else (None, None)
    copies = _copies(look, namespace, list(choose(backups)), known, names) if namespace else []
    return BackupsSeen(
        velero=namespace,
        backups=tuple(backups),
        copies=tuple(copies),
        schedules=tuple(schedules),
        locations=tuple(locations),
        installed=frozenset([VELERO] if namespace else []),
        node_agents=agents,
        server=server,
        deleting=deleting,
        unseen=look.unseen,
    )


def _copies(
    look: Look, namespace: str, chosen: Sequence[Backup], known: read_velero_copies.Known, names: dict[str, str]
) -> list[Copy]:
    if not chosen:
        return []
    labels = {velero_label(backup.name) for backup in chosen}

    def upload(o: Object) -> Copy | None:
        return read_velero_copies.upload(o, known) if _name(o) in labels else None

    def pod_volume(o: Object) -> Copy | None:
        return read_velero_copies.pod_volume(o, known, names) if _name(o) in labels else None

    wanted = read_velero_copies.BACKUP_NAME
    if len(labels) <= _NAMED:
        wanted = f"{wanted} in ({','.join(sorted(labels))})"
    found: list[Copy | None] = look.take(k.VELERO_UPLOAD, upload, namespace, labels=wanted)
    found += look.take(k.VELERO_POD_VOLUME, pod_volume, namespace, labels=wanted)
    return [copy for copy in found if copy]


def _name(o: Object) -> str:
    return str(block(o, "metadata", "labels").get(read_velero_copies.BACKUP_NAME) or "")
