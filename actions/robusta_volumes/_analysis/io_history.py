"""What is known of volumes beyond the window, from means of an hour: hours of spikes, a week earlier, days to the limit."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from robusta_volumes._analysis.io_derived import add_shares, derive
from robusta_volumes._analysis.io_rows import Entry, Floats, Signals, Tables, firsts_of
from robusta_volumes._analysis.io_stats import medians, stats_of
from robusta_volumes._model.io import History, Stats
from robusta_volumes._model.io_series import IoMeasured
from robusta_volumes._model.limits import Limits

_WANTED = frozenset({"read_ops", "write_ops", "read_bytes", "write_bytes", "read_seconds", "write_seconds"})
_TOLD = ("iops", "bytes", "latency", "read_latency", "write_latency", "limit_iops", "limit_bytes")
_DAY, _WEEK = 24, 7  # hours of a day, days of a week
_HOUR = timedelta(hours=1)
_FIT_DAYS = 3  # days of data without which a line is a guess
_FAR = 365.0  # days: what is further away is no plan
_PERCENT = 100.0


def histories(measured: IoMeasured, entries: Sequence[Entry], thresholds: Limits) -> list[History | None]:
    """Look at the hours of each entry; None where there are none."""
    window = next((one.window for one in measured.heat.values() if one.window.step == _HOUR), None)
    if window is None or not entries:
        return [None] * len(entries)
    tables = Tables(measured.heat, window)
    found = tables.gathered(entries, firsts_of(entries, measured, measured.heat), _WANTED)
    if not found:
        return [None] * len(entries)
    derive(found)
    add_shares(found, entries, {}, thresholds)
    ends = [window.start + column * window.step for column in range(window.columns)]
    seen = np.any([np.isfinite(values) for values in found.values()], axis=0)
    hours = np.where(seen.any(axis=1), window.columns - seen.argmax(axis=1), 0)
    whole = _told(found, slice(None), ends)
    span = max(1, round((measured.window.columns * measured.window.step) / _HOUR))
    back = min(_WEEK, (window.columns - span) // _DAY)
    then = slice(window.columns - back * _DAY - span, window.columns - back * _DAY)
    before = _told(found, then, ends[then]) if back >= 1 else [dict[str, Stats]() for _ in entries]
    # a column is the mean of the hour that ends there
    hour_of = np.asarray([(end - timedelta(minutes=30)).hour for end in ends])
    spikes = _spike_hours(found, hour_of, entries, thresholds)
    full = _full_in(found, thresholds)
    return [
        History(hours[at] / _DAY, whole[at], before[at], spikes[at], full[at]) if hours[at] else None
        for at in range(len(entries))
    ]


def _told(found: Signals, part: slice, ends: Sequence[datetime]) -> list[dict[str, Stats]]:
    told: list[dict[str, Stats]] = [{} for _ in range(len(next(iter(found.values()))))]
    for signal in _TOLD:
        if signal in found:
            for row, stats in enumerate(stats_of(found[signal][:, part], ends, _HOUR)):
                if stats:
                    told[row][signal] = stats
    return told


def _spike_hours(
    found: Signals, hour_of: np.ndarray, entries: Sequence[Entry], thresholds: Limits
) -> list[tuple[int, ...]]:
    """A spike of minutes is thin in the mean of an hour: it counts from the family's high value on, not the very high one."""
    if "latency" not in found:
        return [()] * len(entries)
    latency = found["latency"]
    high = np.asarray([[thresholds.high_latency(entry.limits.family)[0]] for entry in entries])
    so = (latency >= high) & (latency >= thresholds.io_spike_times * medians(latency)[:, None])
    days = np.stack([so[:, hour_of == hour].sum(axis=1) for hour in range(_DAY)], axis=1)
    return [tuple(np.flatnonzero(row >= thresholds.io_spike_days).tolist()) for row in days]


def _full_in(found: Signals, thresholds: Limits) -> list[dict[str, float]]:
    """Fit a line to the busiest hour of each day: it is the peaks that meet a limit."""
    full: list[dict[str, float]] = [{} for _ in range(len(next(iter(found.values()))))]
    for signal, name in (("limit_iops", "iops"), ("limit_bytes", "bytes")):
        if signal not in found:
            continue
        values = found[signal]
        days = values.shape[1] // _DAY
        if days < _FIT_DAYS:
            continue
        peaks = _peaks(values[:, -days * _DAY :].reshape(len(values), days, _DAY))
        for row in np.flatnonzero(np.isfinite(peaks).sum(axis=1) >= _FIT_DAYS).tolist():
            left = _days_left(peaks[row], thresholds.io_trend_fit_percent / _PERCENT)
            if left is not None:
                full[row][name] = left
    return full


def _peaks(values: Floats) -> Floats:
    highest = np.where(np.isfinite(values), values, -np.inf).max(axis=2)
    return np.where(np.isfinite(highest), highest, np.nan)


def _days_left(peaks: Floats, fit: float) -> float | None:
    known = np.isfinite(peaks)
    days, high = np.arange(len(peaks))[known], peaks[known]
    slope, level = np.polyfit(days, high, 1)
    spread = float(((high - high.mean()) ** 2).sum())
    if slope <= 0 or spread <= 0:
        return None
    explained = 1 - float(((high - (slope * days + level)) ** 2).sum()) / spread
    now = slope * (len(peaks) - 1) + level
    left = float((1 - now) / slope)
    return left if explained >= fit and 0 < left <= _FAR else None
