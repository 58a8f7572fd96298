"""What a run is about, and what started it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

_WORDS = {"Namespace": "namespace", "StorageClass": "storage class", "Node": "node"}


class Trigger(Enum):
    """What started an action."""

    MANUAL = "manual"
    EVENT = "event"
    ALERT = "alert"
    SCHEDULE = "schedule"


@dataclass(frozen=True)
class Target:
    """One object, a namespace, a storage class, a node, a label selector, or the whole cluster (kind ``Cluster``).

    ``given`` are the PV or PVC objects that the trigger carried, as they came: after a delete nothing else is left.
    """

    kind: str = "Cluster"
    name: str = ""
    namespace: str = ""
    selector: str = ""
    trigger: Trigger = Trigger.MANUAL
    given: tuple[Mapping[str, Any], ...] = ()
    deleted: bool = False

    @property
    def is_one_object(self) -> bool:
        """True for a claim, a volume, a pod or a workload; False for what holds many of them."""
        return self.kind not in {"Cluster", "Namespace", "StorageClass", "Node"}

    @property
    def title(self) -> str:
        """How people write it."""
        if self.kind == "Cluster":
            return f"the selection {self.selector}" if self.selector else "the cluster"
        if not self.is_one_object:
            name = self.namespace or self.name if self.kind == "Namespace" else self.name
            return f"{_WORDS[self.kind]} {name}" + (f", {self.selector}" if self.selector else "")
        return f"{self.namespace}/{self.name}" if self.namespace else self.name
