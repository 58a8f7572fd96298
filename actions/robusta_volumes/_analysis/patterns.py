"""What the data of a claim does: grows steadily, in bursts, in a sawtooth, not at all. One of `PATTERNS` per claim.

The first pattern that matches is the claim's. Shares are of ``usable``: the bytes that the filesystem can hold now.
Rows are claims, columns days, NaN a day without a sample.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robusta_volumes._analysis.slopes import MAD, Floats, Ints, Line, at_share, highest, lowest

PATTERNS = (
    "no data", "too short", "empty", "idle", "sawtooth", "step", "accelerating", "shrinking", "steady growth", "bursty",
    "cyclic", "flat",
)  # fmt: skip
NO_DATA, TOO_SHORT, EMPTY, IDLE, SAWTOOTH, STEP, ACCELERATING, SHRINKING, STEADY, BURSTY, CYCLIC, FLAT = range(12)

FORECAST_POINTS = 7  # daily points: a week shows what a week does
_EMPTY_SHARE, _EMPTY_BYTES = 0.01, 100 * 2**20  # a new filesystem with a lock file and a folder or two
_IDLE_SHARE, _IDLE_DAYS = 0.002, 14  # less than a log line: nobody writes
_FALL_SHARE, FALLS = 0.02, 3  # a cleanup that is one frees a fiftieth, and a habit has happened three times
_FALL_RANGE = 0.25  # of all that the row moves: smaller falls are the noise of a larger movement
_STEP_PART, _STEP_SHARE = 0.6, 0.03  # one day that is most of a month's rise, and worth a line
_STEP_ALONE = 3.0  # times the next largest: no other day is like it
_FALL_BEYOND = 3.0  # times the unrest of days: noise falls so far once in 700 days, and hardly three times
_STEP_BEYOND = 5.0  # times the same: the one largest day of many is picked, and the unrest of few days is known roughly
_TIGHT = 0.35  # of the usual move: rises that are so alike, and falls that are, are a habit and no noise
_HALF_NORMAL = 0.3991  # the median distance from the median of the sizes of normal moves, in their standard deviations
_NOTABLE = 0.01  # of usable in 30 days: less is noise
_STRICT = 2.5  # times the interval: noise falls so surely in one row of a hundred, and rises in another
_ROUGH = 0.25  # noise as part of the rise: more is no steady growth
CYCLE = 0.5  # autocorrelation at a week: more is a rhythm
_CYCLE_SHORT, _WEEKS = 0.8, 21  # the same of fewer days: of seven pairs, noise makes one row in thirty exceed the half
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
    sudden = _sudden(top, usable, np.zeros(len(top)))
    return Shape(
        points=np.isfinite(top).sum(axis=1),
        last=_carried(top)[:, -1],
        **sudden,
        idle_column=_idle(top, floor, usable),
        p99=at_share(top, 0.99),
    )


def beyond_noise(shape: Shape, top: Floats, usable: Floats) -> Shape:
    """Leave out falls and steps that the usual unrest of a row's days could bring: they are not worth a name."""
    return replace(shape, **_sudden(top, usable, _unrest(top)))


def picked(shape: Shape, rows: Ints) -> Shape:
    """Give the shape of some rows."""
    return Shape(**{each.name: getattr(shape, each.name)[rows] for each in fields(Shape)})


def _sudden(top: Floats, usable: Floats, unrest: Floats) -> dict[str, Any]:
    """Look for sudden falls and the one sudden rise, among days of so much unrest."""
    filled = _carried(top)
    moves = np.diff(filled, axis=1, prepend=filled[:, :1])
    moves[~np.isfinite(moves)] = 0.0
    span = highest(top) - lowest(top)
    deep = np.fmax(np.fmax(_FALL_SHARE * usable, _FALL_RANGE * span), _FALL_BEYOND * unrest)
    fell = moves < -deep[:, None]
    peaks = np.zeros(top.shape, dtype=bool)
    peaks[:, :-1] = fell[:, 1:]
    falls = fell.sum(axis=1)
    step, size, most = _steps(filled, moves, falls, np.fmax(_STEP_SHARE * usable, _STEP_BEYOND * unrest))
    return {"falls": falls, "peaks": peaks, "step_column": step, "step_bytes": size, "stepped": most}


