"""What a benchmark means: how near it comes to what is declared, whether parallel I/O pays, and how even it is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from robusta_volumes._analysis.benchmark_compare import Compared
from robusta_volumes._model.benchmark import MIB, Measured, Ran, Run, Way
from robusta_volumes._model.io import Declared, IoLimits
from robusta_volumes._model.performance_limits import PerformanceLimits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import listing, plain

_ALL, _MILLI = 100, 1000
_PAYS = 2  # times: less than twice with 64 in flight is no parallelism
_EARLY = 0.9  # of the time of a section
_DEEP = ("iops_read_4k_qd64", "iops_write_4k_qd64")
_WIDE = ("bw_read_1m_qd16", "bw_write_1m_qd16")
WORDS = {
    "layout": "writing the file",
    "lat_read_4k_qd1": "4 KiB reads (one at a time)",
    "lat_write_4k_qd1": "4 KiB writes (one at a time)",
    "sync_write_4k": "4 KiB commits",
    "iops_read_4k_qd64": "4 KiB reads (64 at once)",
    "iops_write_4k_qd64": "4 KiB writes (64 at once)",
    "bw_read_1m_qd16": "1 MiB reads (16 at once)",
    "bw_write_1m_qd16": "1 MiB writes (16 at once)",
    "mixed_8k_70_30_qd16": "8 KiB 70/30 (16 at once)",
}


@dataclass(frozen=True)
class Verdict:
    """What is to be said: the verdict, what to do about it, and what to know beside it."""

    severity: Severity
    word: str  # for the title; "" where nothing stands out
    says: tuple[str, ...]
    todo: str = ""


def verdict(
    run: Run,
    found: Measured,
    declared: IoLimits | None,
    changes: Sequence[Compared],
    limits: PerformanceLimits,
) -> Verdict:
    """Judge it; the worst thing comes first."""
    held = bool(run.iops or run.throughput)
    points = [
        _worse(changes, limits),
        None if held else _by_limits(found, declared, limits),
        _uneven(found, limits),
        _commit(found, limits),
    ]
    told = [one for one in points if one]
    severity = max((one.severity for one in told), default=Severity.INFO)
    first = next((one for one in sorted(told, key=lambda one: -one.severity) if one.word), None)
    says = [line for one in told for line in one.says]
    if not held:
        says += _parallel(found)
    says += _caveats(run, found)
    todo = next((one.todo for one in told if one.todo), "")
    return Verdict(severity, first.word if first else "", tuple(says), todo)


def share_of(one: Ran, declared: IoLimits | None) -> tuple[float, Declared] | None:
    """Give how much of the declared limit a row reaches, 0 to 1; None where none is known, or the row does not go for it."""
    limit = _limit(one, declared)
    if limit is None or limit.value <= 0:
        return None
    return (one.bytes if one.job in _WIDE else one.iops) / limit.value, limit


def _limit(one: Ran, declared: IoLimits | None) -> Declared | None:
    if declared is None:
        return None
    if one.job in _DEEP:
        return (declared.read_iops if one.way == "read" else declared.write_iops) or declared.iops
    if one.job in _WIDE:
        return (declared.read_bytes if one.way == "read" else declared.write_bytes) or declared.bytes
    return None


def _worse(changes: Sequence[Compared], limits: PerformanceLimits) -> Verdict | None:
    worst = [one for one in changes if one.change <= -limits.benchmark_worse_percent]
    if not worst:
        return None
    names = listing([f"{_words(one.key)} by {-one.change:.0f} %" for one in worst], 3)
    says = f"Slower than the last time: {names}."
    todo = "compare what changed since: node, kernel, driver, class, other users of the backend; run it once more at another hour"
    return Verdict(Severity.MEDIUM, "slower than the last time", (says,), todo)


def _by_limits(found: Measured, declared: IoLimits | None, limits: PerformanceLimits) -> Verdict | None:
    """Compare with what is declared; far below both limits it is not the volume's own limit that holds it back."""
    iops = [s for one in found.ran if one.job in _DEEP and (s := share_of(one, declared))]
    wide = [s for one in found.ran if one.job in _WIDE and (s := share_of(one, declared))]
    if not iops and not wide:
        none = declared is not None and declared.none_declared
        why = "This kind of storage declares no limit" if none else "What is declared for this class is not known"
        return Verdict(Severity.INFO, "", (f"{why}: what was measured is what it does.",))
    best = {"IOPS": _best(iops), "MiB/s": _best(wide)}
    if machine := _machine(found, declared, limits):
        return machine
    parts = [
        f"{percent(share)} of {_value(limit, unit)}" for unit, one in best.items() if one for share, limit in [one]
    ]
    shares = [one[0] * _ALL for one in best.values() if one]
    said = " and ".join(parts)
    if min(shares) >= limits.benchmark_reached_percent:
        return Verdict(Severity.INFO, "reaches its limits", (f"It reaches what is declared: {said}.",))
    if len(shares) > 1 and max(shares) < limits.benchmark_missed_percent:
        says = f"It stays far below both limits ({said}): what holds it back is not the volume's own limit."
        todo = "run it on a larger machine (node=...): if it is faster there, the machine was the limit; else it is the backend"
        return Verdict(Severity.LOW, "far below its limits", (says,), todo)
    return Verdict(Severity.INFO, "", (f"Of what is declared it reaches {said}.",))


