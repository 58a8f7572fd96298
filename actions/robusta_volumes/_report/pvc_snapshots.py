"""The report on the snapshots of a cluster or a namespace: the verdict, the claims that lack one, and what is left over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from robusta_volumes._analysis.left_contents import Left
from robusta_volumes._analysis.snapshot_cover import Cover, Rhythm
from robusta_volumes._analysis.snapshot_fate import Fates
from robusta_volumes._analysis.snapshot_pace import Pace
from robusta_volumes._model.errors import NotInstalled
from robusta_volumes._model.inventory import Unseen
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, listing, plain
from robusta_volumes._model.times import span
from robusta_volumes._report.page import Block, Page, Subject, Table, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.pvc_snapshots_files import MOST_ROWS, claims_csv, slot_words, snapshots_csv
from robusta_volumes._report.snapshots_left import last_good, left_behind, not_looked_at, of_deleted, of_none, unable

KEY = "PvcSnapshotsReport"
_SHOWN = 10  # claims in the message; all are in the file
_FEW = 3
_GOOD = "one that can be restored from"
STAYS = "The last good one of a claim stays, however old it is."
_EXAMPLE = """pvcSnapshots:
  schedules:
  - {name: nightly, schedule: "0 2 * * *", retentionDays: 30}"""


@dataclass(frozen=True)
class Seen:
    """All that a report is written from."""

    subject: Subject
    scope: str  # "" for the whole cluster, else "namespace shop"
    covers: tuple[Cover, ...]
    points: Sequence[Point]
    fates: Fates
    now: datetime
    rhythms: tuple[Rhythm, ...] = ()  # of all schedules of the settings
    left: tuple[Left, ...] = ()
    loose: tuple[Point, ...] = ()  # made from a content, so of no claim
    unseen: Mapping[str, Unseen] = field(default_factory=dict)
    able_known: bool = True  # whether it could be looked which claims can be snapshotted
    claims_known: bool = True  # whether it could be looked which claims there are
    unchosen: tuple[str, ...] = ()  # schedules of which it is not known which claims they are for
    pace: Pace | None = None  # whether retention keeps up; None where not all of the cluster was looked at

    @property
    def missing(self) -> tuple[Cover, ...]:
        """The claims without a good one that is new enough; those that can be helped come first."""
        return tuple(sorted((c for c in self.covers if c.why), key=lambda c: (c.cannot is not None, c.title)))

    @property
    def behind(self) -> bool:
        """True when retention does not keep up."""
        return self.pace is not None and self.pace.behind

    @property
    def wanted(self) -> int:
        """How many claims are to have a good one by now."""
        return sum(c.wanted for c in self.covers)


def absent_page(subject: Subject, error: NotInstalled, *, scheduled: bool) -> Page:
    """Say that this cluster has no snapshots at all; with schedules in the settings that is a failure."""
    says = "The cluster does not serve `snapshot.storage.k8s.io/v1`, so no claim of it can be snapshotted."
    why = plain(error.message.partition(":")[0]) if error.served else "its API has no VolumeSnapshots"
    return Page(
        title=f"No snapshot can be taken in this cluster: {why}",
        severity=Severity.HIGH if scheduled else Severity.LOW,
        subject=subject,
        blocks=(Text(f"{says}\n*Do this:* {plain(error.remedy, 600)}"),),
        key=KEY,
        causes=("absent",),
        failure=scheduled,
        noteworthy=scheduled,
    )


def no_claims_page(subject: Subject, *, asked: bool) -> Page:
    """Say that an object has no claim, so nothing that could be snapshotted."""
    name = f"{plain(subject.namespace)}/{plain(subject.name)}" if subject.namespace else plain(subject.name)
    return Page(
        title=f"{subject.kind} {name} has no claim: there is nothing to snapshot",
        severity=Severity.INFO,
        subject=subject,
        blocks=(Text("Snapshots are taken of claims."),),
        key=KEY,
        causes=("no claim",),
        failure=False,
        noteworthy=asked,
    )


def overview_page(seen: Seen) -> Page:
    """Write the report."""
    missing = seen.missing
    only_unable = bool(missing) and all(one.cannot for one in missing)
    severity = (
        Severity.HIGH if missing and not only_unable else Severity.MEDIUM if missing or seen.behind else Severity.INFO
    )
    blocks: list[Block] = [*_missing_table(missing, seen.now), Text(_says(seen))]
    rest = (of_deleted(seen.covers, seen.now), of_none(seen.loose), left_behind(seen.left), unable(seen.covers))
    blocks += [Text(short(text, TEXT_LIMIT)) for text in rest if text]
    blocks += not_looked_at(seen.unseen)
    blocks.append(claims_csv(seen.covers, seen.now, known=seen.able_known))
    if seen.points or seen.loose:
        blocks.append(snapshots_csv([*seen.points, *seen.loose][:MOST_ROWS], seen.fates))
    return Page(
        title=short(f"{title(seen)}{'; retention falls behind' if seen.behind else ''}", 240),
        severity=severity,
        subject=seen.subject,
        blocks=tuple(blocks),
        key=KEY,
        causes=("report",),
        failure=bool(missing) or seen.behind,
        noteworthy=bool(missing) or seen.behind,
    )


def title(seen: Seen) -> str:
    """Say the verdict."""
    head = f"Snapshots of {plain(seen.scope)}" if seen.scope else "Snapshots"
    there = [c for c in seen.covers if c.there]
    able = sum(c.last_good is not None for c in seen.covers if c.there or not c.known)
    if not seen.claims_known:
        has = "has" if able == 1 else "have"
        return f"{head}: which claims there are could not be read; {count(able, 'claim')} {has} {_GOOD}"
    has = "has" if 1 in {able, len(there)} else "have"
    have = f"{able} of {count(len(there), 'claim')} {has} {_GOOD}"
    if not seen.rhythms:
        return f"{head}: no schedule is set; {have}"
    if not seen.wanted and seen.unchosen:
        return f"{head}: for which claims they are to be taken could not be read; {have}"
    if not seen.wanted:
        none = "no schedule is for any claim" if not any(c.rhythms for c in there) else "none is due yet"
        return f"{head}: {none}"
    lengths = {c.within for c in there if c.wanted and c.within}
    enough = f"within {span(min(lengths))}" if len(lengths) == 1 else "that is new enough"
    lack = len(seen.missing)
    if not lack:
        every = "the one claim has" if seen.wanted == 1 else f"all {seen.wanted} claims have"
        return f"{head}: {every} a good one {enough}"
    fine = seen.wanted - lack
    has, do = ("has" if 1 in {fine, seen.wanted} else "have"), ("does" if lack == 1 else "do")
    return f"{head}: {fine} of {count(seen.wanted, 'claim')} {has} a good one {enough}; {lack} {do} not"


def _says(seen: Seen) -> str:
    if not seen.rhythms:
        return (
            "No schedule is in the settings, so nothing is taken and nothing deleted by itself.\n"
            f"*Do this:* to have one a night, kept for 30 days, write below `persistentVolumeWorkflows`:\n```{_EXAMPLE}```"
        )
    lines = []
    todos: dict[str, list[str]] = {}
    for one in seen.missing:
        if one.todo:
            todos.setdefault(one.todo, []).append(one.title)
    for number, (todo, names) in enumerate(list(todos.items())[:_FEW]):
        who = plain(names[0]) if len(names) == 1 else count(len(names), "claim")
        lines.append(short(f"{'*Do this:* ' if number == 0 else '• '}{who}: {command(todo)}", 500))
    if seen.pace and seen.behind:
        lines.append(f"{'• ' if lines else '*Do this:* '}{_falls_behind(seen.pace)}")
    good = sum(p.good for p in seen.points)
    lines.append(f"Kept {good:,} good ones of {count(len(seen.points), 'snapshot')}{_going(seen)}. {STAYS}")
    if seen.unchosen:
        chooses = "chooses" if len(seen.unchosen) == 1 else "choose"
        listed = listing([code(name) for name in seen.unchosen], _FEW)
        lines.append(f"{listed} {chooses} claims by their drivers, which their volumes tell; those could not be read.")
    outside = not seen.unchosen and sum(c.there and not c.rhythms for c in seen.covers)
    if outside:
        lines.append(f"{count(outside, 'claim')} {'is' if outside == 1 else 'are'} in no schedule.")
    if len(seen.points) > MOST_ROWS:
        lines.append(f"snapshots.csv holds the newest {MOST_ROWS:,}; a report on one namespace holds all of its own.")
    beats = [f"{code(beat.schedule.name)} {slot_words(beat)}" for beat in sorted(seen.rhythms, key=lambda b: b.next)]
    lines.append(f"Next: {listing(beats, _FEW)}.")
    return short("\n".join(lines), TEXT_LIMIT)


def _falls_behind(pace: Pace) -> str:
    """Say that more has to go than may be deleted, and which setting lets it."""
    why = f"{pace.made:,.0f} snapshots a day are made" if pace.grows else f"{pace.due:,} snapshots are due to go"
    stay = ", so more and more stay beyond their time" if pace.grows else ""
    may = f"{pace.a_day:,} a day may be deleted ({pace.most:,} every five minutes)"
    return f"set `maxDeletePerRun` to {pace.enough:,} or more: {why}, and {may}{stay}."


def _going(seen: Seen) -> str:
    """Say how many go, and when."""
    going = sum(seen.fates.goes(p) for p in seen.points)
    if not going:
        return ""
    most = seen.pace.most if seen.pace else going
    if not most:
        return f"; {count(going, 'snapshot')} would go, and stay: `maxDeletePerRun` is 0"
    return f"; {count(going, 'snapshot')} will go with the next run{f's, {most:,} with each' if going > most else ''}"


def command(todo: str) -> str:
    """Write a next step that is a command as one."""
    return code(todo) if todo.startswith("kubectl ") else todo


def _missing_table(missing: Sequence[Cover], now: datetime) -> tuple[Block, ...]:
    if not missing:
        return ()
    rows = tuple((short(plain(c.title), 44), short(f"{last_good(c, now)}: {c.why}", 200)) for c in missing[:_SHOWN])
    more = f"Claims without ({_SHOWN} of {len(missing)}, all in claims.csv)" if len(missing) > _SHOWN else ""
    return (Table(("claim", "last good, and why"), rows, more),)
