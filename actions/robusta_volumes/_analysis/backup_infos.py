"""Of which backups Velero's own list of volumes is worth to be read, and what it proves of each claim. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from robusta_volumes._analysis.backup_runs import group_of, leaves_no_trace, newest_of
from robusta_volumes._analysis.backup_scope import SNAPSHOT
from robusta_volumes._analysis.backup_tally import NO_TIME
from robusta_volumes._model.backup import Backup, BackupsSeen, Copy, Phase, Proof
from robusta_volumes._model.volume import Claim
from robusta_volumes._model.volume_infos import VolumeInfo

Key = tuple[str, str]
_FINISHED = (Phase.DONE, Phase.PARTIAL)


def worth_reading(seen: BackupsSeen, now: datetime, within: timedelta) -> list[Backup]:
    """List the backups whose snapshots left no trace: of each schedule the newest, and what a good copy may be as old as.

    The newest of every schedule comes first, then the second of every one. One that a storage location brought may be of
    another cluster, where a claim of the same name is another one.
    """
    newest = {id(backup) for backup in newest_of(seen.backups)}
    ranks: dict[object, int] = {}
    found: list[tuple[int, float, Backup]] = []
    for backup in sorted(seen.backups, key=lambda b: (b.when or NO_TIME, b.name), reverse=True):
        usable = backup.phase in _FINISHED and not (backup.synced or backup.deleted or backup.name in seen.deleting)
        wanted = id(backup) in newest or (backup.when or NO_TIME) >= now - within
        if usable and wanted and leaves_no_trace(backup):
            rank = ranks[group_of(backup)] = ranks.get(group_of(backup), -1) + 1
            found.append((rank, -(backup.when or NO_TIME).timestamp(), backup))
    return [backup for _, _, backup in sorted(found, key=lambda one: one[:2])]


def copies_in(backup: Backup, infos: Iterable[VolumeInfo], claims: Mapping[Key, Claim]) -> Iterator[Copy]:
    """Give what the list proves. It says no uid: a claim counts when it has the same volume, and was there at that time."""
    for info in infos:
        claim = claims.get((info.namespace, info.claim))
        cut = info.cut_at or backup.when
        if claim is None or info.elsewhere or (info.volume and info.volume != claim.volume_name):
            continue
        if claim.meta.created and cut and claim.meta.created > cut:
            continue
        proof, why = _proof(info, backup)
        yield Copy(
            backup.engine,
            info.namespace,
            info.claim,
            claim.meta.uid,
            proof,
            cut,
            backup.name,
            backup.uid,
            backup.name,
            SNAPSHOT,
            backup.ended,
            total=info.size,
            expires=backup.expires,
            why=why,
            owner=backup.schedule,
            proven=backup.proven.get(claim.meta.uid),
        )


def _proof(info: VolumeInfo, backup: Backup) -> tuple[Proof, str]:
    if info.skipped:
        return Proof.SKIPPED, info.why or "Velero gives no reason"
    if info.result == "succeeded":
        return Proof.SNAPSHOT, ""
    if info.result == "failed":
        return Proof.FAILED, "Velero's list of its volumes says that its snapshot failed"
    if not info.result and info.made and backup.snapshots_made >= backup.snapshots_tried:
        return Proof.SNAPSHOT, ""  # before 1.15 the list has no result; all snapshots of this backup became ready
    return Proof.UNKNOWN, "Velero's list of its volumes does not say what became of its snapshot"
