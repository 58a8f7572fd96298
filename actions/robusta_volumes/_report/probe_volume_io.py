"""What a volume does right now: the verdict, why, a small table, and everything that was read as a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from robusta_volumes._analysis.io_probe_verdict import IDLE_TODO, Verdict, verdict
from robusta_volumes._model.io_probe import Mount
from robusta_volumes._model.io_probe_row import Look, ProbeRow
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, listing, plain
from robusta_volumes._model.times import stamp
from robusta_volumes._report.page import Block, Button, File, Page, Subject, Table, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, fenced, short
from robusta_volumes._report.probe_volume_io_lines import brief, figures, rows_csv, table_rows

ACTION = "probe_volume_io"
SNAPSHOT = "One short window is a snapshot, not a trend."
_TITLE = 300
_TRIED, _REASON = 4, 220
_NODES = 12  # rows in the message; all are in the file


@dataclass(frozen=True)
class About:
    """What is probed, when, for how long, and how it is judged; ``left_out``: claims on nodes that were too many."""

    subject: Subject
    cluster: str
    now: datetime
    seconds: int
    limits: Limits
    left_out: int = 0

    @property
    def title(self) -> str:
        """The claim, or the pod, as people write it."""
        word = "Pod" if self.subject.kind == "Pod" else "Claim"
        return plain(f"{word} {self.subject.namespace}/{self.subject.name}")


def probe_page(about: About, rows: Sequence[tuple[ProbeRow, str]]) -> Page:
    """Tell what was seen; each row comes with the family of its storage ("" where nobody knows it)."""
    judged = [(row, _judged(row, about, family)) for row, family in rows]
    known = [(row, found) for row, found in judged if row.known]
    if not known:
        return unseen_page(about, [row for row, _ in judged])
    worst, found = max(known, key=lambda one: (one[1].severity, _ops(one[0])))
    lines = [*found.why, f"*Do this:* {_without_full_stop(found.todo)}.", *_limits(about, worst), _small(about, worst)]
    others = [row for row, _ in judged if row is not worst and not row.known]
    lines += [f"• {_place(row.look, about)}: {_reason(row)}" for row in others[:_TRIED]]
    remedies = _remedies([row for row, _ in judged])
    blocks: list[Block] = [Text(short("\n".join([*lines, *remedies]), TEXT_LIMIT))]
    if len(judged) > 1:
        shown = sorted(judged, key=lambda one: (-one[1].severity, -_ops(one[0])))[:_NODES]
        cells = tuple((_place(row.look, about), _cell(row, one)) for row, one in shown)
        blocks.append(
            Table(("where", "what it did"), cells, "Each node" if about.subject.kind != "Pod" else "Each claim")
        )
    blocks.append(Table(("figure", "value"), tuple(table_rows(worst)), _table_title(about, worst, len(judged))))
    blocks += [rows_csv([row for row, _ in judged]), *_raw([row for row, _ in judged])]
    more = f", and {len(judged) - 1} more" if len(judged) > 1 else ""
    word = f"{found.word}: " if found.word else ""
    title = f"{about.title}: {word}{figures(worst)}{_at(worst.look, about)}{more}"
    return _page(about, title, blocks, found.word or "seen", found.severity)


def plan_page(about: About, looks: Sequence[Look]) -> Page:
    """Tell how it would be looked at."""
    steps = [_step(look) for look in looks]
    head = f"Nothing was run yet. Counters of the kernel would be read twice, {about.seconds} s apart:"
    lines = [head, *(f"• {step}" for step in steps[:_NODES])]
    if len(steps) > _NODES:
        lines.append(f"• and {len(steps) - _NODES} more")
    lines.append("The command sleeps in between; it writes nothing, and does no I/O of its own. " + SNAPSHOT)
    subject = about.subject
    asked = {"pod": subject.name} if subject.kind == "Pod" else {"name": subject.name}
    button = Button("Probe now", ACTION, {**asked, "namespace": subject.namespace, "dry_run": "false"})
    return _page(about, f"Plan: look at the I/O of {_lower(about.title)}", [Text("\n".join(lines)), button], "plan")


def off_page(about: About) -> Page:
    """Say that the settings allow no look."""
    text = (
        "`includeIOMetrics: false` says that nothing is run in pods and no metrics are asked, and so nothing was.\n"
        "*Do this:* set `volumePerformanceAnalysis.includeIOMetrics: true`, if it is to be looked at."
    )
    return _page(about, f"{about.title}: its I/O is not looked at", [Text(text)], "off", Severity.LOW)


def unseen_page(about: About, rows: Sequence[ProbeRow]) -> Page:
    """Tell why nobody can say what the volume does, and what would help."""
    first = next((row for row in rows if row.refused), rows[0])
    why = "the runner lacks the right to look there" if first.refused else _reason(first)
    title = f"Nobody can tell what {_lower(about.title)} does: {why}"
    todo = next((row.todo for row in rows if row.todo), IDLE_TODO)
    lines = _remedies(rows) or [f"*Do this:* {_without_full_stop(todo)}."]
    lines += [f"• {short(one, _REASON)}" for row in rows for one in row.tried if one not in title][: 2 * _TRIED]
    for row in rows:
        if row.io:
            lines += verdict(row.io, about.limits).why
    blocks: list[Block] = [Text(short("\n".join(lines), TEXT_LIMIT)), *_raw(rows)]
    return _page(about, title, blocks, "unseen", Severity.LOW)


def _judged(row: ProbeRow, about: About, family: str) -> Verdict:
    if row.io is None:
        return Verdict(Severity.INFO)
    found = verdict(row.io, about.limits, family)
    mount = row.io.mount
    if mount and mount.read_only and _writable(row):
        said = "Its filesystem is mounted read-only: either a pod asked for that, or the kernel did it after errors."
        return replace(found, severity=max(found.severity, Severity.LOW), why=(said, *found.why))
    return found


def _writable(row: ProbeRow) -> bool:
    modes = row.look.claim.modes_granted or row.look.claim.modes_asked
    return any("Write" in mode for mode in modes)


def _ops(row: ProbeRow) -> float:
    io = row.io
    if io is None:
        return -1.0
    return io.device.ops if io.device else io.nfs.every.rate if io.nfs else io.own.ops if io.own else -1.0


def _limits(about: About, row: ProbeRow) -> Iterator[str]:
    """Say what these figures do not say."""
    yield SNAPSHOT
    io = row.io
    device, mount = (io.device, io.mount) if io else (None, None)
    if device and device.stacked:
        yield f"{code(device.name)} stands on other devices: how long it took includes them."
    if device and mount and _part(mount, row):
        yield f"The volume is the folder {code(mount.root)} of a larger filesystem: the figures are those of its whole device."
    if device and io and io.own is None:
        yield "Who does it is not known: the container's control group tells nothing of I/O."
    if io and io.own and io.own.partly:
        yield "Of the container's own part only what bypasses the page cache is counted there (control groups of version 1)."
    if about.left_out:
        yield f"{count(about.left_out, 'more node')} with it was not looked at: name a pod to look there."


def _part(mount: Mount, row: ProbeRow) -> bool:
    return mount.root != "/" and not any(
        e.sub_path for e in row.look.execs if (e.pod, e.container) == (row.pod, row.container)
    )


def _small(about: About, row: ProbeRow) -> str:
    seconds = f"{row.io.seconds:.1f} s" if row.io else ""
    node = f" on node {code(row.look.node)}" if row.look.node else ""
    before = "; ".join(short(one, _REASON) for one in row.tried[:_TRIED])
    before = f" Tried before: {before}." if before else ""
    return f"Looked at for {seconds} from {row.way}{node}, {stamp(about.now, about.now)}.{before}"


def _table_title(about: About, row: ProbeRow, number: int) -> str:
    return "Figures" if number == 1 else f"Figures of {_place(row.look, about)}"


def _place(look: Look, about: About) -> str:
    claim = plain(look.claim.meta.name, 60) if about.subject.kind == "Pod" else ""
    node = plain(look.node, 60) if look.node and not claim else ""
    return claim or node or "no node"


def _at(look: Look, about: About) -> str:
    return f" ({plain(look.claim.meta.name, 60)})" if about.subject.kind == "Pod" else ""


def _cell(row: ProbeRow, found: Verdict) -> str:
    word = f"{found.word}: " if found.word and row.known else ""
    return word + (brief(row) if row.known else _reason(row))


def _reason(row: ProbeRow) -> str:
    why = (row.io.why if row.io else "") or row.look.why or (row.tried[0] if row.tried else "")
    return short(why or "there is no way to", _REASON)


def _remedies(rows: Sequence[ProbeRow]) -> list[str]:
    """Give each permission that would show more, once, as what is to be pasted."""
    found = dict.fromkeys(error.remedy for row in rows for error in row.refused if error.remedy)
    words = [remedy.removeprefix("# ") for remedy in found]
    return [f"*{'Or' if place else 'Do this'}:* {fenced(one[:1].lower() + one[1:])}" for place, one in enumerate(words)]


def _step(look: Look) -> str:
    where = f"{code(look.claim.meta.name)} on node {code(look.node)}: " if look.node else ""
    if not look.execs:
        return f"{where}not from a container: {look.why}"
    first, *others = look.execs
    what = f"the device {code(first.path)}" if look.block else f"what is mounted at {code(first.path)}"
    says = f"{where}from pod {code(first.pod)}, container {code(first.container)}, {what}"
    names = [f"{code(e.pod)} / {code(e.container)}" for e in others]
    return f"{says}; else from {listing(names)}" if names else says


def _raw(rows: Sequence[ProbeRow]) -> Iterator[File]:
    told = [f"# {row.look.node} {row.pod} {row.container}\n{row.raw}" for row in rows if row.raw]
    if told:
        yield File("probe.txt", "\n".join(told).encode(errors="replace"))


def _without_full_stop(text: str) -> str:
    return text.rstrip(".")


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _page(about: About, title: str, blocks: Sequence[Block], cause: str, severity: Severity = Severity.INFO) -> Page:
    return Page(
        title=short(title, _TITLE),
        severity=severity,
        subject=about.subject,
        blocks=tuple(blocks),
        key="VolumeIoProbe",
        causes=(ACTION, cause),
        failure=severity > Severity.INFO,
    )
