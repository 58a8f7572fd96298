"""One test of a copy: what is restored where, so that the next tick can go on, and what came of it. JSON in the state."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

_T = TypeVar("_T")

BACKUP, SNAPSHOT = "backup", "snapshot"  # what is tested


@dataclass(frozen=True)
class Trial:
    """A test under way. Times are texts, as the state has them.

    Of a snapshot, ``backup`` is that snapshot, ``home`` and ``into`` are its namespace, and ``restore`` the claim made from it.
    """

    namespace: str
    claim: str
    claim_uid: str
    backup: str  # whose copy it is
    backup_uid: str
    home: str  # the namespace of the Backup object and of the Restore
    into: str  # where the data is restored to
    restore: str  # the Restore's name, and the label of all that it made
    started: str  # RFC 3339
    cut: str  # RFC 3339: of which time the data is
    total: int | None = None  # bytes that the copy says it holds
    by: str = ""  # "": by hand; else the slot that asked for it
    what: str = BACKUP  # or SNAPSHOT

    @property
    def of_snapshot(self) -> bool:
        """Tell whether a snapshot is tested."""
        return self.what == SNAPSHOT

    @property
    def allow(self) -> str:
        """The word that gives the rights which a test needs where it restores to."""
        return "snapshot-test" if self.of_snapshot else "test-namespace"

    @property
    def made(self) -> str:
        """The claim that the data comes back in."""
        return self.restore if self.of_snapshot else self.claim


@dataclass(frozen=True)
class Result:
    """What came of a test."""

    proven: bool
    why: str = ""  # when it is not
    judged: bool = True  # false: nobody could look, so the backup may be good
    late: bool = False  # its time was over before anybody could
    todo: str = ""
    files: int | None = None
    used: int | None = None  # bytes on disk
    denied: int = 0  # files and folders that could not be read
    source_files: int | None = None  # of the claim itself, now; None: not looked at
    source_used: int | None = None
    said: str = ""  # the last words of the user's own command
    few: bool = False  # far fewer files came back than the claim holds now
    left: tuple[str, ...] = ()  # what could not be taken away again
    going: tuple[str, ...] = ()  # what was deleted, and not seen to be gone
    runs_on: bool = False  # nobody saw Velero end its restore: it may make something after all was taken away
    seconds: int = 0
    stamped: bool = False  # the copy carries when it was proven
    unstamped: str = ""  # why it does not


@dataclass(frozen=True)
class Abandoned:
    """A test that nobody follows any more, found by what it made; ``left`` is what of that would not go."""

    trial: Trial
    left: tuple[str, ...] = ()
    given_up: bool = False  # it was told, and Velero made this afterwards
    runs_on: bool = False  # Velero may make something yet


def failed(why: str, todo: str = "", said: str = "") -> Result:
    """Say that nothing was proven, and why."""
    return Result(proven=False, why=why, todo=todo, said=said)


def unjudged(why: str, todo: str, *, late: bool = False) -> Result:
    """Say that nobody could look, so that the copy is as good or bad as it was before. ``late``: for want of time."""
    return Result(proven=False, why=why, judged=False, late=late, todo=todo)


def written(value: Any) -> dict[str, Any]:
    """Give a dataclass as JSON can hold it."""
    return asdict(value)


def read_as(kind: type[_T], noted: object) -> _T | None:
    """Read a note; None when it is none, or one of another version."""
    if not isinstance(noted, Mapping):
        return None
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]  # a dataclass
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in noted.items() if key in known}
    try:
        return kind(**given)
    except TypeError:
        return None
