"""The report on the backups of one claim: is there a good copy, how old, where, proven or not, and what became of each try."""

from collections.abc import Sequence
from datetime import datetime

from robusta_volumes._analysis.backup_cover import ClaimCover, Verdict
from robusta_volumes._model.backup import VELERO, Copy
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Trigger
from robusta_volumes._model.text import plain
from robusta_volumes._model.times import ago, span, stamp
from robusta_volumes._report.backup_calendar import claim_calendar
from robusta_volumes._report.page import Block, Button, File, Page, Table, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.volume_backups_files import copies_csv
from robusta_volumes._report.volume_backups_more import health, not_looked_at
from robusta_volumes._report.volume_backups_seen import Seen, causes_of
from robusta_volumes._report.volume_backups_words import KEY, command, expires, of_copy, tool, where

_SHOWN = 8  # copies in the message; all are in the file


def claim_page(seen: Seen, cover: ClaimCover, trigger: Trigger) -> Page:
    """Write the report on one claim."""
    copies = newest_first(seen.copies)
    blocks: list[Block] = [Text(short(says(seen, cover), TEXT_LIMIT))]
    blocks += _table(copies, seen.now)
    causes = () if cover.verdict is Verdict.LEFT_OUT else causes_of(seen.troubles, [cover], seen.lines)
    if wrong := health(causes):
        blocks.append(Text(short(wrong, TEXT_LIMIT)))
    if picture := claim_calendar(f"Copies of {cover.title}", copies, seen.now):
        blocks.append(File("copies.png", picture))
    if copies:
        blocks.append(copies_csv(copies))
    blocks += not_looked_at(seen.unseen)
    if trigger is Trigger.MANUAL:
        blocks += _buttons(cover)
    bad = cover.verdict.bad
    return Page(
        title=short(claim_title(cover, seen.now), 240),
        severity=max(severity(cover), Severity.MEDIUM) if causes else severity(cover),
        subject=seen.subject,
        blocks=tuple(blocks),
        key=KEY,
        causes=("claim",),
        failure=bad,
        noteworthy=bad or trigger is Trigger.MANUAL,
    )


def severity(cover: ClaimCover) -> Severity:
    """Say how bad it is for one claim."""
    if cover.verdict.bad:
        return Severity.HIGH
    return Severity.MEDIUM if cover.verdict is Verdict.UNKNOWN or cover.expires_soon else Severity.INFO


def newest_first(copies: Sequence[Copy]) -> list[Copy]:
    """Sort copies; those without a time come last."""
    return sorted(copies, key=lambda c: (c.cut_at is not None, c.cut_at and c.cut_at.timestamp(), c.name), reverse=True)


def claim_title(cover: ClaimCover, now: datetime) -> str:
    """Say which copy there is of a claim, or that there is none."""
    name, good = plain(cover.title), cover.last_good
    if cover.verdict is Verdict.LEFT_OUT and good is None:
        return f"Claim {name} is not backed up: {cover.why}"
    if cover.verdict is Verdict.UNKNOWN:
        return f"Claim {name}: whether there is a good copy is not known: {cover.why}"
    if good is None:
        young = cover.verdict is Verdict.NEW
        return f"Claim {name} has no good copy{' yet: ' + cover.why if young else ''}"
    late = f", although {span(cover.within)} is the most that is allowed" if cover.verdict is Verdict.OLD else ""
    return f"Claim {name}: last good copy {ago(good.cut_at, now)}, {where(good)} ({tool(good.engine)}){late}"


def says(seen: Seen, cover: ClaimCover) -> str:
    """Say what is wrong, what to do, what expires, what was proven and when the next one comes."""
    now, lines = seen.now, [verdict(cover)] if verdict(cover) else []
    good, offsite = cover.last_good, cover.last_offsite
    if good and offsite is None:
        lines.append("No copy of it lies off-site: what destroys the storage destroys the claim and its snapshots.")
    elif good and offsite and offsite is not good:
        lines.append(f"Last copy off-site: {ago(offsite.cut_at, now)} ({tool(offsite.engine)}).")
    if cover.expiring and cover.expiring.expires:
        lines.append(
            f"Its last copy {where(cover.expiring)} {expires(cover.expiring.expires, now)}, and nothing newer is good."
        )
    elif good and good.expires:
        lines.append(f"The last good copy {expires(good.expires, now)}.")
    if cover.proven:
        lines.append(f"Last restored to see: {ago(cover.proven, now)}.")
    elif good:
        can = good.engine == VELERO or (offsite is not None and offsite.engine == VELERO)
        how = ": `verify_volume_backup` does that, into a claim of its own" if can else ""
        lines.append(f"Never restored to see{how}.")
    if cover.next and cover.verdict is not Verdict.LEFT_OUT:
        lines.append(f"Next backup: {stamp(cover.next, now)}.")
    return "\n".join(lines) or "There is nothing to tell of it."


def verdict(cover: ClaimCover) -> str:
    """Say what is wrong beyond what the title says, and what to do; "" when nothing is."""
    if not cover.why:
        return ""
    said = "" if cover.verdict in (Verdict.UNKNOWN, Verdict.NEW) else f"{cover.why[:1].upper()}{cover.why[1:]}."
    if cover.verdict is Verdict.LEFT_OUT and cover.last_good is None:
        said = ""
    rule = "- apiGroups" in cover.todo
    todo = f"*Do this:* {command(cover.todo)}" if cover.todo and not rule else ""
    return "\n".join(line for line in (said, todo) if line)


def _table(copies: Sequence[Copy], now: datetime) -> tuple[Block, ...]:
    if not copies:
        return ()
    rows = tuple((short(_when(copy, now), 90), short(of_copy(copy, now), 260)) for copy in copies[:_SHOWN])
    many = len(copies) > _SHOWN
    title = f"Copies (the newest {_SHOWN} of {len(copies):,}, all in copies.csv)" if many else ""
    return (Table(("cut", "what it is"), rows, title),)


def _when(copy: Copy, now: datetime) -> str:
    who = plain(copy.backup or copy.name, 60)
    return f"{ago(copy.cut_at, now)} ({tool(copy.engine)}{' ' + who if who else ''})"


def _buttons(cover: ClaimCover) -> tuple[Button, ...]:
    """Offer what a person may want next; each first shows its plan."""
    where = {"name": cover.key[1], "namespace": cover.key[0], "dry_run": "true"}
    found = []
    if cover.verdict is not Verdict.LEFT_OUT:
        found.append(Button("Plan a backup of it", "create_volume_backups", where))
    if cover.last_offsite and cover.last_offsite.engine == VELERO:
        found.append(Button("Plan a test of its newest copy", "verify_volume_backup", where))
    return tuple(found)
