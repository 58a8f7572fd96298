"""How a volume goes on: which stretch of its past the future follows, whether growth speeds up, and how sure that is.

A month makes the steadiest line; but growth that began or ended a week ago is no month's line. So the line is that of the
longest stretch up to today that agrees with all shorter ones (Lepski's rule: their intervals meet). Rows are claims.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from robusta_volumes._analysis.slopes import NORMAL, Floats, Ints, Line, at_share, highest, lowest, theil_sen

WINDOW = 30  # days that a trend is made of: what a volume did before says little of next week
THIRD = 10  # days: growth is compared over thirds of the window
_STRETCHES = (7, 14, 21, WINDOW)  # days: whole weeks, so that a week's rhythm is in none of them by halves
_ENOUGH = 5  # daily points without which a stretch contradicts nobody
_FASTER = 1.15  # times: growth that rises by less from third to third is linear
_SURE = 3.0  # times the error of a third's slope: a smaller difference is noise
_FASTEST = 4.0  # times in ten days: more is a start, no trend
_KEPT = 0.8  # of the speed that acceleration promises: who is slower began anew, and goes on evenly
_LUMPS, _LUMPS_SHARE = 3, 0.5  # days that make half of a month's growth
_LUMPS_KEPT = 0.5  # of all that was added: so much must still be there
_OF_A_ROW = ("slope", "low", "high", "end", "noise")
_CHANCE = 0.4  # of the variance of moves: so much is left of mere noise in a month, by chance
_ALIKE = 3.0  # times: of one who speeds up evenly, both thirds are about as much faster than the one before


@dataclass(frozen=True)
class Trend:
    """How a row goes on, ``(rows,)`` each; bytes and bytes a day."""

    slope: Floats
    low: Floats
    high: Floats
    level: Floats  # where it starts
    noise: Floats  # how far days lie from the line, as a standard deviation
    walk: Floats  # by how much a day strays that no later day makes good, as a standard deviation
    factor: Floats  # by what growth is multiplied in ten days; 1: it is not


def straight(window: Floats, whole: Line, weekly: NDArray[np.bool_]) -> tuple[Line, Ints]:
    """Give the line that holds today, and the days it is made of; ``whole`` is that of all. ``weekly`` rows follow it alone."""
    days = window.shape[1]
    stretches = sorted({min(each, days) for each in _STRETCHES})
    lines = [*(theil_sen(window[:, -each:]) for each in stretches[:-1]), whole]
    chosen = np.zeros(len(window), dtype=np.int64)
    low, high = lines[0].near
    alive = np.ones(len(window), dtype=bool)
    for at, line in enumerate(lines[1:], start=1):
        thin = np.isfinite(window[:, -stretches[at - 1] :]).sum(axis=1) < _ENOUGH
        below, above = line.near
        alive &= thin | weekly | ((below <= high) & (above >= low))
        chosen[alive] = at
        low = np.where(thin | (below > low), below, low)
        high = np.where(thin | (above < high), above, high)
    return _picked(lines, chosen, days), np.asarray(stretches)[chosen]


def _picked(lines: list[Line], chosen: Ints, days: int) -> Line:
    def pick(name: str) -> Floats:
        return np.asarray(np.choose(chosen, [getattr(line, name) for line in lines]))

    rest = np.full((len(chosen), days), np.nan)
    for at, line in enumerate(lines):
        rows = chosen == at
        rest[rows, days - line.rest.shape[1] :] = line.rest[rows]
    near = np.full(len(chosen), np.nan)
    return Line(pick("slope"), pick("low"), pick("high"), (near, near), pick("end"), pick("noise"), rest)


def acceleration(window: Floats) -> tuple[Floats, ...]:
    """Give by what growth is multiplied in ten days (1: it is not), and the growth a day that it has reached, low, high."""
    if window.shape[1] < 3 * THIRD:
        return np.ones(len(window)), *[np.full(len(window), np.nan)] * 3
    first, second, third = (theil_sen(window[:, a : a + THIRD]) for a in (0, THIRD, 2 * THIRD))
    noise = np.sqrt((first.noise**2 + second.noise**2 + third.noise**2) / 3)
    error = noise / np.sqrt(THIRD * (THIRD**2 - 1) / 12)
    with np.errstate(invalid="ignore", divide="ignore"):
        one, two = second.slope / first.slope, third.slope / second.slope
        speeds = (first.slope > 0) & (one > _FASTER) & (two > _FASTER) & (one < _ALIKE * two) & (two < _ALIKE * one)
        speeds &= third.slope - first.slope > _SURE * error
        factor = np.where(speeds, np.clip(np.fmin(np.sqrt(one * two), two), 1.0, _FASTEST), 1.0)  # who eases off, less
    today = np.sqrt(factor)  # the third's slope is that of its middle, five days ago
    week = theil_sen(window[:, -7:]).slope  # of its middle, three and a half days ago: as fast as that says?
    factor = np.where(week * factor**0.35 < _KEPT * third.slope * today, 1.0, factor)
    return factor, third.slope * today, third.low * today, third.high * today


def straying(window: Floats, slope: Floats) -> Floats:
    """Give how far a day strays for good, ``(rows,)``: what is left of moves when those that are made good are not counted.

    The long-run variance of daily moves with one lag: for noise around a line it is 0, for a random walk all of it.
    """
    moves = np.diff(window, axis=1) - slope[:, None]
    known = np.maximum(np.isfinite(moves).sum(axis=1), 1)
    pair = moves[:, 1:] * moves[:, :-1]
    both = np.maximum(np.isfinite(pair).sum(axis=1), 1)
    whole = np.nansum(moves**2, axis=1) / known + 2 * np.nansum(pair, axis=1) / both
    return np.asarray(np.sqrt(np.maximum(whole - _CHANCE * np.nansum(moves**2, axis=1) / known, 0.0)))


def lumpy(window: Floats) -> NDArray[np.bool_]:
    """Tell which rows grow by a few days of many: three days make half of all that was added, not all of them lately."""
    if window.shape[1] <= _STRETCHES[0]:
        return np.zeros(len(window), dtype=bool)
    added = np.nan_to_num(np.maximum(np.diff(window, axis=1), 0.0))
    whole = added.sum(axis=1)
    largest = np.sort(added, axis=1)[:, -_LUMPS:].sum(axis=1)
    late = np.sort(added[:, -_STRETCHES[0] :], axis=1)[:, -_LUMPS:].sum(axis=1)
    kept = highest(window[:, -_STRETCHES[0] :]) - lowest(window)  # what comes and goes is no growth
    return np.asarray((largest >= _LUMPS_SHARE * whole) & (late < largest) & (kept > _LUMPS_KEPT * whole))


def mean_growth(window: Floats, line: Line, rows: NDArray[np.bool_]) -> Line:
    """Give the lines with those of ``rows`` replaced by the mean of their moves, as of a random walk that drifts."""
    known = np.isfinite(window)
    first = np.argmax(known, axis=1)
    last = window.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    at = np.arange(len(window))
    days = np.maximum(last - first, 1)
    mean = (window[at, last] - window[at, first]) / days
    sure = NORMAL * straying(window, mean) / np.sqrt(days)
    pick = {
        "slope": mean, "low": mean - sure, "high": mean + sure, "end": window[at, last], "noise": 0 * mean,
    }  # fmt: skip
    rest = np.where(
        rows[:, None], window - (window[at, last] + mean * (window.shape[1] - 1 - last))[:, None], line.rest
    )
    changed = {name: np.where(rows, value, getattr(line, name)) for name, value in pick.items()}
    return Line(**changed, near=line.near, rest=rest)


def chosen(line: Line, other: Line, rows: NDArray[np.bool_]) -> Line:
    """Give the lines with those of ``rows`` taken from another."""
    pick = {name: np.where(rows, getattr(other, name), getattr(line, name)) for name in _OF_A_ROW}
    return replace(line, **pick, rest=np.where(rows[:, None], other.rest, line.rest))


def tips(window: Floats, peaks: NDArray[np.bool_], saw: NDArray[np.bool_], line: Line) -> Line:
    """Give the lines with those of ``saw`` rows replaced by one through the days before falls: the envelope of a sawtooth."""
    found = theil_sen(np.where(peaks, window, np.nan)[saw])
    changed = {}
    for name in _OF_A_ROW:
        changed[name] = getattr(line, name).copy()
        changed[name][saw] = getattr(found, name)
    return replace(line, **changed)


def lately(line: Line) -> Floats:
    """Give how far the last week lies above the line, in the middle."""
    return at_share(line.rest[:, -7:])
