"""A benchmark as it is asked for, with all that is known about it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from robusta_volumes._model.asked_benchmark import BenchmarkStorageClass
from robusta_volumes._model.benchmark import FioPlan
from robusta_volumes._model.holder import Holder
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.performance_settings import Benchmark
from robusta_volumes._model.quantity import GIB, MIB
from robusta_volumes._model.volume import Claim, StorageClass

_PART = 5  # the file takes at most a fifth of what is free: fuller filesystems are slower


@dataclass(frozen=True)
class Wanted:
    """What is asked for, and what is known. ``claim``, ``holders``, ``attached`` and ``ios`` are of an existing claim."""

    asked: BenchmarkStorageClass
    settings: Benchmark
    namespace: str
    see: Inventory
    claim: Claim | None = None
    holders: Sequence[Holder] = ()
    attached: str = ""
    ios: Sequence[VolumeIo] | None = None  # None: nobody asked
    others: Sequence[str] = ()  # benchmarks that are there already
    own_user: bool = True

    @property
    def storage_class(self) -> StorageClass | None:
        """The class, where it is known."""
        return self.see.storage_class.get(self.class_name)

    @property
    def class_name(self) -> str:
        """The class that is meant: of the claim, as asked, or the default one; "" where there is none."""
        if self.asked.claim:
            return (self.claim.class_name or "") if self.claim else ""
        defaults = sorted(c.meta.name for c in self.see.classes if c.is_default)
        return self.asked.name or (defaults[0] if defaults else "")

    @property
    def size(self) -> int:
        """Bytes of the claim."""
        if self.asked.claim:
            return (self.claim.capacity or self.claim.requested or 0) if self.claim else 0
        return self.asked.size.amount if self.asked.size else self.settings.size * GIB

    @property
    def node(self) -> str:
        """The node that it has to run on; "": wherever there is room."""
        return self.asked.node or (self.held if self.asked.claim else "")

    @property
    def held(self) -> str:
        """The node that has the volume, where only one may."""
        if not self.claim or "ReadWriteMany" in (self.claim.modes_granted or self.claim.modes_asked):
            return ""
        return next((h.node for h in self.holders if h.node and not h.over), "") or self.attached

    @property
    def plan(self) -> FioPlan:
        """What fio is to do."""
        s, old = self.settings, bool(self.asked.claim)
        return FioPlan(
            file=min(s.file_size * 1024, self._room // MIB // _PART),
            seconds=s.seconds,
            most_written=s.most_written * 1024,
            most_full=s.most_full,
            most_pressure=s.existing_pressure if old else 0,
            iops=s.existing_iops if old else 0,
            throughput=s.existing_throughput if old else 0,
        )

    @property
    def _room(self) -> int:
        """Bytes that are free; of a claim whose use nobody measured, its size, and the pod looks."""
        known = (self.see.uses or {}).get(self.claim.meta.key) if self.claim else None
        free = known.use.available if known and known.use else None
        return self.size if free is None else free
