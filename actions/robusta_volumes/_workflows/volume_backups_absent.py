"""That nothing here makes backups is one message: the watch over backups says it, and the tick of the schedule knows.

Both run by themselves and may be switched on alone. So the tick of the schedule waits for a look of the watch, which knows the
other tools and the claims, and speaks only when none came.
"""

from datetime import datetime, timedelta

from robusta_volumes._analysis.snapshot_note import Note, read_note
from robusta_volumes._model.times import parse_time
from robusta_volumes._workflows.pvc_snapshots_turn import Notes

KEY = "backups.absent"  # what both know, in the state
WATCH, SCHEDULE = "watch", "schedule"
_LOOK = timedelta(minutes=45)  # the watch looks every half hour
_BY = "by"


def left_to_other(notes: Notes, who: str, now: datetime) -> bool:
    """Tell whether somebody else says it, or may within a look of the watch; note who does."""
    before = notes.load(KEY)
    note = read_note(before, now, None)
    since = parse_time((note.waiting or {}).get("since"))
    if since is None:
        since, note.waiting = now, {"since": now.isoformat()}
    by = note.said.get(_BY)
    waits = who == SCHEDULE and not by and now - since < _LOOK
    if not by and not waits:
        by = note.said[_BY] = who
    notes.save(KEY, note, before)
    return waits or by != who


def over(notes: Notes, who: str, now: datetime) -> None:
    """Forget it: when Velero is there, or when the watch has said it and sees another tool."""
    before = notes.load(KEY)
    note = read_note(before, now, None)
    if note.waiting and (who == SCHEDULE or note.said.get(_BY) == who):
        notes.save(KEY, Note(note.since), before)
