"""Which growth is drawn, from what: the claim that matters most."""

from datetime import datetime, timedelta
from itertools import pairwise
from math import isnan

from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Grid, Key
from robusta_volumes._model.use_words import changed, full_on, how_full, is_full, signed, title_of
from robusta_volumes._report.data_seen import Row, Seen
from robusta_volumes._report.growth_chart import Forecast, Points, growth_picture
from robusta_volumes._report.page import File

_AHEAD = 60  # days: further a picture shows nothing that helps
_LEAST = 14  # days ahead that are drawn
_BEYOND = 1.25  # of the time until it is full


def pictures(seen: Seen) -> tuple[File, ...]:
    """Draw the growth of what fills first; of the only claim in any case."""
    rows = seen.rows[:1] if len(seen.rows) == 1 else (*seen.filling, *seen.full)[:1]
    return tuple(file for row in rows if (file := picture_of(row, seen)))


def picture_of(row: Row, seen: Seen) -> File | None:
    """Draw the growth of one claim; None where its history is not known."""
    used = points(seen.measured.highest if seen.measured else None, row.use.key)
    if len(used) < 2:  # noqa: PLR2004 (one point is no line)
        return None
    png = growth_picture(
        _title(row, seen), used, _fits(row, seen, used), _forecast(row, seen, used), seen.now, _marks(row)
    )
    return File("growth.png", png) if png else None


def _title(row: Row, seen: Seen) -> str:
    use = row.use
    if is_full(use):
        return f"{title_of(use)} is full"
    if use.full_in is not None:
        return f"{title_of(use)}: full {full_on(use, seen.now)}"
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


def _forecast(row: Row, seen: Seen, used: Points) -> Forecast | None:
    use, usable = row.use, row.use.use.usable if row.use.use else None
    if use.growth is None or usable is None or not use.history or is_full(use):
        return None
    full = use.full_in
    ahead = min(_AHEAD, max(_LEAST, (full or _LEAST) * _BEYOND))
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
