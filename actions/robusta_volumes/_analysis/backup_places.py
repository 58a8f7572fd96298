"""Where a schedule can save something, looked up by claim: K8up has a schedule in each namespace, VolSync one for each claim.

Pure. Whether it does save a claim that is near, its scope says: see `backup_scope`.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

from robusta_volumes._analysis.backup_scope import caught
from robusta_volumes._model.backup import BackupSchedule, BackupsSeen, Scope
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.volume import Claim

_T = TypeVar("_T")
_PATTERN = "*?["


def spaces_of(scope: Scope) -> tuple[str, ...] | None:
    """Give the only namespaces that a scope can reach; None when it may be any."""
    spaces = scope.namespaces
    return None if not spaces or any(sign in space for space in spaces for sign in _PATTERN) else spaces


class Places(Generic[_T]):
    """What belongs to scopes, found again by claim."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.by_place: dict[str, list[tuple[int, _T]]] = {}  # a namespace, or namespace/claim
        self.anywhere: list[tuple[int, _T]] = []
        self.all: list[_T] = []

    def file(self, scope: Scope, value: _T) -> None:
        """Put in what belongs to a scope."""
        one = len(self.all), value
        self.all.append(value)
        spaces = spaces_of(scope)
        if spaces is None:
            self.anywhere.append(one)
            return
        names = [f"/{name}" for name in scope.claims] or [""]
        for place in {f"{space}{name}" for space in spaces for name in names}:
            self.by_place.setdefault(place, []).append(one)

    def near(self, claim: Claim) -> list[_T]:
        """Give all whose scopes can reach a claim, in the order in which they came."""
        theirs = self.by_place.get(claim.meta.title, ()), self.by_place.get(claim.meta.namespace, ())
        return [value for _, value in sorted((*theirs[0], *theirs[1], *self.anywhere), key=lambda one: one[0])]


def working(schedules: Iterable[BackupSchedule]) -> Places[BackupSchedule]:
    """File the schedules that are not paused."""
    found: Places[BackupSchedule] = Places()
    for schedule in schedules:
        if not schedule.paused:
            found.file(schedule.scope, schedule)
    return found


def lines_for(claim: Claim, see: Inventory, seen: BackupsSeen) -> frozenset[str]:
    """Name what is to save a claim, as troubles call it: the schedules that would, and their backups that are not over."""
    theirs = {
        (one.engine, one.namespace, one.name)
        for one in working(seen.schedules).near(claim)
        if caught(one.scope, claim, see, engine=one.engine, agents=seen.node_agents).method
    }
    under_way = {b.name for b in seen.backups if not b.phase.over and (b.engine, b.namespace, b.schedule) in theirs}
    return frozenset({*("/".join(one) for one in theirs), *under_way})
