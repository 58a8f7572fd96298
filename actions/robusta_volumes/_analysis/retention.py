"""Which restore points may go, and why each other one stays. Pure; vectorised over all series of a schedule at once.

A series are the points of one claim (by uid) of one schedule, or those made by hand that age, or that do not. In each, only
good points count, newest first by the time the data was cut: failed and pending ones never displace a good one. Whatever the
rules say, the newest ``min_good`` good ones of a series stay, also when the claim is gone.
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
_NOT_OURS, _LAST_GOOD, _BY_HAND, _TOO_OLD, _TOO_MANY, _FAILED = 1, 12, 13, 14, 15, 16
_QUARTER = 900  # seconds: in every zone a day begins on one of these, so that a date is worked out once for each


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
    codes: dict[tuple[str, str, str | bool], int] = {}
    series = np.fromiter(
        (
            codes.setdefault(
                (p.engine, p.claim_uid or f"{p.namespace}/{p.claim}", p.schedule or p.follows_schedule), len(codes)
            )
            for p in points
        ),
        dtype=np.int64,
        count=n,
    )
    when = np.fromiter(((p.cut_at or p.created or _NO_TIME).timestamp() for p in points), dtype=np.float64, count=n)
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
    _keep_tiers(when, series, counted, policy, reason)

    last = order[(ready & (fixed != _NOT_OURS))[order]]
    rescued = last[_rank(series[last]) < max(1, policy.min_good)]
    reason[rescued] = np.where(reason[rescued] >= _TOO_OLD, _LAST_GOOD, reason[rescued])

    has_newer = _newest_good(series, when, order[ready[order]]) > when
    _judge_late(points, has_newer, age, policy, reason)
    reason = np.where(fixed > 0, fixed, reason).astype(np.int8)
    return Decisions(points, reason >= _TOO_OLD, reason)


def _fixed(p: Point) -> int:  # noqa: PLR0911 (one line per reason, in their order; asked 300,000 times)
    """Give the reason why no rule may touch a point; 0 when rules may."""
    if not p.owned:
        return _NOT_OURS
    if p.state is State.TERMINATING:
        return 2
    if p.held:
        return 3
    if p.in_use:
        return 4
    if p.grouped:
        return 5
    if p.state is not State.READY and p.state in PENDING:  # a set asks for the hash of a state, which takes long
        return 6
    return 0 if p.schedule or p.follows_schedule else _BY_HAND


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


def _keep_tiers(when: Any, series: Any, counted: Any, policy: Policy, reason: Any) -> None:
    """Keep the newest good one of each of the last days, weeks and months that have one."""
    if not (policy.daily or policy.weekly or policy.monthly) or not len(counted):
        return
    zone = ZoneInfo(policy.zone)
    quarters, which = np.unique(when[counted] // _QUARTER, return_inverse=True)
    dates = [datetime.fromtimestamp(quarter * _QUARTER, zone).date() for quarter in quarters.tolist()]
    day = np.array([d.toordinal() for d in dates])[which]
    month = np.array([d.year * _MONTHS + d.month for d in dates])[which]
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
