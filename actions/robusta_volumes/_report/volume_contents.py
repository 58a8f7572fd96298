"""What lies in a volume: the verdict, what the application's folders mean, largest folders and files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from robusta_volumes._analysis.contents_hints import Hint
from robusta_volumes._analysis.contents_names import by_count, deepest
from robusta_volumes._model.contents import Copy, Debug, Entry, Exec, Filesystem, Found, Inspector, Way
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, plain
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.page import Block, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import TEXT_LIMIT, short

ACTION = "volume_contents"
_FOLDERS, _FILES, _KINDS, _CROWDED, _HINTS = 8, 5, 5, 3, 3  # rows in the message; all are in the file
_CROWD = 10_000  # things below a folder, from which on they are many for a file system's inodes
_NAME = 46  # characters of a path in a table
_TITLE = 300
_TRIED = 3  # ways in vain that are told with what was found
_LEAST_SIZE, _LARGEST_SIZE = 0.8, 1.1  # of the claim's capacity: what the file system's own tables leave, and rounding
_HIDDEN = 0.05  # of the file system, from which on what no file explains is worth a sentence: its journal and tables take less


@dataclass(frozen=True)
class About:
    """Which claim is looked into, when, and from how many days on data is old."""

    claim: Claim
    cluster: str
    now: datetime
    old_days: int

    @property
    def title(self) -> str:
        """The claim as people write it."""
        return plain(self.claim.meta.title)

    @property
    def subject(self) -> Subject:
        """The claim as a page's subject."""
        meta = self.claim.meta
        return Subject("PersistentVolumeClaim", meta.name, meta.namespace, dict(meta.labels))


def contents_page(
    about: About, found: Found, known: Sequence[Hint], way: Way, seconds: int, tried: Sequence[str]
) -> Page:
    """Tell what was found."""
    folders = deepest(found.largest_folders, _FOLDERS)
    lines = [*_advice(about, found, known, way), *_limits(found, way, seconds), *_facts(about, found)]
    text = "\n".join([*lines, _small(way, tried)])
    blocks: list[Block] = [Text(short(text, TEXT_LIMIT))]
    blocks += _tables(found, folders)
    blocks.append(_file(found))
    return page_about(about, _title(about, found, folders, way), blocks, "found")


def _title(about: About, found: Found, folders: Sequence[Entry], way: Way) -> str:
    """Say where the most is: in files, in deleted ones, or in what no file explains."""
    sure = _sure(found, way)
    if not found.files and not found.open_deleted and sure:
        return f"{about.title} holds no files"
    files = f"{'' if sure else 'at least '}{gib(found.used)} in {count(found.files, 'file')}"
    if found.open_deleted > found.used:
        deleted = count(found.open_deleted_files, "deleted file")
        return f"{about.title} holds {gib(found.open_deleted)} in {deleted} still open, and {files}"
    hidden = _hidden(about, found) if sure else 0
    if hidden > found.used:
        return f"{about.title} holds {files}, and {gib(hidden)} that no file explains"
    if folders and folders[0].used * 10 >= found.used > 0:
        return f"{about.title} holds {files}: {_share(folders[0].used, found)} is in {plain(folders[0].name, 80)}"
    return f"{about.title} holds {files}"


def _sure(found: Found, way: Way) -> bool:
    """Tell whether all of the volume was seen."""
    return found.complete and not found.denied and not (isinstance(way, Exec) and way.sub_path)


def _advice(about: About, found: Found, known: Sequence[Hint], way: Way) -> Iterator[str]:
    """Give what to do, for what holds most first."""
    said = [
        (h.used, f"*{plain(h.name, 80)}* ({gib(h.used)}, {_share(h.used, found)}) is {h.is_what}: {h.todo}.")
        for h in known[:_HINTS]
    ]
    if found.open_deleted:
        deleted, one = count(found.open_deleted_files, "deleted file"), found.open_deleted_files == 1
        held = f"{gib(found.open_deleted)} is held by {deleted} that a process still has open"
        which = f"pod {code(way.pod)}" if isinstance(way, Exec | Debug) else "that pod"
        back = "which removes it" if one else "which removes them"
        said.append((found.open_deleted, f"{held}. *Do this:* restart {which}, {back} and gives the space back."))
    hidden = _hidden(about, found) if _sure(found, way) else 0
    if hidden:
        text = (
            f"`df` counts {gib(hidden)} more than lies in files: deleted files that another process still has open, snapshots "
            "of the file system, or its own tables. *Do this:* restart the pods that use it, which frees the first."
        )
        said.append((hidden, text))
    yield from (text for _, text in sorted(said, key=lambda one: -one[0]))


def _limits(found: Found, way: Way, seconds: int) -> Iterator[str]:
    """Say what was not seen."""
    if not found.complete:
        yield (
            f"*Partial:* stopped after {seconds} s; each number is at least that. Raise `contents.seconds` to see more."
        )
    if found.denied:
        things = "1 folder or file" if found.denied == 1 else f"{found.denied:,} folders or files"
        yield f"*Partial:* {things} may not be read by that user, and count for nothing here."
    if isinstance(way, Exec) and way.sub_path:
        yield f"*Partial:* that container sees only the folder {code(way.sub_path)} of the volume; `way=pod` looks at all of it."


