"""How full volumes are and were: what was measured, in bytes, counts and UTC; None or NaN where nothing was."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

Key = tuple[str, str]
_SENTINEL = 2**53  # inodes: what filesystems without a table of them report (btrfs, some NFS) is this or more


@dataclass(frozen=True)
class Use:
    """What the kubelet said of one claim's filesystem at one moment."""

    used: int | None = None  # bytes
    available: int | None = None  # bytes, without what is reserved for root
    capacity: int | None = None  # bytes of the filesystem, not of the volume
    inodes: int | None = None
    inodes_used: int | None = None
    abnormal: bool = False  # the driver says that the volume is not healthy
    at: datetime | None = None  # when; None: now

    @cached_property  # every rule and every line of a report asks
    def usable(self) -> int | None:
        """Bytes that can hold data: used and available. Blocks reserved for root are not among them."""
        if not self.used or self.available is None:  # a block volume reports 0 and 0
            return None
        return self.used + self.available

    @cached_property
    def share(self) -> float | None:
        """How full it is, 0 to 1."""
        return self.used / self.usable if self.usable and self.used is not None else None

    @cached_property
    def inode_share(self) -> float | None:
        """How many of its inodes are taken, 0 to 1; None where the filesystem has no table of them."""
        if not self.inodes or self.inodes >= _SENTINEL or self.inodes_used is None:
            return None
        return self.inodes_used / self.inodes


@dataclass(frozen=True)
class Grid:
    """Samples of many claims at equal steps: ``values`` is row by row, one row per key, NaN where there is none.

    Column i holds what was measured in the step that ends at ``start + i * step``.
    """

    keys: tuple[Key, ...]
    start: datetime
    step: timedelta
    columns: int
    values: "array[float]"

    def __post_init__(self) -> None:
        """Check the shape. Raises ValueError: when it does not fit."""
        if len(self.values) != len(self.keys) * self.columns:
            raise ValueError(f"{len(self.values)} values are not {len(self.keys)} x {self.columns}")


@dataclass(frozen=True)
class Measured:
    """Everything that metrics say for one report; what is missing says why."""

    now: Mapping[Key, Use] = field(default_factory=dict)
    highest: Grid | None = None  # of each day: used bytes
    lowest: Grid | None = None  # of each day: used bytes
    inodes: Grid | None = None  # of each day, the most used inodes
    detail: Grid | None = None  # used bytes by the hour, of few claims
    capacity: Grid | None = None  # bytes by the hour, of the same claims
    last_known: Mapping[Key, Use] = field(default_factory=dict)  # of claims that nothing measures now
    hourly_cost: Mapping[str, float] = field(default_factory=dict)  # of one GiB, by volume, as OpenCost has it
    gaps: tuple[str, ...] = ()  # what could not be asked, in sentences with what to do
    unasked: frozenset[Key] = frozenset()  # claims whose history no answer came for
    queries: int = 0
    seconds: float = 0.0
    source: str = ""  # where it comes from, for people: "Prometheus at http://..." or "kubelets"
