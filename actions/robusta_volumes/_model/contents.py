"""What lies in a volume: folders, files, what is old, and how it was looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from robusta_volumes._model.volume import Claim


@dataclass(frozen=True)
class Entry:
    """A folder, a file or a kind of file. ``used`` are bytes on disk, ``length`` is what ``ls -l`` says; ``count`` of things."""

    name: str
    used: int
    count: int = 0
    length: int = 0
    changed: datetime | None = None


@dataclass(frozen=True)
class Filesystem:
    """What ``df`` says there, in bytes and inodes; inodes None: it does not count any."""

    size: int
    used: int
    free: int
    inodes: int | None = None
    inodes_used: int | None = None


@dataclass(frozen=True)
class Found:
    """What was found. Without ``complete`` every number is "at least"; ``denied`` folders and files could not be read."""

    files: int
    folders: int
    used: int
    length: int
    old: int
    old_files: int
    newest: datetime | None
    complete: bool
    denied: int = 0
    largest_folders: tuple[Entry, ...] = ()
    crowded_folders: tuple[Entry, ...] = ()
    largest_files: tuple[Entry, ...] = ()
    kinds: tuple[Entry, ...] = ()
    filesystem: Filesystem | None = None
    open_deleted: int = 0
    open_deleted_files: int = 0


@dataclass(frozen=True)
class Looked:
    """What came of one attempt: ``found``, or ``why`` not, and what ``todo``; then another way may do.

    ``left``: what of ours could not be removed. ``busy``: nothing is wrong, others are at it just now.
    """

    found: Found | None = None
    why: str = ""
    todo: str = ""
    left: tuple[str, ...] = ()
    busy: bool = False


@dataclass(frozen=True)
class Exec:
    """Look from a container that mounts the volume; ``sub_path``: it sees this folder of it alone."""

    namespace: str
    pod: str
    container: str
    path: str
    sub_path: str = ""


@dataclass(frozen=True)
class Debug:
    """Look from an ephemeral container that is added to a pod which has the volume. It stays in that pod until the pod goes."""

    namespace: str
    pod: str
    volume: str  # what the pod calls it
    user: int | None = None


@dataclass(frozen=True)
class Inspector:
    """Look from a pod of our own, on this node if one is named, as this user, with these groups.

    ``allow``: the word that gives the rights for it. ``left``: the pod, where it could not be removed.
    """

    namespace: str
    claim: str
    uid: str
    node: str = ""
    user: int | None = None
    groups: tuple[int, ...] = ()
    allow: str = "contents"
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Copy:
    """Look into a copy: a snapshot, a claim restored from it under the same ``name``, and a pod of our own over that.

    The volume itself is never mounted. ``left``: what of it could not be removed.
    """

    inspector: Inspector  # its claim is the copy, its uid that of the claim that is meant
    claim: Claim
    name: str
    snapshot_class: str
    storage_class: str
    size: int
    left: tuple[str, ...] = ()


Way = Exec | Debug | Inspector | Copy


@dataclass(frozen=True)
class Ways:
    """How a claim can be looked at, best first. Without any: ``why``, and what ``todo``."""

    execs: Sequence[Exec] = ()
    inspector: Inspector | None = None
    copy: Copy | None = None
    debug: Debug | None = None
    no_exec: str = ""
    no_inspector: str = ""
    no_copy: str = ""
    no_debug: str = ""
    why: str = ""
    todo: str = ""
