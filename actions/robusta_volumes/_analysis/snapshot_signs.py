"""What earlier snapshots and quotas tell before another one is asked for: that nobody would take it, or that it is refused.

Whether a controller or a sidecar runs is written nowhere. But each of them answers every snapshot within seconds, be it with an
error, and answers the old ones first when it is back. So one that waits in silence, and no newer one that was answered, is the
sign that nobody is there; and it goes by itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from robusta_volumes._analysis.snapshot_preflight import Preflight
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import SNAPSHOT
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.text import plain, quoted
from robusta_volumes._model.times import span

_COUNT = f"count/{SNAPSHOT.resource}"


@dataclass(frozen=True)
class Signs:
    """The snapshot that no controller has touched, and by driver the one that its sidecar has not answered."""

    untouched: Point | None = None
    unanswered: Mapping[str, Point] = field(default_factory=dict)


def signs(points: Sequence[Point], see: Inventory) -> Signs:
    """Read the signs from the snapshots that are there."""
    alive = [p for p in points if p.created and p.state is not State.TERMINATING]
    alive.sort(key=lambda p: p.created or see.now, reverse=True)
    driver_of = {c.meta.name: c.driver for c in see.snapshot_classes}
    of_driver: dict[str, list[Point]] = {}
    for point in alive:
        of_driver.setdefault(driver_of.get(point.class_name, ""), []).append(point)
    silent = {driver: one for driver, several in of_driver.items() if driver and (one := _first(several, _answered))}
    return Signs(_first(alive, _touched), silent)


def judged(verdicts: Iterable[Preflight], found: Signs, see: Inventory) -> list[Preflight]:
    """Take those that nobody would take, or that a quota has no room for, from those that are fit."""
    room: dict[str, int] = {}
    return [_judged(one, found, see, room) if one.ok else one for one in verdicts]


def _judged(one: Preflight, found: Signs, see: Inventory, room: dict[str, int]) -> Preflight:
    chosen = see.snapshot_class.get(one.class_name)
    if found.untouched:
        why = f"no snapshot controller seems to run: none has touched {_waits(found.untouched, see.now)}"
        return replace(one, why=why, todo="look for it: kubectl get pods -A | grep snapshot-controller")
    silent = found.unanswered.get(chosen.driver) if chosen else None
    if chosen and silent:
        why = f"the snapshotter of driver {plain(chosen.driver)} does not answer: {_waits(silent, see.now)}, got no word of it"
        todo = (
            "look whether the driver's pods have a csi-snapshotter that runs; or delete what waits: "
            f"kubectl -n {quoted(silent.namespace)} delete volumesnapshot {quoted(silent.name)}"
        )
        return replace(one, why=why, todo=todo)
    return _within_quota(one, see, room)


def _within_quota(one: Preflight, see: Inventory, room: dict[str, int]) -> Preflight:
    space = one.claim.meta.namespace
    for quota in see.quotas_in.get(space, ()):
        if _COUNT not in quota.hard or _COUNT not in quota.used:
            continue
        hard, used = quota.hard[_COUNT], quota.used[_COUNT]
        if room.get(space, 0) >= hard - used:
            why = f"quota {plain(quota.meta.name)} allows {hard} snapshots in the namespace, and {used} are there"
            todo = f"delete some, or raise {_COUNT}: kubectl -n {quoted(space)} edit resourcequota {quoted(quota.meta.name)}"
            return replace(one, why=why, todo=todo)
    room[space] = room.get(space, 0) + 1
    return one


def _first(points: Iterable[Point], tells: Callable[[Point], bool | None]) -> Point | None:
    """Give the newest one that waits in silence, when none that came later was answered."""
    for point in points:
        answered = tells(point)
        if answered is not None:
            return None if answered else point
    return None


def _touched(point: Point) -> bool | None:
    """Tell whether a controller has answered; None while that is too early to say."""
    if point.touched:
        return True
    return False if point.state in {State.UNOBSERVED, State.LATE} else None


def _answered(point: Point) -> bool | None:
    """Tell whether the driver's sidecar has answered; None where it was not asked, or while that is too early to say."""
    if point.cut_at or point.error or point.good:
        return True
    return False if point.touched and point.state is State.LATE else None


def _waits(point: Point, now: datetime) -> str:
    age = span(now - point.created) if point.created else "a while"
    return f"{plain(point.namespace)}/{plain(point.name)}, made {age} ago"
