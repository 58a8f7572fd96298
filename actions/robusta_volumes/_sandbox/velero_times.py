"""Durations as Go writes them, and cron as robfig/cron reads it: what Velero does with the two."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from robusta_volumes._model.times import UTC

_UNITS = {"h": 1.0, "m": 1 / 60, "s": 1 / 3600}
_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_PART = re.compile(r"^(\*|(\d+)(?:-(\d+))?)(?:/(\d+))?$")
_FIELDS = 5
_FURTHEST = timedelta(days=1500)  # a leap day is never further away


def go_hours(text: str) -> float:
    """Read ``720h0m0s`` as hours."""
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)([hms])", text))


def next_run(schedule: str, after: datetime) -> datetime:
    """Give the first minute after a time at which a schedule is due; a wall clock time that is skipped never comes.

    Raises ValueError: with what Velero says of a schedule that cannot be read.
    """
    zone, text = ZoneInfo("UTC"), schedule
    if match := re.match(r"^(?:CRON_TZ|TZ)=(\S+)\s+(.*)$", schedule):
        zone, text = ZoneInfo(match.group(1)), match.group(2)
    fields = _NAMED.get(text, text).split()
    if len(fields) != _FIELDS:
        raise ValueError(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    minutes, hours, days, months, weekdays = (set(_values(*pair)) for pair in zip(fields, _BOUNDS, strict=True))
    weekdays |= {0} if 7 in weekdays else set()  # noqa: PLR2004 (Sunday's other name)
    either = not any(part in {"*", "*/1"} for field in (fields[2], fields[4]) for part in field.split(","))
    at = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    last = at + _FURTHEST
    while at < last:
        local = at.astimezone(zone)
        fits = local.day in days, (local.weekday() + 1) % 7 in weekdays
        if local.month not in months or not (any(fits) if either else all(fits)):
            at += timedelta(minutes=60 - local.minute)
        elif local.hour in hours and local.minute in minutes:
            return at
        else:
            at += timedelta(minutes=1 if local.hour in hours else 60 - local.minute)
    raise ValueError(f"never due: {schedule}")


def _values(text: str, bounds: tuple[int, int]) -> Iterator[int]:
    for part in text.split(","):
        match = _PART.match(part)
        if not match:
            raise ValueError(f"failed to parse int from {part}")
        star, first, last, step = match.groups()
        low, high = bounds if star == "*" else (int(first), int(last or first))
        if low < bounds[0] or high > bounds[1] or low > high:
            raise ValueError(f"value out of range ({bounds[0]} - {bounds[1]}): {part}")
        yield from range(low, (bounds[1] if step and not last and star != "*" else high) + 1, int(step or 1))
