"""Volumes that were never measured: a month of use behind, a month ahead, so that a forecast can be judged.

Sizes are parts of what the volume can hold. A family is a function of time in days (now is 0); `TUNE` holds those that the
method was tuned on, with other seeds, and `ASIDE` shapes that it never saw.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Source = np.random.Generator

A_DAY = 48  # samples
BACK, AHEAD = 30, 30  # days
TIME = (np.arange((BACK + AHEAD) * A_DAY) + 1) / A_DAY - BACK
NEVER = ("flat", "idle", "sawtooth")  # of these at most 1 % may be flagged


@dataclass(frozen=True)
class Volumes:
    """Many volumes of many families. ``used`` and ``held`` are ``(n, samples)``, behind only; NaN: no sample."""

    family: list[str]
    used: Floats  # seen: with gaps
    held: Floats  # what the volume could hold then: a resize shows
    cut: Floats  # (n,) day on which a pod moved last: series with a node's name begin there
    usable: Floats  # (n,) now
    full_in: Floats  # (n,) days until it is full in truth; inf: not within the month ahead


def _even(source: Source, n: int, low: float, high: float) -> Floats:
    return source.uniform(low, high, n)[:, None]


def _log(source: Source, n: int, low: float, high: float) -> Floats:
    return np.exp(source.uniform(np.log(low), np.log(high), n))[:, None]


def _noise(source: Source, n: int, size: float = 0.003) -> Floats:
    """Give what files come and go: a part that lasts half a day, and one that does not."""
    raw = source.normal(0, 1, (n, len(TIME)))
    kernel = np.exp(-np.arange(A_DAY) / (A_DAY / 4))
    kernel /= np.sqrt((kernel**2).sum())
    lasting = np.apply_along_axis(np.convolve, 1, raw, kernel)[:, : len(TIME)]
    return np.asarray(_log(source, n, size / 3, size * 5) * (0.8 * lasting + 0.4 * source.normal(0, 1, raw.shape)))


def _trend(source: Source, n: int) -> tuple[Floats, Floats]:
    """Give the level now and the growth a day: full in a day and a half to 200, with a month's history above nothing."""
    level = _even(source, n, 0.3, 0.97)
    slope = np.minimum((1 - level) / _log(source, n, 1.5, 200), (level - 0.02) / BACK)
    return level, slope


def _steady(source: Source, n: int) -> Floats:
    level, slope = _trend(source, n)
    return np.asarray(level + slope * TIME + _noise(source, n))


def _flat(source: Source, n: int) -> Floats:
    return np.asarray(_even(source, n, 0.1, 0.9) + _noise(source, n))


def _daily(source: Source, n: int) -> Floats:
    phase = _even(source, n, 0, 1)
    return np.asarray(_even(source, n, 0.01, 0.1) * np.maximum(np.sin(2 * np.pi * (TIME + phase)), 0))


def _weekly(source: Source, n: int) -> Floats:
    day = np.floor(TIME + source.integers(0, 7, n)[:, None]) % 7
    return np.asarray(_even(source, n, 0.02, 0.12) * np.where(day < 5, (day + 1) / 5, 0.1))


def _saw(source: Source, n: int) -> Floats:
    rows = []
    for _ in range(n):
        period, height = source.uniform(0.5, 9), source.uniform(0.05, 0.4)
        lengths = period * source.uniform(0.85, 1.15, 200)
        ends = np.cumsum(lengths) - BACK - source.uniform(0, period)
        at = np.searchsorted(ends, TIME, side="left")
        rows.append(height * (1 - (ends[at] - TIME) / period))
    return np.asarray(rows)


def _step(source: Source, n: int) -> Floats:
    return np.asarray(_even(source, n, 0.05, 0.4) * (_even(source, n, -28, 0) <= TIME))


def _accelerating(source: Source, n: int) -> Floats:
    rate = np.log(2) / _even(source, n, 5, 25)
    floor = _even(source, n, 0.1, 0.6)
    return np.asarray(floor + (1 - floor) * np.exp(rate * (TIME - _log(source, n, 1.5, 90))) + _noise(source, n))


def _bursty(source: Source, n: int) -> Floats:
    level, slope = _trend(source, n)
    rate = _log(source, n, 0.15, 1.5)
    jumps = source.poisson(rate / A_DAY, (n, len(TIME))) * source.exponential(1, (n, len(TIME))) * slope / rate
    path = np.cumsum(jumps, axis=1)
    return np.asarray(level + path - path[:, [BACK * A_DAY - 1]] + _noise(source, n))


def _onset(source: Source, n: int) -> Floats:
    level = _even(source, n, 0.3, 0.8)
    slope = (1 - level) / _log(source, n, 5, 60)
    return np.asarray(level + slope * np.maximum(TIME + _even(source, n, 3, 22), 0) + _noise(source, n))


def _retention(source: Source, n: int) -> Floats:
    level, slope = _trend(source, n)
    return np.asarray(level + slope * np.minimum(TIME, _even(source, n, -22, -3)) + _noise(source, n))


def _quadratic(source: Source, n: int) -> Floats:
    level, slope = _trend(source, n)
    bend = slope / _even(source, n, 15, 60) / 2
    return np.asarray(level + slope * TIME + bend * TIME * np.maximum(TIME, -BACK) + _noise(source, n))


def _logistic(source: Source, n: int) -> Floats:
    top, pace = _even(source, n, 0.5, 0.97), _even(source, n, 4, 12)
    return np.asarray(0.1 + (top - 0.1) / (1 + np.exp(-(TIME - _even(source, n, -25, 10)) / pace)) + _noise(source, n))


