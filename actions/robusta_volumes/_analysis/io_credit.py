"""Burst credit over time, modelled from what was done: full at the beginning, which is the best case.

What a volume does below its baseline fills the bucket, what it does above empties it. A volume that waits in a queue while
it does just its baseline has no credit, whatever the model says: with credit it would do more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from robusta_volumes._analysis.io_derived import counted
from robusta_volumes._analysis.io_rows import Bools, Entry, Floats, Ints, Signals
from robusta_volumes._analysis.io_stats import late_columns
from robusta_volumes._model.io import Bucket, Credit
from robusta_volumes._model.limits import Limits

_EMPTY = 0.05  # of the bucket: what refills between two steps and is gone at once
_LONGEST = timedelta(days=30)  # until it is empty: more is as good as never
_PERCENT = 100.0


@dataclass(frozen=True)
class Credits:
    """What the model says of each row: by unit, when there was none; and what is left now."""

    empty: dict[str, Bools]  # ``(rows, columns)``; a unit that no row has a bucket for is missing
    bound: Bools  # without credit, at the baseline, and waiting
    left: list[Credit | None]


def credits_of(found: Signals, entries: Sequence[Entry], step: timedelta, thresholds: Limits) -> Credits | None:
    """Model the burst credit of rows; None when no row may burst."""
    rows = _bursting(entries)
    shape = next(iter(found.values())).shape if found else (0, 0)
    empty: dict[str, Bools] = {}
    bound = np.zeros(shape, dtype=bool)
    left: list[Credit | None] = [None] * len(entries)
    for unit, pairs in rows.items():
        asked = counted(found, entries, unit, thresholds)
        if asked is None or not pairs:
            continue
        places = np.asarray([row for row, _ in pairs])
        buckets = [bucket for _, bucket in pairs]
        demand = asked[places]
        queue = found["queue"][places] if "queue" in found else np.full_like(demand, np.nan)
        near = near_base(demand, buckets, thresholds)
        stuck = stuck_at(near & _waits(found, entries, places, thresholds), step, thresholds)
        modelled = np.asarray([[bucket.size > 0] for bucket in buckets])
        credit = model(demand, stuck, buckets, step)
        none = np.where(modelled, credit <= np.asarray([[_EMPTY * bucket.size] for bucket in buckets]), stuck)
        empty[unit] = np.zeros(shape, dtype=bool)
        empty[unit][places] = none
        bound[places] |= modelled & none & near & (queue > thresholds.io_waiting)
        for row, one in zip(places.tolist(), _left(demand, credit, buckets, step), strict=True):
            before = left[row]
            if one is not None and (before is None or one.left < before.left):
                left[row] = one
    return Credits(empty, bound, left) if empty else None


def _bursting(entries: Sequence[Entry]) -> Mapping[str, list[tuple[int, Bucket]]]:
    """List, by unit, who may burst; a burst that nothing is said of how long it lasts has a bucket of no size."""
    found: dict[str, list[tuple[int, Bucket]]] = {"operations": [], "bytes": []}
    for at, entry in enumerate(entries):
        limits = entry.limits
        known = {bucket.unit: bucket for bucket in limits.buckets}
        for unit, declared in (("operations", limits.iops), ("bytes", limits.bytes)):
            if unit in known:
                found[unit].append((at, known[unit]))
            elif declared and declared.burst:
                found[unit].append((at, Bucket(0.0, declared.value, declared.burst, unit)))
    return found


def _waits(found: Signals, entries: Sequence[Entry], places: Ints, thresholds: Limits) -> Bools:
    """Tell where operations wait: many are in flight, or more than one, and they are slow."""
    if "queue" not in found:
        return np.zeros((len(places), next(iter(found.values())).shape[1]), dtype=bool)
    queue = found["queue"][places]
    many = np.asarray(queue >= thresholds.io_queued)
    if "latency" not in found:
        return many
    high = np.asarray([[thresholds.high_latency(entries[row].limits.family)[0]] for row in places.tolist()])
    return many | ((queue > thresholds.io_waiting) & (found["latency"][places] >= high))


def model(demand: Floats, stuck: Bools, buckets: Sequence[Bucket], step: timedelta) -> Floats:
    """Give the credit after each step; a step of which nothing is known is taken to be idle."""
    sizes = np.asarray([each.size for each in buckets])
    bases = np.asarray([each.base for each in buckets])
    saved = (bases[:, None] - np.nan_to_num(demand)) * step.total_seconds()
    credit = np.empty_like(demand)
    now = sizes.copy()
    for column in range(demand.shape[1]):
        now = np.clip(now + saved[:, column], 0.0, sizes)
        now[stuck[:, column]] = 0.0
        credit[:, column] = now
    return credit


def near_base(demand: Floats, buckets: Sequence[Bucket], thresholds: Limits) -> Bools:
    """Tell where a volume does just its baseline."""
    bases = np.asarray([each.base for each in buckets])[:, None]
    return np.asarray(np.abs(demand - bases) <= bases * thresholds.io_baseline_percent / _PERCENT)


def stuck_at(held: Bools, step: timedelta, thresholds: Limits) -> Bools:
    """Tell where a volume cannot have any credit: for a while it has done just its baseline, and operations wait."""
    long = max(1, round(timedelta(minutes=thresholds.io_baseline_minutes) / step))
    steady = held.copy()
    for back in range(1, min(long, held.shape[1])):
        steady[:, back:] &= held[:, :-back]
        steady[:, :back] = False
    return steady


def _left(demand: Floats, credit: Floats, buckets: Sequence[Bucket], step: timedelta) -> list[Credit | None]:
    late = demand[:, -late_columns(step) :]
    lately = np.isfinite(late).sum(axis=1)
    rates: list[float] = np.where(lately, np.nansum(late, axis=1) / np.maximum(lately, 1), 0.0).tolist()
    seen: list[int] = np.isfinite(demand).sum(axis=1).tolist()
    ends: list[float] = credit[:, -1].tolist()
    return [
        _credit(bucket, now, rate) if known and bucket.size > 0 else None
        for known, rate, now, bucket in zip(seen, rates, ends, buckets, strict=True)
    ]


def _credit(bucket: Bucket, now: float, rate: float) -> Credit:
    falling = rate > bucket.base and now > 0
    seconds = now / (rate - bucket.base) if falling else None
    soon = seconds is not None and seconds <= _LONGEST.total_seconds()
    return Credit(now / bucket.size, falling, timedelta(seconds=seconds) if seconds and soon else None, bucket.unit)
