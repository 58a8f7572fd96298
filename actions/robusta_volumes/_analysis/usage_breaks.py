"""Days on which the use of a claim broke with its habits: a sudden loss, or growth that began to differ."""

import numpy as np
from numpy.typing import NDArray

from robusta_volumes._analysis.usage_rows import Floats

Ints = NDArray[np.int64]
_NOTABLE = 0.02  # of usable: a smaller fall is no cleanup that one would count
_DAYS, _STAYS = 5, 0.6  # days before and after a change, and how much of it is left of one that was none by chance
_HABIT = 3  # falls: so many are how the application works


def carried(values: Floats) -> Floats:
    """Give the rows with each gap filled by the value before it; what lies before the first stays NaN."""
    known = np.where(np.isfinite(values), np.arange(values.shape[1]), -1)
    latest = np.maximum.accumulate(known, axis=1)
    return np.where(latest >= 0, np.take_along_axis(values, np.maximum(latest, 0), axis=1), np.nan)


def losses(highest: Floats, usable: Floats, share: float) -> tuple[Ints, Floats]:
    """Find the largest fall of each row that is more than ``share`` of what it can hold, and no habit of it.

    Gives the column, -1 for none, and the bytes, negative; 0 for none.
    """
    filled = carried(highest)
    moves = np.diff(filled, axis=1, prepend=filled[:, :1])
    moves = np.where(np.isfinite(moves), moves, 0.0)
    habit = (moves < -_NOTABLE * usable[:, None]).sum(axis=1) >= _HABIT
    column = np.argmin(moves, axis=1)
    size = moves[np.arange(len(moves)), column]
    found = (size < -share * usable) & ~habit
    return np.where(found, column, -1), np.where(found, size, 0.0)


def lasting(highest: Floats, column: Ints, size: Floats) -> NDArray[np.bool_]:
    """Tell whether a change stayed: the middle of the days after it lies beyond that of those before, by most of it."""
    filled = carried(highest)

    def middle(first: int) -> Floats:
        at = column[:, None] + np.arange(first, first + _DAYS)
        inside = (at >= 0) & (at < filled.shape[1]) & (column >= 0)[:, None]
        days = np.where(inside, np.take_along_axis(filled, np.clip(at, 0, filled.shape[1] - 1), axis=1), np.inf)
        days = np.sort(np.where(np.isfinite(days), days, np.inf), axis=1)
        known = np.isfinite(days).sum(axis=1)
        return np.where(known > 0, days[np.arange(len(days)), np.maximum(known - 1, 0) // 2], np.nan)

    with np.errstate(invalid="ignore"):
        return np.asarray((middle(0) - middle(-_DAYS)) * np.sign(size) > _STAYS * np.abs(size))


def knees(highest: Floats) -> Ints:
    """Find the day from which on each row grows faster: it lies deepest below the line from the first to the last."""
    filled = carried(highest)
    columns = filled.shape[1]
    first = np.argmax(np.isfinite(filled), axis=1)
    rows = np.arange(len(filled))
    start, end = filled[rows, first], filled[:, -1]
    along = (np.arange(columns) - first[:, None]) / np.maximum(columns - 1 - first, 1)[:, None]
    below = start[:, None] + (end - start)[:, None] * along - filled
    return np.asarray(np.argmax(np.where(np.isfinite(below), below, -np.inf), axis=1), dtype=np.int64)
