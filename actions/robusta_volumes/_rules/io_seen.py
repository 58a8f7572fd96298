"""What rules about I/O read of a volume: shares, latencies and how they are told."""

from datetime import datetime

from robusta_volumes._model.io import Episode, Stats, VolumeIo
from robusta_volumes._model.io_words import iops, share, took
from robusta_volumes._model.limits import Limits

_PERCENT = 100


def reaches(value: float | None, percent: float) -> bool:
    """Tell whether a share of 1 is known and at least so many percent."""
    return value is not None and value * _PERCENT >= percent


def below(value: float | None, percent: float) -> bool:
    """Tell whether a share of 1 is known and less than so many percent."""
    return value is not None and value * _PERCENT < percent


def expected(io: VolumeIo, limits: Limits) -> tuple[float, float]:
    """Give from where latency is high for this kind of storage, and very high; seconds."""
    return io.expected or limits.high_latency(io.limits.family)


def is_high(io: VolumeIo, limits: Limits, signal: str = "latency") -> bool:
    """Tell whether a latency is known and high at its 95th percentile."""
    p95 = io.stat(signal).p95
    return p95 is not None and not idle(io, limits) and p95 >= expected(io, limits)[0]


def idle(io: VolumeIo, limits: Limits) -> bool:
    """Tell whether hardly anything was asked of it."""
    busiest = [io.stat(signal).p95 for signal in ("iops", "requests")]
    done = [value for value in busiest if value is not None]
    return bool(done) and max(done) < limits.io_idle_ops_per_minute / 60


def took_words(io: VolumeIo, limits: Limits, signal: str = "latency") -> str:
    """Say how long operations take: "latency p95 18 ms of 5-minute means (high from 10 ms)"."""
    high, _ = expected(io, limits)
    word = signal.replace("_", " ")
    return f"{word} p95 {took(io.stat(signal).p95)} of {step(io)} means (high from {took(high)})"


def step(io: VolumeIo) -> str:
    """Write "5-minute"."""
    return f"{io.step.total_seconds() / 60:.0f}-minute"


def load_words(io: VolumeIo) -> str:
    """Say how much was asked: "p95 2,960 IOPS, 97 % of 3,000"."""
    done = io.stat("iops").p95
    part, limit = io.stat("limit_iops").p95, io.limits.iops
    of = f", {share(part)} of {iops(limit.value)}" if part is not None and limit else ""
    return f"p95 {iops(done)}{of}"


def in_flight(io: VolumeIo) -> float | None:
    """Give how many operations are under way at once; where nothing counts them, rate by latency (Little's law)."""
    if io.stat("queue").p95 is not None:
        return io.stat("queue").p95
    done, late = io.stat("iops").p95, io.stat("latency").p95
    return done * late if done is not None and late is not None else None


def mean_of(over: Stats, under: Stats) -> float | None:
    """Divide two means; None where one is not known or nothing was done."""
    return over.mean / under.mean if over.mean is not None and under.mean else None


def started(*episodes: Episode) -> datetime | None:
    """Give since when any of them is so without a break."""
    times = [one.since for one in episodes if one.since]
    return min(times, default=None)


def lasted(one: Episode, minutes: int) -> bool:
    """Tell whether something was so for that long in one piece."""
    return one.longest.total_seconds() >= minutes * 60


def first_up(text: str) -> str:
    """Begin a sentence; what follows keeps its capitals."""
    return text[:1].upper() + text[1:]
