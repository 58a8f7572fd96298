"""Whether the next snapshot of a claim is worth trying, when the last ones never became ready. Pure.

A driver that is broken for good would else collect one snapshot per slot that is never ready, each in the way of everything that
waits for the claim. So after some in a row the pauses between two tries double, up to a week: one that is repaired is found by
the next try, and at once when one of those that were late becomes ready after all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from robusta_volumes._model.limits import Limits
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.times import UTC

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Pause:
    """So many of a claim in a row were not ready in time: nothing is tried for a slot before ``until``."""

    number: int
    until: datetime


def pauses(points: Sequence[Point], limits: Limits) -> Mapping[str, Pause]:
    """Find the claims, by uid, of one schedule whose newest snapshots were all late."""
    settled: dict[str, list[tuple[datetime, bool]]] = {}
    broken = {point.claim_uid for point in points if point.state is State.LATE}
    for point in points if broken else ():
        if point.claim_uid in broken and point.state in {State.LATE, State.READY}:
            settled.setdefault(point.claim_uid, []).append((_of(point), point.good))
    found: dict[str, Pause] = {}
    for uid, several in settled.items():
        good = max((when for when, is_good in several if is_good), default=_NO_TIME)
        late = [when for when, is_good in several if not is_good and when > good]
        if len(late) >= limits.snapshot_failures:
            found[uid] = Pause(len(late), max(late) + _length(len(late) - limits.snapshot_failures, limits))
    return found


def _length(doubled: int, limits: Limits) -> timedelta:
    most = limits.snapshot_retry_most_hours
    return timedelta(hours=min(most, limits.snapshot_retry_hours * 2 ** min(doubled, 20)))


def _of(point: Point) -> datetime:
    return point.slot or point.created or _NO_TIME
