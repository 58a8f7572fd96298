"""How a value in the settings is read: each check returns the value or raises ValueError with what is allowed.

Values may come as strings where YAML would give another type: `helm --set-string` and the command line send strings.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from robusta_volumes._model.limits import Limits
from robusta_volumes._model.text import nearest

Check = Callable[[object], Any]
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_AMOUNT = re.compile(r"[+-]?(\d{1,12}(\.\d{0,12})?|\.\d{1,12})", re.ASCII)
_DURATION = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:0s)?", re.ASCII)
_MOST = 1_000_000  # of anything: a century in hours; dates and lengths of time overflow further out
_CENTURY = 36_500  # days
_CRON_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d{1,4}))?", re.ASCII)
_CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CRON_NAMES: tuple[dict[str, int], ...] = (
    {},
    {},
    {},
    {name: number for number, name in enumerate(_MONTHS, start=1)},
    {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))},
)
_LAST_DAY = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ALIASES = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually")


def schema_key(name: str) -> str:
    """Write a snake_case name as a Helm key: ``retention_days`` -> ``retentionDays``; IO stays in capitals."""
    first, *rest = name.split("_")
    return first + "".join("IO" if part == "io" else part.capitalize() for part in rest)


def got(value: object) -> str:
    """Repeat what somebody wrote as YAML has it: ``true`` and ``null``, not Python's ``True`` and ``None``."""
    if isinstance(value, bool) or value is None:
        return f"got {json.dumps(value)}"
    if isinstance(value, list | tuple):
        return f"got [{', '.join(got(item)[len('got ') :] for item in value)}]"
    if isinstance(value, Mapping):
        return "got a block of keys"
    return f'got "{value}"' if isinstance(value, str) else f"got {value!r}"


def flag(value: object) -> bool:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    message = f"must be true or false, {got(value)}"
    raise ValueError(message)


def whole(value: object, unit: str, least: int, most: int = _MOST) -> int:
    """Read a whole number of some unit, from ``least`` to ``most``."""
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, float) and value.is_integer():
        number = int(value)  # YAML and --set turn 1e2 and large numbers into floats
    elif isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,9}", value.strip()):
        number = int(value)
    if number is None:
        message = f"must be a whole number of {unit}, {got(value)}"
        raise ValueError(message)
    if number < least:
        message = f"must be at least {_of(least, unit)}, {got(value)}"
        raise ValueError(message)
    if number > most:
        message = f"must be at most {_of(most, unit)}, {got(value)}"
        raise ValueError(message)
    return number


def amount(value: object, unit: str, most: float) -> float:
    """Read a number of some unit, from 0 to ``most``; a fraction is written with a point."""
    number = math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value) if abs(value) <= most else math.inf if value > 0 else -math.inf
    elif isinstance(value, str) and _AMOUNT.fullmatch(value.strip()):
        number = float(value)
    if math.isnan(number):
        message = f"must be a number such as 0.08 ({unit}), {got(value)}"
        raise ValueError(message)
    if not 0 <= number <= most:
        message = f"must be from 0 to {most:,.0f} ({unit}), {got(value)}"
        raise ValueError(message)
    return number


def _of(number: int, unit: str) -> str:
    """Write "1 day", "2 days"; units stand in the plural."""
    return f"{number} {unit[:-1] if number == 1 and unit.endswith('s') else unit}"


def days(value: object) -> int:
    """Read a whole number of days, at least 1."""
    return whole(value, "days", 1, _CENTURY)


def duration(value: object, least: timedelta, most: timedelta) -> timedelta:
    """Read a length of time: 90m, 26h, 30d, 720h, or several of them together, largest first (1d12h)."""
    written = str(value).strip() if isinstance(value, str) else ""
    match = _DURATION.fullmatch(written)
    if not written or not match:
        message = f"must be a length of time such as 26h or 30d, {got(value)}"
        raise ValueError(message)
    found = timedelta(days=int(match[1] or 0), hours=int(match[2] or 0), minutes=int(match[3] or 0))
    if not least <= found <= most:
        message = f"must be from {duration_text(least)} to {duration_text(most)}, {got(value)}"
        raise ValueError(message)
    return found


