"""The block ``volumePerformanceAnalysis``: what is asked, what limits are declared, how volumes are tried."""

from dataclasses import dataclass

from robusta_volumes._model.checks import cron, flag, limits, names, time_zone, whole
from robusta_volumes._model.data_settings import image, pull_secrets
from robusta_volumes._model.declare import block_of, setting
from robusta_volumes._model.io_caps import NO_CAPS, Caps, caps
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.rule_choice import RuleChoice, Severities, rules, severities


def _hours(value: object) -> int:
    return whole(value, "hours", 2, 168)  # twelve samples of five minutes are the least; a week is drawn by the hour


def _seconds(value: object) -> int:
    return whole(value, "seconds", 5, 280)  # an action has about five minutes


def _window(value: object) -> int:
    return whole(value, "seconds", 5, 30)  # the command that waits is not bounded by anybody else


def _volumes(value: object) -> int:
    return whole(value, "volumes", 1, 200)


def _gib(value: object) -> int:
    return whole(value, "GiB", 1, 16_384)


def _run(value: object) -> int:
    return whole(value, "seconds", 1, 30)  # nine sections of it must end within a run of an action


def _percent(value: object) -> int:
    return whole(value, "percent", 1, 99)


def _rate(value: object) -> int:
    return whole(value, "per second", 0, 1_000_000)


@dataclass(frozen=True)
class Probe:
    """How ``probe_volume_io`` looks."""

    seconds: int = setting(10, _window, "how long I/O is counted; the command in the pod sleeps so long", "seconds")


@dataclass(frozen=True)
class Benchmark:
    """How ``benchmark_storage_class`` tries a class."""

    image: str = setting(
        "", image, "image with fio and a shell, by tag or digest; empty: none is run, there is no official one", "image"
    )
    pull_secrets: tuple[str, ...] = setting((), pull_secrets, "Secrets to pull that image with", "names")
    size: int = setting(10, _gib, "size of the throw-away claim: limits of many classes grow with it", "GiB")
    file_size: int = setting(
        1, _gib, "size of the file that fio works on; in a small claim a fifth of what is free", "GiB"
    )
    seconds: int = setting(15, _run, "how long each of the eight measured sections runs", "seconds")
    start_seconds: int = setting(
        120, _seconds, "how long a volume may take to be made and attached, and the pod to start", "seconds"
    )
    most_written: int = setting(
        20, _gib, "how much one run may write in all: it uses up burst credit and wears disks", "GiB"
    )
    most_full: int = setting(
        80, _percent, "a filesystem that is fuller is not written to: it may be the disk of a node", "percent"
    )
    allow_existing: bool = setting(False, flag, "true lets a run name an existing claim, whose users it slows down")
    existing_iops: int = setting(
        1000, _rate, "in an existing claim each section is held to so many operations per second; 0: not held", "IOPS"
    )
    existing_throughput: int = setting(
        50,
        _rate,
        "the same in MiB per second; 0: not held, and what is written is bounded by mostWritten alone",
        "MiB/s",
    )
    existing_pressure: int = setting(
        10,
        _percent,
        "an existing claim is left alone while tasks wait for I/O more than so much of the time",
        "percent",
    )
    existing_busy: int = setting(
        50,
        _percent,
        "an existing claim is left alone while it uses more of its declared limit, where that is known",
        "percent",
    )


_probe_block, _benchmark_block = block_of(Probe()), block_of(Benchmark())


def probe(value: object) -> Probe:
    """Read the block ``probe``. Raises ValueError: with the key that cannot be used, and what is allowed."""
    return value if isinstance(value, Probe) else _probe_block(value)


def benchmark(value: object) -> Benchmark:
    """Read the block ``benchmark``. Raises ValueError: with the key that cannot be used, and what is allowed."""
    return value if isinstance(value, Benchmark) else _benchmark_block(value)


@dataclass(frozen=True)
class VolumePerformanceAnalysis:
    """I/O, throughput, latency and the bottleneck."""

    enabled: bool = setting(True, flag, "false silences every trigger of this workflow")
    include_io_metrics: bool = setting(
        True,
        flag,
        "false asks no metrics and runs nothing in pods: limits, class, mount options and sharing are judged",
    )
    report_schedule: str = setting("0 8 * * *", cron, "when the scheduled report of the whole cluster is due", "cron")
    time_zone: str = setting("UTC", time_zone, "the zone that reportSchedule is written in", "IANA zone")
    namespaces: tuple[str, ...] = setting(
        (), names, "namespaces to read when reading the whole cluster is not allowed", "names"
    )
    window_hours: int = setting(24, _hours, "how far back I/O is judged", "hours")
    detail: int = setting(
        20, _volumes, "of a cluster, how many of the worst volumes are looked at in steps of five minutes", "volumes"
    )
    metrics_seconds: int = setting(
        120, _seconds, "how long metrics may take; the report then says what it has and what is missing", "seconds"
    )
    declared_limits: Caps = setting(
        NO_CAPS,
        caps("fast-ssd"),
        "what volumes may do, by storage class or driver: counts before class and catalogue, after what the volume itself bears",
    )
    machine_limits: Caps = setting(
        NO_CAPS, caps("m7i.large"), "what machines may do with all their volumes together, by type of instance"
    )
    probe: Probe = setting(Probe(), probe, "how a volume is looked at without Prometheus")
    benchmark: Benchmark = setting(Benchmark(), benchmark, "how a storage class is tried, and how much that may write")
    limits: Limits = setting(Limits(), limits, "thresholds to override by name")
    severities: Severities = setting(
        Severities(), severities, "severities to override, by rule id or prefix; an id counts before its prefix"
    )
    select: tuple[str, ...] = setting((), rules, "the rules that judge; none named: all", "rule ids or prefixes")
    ignore: tuple[str, ...] = setting((), rules, "rules that never judge; counts before select", "rule ids or prefixes")

    @property
    def choice(self) -> RuleChoice:
        """Which rules judge, and how bad they are."""
        return RuleChoice(self.select, self.ignore, self.severities)
