"""The report on the backups of a cluster or a namespace: the verdict, who lacks a good copy and why, and what to do."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from robusta_volumes._analysis.backup_cover import BackupCover, ClaimCover, Verdict
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.times import span, stamp
from robusta_volumes._report.backup_calendar import calendar
from robusta_volumes._report.page import Block, File, Page, Subject, Table, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.volume_backups_files import backups_csv, claims_csv
from robusta_volumes._report.volume_backups_more import (
    backups_table,
    expiring,
    gaps,
    health,
    left_out,
    near,
    not_known,
    not_looked_at,
    proven,
)
from robusta_volumes._report.volume_backups_seen import Seen
from robusta_volumes._report.volume_backups_words import KEY, SETUP, command, last_good, phase

_SHOWN = 10  # claims in the message; all are in the file
_FEW = 3


def absent_page(subject: Subject, claims: Sequence[ClaimCover], now: datetime) -> Page:
    """Say that nothing in this cluster makes backups: said by the watch once, and to who asks."""
    wanted = [one for one in claims if one.verdict is not Verdict.LEFT_OUT]
    near_by = sum(one.last_good is not None for one in wanted)
    holds = "holds" if len(wanted) == 1 else "hold"
    lines = [f"{count(len(wanted), 'claim')} {holds} data that nothing copies off this cluster's storage."]
    if near_by:
        has = "has" if near_by == 1 else "have"
        lines.append(
            f"{near_by} of them {has} a snapshot, which lies on the same storage and is lost together with it."
        )
    lines.append(
        f"*Do this:* install Velero with its node agent ({SETUP}); `volume_backup_schedule` then makes backups by the settings. "
        "If snapshots are what you want, set `volumeBackupManagement.engine: csi`; if neither, `enabled: false`."
    )
    return Page(
        title="Nothing in this cluster makes backups: it has no Velero, K8up or VolSync",
        severity=Severity.MEDIUM if wanted else Severity.INFO,
        subject=subject,
        blocks=(Text("\n".join(lines)), claims_csv(claims, now)),
        key=KEY,
        identity="no backup tool",
        failure=bool(wanted),
        noteworthy=False,
    )


def no_claims_page(subject: Subject, *, asked: bool) -> Page:
    """Say that an object has no claim, so nothing whose data could be backed up."""
    name = f"{plain(subject.namespace)}/{plain(subject.name)}" if subject.namespace else plain(subject.name)
    return Page(
        title=f"{subject.kind} {name} has no claim: there is no volume to back up",
        severity=Severity.INFO,
        subject=subject,
        blocks=(Text("This is about the data of claims."),),
        key=KEY,
        causes=("no claim",),
        failure=False,
        noteworthy=asked,
    )


def overview_page(seen: Seen) -> Page:
    """Write the report."""
    bad = seen.severity >= Severity.MEDIUM
    blocks: list[Block] = [*_bad_table(seen)]
    beside = (not_known, expiring, near, left_out, proven)
    texts = (_says(seen), health(seen.troubles), gaps(seen), *(tell(seen) for tell in beside))
    blocks += [Text(short(text, TEXT_LIMIT)) for text in texts if text]
    blocks += [*backups_table(seen), *not_looked_at(seen.unseen)]
    if picture := calendar(f"Backups{_of(seen)}", seen.backups, seen.now):
        blocks.append(File("backups.png", picture))
    blocks.append(claims_csv(seen.claims, seen.now))
    if seen.backups:
        blocks.append(backups_csv(seen.backups, seen.now))
    told = bool(seen.bad or seen.high or seen.hollow or any(one.expires_soon for one in seen.claims))
    return Page(
        title=short(title(seen), 240),
        severity=seen.severity,
        subject=seen.subject,
        blocks=tuple(blocks),
        key=KEY,
        causes=("report",),
        failure=bad,
        noteworthy=told,
    )


def title(seen: Seen) -> str:
    """Say the verdict."""
    head = f"Backups of {plain(seen.scope)}" if seen.scope else "Backups"
    wanted, unknown = len(seen.wanted), len(seen.unknown)
    if not wanted:
        return f"{head}: {'all claims are left out' if seen.claims else 'there is no claim'}"
    if unknown == wanted:
        return f"{head}: whether {'the one claim has' if wanted == 1 else 'claims have'} a good copy could not be seen"
    hollow = seen.hollow
    if hollow and _tells_hollow(seen, hollow):
        return _hollow_title(seen, hollow)
    if seen.high and not seen.bad:
        return f"{head}: {_without_ticks(seen.high[0].sentence)}"
    return f"{head}: {_counted(seen)}"


def _tells_hollow(seen: Seen, hollow: BackupCover) -> bool:
    """Tell whether the newest backup explains all that is wrong with claims, so that the title may be about it."""
    return {one.key for one in seen.bad} <= {one.key for one in seen.lacks(hollow)}


def _hollow_title(seen: Seen, hollow: BackupCover) -> str:
    lack = len(seen.lacks(hollow))
    of = count(hollow.of - len(hollow.missing) + lack, "claim")
    where = f" of {plain(seen.scope)}" if seen.scope else ""
    has = "has" if lack == 1 else "have"
    return f'Backup "{plain(hollow.backup.name, 90)}" is {phase(hollow.backup)}, but {lack} of {of}{where} {has} no data in it'


def _counted(seen: Seen) -> str:
    wanted, bad = len(seen.wanted), len(seen.bad)
    fine = len(seen.having(Verdict.FRESH))
    young, unknown = len(seen.having(Verdict.NEW)), len(seen.unknown)
    rest = [f"{bad} {'does' if bad == 1 else 'do'} not"] if bad else []
    rest += [f"{young} too young to have one"] if young else []
    rest += [f"{unknown} not known"] if unknown else []
    if not rest:
        every = "the one claim has" if wanted == 1 else f"all {count(wanted, 'claim')} have"
        return f"{every} a good copy {_enough(seen)}"
    has = "has" if 1 in {fine, wanted} else "have"
    return f"{fine} of {count(wanted, 'claim')} {has} a good copy {_enough(seen)}; {', '.join(rest)}"


def _without_ticks(sentence: str) -> str:
    said = sentence.replace("`", '"')
    return said[:1].upper() + said[1:]


def _enough(seen: Seen) -> str:
    lengths = {one.within for one in seen.wanted}
    return f"within {span(min(lengths))}" if len(lengths) == 1 else "that is new enough"


def _says(seen: Seen) -> str:
    """Say what to do, each way out once, with how many claims it helps."""
    lines = [f"{'• ' if number else '*Do this:* '}{line}" for number, line in enumerate(ways_out(seen.bad))]
    hollow = seen.hollow
    if hollow and lines and not _tells_hollow(seen, hollow):
        lines.insert(0, f"{_hollow_title(seen, hollow)}.")
    if not lines and hollow:
        todos = dict.fromkeys(one.todo for one in seen.lacks(hollow) if one.todo)
        lines = [f"*Do this:* {command(todo)}" for todo in list(todos)[:1]]
        said = [f"{plain(one.title)}: {plain(one.why, 160)}" for one in seen.lacks(hollow)[:_FEW]]
        lines = [*[f"• {one}" for one in said], *lines]
    if seen.next:
        lines.append(f"Next: {stamp(seen.next, seen.now)}.")
    return "\n".join(lines)


def ways_out(bad: Iterable[ClaimCover]) -> list[str]:
    """List what to do, what helps most claims first."""
    todos: dict[str, list[str]] = {}
    for one in bad:
        if one.todo:
            todos.setdefault(one.todo, []).append(one.title)
    ordered = sorted(todos.items(), key=lambda item: -len(item[1]))
    return [
        short(f"{plain(names[0]) if len(names) == 1 else count(len(names), 'claim')}: {command(todo)}", 500)
        for todo, names in ordered[:_FEW]
    ]


def _bad_table(seen: Seen) -> tuple[Block, ...]:
    """List the claims without, in two columns: what Slack shows inline."""
    return bad_table(seen.bad, seen.now)


def bad_table(bad: Sequence[ClaimCover], now: datetime) -> tuple[Block, ...]:
    """List claims without a good copy: when the last one was cut, and why there is none since."""
    if not bad:
        return ()
    rows = tuple((short(plain(c.title), 44), short(_cell(f"{last_good(c, now)}: {c.why}"), 200)) for c in bad[:_SHOWN])
    more = f"Claims without ({_SHOWN} of {len(bad)}, all in claims.csv)" if len(bad) > _SHOWN else ""
    return (Table(("claim", "last good copy, and why none since"), rows, more),)


def _cell(said: str) -> str:
    """Write a sentence for a table: Slack shows the whole cell as code, and a tick in it would end that."""
    return said.replace("`", "")


def _of(seen: Seen) -> str:
    return f" of {seen.scope}" if seen.scope else ""


def names(claims: Iterable[ClaimCover], most: int = _FEW) -> str:
    """Name some claims."""
    return listing([plain(one.title) for one in claims], most)
