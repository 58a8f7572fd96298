"""What the script of `contents_script` has told, read back. Names are foreign: bytes, line breaks, anything."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from robusta_volumes._model.contents import Entry, Filesystem, Found, Looked
from robusta_volumes._model.times import UTC

NOTHING = "it told nothing"
_DF = re.compile(r"\s(\d+)\s+(\d+)\s+(-?\d+)\s+(?:\d+%|-)\s+/")
_KIB, _BLOCK = 1024, 512
_ESCAPED = re.compile("%(25|0A|0D)")
_MEANT = {"25": "%", "0A": "\n", "0D": "\r"}
_LATEST = 253_402_300_799  # the last second that a datetime can hold; a file may claim a later one


def read_contents(out: str, mark: str) -> Looked:
    """Read all that was told; without an end of it nothing is known, and it is said why."""
    lines = [line.partition(" ")[2] for line in out.split("\n") if line.startswith(f"{mark} ")]
    told: dict[str, list[str]] = {}
    for line in lines:
        word, _, rest = line.partition(" ")
        told.setdefault(word, []).append(rest)
    if "nofolder" in told:
        return Looked(why="it is no folder there, or may not be entered")
    if "lacks" in told:
        return Looked(why=f"the container has no {' and no '.join(told['lacks'][0].split())}")
    total = _numbers(told.get("total", [""])[0])
    if "done" not in told or len(total) != 7:  # noqa: PLR2004 (as the script writes it)
        return Looked(why="it did not tell its result in time" if lines else NOTHING)
    files, folders, used, length, old, old_files, newest = total
    by_size, by_count = _folders(told.get("dir", ()))
    opened = _open(told.get("open", ()))
    return Looked(
        Found(
            files=files,
            folders=max(folders - 1, 0),  # the volume's own is none of its folders
            used=used,
            length=length,
            old=old,
            old_files=old_files,
            newest=_time(newest),
            complete=_ended(told),
            denied=_first(told, "denied"),
            largest_folders=by_size,
            crowded_folders=by_count,
            largest_files=tuple(sorted(_files(told.get("file", ())), key=lambda e: (-e.used, e.name))),
            kinds=tuple(_entries(told.get("kind", ()))),
            filesystem=_filesystem(told.get("df", ()), told.get("dfi", ())),
            open_deleted=sum(opened),
            open_deleted_files=len(opened),
        )
    )


def _ended(told: dict[str, list[str]]) -> bool:
    """Tell whether the walk came to its own end: find says 1 when a file vanished meanwhile or may not be read."""
    return told.get("end", [""])[0].strip() in {"0", "1"}


def _numbers(text: str) -> list[int]:
    words = text.split()
    return [int(word) for word in words] if all(word.isdigit() for word in words) else []


def _first(told: dict[str, list[str]], word: str) -> int:
    found = _numbers(told.get(word, ["0"])[0])
    return found[0] if found else 0


def _named(text: str, numbers: int) -> tuple[list[int], str] | None:
    parts = text.split(" ", numbers)
    if len(parts) != numbers + 1 or not all(part.isdigit() for part in parts[:-1]):
        return None
    return [int(part) for part in parts[:-1]], _ESCAPED.sub(lambda m: _MEANT[m[1]], parts[-1])


def _entries(lines: Sequence[str]) -> Iterator[Entry]:
    for line in lines:
        if found := _named(line, 2):
            (used, number), name = found
            yield Entry(name, used, number)


def _folders(lines: Sequence[str]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Give the folders by size and by the number of things below; the script tells one that is in both twice."""
    once = {e.name: Entry(e.name, e.used, max(e.count - 1, 0)) for e in _entries(lines)}.values()
    by_size = sorted(once, key=lambda e: (-e.used, e.name))
    return tuple(by_size), tuple(sorted(once, key=lambda e: (-e.count, e.name)))


def _files(lines: Sequence[str]) -> Iterator[Entry]:
    for line in lines:
        if found := _named(line, 3):
            (used, length, changed), name = found
            yield Entry(name.removeprefix("./"), used, 1, length, _time(changed))


def _time(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds <= _LATEST else None


def _filesystem(blocks: Sequence[str], inodes: Sequence[str]) -> Filesystem | None:
    room = next((m for line in reversed(blocks) if (m := _DF.search(line))), None)
    if room is None:
        return None
    of_inodes = next((m for line in reversed(inodes) if (m := _DF.search(line))), None)
    most = int(of_inodes[1]) if of_inodes else 0
    return Filesystem(
        int(room[1]) * _KIB,
        int(room[2]) * _KIB,
        max(int(room[3]), 0) * _KIB,
        most or None,  # btrfs and some network file systems say 0: they do not count
        int(of_inodes[2]) if of_inodes and most else None,
    )


def _open(lines: Sequence[str]) -> list[int]:
    """Give the bytes of each file that is deleted and still open; several processes can hold the same one."""
    found = {tuple(n[:2]): n[2] * _BLOCK for line in lines if len(n := _numbers(line)) == 3}  # noqa: PLR2004 (as above)
    return list(found.values())
