"""What a signal was over time, for many rows at once: percentiles of its steps, its peak, what it is now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from robusta_volumes._analysis.io_rows import Bools, Floats, Ints
from robusta_volumes._model.io import Stats

_NOW = timedelta(minutes=15)  # "now" is a mean of so long: one step may be an accident
_SHARES = (0.5, 0.75, 0.95)


def late_columns(step: timedelta) -> int:
    """How many of the last columns are "now"."""
    return max(1, round(_NOW / step))


def stats_of(values: Floats, ends: Sequence[datetime], step: timedelta) -> list[Stats | None]:
    """Describe each row; None where it has no value at all."""
    known = ~np.isnan(values)
    counts = known.sum(axis=1)
    found: list[Stats | None] = [None] * len(values)
    late = late_columns(step)
    never = (counts > 0) & (np.where(known, values, 0.0) == 0).all(axis=1)
    _never(found, np.flatnonzero(never), known, late)
    rows = np.flatnonzero((counts > 0) & ~never)
    if not len(rows):
        return found
    if len(rows) < len(values):
        values, known, counts = values[rows], known[rows], counts[rows]
    at = np.arange(len(rows))
    ordered = np.sort(values, axis=1)  # NaN comes last
    filled = values if counts.min() == values.shape[1] else np.where(known, values, 0.0)
    late_counts = known[:, -late:].sum(axis=1)
    highest = ordered[at, counts - 1]
    now = np.where(late_counts, filled[:, -late:].sum(axis=1) / np.maximum(late_counts, 1), np.nan)
    peaks: list[float] = highest.tolist()
    columns: list[int] = (values == highest[:, None]).argmax(axis=1).tolist()
    told = map(
        Stats._make,
        zip(
            [None if each != each else each for each in now.tolist()],  # noqa: PLR0124 (NaN: nothing lately)
            (filled.sum(axis=1) / counts).tolist(),
            *(_percentile(ordered, counts, share, at).tolist() for share in _SHARES),
            peaks,
            [ends[column] if peak > 0 else None for peak, column in zip(peaks, columns, strict=True)],
            counts.tolist(),
            strict=True,
        ),
    )
    for row, stats in zip(rows.tolist(), told, strict=True):
        found[row] = stats
    return found


def _never(found: list[Stats | None], rows: Ints, known: Bools, late: int) -> None:
    """Describe rows of nothing but zeros: a limit that holds nobody back is the usual case, and rows have it in common."""
    same: dict[tuple[bool, int], Stats] = {}
    known = known[rows]
    lately = [each > 0 for each in known[:, -late:].sum(axis=1).tolist()]
    for row, now, samples in zip(rows.tolist(), lately, known.sum(axis=1).tolist(), strict=True):
        if (now, samples) not in same:
            same[now, samples] = Stats(0.0 if now else None, 0.0, 0.0, 0.0, 0.0, 0.0, None, samples)
        found[row] = same[now, samples]


def _percentile(ordered: Floats, counts: Ints, share: float, at: Ints) -> Floats:
    """Between two samples linearly, as Prometheus and numpy do."""
    place = share * (counts - 1)
    low = place.astype(np.int64)
    part = place - low
    below = ordered[at, low]
    return np.asarray(below + (ordered[at, np.minimum(low + 1, counts - 1)] - below) * part, dtype=np.float64)


def medians(values: Floats) -> Floats:
    """Give the median of each row; NaN where it has no value."""
    ordered = np.sort(values, axis=1)
    counts = np.isfinite(values).sum(axis=1)
    found = np.full(len(values), np.nan)
    rows = np.flatnonzero(counts)
    found[rows] = _percentile(ordered[rows], counts[rows], 0.5, np.arange(len(rows)))
    return found