Family = Callable[[Source, int], Any]
TUNE: dict[str, Family] = {
    "steady": _steady,
    "steady, daily cycle": lambda r, n: _steady(r, n) + _daily(r, n),
    "steady, weekly cycle": lambda r, n: _steady(r, n) + _weekly(r, n),
    "flat": _flat,
    "idle": lambda r, n: _even(r, n, 0.05, 0.95) + 0 * TIME,
    "empty": lambda r, n: 0.0005 + 0 * _even(r, n, 0, 1) * TIME,
    "sawtooth": lambda r, n: _even(r, n, 0.05, 0.55) + _saw(r, n) + _noise(r, n),
    "leak under a sawtooth": lambda r, n: _steady(r, n) + _saw(r, n),
    "step": lambda r, n: _flat(r, n) + _step(r, n),
    "step, steady": lambda r, n: _steady(r, n) + _step(r, n),
    "accelerating": _accelerating,
    "shrinking": lambda r, n: _even(r, n, 0.4, 0.95) - _log(r, n, 0.001, 0.01) * TIME + _noise(r, n),
    "bursty": _bursty,
    "daily cycle": lambda r, n: _flat(r, n) + _daily(r, n),
    "weekly cycle": lambda r, n: _flat(r, n) + _weekly(r, n),
    "begins to grow": _onset,
    "grows no more": _retention,
    "quadratic": _quadratic,
    "levels off": _logistic,
    "block volume": lambda r, n: 0 * _even(r, n, 0, 1) * TIME,
    "one disk of three claims": lambda r, n: np.repeat(_steady(r, -(-n // 3)), 3, axis=0)[:n],
}


def _slowing(source: Source, n: int) -> Floats:
    level, slope = _trend(source, n)
    age = _even(source, n, 40, 90)
    return np.asarray(level + 2 * slope * age * (np.sqrt(np.maximum(1 + TIME / age, 0)) - 1) + _noise(source, n))


def _weekdays(source: Source, n: int) -> Floats:
    level, slope = _trend(source, n)
    work = np.floor(TIME + source.integers(0, 7, n)[:, None]) % 7 < 5
    path = np.cumsum(work * slope * 1.4 / A_DAY, axis=1)
    return np.asarray(level + path - path[:, [BACK * A_DAY - 1]] + _noise(source, n))


def _walk(source: Source, n: int) -> Floats:
    level, slope = _trend(source, n)
    moves = source.normal(0, 1, (n, len(TIME))) * _log(source, n, 0.001, 0.01) / np.sqrt(A_DAY)
    path = np.cumsum(moves + slope / A_DAY, axis=1)
    return np.asarray(level + path - path[:, [BACK * A_DAY - 1]])


def _stairs(source: Source, n: int) -> Floats:
    level, slope = _trend(source, n)
    width = _even(source, n, 2, 8)
    return np.asarray(level + slope * width * np.floor((TIME + _even(source, n, 0, 8)) / width) + _noise(source, n))


def _cubic(source: Source, n: int) -> Floats:
    floor, age, full = _even(source, n, 0.1, 0.5), _even(source, n, 30, 60), _log(source, n, 1.5, 90)
    rise = (np.maximum(TIME + age, 0) / (full + age)) ** 3
    return np.asarray(floor + (1 - floor) * rise + _noise(source, n))


def _gompertz(source: Source, n: int) -> Floats:
    top, pace = _even(source, n, 0.5, 1.3), _even(source, n, 8, 20)
    return np.asarray(0.05 + top * np.exp(-np.exp(-(TIME - _even(source, n, -30, 5)) / pace)) + _noise(source, n))


def _gears(source: Source, n: int) -> Floats:
    level, slope = _trend(source, n)
    change, times = _even(source, n, -20, 20), _even(source, n, 0.3, 2.5)
    return np.asarray(
        level + slope * np.where(change < TIME, change + times * (TIME - change), TIME) + _noise(source, n)
    )


ASIDE: dict[str, Family] = {
    "cubic": _cubic,
    "Gompertz": _gompertz,
    "changes its pace": _gears,
    "slows down": _slowing,
    "grows on weekdays": _weekdays,
    "random walk": _walk,
    "stairs": _stairs,
}


def volumes(families: dict[str, Family], each: int, seed: int) -> Volumes:
    """Make ``each`` volumes of every family."""
    source = np.random.default_rng(seed)
    names = [name for name in families for _ in range(each)]
    true = np.maximum(np.vstack([make(source, each) for make in families.values()]), 0.0)
    n, now = len(names), BACK * A_DAY
    usable = np.maximum(1.0, true[:, :now].max(axis=1) * source.uniform(1.005, 1.1, n))
    size = np.exp(source.uniform(np.log(2**30), np.log(2**41), n))[:, None]  # 1 GiB to 2 TiB
    over = true[:, now:] >= usable[:, None]
    full = np.where(over.any(axis=1), (np.argmax(over, axis=1) + 1) / A_DAY, np.inf)
    full[true.max(axis=1) <= 0] = np.inf
    used = true[:, :now] * size
    held = np.repeat(usable[:, None] * size, now, axis=1)
    when = TIME[:now]
    grown = (source.random(n) < 0.15)[:, None] & (when < source.uniform(-25, 0, n)[:, None])
    held = np.where(grown, np.maximum(held * 0.8, used * 1.02), held)
    start = source.uniform(-20, 0, n)
    gap = (source.random(n) < 0.15)[:, None] & (when > start[:, None])
    used = np.where(gap & (when < (start + source.uniform(0.5, 6, n))[:, None]), np.nan, used)
    born = np.where(source.random(n) < 0.1, source.uniform(-25, -8, n), -BACK)
    used[when < born[:, None]] = np.nan
    cut = np.where(source.random(n) < 0.3, -source.exponential(3, n), -BACK)
    return Volumes(names, used, held, cut, usable * size[:, 0], full)
