"""What becomes of each snapshot: why it stays and until when, or why it goes. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from robusta_volumes._analysis.prune_plan import BY_HAND, policy_of
from robusta_volumes._analysis.retention import REASONS, Decisions, Policy, decide
from robusta_volumes._analysis.snapshot_deletion import waits
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.times import stamp

_IN_TIME = REASONS[0]


class Fates:
    """The decisions of retention about all snapshots; a sentence about one is written when it is asked for."""

    def __init__(self, points: Sequence[Point], settings: PvcSnapshots, now: datetime) -> None:
        """Decide by the settings of each snapshot's schedule, as the tick does."""
        self.now = now
        self._of: dict[Any, tuple[Policy, Decisions, int]] = {}
        names = {schedule.name: schedule for schedule in settings.schedules}
        own: dict[str, list[Point]] = {}
        for point in points:
            if point.owned and (point.schedule in names or point.schedule == BY_HAND):
                own.setdefault(point.schedule, []).append(point)
        for name, several in own.items():
            policy = policy_of(settings, names.get(name))
            found = decide(several, policy, now)
            for number, point in enumerate(several):
                self._of[_identity(point)] = policy, found, number

    def goes(self, point: Point) -> bool:
        """Tell whether retention deletes it."""
        found = self._of.get(_identity(point))
        return found is not None and bool(found[1].remove[found[2]])

    def says(self, point: Point) -> str:
        """Say it in a few words."""
        if point.state is State.TERMINATING:
            return f"goes: it {waits(point)}"
        found = self._of.get(_identity(point))
        if found:
            policy, decided, number = found
            why = decided.why(number)
            return f"goes with the next run: {why}" if decided.remove[number] else self._stays(point, policy, why)
        if not point.owned:
            return "stays: not made by robusta-volumes"
        return f'stays: schedule "{point.schedule}" is not in the settings, so nothing deletes it'

    def _stays(self, point: Point, policy: Policy, why: str) -> str:
        if why == _IN_TIME and policy.max_age is not None and point.when:
            return f"stays until {stamp(point.when + policy.max_age, self.now)}"
        if why == _IN_TIME and policy.keep_last is not None:
            return f"stays: among the newest {policy.keep_last}"
        return f"stays: {why}"


def _identity(point: Point) -> tuple[str, str, str]:
    return point.namespace, point.name, point.uid
