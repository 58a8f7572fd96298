"""One schedule's turn in a tick: what is known of it, and what was done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from robusta_volumes._analysis.prune_plan import BY_HAND, PrunePlan, plan_prune, policy_of
from robusta_volumes._analysis.retention import Policy
from robusta_volumes._analysis.snapshot_note import Note, read_note
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.snapshot_run import Deleted, Made
from robusta_volumes._model.snapshot_schedule import PvcSnapshots, SnapshotSchedule
from robusta_volumes._model.times import parse_time

_in_process: dict[str, dict[str, Any]] = {}  # stands in for the state where that may not be written


class Notes:
    """The memory of all schedules: in the state, or in this process where the state cannot be kept."""

    def __init__(self, state: State) -> None:
        """Keep it in ``state``."""
        self.state = state

    def load(self, key: str) -> dict[str, Any]:
        """Read what is known under a key."""
        if key in _in_process:
            return _in_process[key]  # newer than the state, which could not be written
        try:
            return self.state.read(key)
        except ClusterError:
            return {}

    def save(self, key: str, note: Note, before: dict[str, Any]) -> dict[str, Any]:
        """Keep a note when it says something else than ``before``; give what is kept."""
        now = note.written()
        if now == before:
            return before
        try:
            self.state.write(key, now)
        except ClusterError:
            _in_process[key] = now
        else:
            _in_process.pop(key, None)
        return now


@dataclass
class Turn:
    """A schedule, or None for the snapshots made by hand that age like a schedule's."""

    schedule: SnapshotSchedule | None
    points: list[Point]
    policy: Policy
    plan: PrunePlan
    note: Note
    before: dict[str, Any]
    deleted: Deleted = field(default_factory=Deleted)
    made: list[Made] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Where its note is kept."""
        return key_of(self.schedule)

    def save(self, notes: Notes) -> None:
        """Keep its note."""
        self.before = notes.save(self.key, self.note, self.before)


def key_of(schedule: SnapshotSchedule | None) -> str:
    """Name the key of a schedule's note."""
    return f"snapshots.schedule.{schedule.name}" if schedule else "snapshots.by-hand"


def turns(points: list[Point], settings: PvcSnapshots, notes: Notes, now: datetime, process: str) -> list[Turn]:
    """Give every schedule its snapshots and its memory; those made by hand that age come last."""
    sorted_out: dict[str, list[Point]] = {}
    for point in points:
        if point.owned and (point.schedule or point.follows_schedule):
            sorted_out.setdefault(point.schedule, []).append(point)
    found = []
    for schedule in (*settings.schedules, None):
        own = sorted_out.get(schedule.name if schedule else BY_HAND, [])
        if schedule is None and not own:
            continue
        before = notes.load(key_of(schedule))
        newest = max((point.slot for point in own if point.slot), default=None)
        note = read_note(before, now, newest if schedule else None)
        note.follow(f"{schedule.schedule} {schedule.time_zone}" if schedule else "", now)
        note.confirm(process)
        policy = policy_of(settings, schedule)
        plan = plan_prune(schedule.name if schedule else BY_HAND, own, policy, now)
        found.append(Turn(schedule, own, policy, plan, note, before))
    return found


def known_since(cluster: Cluster, home: str, settings: PvcSnapshots) -> Mapping[str, datetime]:
    """Say since when the tick knows each schedule; nothing of those that it has never seen, or where that may not be read."""
    notes = Notes(State(cluster, home)) if home else None
    noted = {one.name: notes.load(key_of(one)).get("since") for one in settings.schedules} if notes else {}
    return {name: when for name, text in noted.items() if (when := parse_time(text))}
