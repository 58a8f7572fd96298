"""What a live look at a volume's I/O reads in a container, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Numbers = tuple[int, int]  # major and minor of a block device
DISK_FIELDS = 17  # of /proc/diskstats behind the name, since Linux 5.5; older ones have 11 or 15


@dataclass(frozen=True)
class Mount:
    """One line of mountinfo. ``root``: which folder of its filesystem is mounted, "/" is all of it."""

    numbers: Numbers
    root: str
    path: str
    fstype: str
    source: str
    options: tuple[str, ...] = ()
    read_only: bool = False  # the filesystem itself, not this mount of it alone

    @property
    def anonymous(self) -> bool:
        """Tell whether the filesystem lies on no block device of its own: network, overlay, memory, btrfs, ZFS."""
        return self.numbers[0] == 0

    @property
    def nfs(self) -> bool:
        """Tell whether it is NFS, of which the kernel counts each request."""
        return self.fstype in {"nfs", "nfs4"}


@dataclass(frozen=True)
class Disk:
    """The counters of one block device, in the order of the kernel's iostats.rst; fewer of an old kernel."""

    name: str
    counters: tuple[int, ...]


@dataclass(frozen=True)
class Own:
    """What a container did itself on one device, as its control group counts it; None: that is not counted."""

    reads: int | None = None
    writes: int | None = None
    read_bytes: int | None = None
    write_bytes: int | None = None


@dataclass(frozen=True)
class Stall:
    """Microseconds in which some, or all, tasks waited for I/O."""

    some: int
    full: int | None = None


@dataclass(frozen=True)
class Sample:
    """Everything that was read at one moment. ``own`` None: its control group tells nothing of I/O."""

    uptime: float
    disks: Mapping[Numbers, Disk] = field(default_factory=dict)
    own: Mapping[Numbers, Own] | None = None
    group: int = (
        2  # version of the control groups: one of version 1 does not count writes that go through the page cache
    )
    container: Stall | None = None
    node: Stall | None = None
    nfs: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)  # path -> operation -> its counters


@dataclass(frozen=True)
class Probed:
    """A pair of samples. ``block``: the device behind the path, where that is a raw block device."""

    first: Sample
    last: Sample
    mounts: tuple[Mount, ...] = ()
    block: Numbers | None = None
    raw: str = ""


@dataclass(frozen=True)
class Heard:
    """What came of one command: ``probed``, or ``why`` not, and what ``todo``."""

    probed: Probed | None = None
    why: str = ""
    todo: str = ""


@dataclass(frozen=True)
class DeviceIo:
    """What a block device did in the window: per second, seconds, bytes, shares from 0 to 1; None: undefined or not counted."""

    name: str
    numbers: Numbers
    reads: float
    writes: float
    read_bytes: float
    write_bytes: float
    read_wait: float | None
    write_wait: float | None
    in_flight: float | None  # mean
    busy: float | None
    merged: float | None  # of the writes, before they reached the device
    flushes: float | None
    flush_wait: float | None
    discards: float | None
    discard_wait: float | None

    @property
    def ops(self) -> float:
        """Reads and writes per second."""
        return self.reads + self.writes

    @property
    def wait(self) -> float | None:
        """How long an operation took, reads and writes together; undefined without any."""
        parts = ((self.reads, self.read_wait), (self.writes, self.write_wait))
        took = [rate * wait for rate, wait in parts if wait is not None]
        return sum(took) / self.ops if took and self.ops else None

    @property
    def stacked(self) -> bool:
        """Tell whether it stands on other devices: LVM, LUKS, multipath, RAID."""
        return self.name.startswith(("dm-", "md"))

    @property
    def idle(self) -> bool:
        """Tell whether it did nothing at all."""
        return not (self.ops or self.flushes or self.discards)


@dataclass(frozen=True)
class OwnIo:
    """What the container did itself. ``share``: of all operations on the device; None where nobody did any.

    ``partly``: writes through the page cache are not among it.
    """

    ops: float
    bytes: float | None
    share: float | None
    partly: bool = False


@dataclass(frozen=True)
class NfsOp:
    """One kind of NFS request: per second, and the seconds of one."""

    rate: float
    trip: float | None  # from sending to the answer: server and network
    whole: float | None  # with the wait in the client
    queued: float | None  # the wait in the client for a free slot


@dataclass(frozen=True)
class NfsIo:
    """What a mounted NFS export did. Counters are those of the server's filesystem: two mounts of one export share them."""

    reads: NfsOp
    writes: NfsOp
    every: NfsOp
    meta: float  # share of GETATTR, LOOKUP and ACCESS
    again: float | None  # sent again, as a share of the requests
    timeouts: int  # in the window


@dataclass(frozen=True)
class ProbeIo:
    """What is known of one mounted volume in one window of ``seconds``. Without device and NFS ``why`` says what is missing."""

    seconds: float
    mount: Mount | None = None
    device: DeviceIo | None = None
    own: OwnIo | None = None
    nfs: NfsIo | None = None
    container: tuple[float, float | None] | None = None  # share of time: some, all of its tasks waited for I/O
    node: tuple[float, float | None] | None = None
    why: str = ""
    todo: str = ""

    @property
    def idle(self) -> bool:
        """Tell whether the volume did nothing in the window: that says nothing of how fast it is."""
        if self.device:
            return self.device.idle
        return self.nfs is not None and not self.nfs.every.rate

    @property
    def wait(self) -> float | None:
        """How long an operation took; of NFS, a read or write with its wait in the client."""
        if self.device:
            return self.device.wait
        if self.nfs is None:
            return None
        did = [op for op in (self.nfs.reads, self.nfs.writes) if op.whole is not None and op.rate]
        return sum(op.rate * (op.whole or 0.0) for op in did) / sum(op.rate for op in did) if did else None
