"""What the tick of the backup schedule says: what will be done, what was changed by others, what failed, and what is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from robusta_volumes._analysis.backup_preflight import BackupPlan, Obstacle
from robusta_volumes._analysis.backup_watch import ITSELF
from robusta_volumes._analysis.snapshot_trouble import CANNOT, WAITS, Change, Problems
from robusta_volumes._model.backup import BackupSchedule
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.checks import duration_text
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, listing, plain
from robusta_volumes._model.times import ago, stamp
from robusta_volumes._report.missed_slots import missed_words
from robusta_volumes._report.page import Block, Button, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import TEXT_LIMIT, fenced, short
from robusta_volumes._report.volume_backups_create import NO_BACKUP
from robusta_volumes._report.volume_backups_rows import plan_rows, ways_out

KEY = "VolumeBackups"
THE_SCHEDULE = "the schedule"  # whom a problem is about that is no claim's and no backup's
_NO_CLAIM = (ITSELF, THE_SCHEDULE)
_SETTINGS = "workflows.persistentVolumeWorkflows.volumeBackupManagement"
_SHOWN = 10  # claims in the message; all are in the file
_SLOTS = 5  # missed ones that are spelt out
_MILD = {CANNOT, WAITS, "paused"}


@dataclass(frozen=True)
class Told:
    """What is known of the schedule when a message about it is written."""

    settings: VolumeBackupManagement
    slot: datetime | None
    wanted: int  # claims that the newest judged backup was for
    next: datetime
    cluster: str
    now: datetime
    goods: Mapping[str, datetime] = field(default_factory=dict)  # when the last good copy of a claim in ours was cut

    def last_good(self, name: str) -> str:
        """Say when a claim's last good copy was cut; nothing of what is no claim."""
        if name in _NO_CLAIM:
            return ""
        when = self.goods.get(name)
        return f" · last good: {ago(when, self.now)}" if when else " · last good: none of ours"

    @property
    def following(self) -> str:
        """Say when the next slot is, in the schedule's own zone, too."""
        zone = self.settings.time_zone
        local = "" if zone == "UTC" else f" ({self.next.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z})"
        return f"{stamp(self.next, self.now)}{local}"


def backups_plan_page(told: Told, plan: BackupPlan) -> Page:
    """Publish what will be saved from the next slot on, before it is for the first time or by other settings."""
    wanted = told.settings
    by = "snapshots" if wanted.engine == "csi" else "Velero"
    where = f" to {code(wanted.storage_location)}" if wanted.storage_location else ""
    keeps = f"kept for {duration_text(wanted.ttl)}" + (f", at most {wanted.keep_last}" if wanted.keep_last else "")
    when = f"at `{wanted.backup_schedule}` {wanted.time_zone}, by {by}{where}, {keeps}"
    todo = (
        f"choose `namespaces`, `excludeNamespaces` or a `selector` under `{_SETTINGS}`, or set `enabled: false` there"
    )
    lines = [
        NO_BACKUP if wanted.engine == "csi" or not wanted.move_data else "",
        f"Nothing was made yet. The settings are new, or save something else than before: {when}.",
        f"*Do this:* nothing, when that is what you want. Otherwise {todo}.",
        *ways_out(plan_rows(plan), "• "),
        "The first one moves all of it; later ones move what changed." if by == "Velero" and wanted.move_data else "",
        *_also(plan),
        *(f"• {note}" for note in plan.notes),
    ]
    rows = plan_rows(plan)
    saved = [row for row in rows if not row[2]]
    bad = f"; {count(len(plan.not_saved), 'claim')} would not be" if plan.not_saved else ""
    title = f"Backups from {told.following} on: {count(len(saved), 'claim')}, at most {gib(plan.size)} a night{bad}"
    blocks = (Text(_lines(lines)), *_table(rows, "how, or why not"), *_file("plan.csv", rows))
    return _page(told, title, blocks, Severity.LOW, "plan", failure=bool(plan.not_saved))


