"""What a run would delete of the snapshots of one schedule, whether it may, and whether somebody was told before. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._analysis.retention import Decisions, Policy, decide
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.snapshot_schedule import PvcSnapshots, SnapshotSchedule
from robusta_volumes._model.text import count, plain
from robusta_volumes._model.times import ago

_FEW = 4  # good ones of a series, from which half of them is a number worth a question
_SKEW = timedelta(minutes=5)  # clocks of one cluster differ by less
BY_HAND = ""  # the "schedule" of those made by hand


def policy_of(settings: PvcSnapshots, schedule: SnapshotSchedule | None) -> Policy:
    """Read what to keep from the settings; None for those made by hand that age like a schedule's."""
    if schedule is None:
        return Policy(max_age=timedelta(days=settings.retention_days), zone=settings.time_zone)
    days = schedule.retention_days
    if days is None and schedule.keep_last is None:
        days = settings.retention_days
    return Policy(
        max_age=timedelta(days=days) if days is not None else None,
        keep_last=schedule.keep_last,
        daily=schedule.keep_daily,
        weekly=schedule.keep_weekly,
        monthly=schedule.keep_monthly,
        min_good=schedule.min_good,
        zone=schedule.time_zone,
    )


def to_note(policy: Policy) -> dict[str, Any]:
    """Write a policy so that it can be remembered."""
    written = asdict(policy)
    return {key: value.total_seconds() if isinstance(value, timedelta) else value for key, value in written.items()}


def from_note(noted: object) -> Policy | None:
    """Read a remembered policy; None when there is none, or none that can be read."""
    if not isinstance(noted, dict):
        return None
    try:
        given = {**noted, "failed_keep": timedelta(seconds=noted["failed_keep"])}
        if given.get("max_age") is not None:
            given["max_age"] = timedelta(seconds=given["max_age"])
        return Policy(**given)
    except (TypeError, KeyError):
        return None


@dataclass(frozen=True)
class PrunePlan:
    """A decision about every snapshot of one schedule, and ``refusal``: why none is deleted without a confirmation."""

    schedule: str
    decisions: Decisions
    removed: tuple[Point, ...]  # oldest first
    refusal: str = ""
    refused_for: str = ""  # in a word, so that the same refusal is told once: "clock", "half"

    @property
    def points(self) -> Sequence[Point]:
        """All that was decided about."""
        return self.decisions.points


def plan_prune(schedule: str, points: Sequence[Point], policy: Policy, now: datetime) -> PrunePlan:
    """Decide about all snapshots of one schedule."""
    found = decide(points, policy, now)
    removed = tuple(found.removed)
    word, why = _refusal(found, removed, now)
    return PrunePlan(schedule, found, removed, why, word)


def was_agreed(plan: PrunePlan, policy: Policy, agreed: Policy | None, now: datetime) -> bool:
    """Tell whether all that goes would have gone by a policy that was told of before: then nothing got stricter."""
    if agreed is None:
        return False
    return policy == agreed or set(plan.removed) <= set(decide(plan.points, agreed, now).removed)


def _refusal(found: Decisions, removed: Sequence[Point], now: datetime) -> tuple[str, str]:
    if not removed:
        return "", ""
    newest = max((when for p in found.points if (when := p.cut_at or p.created)), default=now)
    if newest > now + _SKEW:
        return (
            "clock",
            f"the newest snapshot is from {ago(newest, now).split(',')[0]}, which the runner's clock says is yet to come",
        )
    counted = Counter(_series(p) for p in removed if p.good)
    going = {
        one: number for one, number in counted.items() if number * 2 > _FEW
    }  # the others cannot be half of so many
    good = Counter(one for p in found.points if p.good and (one := _series(p)) in going) if going else Counter()
    half = [(one, number) for one, number in going.items() if good[one] >= _FEW and number * 2 > good[one]]
    if half:
        (namespace, claim, _), number = max(half, key=lambda pair: (pair[1], pair[0]))
        more = f" (and much of {count(len(half) - 1, 'other claim')})" if len(half) > 1 else ""
        total = good[max(half, key=lambda pair: (pair[1], pair[0]))[0]]
        return "half", f"{number} of the {total} good ones of {plain(namespace)}/{plain(claim)} would go{more}"
    return "", ""


def _series(point: Point) -> tuple[str, str, str]:
    return point.namespace, point.claim, point.claim_uid
