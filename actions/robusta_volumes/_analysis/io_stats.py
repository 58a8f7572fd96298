"""What a signal was over time, for many rows at once: percentiles of its steps, its peak, what it is now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from robusta_volumes._analysis.io_rows import Floats, Ints
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
    rows = np.flatnonzero(counts)
    found: list[Stats | None] = [None] * len(values)
    if not len(rows):
        return found
    if len(rows) < len(values):
        values, known, counts = values[rows], known[rows], counts[rows]
    at = np.arange(len(rows))
    ordered = np.sort(values, axis=1)  # NaN comes last
    filled = values if counts.min() == values.shape[1] else np.where(known, values, 0.0)
    late = late_columns(step)
    late_counts = known[:, -late:].sum(axis=1)
    highest = ordered[at, counts - 1]
    table = zip(
        rows.tolist(),
        (filled[:, -late:].sum(axis=1) / np.maximum(late_counts, 1)).tolist(),
        (filled.sum(axis=1) / counts).tolist(),
        *(_percentile(ordered, counts, share, at).tolist() for share in _SHARES),
        highest.tolist(),
        (values == highest[:, None]).argmax(axis=1).tolist(),
        late_counts.tolist(),
        counts.tolist(),
        strict=True,
    )
    for row, now, mean, p50, p75, p95, peak, column, lately, samples in table:
        moment = ends[column] if peak > 0 else None  # of what never happened there is no moment
        found[row] = Stats(now if lately else None, mean, p50, p75, p95, peak, moment, samples)
    return found


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
