"""Timestamps as the API server writes them, and how times are written for people: absolute plus distance."""

import re
from datetime import datetime, timedelta, timezone

UTC = timezone.utc
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_GO_SPAN = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:[\d.]{1,12}ms)?", re.ASCII)


def parse_time(text: object) -> datetime | None:
    """Read an RFC 3339 timestamp; None when it is absent or unreadable.

    The only parser of the house: ``datetime.fromisoformat`` of Python 3.10 knows neither ``Z`` nor nanoseconds.
    """
    if isinstance(text, datetime):
        return text if text.tzinfo else text.replace(tzinfo=UTC)
    if not isinstance(text, str) or not text:
        return None
    body = text[:-1] + "+00:00" if text[-1] in "zZ" else text
    if "." in body:
        whole, _, rest = body.partition(".")
        digits = len(rest) - len(rest.lstrip("0123456789"))
        body = f"{whole}.{rest[:digits][:6]:0<6}{rest[digits:]}"
    try:
        when = datetime.fromisoformat(body)
        if when.tzinfo is UTC:
            return when
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the year 1 with an offset lies before all time
        return None


def go_span(text: object) -> timedelta | None:
    """Read a length of time as Go writes it ("720h0m0s", "3m12.5s"); None when it is absent or none."""
    match = _GO_SPAN.fullmatch(text) if isinstance(text, str) and text else None
    if not match:
        return None
    return timedelta(hours=int(match[1] or 0), minutes=int(match[2] or 0), seconds=float(match[3] or 0))


def span(length: timedelta) -> str:
    """Write a length of time in its largest sensible unit: "40 s", "7 min", "5 h", "9 d"."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 2 * _MINUTE:
        return f"{seconds} s"
    if seconds < 2 * _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR} h"
    return f"{seconds // _DAY} d"


def stamp(when: datetime, now: datetime) -> str:
    """Write a moment: "21:08 UTC" on the same day, else "2026-11-23 21:08 UTC"."""
    moment = when.astimezone(UTC)
    return moment.strftime("%H:%M UTC" if moment.date() == now.astimezone(UTC).date() else "%Y-%m-%d %H:%M UTC")


def ago(when: datetime | None, now: datetime) -> str:
    """Write a moment with its distance: "21:08 UTC, 7 min ago"; "unknown" for None."""
    if when is None:
        return "unknown"
    return f"{stamp(when, now)}, {span(now - when)} ago"
