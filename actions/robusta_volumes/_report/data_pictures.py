"""Which growth is drawn, from what: the claims that matter most."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import isnan

from robusta_volumes._model.text import count
from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Grid, Key
from robusta_volumes._model.use_words import changed, full_on, held, how_full, is_full, signed, title_of
from robusta_volumes._report.data_seen import Row, Seen
from robusta_volumes._report.growth_chart import Forecast, Growth, Points, growth_picture, growth_pictures
from robusta_volumes._report.page import File

_DRAWN = 5  # claims of a report: more are too small on a phone
_AHEAD = 60  # days: further a picture shows nothing that helps
_LEAST = 14  # days ahead that are drawn
_BEYOND = 1.25  # of the time until it is full


def pictures(seen: Seen) -> tuple[File, ...]:
    """Draw the growth of what fills first; of the only claim in any case."""
    rows = seen.rows[:1] if len(seen.rows) == 1 else _worst(seen)
    drawn = [growth for row in rows if (growth := _growth(row, seen, _ahead(rows)))]
    png = growth_picture(drawn[0], seen.now) if len(drawn) == 1 else growth_pictures(_of_all(seen), drawn, seen.now)
    return (File("growth.png", png),) if png else ()


def _worst(seen: Seen) -> tuple[Row, ...]:
    """Give the claims that fill first, in the order of the table; what is full already where there is a place left."""
    chosen = {row.use.key for row in (*seen.filling, *seen.full)[:_DRAWN]}
    return tuple(row for row in (*seen.full, *seen.filling) if row.use.key in chosen)


def _of_all(seen: Seen) -> str:
    """Say how many there are, and how many of them are drawn."""
    full, filling = len(seen.full), len(seen.filling)
    some = f"; {_DRAWN} of them" if full + filling > _DRAWN else ""
    if not full:
        return f"{filling} volumes fill within {seen.horizon} days{some}"
    if not filling:
        return f"{full} volumes are full{some}"
    return f"{count(full, 'volume')} full, {filling} more within {seen.horizon} days{some}"


def _growth(row: Row, seen: Seen, ahead: float) -> Growth | None:
    """Give what is drawn of one claim; None where its history is not known."""
    used = points(seen.measured.highest if seen.measured else None, row.use.key)
    if len(used) < 2:  # noqa: PLR2004 (one point is no line)
        return None
    return Growth(_title(row, seen), used, _fits(row, seen, used), _forecast(row, seen, used, ahead), _marks(row))


def _ahead(rows: Sequence[Row]) -> float:
    """Say how many days ahead are worth showing: a little more than until the last of them is full."""
    return min(_AHEAD, max([_LEAST, *((row.use.full_in or 0) * _BEYOND for row in rows)]))


def _title(row: Row, seen: Seen) -> str:
    use = row.use
    if is_full(use):
        return f"{title_of(use)} is full"
    if use.full_in is not None:
        return f"{title_of(use)}: full {full_on(use, seen.now)}"
    if use.use is None and use.last and use.last.used:
        return f"{title_of(use)} is not measured now: {held(use.last)}"
    return f"{title_of(use)}: {how_full(use.use)}"


def points(grid: Grid | None, key: Key) -> Points:
    """Give the points of one claim that a grid has."""
    if grid is None or key not in grid.keys:
        return ()
    row = grid.keys.index(key) * grid.columns
    values = grid.values[row : row + grid.columns]
    return [(grid.start + i * grid.step, value) for i, value in enumerate(values) if not isnan(value)]


def _fits(row: Row, seen: Seen, used: Points) -> Points:
    """Say what fitted when: by its measured capacity where that is known, so that a resize is seen; else as it is now."""
    usable = row.use.use.usable if row.use.use else None
    if usable is None:
        return ()
    sizes = points(seen.measured.capacity if seen.measured else None, row.use.key)
    capacity = row.use.use.capacity if row.use.use else None
    if not sizes or not capacity:
        return [(used[0][0], float(usable))]
    # what can hold data is a little less than the capacity: the rest is the filesystem's own
    share = usable / capacity
    kept = [sizes[0], *(now for before, now in pairwise(sizes) if now[1] != before[1])]
    first = min(used[0][0], kept[0][0])
    return [(max(when, first) if i else first, size * share) for i, (when, size) in enumerate(kept)]


def _forecast(row: Row, seen: Seen, used: Points, ahead: float) -> Forecast | None:
    use, usable = row.use, row.use.use.usable if row.use.use else None
    if use.growth is None or usable is None or not use.history or is_full(use):
        return None
    full = use.full_in
    level = used[-1][1]
    gap = usable - level

    def at(days: float | None) -> float:
        """Give where a line ends that reaches what fits after so many days."""
        return level + (gap * ahead / days if days else 0.0)

    middle = at(full) if full else level + use.growth * ahead
    high = at(use.full_early) if use.full_early else middle
    low = at(use.full_late) if use.full_late else min(middle, level) if use.full_early else middle
    end = seen.now + timedelta(days=ahead)
    return Forecast(end, middle, low, high)


def _marks(row: Row) -> list[tuple[datetime, str]]:
    on = row.use.changed_on
    if on is None or not changed(row.use):
        return []
    word = signed(row.use.change) if row.use.change else "faster"
    return [(datetime(on.year, on.month, on.day, tzinfo=UTC), word)]
