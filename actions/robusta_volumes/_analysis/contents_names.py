"""Which folders to name of many that lie in one another, and names that must not be shown. Pure."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from robusta_volumes._model.contents import Entry, Found

_NEARLY_ALL, _FEW = 0.9, 4  # of a folder in so many folders below: then those are named
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,6}$")
# Names of applications, which tell nothing about anybody.
_HARMLESS = frozenset(
    (
        "pg_wal",
        "pg_xlog",
        "base",
        "global",
        "pgsql_tmp",
        "wal",
        "chunks_head",
        "blobs",
        "docker",
        "registry",
        "repositories",
        "indices",
        "nodes",
        "data",
        "lib",
        "log",
        "logs",
        "tmp",
        "cache",
        "journal",
        "lost+found",
        "snapshots",
        "backups",
        "uploads",
    )
)


def by_size(e: Entry) -> int:
    """Measure a folder by its bytes."""
    return e.used


def by_count(e: Entry) -> int:
    """Measure a folder by the number of things below."""
    return e.count


def deepest(folders: Sequence[Entry], most: int, measure: Callable[[Entry], int] = by_size) -> tuple[Entry, ...]:
    """Choose folders that do not repeat one another, largest first: instead of one that a few below it fill, those."""
    below: dict[str, list[Entry]] = {}
    for e in sorted(folders, key=lambda e: (-measure(e), e.name)):
        below.setdefault(e.name.rpartition("/")[0], []).append(e)
    chosen = list(below.get("", ()))
    for e in chosen:  # grows while it is walked: what takes a folder's place is looked at, too
        chosen += _filling(e, below.get(e.name, ()), measure)
    inner = {e.name.rpartition("/")[0] for e in chosen}
    return tuple(sorted((e for e in chosen if e.name not in inner), key=lambda e: (-measure(e), e.name))[:most])


def _filling(e: Entry, below: Sequence[Entry], measure: Callable[[Entry], int]) -> Sequence[Entry]:
    """Give the few folders below that nearly fill a folder; none when it takes more of them."""
    few = below[:_FEW]
    return few if few and sum(map(measure, few)) >= measure(e) * _NEARLY_ALL else ()


def without_names(found: Found) -> Found:
    """Replace names by short sums: the same name gets the same sum, endings and well-known names stay."""
    return replace(
        found,
        largest_folders=tuple(replace(e, name=hidden(e.name)) for e in found.largest_folders),
        crowded_folders=tuple(replace(e, name=hidden(e.name)) for e in found.crowded_folders),
        largest_files=tuple(replace(e, name=hidden(e.name)) for e in found.largest_files),
    )


def hidden(path: str) -> str:
    """Write a path without its names."""
    return "/".join(part if part in _HARMLESS else _sum_of(part) for part in path.split("/"))


def _sum_of(name: str) -> str:
    ending = _ENDING.search(name)
    short = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return short + (ending[0] if ending and ending.start() > 0 else "")
