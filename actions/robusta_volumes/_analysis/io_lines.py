"""The course of one volume's I/O, as points to draw and to write: times are the ends of steps."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from robusta_volumes._model.io import Mapped
from robusta_volumes._model.io_series import IoMeasured, IoSeries
from robusta_volumes._model.times import UTC

Points = Sequence[tuple[datetime, float]]
# Per drawn line: the signal, and the one by whose rate it is divided; "" where it is drawn as it is.
_DERIVED: Mapping[str, tuple[str, str]] = {
    "read_latency": ("read_seconds", "read_ops"),
    "write_latency": ("write_seconds", "write_ops"),
    "flush_latency": ("flush_seconds", "flushes"),
}
_RARE = 0.1  # operations per second below which a quotient is chance, as `robusta_volumes._analysis.io_facts` has it
_HOURS, _WEEK = 24, 7


def lines(measured: IoMeasured, mapped: Mapped) -> Mapping[str, Points]:
    """Give the course of every signal that speaks for a volume, of its latencies too, since it is where it is now."""
    series = measured.series.get(mapped.source)
    row = _row(series, mapped)
    if series is None or row is None:
        return {}
    found = {name: _points(series, row, name, mapped.since) for name in series.signals}
    found |= {name: _quotient(series, row, *pair, mapped.since) for name, pair in _DERIVED.items()}
    return {name: points for name, points in found.items() if points}


def heat(measured: IoMeasured, mapped: Mapped) -> Sequence[Sequence[float]] | None:
    """Give mean operations per second by weekday (Monday first) and hour, 7 x 24, UTC; NaN where nothing was measured."""
    series = measured.heat.get(mapped.source)
    row = _row(series, mapped)
    if series is None or row is None:
        return None
    sums = [[[0.0, 0] for _ in range(_HOURS)] for _ in range(_WEEK)]
    for name in ("read_ops", "write_ops"):
        for when, value in _points(series, row, name, None):
            started = (when - series.window.step).astimezone(UTC)  # a value is of the step that ends there
            cell = sums[started.weekday()][started.hour]
            cell[0] += value
            cell[1] += name == "write_ops" or "write_ops" not in series.signals
    found = [[total / number if number else math.nan for total, number in day] for day in sums]
    return found if any(not math.isnan(cell) for day in found for cell in day) else None


def _row(series: IoSeries | None, mapped: Mapped) -> int | None:
    if series is None or not mapped.key:
        return None
    return series.keys.index(mapped.key) if mapped.key in series.keys else None


def _values(series: IoSeries, row: int, name: str) -> Sequence[float]:
    values = series.signals.get(name)
    columns = series.window.columns
    return values[row * columns : (row + 1) * columns] if values is not None else ()


def _points(series: IoSeries, row: int, name: str, since: datetime | None) -> Points:
    return _kept(series, _values(series, row, name), since)


def _quotient(series: IoSeries, row: int, what: str, by: str, since: datetime | None) -> Points:
    pairs = zip(_values(series, row, what), _values(series, row, by), strict=False)
    return _kept(series, [a / b if b > _RARE else math.nan for a, b in pairs], since)


def _kept(series: IoSeries, values: Sequence[float], since: datetime | None) -> Points:
    start, step = series.window.start, series.window.step
    times = (start + place * step for place in range(len(values)))
    return [
        (when, value)
        for when, value in zip(times, values, strict=True)
        if not math.isnan(value) and (since is None or when - step >= since - timedelta(seconds=1))
    ]
