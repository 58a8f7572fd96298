"""Mode velero: one Schedule of Velero's is kept in the shape that the settings say. What would change is told before."""

import hashlib
from datetime import datetime
from typing import Any

from robusta_volumes._analysis.snapshot_note import LONGEST
from robusta_volumes._analysis.snapshot_trouble import problem
from robusta_volumes._engines.velero_write import (
    SCHEDULE_NAME,
    backup_manifest,
    backup_spec,
    differences,
    patch_of,
    schedule_manifest,
    slot_name,
)
from robusta_volumes._model.backup import BackupSchedule
from robusta_volumes._model.errors import AlreadyExists, Conflict
from robusta_volumes._model.kind import VELERO_SCHEDULE
from robusta_volumes._model.plan import Create, Patch, Step
from robusta_volumes._report.volume_backups_tick import THE_SCHEDULE, drift_page
from robusta_volumes._workflows.volume_backups_make import make_backup
from robusta_volumes._workflows.volume_backups_turn import NEW, NOT_YET, BackupTurn

Differences = list[tuple[str, Any, Any]]


def standing(turn: BackupTurn) -> BackupSchedule | None:
    """Find the Schedule by its name, whoever made it."""
    every = (one for one in turn.seen.schedules if one.engine == "velero" and one.namespace == turn.seen.velero)
    return next((one for one in every if one.name == SCHEDULE_NAME), None)


def keep(turn: BackupTurn) -> None:
    """Make the Schedule, or change it, when people were told before; note which slot Velero serves."""
    note, there = turn.note, standing(turn)
    wanted = _manifest(turn)
    if wanted is None:
        note.failed[THE_SCHEDULE] = ["nothing", "the settings choose no namespace that holds a claim", "choose others"]
        return
    found = differences(wanted["spec"], there.raw) if there else []
    if there and not found and note.agreed is None and not note.waiting:  # it was forgotten, and all is as it should be
        note.agreed, note.kept = {"shape": turn.sum}, (there.created or turn.now).isoformat()
    how = turn.agreed()
    if how == NOT_YET:
        return
    if there and not found:
        note.kept = note.kept or turn.now.isoformat()
        if _slot_served(turn, wanted, there.created):
            _settled(turn)
    elif how == NEW or not note.kept or _may_change(turn, there, found):
        _carry_out(turn, wanted, there)


def _settled(turn: BackupTurn) -> None:
    """Note that all is as it should be; Velero serves the slot."""
    note = turn.note
    note.forget("drift")
    note.failed.pop(THE_SCHEDULE, None)
    note.waiting = None if note.waiting and "drift" in note.waiting else note.waiting
    note.served = turn.due.slot or (turn.due.missed[0] if turn.due.missed else note.served)


def _manifest(turn: BackupTurn) -> dict[str, Any] | None:
    settings, shape = turn.settings, turn.shape()
    if shape.scope is None:
        return None
    spec = backup_spec(shape.scope, settings.ttl, settings.storage_location)
    return schedule_manifest(turn.seen.velero, settings.backup_schedule, settings.time_zone, spec, turn.sum)


def _may_change(turn: BackupTurn, there: BackupSchedule | None, found: Differences) -> bool:
    """Tell of a difference that nobody was told of; it is changed at the next slot, a day later at most."""
    note = turn.note
    mark = hashlib.sha256(repr((there is None, found)).encode()).hexdigest()[:12]
    if note.waiting != {"drift": mark} or note.until is None:
        note.waiting, note.until = {"drift": mark}, min(turn.next, turn.now + LONGEST)
    if note.tells("drift", mark, turn.process):
        turn.pages.append(drift_page(turn.told, there, found, note.until))
        return False
    return note.said.get("drift") == mark and turn.now >= note.until


def _carry_out(turn: BackupTurn, wanted: dict[str, Any], there: BackupSchedule | None) -> None:
    """Write the Schedule; with one that is new the slot that is due now is served by us."""
    note, slot = turn.note, turn.due.slot
    step: Step
    if there is None:
        step = Create(wanted, "the settings want a backup schedule")
    else:
        old = {"metadata": {}, "spec": there.raw}
        why = "the settings want it so"
        step = Patch(
            VELERO_SCHEDULE, there.name, there.namespace, patch_of(wanted, old), why, there.resource_version or None
        )
    error = turn.cluster.carry_out([step])[0].error
    if isinstance(error, AlreadyExists | Conflict):
        return  # another runner was faster: the next tick looks what is there now
    if error:
        note.failed[THE_SCHEDULE] = problem(error)
        return
    note.kept, note.waiting, note.until = turn.now.isoformat(), None, None
    if not _slot_served(turn, wanted, there.created if there else turn.now):
        return
    note.failed.pop(THE_SCHEDULE, None)
    note.served = slot or note.served
    note.forget("drift")


def _slot_served(turn: BackupTurn, wanted: dict[str, Any], since: datetime | None) -> bool:
    """Serve the slot that is due when the Schedule is no older: Velero serves only those after it was made."""
    slot = turn.due.slot
    if slot is None or since is None or since < slot:
        return True
    if any(when >= slot for one in turn.backups if (when := one.slot or one.when)):
        return True  # by a Schedule that was there before, or by a runner that died
    manifest = backup_manifest(turn.seen.velero, slot_name(slot), wanted["spec"]["template"], slot=slot, shape=turn.sum)
    error = make_backup(turn.cluster, manifest, "the first backup of the Schedule").error
    if error:
        turn.note.failed[THE_SCHEDULE] = problem(error)
    return error is None
