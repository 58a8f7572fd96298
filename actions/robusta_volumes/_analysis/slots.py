"""Which slot of a schedule is due. The trigger that asks is never trusted for time; only the clock and what was served.

Slots are wall-clock times of a zone. A wall-clock time that a clock change skips comes as much later as the clock jumped. One
that it repeats counts the first time; both times where the schedule runs every hour (its hour field starts with ``*``). croniter
is asked about times without zone only: with one, it gives some slots twice and others never around a clock change.

``go``: as robfig/cron counts them, by which Velero, K8up and VolSync serve their schedules. What a clock change skips never
comes, what it repeats counts both times, and days are chosen a little differently.
https://pkg.go.dev/github.com/robfig/cron/v3#hdr-Time_zones
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from croniter import croniter

from robusta_volumes._model.times import UTC

_DAYS, _STARS = (2, 4), frozenset({"*", "?", "*/1"})  # where days stand in an expression, and what leaves a field open
_CLOCK_CHANGE = timedelta(hours=3)  # more than any daylight saving time moves a clock: two hours at Troll


def last_slot(schedule: str, zone: str, now: datetime, *, go: bool = False) -> datetime:
    """Give the newest slot at or before ``now``, in UTC."""
    return next(_backwards(schedule, zone, now, go=go))


def next_slot(schedule: str, zone: str, now: datetime, *, go: bool = False) -> datetime:
    """Give the first slot after ``now``, in UTC."""
    place = ZoneInfo(zone)
    wall = now.astimezone(place).replace(tzinfo=None, second=0, microsecond=0)
    steps = _steps(schedule, wall - _CLOCK_CHANGE, go=go)
    best: datetime | None = None
    while True:
        slot: datetime = steps.get_next(datetime)
        later = [m for m in _moments(slot, place, schedule, go=go) if m > now]
        best = min([*later, *([best] if best else [])], default=None)
        if best and slot.replace(tzinfo=place).astimezone(UTC) - _CLOCK_CHANGE > best:  # none to come is earlier
            return best


def slots_between(
    schedule: str, zone: str, after: datetime, now: datetime, most: int = 1000, *, go: bool = False
) -> list[datetime]:
    """List the slots later than ``after`` and not later than ``now``, newest first, at most ``most``; in UTC."""
    found: list[datetime] = []
    for slot in _backwards(schedule, zone, now, go=go):
        if slot <= after or len(found) == most:
            return found
        found.append(slot)
    return found


def is_due(slot: datetime, served: datetime | None) -> bool:
    """Tell whether a slot still has to be served. Nothing served yet: it is, so that a first report comes at once."""
    return served is None or served < slot


@dataclass(frozen=True)
class Due:
    """What a tick has to do for one schedule."""

    slot: datetime | None  # to be served now; None: nothing is due
    missed: tuple[datetime, ...] = ()  # older slots that nobody served, newest first: told, not caught up
    too_late: bool = False  # the newest slot itself is older than the deadline: told, not caught up


def due(
    schedule: str,
    zone: str,
    now: datetime,
    since: datetime,
    served: datetime | None,
    deadline: timedelta,
    *,
    go: bool = False,
) -> Due:
    """Decide which slot to serve: the newest one only, when it came after ``since`` and is not older than ``deadline``.

    ``since`` is when the schedule was first seen, so that a new schedule fires nothing at once. ``served`` is the newest slot
    that was served; a clock that jumps back finds only older ones, and nothing is due.
    """
    start = max(since, served) if served else since
    slots = slots_between(schedule, zone, start, now, go=go)
    if not slots:
        return Due(None)
    newest, *older = slots
    if now - newest > deadline:
        return Due(None, tuple(slots), too_late=True)
    return Due(newest, tuple(older))


def _steps(schedule: str, wall: datetime, *, go: bool) -> Any:
    """Give croniter for a schedule, which ANDs the two fields of days where one of them names all days, and else ORs them.

    robfig/cron 3 ANDs them only where a ``*`` stands: ``1-31`` beside a weekday means every day there, and not that weekday.
    (Velero before 1.15 has version 1, for which ``*/2`` is a ``*``, too.)
    """
    fields = schedule.split()
    if go and len(fields) > max(_DAYS) and not any(part in _STARS for at in _DAYS for part in fields[at].split(",")):
        named, _ = croniter.expand(schedule)
        if any(named[at] == ["*"] for at in _DAYS):
            schedule = " ".join("*" if at in _DAYS else field for at, field in enumerate(fields))
    return croniter(schedule, wall)


def _moments(slot: datetime, place: ZoneInfo, schedule: str, *, go: bool) -> list[datetime]:
    """Give the moments of one wall-clock time, in UTC: one, or two where a clock change repeats it every hour."""
    first = slot.replace(tzinfo=place, fold=0).astimezone(UTC)
    second = slot.replace(tzinfo=place, fold=1).astimezone(UTC)
    if second > first and (go or _hourly(schedule)):
        return [first, second]
    skipped = first.astimezone(place).replace(tzinfo=None) != slot
    return [] if go and skipped else [first]


def _hourly(schedule: str) -> bool:
    fields = schedule.split()
    return schedule == "@hourly" or (len(fields) > 1 and fields[1].startswith("*"))


def _backwards(schedule: str, zone: str, now: datetime, *, go: bool) -> Iterator[datetime]:
    """Give the slots at or before ``now``, newest first, each once."""
    place = ZoneInfo(zone)
    wall = now.astimezone(place).replace(tzinfo=None, second=0, microsecond=0)
    steps = _steps(schedule, wall + _CLOCK_CHANGE, go=go)
    waiting: set[datetime] = set()  # found, but a slot not looked at yet may lie between
    given: datetime | None = None
    while True:
        slot: datetime = steps.get_prev(datetime)
        settled = slot.replace(tzinfo=place).astimezone(UTC) + _CLOCK_CHANGE
        for moment in sorted((m for m in waiting if m > settled), reverse=True):
            waiting.discard(moment)
            if given is None or moment < given:
                given = moment
                yield moment
        waiting.update(m for m in _moments(slot, place, schedule, go=go) if m <= now)
