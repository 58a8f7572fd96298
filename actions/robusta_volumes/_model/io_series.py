"""What metrics say of I/O over time: operations and bytes per second, seconds, shares from 0 to 1; NaN: nothing."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

IoKey = tuple[
    str, ...
]  # what names a thing in its source: (volume id,), (instance, device), (pool, namespace, image), ...

# What a source may measure. Rates are means over one step; per second where nothing else is said.
SIGNALS: Mapping[str, str] = {
    "read_ops": "reads per second",
    "write_ops": "writes per second",
    "read_bytes": "bytes read per second",
    "write_bytes": "bytes written per second",
    "read_seconds": "seconds that reads took, per second: divided by read_ops it is their mean latency",
    "write_seconds": "seconds that writes took, per second",
    "merged_writes": "writes merged into others before they reached the device, per second",
    "flushes": "flushes per second",
    "flush_seconds": "seconds that flushes took, per second",
    "busy": "share of time with at least one operation in flight",
    "queue": "operations in flight, mean",
    "iops_throttled": "share of time in which the volume's own limit of operations held it back",
    "bytes_throttled": "share of time in which the volume's own limit of bytes held it back",
    "node_iops_throttled": "share of time in which the machine's limit of operations held the volume back",
    "node_bytes_throttled": "share of time in which the machine's limit of bytes held the volume back",
    "pressure_some": "share of time in which at least one task of the pod waited for I/O",
    "pressure_full": "share of time in which all tasks of the pod waited for I/O",
    "transmissions": "NFS requests sent, repeated ones included, per second",
    "requests": "NFS requests, per second",
    "timeouts": "NFS requests that ran into a major timeout, per second",
    "queued_seconds": "seconds that NFS requests waited in the client, per second",
    "server_seconds": "seconds from sending an NFS request to its answer, per second",
    "meta_requests": "NFS GETATTR, LOOKUP and ACCESS, per second",
    "long_ios": "operations that the backend itself calls too long, per second",
    "degraded": "1 while a replica is missing or rebuilt",
    "read_only": "1 while the filesystem was turned read-only",
    "cpu_throttled": "share of CPU periods in which the pod was held back",
    "memory_pressure": "share of time in which at least one task of the pod waited for memory",
    "backing_write_latency": "seconds that writes take on the slowest disk below the replicas, mean",
    "amplification": "writes on the disks of a node for each write that the replicas there ask for, where it is worst",
}
COUNTERS = frozenset(SIGNALS) - {
    "queue",
    "degraded",
    "read_only",
    "backing_write_latency",
    "amplification",
}


@dataclass(frozen=True)
class IoWindow:
    """What is asked for: ``columns`` steps that end at ``end``; each value is a mean over ``rate``."""

    end: datetime
    step: timedelta = timedelta(minutes=5)
    columns: int = 288  # a day
    rate: timedelta = timedelta(minutes=5)  # at least four scrapes

    @property
    def start(self) -> datetime:
        """When the first step ends."""
        return self.end - (self.columns - 1) * self.step


@dataclass(frozen=True)
class IoSeries:
    """What one source measures: per signal ``len(keys) x window.columns`` values, row by row."""

    source: str
    window: IoWindow
    keys: tuple[IoKey, ...]
    signals: "Mapping[str, array[float]]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check names and shapes. Raises ValueError: when they do not fit."""
        for name, values in self.signals.items():
            if name not in SIGNALS:
                raise ValueError(f"{name} is no signal")
            if len(values) != len(self.keys) * self.window.columns:
                raise ValueError(f"{name}: {len(values)} values are not {len(self.keys)} x {self.window.columns}")


@dataclass(frozen=True)
class Device:
    """One block device of a node, as node_exporter describes it."""

    instance: str  # its label, "10.0.0.7:9100"
    device: str  # "nvme1n1", "dm-3"
    numbers: tuple[str, str] = ("", "")  # major, minor
    serial: str = ""
    path: str = ""
    wwn: str = ""
    model: str = ""
    rotational: bool | None = None
    logical_volume: str = ""  # lv_name of device mapper
    mapper_uuid: str = ""  # "CRYPT-LUKS2-..." of an encrypted one


@dataclass(frozen=True)
class Mounted:
    """Where a node has a filesystem, as node_exporter says it."""

    instance: str
    mountpoint: str
    device: str  # "/dev/nvme1n1", "server:/export"
    fstype: str


@dataclass(frozen=True)
class PodIo:
    """What one pod does on one device, means over the window; of a whole cluster over its last hour."""

    node: str  # its name, or its address where the metrics have no label for that
    namespace: str
    pod: str
    device: str = ""  # as cAdvisor names it, without /dev/; "" where it does not
    numbers: tuple[str, str] = ("", "")  # major, minor; "" where only the name is known
    ops: float | None = None  # per second
    bytes: float | None = None  # per second


@dataclass(frozen=True)
class Operation:
    """How long one kind of call to a CSI driver takes: attaching, mounting, making."""

    driver: str
    method: str
    p95: float | None  # seconds
    rate: float  # per hour
    failed: float | None = None  # share, 0 to 1


@dataclass(frozen=True)
class IoMeasured:
    """Everything that metrics say of I/O for one report; what is missing says why."""

    window: IoWindow
    series: Mapping[str, IoSeries] = field(default_factory=dict)  # by source
    devices: tuple[Device, ...] = ()
    mounted: tuple[Mounted, ...] = ()
    pods: tuple[PodIo, ...] = ()
    operations: tuple[Operation, ...] = ()
    per_io: Mapping[IoKey, Mapping[str, float]] = field(default_factory=dict)  # (volume id,) -> "read p95" -> seconds
    node_pressure: Mapping[str, float] = field(
        default_factory=dict
    )  # instance -> share of time some task waited for I/O
    nodes: Mapping[str, str] = field(default_factory=dict)  # instance -> name of the node, as node_exporter says it
    handles: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (node, volume handle) -> device
    heat: Mapping[str, IoSeries] = field(default_factory=dict)  # by source: means of each hour of a week
    resets: Mapping[tuple[str, IoKey], int] = field(
        default_factory=dict
    )  # (source, key) -> column of the last counter reset; what counts begins after it
    present: frozenset[str] = frozenset()  # sources that measure anything in this cluster
    gaps: tuple[str, ...] = ()  # what could not be asked, in sentences with what to do
    asked: tuple[tuple[str, str], ...] = ()  # (what for, PromQL)
    queries: Mapping[str, int] = field(default_factory=dict)  # by source
    seconds: float = 0.0
    source: str = ""  # for people: "Prometheus at http://..."


def moved_resets(first: IoMeasured, window: IoWindow) -> dict[tuple[str, IoKey], int]:
    """Give the columns in which counters started again in the first, as columns of another window; those in it."""
    start, step = first.window.start, first.window.step
    found = {of: round((start + at * step - window.start) / window.step) for of, at in first.resets.items()}
    return {of: at for of, at in found.items() if 0 <= at < window.columns}


def joined(first: IoMeasured, second: IoMeasured) -> IoMeasured:
    """Put what was asked a second time, of a few, to what was asked of all: questions and gaps; the series stay the first's."""
    queries = {
        name: first.queries.get(name, 0) + second.queries.get(name, 0) for name in {*first.queries, *second.queries}
    }
    return replace(
        first,
        gaps=tuple(dict.fromkeys((*first.gaps, *second.gaps))),
        asked=(*first.asked, *second.asked),
        queries=queries,
        seconds=first.seconds + second.seconds,
    )
