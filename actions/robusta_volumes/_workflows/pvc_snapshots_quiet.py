"""When a tick need not look: nothing is due, nothing is under way, and the last look was a short while ago.

A look lists all claims, all contents and all snapshots of ours. In a large cluster that is too much for every five minutes, so
a look that found nothing open notes until when the next ones may be left out: the first slot of any schedule, an hour at most.
The note lies in the state beside the others; where that cannot be read or written, every tick looks.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from robusta_volumes._analysis.slots import next_slot
from robusta_volumes._analysis.snapshot_note import Note
from robusta_volumes._analysis.snapshot_trouble import CANNOT
from robusta_volumes._cluster.state import State
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.restore_point import State as PointState
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.times import parse_time
from robusta_volumes._workflows.pvc_snapshots_turn import Turn

KEY = "snapshots.quiet"


def is_quiet(state: State, settings: PvcSnapshots, now: datetime) -> bool:
    """Tell whether the last look found nothing open, by these settings, and whether that still holds."""
    try:
        noted = state.read(KEY)
    except ClusterError:
        return False
    start, end = parse_time(noted.get("at")), parse_time(noted.get("until"))
    return bool(start and end and start <= now < end and noted.get("settings") == _mark(settings))


def keep_quiet(
    state: State, settings: PvcSnapshots, turns: Iterable[Turn], blind: Note, objects: int, now: datetime
) -> None:
    """Note after a look until when the next ones may be left out; take back what an earlier look noted when something is open.

    ``blind`` is the note of what concerns all schedules, ``objects`` how many were listed: of few the next look costs nothing.
    """
    limits = settings.limits
    closed = not blind.news and not blind.said.get("error")
    if closed and objects >= limits.snapshot_many and all(_closed(turn, now) for turn in turns):
        slots = [next_slot(one.schedule, one.time_zone, now) for one in settings.schedules]
        end = min(now + timedelta(minutes=limits.snapshot_look_minutes), *slots)
        wanted = {"at": now.isoformat(), "until": end.isoformat(), "settings": _mark(settings)}
    else:
        wanted = {}
    with suppress(
        ClusterError
    ):  # then every tick looks, or, where only writing fails, the note is over within the hour
        if wanted or state.read(KEY):
            state.write(KEY, wanted)


def _closed(turn: Turn, now: datetime) -> bool:
    """Tell whether the next tick would have nothing to do, to tell or to find out, unless a slot comes."""
    note, schedule = turn.note, turn.schedule
    deadline = timedelta(minutes=schedule.starting_deadline_minutes) if schedule else timedelta(0)
    again = bool(note.failed) and note.served is not None and now - note.served <= deadline
    told = note.said.get("problems") or {}
    kinds = {kind for kind, *_ in (*note.failed.values(), *note.hooks.values())} | set(told.values())
    return (
        not (again or turn.made or turn.plan.removed or note.missed or note.news or note.holding)
        and note.waiting is None
        and kinds <= {CANNOT}
        and all(point.state is PointState.READY for point in turn.points)
    )


def _mark(settings: PvcSnapshots) -> str:
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:16]
