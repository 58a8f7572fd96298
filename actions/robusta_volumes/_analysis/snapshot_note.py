"""What must be remembered of one schedule between two ticks, and what was said of it. Pure.

Nearly all is read from the snapshots themselves; here is what they cannot hold: since when the schedule is known, which slot
was served last, what it failed at, which policy people were told of, and what was announced.

A tick cannot know that its message was sent, since messages leave only after it returned. So what it says is ``news`` until
the next tick of the same process takes it as ``said``; after a restart in between it is said once more.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._model.times import parse_time

_AHEAD = timedelta(hours=2)  # a clock change is less: what was noted so far ahead, was noted by a wrong clock
LONGEST = timedelta(days=1)  # that a plan waits: a schedule of once a month need not wait for one
_TIMES = 2  # that a message is given when nobody knows whether it was sent


@dataclass
class Note:
    """The memory of one schedule."""

    since: datetime
    times_of: str = ""  # the schedule's times, as they were when it was last looked at
    served: datetime | None = None
    wanted: int = 0  # claims that the served slot was for
    failed: dict[str, list[str]] = field(default_factory=dict)  # claim -> [kind of failure, in words, what to do]
    hooks: dict[str, list[str]] = field(default_factory=dict)  # claim -> the same of hooks around the served slot
    holding: dict[str, str] = field(default_factory=dict)  # claim whose post hook may not have run -> when to look
    missed: list[str] = field(default_factory=list)  # slots that nobody served and that were not told yet
    agreed: dict[str, Any] | None = None  # the policy by which snapshots may go
    waiting: dict[str, Any] | None = None  # a stricter one, published
    until: datetime | None = None  # when that one counts
    said: dict[str, Any] = field(default_factory=dict)  # topic -> content
    news: dict[str, Any] = field(default_factory=dict)  # the same, given by the last tick and perhaps not sent
    by: str = ""  # which process gave the news
    times: int = 0  # how often
    moved: dict[str, list[Any]] = field(default_factory=dict)  # a backup under way -> [bytes moved, since when so many]
    judged: str = ""  # the newest backup whose content was looked at; what was wrong with it is in `failed`
    pruned: str = ""  # the newest backup as of which those that are too many were deleted
    kept: str = ""  # since when the backup tool's own schedule is as the settings want it

    def confirm(self, process: str) -> None:
        """Take as said what the last tick of this process said."""
        if self.news and (self.by == process or self.times >= _TIMES):
            self.said.update(self.news)
            if "missed" in self.news:
                self.missed = []
                self.said.pop("missed", None)
            self.news, self.by, self.times = {}, "", 0

    def follow(self, times_of: str, now: datetime) -> None:
        """Take the schedule as a new one when its times were changed, or when all was noted by a clock that was ahead."""
        if self.times_of and self.times_of != times_of:
            self.since = now
        self.times_of = times_of
        if max(self.since, self.served or self.since) > now + _AHEAD:
            self.since, self.served, self.failed = now, None, {}
        if self.until and self.until > now + LONGEST:
            self.until = None

    def tells(self, topic: str, content: object, process: str) -> bool:
        """Tell whether this has to be said, and note that it is."""
        if self.said.get(topic) == content:
            return False
        self.times = self.times + (self.by != process)
        self.news[topic], self.by = content, process
        return True

    def forget(self, topic: str) -> None:
        """Let a topic be news again when it comes back."""
        self.said.pop(topic, None)
        self.news.pop(topic, None)

    def written(self) -> dict[str, Any]:
        """Give it as JSON can hold it; nothing that is empty, and a copy: what was written must not change with the note."""
        every = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in vars(self).items()}
        return {key: copy.deepcopy(value) for key, value in every.items() if value}


def read_note(noted: Mapping[str, Any], now: datetime, newest: datetime | None) -> Note:
    """Read a memory. Without one the schedule is known since its ``newest`` snapshot's slot, or since ``now``."""
    noted = copy.deepcopy(dict(noted))  # what was read is compared with later
    note = Note(since=parse_time(noted.get("since")) or newest or now)
    for name, kind in (
        ("wanted", int),
        ("failed", dict),
        ("hooks", dict),
        ("holding", dict),
        ("missed", list),
        ("said", dict),
        ("news", dict),
        ("by", str),
        ("times_of", str),
        ("moved", dict),
        ("judged", str),
        ("pruned", str),
        ("kept", str),
    ):
        if isinstance(noted.get(name), kind):
            setattr(note, name, noted[name])
    note.times = noted["times"] if isinstance(noted.get("times"), int) else 0
    for name in ("agreed", "waiting"):
        setattr(note, name, noted[name] if isinstance(noted.get(name), dict) else None)
    note.served, note.until = parse_time(noted.get("served")), parse_time(noted.get("until"))
    return note