def _facts(about: About, found: Found) -> Iterator[str]:
    if found.old_files:
        yield (
            f"{gib(found.old)} in {count(found.old_files, 'file')} was last changed more than {about.old_days} days ago."
        )
    if found.newest:
        yield f"Last change: {ago(found.newest, about.now)}."
    if found.length > 2 * found.used:
        yield f"Sparse files: they say {gib(found.length)} and take {gib(found.used)}."
    fs, capacity = found.filesystem, about.claim.capacity
    if fs is None or not capacity:
        return
    if not _own(about, fs):
        size = f"`df` tells of {gib(fs.size)}, not of {gib(capacity)}"
        yield f"{size}: the file system is shared, and its room is not this claim's."
        return
    inodes = f", {fs.inodes_used * 100 / fs.inodes:.0f} % of its inodes" if fs.inodes and fs.inodes_used else ""
    yield f"`df`: {fs.used * 100 / fs.size:.0f} % of {gib(fs.size)} used{inodes}."


def _own(about: About, fs: Filesystem) -> bool:
    """Tell whether what ``df`` says is about this volume alone."""
    capacity = about.claim.capacity or 0
    return fs.size > 0 and _LEAST_SIZE * capacity <= fs.size <= _LARGEST_SIZE * capacity


def _hidden(about: About, found: Found) -> int:
    """Count what ``df`` counts and nobody finds, once all was seen; 0 when it is too little to tell."""
    fs = found.filesystem
    if fs is None or not about.claim.capacity or not _own(about, fs):
        return 0
    hidden = fs.used - found.used - found.open_deleted
    return hidden if hidden > fs.size * _HIDDEN else 0


def _share(part: int, found: Found) -> str:
    return f"{part * 100 / found.used:.0f} %" if found.used else "0 %"


def _small(way: Way, tried: Sequence[str]) -> str:
    where = ""
    if isinstance(way, Exec):
        where = f"pod {code(way.pod)}, container {code(way.container)}"
    if isinstance(way, Debug):
        where = (
            f"a container that was added to pod {code(way.pod)}; it has ended, but Kubernetes takes none out again: it stays "
            "listed there until the pod goes"
        )
    if isinstance(way, Copy | Inspector):
        gone = f"left behind: {', '.join(way.left)}" if way.left else "deleted since"
        copy = " over a copy, made from a snapshot that was taken for it" if isinstance(way, Copy) else ""
        where = f"a pod of our own{copy}{';' if copy or way.left else ','} {gone}"
    before = "; ".join(short(one, 160) for one in tried[:_TRIED]) + (" and more" if len(tried) > _TRIED else "")
    before = f" Tried before: {before}." if tried else ""
    return f"Looked at from {where}.{before}"


def _tables(found: Found, folders: Sequence[Entry]) -> Iterator[Table]:
    if folders:
        rows = tuple((_cell(e.name), f"{gib(e.used)}, {_share(e.used, found)}") for e in folders)
        yield Table(("folder", "holds"), rows, "Largest folders")
    if found.used and found.largest_files:
        rows = tuple((_cell(e.name), gib(e.used) + _sparse(e)) for e in found.largest_files[:_FILES] if e.used)
        yield Table(("file", "takes"), rows, "Largest files")
    if found.used and found.kinds:
        rows = tuple((_kind(e.name), f"{gib(e.used)} in {e.count:,}") for e in found.kinds[:_KINDS] if e.used)
        yield Table(("ending", "holds"), rows, "By ending")
    crowded = deepest([e for e in found.crowded_folders if e.count >= _CROWD], _CROWDED, by_count)
    if crowded:
        yield Table(("folder", "things below"), tuple((_cell(e.name), f"{e.count:,}") for e in crowded), "Most files")


def _cell(name: str) -> str:
    """Shorten a path in its middle: its end tells most."""
    text = plain(name, 2000)
    return text if len(text) <= _NAME else f"{text[:12]}…{text[-(_NAME - 13) :]}"


def _kind(name: str) -> str:
    return {"-": "(none)", ".0": "(a number)"}.get(name, plain(name, 20))


def _sparse(e: Entry) -> str:
    return f" (says {gib(e.length)})" if e.length > 2 * e.used + 4096 else ""


def _file(found: Found) -> Block:
    rows: list[tuple[object, ...]] = []
    for what, entries in (
        ("folder", found.largest_folders),
        ("file", found.largest_files),
        ("ending", [replace(e, name=_kind(e.name)) for e in found.kinds]),
    ):
        rows += [(what, _line(e.name), e.used, e.count, e.changed.isoformat() if e.changed else "") for e in entries]
    return csv_file("contents.csv", ("what", "name", "bytes", "things", "last change"), rows)


def _line(name: str) -> str:
    return name.replace("\n", "\\n").replace("\r", "\\r")


def page_about(
    about: About, title: str, blocks: Sequence[Block], cause: str, severity: Severity = Severity.INFO
) -> Page:
    """Write a page of this action."""
    return Page(
        title=short(title, _TITLE),
        severity=severity,
        subject=about.subject,
        blocks=tuple(blocks),
        key="VolumeContents",
        causes=(ACTION, cause),
        failure=severity > Severity.INFO,
    )
