"""What the tick of the schedules says: what failed, what is over, what was missed, and that nothing can be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from robusta_volumes._analysis.slots import next_slot
from robusta_volumes._analysis.snapshot_trouble import (
    CANNOT,
    DELETING,
    PAUSED,
    STUCK,
    WAITS,
    Change,
    Problems,
    claim_of,
    last_good,
)
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.snapshot_schedule import SnapshotSchedule
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.times import stamp
from robusta_volumes._report import notices
from robusta_volumes._report.missed_slots import missed_words
from robusta_volumes._report.page import Block, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import TEXT_LIMIT, short

KEY = "PvcSnapshots"
_SHOWN = 10  # claims in the message; all are in the file
_OVER = 6  # claims named in a message that all is well again
_SLOTS = 5  # missed ones that are spelt out


@dataclass(frozen=True)
class Told:
    """What is known of one schedule when a message about it is written; without ``schedule`` those made by hand."""

    schedule: SnapshotSchedule | None
    slot: datetime | None
    wanted: int  # claims that the slot was for
    problems: Problems
    points: Sequence[Point]
    removed: Sequence[Point]
    cluster: str
    now: datetime

    @property
    def title(self) -> str:
        """How people write it."""
        return f'Snapshots "{self.schedule.name}"' if self.schedule else "Snapshots made by hand"

    @property
    def subject(self) -> Subject:
        """What its messages are about."""
        return Subject("Cluster", self.cluster or "cluster")


def schedule_page(told: Told, found: Change) -> Page:
    """Tell what is wrong, failures first, or that it is over."""
    identity = f"schedule/{told.schedule.name if told.schedule else ''}"
    if found.resolved:
        return Page(
            title=f"[RESOLVED] {told.title}: {_over(told)}",
            severity=Severity.INFO,
            subject=told.subject,
            blocks=(Text(f"{_made_again(found)}{_footer(told)}"), *_table(told)),
            key=KEY,
            identity=identity,
            failure=False,
        )
    kinds = {kind for kind, *_ in told.problems.values()}
    return Page(
        title=short(_title(told), 240),
        severity=Severity.MEDIUM if kinds <= {CANNOT, STUCK, WAITS} else Severity.HIGH,
        subject=told.subject,
        blocks=(*_table(told), Text(_todo(told)), Text(_footer(told)), _file(told)),
        key=KEY,
        identity=identity,
    )


def missed_page(told: Told, missed: Sequence[str]) -> Page:
    """Tell of slots that nobody served. They are not made up for: a snapshot of noon is not one of the night."""
    number, words = missed_words(missed, told.slot, told.now, _SLOTS)
    text = (
        f"{words} Snapshots are made while the Robusta runner runs and may read the cluster; a missed run is "
        "made up for within `startingDeadlineMinutes` of its time, and only the latest.\n"
        "*Do this:* look whether the runner was away then: `kubectl get pods -A | grep robusta-runner`"
    )
    return Page(
        title=f"{told.title}: {_slots(number)} missed",
        severity=Severity.MEDIUM,
        subject=told.subject,
        blocks=(Text(text), Text(_footer(told))),
        key=KEY,
        identity=f"missed/{told.schedule.name if told.schedule else ''}",
    )


def blind_page(error: ClusterError, cluster: str) -> Page:
    """Tell that nothing is made and nothing is deleted, and why."""
    says = "No snapshot is made and none is deleted until this is repaired; then it goes on by itself."
    return notices.blind_page(error, "Taking snapshots", says, KEY, "tick", cluster)


def sighted_page(cluster: str) -> Page:
    """Tell that it works again."""
    says = "What is due is made, and what is too old is deleted again."
    return notices.over_page("Taking snapshots works again", says, KEY, "tick", cluster)


def _slots(number: int) -> str:
    return f"{count(number, 'run')} {'was' if number == 1 else 'were'}"


def _title(told: Told) -> str:
    kinds = [kind for name, (kind, *_) in told.problems.items() if claim_of(name) == name]
    stay = sum(name.endswith(DELETING) for name in told.problems)
    late, unseen, waits, cannot, still = (kinds.count(one) for one in ("late", "unobserved", WAITS, CANNOT, PAUSED))
    counted = (
        (len(kinds) - late - unseen - waits - cannot - still, "failed"),
        (late, "not ready in time"),
        (unseen, "touched by no controller"),
        (waits, "passed over for an earlier one"),
        (still, "paused after too many that were never ready"),
        (cannot, "cannot be snapshotted"),
        (stay, "not deleted"),
        (len(told.problems) - len(kinds) - stay, "with failed hooks"),
    )
    slot = f" {stamp(told.slot, told.now)}" if told.slot else ""
    word = "ready" if late or unseen or still else "made"
    of = f"{max(0, told.wanted - len(kinds))} of {told.wanted} {word}, " if told.wanted else ""
    return f"{told.title}{slot}: {of}{', '.join(f'{number} {words}' for number, words in counted if number)}"


def _over(told: Told) -> str:
    if told.problems:
        return f"what had failed is made; {count(len(told.problems), 'claim')} cannot be snapshotted"
    return "every claim has its snapshot again"


def _made_again(found: Change) -> str:
    return f"Over for {listing([plain(name) for name in found.over], _OVER)}.\n" if found.over else ""


def _order(told: Told) -> list[tuple[str, list[str]]]:
    return sorted(told.problems.items(), key=lambda item: (item[1][0] == CANNOT, item[0]))


def _table(told: Told) -> tuple[Block, ...]:
    every = _order(told)
    if not every:
        return ()
    goods = last_good(told.points, told.now)
    rows = tuple(
        (short(name, 44), f"{short(why, 160)} · last good: {goods.get(claim_of(name), 'never')}")
        for name, (_, why, _todo) in every[:_SHOWN]
    )
    title = f"Claims ({_SHOWN} of {len(every)}, all in snapshots.csv)" if len(every) > _SHOWN else ""
    return (Table(("claim", "why · last good"), rows, title),)


def _todo(told: Told) -> str:
    """Say each way out once, with how many claims it helps."""
    todos: dict[str, list[str]] = {}
    for name, (_, _why, todo) in _order(told):
        if todo:
            todos.setdefault(todo, []).append(name)
    lines = [
        f"{plain(names[0]) if len(names) == 1 else count(len(names), 'claim')}: {_fenced(todo)}"
        for todo, names in todos.items()
    ]
    lines = [f"{'• ' if number else '*Do this:* '}{line}" for number, line in enumerate(lines)]
    return short("\n".join(lines[:4]) or "*Do this:* run `pvc_snapshots` by hand for the whole history.", TEXT_LIMIT)


def _fenced(todo: str) -> str:
    """Put the command of a remedy, the lines after the first, or all of it when it is one, into a fence."""
    says, _, command = todo.partition("\n")
    if command:
        return f"{says}\n```{short(command, 1200)}```"
    return f"`{says}`" if says.startswith("kubectl ") else says


def _footer(told: Told) -> str:
    good = sum(point.good for point in told.points) - sum(point.good for point in told.removed)
    parts = [f"{count(good, 'good snapshot')} kept."]
    if told.removed:
        parts.append(f"Removed {len(told.removed)} that the settings no longer keep.")
    if told.schedule:
        slot = next_slot(told.schedule.schedule, told.schedule.time_zone, told.now)
        local = slot.astimezone(ZoneInfo(told.schedule.time_zone))
        zone = "" if told.schedule.time_zone == "UTC" else f" ({local:%Y-%m-%d %H:%M %Z})"
        parts.append(f"Next: {stamp(slot, told.now)}{zone}.")
    return " ".join(parts)


def _file(told: Told) -> Block:
    goods: Mapping[str, str] = last_good(told.points, told.now)
    rows = ((name, kind, goods.get(claim_of(name), "never"), why, todo) for name, (kind, why, todo) in _order(told))
    return csv_file("snapshots.csv", ("claim", "state", "last good", "why", "do this"), rows)
