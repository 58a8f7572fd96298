"""CSI drivers, as far as attaching goes, and the room that they say they have."""

from dataclasses import dataclass

from robusta_volumes._model.requirement import Requirement
from robusta_volumes._model.volume import Meta, Named


@dataclass(frozen=True)
class CsiDriver(Named):
    """A CSIDriver."""

    attaches: bool = True  # spec.attachRequired: a volume is attached to a node before it is mounted there


@dataclass(frozen=True)
class Capacity:
    """A CSIStorageCapacity: how much room a driver has for a class in one place."""

    meta: Meta
    class_name: str
    free: int | None  # bytes; None: the driver does not know at the moment
    largest: int | None  # the largest single volume, where that is less
    place: tuple[Requirement, ...]  # the nodes that can reach it; empty: all of them
    reachable: bool = True  # False: no node at all can

    @property
    def room(self) -> int | None:
        """The size of the largest volume that can be made there, by the scheduler's own reckoning."""
        return self.free if self.largest is None else self.largest
