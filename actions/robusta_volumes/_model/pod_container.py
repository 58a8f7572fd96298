"""A container that mounts a claim: how often it was started again, how it ended last, what it says of its disk."""

from dataclasses import dataclass
from datetime import datetime

from robusta_volumes._model.disk_words import Signs


@dataclass(frozen=True, slots=True)  # a cluster has tens of thousands of them
class PodContainer:
    """One container of a pod, of those that mount a claim."""

    name: str
    restarts: int = 0
    ended: datetime | None = None  # when it ended last
    code: int | None = None  # the exit status of that
    reason: str = ""  # the kubelet's word for that: "Error", "OOMKilled", "Completed"
    left: Signs = ()  # what its termination message says of its disk
    locked: bool = False  # its own root filesystem is read-only, on purpose
    said: Signs | None = None  # what the last lines of its log say of its disk; None: they were not read
