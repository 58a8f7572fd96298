"""Ask Velero to delete backups of ours, data and all: never the last good copy of any claim, and a plan before it."""

from dataclasses import replace

from robusta_volumes._analysis.backup_preflight import Obstacle, obstacles
from robusta_volumes._analysis.backup_prune import BackupPrune, confirmed, plan_backup_prune
from robusta_volumes._analysis.backup_shape import data_scope
from robusta_volumes._cluster.backups_own import own_backups
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._engines.velero_write import SCHEDULE_NAME, delete_request
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked_backups import PruneBackups
from robusta_volumes._model.backup import Backup, BackupsSeen
from robusta_volumes._model.backup_run import Unmade
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import AlreadyExists, ClusterError, NotAllowed, NotInstalled, SettingsError
from robusta_volumes._model.plan import Create
from robusta_volumes._report.page import Page
from robusta_volumes._report.volume_backups_prune import (
    backup_prune_page,
    backups_pruned_page,
    prune_blocked_page,
    prune_refused_page,
)
from robusta_volumes._workflows.volume_backups_make import rights_of
from robusta_volumes._workflows.volume_backups_turn import BackupTurn

_MOST = 20  # backups that one tick may delete; the next one goes on: a mistake is seen before it is complete
_ENOUGH = 3  # errors after which the rest is left alone


def prune_volume_backups(cluster: Cluster, asked: PruneBackups, settings: VolumeBackupManagement) -> Page:
    """Show which backups of ours would go, or ask Velero to delete them.

    Raises SettingsError: when nothing says how many to keep. ClusterError: when backups cannot be read.
    """
    number = asked.keep_last or settings.keep_last
    if not number:
        raise SettingsError(
            "action param keep_last", "is needed, or keepLast in the settings: how many good backups are to stay?"
        )
    seen = _everything(cluster, settings)
    now = cluster.now()
    found = plan_backup_prune(seen, SCHEDULE_NAME, number, now, by_hand=asked.by_hand)
    found = confirmed(found) if asked.confirm else found
    if found.removed and (why := _obstacles(cluster, seen, settings)):
        return prune_blocked_page(why, cluster.name)
    if asked.dry_run or found.plan.refusal:
        return backup_prune_page(found, asked, cluster.name, now)
    return backups_pruned_page(found, ask_to_delete(cluster, found, asked.most), cluster.name, now)


def ask_to_delete(cluster: Cluster, found: BackupPrune, most: int) -> Unmade:
    """Carry out at most so many deletions of a plan, oldest first; what was asked for already counts as asked."""
    done: list[Backup] = []
    errors: list[tuple[Backup, ClusterError]] = []
    for backup in found.removed[:most]:
        (outcome,) = cluster.carry_out([Create(delete_request(backup), "more than the number to keep")])
        if outcome.error is None or isinstance(outcome.error, AlreadyExists):
            done.append(backup)
        else:
            errors.append((backup, outcome.error))
        if len(errors) == _ENOUGH:
            break
    return Unmade(tuple(done), tuple(errors), len(found.removed) - len(done) - len(errors))


def retain_backups(turn: BackupTurn) -> list[Page]:
    """Let the tick delete what ``keepLast`` no longer keeps, once for each backup that ended; say what keeps it from that."""
    note, keep = turn.note, turn.settings.keep_last
    if not keep or note.agreed != {"shape": turn.sum} or note.pruned == note.judged or not note.judged:
        return []
    seen = _everything(turn.cluster, turn.settings)
    found = plan_backup_prune(seen, SCHEDULE_NAME, keep, turn.now)
    if not found.removed:
        note.pruned = note.judged
        note.forget("refused")
        return []
    if found.plan.refusal:
        news = note.tells("refused", found.plan.refused_for, turn.process)
        return [prune_refused_page(found, turn.cluster.name, turn.now)] if news else []
    note.forget("refused")
    became = ask_to_delete(turn.cluster, found, _MOST)
    if became.errors:
        kind = type(became.errors[0][1]).__name__
        news = note.tells("not deleted", kind, turn.process)
        note.pruned = note.judged  # tried again when the next one has ended, not every few minutes
        return [backups_pruned_page(found, became, turn.cluster.name, turn.now)] if news else []
    note.forget("not deleted")
    note.pruned = "" if became.left else note.judged
    return []


def _everything(cluster: Cluster, settings: VolumeBackupManagement) -> BackupsSeen:
    """Look at all backups of ours with all that was moved for them. Nothing is decided about what cannot be seen."""
    seen = own_backups(cluster, settings, lambda every: every)
    for kind in (k.VELERO_BACKUP, k.VELERO_DELETE, k.VELERO_UPLOAD, k.VELERO_POD_VOLUME):
        lack = seen.unseen.get(kind.resource)
        if lack and not (lack.absent and kind != k.VELERO_BACKUP):
            raise (
                NotInstalled(lack.sentence, "Install Velero.")
                if lack.absent
                else NotAllowed(lack.sentence, lack.remedy)
            )
    return seen


def _obstacles(cluster: Cluster, seen: BackupsSeen, settings: VolumeBackupManagement) -> tuple[Obstacle, ...]:
    rights = rights_of(cluster, [("create", k.VELERO_DELETE)], seen.velero)
    scope = replace(data_scope(settings), moves_data=False, by_file_system=False)  # deleting needs no node agent
    return obstacles(scope, seen, settings.storage_location, rights)
