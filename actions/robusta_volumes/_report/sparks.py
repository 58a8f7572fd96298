"""A history in ten characters, for a line of text."""

from collections.abc import Iterable
from math import isnan

from robusta_volumes._model.usage import Grid, Key

_BARS = "▁▂▃▄▅▆▇█"
_GAP = "·"  # nothing was measured
_WIDTH = 10  # characters: of 30 days each shows three


def spark(grid: Grid | None, key: Key, fits: float | None) -> str:
    """Draw the peaks of a claim, from nothing to all that ``fits``; "" where its history or what fits is not known.

    The height is what fits, and not the highest peak: what is flat looks flat, and what is nearly full reaches the top.
    """
    if grid is None or key not in grid.keys or not fits:
        return ""
    start = grid.keys.index(key) * grid.columns
    width = min(_WIDTH, grid.columns)
    edges = [start + i * grid.columns // width for i in range(width + 1)]
    return "".join(_bar(grid.values[edges[i] : edges[i + 1]], fits) for i in range(width)).lstrip(_GAP)


def _bar(values: Iterable[float], fits: float) -> str:
    peak = max((value for value in values if not isnan(value)), default=None)
    if peak is None:
        return _GAP
    return _BARS[min(len(_BARS) - 1, int(peak / fits * len(_BARS)))]
