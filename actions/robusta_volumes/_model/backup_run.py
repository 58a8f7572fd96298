"""What became of a backup that a run made, or of the requests to delete some."""

from dataclasses import dataclass

from robusta_volumes._model.backup import Backup
from robusta_volumes._model.errors import ClusterError


@dataclass(frozen=True)
class MadeBackup:
    """One backup: made or found, or the error."""

    name: str
    backup: Backup | None = None
    error: ClusterError | None = None
    adopted: bool = False  # it was there: made by an earlier run for the same slot


@dataclass(frozen=True)
class Unmade:
    """What became of a plan to delete: those that Velero was asked for, those refused, and how many were not tried."""

    asked: tuple[Backup, ...] = ()
    errors: tuple[tuple[Backup, ClusterError], ...] = ()
    left: int = 0