def drift_page(
    told: Told, there: BackupSchedule | None, found: Sequence[tuple[str, Any, Any]], until: datetime
) -> Page:
    """Show how the Schedule differs from the settings, before it is changed back."""
    when = stamp(until, told.now)
    if there is None:
        title, what = (
            f"Backup schedule is gone: it is made again at {when}",
            "Somebody deleted Velero's Schedule; until then no backup is made.",
        )
        todo = f"nothing, when you want backups. To stop them set `enabled: false` under `{_SETTINGS}`."
    else:
        names = listing([code(name) for name, *_ in found], 4)
        title = f"Backup schedule differs from the settings: it is changed at {when}"
        what = f"In Velero's Schedule {code(there.name)} {names} {'is' if len(found) == 1 else 'are'} not as the settings say."
        todo = (
            f"nothing, when the settings are right. Otherwise write it into the settings under `{_SETTINGS}` before then; "
            "to stop backups set `enabled: false` there and delete the Schedule."
        )
    text = f"{what}\n*Do this:* {todo}"
    rows = tuple(
        (name, f"{short(plain(_value(old)), 90)} → {short(plain(_value(new)), 90)}") for name, old, new in found
    )
    blocks: list[Block] = [Text(text), *([Table(("what", "there → settings"), rows)] if rows else [])]
    return _page(told, title, blocks, Severity.LOW, "drift")


def blocked_page(told: Told, found: Sequence[Obstacle]) -> Page:
    """Tell why no backup is made by the schedule; once for a cause, not once for a slot."""
    first, *more = found
    lines = [
        "No backup is made by `backupSchedule` until this is repaired; then it goes on by itself.",
        f"*Do this:* {fenced(first.todo)}",
        *(f"• Also: {one.why}: {fenced(one.todo)}" for one in more),
    ]
    severity = Severity.LOW if first.kind == "no Velero" else Severity.HIGH
    return _page(told, f"Backups are not made: {first.why}", [Text(_lines(lines))], severity, "cause")


def unblocked_page(told: Told) -> Page:
    """Tell that it works again."""
    text = Text(f"What is due is made again. Next: {told.following}.")
    return _page(told, "[RESOLVED] Backups can be made again", [text], Severity.INFO, "cause", failure=False)


def backups_page(told: Told, problems: Problems, found: Change, backup: str) -> Page:
    """Tell what is wrong, failures first, or that it is over."""
    if found.resolved:
        over = f"Over for {listing([plain(name) for name in found.over], 6)}.\n" if found.over else ""
        left = sum(kind == CANNOT for kind, *_ in problems.values())
        title = f"[RESOLVED] Backups: {'what had failed is saved' if left else 'every claim is saved again'}"
        title += f"; {count(left, 'claim')} cannot be" if left else ""
        blocks = [Text(f"{over}Newest: {code(backup)}. Next: {told.following}."), *_problems(told, problems)]
        return _page(told, title, blocks, Severity.INFO, "schedule", failure=False)
    kinds = {kind for kind, *_ in problems.values()}
    newest = f"Newest judged: {code(backup)}. " if backup else ""
    blocks = [*_problems(told, problems), Text(_todo(problems)), Text(f"{newest}Next: {told.following}.")]
    if not kinds <= _MILD:
        blocks.append(Button("Run the report", "volume_backup_management", {}))
    rows = [(name, f"{why}{told.last_good(name)}", todo) for name, (_, why, todo) in _order(problems)]
    severity = Severity.MEDIUM if kinds <= _MILD else Severity.HIGH
    return _page(told, _title(told, problems), [*blocks, *_file("backups.csv", rows)], severity, "schedule")


def missed_backups_page(told: Told, missed: Sequence[str]) -> Page:
    """Tell of slots that nobody served. They are not made up for."""
    number, words = missed_words(missed, told.slot, told.now, _SLOTS)
    text = (
        f"{words} In mode ticks a backup is made while the Robusta runner runs and sees the cluster.\n"
        "*Do this:* look whether the runner was away then: `kubectl get pods -A | grep robusta-runner`. In mode velero Velero "
        f"makes the backups itself.\nNext: {told.following}."
    )
    title = f"Backups: {count(number, 'run')} {'was' if number == 1 else 'were'} missed"
    return _page(told, title, [Text(text)], Severity.MEDIUM, "missed")


