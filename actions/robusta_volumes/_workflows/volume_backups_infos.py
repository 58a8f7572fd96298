"""What Velero's own lists of the volumes in backups prove, as far as they were read: see `volume_backups_ask`. It only reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from robusta_volumes._analysis.backup_infos import copies_in, worth_reading
from robusta_volumes._analysis.backup_rhythm import rhythm
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._model.backup import Backup, BackupsSeen
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.volume_infos import VolumeInfo

_KEPT = 100  # lists that are remembered
_LATER = "its list of volumes was not read yet: `volume_backup_freshness` reads it"


@dataclass
class Memory:
    """What this runner has read of one cluster, by uid of the backup, and why the last attempt at others failed."""

    lists: dict[str, tuple[VolumeInfo, ...]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    unseen: dict[str, Unseen] = field(default_factory=dict)  # by resource name, as in an inventory


Ask = Callable[[Cluster, VolumeBackupManagement, BackupsSeen, Sequence[Backup], Memory], None]
_remembered: dict[str, Memory] = {}  # by cluster


def with_infos(
    cluster: Cluster,
    settings: VolumeBackupManagement,
    see: Inventory,
    seen: BackupsSeen,
    ask: Ask | None = None,
    memory: Memory | None = None,
) -> BackupsSeen:
    """Add what the lists prove, and for each that was not read why. Without ``ask`` what is known already is taken."""
    if not settings.read_volume_infos:
        return seen
    known = _remembered.setdefault(cluster.name, Memory()) if memory is None else memory
    wanted = worth_reading(seen, see.now, rhythm(settings, see.now).within)
    if ask:
        ask(cluster, settings, seen, wanted, known)
    read = {backup.uid: known.lists[backup.uid] for backup in wanted if backup.uid in known.lists}
    states = {b.uid: "" if b.uid in read else known.failed.get(b.uid, _LATER) for b in wanted}
    copies = [copy for b in wanted if b.uid in read for copy in copies_in(b, read[b.uid], see.claim)]
    while len(known.lists) > _KEPT:
        del known.lists[next(iter(known.lists))]
    return replace(seen, copies=(*seen.copies, *copies), infos=states, unseen={**seen.unseen, **known.unseen})


def with_infos_of(
    cluster: Cluster, settings: VolumeBackupManagement, see: Inventory, seen: BackupsSeen, backup: Backup, ask: Ask
) -> BackupsSeen:
    """Add what the list of one backup proves, which is asked for when it is not known yet."""
    known = _remembered.setdefault(cluster.name, Memory())
    alone = replace(seen, backups=(backup,))
    found = with_infos(cluster, settings, see, alone, ask, Memory(known.lists))  # why others failed is still to be told
    return replace(found, backups=seen.backups)
