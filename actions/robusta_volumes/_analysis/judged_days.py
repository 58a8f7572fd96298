"""What the days of rows look like, for two uses: dates, which any likeness may warn, and names, which noise may not earn.

A date that comes from a likeness is better than none, and silence is cheap. A name is told to people: what chance makes
look like a sawtooth, a step or a fall is called flat. Rows are claims, columns days.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from robusta_volumes._analysis.patterns import (
    CYCLE,
    FALLS,
    Shape,
    beyond_noise,
    classify,
    picked,
    surely_weekly,
    week_tie,
)
from robusta_volumes._analysis.slopes import Floats, Line, at_share, theil_sen
from robusta_volumes._analysis.trends import WINDOW, acceleration, chosen, lumpy, mean_growth, straight

Patterns = NDArray[np.int8]


def judged(
    shape: Shape, top: Floats, floor: Floats, usable: Floats
) -> tuple[tuple[Patterns, Patterns], Floats, Line, tuple[Floats, ...]]:
    """Give each row's pattern, for dates and for names; its window without a step, its line, and how it speeds up."""
    window = top[:, -WINDOW:]
    even = _without_step(window, shape, top.shape[1])
    whole = theil_sen(even)
    tie = week_tie(whole.rest)
    weekly = tie > CYCLE
    burst = lumpy(even)
    plain, _ = straight(even, whole, weekly)
    line = mean_growth(even, plain, burst)
    adds = burst & (line.slope > 0)  # who falls does not grow by a few large days
    speed = acceleration(window)
    gap = at_share((top - floor)[:, -WINDOW:])
    loose = classify(shape, line, gap, usable, speed[0] > 1, weekly, burst)
    strict = classify(
        shape, chosen(plain, line, adds), gap, usable, speed[0] > 1, surely_weekly(tie, shape), adds, strict=True
    )
    return (loose, strict), even, line, speed


def named(
    pattern: Patterns, shape: Shape, days: tuple[Floats, Floats, Floats], undated: NDArray[np.bool_]
) -> tuple[Patterns, Shape]:
    """Give what rows are called, and the falls and steps that are told: none that may be noise.

    What has a date keeps the name of what the date was made of.
    """
    suspect = np.flatnonzero(undated & ((shape.step_column >= 0) | (shape.falls >= FALLS)))
    sure = beyond_noise(picked(shape, suspect), days[0][suspect], days[2][suspect])
    habit = shape.falls[suspect] >= FALLS
    again = np.flatnonzero((sure.step_column != shape.step_column[suspect]) | (habit & (sure.falls < FALLS)))
    if not again.size:
        return pattern, shape
    rows, sure = suspect[again], picked(sure, again)
    found, column, size = pattern.copy(), shape.step_column.copy(), shape.step_bytes.copy()
    found[rows] = judged(sure, *(each[rows] for each in days))[0][1]
    column[rows], size[rows] = sure.step_column, sure.step_bytes
    return found, replace(shape, step_column=column, step_bytes=size)


def _without_step(window: Floats, shape: Shape, days: int) -> Floats:
    """Give the window with a one-off rise taken out of all days after it."""
    column = shape.step_column - (days - window.shape[1])
    after = (shape.step_column >= 0)[:, None] & (np.arange(window.shape[1]) >= column[:, None])
    return np.where(after, window - shape.step_bytes[:, None], window)
