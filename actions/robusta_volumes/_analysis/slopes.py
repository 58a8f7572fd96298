"""Straight lines through daily values that a few odd days do not bend: Theil-Sen, for thousands of claims at once.

The slope is the median of the slopes between all pairs of days (Theil 1950, Sen 1968). Its interval follows from Kendall's
variance of the number of concordant pairs, n(n-1)(2n+5)/18, widened for residuals that follow one another. Rows are claims,
columns days, NaN a day without a sample. There is no loop over rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NORMAL = 1.2816  # standard deviations: 80 % of a normal distribution lie within so many of its middle
MAD = 1.4826  # what makes the median of distances from the median a standard deviation
_HALF = 0.3
_TIED = 0.9  # the most that is believed of the tie between neighbouring days; 1 would leave no days at all


@dataclass(frozen=True)
class Line:
    """A line per row, ``(rows,)`` each; NaN where fewer than two days have a value."""

    slope: Floats  # units of the values per day
    low: Floats  # the same: 80 % of the cases lie between low and high
    high: Floats
    near: tuple[Floats, Floats]  # the same two, were days tied to their neighbours by half at most
    end: Floats  # the line's value at the last column
    noise: Floats  # standard deviation of the values around the line, robust
    rest: Floats  # (rows, days): value minus line


def at_share(values: Floats, share: float = 0.5) -> Floats:
    """Give the quantile of each row over what is there, ``(rows, days) -> (rows,)``; NaN where nothing is."""
    ranked = np.sort(values, axis=1)  # NaN goes last
    last = np.maximum(np.isfinite(values).sum(axis=1) - 1, 0)
    place = share * last
    below = place.astype(np.int64)
    rows = np.arange(len(values))
    under = ranked[rows, below]
    return np.asarray(under + (ranked[rows, np.minimum(below + 1, last)] - under) * (place - below))


def highest(values: Floats) -> Floats:
    """Give the greatest of each row; NaN where nothing is."""
    return np.asarray(np.fmax.reduce(values, axis=1))


def lowest(values: Floats) -> Floats:
    """Give the least of each row; NaN where nothing is."""
    return np.asarray(np.fmin.reduce(values, axis=1))


def theil_sen(values: Floats) -> Line:
    """Fit a line per row of ``(rows, days)``. Rows are few enough for a cache: call it with a thousand."""
    rows, days = values.shape
    if days < 2:  # noqa: PLR2004 (two points make a line)
        none = np.full(rows, np.nan)
        return Line(none, none, none, (none, none), none, none, np.full(values.shape, np.nan))
    base = lowest(values)
    scale = highest(values) - base
    scale[~(scale > 0)] = 1.0
    small = ((values - base[:, None]) / scale[:, None]).astype(np.float32)  # 0 to 1: float32 is exact enough
    pairs = np.empty((rows, days * (days - 1) // 2), dtype=np.float32)
    filled = 0
    for lag in range(1, days):
        np.subtract(small[:, lag:], small[:, :-lag], out=pairs[:, filled : filled + days - lag])
        pairs[:, filled : filled + days - lag] /= lag
        filled += days - lag
    pairs.sort(axis=1)
    points = np.isfinite(small).sum(axis=1)
    count = points * (points - 1) // 2
    slope = _ranked(pairs, count, np.zeros(rows)) * scale
    rest = values - slope[:, None] * np.arange(days)
    middle = at_share(rest)
    rest -= middle[:, None]
    tie = tied(rest)
    alone = NORMAL * np.sqrt(points * (points - 1) * (2 * points + 5) / 18)
    spread, less = (alone * np.sqrt((1 + each) / (1 - each)) for each in (tie, np.minimum(tie, _HALF)))
    return Line(
        slope=slope,
        low=_ranked(pairs, count, -spread) * scale,
        high=_ranked(pairs, count, spread) * scale,
        near=(_ranked(pairs, count, -less) * scale, _ranked(pairs, count, less) * scale),
        end=middle + slope * (days - 1),
        noise=MAD * at_share(np.abs(rest)),
        rest=rest,
    )


def _ranked(pairs: NDArray[np.float32], count: Ints, shift: Floats) -> Floats:
    """Give the slope ``shift`` concordant pairs away from the middle one: half of that in ranks."""
    rank = (count - 1 + shift) / 2
    rank = np.where(shift < 0, np.floor(rank), np.ceil(rank)) if shift.any() else rank
    rank = np.clip(rank, 0, np.maximum(count - 1, 0))
    below = np.floor(rank).astype(np.int64)
    rows = np.arange(len(pairs))
    both = pairs[rows, below].astype(np.float64) + pairs[rows, np.ceil(rank).astype(np.int64)]
    return np.asarray(np.where(count > 0, both / 2, np.nan))


def tied(rest: Floats) -> Floats:
    """Give the autocorrelation of neighbouring days, 0 to 0.9, ``(rows,)``."""
    pair = rest[:, 1:] * rest[:, :-1]
    whole = np.nansum(rest * rest, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        tie = np.nansum(pair, axis=1) / whole
    return np.asarray(np.clip(np.where(whole > 0, tie, 0.0), 0.0, _TIED))
