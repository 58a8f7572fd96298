"""When volumes are full: from the highest and lowest use of each day, for thousands of claims at once.

What is forecast is used bytes, never free ones: a resize then moves the ceiling and leaves the trend alone. Each answer has
an interval that 80 % of the cases fall into. Rows are claims, columns days (the last is today), NaN a day without a sample.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from robusta_volumes._analysis.judged_days import judged, named
from robusta_volumes._analysis.patterns import (
    ACCELERATING,
    CYCLIC,
    EMPTY,
    FLAT,
    IDLE,
    NO_DATA,
    SAWTOOTH,
    SHRINKING,
    Shape,
    shape_of,
)
from robusta_volumes._analysis.slopes import NORMAL, Floats, Ints, Line, theil_sen
from robusta_volumes._analysis.trends import THIRD, WINDOW, Trend, lately, straying, tips

HORIZON = 180  # days: what lies farther is not forecast
TRUSTED = 3  # times the history: a week says nothing of next spring
_CHUNK = 1000  # rows at a time: their pairs of days fit into a processor's cache
_BEND = (1.3, 0.4)  # powers of the factor, for an early and a late day: growth may speed up more, or hardly more
_LOW_POINTS = 3  # daily points: fewer are no history
_FRESH = 0.9  # a fall to less than a tenth, of a volume without such habits: emptied or made anew


@dataclass(frozen=True)
class Outlook:
    """What is to be expected of each claim, ``(claims,)`` each. Bytes, bytes a day, days from now."""

    pattern: NDArray[np.int8]  # index of `patterns.PATTERNS`: what it is called
    slope: Floats  # bytes a day, of the trend that the forecast follows; NaN: no trend known
    slope_low: Floats  # 80 % of the cases lie between this and the next
    slope_high: Floats
    slope_week: Floats  # bytes a day over the last seven days, to compare with
    level: Floats  # bytes: where the forecast starts
    full_in: Floats  # days; inf: not within the horizon; NaN: not known
    full_early: Floats  # days; 80 % of the cases lie between this and the next
    full_late: Floats
    points: Ints  # daily points
    p99: Floats  # bytes: the 99th percentile of daily maxima
    step_column: Ints  # the day of a sudden rise; -1: none
    step_bytes: Floats  # its bytes; 0: none
    idle_column: Ints  # the last day on which anything changed, of an idle claim; -1: not idle
    noise: Floats  # bytes: how far days lie from the trend, as a standard deviation
    factor: Floats  # by what growth is multiplied in ten days, of an accelerating claim; 1 elsewhere


def outlook(highest: Floats, lowest: Floats, usable: Floats) -> Outlook:
    """Forecast claims from daily maxima and minima of used bytes, ``(n, days)``, and what they can hold now, ``(n,)``.

    Days on which another filesystem was there are to be left out of them: see `usage_rows.older`.
    """
    rows, days = highest.shape
    top = np.where(np.isfinite(highest), highest, np.nan)
    floor = np.where(np.isfinite(lowest) & np.isfinite(top), lowest, top)
    if not days:
        top, floor = np.full((rows, 1), np.nan), np.full((rows, 1), np.nan)
    parts = [
        _part(top[at : at + _CHUNK], floor[at : at + _CHUNK], np.asarray(usable[at : at + _CHUNK], dtype=np.float64))
        for at in range(0, max(rows, 1), _CHUNK)
    ]
    return Outlook(**{each.name: np.concatenate([getattr(p, each.name) for p in parts]) for each in fields(Outlook)})


def _part(top: Floats, floor: Floats, usable: Floats) -> Outlook:
    top = _anew(top)
    floor = np.where(np.isfinite(top), floor, np.nan)
    shape = shape_of(top, floor, usable)
    window = top[:, -WINDOW:]
    (pattern, called), even, line, speed = judged(shape, top, floor, usable)
    trend = _trend(pattern, shape, even, line, speed)
    full, early, late = _dates(trend, usable)
    silent = np.isin(pattern, (NO_DATA, EMPTY, IDLE, SHRINKING, FLAT, CYCLIC)) | (shape.points < _LOW_POINTS)
    reach = np.minimum(HORIZON, TRUSTED * _length(window))
    unknown = (pattern == NO_DATA) | (shape.points < _LOW_POINTS)
    dates = []
    for each in (full, early, late):
        date = np.where(silent | (each > reach), np.inf, each)
        date = np.where(shape.last >= usable, 0.0, date)
        dates.append(np.where(unknown, np.nan, date))
    dated = np.isfinite(dates[0])
    called, shape = named(np.where(dated, pattern, called), shape, (top, floor, usable), ~dated)
    return Outlook(
        pattern=called,
        slope=trend.slope,
        slope_low=trend.low,
        slope_high=trend.high,
        slope_week=theil_sen(window[:, -7:]).slope,
        level=trend.level,
        full_in=dates[0],
        full_early=dates[1],
        full_late=dates[2],
        points=shape.points,
        p99=shape.p99,
        step_column=shape.step_column,
        step_bytes=shape.step_bytes,
        idle_column=shape.idle_column,
        noise=trend.noise,
        factor=trend.factor,
    )


def _length(window: Floats) -> Ints:
    """Give the days from the first value to the last column."""
    present = np.isfinite(window)
    return np.where(present.any(axis=1), window.shape[1] - np.argmax(present, axis=1), 0)


def _anew(top: Floats) -> Floats:
    """Leave out what lies before the last fall to less than a tenth, where such falls are no habit."""
    known = np.where(np.isfinite(top), np.arange(top.shape[1]), -1)
    before = np.maximum.accumulate(known, axis=1)
    earlier = np.take_along_axis(top, np.maximum(np.roll(before, 1, axis=1), 0), axis=1)
    earlier[:, 0] = np.nan
    emptied = top < (1 - _FRESH) * earlier
    once = emptied.any(axis=1) & (emptied.sum(axis=1) < 3)  # noqa: PLR2004 (three are a habit: see the sawtooth)
    start = top.shape[1] - 1 - np.argmax(emptied[:, ::-1], axis=1)
    return np.where(once[:, None] & (np.arange(top.shape[1]) < start[:, None]), np.nan, top)


def _trend(pattern: NDArray[np.int8], shape: Shape, window: Floats, line: Line, speed: tuple[Floats, ...]) -> Trend:
    """Choose the line that a row's future follows."""
    saw, fast = pattern == SAWTOOTH, pattern == ACCELERATING
    after = lately(line)
    line = tips(window, shape.peaks[:, -window.shape[1] :], saw, line)
    slope, low, high = (
        np.where(fast, quick, even) for quick, even in zip(speed[1:], (line.slope, line.low, line.high), strict=True)
    )
    noise = line.noise
    level = np.fmax(shape.last, np.where(saw, line.end, line.end + after))
    walk = np.where(saw | fast, 0.0, straying(window, slope))
    return Trend(slope, low, high, level, noise, walk, np.where(fast, speed[0], 1.0))


