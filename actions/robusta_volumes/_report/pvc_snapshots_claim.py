"""The report on the snapshots of one claim: can it be restored, from when, and what becomes of each of them."""

from collections.abc import Sequence
from datetime import datetime

from robusta_volumes._analysis.snapshot_cover import Cover
from robusta_volumes._analysis.snapshot_fate import Fates
from robusta_volumes._model.restore_point import PENDING, Point, State
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Trigger
from robusta_volumes._model.text import cited, code, count, listing, plain
from robusta_volumes._model.times import ago, span
from robusta_volumes._report.charts import timeline
from robusta_volumes._report.page import Block, Button, File, Page, Table, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.pvc_snapshots import KEY, STAYS, Seen, command
from robusta_volumes._report.pvc_snapshots_files import STATES, slot_words, snapshots_csv
from robusta_volumes._report.snapshots_left import last_good, not_looked_at

_SHOWN = 8  # snapshots in the message; all are in the file
_ROWS = 6  # of the picture


def claim_page(seen: Seen, covers: Sequence[Cover], trigger: Trigger) -> Page:
    """Write the report on one claim; after it in ``covers`` may come one of the same name that is gone."""
    cover, *earlier = covers
    bad = bool(cover.why)
    unable = bad and cover.cannot is not None
    blocks: list[Block] = [Text(short(_says(seen, cover, earlier), TEXT_LIMIT)), *_table(cover, seen)]
    blocks += _picture(cover, seen.now)
    if seen.points:
        blocks.append(snapshots_csv(seen.points, seen.fates))
    blocks += not_looked_at(seen.unseen)
    if trigger is Trigger.MANUAL:
        blocks += _buttons(cover)
    return Page(
        title=short(claim_title(cover, seen.now), 240),
        severity=Severity.INFO if not bad else Severity.MEDIUM if unable else Severity.HIGH,
        subject=seen.subject,
        blocks=tuple(blocks),
        key=KEY,
        causes=("claim",),
        failure=bad,
        noteworthy=bad,
    )


def claim_title(cover: Cover, now: datetime) -> str:
    """Say from when a claim can be restored, or why it cannot."""
    name = plain(cover.title)
    good = cover.last_good
    gone = "" if cover.there or not cover.known else ", which is gone,"
    if good:
        every = min((beat.every for beat in cover.rhythms), default=None)
        late = f", although one is due every {span(every)}" if cover.why and every else ""
        kept = f"; {count(cover.good, 'good one')} kept" if cover.good > 1 else ""
        return f"Claim {name}{gone} can be restored from {ago(good.when, now)}{late}{kept}"
    if cover.cannot:
        return f"Claim {name} cannot be snapshotted: {cover.cannot.why}"
    if not cover.points:
        return f"Claim {name}{gone} has no snapshot"
    return f"Claim {name}{gone} has no snapshot that can be restored from ({_tally(cover.points)})"


def _tally(points: Sequence[Point]) -> str:
    counts: dict[str, int] = {}
    for point in points:
        counts[STATES[point.state]] = counts.get(STATES[point.state], 0) + 1
    return ", ".join(f"{number} {state}" for state, number in counts.items())


def _says(seen: Seen, cover: Cover, earlier: Sequence[Cover]) -> str:
    lines = [line for line in (verdict(cover, seen.now),) if line]
    if cover.points:
        stays = f" {STAYS}" if cover.last_good else ""
        lines.append(f"{count(len(cover.points), 'snapshot')}: {_tally(cover.points)}.{stays}")
    for other in earlier:
        number = count(len(other.points), "snapshot")
        lines.append(f"{number} more (last good {last_good(other, seen.now)}) of an earlier claim of this name.")
    lines.append(_next(seen, cover))
    return "\n".join(lines)


def verdict(cover: Cover, now: datetime) -> str:
    """Say what is wrong beyond what the title says, and what to do; "" when nothing is."""
    todo = f"*Do this:* {command(cover.todo)}" if cover.todo else ""
    if cover.why and cover.cannot and not cover.last_good:  # the title says why
        return todo or "There is nothing to snapshot."
    if cover.why:
        return f"Last good: {last_good(cover, now)}. {cover.why[:1].upper()}{cover.why[1:]}.\n{todo}".rstrip()
    if cover.cannot and cover.last_good:
        return f"Another cannot be taken now: {cover.cannot.why}."
    return f"*Do this:* {cover.cannot.todo}" if cover.cannot and cover.cannot.todo else ""


def _next(seen: Seen, cover: Cover) -> str:
    if cover.rhythms and cover.cannot and not cover.last_good:
        names = listing([code(beat.schedule.name) for beat in cover.rhythms], 3)
        return f"Schedule {names} is for it, and leaves it out until then."
    if cover.rhythms:
        beats = [f"{code(beat.schedule.name)} {slot_words(beat)}" for beat in cover.rhythms]
        return f"Next: {listing(beats, 3)}."
    if not cover.known:
        return "Whether the claim is still there could not be read."
    if not cover.there:
        return "The claim is gone: nothing new is taken, and the last good one stays until somebody deletes it."
    if not seen.rhythms:
        return "No schedule is in the settings, so none is taken by itself: set `pvcSnapshots.schedules`."
    return "No schedule is for this claim, so none is taken by itself."


def _table(cover: Cover, seen: Seen) -> tuple[Block, ...]:
    if not cover.points:
        return ()
    rows = tuple((_when(point, seen.now), _state(point, seen.fates)) for point in cover.points[:_SHOWN])
    many = len(cover.points) > _SHOWN
    title = f"Snapshots (the newest {_SHOWN} of {len(cover.points)}, all in snapshots.csv)" if many else ""
    return (Table(("cut", "state, and what becomes of it"), rows, title),)


def _when(point: Point, now: datetime) -> str:
    when = ago(point.cut_at, now) if point.cut_at else f"not cut; asked for {ago(point.created, now)}"
    return short(f"{when} ({plain(point.schedule or ('by hand' if point.owned else 'by others'))})", 80)


def _state(point: Point, fates: Fates) -> str:
    error = f"; the driver said {cited(point.said, 100)}" if point.error and not point.good else ""
    since = f" for {span(fates.now - point.deleted)}" if point.deleted else ""
    return short(f"{STATES[point.state]}{since}{error}; {plain(fates.says(point))}", 260)


def _picture(cover: Cover, now: datetime) -> tuple[File, ...]:
    if not cover.points:
        return ()
    rows: dict[str, list[tuple[datetime, str]]] = {}
    for point in cover.points:
        if point.when:
            who = point.schedule or ("by hand" if point.owned else "by others")
            rows.setdefault(who, []).append((point.when, _mark(point)))
    picture = timeline(f"Snapshots of {cover.title} (times in UTC)", list(rows.items())[:_ROWS], now)
    return (File("snapshots.png", picture),) if picture else ()


def _mark(point: Point) -> str:
    if point.state is State.TERMINATING:
        return "being deleted"
    return "good" if point.good else "under way" if point.state in PENDING else "failed"


def _buttons(cover: Cover) -> tuple[Button, ...]:
    where = {"namespace": cover.namespace}
    found = []
    if cover.there and not cover.cannot:
        found.append(Button("Take a snapshot now", "create_pvc_snapshots", {"name": cover.claim, **where}))
    if good := cover.last_good:
        params = {"name": good.name, **where, "dry_run": "true"}
        found.append(Button("Plan a restore into a new claim", "restore_pvc_snapshot", params))
    return tuple(found)
