"""What lies in a volume: the verdict, what the application's folders mean, largest folders and files; or why nobody can tell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from robusta_volumes._analysis.contents_hints import Hint
from robusta_volumes._analysis.contents_names import by_count, deepest
from robusta_volumes._model.contents import Entry, Exec, Found, Inspector, Ways
from robusta_volumes._model.errors import ClusterError, NotAllowed
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.rights import account_in, role_command
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, listing, plain
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.page import Block, Button, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import TEXT_LIMIT, short

ACTION = "volume_contents"
_FOLDERS, _FILES, _KINDS, _CROWDED, _HINTS = 8, 5, 5, 3, 3  # rows in the message; all are in the file
_NAME = 46  # characters of a path in a table
_TITLE = 300
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
    about: About, found: Found, known: Sequence[Hint], way: Exec | Inspector, seconds: int, tried: Sequence[str]
) -> Page:
    """Tell what was found."""
    folders = deepest(found.largest_folders, _FOLDERS)
    lines = [*_advice(found, known), *_limits(found, way, seconds), *_facts(about, found)]
    text = "\n".join([*lines, _small(way, tried)])
    blocks: list[Block] = [Text(short(text, TEXT_LIMIT))]
    blocks += _tables(found, folders)
    blocks.append(_file(found))
    return _page(about, _title(about, found, folders), blocks, "found")


def plan_page(about: About, way: Ways) -> Page:
    """Tell how it would be looked at."""
    steps = [f"from {code(e.pod)}, container {code(e.container)}, at {code(e.path)}{_part(e)}" for e in way.execs]
    if way.inspector:
        steps.append(f"with a pod of our own in {code(about.claim.meta.namespace)}{_plan(way.inspector)}")
    if not steps:
        return unseen_page(about, "", "", [w for w in (way.no_exec, way.no_inspector) if w])
    lines = [f"{number}. {step}" for number, step in enumerate(steps, start=1)]
    text = "\n".join(
        [
            "Nothing was looked at yet. It would be tried in this order, until one works:",
            *lines,
            "It reads every folder once, at low priority; the volume's users may feel it.",
        ]
    )
    meta = about.claim.meta
    button = Button("Look now", ACTION, {"name": meta.name, "namespace": meta.namespace, "dry_run": "false"})
    return _page(about, f"Plan: look what is in {about.title}", [Text(text), button], "plan")


def unseen_page(
    about: About, why: str, todo: str, tried: Sequence[str] = (), refused: ClusterError | None = None
) -> Page:
    """Tell why nobody can look, and what would help."""
    said = why or (tried[-1] if tried else "there is no way to")
    lines = [f"• {short(one, 300)}" for one in tried]
    if isinstance(refused, NotAllowed):
        home, account = account_in(refused.message)
        command = role_command([about.claim.meta.namespace], ["contents"], account, home)
        lines.append(f"*Do this:* allow it in that namespace alone, by a Role:\n```{command}```")
    elif refused and refused.remedy:
        says, _, command = refused.remedy.partition("\n")
        lines.append(f"*Do this:* {short(says, 400)}" + (f"\n```{short(command, 1500)}```" if command else ""))
    else:
        lines.append(f"*Do this:* {todo or _BY_HAND}")
    title = f"Nobody can look into {about.title}: {said}"
    return _page(about, title, [Text(short("\n".join(lines), TEXT_LIMIT))], "unseen", Severity.LOW)


_BY_HAND = "look by hand from a pod that mounts it: `du -xk -d 2 PATH | sort -rn | head`"


def _title(about: About, found: Found, folders: Sequence[Entry]) -> str:
    least = "" if _sure(found) else "at least "
    holds = f"{about.title} holds {least}{gib(found.used)} in {count(found.files, 'file')}"
    if folders and folders[0].used * 10 >= found.used > 0:
        return f"{holds}: {_share(folders[0].used, found)} is in {plain(folders[0].name, 80)}"
    return holds


def _sure(found: Found) -> bool:
    return found.complete and not found.denied


def _share(part: int, found: Found) -> str:
    return f"{part * 100 / found.used:.0f} %" if found.used else "0 %"


def _advice(found: Found, known: Sequence[Hint]) -> Iterator[str]:
    for hint in known[:_HINTS]:
        yield f"*{plain(hint.name, 80)}* ({gib(hint.used)}, {_share(hint.used, found)}) is {hint.is_what}: {hint.todo}."
    if found.open_deleted:
        yield (
            f"{gib(found.open_deleted)} more is held by {count(found.open_deleted_files, 'deleted file')} that a process "
            "still has open. *Do this:* restart that pod, which gives the space back."
        )


def _limits(found: Found, way: Exec | Inspector, seconds: int) -> Iterator[str]:
    """Say what was not seen."""
    if not found.complete:
        yield (
            f"*Partial:* stopped after {seconds} s; each number is at least that. Raise `contents.seconds` to see more."
        )
    if found.denied:
        yield f"*Partial:* {count(found.denied, 'folder or file')} may not be read by that user; each number is at least that."
    if isinstance(way, Exec) and way.sub_path:
        yield f"*Partial:* that container sees only the folder {code(way.sub_path)} of the volume."


def _facts(about: About, found: Found) -> Iterator[str]:
    if found.old_files:
        yield (
            f"{gib(found.old)} in {count(found.old_files, 'file')} was last changed more than {about.old_days} days ago."
        )
    if found.newest:
        yield f"Last change: {ago(found.newest, about.now)}."
    if found.length > 2 * found.used:
        yield f"Sparse files: they say {gib(found.length)} and take {gib(found.used)}."
    yield from _filesystem(about, found)


def _filesystem(about: About, found: Found) -> Iterator[str]:
    """Tell what ``df`` says, where it is about this volume alone; and, where all was seen, what it counts and nobody finds."""
    fs, capacity = found.filesystem, about.claim.capacity
    if fs is None or not capacity:
        return
    if not _LEAST_SIZE * capacity <= fs.size <= _LARGEST_SIZE * capacity:
        size = f"`df` tells of {gib(fs.size)}, not of {gib(capacity)}"
        yield f"{size}: the file system is shared, and its room is not this claim's."
        return
    inodes = f", {fs.inodes_used * 100 / fs.inodes:.0f} % of its inodes" if fs.inodes and fs.inodes_used else ""
    yield f"`df`: {fs.used * 100 / fs.size:.0f} % of {gib(fs.size)} used{inodes}."
    hidden = fs.used - found.used - found.open_deleted
    if _sure(found) and hidden > fs.size * _HIDDEN:
        yield (
            f"That is {gib(hidden)} more than lies in files: deleted files that another process still has open, snapshots of "
            "the file system, or its own tables. *Do this:* restart the pods that use it, which frees the first."
        )


def _small(way: Exec | Inspector, tried: Sequence[str]) -> str:
    where = (
        f"pod {code(way.pod)}, container {code(way.container)}"
        if isinstance(way, Exec)
        else "a pod of our own, deleted since"
    )
    before = f" Tried before: {listing([short(one, 160) for one in tried], 3)}." if tried else ""
    return f"Looked at from {where}.{before}"


def _part(e: Exec) -> str:
    return f" (only the folder {code(e.sub_path)} of the volume)" if e.sub_path else ""


def _plan(way: Inspector) -> str:
    node = f" on node {code(way.node)}" if way.node else ""
    user = f", as user {way.user}" if way.user is not None else ""
    return f"{node}{user}: it mounts the claim read-only, tells what it saw in its log, and is deleted"


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
    crowded = deepest([e for e in found.crowded_folders if e.count], _CROWDED, by_count)
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


def _page(about: About, title: str, blocks: Sequence[Block], cause: str, severity: Severity = Severity.INFO) -> Page:
    return Page(
        title=short(title, _TITLE),
        severity=severity,
        subject=about.subject,
        blocks=tuple(blocks),
        key="VolumeContents",
        causes=(ACTION, cause),
        failure=severity > Severity.INFO,
    )