def _title(told: Told, problems: Problems) -> str:
    about = [one for name in _NO_CLAIM if (one := problems.get(name))]
    itself = next((one for one in about if one[0] not in _MILD), about[-1] if about else None)
    claims = {name: one for name, one in problems.items() if name not in _NO_CLAIM}
    if itself and (not claims or itself[0] not in _MILD):
        return f"Backups: {itself[1]}"
    cannot = sum(kind == CANNOT for kind, *_ in claims.values())
    failed = len(claims) - cannot
    of = f"data of {max(0, told.wanted - len(claims))} of {told.wanted} claims saved, " if told.wanted else ""
    parts = [f"{failed} without data" if failed else "", f"{cannot} cannot be saved" if cannot else ""]
    return f"Backups: {of}{', '.join(part for part in parts if part)}"


def _order(problems: Problems) -> list[tuple[str, list[str]]]:
    return sorted(problems.items(), key=lambda item: (item[0] not in _NO_CLAIM, item[1][0] == CANNOT, item[0]))


def _problems(told: Told, problems: Problems) -> tuple[Block, ...]:
    every = _order(problems)
    if all(name in _NO_CLAIM for name, _ in every):
        return ()  # the title has said it
    rows = tuple(
        (short(plain(name), 44), f"{short(why, 160)}{told.last_good(name)}") for name, (_, why, _todo) in every[:_SHOWN]
    )
    title = f"Claims ({_SHOWN} of {len(every)}, all in backups.csv)" if len(every) > _SHOWN else ""
    return (Table(("claim", "why · last good"), rows, title),) if rows else ()


def _todo(problems: Problems) -> str:
    """Say each way out once, with how many it helps."""
    todos: dict[str, list[str]] = {}
    for name, (_, _why, todo) in _order(problems):
        if todo.strip():
            todos.setdefault(todo, []).append(name)
    lines = [f"{_whom(names)}{_command(todo)}" for todo, names in todos.items()]
    marked = [f"{'• ' if number else '*Do this:* '}{line}" for number, line in enumerate(lines[:4])]
    return _lines(marked or ["*Do this:* run `volume_backup_management` by hand for the whole history."])


def _whom(names: Sequence[str]) -> str:
    one = "" if names[0] in _NO_CLAIM else f"{plain(names[0])}: "
    return one if len(names) == 1 else f"{count(len(names), 'claim')}: "


def _command(todo: str) -> str:
    return f"`{todo}`" if todo.startswith("kubectl ") and "\n" not in todo else fenced(todo)


def _also(plan: BackupPlan) -> tuple[str, ...]:
    if not plan.more:
        return ()
    names = listing([plain(claim.meta.title) for claim in plan.more])
    return (f"*Also in it*, since Velero selects by namespace and label: {names}.",)


def _value(value: Any) -> str:
    if value is None or value in ([], {}):
        return "not set"
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)


def _lines(lines: Sequence[str]) -> str:
    return short("\n".join(line for line in lines if line), TEXT_LIMIT)


def _table(rows: Sequence[tuple[str, str, str]], what: str) -> tuple[Block, ...]:
    title = f"Claims ({_SHOWN} of {len(rows)}, all in plan.csv)" if len(rows) > _SHOWN else ""
    shown = tuple((short(plain(name), 44), short(how, 200)) for name, how, _ in rows[:_SHOWN])
    return (Table(("claim", what), shown, title),) if shown else ()


def _file(name: str, rows: Sequence[tuple[str, str, str]]) -> tuple[Block, ...]:
    return (csv_file(name, ("claim", "what", "do this"), rows),) if len(rows) > _SHOWN else ()


def _page(
    told: Told, title: str, blocks: Sequence[Block], severity: Severity, identity: str, *, failure: bool = True
) -> Page:
    return Page(
        title=short(title, 240),
        severity=severity,
        subject=Subject("Cluster", told.cluster or "cluster"),
        blocks=tuple(blocks),
        key=KEY,
        identity=f"backups/{identity}",
        failure=failure,
    )
