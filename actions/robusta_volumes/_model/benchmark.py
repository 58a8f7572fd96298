"""A benchmark of a storage class: what is to be run, the run under way, and what fio measured. JSON in the state."""

from dataclasses import dataclass, field
from typing import Literal

Way = Literal["read", "write"]
MIB = 1024**2
# The sections of the job, in order, and what each one tells. ``layout`` only writes the file that the others work on.
SECTIONS = {
    "layout": "writes the file first: unwritten blocks are read without any disk",
    "lat_read_4k_qd1": "one 4 KiB read at a time: what a read takes",
    "lat_write_4k_qd1": "one 4 KiB write at a time: what a write takes",
    "sync_write_4k": "4 KiB writes, each made durable: what a commit takes",
    "iops_read_4k_qd64": "64 random 4 KiB reads at once: the most reads per second",
    "iops_write_4k_qd64": "64 random 4 KiB writes at once: the most writes per second",
    "bw_read_1m_qd16": "16 reads of 1 MiB at once: the most bytes read",
    "bw_write_1m_qd16": "16 writes of 1 MiB at once: the most bytes written",
    "mixed_8k_70_30_qd16": "16 random 8 KiB operations at once, 70 % reads: a busy database",
}
MEASURED = tuple(name for name in SECTIONS if name != "layout")


@dataclass(frozen=True)
class FioPlan:
    """What fio is to do, in MiB and seconds. ``iops`` and ``throughput`` (MiB/s) hold each section back; 0: nothing does."""

    file: int
    seconds: int
    most_written: int
    most_full: int = 100  # percent of the filesystem
    most_pressure: int = 0  # percent of a minute in which tasks of the node waited for I/O; 0: not asked
    iops: int = 0
    throughput: int = 0

    @property
    def ramp(self) -> int:
        """Seconds before reads are counted; writes count at once, since their bytes are bounded."""
        return 2 if self.seconds >= 10 else 0  # noqa: PLR2004 (a fifth of it)

    @property
    def total(self) -> int:
        """Seconds for all sections; writing the file first takes as long as it takes."""
        reads = sum("read" in name or "mixed" in name for name in MEASURED)
        return len(MEASURED) * self.seconds + reads * self.ramp + _LAYOUT


_LAYOUT = 30  # seconds: 1 GiB at 35 MiB/s


@dataclass(frozen=True)
class Run:
    """A benchmark under way. ``name`` is that of its pod and its claim, ``id`` what both carry as a label."""

    id: str
    name: str
    namespace: str
    class_name: str
    size: int  # bytes of the claim
    started: str  # RFC 3339
    file: int  # MiB
    seconds: int
    most_written: int  # MiB
    claim: str = ""  # an existing claim that is tried instead of a new one
    node: str = ""  # as it was asked for
    zone: str = ""
    iops: int = 0  # held to
    throughput: int = 0

    @property
    def tried(self) -> str:
        """The claim that the file is written to."""
        return self.claim or self.name

    @property
    def place(self) -> str:
        """Where it was asked to run, for people; "" for anywhere."""
        return f"node {self.node}" if self.node else f"zone {self.zone}" if self.zone else ""


@dataclass(frozen=True)
class Ran:
    """One direction of one section: per second, seconds and bytes. Of ``sync_write_4k`` the latency is that of the commit."""

    job: str
    way: Way
    iops: float
    bytes: float
    total: int  # bytes in all
    seconds: float
    mean: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    noise: float | None = None  # standard deviation by mean of the operations per second
    fell: float | None = None  # the last third of the section by the first one, where it was measured


@dataclass(frozen=True)
class Measured:
    """What one run of fio told. ``refused``: why the pod did not begin; ``missing``: the sections without a result."""

    ran: tuple[Ran, ...] = ()
    engine: str = ""
    direct: bool = True  # False: the page cache is in the figures
    refused: str = ""
    missing: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()  # sections that ended with an error
    devices: tuple[str, ...] = ()
    version: str = ""
    said: str = ""  # the last words that are no result
    json: str = ""  # as fio wrote it
    pressure: str = ""  # what the node said of I/O pressure before it began

    def of(self, job: str, way: Way) -> Ran | None:
        """Give one row; None where there is none."""
        return next((one for one in self.ran if (one.job, one.way) == (job, way)), None)

    @property
    def written(self) -> int:
        """Bytes that were written, as far as fio told."""
        return sum(one.total for one in self.ran if one.way == "write")


@dataclass(frozen=True)
class Ended:
    """What came of a run: ``measured``, or ``why`` there is nothing, and what ``todo``.

    ``left``: what of ours would not go; ``stays``: what is to be said of the volume, where that is not gone.
    """

    measured: Measured | None = None
    why: str = ""
    todo: str = ""
    node: str = ""
    left: tuple[str, ...] = ()
    stays: str = ""


@dataclass(frozen=True)
class Figures:
    """What is kept of a run, to compare the next one with: by section and direction, "iops_read_4k_qd64 read"."""

    when: str
    size: int
    node: str = ""
    direct: bool = True
    held: bool = False  # it was held back, so what is compared is latency alone
    iops: dict[str, float] = field(default_factory=dict)
    bytes: dict[str, float] = field(default_factory=dict)
    p99: dict[str, float] = field(default_factory=dict)
    mean: dict[str, float] = field(default_factory=dict)
