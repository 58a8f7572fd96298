"""What the script of `io_probe_script` has told, read back: tables of the kernel, of any age."""

import re
from collections.abc import Iterator, Mapping, Sequence

from robusta_volumes._model.io_probe import DISK_FIELDS, Disk, Heard, Mount, Numbers, Own, Probed, Sample, Stall

NOTHING = "it told nothing"
_LEAST_FIELDS = 11  # of a line of diskstats: what Linux has counted since 2.6
_OCTAL = re.compile(r"\\([0-7]{3})")
_NUMBERS = re.compile(r"(\d+):(\d+)")
_HEX = re.compile(r"([0-9a-f]+):([0-9a-f]+)", re.IGNORECASE)
_LISTED = re.compile(r"\s(\d+),\s*(\d+)\s")
_STALL = re.compile(r"^(some|full) .*total=(\d+)", re.MULTILINE)
_DEVICE = re.compile(r"^device (.*) mounted on (\S+) with fstype (nfs4?) ")
_NFS_FIELDS = 8  # of a line per operation that count here

_Sections = Mapping[tuple[str, str], Sequence[str]]


def read_probe(out: str) -> Heard:
    """Read a pair of samples; without the end of it nothing is known, and it is said why."""
    told = _sections(out)
    if ("0", "lacks sleep") in told:
        return Heard(why="the container has no sleep")
    if ("9", "end") not in told or ("0", "begin") not in told:
        return Heard(why="it did not tell everything in time: what was cut off counts for nothing" if told else NOTHING)
    first, last = _sample(told, "1"), _sample(told, "2")
    if first is None or last is None or last.uptime <= first.uptime:
        return Heard(why="it has no /proc/uptime that moves, by which to count")
    mounts = tuple(_mounts(told.get(("0", "mountinfo"), ())))
    return Heard(Probed(first, last, mounts, _block(told.get(("0", "block"), ())), out))


def _sections(out: str) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    lines: list[str] | None = None
    for line in out.split("\n"):
        if line.startswith("@@ "):
            number, _, word = line[3:].partition(" ")
            lines = found.setdefault((number, word.rstrip()), [])
        elif lines is not None:
            lines.append(line)
    return found


def _sample(told: _Sections, number: str) -> Sample | None:
    uptime = " ".join(told.get((number, "uptime"), ())).split()
    try:
        since = float(uptime[0])
    except (ValueError, IndexError):
        return None
    return Sample(
        uptime=since,
        disks=dict(_disks(told.get((number, "diskstats"), ()))),
        own=_own(told, number),
        group=2 if (number, "cgio") in told else 1,
        container=_stall(told.get((number, "cgpsi"), ())),
        node=_stall(told.get((number, "nodepsi"), ())),
        nfs=_nfs(told.get((number, "mountstats"), ())),
    )


def _mounts(lines: Sequence[str]) -> Iterator[Mount]:
    """Read mountinfo. Optional fields vary in number, so it is cut at the dash that ends them."""
    for line in lines:
        before, dash, after = line.partition(" - ")
        left, right = before.split(" "), after.split(" ")
        numbers = _NUMBERS.fullmatch(left[2]) if len(left) >= 6 else None  # noqa: PLR2004 (id parent m:m root path options)
        if not dash or numbers is None or len(right) < 2:  # noqa: PLR2004 (type and source)
            continue
        of_filesystem = "".join(right[2:3]).split(",")
        yield Mount(
            (int(numbers[1]), int(numbers[2])),
            unescaped(left[3]),
            unescaped(left[4]),
            right[0],
            unescaped(right[1]),
            tuple(dict.fromkeys(option for option in (*left[5].split(","), *of_filesystem) if option)),
            "ro" in of_filesystem,
        )


def unescaped(text: str) -> str:
    r"""Read a name as the kernel writes it: a space is \040."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def _disks(lines: Sequence[str]) -> Iterator[tuple[Numbers, Disk]]:
    for line in lines:
        words = line.split()
        counters = words[3 : 3 + DISK_FIELDS]
        if len(counters) >= _LEAST_FIELDS and all(word.isdigit() for word in (*words[:2], *counters)):
            yield (int(words[0]), int(words[1])), Disk(words[2], tuple(int(word) for word in counters))


def _own(told: _Sections, number: str) -> dict[Numbers, Own] | None:
    """Read the control group, of version 2 or 1; a device that it does not name was not used yet."""
    if (lines := told.get((number, "cgio"))) is not None:
        return dict(_version_two(lines))
    operations, sizes = told.get((number, "cgops")), told.get((number, "cgbytes"))
    if operations is None or sizes is None:
        return None
    ops, size = _version_one(operations), _version_one(sizes)
    found = {}
    for at in (*ops, *size):
        did, moved = ops.get(at, {}), size.get(at, {})
        found[at] = Own(did.get("Read"), did.get("Write"), moved.get("Read"), moved.get("Write"))
    return found


def _version_two(lines: Sequence[str]) -> Iterator[tuple[Numbers, Own]]:
    for line in lines:
        words = line.split()
        at = _NUMBERS.fullmatch(words[0]) if words else None
        said = dict(word.partition("=")[::2] for word in words[1:])
        if at and any(key in said for key in ("rios", "wios")):
            found = [
                int(said[key]) if said.get(key, "").isdigit() else None for key in ("rios", "wios", "rbytes", "wbytes")
            ]
            yield (int(at[1]), int(at[2])), Own(*found)


def _version_one(lines: Sequence[str]) -> dict[Numbers, dict[str, int]]:
    found: dict[Numbers, dict[str, int]] = {}
    for line in lines:
        words = line.split()
        at = _NUMBERS.fullmatch(words[0]) if len(words) == 3 else None  # noqa: PLR2004 (numbers, word, count)
        if at and words[2].isdigit():
            found.setdefault((int(at[1]), int(at[2])), {})[words[1]] = int(words[2])
    return found


def _stall(lines: Sequence[str]) -> Stall | None:
    found = {word: int(total) for word, total in _STALL.findall("\n".join(lines))}
    return Stall(found["some"], found.get("full")) if "some" in found else None


def _nfs(lines: Sequence[str]) -> dict[str, dict[str, tuple[int, ...]]]:
    """Read the requests of each NFS mount: by its path, then by operation; a later mount over the same path counts."""
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    operations: dict[str, tuple[int, ...]] | None = None
    for line in lines:
        if line.startswith("device "):
            mount = _DEVICE.match(f"{line} ")
            operations = {} if mount else None
            if mount and operations is not None:
                found[unescaped(mount[2])] = operations
            continue
        name, colon, rest = line.strip().partition(": ")
        words = rest.split()[:_NFS_FIELDS]
        told = bool(colon) and name.isupper() and len(words) == _NFS_FIELDS and all(word.isdigit() for word in words)
        if told and operations is not None:
            operations[name] = tuple(int(word) for word in words)
    return found


def _block(lines: Sequence[str]) -> Numbers | None:
    """Read the numbers of a block device: in hex of ``stat``, else of ``ls -l``."""
    text = "\n".join(lines)
    if found := _HEX.fullmatch(lines[0].strip()) if lines else None:
        return int(found[1], 16), int(found[2], 16)
    listed = _LISTED.search(text) if "\nb" in f"\n{text}" else None
    return (int(listed[1]), int(listed[2])) if listed else None
