"""What became of a backup that somebody asked for: of each claim whether its data is in it, never by the phase alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from robusta_volumes._analysis.backup_preflight import BackupPlan
from robusta_volumes._analysis.backup_runs import BackupCover
from robusta_volumes._model.asked_backups import CreateBackups
from robusta_volumes._model.backup import Phase
from robusta_volumes._model.backup_run import MadeBackup
from robusta_volumes._model.checks import duration_text
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, listing, plain
from robusta_volumes._model.times import stamp
from robusta_volumes._report.page import Block, Button, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import TEXT_LIMIT, fenced, short
from robusta_volumes._report.refused import in_title, quote_of
from robusta_volumes._report.volume_backups_rows import IN_IT, NOT_KNOWN, Row, cover_rows, plan_rows, ways_out

ACTION = "create_volume_backups"
KEY = "VolumeBackupsCreate"
_SHOWN = 10  # claims in the message; all are in the file
NO_BACKUP = "A snapshot on the same storage is not a backup: it is lost together with the storage."


@dataclass(frozen=True)
class Asked:
    """What was asked for, where, and when it is told."""

    asked: CreateBackups
    cluster: str
    now: datetime

    @property
    def of(self) -> str:
        """In words, what is to be saved."""
        asked = self.asked
        if asked.name:
            return f"{plain(asked.namespace)}/{plain(asked.name)}"
        where = f"namespace {plain(asked.namespace)}" if asked.namespace else "the cluster"
        return f"{where}, {plain(asked.selector)}" if asked.selector else where

    @property
    def params(self) -> dict[str, str]:
        """Give the params that ask for the same again."""
        asked = self.asked
        given = {
            "name": asked.name,
            "namespace": asked.namespace,
            "selector": asked.selector,
            "ttl": duration_text(asked.ttl) if asked.ttl else "",
            "allow_label_patch": "true" if asked.allow_label_patch else "",
        }
        return {key: value for key, value in given.items() if value}


def nothing_to_back_up_page(about: Asked, notes: Sequence[str] = ()) -> Page:
    """Say that no Bound claim is meant. ``notes``: who opted out."""
    todo = "name a claim, and it is saved all the same" if notes else "look at what is there"
    text = _lines(f"*Do this:* {todo}: `kubectl get pvc -A --show-labels`.", *(f"• {note}" for note in notes))
    which = "Bound claim that has not opted out" if notes else "Bound claim"
    return _page(about, f"No {which} in {about.of}: nothing was made", [Text(text)], Severity.LOW, "none")


def by_snapshots_page(page: Page, notes: Sequence[str] = (), *, chosen: bool) -> Page:
    """Give the page about snapshots, with what they are not; ``chosen``: the settings say so, not that Velero is absent."""
    why = "`engine: csi` is set" if chosen else "Velero is not installed here"
    todo = "set `engine: velero`" if chosen else "install Velero: https://velero.io/docs/main/basic-install/"
    text = _lines(
        f"{why}, so this is about snapshots. {NO_BACKUP} For backups {todo}.", *(f"• {note}" for note in notes)
    )
    return replace(page, blocks=(Text(text), *page.blocks))


def backup_plan_page(about: Asked, plan: BackupPlan) -> Page:
    """Show what would be saved, what would not and why, and what else is caught."""
    says = "Nothing was made yet. *Do this:* carry it out with `dry_run=false`."
    title = f"Plan: back up {count(len(plan.saved), 'claim')} of {about.of}, at most {gib(plan.size)}{_tail(plan)}"
    button = Button("Back up now", ACTION, {**about.params, "dry_run": "false"})
    rows = plan_rows(plan)
    lines = (says, *ways_out(rows, "• "), *_else(plan), *_notes(plan))
    blocks = [Text(_lines(*lines)), *_table(rows, "how, or why not"), button]
    return _page(about, title, blocks, Severity.LOW if plan.not_saved else Severity.INFO, "plan")


def no_backup_page(about: Asked, plan: BackupPlan) -> Page:
    """Say why none is made: it would fail, or hold no data."""
    rows = plan_rows(plan)
    blocks: list[Block] = []
    if plan.obstacles:
        first, *more = plan.obstacles
        title = f"No backup of {about.of} was made: {first.why}"
        lines = [f"*Do this:* {fenced(first.todo)}", *(f"• Also: {one.why}: {fenced(one.todo)}" for one in more)]
        rows = []  # how each would be saved is no comfort
    else:
        title = f"No backup of {about.of} was made: no claim's data would be in it"
        lines = ["Velero would call such a backup Completed all the same.", *ways_out(rows)]
    blocks.append(Text(_lines(*lines, *_notes(plan))))
    blocks += _table(rows, "how, or why not")
    blocks.append(Button("Try again", ACTION, {**about.params, "dry_run": "false"}))
    return _page(about, title, blocks, Severity.HIGH, "cannot")


def backup_failed_page(about: Asked, made: MadeBackup, plan: BackupPlan) -> Page:
    """Say what the API server answered."""
    error = made.error
    words = in_title(error, 200) if error else "its answer was not understood"
    todo = error.remedy if error else "look at what is there: `kubectl get backups.velero.io -A`"
    forbidden = isinstance(error, NotAllowed)
    says = f"The API server says: {words}" if forbidden else quote_of(error) if error else ""
    size = f"It was for {count(len(plan.saved), 'claim')}, {gib(plan.size)}."
    text = Text(_lines(f"*Do this:* {fenced(todo)}", size, says))
    again = Button("Try again", ACTION, {**about.params, "dry_run": "false"})
    why = "the runner may not create it" if forbidden else words
    return _page(about, f"No backup of {about.of} was made: {why}", [text, again], Severity.HIGH, "refused")


def backup_made_page(about: Asked, made: MadeBackup, plan: BackupPlan, cover: BackupCover) -> Page:
    """Tell of each claim that was asked for whether its data is in the backup."""
    phase = made.backup.phase if made.backup else Phase.UNOBSERVED
    rows = cover_rows(plan, cover)
    inside = sum(row[1].startswith(IN_IT) for row in rows)
    failed = [row for row in rows if row[2]]
    unknown = [row for row in rows if row[1].startswith(NOT_KNOWN)] if phase.over else []
    bad = (bool(failed) or phase in (Phase.FAILED, Phase.REFUSED)) if phase.over else phase is Phase.DELETING
    said = (*_said(about, made, phase, failed), *_unseen(made, unknown))
    blocks: list[Block] = [Text(_lines(*said, *_else(plan), *_notes(plan)))]
    blocks += _table(sorted(rows, key=lambda row: (not row[2], row[0])), "its data")
    if len(rows) > _SHOWN:
        blocks.append(csv_file("backup.csv", ("claim", "its data", "do this"), rows))
    if bad:
        blocks.append(Button("Try again", ACTION, {**about.params, "dry_run": "false"}))
    of = _in_it(phase, inside, len(failed), len(rows)) + (f", {len(unknown)} not known" if unknown else "")
    title = f"Backup of {about.of} {_TITLE.get(phase, 'is running')}{of}{_why_short(made, phase)}"
    severity = Severity.LOW if unknown else Severity.INFO
    return _page(about, title, blocks, Severity.HIGH if bad else severity, "made")


def _unseen(made: MadeBackup, unknown: Sequence[Row]) -> tuple[str, ...]:
    """Say how to see what could not be seen: it is neither good nor bad."""
    if not unknown:
        return ()
    look = f"velero backup describe {made.name} --details"
    return (
        f"Whether data of {count(len(unknown), 'claim')} is in it could not be seen. *Do this:* look: {code(look)}",
    )


def _in_it(phase: Phase, inside: int, failed: int, number: int) -> str:
    """Go on in a title: what is wrong is said before what is well."""
    of = count(number, "claim")
    if failed and phase in (Phase.DONE, Phase.PARTIAL):
        but = "but" if phase is Phase.DONE else "and"
        return f", {but} {failed} of {of} {'has' if failed == 1 else 'have'} no data in it"
    return f": data of {inside} of {of} in it"


_TITLE = {
    Phase.UNOBSERVED: "waits for Velero",
    Phase.WAITING: "is queued",
    Phase.DONE: "is done",
    Phase.PARTIAL: "partly failed",
    Phase.FAILED: "failed",
    Phase.REFUSED: "was refused by Velero",
    Phase.DELETING: "is being deleted",
}


def _said(about: Asked, made: MadeBackup, phase: Phase, failed: Sequence[Row]) -> list[str]:
    name = code(made.name)
    there = f"{name} was there already, asked for just now." if made.adopted else f"It is called {name}."
    expires = made.backup.expires if made.backup else None
    stays = f"It stays until {stamp(expires, about.now)}." if expires and phase in (Phase.DONE, Phase.PARTIAL) else ""
    if not phase.over:
        follow = (
            f"`kubectl -n {made.backup.namespace if made.backup else 'velero'} get backups.velero.io {made.name} -w`"
        )
        return [
            f"{there} It goes on by itself, and holds nothing that can be relied on before it ends.",
            f"Follow it: {follow}",
        ]
    why = made.backup.why if made.backup else ""
    said = f"Velero says: {plain(why, 400)}" if why else ""
    return [part for part in (" ".join(filter(None, (there, stays))), said, *ways_out(failed)) if part]


def _why_short(made: MadeBackup, phase: Phase) -> str:
    why = made.backup.why if made.backup and phase in (Phase.FAILED, Phase.REFUSED) else ""
    return f": {plain(why, 120)}" if why else ""


def _tail(plan: BackupPlan) -> str:
    bad = f"; {count(len(plan.not_saved), 'claim')} would not be saved" if plan.not_saved else ""
    return f"{bad}; {count(len(plan.more), 'other claim')} saved, too" if plan.more else bad


def _else(plan: BackupPlan) -> tuple[str, ...]:
    """Say what else is in it: Velero selects by namespaces and labels, never by a claim's name."""
    if not plan.more:
        return ()
    names = listing([plain(claim.meta.title) for claim in plan.more])
    size = gib(sum(claim.capacity or 0 for claim in plan.more))
    return (f"*Also in it*, since Velero selects by namespace and label: {names} ({size}).",)


def _notes(plan: BackupPlan) -> tuple[str, ...]:
    return tuple(f"• {note}" for note in plan.notes)


def _lines(*lines: str) -> str:
    return short("\n".join(line for line in lines if line), TEXT_LIMIT)


def _table(rows: Sequence[Row], what: str) -> tuple[Block, ...]:
    title = f"Claims ({_SHOWN} of {len(rows)})" if len(rows) > _SHOWN else ""
    shown = tuple((short(plain(name), 44), short(came, 200)) for name, came, _ in rows[:_SHOWN])
    return (Table(("claim", what), shown, title),) if shown else ()


def _page(about: Asked, title: str, blocks: Sequence[Block], severity: Severity, cause: str) -> Page:
    asked = about.asked
    one = Subject("PersistentVolumeClaim", asked.name, asked.namespace)
    many = (
        Subject("Namespace", asked.namespace, asked.namespace) if asked.namespace else Subject("Cluster", about.cluster)
    )
    return Page(
        title=short(title, 240),
        severity=severity,
        subject=one if asked.name else many,
        blocks=tuple(blocks),
        key=KEY,
        causes=(ACTION, cause),
        failure=severity > Severity.INFO,
    )