def _unrest(top: Floats) -> Floats:
    """Give the standard deviation of what rows move by from day to day; a few large moves do not count.

    Where rises are alike and falls are, as of what is cleaned up every second day, it is how far they lie from one another.
    """
    moves = np.diff(top, axis=1)
    if not moves.shape[1]:
        return np.zeros(len(top))
    every = MAD * at_share(np.abs(moves - at_share(moves)[:, None]))
    up = moves > 0
    middles = (at_share(np.where(side, moves, np.nan))[:, None] for side in (up, moves <= 0))
    alike = at_share(np.abs(moves - np.where(up, *middles))) / _HALF_NORMAL
    return np.asarray(np.where(alike < _TIGHT * at_share(np.abs(moves)), np.fmin(every, alike), every))


def _carried(values: Floats) -> Floats:
    """Give the rows with each gap filled by the value before it; what lies before the first stays NaN."""
    known = np.where(np.isfinite(values), np.arange(values.shape[1]), -1)
    latest = np.maximum.accumulate(known, axis=1)
    return np.where(latest >= 0, np.take_along_axis(values, np.maximum(latest, 0), axis=1), np.nan)


def _steps(filled: Floats, moves: Floats, falls: Ints, least: Floats) -> tuple[Ints, Floats, Bools]:
    """Give the day and size of the one sudden rise, and whether it is most of what the row rose by."""
    rows = np.arange(len(filled))
    column = np.argmax(moves, axis=1)
    size = moves[rows, column]
    rise = filled[:, -1] - lowest(filled)
    second = np.partition(moves, -2, axis=1)[:, -2] if moves.shape[1] > 1 else np.zeros(len(rows))
    large = (size > least) & (falls < FALLS)
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
    shape: Shape,
    line: Line,
    floor_gap: Floats,
    usable: Floats,
    speeding: Bools,
    weekly: Bools,
    lumpy: Bools,
    *,
    strict: bool = False,
) -> NDArray[np.int8]:
    """Give each row's pattern as an index of `PATTERNS`; ``floor_gap`` is the usual distance of a day's extremes.

    ``strict`` calls nothing shrinking or growing that noise may make look so: for names. Dates ask for less.
    """
    rise = line.slope * _MONTH
    notable = np.abs(rise) >= _NOTABLE * usable
    rough = line.noise >= _ROUGH * np.abs(line.slope) * np.maximum(np.isfinite(line.rest).sum(axis=1) - 1, 1)
    rough |= lumpy
    falling, growing = notable & (line.high < 0), notable & (line.low > 0) & ~rough
    if strict:
        falling &= line.slope + _STRICT * (line.high - line.slope) < 0
        growing &= line.slope - _STRICT * (line.slope - line.low) > 0
    swing = floor_gap - np.abs(line.slope)
    cycles = weekly & (line.noise > _NOTABLE * usable)
    cycles |= (swing > _CYCLE_SHARE * usable) & (swing > 2 * line.noise)
    found = np.select(
        [
            (shape.points == 0) | ~(usable > 0),
            shape.points < FORECAST_POINTS,
            (shape.last < _EMPTY_SHARE * usable) & (shape.last < _EMPTY_BYTES),
            shape.idle_column >= 0,
            shape.falls >= FALLS,
            shape.stepped,
            speeding,
            falling,
            growing,
            notable & (line.slope > 0) & rough,
            cycles,
        ],
        [NO_DATA, TOO_SHORT, EMPTY, IDLE, SAWTOOTH, STEP, ACCELERATING, SHRINKING, STEADY, BURSTY, CYCLIC],
        FLAT,
    )
    return found.astype(np.int8)


def surely_weekly(tie: Floats, shape: Shape) -> Bools:
    """Tell which rows have a weekly rhythm that is no chance: two weeks must be much alike."""
    return np.asarray(tie > np.where(shape.points < _WEEKS, _CYCLE_SHORT, CYCLE))


def week_tie(rest: Floats) -> Floats:
    """Give the autocorrelation at seven days, ``(rows,)``; 0 where the rows are shorter than two weeks."""
    if rest.shape[1] < 2 * _WEEK:
        return np.zeros(len(rest))
    both = rest[:, _WEEK:] * rest[:, :-_WEEK]
    scale = np.nansum(np.where(np.isfinite(both), rest[:, _WEEK:] ** 2, 0.0), axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(scale > 0, np.nansum(both, axis=1) / scale, 0.0))
