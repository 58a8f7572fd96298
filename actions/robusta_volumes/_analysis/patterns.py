"""What the data of a claim does: grows steadily, in bursts, in a sawtooth, not at all. One of `PATTERNS` per claim.

The first pattern that matches is the claim's. Shares are of ``usable``: the bytes that the filesystem can hold now.
Rows are claims, columns days, NaN a day without a sample.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robusta_volumes._analysis.slopes import Floats, Ints, Line, at_share, highest, lowest

PATTERNS = (
    "no data", "too short", "empty", "idle", "sawtooth", "step", "accelerating", "shrinking", "steady growth", "bursty",
    "cyclic", "flat",
)  # fmt: skip
NO_DATA, TOO_SHORT, EMPTY, IDLE, SAWTOOTH, STEP, ACCELERATING, SHRINKING, STEADY, BURSTY, CYCLIC, FLAT = range(12)

FORECAST_POINTS = 7  # daily points: a week shows what a week does
_EMPTY_SHARE, _EMPTY_BYTES = 0.01, 100 * 2**20  # a new filesystem with a lock file and a folder or two
_IDLE_SHARE, _IDLE_DAYS = 0.002, 14  # less than a log line: nobody writes
_FALL_SHARE, _FALLS = 0.02, 3  # a cleanup that is one frees a fiftieth, and a habit has happened three times
_FALL_RANGE = 0.25  # of all that the row moves: smaller falls are the noise of a larger movement
_STEP_PART, _STEP_SHARE = 0.6, 0.03  # one day that is most of a month's rise, and worth a line
_STEP_ALONE = 3.0  # times the next largest: no other day is like it
_NOTABLE = 0.01  # of usable in 30 days: less is noise
_ROUGH = 0.25  # noise as part of the rise: more is no steady growth
CYCLE = 0.5  # autocorrelation at a week: more is a rhythm
_CYCLE_SHARE = 0.02  # of usable: the daily swing
_WEEK, _MONTH = 7, 30

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Shape:
    """What a row's days look like before any line is drawn, ``(rows,)`` unless said otherwise."""

    points: Ints  # days with a value
    last: Floats  # the newest value
    falls: Ints  # sudden losses: cleanups, compactions
    peaks: Bools  # (rows, days): the day before a fall
    step_column: Ints  # the day of the one sudden rise; -1: none
    step_bytes: Floats  # its bytes; 0: none
    stepped: Bools  # it is most of the month's rise
    idle_column: Ints  # the last day on which anything changed, of a row that is idle; -1: it is not
    p99: Floats  # the 99th percentile of daily maxima


def shape_of(top: Floats, floor: Floats, usable: Floats) -> Shape:
    """Look at daily maxima and minima, ``(rows, days)``."""
    filled = _carried(top)
    moves = np.diff(filled, axis=1, prepend=filled[:, :1])
    moves[~np.isfinite(moves)] = 0.0
    span = highest(top) - lowest(top)
    deep = np.fmax(_FALL_SHARE * usable, _FALL_RANGE * span)[:, None]
    fell = moves < -deep
    peaks = np.zeros(top.shape, dtype=bool)
    peaks[:, :-1] = fell[:, 1:]
    falls = fell.sum(axis=1)
    step, size, most = _steps(filled, moves, falls, usable)
    return Shape(
        points=np.isfinite(top).sum(axis=1),
        last=filled[:, -1],
        falls=falls,
        peaks=peaks,
        step_column=step,
        step_bytes=size,
        stepped=most,
        idle_column=_idle(top, floor, usable),
        p99=at_share(top, 0.99),
    )


def _carried(values: Floats) -> Floats:
    """Give the rows with each gap filled by the value before it; what lies before the first stays NaN."""
    known = np.where(np.isfinite(values), np.arange(values.shape[1]), -1)
    latest = np.maximum.accumulate(known, axis=1)
    return np.where(latest >= 0, np.take_along_axis(values, np.maximum(latest, 0), axis=1), np.nan)


def _steps(filled: Floats, moves: Floats, falls: Ints, usable: Floats) -> tuple[Ints, Floats, Bools]:
    """Give the day and size of the one sudden rise, and whether it is most of what the row rose by."""
    rows = np.arange(len(filled))
    column = np.argmax(moves, axis=1)
    size = moves[rows, column]
    rise = filled[:, -1] - lowest(filled)
    ranked = np.sort(moves, axis=1)
    second = ranked[:, -2] if moves.shape[1] > 1 else np.zeros(len(rows))
    large = (size > _STEP_SHARE * usable) & (falls < _FALLS)
    most = large & (size > _STEP_PART * rise)
    found = most | (large & (size > _STEP_ALONE * second))
    return np.where(found, column, -1), np.where(found, size, 0.0), most


def _idle(top: Floats, floor: Floats, usable: Floats) -> Ints:
    """Give the last day with a change, where the last two weeks have none; -1 elsewhere."""
    days = top.shape[1]
    ceiling = np.fmax.accumulate(top[:, ::-1], axis=1)[:, ::-1]
    ground = np.fmin.accumulate(floor[:, ::-1], axis=1)[:, ::-1]
    quiet = ceiling - ground < _IDLE_SHARE * usable[:, None]
    begins = np.argmax(quiet, axis=1)  # quiet columns reach from here to the end
    present = np.isfinite(top)
    enough = (present & quiet).sum(axis=1) >= FORECAST_POINTS
    idle = quiet.any(axis=1) & (days - begins >= _IDLE_DAYS) & enough
    first = np.argmax(present, axis=1)
    return np.where(idle, np.maximum(begins - 1, first), -1)


def classify(
    shape: Shape, line: Line, floor_gap: Floats, usable: Floats, speeding: Bools, weekly: Bools, lumpy: Bools
) -> NDArray[np.int8]:
    """Give each row's pattern as an index of `PATTERNS`; ``floor_gap`` is the usual distance of a day's extremes."""
    rise = line.slope * _MONTH
    notable = np.abs(rise) >= _NOTABLE * usable
    rough = line.noise >= _ROUGH * np.abs(line.slope) * np.maximum(np.isfinite(line.rest).sum(axis=1) - 1, 1)
    rough |= lumpy
    swing = floor_gap - np.abs(line.slope)
    cycles = weekly & (line.noise > _NOTABLE * usable)
    cycles |= (swing > _CYCLE_SHARE * usable) & (swing > 2 * line.noise)
    found = np.select(
        [
            (shape.points == 0) | ~(usable > 0),
            shape.points < FORECAST_POINTS,
            (shape.last < _EMPTY_SHARE * usable) & (shape.last < _EMPTY_BYTES),
            shape.idle_column >= 0,
            shape.falls >= _FALLS,
            shape.stepped,
            speeding,
            notable & (line.high < 0),
            notable & (line.low > 0) & ~rough,
            notable & (line.slope > 0) & rough,
            cycles,
        ],
        [NO_DATA, TOO_SHORT, EMPTY, IDLE, SAWTOOTH, STEP, ACCELERATING, SHRINKING, STEADY, BURSTY, CYCLIC],
        FLAT,
    )
    return found.astype(np.int8)


def week_tie(rest: Floats) -> Floats:
    """Give the autocorrelation at seven days, ``(rows,)``; 0 where the rows are shorter than two weeks."""
    if rest.shape[1] < 2 * _WEEK:
        return np.zeros(len(rest))
    both = rest[:, _WEEK:] * rest[:, :-_WEEK]
    scale = np.nansum(np.where(np.isfinite(both), rest[:, _WEEK:] ** 2, 0.0), axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(scale > 0, np.nansum(both, axis=1) / scale, 0.0))
