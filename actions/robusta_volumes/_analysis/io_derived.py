"""Signals that are made of others: operations of both directions, latencies, sizes, shares of limits."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from robusta_volumes._analysis.io_rows import Bools, Entry, Floats, Signals
from robusta_volumes._model.io import Declared, IoLimits
from robusta_volumes._model.limits import Limits

_Allowed = Callable[[IoLimits], Declared | None]
_PERCENT = 100.0
_LEAST_OPS = 0.1  # per second: thirty within five minutes; the mean of fewer says nothing


def derive(found: Signals) -> None:
    """Add what follows from what was measured. What is idle has no latency and no size: no sample, not 0."""
    _sum(found, "iops", "read_ops", "write_ops")
    _sum(found, "bytes", "read_bytes", "write_bytes")
    _sum(found, "seconds", "read_seconds", "write_seconds")
    _under_way(found)
    _quotient(found, "read_latency", "read_seconds", "read_ops")
    _quotient(found, "write_latency", "write_seconds", "write_ops")
    _quotient(found, "flush_latency", "flush_seconds", "flushes")
    _latency(found)
    _quotient(found, "read_size", "read_bytes", "read_ops")
    _quotient(found, "write_size", "write_bytes", "write_ops")
    _quotient(found, "size", "bytes", "iops")
    _quotient(found, "client_wait", "queued_seconds", "requests")
    _quotient(found, "server_latency", "server_seconds", "requests")
    _quotient(found, "meta", "meta_requests", "requests")
    if "transmissions" in found and "requests" in found:
        found["again"] = found["transmissions"] - found["requests"]
        _quotient(found, "retransmitted", "again", "requests")
        found["retransmitted"] = np.maximum(found["retransmitted"], 0.0)  # both are counted a moment apart
        del found["again"]


def _under_way(found: Signals) -> None:
    """Where nothing counts operations in flight, seconds that they took per second are just that (Little's law)."""
    if "seconds" not in found:
        return
    counted, seconds = found.get("queue"), found["seconds"].copy()
    if counted is not None:
        known = np.asarray(np.isfinite(counted).any(axis=1))
        seconds[known] = counted[known]
    found["queue"] = seconds


def _latency(found: Signals) -> None:
    """Weighted by operations, of the directions whose seconds are known."""
    if "seconds" not in found:
        return
    ops = np.zeros_like(found["seconds"])
    for seconds, done in (("read_seconds", "read_ops"), ("write_seconds", "write_ops")):
        if seconds in found and done in found:
            ops += np.where(np.isfinite(found[seconds]), np.nan_to_num(found[done]), 0.0)
    found["timed"] = ops
    _quotient(found, "latency", "seconds", "timed")
    del found["seconds"], found["timed"]


def _sum(found: Signals, name: str, one: str, other: str) -> None:
    """Add two directions: what is known of one alone is known."""
    if one in found and other in found:
        left, right = found[one], found[other]
        both = np.nan_to_num(left) + np.nan_to_num(right)
        found[name] = np.where(np.isnan(left) & np.isnan(right), np.nan, both)
    elif one in found or other in found:
        found[name] = found[one if one in found else other]


def _quotient(found: Signals, name: str, over: str, under: str) -> None:
    if over in found and under in found:
        enough = found[under] >= _LEAST_OPS
        empty = np.full_like(found[over], np.nan)
        found[name] = np.divide(found[over], found[under], out=empty, where=enough)


def used_ops(found: Signals, entries: Sequence[Entry], ops: str, size: str) -> Floats | None:
    """Give operations as the provider counts them: a larger one counts as several."""
    if ops not in found:
        return None
    most = _column(entries, lambda limits: limits.op_bytes)
    if size not in found or np.isnan(most).all():
        return found[ops]
    with np.errstate(invalid="ignore"):
        times = np.ceil(found[size] / most)
    return np.where(times > 1, found[ops] * times, found[ops])


def counted(found: Signals, entries: Sequence[Entry], unit: str, thresholds: Limits) -> Floats | None:
    """Give the "operations" or "bytes" that count against a disk's limit.

    Of a disk behind its machine's cache these are the writes, for the cache may serve reads. But all of it counts where it
    stands just at the limit and a queue waits: a cache would serve more.
    """
    ops = unit == "operations"
    every = used_ops(found, entries, "iops", "size") if ops else found.get("bytes")
    if every is None or not any(entry.limits.reads_cached for entry in entries):
        return every
    writes = used_ops(found, entries, "write_ops", "write_size") if ops else found.get("write_bytes")
    writes = np.full_like(every, np.nan) if writes is None else writes
    through = np.asarray([[not entry.limits.reads_cached] for entry in entries]) | np.zeros(every.shape, dtype=bool)
    if "queue" in found:
        declared = [entry.limits.iops if ops else entry.limits.bytes for entry in entries]
        bases = [one.value if one else np.nan for one in declared]
        bursts = [(one.burst if one else None) or np.nan for one in declared]
        for most in (bases, bursts):
            limit = np.asarray(most)[:, None]
            through |= (np.abs(every - limit) <= limit * thresholds.io_baseline_percent / _PERCENT) & (
                found["queue"] >= thresholds.io_queued
            )
    return np.where(through, every, writes)


def add_shares(found: Signals, entries: Sequence[Entry], empty: Mapping[str, Bools], thresholds: Limits) -> None:
    """Add the shares of what is allowed: of the nearest limit, where reads and writes have their own.

    ``empty`` is by "operations" and "bytes" where burst credit was used up: there the baseline is the limit.
    """
    ops = (
        (counted(found, entries, "operations", thresholds), lambda limits: limits.iops),
        (used_ops(found, entries, "read_ops", "read_size"), lambda limits: limits.read_iops),
        (used_ops(found, entries, "write_ops", "write_size"), lambda limits: limits.write_iops),
    )
    rates = (
        (counted(found, entries, "bytes", thresholds), lambda limits: limits.bytes),
        (found.get("read_bytes"), lambda limits: limits.read_bytes),
        (found.get("write_bytes"), lambda limits: limits.write_bytes),
    )
    _add_share(found, "limit_iops", entries, ops, empty.get("operations"))
    _add_share(found, "limit_bytes", entries, rates, empty.get("bytes"))


def _add_share(
    found: Signals,
    name: str,
    entries: Sequence[Entry],
    pairs: Iterable[tuple[Floats | None, _Allowed]],
    empty: Bools | None,
) -> None:
    for done, allowed in pairs:
        limits = [allowed(entry.limits) for entry in entries]
        if done is None or not any(limits):
            continue
        base = np.asarray([[each.value if each and each.value > 0 else np.nan] for each in limits])
        most = np.fmax(base, np.asarray([[(each.burst if each else None) or np.nan] for each in limits]))
        share = done / (most if empty is None else np.where(empty, base, most))
        if name in found:
            before, adds = found[name], np.asarray([[entry.limits.adds_up] for entry in entries])
            found[name] = np.where(adds, np.nan_to_num(before) + np.nan_to_num(share), np.fmax(before, share))
            found[name][np.isnan(before) & np.isnan(share)] = np.nan
        else:
            found[name] = share


def _column(entries: Sequence[Entry], value: Callable[[IoLimits], float | None]) -> Floats:
    values = [value(entry.limits) for entry in entries]
    return np.asarray([np.nan if each is None else each for each in values], dtype=np.float64)[:, None]