def duration_text(length: timedelta) -> str:
    """Write a length of time as it is read: whole days as 30d, else hours and minutes."""
    minutes = int(length.total_seconds()) // 60
    if minutes and not minutes % 1440:
        return f"{minutes // 1440}d"
    hours, rest = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{rest}m" if rest or not hours else "")


def text(value: object) -> str:
    """Read a string."""
    if isinstance(value, str):
        return value
    message = f"must be text, {got(value)}"
    raise ValueError(message)


def cron(value: object) -> str:
    """Read a cron expression of five fields, or one of the usual aliases such as @daily."""
    message = f'must be a cron expression of five fields such as "0 2 * * *", {got(value)}'
    if not isinstance(value, str):
        raise ValueError(message)  # noqa: TRY004 (one kind of error for everything that a user can write)
    written = value.strip()
    if written in _ALIASES:
        return written
    parts = written.split()
    if len(parts) != len(_CRON_RANGES):
        raise ValueError(message)
    read: list[set[int]] = []
    for part, (least, most), words in zip(parts, _CRON_RANGES, _CRON_NAMES, strict=True):
        try:
            read.append(_cron_field(part.lower(), least, most, words))
        except ValueError as wrong:
            raise ValueError(f"{message}: {wrong}") from wrong
    if not any(min(read[2]) <= _LAST_DAY[month - 1] for month in read[3]):
        raise ValueError(f"{message}: day {parts[2]} of month {parts[3]} does not come every year")
    return written


def _cron_field(part: str, least: int, most: int, words: Mapping[str, int]) -> set[int]:
    """Read one field as the numbers that it allows."""
    found: set[int] = set()
    for piece in part.split(","):
        match = _CRON_PART.fullmatch(piece)
        if not match:
            raise ValueError(f"{part} is not a field of one")
        first, last, step = match.groups()
        ends = [words[end] if end in words else int(end) if end.isdigit() else -1 for end in (first, last) if end]
        if any(not least <= end <= most for end in ends):
            raise ValueError(f"{part} is outside {least}-{most}")
        start, stop = (ends[0], ends[-1]) if ends else (least, most)
        if step and len(ends) == 1:
            stop = most
        if start > stop:
            raise ValueError(f"{part} runs backwards")
        if step and not int(step):
            raise ValueError(f"{part} has a step of 0")
        found.update(range(start, stop + 1, int(step or 1)))
    return found


def time_zone(value: object) -> str:
    """Read the name of a time zone, such as Europe/Berlin."""
    name = text(value)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"must be a time zone such as Europe/Berlin or UTC, {got(value)}"
        raise ValueError(message) from error
    return name


def names(value: object) -> tuple[str, ...]:
    """Read a list of namespace names; one string with commas will do."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        message = f"must be a list of namespaces, {got(value)}"
        raise ValueError(message)  # noqa: TRY004 (one kind of error for everything that a user can write)
    found = tuple(str(item).strip() for item in items if str(item).strip())
    for name in found:
        if not _NAME.fullmatch(name):
            message = f"must be a list of namespaces, {got(name)} is not the name of one"
            raise ValueError(message)
    return found


def limits(value: object, base: Limits = Limits()) -> Limits:  # noqa: B008 (frozen)
    """Read thresholds to override, by their Helm names; those that are not named stay as in ``base``."""
    if isinstance(value, Limits):
        return value
    if not isinstance(value, Mapping):
        message = f"must be a block of thresholds, {got(value)}"
        raise ValueError(message)  # noqa: TRY004 (one kind of error for everything that a user can write)
    known = {schema_key(one.name): one for one in fields(Limits)}
    given: dict[str, int] = {}
    for key, number in value.items():
        if key not in known:
            near = nearest(str(key), tuple(known), most=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            message = f"has no threshold {key}; {hint}"
            raise ValueError(message)
        try:
            given[known[key].name] = whole(number, known[key].metadata["unit"], 0)
        except ValueError as wrong:
            message = f"{key} {wrong}"
            raise ValueError(message) from wrong
    return replace(base, **given)
