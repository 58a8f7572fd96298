"""What changed: resolved, new and fixed since the last report, and what was held back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from robusta_volumes._analysis.assess import Issue
from robusta_volumes._analysis.book import RESOLVED
from robusta_volumes._analysis.ledger import MOST, Incident
from robusta_volumes._analysis.noise import Swept
from robusta_volumes._analysis.symptoms import Held, is_story, object_of
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, plain
from robusta_volumes._model.times import UTC, span, stamp
from robusta_volumes._report.page import Block, Page, Subject, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, brief, issues_csv, short
from robusta_volumes._rules.catalogue import RULES

_SPELT = 5  # new problems that are spelt out
_NAMED = 6  # titles in a list
_TITLE = 110


def resolved_page(cause: str, incident: Incident, subject: Subject, now: datetime) -> Page:
    """Take back what was told, under the same identity."""
    known = f"It was known for {span(timedelta(seconds=int(now.timestamp()) - incident.since))}."
    many = f" All {len(incident.members)} issues of it are gone." if len(incident.members) > 1 else ""
    return Page(
        title=f"[RESOLVED] Resolved: {incident.title}",  # Slack takes the mark off, and the words must not sound as before
        severity=Severity.INFO,
        subject=subject,
        blocks=(Text(f"It is no longer found, seen {stamp(now, now)}. {known}{many}"),),
        key="PersistentVolumeIssue",
        causes=tuple(sorted({member.partition("/")[0] for member in incident.members})),
        identity=cause,
        failure=False,
    )


def subject_of(incident: Incident, cluster: str) -> Subject:
    """Say what an incident is about, for routing: its object, or the namespace that all of them share."""
    objects = {tuple(object_of(member).split("/", 2)) for member in incident.members}
    if len(objects) == 1:
        kind, namespace, name = next(iter(objects))
        return Subject(kind, name, namespace)
    places = {namespace for _, namespace, _ in objects}
    return Subject("Cluster", cluster or "cluster", places.pop() if len(places) == 1 else "")


def with_held(page: Page, held: Held) -> Page:
    """Name in a page what was not sent since the last message."""
    return replace(page, blocks=(*page.blocks, Text(held_text(held)))) if held else page


def held_text(held: Held) -> str:
    """Say what was counted and not sent, by cause. "At least": the runner drops events when 500 wait."""
    parts = [_cause(cause, number) for cause, number in held[:_NAMED]]
    more = f" and {len(held) - _NAMED} more causes" if len(held) > _NAMED else ""
    total = sum(number for _, number in held)
    return (
        f"*Not sent since the last message:* at least {total} more: {'; '.join(parts)}{more}. "
        "What is still open is told by the next look at the whole cluster."
    )


def _cause(cause: str, number: int) -> str:
    if cause == RESOLVED:
        return f"{number} resolved"
    if is_story(cause):
        return f"{count(number, 'later victim')} of {plain(cause.replace('/', ' ', 1), 120)}"
    found = RULES.get(cause)
    return f"{number} {cause} ({found.title})" if found else f"{number} {cause}"


def changes_page(said: Swept, issues: Sequence[Issue], cluster: str) -> Page:
    """Tell in one message what events did not: new problems, and what is fixed of those that were told among many."""
    new, fixed = [one for _, one in said.untold], [one for _, one in said.ended]
    blocks: list[Block] = [Text(brief(issue)) for issue in issues[:_SPELT]]
    if len(new) > _SPELT:
        blocks.append(Text(_names("New", new)))
    if issues:
        blocks.append(issues_csv(issues))
    if fixed:
        blocks.append(Text(_names("Fixed", fixed)))
    return Page(
        title=_changes_title(new, fixed),
        severity=new[0].severity if new else Severity.INFO,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=tuple(blocks),
        key="PersistentVolumeChanges",
        causes=tuple(sorted(cause for cause, _ in (*said.untold, *said.ended))),
        failure=bool(new),
    )


def _changes_title(new: Sequence[Incident], fixed: Sequence[Incident]) -> str:
    """Lead with what is wrong; what is only good news says so with its first word."""
    if not new:
        return f"Fixed: {_first_of(fixed, 'problem')}"
    return _first_of(new, "new storage problem") + (f"; {len(fixed)} fixed" if fixed else "")


def _first_of(incidents: Sequence[Incident], noun: str) -> str:
    others = len(incidents) - 1
    return short(incidents[0].title, _TITLE) + (f", and {count(others, f'more {noun}')}" if others else "")


def _names(what: str, incidents: Sequence[Incident]) -> str:
    names = [f"{one.title}{_members(one)}" for one in incidents]
    return short(f"*{what} ({len(incidents)}):* {'; '.join(names[:_NAMED])}{_and_more(names)}", TEXT_LIMIT)


def _members(one: Incident) -> str:
    return f" ({len(one.members)} issues)" if len(one.members) > 1 else ""


def _and_more(names: Sequence[str]) -> str:
    return f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""


def with_changes(page: Page, said: Swept, now: datetime) -> Page:
    """Add to the report of the whole cluster what changed since the last one, below its verdict."""
    lines = [_baseline(said) if said.baseline else _since(said, now)]
    if not said.baseline:
        lines += [_names(what, some) for what, some in (("New", said.new), ("Fixed", said.fixed)) if some]
    if said.dropped:
        lines.append(
            f"{count(said.dropped, 'open issue')} beyond the {MOST:,} that can be remembered: of the oldest no change is told."
        )
    first, *rest = page.blocks
    told = page.noteworthy or said.baseline or bool(said.fixed)
    changed = replace(page, blocks=(first, *(Text(line) for line in lines), *rest), noteworthy=told)
    return with_held(changed, said.held)


def _baseline(said: Swept) -> str:
    known = f"The {count(said.still, 'issue')} of today are known now" if said.still else "Nothing is wrong now"
    return f"This is the first look at this cluster. {known}; from here on only changes are told, and a report on schedule."


def _since(said: Swept, now: datetime) -> str:
    last = datetime.fromtimestamp(said.since, UTC)
    when = f"{stamp(last, now)}, {span(now - last)} ago" if said.since else "the start"
    return f"Since the last report ({when}): {len(said.new)} new, {len(said.fixed)} fixed, {said.still} still open."
