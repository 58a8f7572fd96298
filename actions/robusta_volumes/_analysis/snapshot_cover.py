"""How well each claim is covered by snapshots: its last good one, and whether that is new enough. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from robusta_volumes._analysis.claim_selection import LabelTest, selected
from robusta_volumes._analysis.slots import last_slot, next_slot
from robusta_volumes._analysis.snapshot_preflight import Preflight, preflight
from robusta_volumes._analysis.snapshot_trouble import late
from robusta_volumes._model import kind as k
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.restore_point import PENDING, Point, State
from robusta_volumes._model.snapshot_schedule import PvcSnapshots, SnapshotSchedule
from robusta_volumes._model.text import cited, code, count, plain
from robusta_volumes._model.times import UTC, ago
from robusta_volumes._model.volume import Claim

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
Key = tuple[str, str]


@dataclass(frozen=True)
class Rhythm:
    """When a schedule is due next, and how old the last good one of its claims may be."""

    schedule: SnapshotSchedule
    next: datetime
    every: timedelta  # from one slot to the next
    within: timedelta
    is_new: bool = False  # its first slot is still to come
    judged_from: datetime | None = (
        None  # when the snapshots of its first slot have to be good; None: not known, long ago
    )


@dataclass(frozen=True)
class Cover:
    """One claim, there or gone, with its snapshots newest first. ``why`` it has no good one that is new enough."""

    namespace: str
    claim: str
    points: tuple[Point, ...] = ()
    there: bool = True
    known: bool = True  # whether it could be looked if the claim is there
    rhythms: tuple[Rhythm, ...] = ()  # of the schedules that are for it
    wanted: bool = False  # a good one is to be there by now
    cannot: Preflight | None = None  # why it cannot be snapshotted
    why: str = ""
    todo: str = ""

    @property
    def title(self) -> str:
        """How people write it."""
        return f"{self.namespace}/{self.claim}"

    @property
    def last_good(self) -> Point | None:
        """The newest one that data can be restored from."""
        return next((p for p in self.points if p.good), None)

    @property
    def good(self) -> int:
        """How many can be restored from."""
        return sum(p.good for p in self.points)

    @property
    def pending(self) -> int:
        """How many are under way."""
        return sum(p.state in PENDING for p in self.points)

    @property
    def failed(self) -> int:
        """How many did not become ready in time."""
        return sum(p.state is State.LATE for p in self.points)

    @property
    def next(self) -> Rhythm | None:
        """The schedule that is due first."""
        return min(self.rhythms, key=lambda one: one.next, default=None)

    @property
    def within(self) -> timedelta | None:
        """How old its last good one may be; None where no schedule is for it."""
        return min((one.within for one in self.rhythms), default=None)


def rhythm(schedule: SnapshotSchedule, settings: PvcSnapshots, now: datetime, since: datetime | None = None) -> Rhythm:
    """Work out when a schedule is due, and when a good snapshot has to be there: a slot's length and what it may take.

    ``since`` is when the schedule was first seen: before its first slot nothing can be there.
    """
    takes = timedelta(minutes=schedule.starting_deadline_minutes + settings.limits.snapshot_minutes)
    before = last_slot(schedule.schedule, schedule.time_zone, now - takes)
    length = next_slot(schedule.schedule, schedule.time_zone, before) - before
    following = next_slot(schedule.schedule, schedule.time_zone, now)
    first = next_slot(schedule.schedule, schedule.time_zone, since) if since else None
    return Rhythm(
        schedule, following, length, length + takes, bool(first and now < first), first + takes if first else None
    )


def newest_first(points: Iterable[Point]) -> list[Point]:
    """Sort by the time the data was cut."""
    return sorted(points, key=lambda p: (p.when or _NO_TIME, p.name), reverse=True)


def covers(
    see: Inventory,
    points: Sequence[Point],
    settings: PvcSnapshots,
    selectors: Mapping[str, Sequence[LabelTest]],
    since: Mapping[str, datetime] | None = None,
) -> tuple[Cover, ...]:
    """Judge every claim that is there, and give those that are gone and left snapshots.

    ``selectors`` are the tests of each schedule's selector, by the schedule's name; ``since`` is when each was first seen.
    """
    of: dict[Key, list[Rhythm]] = {}
    for schedule in settings.schedules:
        beat = rhythm(schedule, settings, see.now, (since or {}).get(schedule.name))
        for claim in selected(schedule, see, selectors.get(schedule.name, ())):
            of.setdefault(claim.meta.key, []).append(beat)
    theirs, gone = _sorted_out(see, points)
    late_ones = late(points, [claim.meta.uid for claim in see.claims], see.now)
    found = [
        _cover(claim, see, newest_first(theirs.get(claim.meta.key, ())), tuple(of.get(claim.meta.key, ())), late_ones)
        for claim in see.claims
    ]
    known = not see.lacks(k.CLAIM)
    found += [Cover(*key, tuple(newest_first(left)), there=False, known=known) for key, left in sorted(gone.items())]
    return tuple(found)


def _sorted_out(see: Inventory, points: Sequence[Point]) -> tuple[dict[Key, list[Point]], dict[Key, list[Point]]]:
    """Give each claim its snapshots. A claim that was made again has another uid: the old ones are of one that is gone."""
    theirs: dict[Key, list[Point]] = {}
    gone: dict[Key, list[Point]] = {}
    for point in points:
        if not point.claim:
            continue  # made from a content: of no claim that anybody knows
        key = (point.namespace, point.claim)
        claim = see.claim.get(key)
        (theirs if claim and _is_of(point, claim) else gone).setdefault(key, []).append(point)
    return theirs, gone


def _is_of(point: Point, claim: Claim) -> bool:
    if point.claim_uid:
        return point.claim_uid == claim.meta.uid
    return not (point.created and claim.meta.created and point.created < claim.meta.created)


def _cover(
    claim: Claim, see: Inventory, points: list[Point], rhythms: tuple[Rhythm, ...], late_ones: Mapping[str, list[str]]
) -> Cover:
    found = Cover(*claim.meta.key, tuple(points), rhythms=rhythms, cannot=_cannot(claim, see, rhythms))
    within = found.within
    if within is None or claim.phase == "Pending":
        return found
    good = found.last_good
    if good and good.when and see.now - good.when <= within:
        return Cover(**{**vars(found), "wanted": True})
    if not points and not found.cannot and claim.meta.created and see.now - claim.meta.created <= within:
        return found  # its first one is not due yet
    if not found.cannot and all(beat.judged_from and see.now < beat.judged_from for beat in rhythms):
        return found  # nor is that of any schedule that is for it
    why, todo = _why(found, see.now, late_ones.get(found.title))
    return Cover(**{**vars(found), "wanted": True, "why": why, "todo": todo})


def _cannot(claim: Claim, see: Inventory, rhythms: Sequence[Rhythm]) -> Preflight | None:
    if see.lacks(k.VOLUME) or see.lacks(k.SNAPSHOT_CLASS):
        return None  # not known
    verdict = preflight(claim, see, rhythms[0].schedule.snapshot_class if rhythms else "")
    return None if verdict.ok else verdict


def _why(found: Cover, now: datetime, told: Sequence[str] | None) -> tuple[str, str]:
    if found.cannot:
        return found.cannot.why, found.cannot.todo
    if told:
        return told[1], told[2]
    newest = found.points[0] if found.points else None
    if newest and newest.state in PENDING:
        error = f"; the driver said {cited(newest.said, 160)}, which it retries" if newest.error else ""
        return f"the newest is not ready yet (asked for {ago(newest.created, now)}){error}", "wait, and look again"
    beat = found.next
    name = code(beat.schedule.name) if beat else "its schedule"
    todo = "run `create_pvc_snapshots` for it now: what keeps it from being made is said there"
    if not found.points:
        return f"schedule {name} has made none yet", todo
    if not found.last_good:
        return f"none of its {count(len(found.points), 'snapshot')} can be restored from", todo
    return f"schedule {name} has made none since {plain(ago(found.last_good.when, now))}", todo
