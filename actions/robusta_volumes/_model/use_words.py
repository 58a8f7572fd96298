"""How full, how fast, until when: the data of a claim in words. Times are days from now, written as dates."""

from datetime import datetime, timedelta

from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.quantity import GIB, MIB, gib
from robusta_volumes._model.text import plain
from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Use

_SOON = 3.0  # days; before that the hour matters
_NOTHING = MIB // 10  # bytes a day that are no growth
_PERCENT = 100
_CERTAIN = 0.995  # share from which on percent are not rounded up to 100


def percent(share: float | None) -> str:
    """Write a share: "91 %"; nothing that has room left is 100 %."""
    if share is None:
        return "unknown"
    return f"{min(share * 100, 99 if share < _CERTAIN else 100):.0f} %"


def how_full(use: Use | None) -> str:
    """Write "91 % of 100.0 GiB"."""
    if use is None or use.usable is None:
        return "not known how full"
    return f"{percent(use.share)} of {gib(use.usable)}"


def rate(growth: float | None) -> str:
    """Write bytes a day for people: "grows 2.1 GiB a day", "shrinks ...", "does not grow"; "" when it is not known."""
    if growth is None:
        return ""
    if abs(growth) < _NOTHING:
        return "does not grow"
    return f"{'grows' if growth > 0 else 'shrinks'} {amount(growth)} a day"


def amount(size: float) -> str:
    """Write an amount without its sign; what is less than 0.1 GiB in MiB."""
    size = abs(size)
    return f"{size / MIB:,.0f} MiB" if MIB <= size < GIB / 10 else gib(int(size))


def signed(size: float) -> str:
    """Write an amount with its sign: "+2.1 GiB"."""
    return f"{'-' if size < 0 else '+'}{amount(size)}"


def day(days: float, now: datetime) -> str:
    """Write the day that lies so many days ahead: "3 Dec", with the year when it is another one."""
    when = now.astimezone(UTC) + timedelta(days=days)
    return f"{when.day} {when:%b}" + (f" {when:%Y}" if when.year != now.astimezone(UTC).year else "")


def moment(days: float, now: datetime) -> str:
    """Write when it is full: the hour where it is near, "Fri 27 Nov 14:00 UTC", else the day, "3 Dec"."""
    if days >= _SOON:
        return day(days, now)
    when = (now.astimezone(UTC) + timedelta(days=max(0.0, days), minutes=30)).replace(minute=0)
    return f"{when:%a} {when.day} {when:%b %H}:00 UTC"


def interval(use: ClaimUse, now: datetime) -> str:
    """Write between which days 80 % of the cases lie: "1-6 Dec", "28 Nov - 3 Dec", "1 Dec or later"; "" if not known."""
    if use.full_early is None:
        return ""
    first = day(use.full_early, now)
    if use.full_late is None:
        return f"{first} or later"
    last = day(use.full_late, now)
    if first == last:
        return first
    one, other = first.split(" ", 1), last.split(" ", 1)
    return f"{one[0]}-{last}" if one[1] == other[1] else f"{first} - {last}"


def full_on(use: ClaimUse, now: datetime) -> str:
    """Write "on 3 Dec (80 %: 1-6 Dec)"; "" when it is not to be expected."""
    if use.full_in is None:
        return ""
    between = interval(use, now)
    between = "" if between == day(use.full_in, now) else between
    low = ", low confidence" if use.confidence == "low" else ""
    near = moment(use.full_in, now)
    said = f" (80 %: {between}{low})" if between else f" ({low[2:]})" if low else ""
    return f"on {near}{said}"


def held(use: Use) -> str:
    """Write the last known use of what is not measured now: "it held 33.0 GiB on 17 Nov"."""
    when = f" on {use.at.day} {use.at:%b}" if use.at else " when it was measured last"
    return f"it held {gib(use.used)}{when}"


def is_full(use: ClaimUse) -> bool:
    """Tell whether there is no room left now, as the settings have it (``limits.noRoomPercent``)."""
    share = use.use.share if use.use else None
    return share is not None and share * _PERCENT >= use.full_percent


def title_of(use: ClaimUse) -> str:
    """Write namespace/name."""
    return plain("/".join(use.key), 140)


def changed(use: ClaimUse) -> bool:
    """Tell whether something happened suddenly that is worth a word: what grows in bursts changes its pace all the time."""
    return use.changed_on is not None and not (use.pattern == "bursty" and not use.change)


def since_changed(use: ClaimUse, now: datetime) -> str:
    """Say what happened suddenly: "+12.0 GiB on 19 Nov", or since when it grows otherwise; "" when nothing did."""
    if use.changed_on is None or not changed(use):
        return ""
    then = datetime(use.changed_on.year, use.changed_on.month, use.changed_on.day, tzinfo=UTC)
    on = day((then - now.replace(hour=0, minute=0, second=0, microsecond=0)).days, now)
    why = f" ({plain(use.rollout, 140)})" if use.rollout else ""
    return f"{signed(use.change)} on {on}{why}" if use.change else f"faster since {on}{why}"