def _dates(trend: Trend, usable: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the days until a row is full: expected, early, late; inf where never.

    Where a row starts, how fast it grows and how that changes are unsure independently of one another: their days add up
    as squares do.
    """
    gap = usable - trend.level
    full = _days(gap, trend.slope, trend.factor)
    ahead = np.minimum(full, HORIZON)
    wide = NORMAL * np.sqrt(trend.noise**2 + trend.walk**2 * ahead)
    faster, slower = trend.factor ** _BEND[0], trend.factor ** _BEND[1]
    with np.errstate(invalid="ignore"):
        early = _squares(
            full - _days(gap - wide, trend.slope, trend.factor),
            full - _days(gap, trend.high, trend.factor),
            full - _days(gap, trend.slope, faster),
        )
        late = _squares(
            _days(gap + wide, trend.slope, trend.factor) - full,
            _days(gap, trend.low, trend.factor) - full,
            _days(gap, trend.slope, slower) - full,
        )
        never = ~np.isfinite(full)
        first = np.where(never, _days(gap - wide, trend.high, faster), np.maximum(full - early, 0.0))
        return full, first, np.where(never, np.inf, full + late)


def _squares(*parts: Floats) -> Floats:
    return np.asarray(np.sqrt(sum(part * part for part in parts)))


def _days(gap: Floats, slope: Floats, factor: Floats) -> Floats:
    """Give the days until a growth that starts at ``slope`` has filled the gap."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        rate = np.log(factor) / THIRD
        curved = np.log1p(np.maximum(gap, 0.0) * rate / slope) / rate
        even = np.maximum(gap, 0.0) / slope
        return np.where(slope > 0, np.where(factor > 1, curved, even), np.inf)
