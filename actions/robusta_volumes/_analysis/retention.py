"""Which restore points may go, and why each other one stays. Pure; vectorised over all series of a schedule at once.

A series are the points of one claim (by uid) of one schedule. In each, only good points count, newest first by the time the
data was cut: failed and pending ones never displace a good one. Whatever the rules say, the newest ``min_good`` good ones
of a series stay, also when the claim is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from robusta_volumes._model.restore_point import PENDING, Point, State
from robusta_volumes._model.times import UTC

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS, _WEEK = 12, 7


@dataclass(frozen=True)
class Policy:
    """What to keep. ``daily``, ``weekly`` and ``monthly`` keep the newest good one of that many days, weeks, months."""

    max_age: timedelta | None = timedelta(days=30)
    keep_last: int | None = None  # at most so many; None: any number
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    min_good: int = 1
    failed_keep: timedelta = timedelta(hours=24)  # long enough for somebody to look at what failed
    zone: str = "UTC"  # whose days, weeks and months


# Reasons by number, so that 300,000 decisions are two small arrays.
REASONS = (
    "within the time to keep",  # 0
    "not made by robusta-volumes",
    "is being deleted already",
    "held by its label",
    "in use by a restore",
    "part of a group snapshot",
    "not ready yet",
    "failed a short while ago",
    "failed, and no newer good one",
    "the newest of its day",
    "the newest of its week",
    "the newest of its month",
    "the last good one",  # 12
    "made by hand: kept until pruned by hand",
    "older than the time to keep",  # 14: from here on it goes
    "more than the number to keep",
    "failed, and a newer one is good",
)
_LAST_GOOD, _BY_HAND, _TOO_OLD, _TOO_MANY, _FAILED = 12, 13, 14, 15, 16


@dataclass(frozen=True)
class Decisions:
    """What becomes of each point, in the order of ``points``. ``remove``: (n,) bool; ``reason``: (n,) int into REASONS."""

    points: Sequence[Point]
    remove: "np.ndarray[Any, np.dtype[np.bool_]]"
    reason: "np.ndarray[Any, np.dtype[np.int8]]"

    def why(self, index: int) -> str:
        """Say why one point stays or goes."""
        return REASONS[int(self.reason[index])]

    @property
    def removed(self) -> list[Point]:
        """List what goes, oldest first."""
        return sorted(
            (self.points[i] for i in np.flatnonzero(self.remove).tolist()), key=lambda p: (p.when or _NO_TIME, p.name)
        )


def decide(points: Sequence[Point], policy: Policy, now: datetime) -> Decisions:
    """Decide about all points of one schedule. The same points in any order, and what is left again, give the same."""
    n = len(points)
    reason = np.zeros(n, dtype=np.int8)
    if not n:
        return Decisions(points, np.zeros(0, dtype=bool), reason)
    codes: dict[tuple[str, str, str], int] = {}
    series = np.fromiter(
        (
            codes.setdefault((p.engine, p.claim_uid or f"{p.namespace}/{p.claim}", p.schedule), len(codes))
            for p in points
        ),
        dtype=np.int64,
        count=n,
    )
    when = np.fromiter(((p.when or _NO_TIME).timestamp() for p in points), dtype=np.float64, count=n)
    fixed = np.fromiter((_fixed(p) for p in points), dtype=np.int8, count=n)
    ready = np.fromiter((p.state is State.READY for p in points), dtype=bool, count=n)
    order = _newest_first(points, series, when)
    counted = order[(ready & (fixed == 0))[order]]  # good ones that rules may remove, series by series, newest first

    age = now.timestamp() - when
    rank = _rank(series[counted])
    gone = np.zeros(n, dtype=np.int8)
    if policy.max_age is not None:
        gone[counted[age[counted] > policy.max_age.total_seconds()]] = _TOO_OLD
    if policy.keep_last is not None:
        many = counted[rank >= policy.keep_last]
        gone[many] = np.where(gone[many] == 0, _TOO_MANY, gone[many])
    reason[:] = gone
    _keep_tiers(points, series, counted, policy, reason)

    ours = np.fromiter((p.owned and p.state is State.READY for p in points), dtype=bool, count=n)
    last = order[ours[order]]
    rescued = last[_rank(series[last]) < max(1, policy.min_good)]
    reason[rescued] = np.where(reason[rescued] >= _TOO_OLD, _LAST_GOOD, reason[rescued])

    has_newer = _newest_good(series, when, order[ready[order]]) > when
    _judge_late(points, has_newer, age, policy, reason)
    reason = np.where(fixed > 0, fixed, reason).astype(np.int8)
    return Decisions(points, reason >= _TOO_OLD, reason)


def _fixed(p: Point) -> int:
    """Give the reason why no rule may touch a point; 0 when rules may."""
    asked = (
        (not p.owned, 1),
        (p.state is State.TERMINATING, 2),
        (p.held, 3),
        (bool(p.in_use), 4),
        (p.grouped, 5),
        (p.state in PENDING, 6),
        (not p.schedule and not p.follows_schedule, _BY_HAND),
    )
    return next((why for holds, why in asked if holds), 0)


def _newest_first(points: Sequence[Point], series: Any, when: Any) -> Any:
    """Sort by series, then newest first; points of one moment by name, so that the given order never matters."""
    order = np.lexsort((-when, series))
    same = (np.diff(series[order]) == 0) & (np.diff(when[order]) == 0)
    if same.any():
        order = np.array(sorted(range(len(points)), key=lambda i: (series[i], -when[i], points[i].name, points[i].uid)))
    return order


def _rank(groups: Any) -> Any:
    """Number the members of each run of equal values: [7, 7, 7, 9, 9] -> [0, 1, 2, 0, 1]."""
    if not len(groups):
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate(([True], groups[1:] != groups[:-1])))
    lengths = np.diff(np.append(starts, len(groups)))
    return np.arange(len(groups)) - np.repeat(starts, lengths)


def _keep_tiers(points: Sequence[Point], series: Any, counted: Any, policy: Policy, reason: Any) -> None:
    """Keep the newest good one of each of the last days, weeks and months that have one."""
    if not (policy.daily or policy.weekly or policy.monthly) or not len(counted):
        return
    zone = ZoneInfo(policy.zone)
    dates = [(points[i].when or _NO_TIME).astimezone(zone).date() for i in counted]
    day = np.array([d.toordinal() for d in dates])
    month = np.array([d.year * _MONTHS + d.month for d in dates])
    groups = series[counted]
    for number, bucket, why in (
        (policy.monthly, month, 11),
        (policy.weekly, (day - 1) // _WEEK, 10),
        (policy.daily, day, 9),
    ):
        if number:
            first = np.concatenate(([True], (groups[1:] != groups[:-1]) | (bucket[1:] != bucket[:-1])))
            heads = counted[first]
            kept = heads[_rank(groups[first]) < number]
            reason[kept] = np.where(reason[kept] >= _TOO_OLD, why, reason[kept])


def _newest_good(series: Any, when: Any, good: Any) -> Any:
    """Give for each point the time of the newest good one of its series; ``good`` are indexes, sorted."""
    newest = np.full(int(series.max()) + 1, -np.inf)
    heads = good[_rank(series[good]) == 0]
    newest[series[heads]] = when[heads]
    return newest[series]


def _judge_late(points: Sequence[Point], has_newer: Any, age: Any, policy: Policy, reason: Any) -> None:
    """Let a failed one go when it was there long enough to be looked at and a newer one is good."""
    late = np.fromiter((p.state is State.LATE for p in points), dtype=bool, count=len(points))
    fresh = age <= policy.failed_keep.total_seconds()
    reason[late] = np.where(fresh, 7, np.where(has_newer, _FAILED, 8))[late]
