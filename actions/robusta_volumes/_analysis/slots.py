"""Which slot of a schedule is due. The trigger that asks is never trusted for time; only the clock and what was served."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from robusta_volumes._model.times import UTC

_CLOCK_CHANGE = timedelta(hours=2)  # more than any daylight saving time moves a clock


def last_slot(schedule: str, zone: str, now: datetime) -> datetime:
    """Give the newest slot at or before ``now``, in UTC.

    Slots are wall-clock times of ``zone``, each with one moment: a wall-clock time that a clock change skips comes as
    much later as the clock jumped, and one that it repeats counts the first time. croniter is asked about times without
    zone only: with one, it gives some slots twice and others never around a clock change.
    """
    place = ZoneInfo(zone)
    wall = now.astimezone(place).replace(tzinfo=None, second=0, microsecond=0)
    steps = croniter(schedule, wall + _CLOCK_CHANGE)
    newest: datetime | None = None
    while True:
        slot: datetime = steps.get_prev(datetime)
        moment = slot.replace(tzinfo=place).astimezone(UTC)
        if moment <= now and (newest is None or moment > newest):
            newest = moment
        if newest and slot < wall - _CLOCK_CHANGE:
            return newest


def is_due(slot: datetime, served: datetime | None) -> bool:
    """Tell whether a slot still has to be served. Nothing served yet: it is, so that a first report comes at once."""
    return served is None or served < slot
