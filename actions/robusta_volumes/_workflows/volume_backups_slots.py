"""Mode ticks: each slot's backup is made by us, once, whoever ticks how often."""

from robusta_volumes._analysis.snapshot_trouble import CANNOT, WAITS, problem
from robusta_volumes._engines.velero_write import backup_manifest, backup_spec, slot_name
from robusta_volumes._model.backup import Phase
from robusta_volumes._model.text import code
from robusta_volumes._report.volume_backups_tick import THE_SCHEDULE
from robusta_volumes._workflows.volume_backups_make import make_backup
from robusta_volumes._workflows.volume_backups_turn import NOT_YET, BackupTurn


def serve(turn: BackupTurn) -> None:
    """Make the newest slot that is due, and note those that nobody served."""
    note, found = turn.note, turn.due
    if turn.agreed() == NOT_YET:
        return
    if found.slot and not _make(turn):
        return  # still due: the next tick tries again until its deadline
    if found.too_late:
        note.failed.pop(THE_SCHEDULE, None)  # that it was missed is told instead
    if found.slot or found.too_late:
        known = {one.slot for one in turn.backups}  # served by a runner whose memory was lost
        note.missed = [*(slot.isoformat() for slot in found.missed if slot not in known), *note.missed]
        note.served = found.slot or found.missed[0]


def _make(turn: BackupTurn) -> bool:
    slot = turn.due.slot
    turn.note.failed.pop(THE_SCHEDULE, None)
    if slot is None or any(one.slot == slot for one in turn.backups):
        return True
    running = next((one for one in turn.backups if not one.phase.over and one.phase is not Phase.DELETING), None)
    if running:
        why = f"{code(running.name)} is not over: another one is not begun"
        turn.note.failed[THE_SCHEDULE] = [
            WAITS,
            why,
            "look at what keeps it; the next one is made when it is over in time",
        ]
        return False
    plan = turn.plan()
    if plan.scope is None or not plan.saved:
        why = "no claim's data would be in a backup" if plan.claims else "the settings choose no Bound claim"
        turn.note.failed[THE_SCHEDULE] = [CANNOT, why, next((how.todo for _, how in plan.not_saved if how.todo), "")]
        return True
    spec = backup_spec(plan.scope, turn.settings.ttl, turn.settings.storage_location)
    manifest = backup_manifest(turn.seen.velero, slot_name(slot), spec, slot=slot, shape=turn.sum)
    made = make_backup(turn.cluster, manifest, "the backup that backupSchedule asks for now")
    if made.error:
        turn.note.failed[THE_SCHEDULE] = problem(made.error)
    return made.error is None
