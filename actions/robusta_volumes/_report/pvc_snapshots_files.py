"""The files of a snapshot report: one row per claim, one per snapshot. What is not known says so; it is never 0."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from robusta_volumes._analysis.snapshot_cover import Cover, Rhythm
from robusta_volumes._analysis.snapshot_fate import Fates
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.times import UTC, span
from robusta_volumes._report.page import File, csv_file

UNKNOWN = "unknown"
MOST_ROWS = 20_000  # in one file: a spreadsheet and a chat still take it
STATES = {
    State.READY: "ready",
    State.CUT: "cut, not ready yet",
    State.CREATING: "asked for, not cut yet",
    State.UNOBSERVED: "no controller has touched it",
    State.LATE: "not ready in time",
    State.TERMINATING: "being deleted",
}


def slot_words(beat: Rhythm) -> str:
    """Write when a schedule is due: in its own zone, and in UTC where that is another time; and that it is the first time."""
    first = "first run at " if beat.is_new else ""
    utc = beat.next.astimezone(UTC)
    local = beat.next.astimezone(ZoneInfo(beat.schedule.time_zone))
    if local.utcoffset() == utc.utcoffset():
        return f"{first}{utc:%Y-%m-%d %H:%M UTC}"
    day = "" if local.date() == utc.date() else f"{utc:%Y-%m-%d} "
    return f"{first}{local:%Y-%m-%d %H:%M %Z} ({day}{utc:%H:%M} UTC)"


def claims_csv(covers: Iterable[Cover], now: datetime, *, known: bool = True) -> File:
    """Write one row per claim; ``known``: whether it could be looked which can be snapshotted."""
    headers = (
        "namespace",
        "claim",
        "state",
        "schedules",
        "last good",
        "age",
        "kept",
        "pending",
        "failed",
        "next run",
        "restore size in bytes",
        "can be snapshotted",
        "why",
        "do this",
    )
    return csv_file("claims.csv", headers, (_claim_row(one, now, known=known) for one in covers))


def _claim_row(one: Cover, now: datetime, *, known: bool) -> tuple[object, ...]:
    good = one.last_good
    able = f"no: {one.cannot.why}" if one.cannot else "yes" if known else UNKNOWN
    return (
        one.namespace,
        one.claim,
        "there" if one.there else "gone" if one.known else UNKNOWN,
        " ".join(beat.schedule.name for beat in one.rhythms),
        good.when.isoformat() if good and good.when else "unknown" if good else "never",
        span(now - good.when) if good and good.when else "",
        one.good,
        one.pending,
        one.failed,
        slot_words(one.next) if one.next else "",
        good.size if good and good.size else UNKNOWN if good else "",
        able if one.there else "",
        one.why,
        one.todo,
    )


def snapshots_csv(points: Iterable[Point], fates: Fates) -> File:
    """Write one row per snapshot: its state, and why it stays or goes."""
    headers = (
        "namespace",
        "claim",
        "snapshot",
        "state",
        "cut",
        "made",
        "restore size in bytes",
        "schedule",
        "class",
        "what becomes of it",
        "last error",
    )
    return csv_file("snapshots.csv", headers, (_snapshot_row(point, fates) for point in points))


def _snapshot_row(point: Point, fates: Fates) -> tuple[object, ...]:
    return (
        point.namespace,
        point.claim,
        point.name,
        STATES[point.state],
        point.cut_at.isoformat() if point.cut_at else UNKNOWN,
        point.created.isoformat() if point.created else UNKNOWN,
        point.size or UNKNOWN,
        point.schedule or ("by hand" if point.owned else "made by others"),
        point.class_name,
        fates.says(point),
        point.error,
    )
