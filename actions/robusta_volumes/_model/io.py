"""What is known of one volume's I/O on one node: how it was mapped, what was measured, what it is allowed to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from robusta_volumes._model.io_series import IoKey

Confidence = Literal["exact", "mapped", "shared", "pod", "live", "none"]
# exact: the source names the volume; mapped: a device that is the volume's by serial, handle or numbers; shared: a device that
# others use, too; pod: what its pod does, on whatever device; live: probed, not measured over time; none: not mapped.


@dataclass(frozen=True)
class Mapped:
    """Which row of which source speaks for a claim on a node, and how that is known."""

    source: str = ""  # as `IoSeries.source`; "" where nothing speaks for it
    key: IoKey = ()
    node: str = ""
    device: str = ""  # "nvme1n1"; "" for sources that need none
    confidence: Confidence = "none"
    how: str = ""  # for people: "serial vol0abc of node_disk_info"; or why it cannot be mapped
    remedy: str = ""  # the exact switch that would provide more
    since: datetime | None = None  # since when that is so: the present attachment; nothing before counts


class Stats(
    NamedTuple
):  # a cluster has hundreds of thousands of them: a frozen dataclass takes four times as long to make
    """One signal over the window: its values are means of steps, and so these are "of 5-minute means"."""

    now: float | None = None  # mean of the last 15 minutes
    mean: float | None = None
    p50: float | None = None
    p75: float | None = None
    p95: float | None = None
    peak: float | None = None
    peak_at: datetime | None = None
    samples: int = 0


class Episode(NamedTuple):  # the same
    """How often something was so: a share of the samples, the longest time in one piece, and since when it is so now."""

    share: float = 0.0  # of the samples, 0 to 1
    longest: timedelta = timedelta()
    since: datetime | None = None  # None: it is not so now
    last: datetime | None = None  # when it was so for the last time
    worst_hour: float = 0.0  # the highest share of the samples of any hour


@dataclass(frozen=True)
class Declared:
    """One limit that a volume or a machine has."""

    value: float  # operations or bytes per second
    formula: str  # for people: "3 x 500 GiB, at least 100, at most 16,000"
    source: str  # where it comes from: "VolumeAttributesClass gold", "storage class gp3 (may have been changed since)"
    confidence: Literal["exact", "class", "assumed"] = "exact"
    burst: float | None = None  # what it may do while it has credit
    verified: bool = True  # False: the figure is from general knowledge, and marked so in the report


@dataclass(frozen=True)
class Credit:
    """A bucket of burst credit, modelled from what was done; full at the beginning, which is the best case."""

    left: float  # share, 0 to 1
    falling: bool
    empty_in: timedelta | None = None  # at the present rate; None: it does not fall
    unit: str = "operations"  # or "bytes"


@dataclass(frozen=True)
class Bucket:
    """How a volume saves up credit: what it does below ``base`` fills the bucket, what it does above empties it."""

    size: float  # operations or bytes
    base: float  # per second, for ever
    burst: float  # per second, as long as there is credit
    unit: str = "operations"  # or "bytes"


@dataclass(frozen=True)
class IoLimits:
    """What a volume is allowed to do. None: not known, or not limited where ``none_declared``."""

    kind: str = ""  # "gp3", "Premium_LRS"; "" where no catalogue knows it
    family: str = ""  # latency class: "sub-ms", "ssd", "hdd", "replicated", "nfs", "local"; "" unknown
    iops: Declared | None = None
    read_iops: Declared | None = None  # where reads and writes have limits of their own
    write_iops: Declared | None = None
    bytes: Declared | None = None
    read_bytes: Declared | None = None
    write_bytes: Declared | None = None
    node_iops: Declared | None = None  # of the machine, for all its volumes together
    node_bytes: Declared | None = None
    pool: str = ""  # "pd-ssd": disks of one type share what they may do on a machine; "" each has its own
    pool_iops: Declared | None = (
        None  # of all disks of ``pool`` on the machine together; of reads, where writes have their own
    )
    pool_bytes: Declared | None = None
    largest_iops: float | None = None  # to what it can be raised in this class, at this size
    largest_bytes: float | None = None
    op_bytes: int | None = None  # a larger operation counts as several: 256 KiB on EBS SSD
    online: bool | None = None  # whether it can be changed while it is used
    none_declared: bool = False  # this kind of storage has no limit of its own
    buckets: tuple[Bucket, ...] = ()  # of burst credit; empty: it has none
    reads_cached: bool = (
        False  # the machine's cache may serve reads beyond the limits: only writes are compared with them
    )
    adds_up: bool = False  # reads and writes use up one budget: their shares of their limits are added
    why_unknown: str = ""  # and what would tell


@dataclass(frozen=True)
class Neighbour:
    """Another pod on the same device."""

    namespace: str
    pod: str
    ops: float | None  # per second
    bytes: float | None
    share: float | None  # of the operations on the device (of the bytes where operations are not known)
    claim: str = ""  # through which it uses the device, where that is known


@dataclass(frozen=True)
class History:
    """What is known of a volume beyond the window, from means of an hour."""

    days: float  # that it covers
    stats: Mapping[str, Stats] = field(default_factory=dict)  # over all of it
    before: Mapping[str, Stats] = field(default_factory=dict)  # of the window's own hours, a week earlier
    spike_hours: tuple[int, ...] = ()  # hours of the day in UTC in which latency spikes came back on several days
    full_in: Mapping[str, float] = field(
        default_factory=dict
    )  # "iops", "bytes" -> days to the limit, where a line fits


@dataclass(frozen=True)
class VolumeIo:
    """What is known of the I/O of one claim on one node.

    Derived signals stand beside those of `robusta_volumes._model.io_series.SIGNALS`: ``iops`` and ``bytes`` (both directions),
    ``read_latency``, ``write_latency``, ``flush_latency`` and ``latency`` (of both, weighted by operations; seconds),
    ``read_size``, ``write_size`` and ``size`` (bytes per operation), ``retransmitted`` (share), ``client_wait`` (seconds per
    NFS request), ``server_latency`` (seconds per NFS request, from sending it to its answer), ``meta`` (share of NFS requests
    that ask for names and attributes), ``limit_iops`` and ``limit_bytes`` (share of what is allowed: of the burst limit as
    long as there is credit), ``pool_limit_iops`` and ``pool_limit_bytes`` (what all disks of one type on the machine do, as a
    share of what they may do together) and ``node_limit_iops`` and ``node_limit_bytes`` (of all volumes and the machine).
    ``queue`` is made of latency and rate where nothing counts it.
    Words of ``episodes`` are in `robusta_volumes._model.io_episodes`.
    """

    mapped: Mapped
    limits: IoLimits = field(default_factory=IoLimits)
    stats: Mapping[str, Stats] = field(default_factory=dict)
    episodes: Mapping[str, Episode] = field(default_factory=dict)  # by the word of `robusta_volumes._model.io_episodes`
    per_io: Mapping[str, float] = field(default_factory=dict)  # "read p95" -> seconds, where a histogram exists
    credit: Credit | None = None
    neighbours: tuple[Neighbour, ...] = ()
    own_share: float | None = None  # of the operations on its device
    node_pressure: float | None = None  # share
    window: tuple[datetime, datetime] | None = None  # what counted
    samples: int = 0
    step: timedelta = timedelta(minutes=5)
    expected: tuple[float, float] | None = None  # seconds: from where latency of this family is high, and very high
    mounts: tuple[str, ...] = ()  # mount options
    also: tuple[Mapped, ...] = ()  # other sources that speak for it, too; they fill in what the best one lacks
    machine: Mapping[str, Stats] = field(default_factory=dict)  # "iops", "bytes": all volumes of its machine together
    history: History | None = None  # None: nobody asked for more than the window

    @property
    def known(self) -> bool:
        """Tell whether anything was measured."""
        return self.samples > 0

    def stat(self, signal: str) -> Stats:
        """Give what is known of a signal; an empty one where nothing is."""
        return self.stats.get(signal, _NOTHING)

    def episode(self, word: str) -> Episode:
        """Give how often something was so; never, where it was not looked at."""
        return self.episodes.get(word, _NEVER)


_NOTHING = Stats()
_NEVER = Episode()
