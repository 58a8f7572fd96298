"""``engine: csi``: the schedule served by snapshots, which are no backup and are called so. Their own tick makes them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from robusta_volumes._analysis.snapshot_note import Note
from robusta_volumes._cluster.state import State
from robusta_volumes._model.snapshot_schedule import PvcSnapshots, SnapshotSchedule
from robusta_volumes._report.page import Page, Text
from robusta_volumes._report.volume_backups_create import NO_BACKUP
from robusta_volumes._workflows.pvc_snapshot_schedule import pvc_snapshot_schedule
from robusta_volumes._workflows.pvc_snapshots_turn import Notes, key_of
from robusta_volumes._workflows.volume_backups_turn import NOT_YET, BackupTurn

NAME = "volume-backups"  # of the schedule that the snapshots carry


class _Apart(State):
    """The state under keys of its own, so that both ticks of snapshots remember for themselves."""

    def read(self, key: str) -> dict[str, Any]:
        """Read under the key's own name."""
        return super().read(f"backups.{key}")

    def update(self, key: str, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
        """Write under the key's own name."""
        super().update(f"backups.{key}", change)


def by_snapshots(turn: BackupTurn, notes: Notes, sleep: Callable[[float], None]) -> list[Page]:
    """Tell the plan at the first slot, and from the next on have snapshots made."""
    state = _Apart(turn.cluster, notes.state.namespace)
    served = turn.note.served
    agreed = turn.agreed()
    schedule = _schedule(turn) if agreed != NOT_YET or turn.note.served != served else None
    if agreed == NOT_YET:
        if schedule and turn.note.served:  # known from this slot on, so that the next one is served
            apart = Notes(state)
            before = apart.load(key_of(schedule))
            apart.save(key_of(schedule), Note(since=turn.note.served), before)
        return turn.pages
    turn.note.served = turn.due.slot or turn.note.served
    if schedule is None or not schedule.claims:
        return turn.pages
    wanted = PvcSnapshots(schedules=(schedule,), namespaces=turn.settings.read_namespaces, limits=turn.settings.limits)
    pages = pvc_snapshot_schedule(turn.cluster, wanted, state, turn.process, sleep)
    return [*turn.pages, *(replace(page, blocks=(*page.blocks, Text(NO_BACKUP))) for page in pages)]


def _schedule(turn: BackupTurn) -> SnapshotSchedule:
    settings = turn.settings
    return SnapshotSchedule(
        name=NAME,
        schedule=settings.backup_schedule,
        time_zone=settings.time_zone,
        claims=tuple(claim.meta.title for claim in turn.wanted),
        retention_days=max(1, settings.ttl.days),
        keep_last=settings.keep_last or None,
        starting_deadline_minutes=settings.limits.backup_deadline_minutes,
    )
