"""How often, how long and since when something was so, for many rows at once: the words of `_model/io_episodes`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from robusta_volumes._analysis.io_rows import Bools, Entry, Floats, Signals
from robusta_volumes._analysis.io_stats import late_columns, medians
from robusta_volumes._model.io import Episode
from robusta_volumes._model.limits import Limits

_HOUR = timedelta(hours=1)
_PERCENT = 100.0
_NONE: Floats = np.empty((0, 0))


def conditions(
    found: Signals, entries: Sequence[Entry], bound: Bools | None, thresholds: Limits
) -> Mapping[str, tuple[Bools, Floats]]:
    """Give, by word, where something was so, and the signal without which that is not known."""
    met = {
        word: (found[signal] >= least, found[signal]) for word, signal, least in _bars(thresholds) if signal in found
    }
    for word in ("timeouts", "long_ios"):
        if word in found:
            met[word] = (found[word] > 0, found[word])
    if "pressure_some" in found or "pressure_full" in found:
        some = found.get("pressure_some", found.get("pressure_full", _NONE))
        full = found.get("pressure_full", some)
        hard = (some >= thresholds.io_stall_most_percent / _PERCENT) | (
            full >= thresholds.io_stall_full_percent / _PERCENT if "pressure_full" in found else False
        )
        met["badly_stalled"] = (hard, np.fmax(some, full))
    met.update(_latencies(found, entries, thresholds))
    met.update(_queues(found, bound, thresholds))
    if "slow" in met and "queue" in found:
        met["slow_at_low_load"] = (met["slow"][0] & _low(found, thresholds), found["latency"])
    return met


def _low(found: Signals, thresholds: Limits) -> Bools:
    """Tell where hardly anything waited and, as far as limits are known, little was asked."""
    low: Bools = found["queue"] < thresholds.io_low_queue
    for signal in ("limit_iops", "limit_bytes"):
        if signal in found:
            low = low & ~(found[signal] >= thresholds.io_low_load_percent / _PERCENT)
    return low


def _latencies(found: Signals, entries: Sequence[Entry], thresholds: Limits) -> Mapping[str, tuple[Bools, Floats]]:
    if "latency" not in found:
        return {}
    latency = found["latency"]
    expected = np.asarray([thresholds.high_latency(e.limits.family) for e in entries])
    high, very_high = latency >= expected[:, :1], latency >= expected[:, 1:]
    return {
        "slow": (high, latency),
        "very_slow": (very_high, latency),
        "spike": (very_high & (latency >= thresholds.io_spike_times * medians(latency)[:, None]), latency),
    }


def _queues(found: Signals, bound: Bools | None, thresholds: Limits) -> Mapping[str, tuple[Bools, Floats]]:
    if "queue" not in found:
        return {}
    queue = found["queue"]
    met = {"saturated": (queue > thresholds.io_saturated_queue, queue)}
    if bound is not None:
        met["at_baseline"] = (bound, queue)
    if "iops" in found:
        iops = found["iops"]
        many = queue > np.maximum(iops / thresholds.io_ops_per_queued, thresholds.io_queued)
        met["overqueued"] = (many & np.isfinite(iops), queue)
        if "latency" in found:
            waits = np.divide(queue, iops, out=np.full_like(queue, np.nan), where=np.isfinite(found["latency"]))
            near = np.abs(found["latency"] - waits) <= waits * thresholds.io_little_percent / _PERCENT
            met["queued"] = ((queue >= thresholds.io_queued) & near, queue)
    return met


def _bars(thresholds: Limits) -> Sequence[tuple[str, str, float]]:
    ceiling = thresholds.io_ceiling_percent / _PERCENT
    own, by_machine = thresholds.io_throttled_percent / _PERCENT, thresholds.io_machine_throttled_percent / _PERCENT
    return (
        ("iops_ceiling", "limit_iops", ceiling),
        ("bytes_ceiling", "limit_bytes", ceiling),
        ("iops_throttled", "iops_throttled", own),
        ("bytes_throttled", "bytes_throttled", own),
        ("node_iops_throttled", "node_iops_throttled", by_machine),
        ("node_bytes_throttled", "node_bytes_throttled", by_machine),
        ("stalled", "pressure_some", thresholds.io_stall_percent / _PERCENT),
        ("degraded", "degraded", 0.5),
        ("read_only", "read_only", 0.5),
    )


def episodes_of(
    word: str, so: Bools, signal: Floats, ends: Sequence[datetime], step: timedelta
) -> Mapping[int, Episode]:
    """Describe, by row, what was ever so. Of a measured share of time the share and the worst hour are its means."""
    measured = word.endswith("throttled")
    rows = np.flatnonzero((signal > 0).any(axis=1) if measured else so.any(axis=1))
    if not len(rows):
        return {}
    so, signal = so[rows], signal[rows]
    known = np.isfinite(signal)
    so = so & known
    weight = np.where(known, signal, 0.0) if measured else so.astype(np.float64)
    lengths = _lengths(so)
    columns = np.arange(so.shape[1])
    last = np.where(so, columns, -1).max(axis=1)
    newest = np.where(known, columns, -1).max(axis=1)
    lasts = (last == newest) & (newest >= so.shape[1] - late_columns(step))
    at = np.arange(len(rows))
    gathered = zip(
        rows.tolist(),
        (weight.sum(axis=1) / known.sum(axis=1)).tolist(),
        lengths.max(axis=1).tolist(),
        last.tolist(),
        np.where(lasts, lengths[at, np.maximum(last, 0)], 0).tolist(),
        _worst_hour(weight, known, step).tolist(),
        strict=True,
    )
    return {
        row: Episode(
            share,
            longest * step,
            ends[final] - running * step if running else None,
            ends[final] if final >= 0 else None,
            worst,
        )
        for row, share, longest, final, running, worst in gathered
    }


def _lengths(so: Bools) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Give how long it has been so without a break, in columns; a column of which nothing is known is a break."""
    columns = np.arange(so.shape[1])
    broken = np.maximum.accumulate(np.where(so, -1, columns), axis=1)
    return np.where(so, columns - broken, 0)


def _worst_hour(weight: Floats, known: Bools, step: timedelta) -> Floats:
    """Give the highest share of any hour of which at least half is known; of fewer columns, that of all."""
    wide = min(max(1, round(_HOUR / step)), weight.shape[1])
    sums, counts = _sliding(weight, wide), _sliding(known.astype(np.float64), wide)
    least = np.minimum(wide / 2, known.sum(axis=1))[:, None]
    shares = np.divide(sums, counts, out=np.zeros_like(sums), where=counts >= np.maximum(least, 1.0))
    return np.asarray(np.clip(shares.max(axis=1), 0.0, 1.0), dtype=np.float64)


def _sliding(values: Floats, wide: int) -> Floats:
    total = np.cumsum(values, axis=1)
    total[:, wide:] = total[:, wide:] - total[:, :-wide].copy()
    return total[:, wide - 1 :]
