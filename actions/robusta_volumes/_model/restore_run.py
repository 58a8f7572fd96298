"""What somebody who waits for a restore of Velero needs to know of it."""

from dataclasses import dataclass
from datetime import datetime

# A phase that a later Velero adds is one on the way: those that end a restore are known since its first versions.
_OVER = frozenset({"Completed", "PartiallyFailed", "Failed", "FailedValidation"})


@dataclass(frozen=True)
class RestoreRun:
    """A Restore object, as far as somebody who waits for it needs it."""

    name: str
    uid: str
    phase: str  # in Velero's own word; "": no server has seen it
    errors: int = 0
    warnings: int = 0
    why: str = ""
    created: datetime | None = None
    ended: datetime | None = None

    @property
    def over(self) -> bool:
        """Tell whether nothing more will happen."""
        return self.phase in _OVER

    @property
    def refused(self) -> bool:
        """Tell whether Velero has not even begun: its request or the storage location cannot be used."""
        return self.phase == "FailedValidation"

    @property
    def good(self) -> bool:
        """Tell whether Velero says that all went well; whether the data is there, the claim says."""
        return self.phase == "Completed"