def _machine(found: Measured, declared: IoLimits | None, limits: PerformanceLimits) -> Verdict | None:
    """Say that the machine's own limit was reached, where the volume's is higher."""
    most = {
        "IOPS": (
            max((one.iops for one in found.ran if one.job in _DEEP), default=0.0),
            declared and declared.node_iops,
        ),
        "MiB/s": (
            max((one.bytes for one in found.ran if one.job in _WIDE), default=0.0),
            declared and declared.node_bytes,
        ),
    }
    own = {"IOPS": declared and declared.iops, "MiB/s": declared and declared.bytes}
    for unit, (value, limit) in most.items():
        volume = own[unit]
        if not limit or (volume and volume.value <= limit.value):
            continue
        if value * _ALL >= limits.benchmark_reached_percent * limit.value:
            of = percent(value / limit.value)
            says = f"It reaches {of} of what the machine may do for all its volumes: {_value(limit, unit)}."
            todo = "run it on a larger machine (node=...) to see what the volume does"
            return Verdict(Severity.INFO, "at the machine's limit", (says,), todo)
    return None


def _best(shares: Sequence[tuple[float, Declared]]) -> tuple[float, Declared] | None:
    return max(shares, key=lambda one: one[0], default=None)


def _value(limit: Declared, unit: str) -> str:
    value = limit.value / MIB if unit == "MiB/s" else limit.value
    return f"{value:,.0f} {unit}" + ("" if limit.verified else " (not verified)")


def _uneven(found: Measured, limits: PerformanceLimits) -> Verdict | None:
    fell = [
        f"{WORDS[one.job]} fell by {_ALL * (1 - one.fell):.0f} %"
        for one in found.ran
        if one.fell is not None and _ALL * (1 - one.fell) >= limits.benchmark_fell_percent
    ]
    noisy = [
        f"{WORDS[one.job]} ± {percent(one.noise)}"
        for one in found.ran
        if one.noise is not None and one.noise * _ALL > limits.benchmark_noise_percent and one.job != "layout"
    ]
    says = []
    if fell:
        says.append(f"Within a section {listing(list(dict.fromkeys(fell)), 3)}: burst credit or a cache was used up.")
    if noisy:
        says.append(f"Uneven: {listing(list(dict.fromkeys(noisy)), 3)}. One run does not describe it.")
    todo = "run it for longer (`benchmark.seconds`), and at another hour"
    return Verdict(Severity.INFO, "uneven", tuple(says), todo) if says else None


def _commit(found: Measured, limits: PerformanceLimits) -> Verdict | None:
    one = found.of("sync_write_4k", "write")
    if one is None or one.p99 is None or one.p99 * _MILLI < limits.benchmark_commit_ms:
        return None
    most = limits.benchmark_commit_ms
    says = f"A commit takes {one.p99 * _MILLI:,.1f} ms at the 99th percentile: etcd asks for less than {most} ms."
    todo = "for databases and etcd take a class with lower latency, or storage without replicas far away"
    return Verdict(Severity.LOW, "slow commits", (says,), todo)


def _parallel(found: Measured) -> list[str]:
    """Tell whether many operations at once get more done than one."""
    pairs: tuple[tuple[str, str, Way], ...] = (
        ("lat_read_4k_qd1", "iops_read_4k_qd64", "read"),
        ("lat_write_4k_qd1", "iops_write_4k_qd64", "write"),
    )
    ratios = {
        way: many.iops / one.iops
        for first, second, way in pairs
        if (one := found.of(first, way)) and (many := found.of(second, way)) and one.iops
    }
    if not ratios:
        return []
    said = " and ".join(f"{ratio:.1f} times as many {way}s" for way, ratio in ratios.items())
    pays = max(ratios.values()) >= _PAYS
    return [f"64 operations at once do {said} as one: {'parallel I/O pays' if pays else 'parallel I/O gains little'}."]


def _caveats(run: Run, found: Measured) -> list[str]:
    says = []
    if run.iops or run.throughput:
        parts = [f"{run.iops:,} IOPS"] * bool(run.iops) + [f"{run.throughput:,} MiB/s"] * bool(run.throughput)
        says.append(f"Each section was held to {' and '.join(parts)}: latencies count, and not how much it can do.")
    if not found.direct:
        says.append("Direct I/O is refused there: the page cache is in all figures, and the volume itself is slower.")
    early = [
        WORDS[one.job] for one in found.ran if one.way == "write" and one.job != "layout" and _ended_early(run, one)
    ]
    if early and not found.missing:
        names = listing(list(dict.fromkeys(early)), 2)
        says.append(f"Ended early, having written what they may (`benchmark.mostWritten`): {names}.")
    if found.missing:
        says.append(f"Without a result: {listing([WORDS[one] for one in found.missing], 3)}. The others count.")
    return says


def _ended_early(run: Run, one: Ran) -> bool:
    return one.seconds < _EARLY * run.seconds


def percent(share: float) -> str:
    """Write a share, 0 to 1, for people."""
    return f"{share * _ALL:.0f} %"


def words(job: str, way: str) -> str:
    """Name a section, and of a mixed one the direction."""
    return f"{WORDS[job]}, {way}s" if job.startswith("mixed") else WORDS.get(job, plain(job, 40))


def _words(key: str) -> str:
    job, _, way = key.partition(" ")
    return words(job, way)
