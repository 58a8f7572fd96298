"""Whether retention keeps up with what is made. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from robusta_volumes._analysis.slots import next_slot, slots_between
from robusta_volumes._analysis.snapshot_cover import Cover

TICKS_A_DAY = 288  # the playbook's tick comes every five minutes
_ROOM = 1.25  # over what is needed: a tick is missed now and then, and what is behind has to be caught up
_WEEK, _HOUR = timedelta(days=7), timedelta(hours=1)


@dataclass(frozen=True)
class Pace:
    """How many snapshots one tick may delete, how many are due to go now, and how many are made in a day."""

    most: int
    due: int
    made: float

    @property
    def a_day(self) -> int:
        """How many may be deleted in a day."""
        return self.most * TICKS_A_DAY

    @property
    def grows(self) -> bool:
        """True when more are made than may be deleted. Who lets nothing be deleted wants that."""
        return bool(self.most) and self.made > self.a_day

    @property
    def behind(self) -> bool:
        """True when that is so, or when what is due now takes more than a day."""
        return self.grows or (bool(self.most) and self.due > self.a_day)

    @property
    def enough(self) -> int:
        """How many a tick has to delete to keep up, and to clear in a day what is due."""
        return ceil(max(self.made, self.due) * _ROOM / TICKS_A_DAY)


def pace(covers: Iterable[Cover], due: int, most: int, now: datetime) -> Pace:
    """Work it out for these claims: in the long run as many have to go as are made."""
    rates: dict[str, float] = {}
    made = 0.0
    for cover in covers:
        for beat in cover.rhythms if cover.cannot is None else ():
            one = beat.schedule
            if one.name not in rates:
                rates[one.name] = slots_a_day(one.schedule, one.time_zone, now)
            made += rates[one.name]
    return Pace(most, due, made)


def slots_a_day(schedule: str, zone: str, now: datetime) -> float:
    """Count how many slots a day has, on average over a week; what comes more often than every hour comes evenly."""
    following = next_slot(schedule, zone, now)
    every = next_slot(schedule, zone, following) - following
    if every < _HOUR:
        return timedelta(days=1) / every
    return len(slots_between(schedule, zone, now - _WEEK, now)) / _WEEK.days
