"""A calendar of good and bad days: one row per schedule or tool, one square per day, told apart by colour and by sign."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from robusta_volumes._analysis.backup_cover import BackupCover
from robusta_volumes._model.backup import Copy, Phase, Proof
from robusta_volumes._model.times import UTC
from robusta_volumes._report.charts import COLOURS, INK, QUIET, WARM, picture, printable
from robusta_volumes._report.volume_backups_words import tool

DAYS = 30
_ROWS = 6
_AXIS, _SQUARE, _LABEL = 1.0, 0.86, 22
GOOD, PARTLY, FAILED, OPEN, UNKNOWN = "all data", "some data missing", "no data", "under way", "not known"
NEAR = "same storage"
BY_HAND = "by hand"
# The later in this list, the less a day is worth: of several backups in one day the best counts.
_WORTH = (GOOD, NEAR, PARTLY, UNKNOWN, OPEN, FAILED)
_LOOK = {
    GOOD: (COLOURS[0], ""),
    NEAR: (COLOURS[1], "="),
    PARTLY: (COLOURS[2], "!"),
    FAILED: (WARM, "x"),
    OPEN: ("#ffffff", "…"),
    UNKNOWN: ("#9a9a9a", "?"),
}
_NONE = "#e8e8e8"
Rows = Sequence[tuple[str, Mapping[date, str]]]


def calendar(title: str, backups: Iterable[BackupCover], now: datetime) -> bytes | None:
    """Draw the days of schedules; None without any backup in that time, or without matplotlib."""
    found: dict[str, dict[date, str]] = {}
    for cover in backups:
        one = cover.backup
        if one.when and not cover.foreign:
            _mark(found.setdefault(f"{tool(one.engine)} {one.schedule or BY_HAND}", {}), one.when, of_backup(cover))
    return drawn(title, found, now)


def claim_calendar(title: str, copies: Iterable[Copy], now: datetime) -> bytes | None:
    """Draw the days of one claim, a row per tool and whose schedule it was."""
    found: dict[str, dict[date, str]] = {}
    for copy in copies:
        if copy.cut_at:
            who = f"{tool(copy.engine)} {copy.owner}".strip()
            _mark(found.setdefault(who, {}), copy.cut_at, of_proof(copy.proof))
    return drawn(title, found, now)


def of_backup(cover: BackupCover) -> str:
    """Say what a day with this backup was."""
    phase = cover.backup.phase
    if not phase.over:
        return OPEN
    if phase in (Phase.FAILED, Phase.REFUSED) or (cover.of and not cover.covered and not cover.unknown):
        return FAILED
    if not cover.of:
        return UNKNOWN
    if cover.covered == cover.of:
        return NEAR if cover.near else GOOD
    return UNKNOWN if cover.covered + cover.unknown == cover.of else PARTLY


def of_proof(proof: Proof) -> str:
    """Say what a day with this copy was."""
    near = {Proof.MOVED: GOOD, Proof.SNAPSHOT: NEAR, Proof.RUNNING: OPEN, Proof.UNKNOWN: UNKNOWN}
    return near.get(proof, FAILED)


def _mark(days: dict[date, str], when: datetime, what: str) -> None:
    day = when.astimezone(UTC).date()
    if day not in days or _WORTH.index(what) < _WORTH.index(days[day]):
        days[day] = what


def drawn(title: str, found: Mapping[str, Mapping[date, str]], now: datetime) -> bytes | None:
    """Draw the rows with most days first."""
    last = now.astimezone(UTC).date()
    days = [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    kept = [(name, {day: what for day, what in theirs.items() if day in set(days)}) for name, theirs in found.items()]
    every = sorted(((name, theirs) for name, theirs in kept if theirs), key=lambda row: (-len(row[1]), row[0]))
    if not every:
        return None
    rows = every[:_ROWS]
    good, near = days_that_were_good([theirs for _, theirs in every], days)  # also of those for which there is no row
    title += f" ({_ROWS} of {len(every)})" if len(every) > _ROWS else ""
    used = [what for what in _WORTH if any(what in theirs.values() for _, theirs in rows)]
    columns = min(4, len(used) + 1)
    return picture(
        f"{title}: all data on {good} of the last {DAYS} days" + (f", {near} on the same storage" if near else ""),
        len(rows) + _AXIS,
        lambda axes: _draw(axes, rows, days, used),
        legend=columns,
    )


def days_that_were_good(every: Sequence[Mapping[date, str]], days: Iterable[date]) -> tuple[int, int]:
    """Count the days on which a backup was made and each one holds all data, and those of them without a copy elsewhere."""
    made = [{theirs[day] for theirs in every if day in theirs} for day in days]
    good = [day for day in made if day and day <= {GOOD, NEAR}]
    return len(good), sum(GOOD not in day for day in good)


def _draw(axes: Any, rows: Rows, days: Sequence[date], used: Sequence[str]) -> None:
    for what in (*used, ""):
        colour, sign = _LOOK.get(what, (_NONE, ""))
        places = [
            (x, y) for y, (_, theirs) in enumerate(rows) for x, day in enumerate(days) if theirs.get(day, "") == what
        ]
        label = f"{sign} {what}".strip() if what else "no backup"
        axes.barh(
            [y for _, y in places] or [0], [_SQUARE if places else 0] * max(1, len(places)),
            left=[x - _SQUARE / 2 for x, _ in places] or [0], height=_SQUARE, color=colour,
            edgecolor=QUIET if what == OPEN else colour, linewidth=0.6, label=label,
        )  # fmt: skip
        for x, y in places if sign else ():
            axes.text(x, y, sign, ha="center", va="center", fontsize=8, color=INK if what == OPEN else "white")
    names = [printable(name) for name, _ in rows]
    shown = [name if len(name) <= _LABEL else f"{name[: _LABEL - 1]}…" for name in names]
    axes.set_yticks(range(len(rows)), shown, fontsize=9, color=INK, parse_math=False)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(-0.6, len(days) - 0.4)
    ticks = [x for x, day in enumerate(days) if (len(days) - 1 - x) % 7 == 0]
    axes.set_xticks(ticks, [f"{days[x]:%d %b}" for x in ticks], fontsize=8, color=QUIET)
    axes.tick_params(length=0)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
