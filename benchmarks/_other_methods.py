"""How others say when a volume is full, as they do it: from available bytes of six hours, or a line, or seasons."""

import numpy as np
from _growth_of import A_DAY, BACK, TIME, Floats, Volumes

WHEN = TIME[: BACK * A_DAY]


def _line(values: Floats, when: Floats) -> tuple[Floats, Floats]:
    """Give slope and value at the last sample by least squares, over what is there."""
    there = np.isfinite(values)
    count = np.maximum(there.sum(axis=1), 1)
    x = np.where(there, when, 0.0)
    y = np.where(there, values, 0.0)
    mean_x, mean_y = x.sum(axis=1) / count, y.sum(axis=1) / count
    away = np.where(there, when - mean_x[:, None], 0.0)
    spread = (away**2).sum(axis=1)
    slope = (away * y).sum(axis=1) / np.where(spread > 0, spread, 1.0)
    return slope, mean_y + slope * (when[-1] - mean_x)


def _until(gap: Floats, slope: Floats) -> Floats:
    return np.where(slope > 0, np.maximum(gap, 0) / np.where(slope > 0, slope, 1.0), np.inf)


def predict_linear(see: Volumes, hours: float = 6, back: int = 0) -> Floats:
    """Give days until `predict_linear(kubelet_volume_stats_available_bytes[6h])` is below 0: series begin with a pod."""
    end = len(WHEN) - back
    first = max(end - int(hours * A_DAY / 24), 0)
    when = WHEN[first:end]
    free = (see.held - see.used)[:, first:end]
    free = np.where(when >= see.cut[:, None], free, np.nan)
    slope, now = _line(free, when)
    return _until(now, -slope)


def mixin(see: Volumes) -> Floats:
    """Give 0 for what KubePersistentVolumeFillingUp (warning) fires for now, inf for the rest: it gives no date."""
    fires = np.ones(len(see.usable), dtype=bool)
    for back in range(3):  # for: 1h
        at = len(WHEN) - 1 - back
        low = (see.held[:, at] - see.used[:, at]) / see.held[:, at] < 0.15
        fires &= low & (predict_linear(see, 6, back) < 4) & (see.used[:, at] > 0)
    return np.where(fires, 0.0, np.inf)


def least_squares(see: Volumes, days: int) -> Floats:
    """Give days until a line through the used bytes of the last days is at the top."""
    first = (BACK - days) * A_DAY
    slope, now = _line(see.used[:, first:], WHEN[first:])
    return _until(see.usable - now, slope)


def holt_winters(see: Volumes) -> Floats:
    """Give days until level, trend and daily season, smoothed by the hour, reach the top; looked for over 60 days."""
    hourly = np.fmax(see.used[:, ::2], see.used[:, 1::2])
    season_of, level_by, trend_by, season_by = 24, 0.3, 0.02, 0.1
    start = np.where(np.isfinite(hourly), hourly, 0.0)
    level = start[np.arange(len(start)), np.argmax(np.isfinite(hourly), axis=1)]
    trend, season = np.zeros(len(level)), np.zeros((len(level), season_of))
    for hour in range(hourly.shape[1]):
        value, wave = hourly[:, hour], season[:, hour % season_of]
        known = np.isfinite(value)
        seen = np.where(known, value, level + trend + wave)
        before = level
        level = level_by * (seen - wave) + (1 - level_by) * (level + trend)
        trend = trend_by * (level - before) + (1 - trend_by) * trend
        season[:, hour % season_of] = season_by * (seen - level) + (1 - season_by) * wave
    hours = np.arange(1, 60 * 24 + 1)
    places = (hourly.shape[1] + hours - 1) % season_of
    over = level[:, None] + trend[:, None] * hours + season[:, places] >= see.usable[:, None]
    return np.where(over.any(axis=1), (np.argmax(over, axis=1) + 1) / 24, np.inf)
