"""How old a claim's last good copy may be, how long a new claim may be without one, and when an expiry is near. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from robusta_volumes._analysis.slots import last_slot, next_slot
from robusta_volumes._model.backup_settings import VELERO_MODE, VolumeBackupManagement
from robusta_volumes._model.checks import cron as cron_of
from robusta_volumes._model.checks import time_zone
from robusta_volumes._model.times import go_span

TAKES = timedelta(hours=1)  # as the setting maxAge says: what a backup may take from its slot to its end
_DAY = timedelta(days=1)
_INSTANT = timedelta(seconds=1)
_EVERY = "@every "
# K8up chooses the moment of these itself, always the same one for a schedule. https://docs.k8up.io/k8up/explanations/what-is-random.html
_RANDOM = {
    "@hourly-random": timedelta(hours=1),
    "@daily-random": _DAY,
    "@weekly-random": timedelta(days=7),
    "@monthly-random": timedelta(days=31),
    "@yearly-random": timedelta(days=366),
    "@annually-random": timedelta(days=366),
}


@dataclass(frozen=True)
class Rhythm:
    """What the slots of a schedule mean at one moment."""

    last: datetime  # the newest slot
    next: datetime
    every: timedelta  # from the newest slot to the next one
    two: timedelta  # the last interval and this one
    within: timedelta  # how old the last good copy may be
    exact: bool = True  # False: only the length of an interval is known, not when its slots are

    @property
    def grace(self) -> timedelta:
        """How long a new claim may be without a copy."""
        return self.every + TAKES

    @property
    def soon(self) -> timedelta:
        """How long before its expiry the last good copy is told of: two intervals, a day at least."""
        return max(self.two, _DAY)


def rhythm(settings: VolumeBackupManagement, now: datetime) -> Rhythm:
    """Work it out. One slot may be missed: two intervals, as long as they really are (a weekend), and an hour."""
    return rhythm_of(settings.backup_schedule, settings.time_zone, now, settings.max_age, go=by_go(settings))


def by_go(settings: VolumeBackupManagement) -> bool:
    """Tell whether the slots are served by Velero itself, which counts them as robfig/cron does."""
    return settings.engine == "velero" and settings.mode == VELERO_MODE


def rhythm_of(cron: str, zone: str, now: datetime, max_age: timedelta | None = None, *, go: bool = True) -> Rhythm:
    """Work it out for any schedule, as the tools that are written in Go serve it. Raises ValueError: when it has no slots."""
    last = last_slot(cron, zone, now, go=go)
    before = last_slot(cron, zone, last - _INSTANT, go=go)
    following = next_slot(cron, zone, now, go=go)
    two = following - before
    return Rhythm(last, following, following - last, two, max_age or two + TAKES)


def rhythm_of_words(cron: str, zone: str, now: datetime, max_age: timedelta | None = None) -> Rhythm | None:
    """Work it out for the schedule of any tool, in the words that it knows; None for words that are not known here."""
    every = go_span(cron.removeprefix(_EVERY)) if cron.startswith(_EVERY) else _RANDOM.get(cron)
    if every:  # when the newest slot was is not known: what it promises is
        return Rhythm(now - every, now + every, every, 2 * every, max_age or 2 * every + TAKES, exact=False)
    try:
        return rhythm_of(cron_of(cron), time_zone(zone), now, max_age)
    except ValueError:
        return None
