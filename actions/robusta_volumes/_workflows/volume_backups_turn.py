"""One tick of the backup schedule: what is known, what was said, and whether people were told of what is about to be done."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from robusta_volumes._analysis.backup_preflight import BackupPlan, plan_backup, warnings
from robusta_volumes._analysis.backup_rhythm import by_go
from robusta_volumes._analysis.backup_selection import Selection
from robusta_volumes._analysis.backup_shape import Shape, opted_out, settings_shape, standing_shape, tonight_shape
from robusta_volumes._analysis.backup_watch import of_schedule
from robusta_volumes._analysis.slots import Due, due, last_slot, next_slot
from robusta_volumes._analysis.snapshot_note import Note
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._engines.velero_write import SCHEDULE_NAME, SHAPE, shape_sum
from robusta_volumes._model.backup import Backup, BackupsSeen
from robusta_volumes._model.backup_settings import TICKS_MODE, VolumeBackupManagement
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.page import Page
from robusta_volumes._report.volume_backups_tick import Told, backups_plan_page

NEW, OLD, NOT_YET = "new", "old", ""


@dataclass
class BackupTurn:
    """What one tick works with."""

    cluster: Cluster
    settings: VolumeBackupManagement
    home: str
    note: Note
    process: str
    seen: BackupsSeen
    now: datetime
    see: Callable[[], Inventory]  # looks when it is asked for the first time: most ticks need not
    pages: list[Page] = field(default_factory=list)

    @cached_property
    def sum(self) -> str:
        """What people are told of before it counts, in short."""
        return shape_sum(settings_shape(self.settings))

    @cached_property
    def wanted(self) -> list[Claim]:
        """The claims that are to be saved."""
        chosen = Selection(self.settings, self.home).wanted(self.see())
        return [claim for claim in chosen if claim.phase == "Bound"]

    @cached_property
    def backups(self) -> list[Backup]:
        """Those of our schedule, newest first."""
        return of_schedule(self.seen, SCHEDULE_NAME)

    @cached_property
    def due(self) -> Due:
        """The slot that is due."""
        wanted, note = self.settings, self.note
        deadline = timedelta(minutes=wanted.limits.backup_deadline_minutes)
        go = by_go(wanted)
        return due(wanted.backup_schedule, wanted.time_zone, self.now, note.since, note.served, deadline, go=go)

    @cached_property
    def next(self) -> datetime:
        """The slot after now."""
        wanted = self.settings
        return next_slot(wanted.backup_schedule, wanted.time_zone, self.now, go=by_go(wanted))

    @property
    def overdue(self) -> datetime | None:
        """The newest slot whose backup Velero should have begun by now."""
        wanted, kept = self.settings, parse_time(self.note.kept)
        waited = self.now - timedelta(minutes=wanted.limits.backup_stalled_minutes)
        last = last_slot(wanted.backup_schedule, wanted.time_zone, waited, go=by_go(wanted))
        return last if kept and last > kept else None

    @property
    def by_ticks(self) -> bool:
        """Tell whether each backup is made by us."""
        return self.settings.mode == TICKS_MODE

    @property
    def told(self) -> Told:
        """What a message about the schedule is written from."""
        return Told(self.settings, self.note.served, self.note.wanted, self.next, self.cluster.name, self.now)

    def shape(self) -> Shape:
        """Give what is selected tonight, or every night."""
        if self.by_ticks or self.settings.engine == "csi":
            return tonight_shape(self.settings, self.wanted)
        return standing_shape(self.settings, lambda: {claim.meta.namespace for claim in self.see().claims}, self.home)

    def plan(self) -> BackupPlan:
        """Judge what is selected."""
        shape = self.shape()
        found = plan_backup(shape.scope, self.wanted, self.see(), self.seen)
        if self.settings.engine == "csi":  # snapshots are taken claim by claim
            return BackupPlan(found.scope, found.claims)
        notes = (*shape.notes, *opted_out(found.more, self.settings, self.home), *warnings(self.seen))
        return BackupPlan(found.scope, found.claims, found.more, found.obstacles, notes)

    def agreed(self) -> str:
        """Tell whether people were told of these settings a slot ago; at the first slot they are, and nothing is made.

        Where that was forgotten, the newest backup of ours says by which settings it was made.
        """
        note, want = self.note, {"shape": self.sum}
        if (
            note.agreed is None
            and not note.waiting
            and self.backups
            and self.backups[0].annotations.get(SHAPE) == self.sum
        ):
            note.agreed, note.kept = want, note.kept or self.now.isoformat()
        if note.agreed == want:
            return OLD
        if note.waiting == want and note.said.get("plan") == self.sum and self.due.slot:
            note.agreed, note.waiting, note.kept = want, None, ""
            note.forget("plan")
            return NEW
        if self.due.slot:
            note.waiting, note.served = want, self.due.slot
        if note.waiting == want and note.tells("plan", self.sum, self.process):
            self.pages.append(backups_plan_page(self.told, self.plan()))
        return NOT_YET
