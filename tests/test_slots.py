"""Which slot is due: decided from the clock alone, across clock changes too."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusta_volumes._analysis.slots import Due, due, is_due, last_slot, next_slot, slots_between
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.velero_times import next_run

YEAR = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland", "UTC")


def slot(schedule: str, zone: str, now: str) -> str:
    return (
        last_slot(schedule, zone, datetime.fromisoformat(now)).astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")
    )


@pytest.mark.parametrize(
    ("schedule", "now", "expected"),
    [
        ("0 7 * * *", "2026-06-01T06:59:59+02:00", "2026-05-31T07:00+02:00"),
        ("0 7 * * *", "2026-06-01T07:00:00+02:00", "2026-06-01T07:00+02:00"),
        ("0 7 * * *", "2026-06-01T23:59:59+02:00", "2026-06-01T07:00+02:00"),
        ("0 7 * * 1", "2026-06-04T12:00:00+02:00", "2026-06-01T07:00+02:00"),
        ("*/15 * * * *", "2026-06-01T07:14:59.999+02:00", "2026-06-01T07:00+02:00"),
        ("@monthly", "2026-06-30T12:00:00+02:00", "2026-06-01T00:00+02:00"),
        ("0 0 1 1 *", "2026-12-31T23:59:00+01:00", "2026-01-01T00:00+01:00"),
    ],
)
def test_the_last_slot_is_the_newest_wall_clock_time_that_was_reached(schedule: str, now: str, expected: str) -> None:
    assert slot(schedule, "Europe/Berlin", now) == expected


def test_the_hour_that_spring_skips_is_served_an_hour_later() -> None:
    assert slot("30 2 * * *", "Europe/Berlin", "2026-03-29T03:29:00+02:00") == "2026-03-28T02:30+01:00"
    assert slot("30 2 * * *", "Europe/Berlin", "2026-03-29T03:30:00+02:00") == "2026-03-29T03:30+02:00"


def test_the_hour_that_autumn_repeats_is_served_the_first_time() -> None:
    for now in ("2026-10-25T02:30:00+02:00", "2026-10-25T02:10:00+01:00", "2026-10-25T02:40:00+01:00"):
        assert slot("30 2 * * *", "Europe/Berlin", now) == "2026-10-25T02:30+02:00"


@given(
    st.sampled_from(ZONES),
    st.integers(0, 23),
    st.integers(0, 59),
    st.lists(st.integers(300, 2880), min_size=50, max_size=50),
)
@settings(max_examples=12, deadline=None)
def test_over_a_year_of_ticks_at_any_time_each_daily_slot_is_served_once_and_none_twice(
    zone: str, hour: int, minute: int, minutes: list[int]
) -> None:
    place, schedule = ZoneInfo(zone), f"{minute} {hour} * * *"
    served: list[datetime] = []
    now, number = YEAR, 0
    while now < YEAR + timedelta(days=366):
        found = last_slot(schedule, zone, now)
        if is_due(found, served[-1] if served else None):
            served.append(found)
        assert found <= now
        assert now - found < timedelta(hours=26)  # no slot is passed over: the last one is never older than a day
        now += timedelta(minutes=minutes[number % len(minutes)])
        number += 1
    days = [one.astimezone(place).date() for one in served]
    assert len(days) == len(set(days))
    assert served == sorted(set(served))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("schedule", ["30 2 * * *", "30 1 * * *", "15 2 * * *"])
def test_a_clock_change_neither_loses_nor_doubles_a_slot(zone: str, schedule: str) -> None:
    for start in ("2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"):
        first = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone), hour=12)
        ticks = [first.astimezone(UTC) + timedelta(minutes=15 * n) for n in range(4 * 47)]
        found = [last_slot(schedule, zone, now) for now in ticks]
        assert found == sorted(found)
        assert len(set(found)) in {2, 3}
        days = [one.astimezone(ZoneInfo(zone)).date() for one in dict.fromkeys(found)]
        assert days == [days[0] + timedelta(days=n) for n in range(len(days))]


def test_nothing_served_yet_is_due_and_what_was_served_is_not() -> None:
    assert is_due(YEAR, None)
    assert is_due(YEAR, YEAR - timedelta(days=1))
    assert not is_due(YEAR, YEAR)
    assert not is_due(YEAR, YEAR + timedelta(days=1))


def moments(schedule: str, zone: str, after: str, now: str) -> list[str]:
    place = ZoneInfo(zone)
    found = slots_between(schedule, zone, datetime.fromisoformat(after), datetime.fromisoformat(now))
    return [one.astimezone(place).strftime("%H:%M%z") for one in reversed(found)]


def test_an_hourly_schedule_is_served_in_both_hours_that_autumn_repeats() -> None:
    hours = moments("30 * * * *", "Europe/Berlin", "2026-10-25T00:45:00+02:00", "2026-10-25T03:45:00+01:00")
    assert hours == ["01:30+0200", "02:30+0200", "02:30+0100", "03:30+0100"]


def test_an_hourly_schedule_is_served_once_where_spring_skips_an_hour() -> None:
    hours = moments("30 * * * *", "Europe/Berlin", "2026-03-29T00:45:00+01:00", "2026-03-29T04:45:00+02:00")
    assert hours == ["01:30+0100", "03:30+0200", "04:30+0200"]


def test_slots_come_newest_first_and_no_more_than_asked() -> None:
    found = slots_between("0 * * * *", "UTC", YEAR, YEAR + timedelta(days=2), 3)
    assert found == [YEAR + timedelta(hours=48 - n) for n in range(3)]


def test_the_next_slot_is_the_first_one_to_come() -> None:
    evening = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert next_slot("30 2 * * *", "Europe/Berlin", evening).isoformat() == "2026-03-29T01:30:00+00:00"
    assert next_slot("0 0 1 1 *", "UTC", YEAR) == datetime(2027, 1, 1, tzinfo=UTC)


HOUR = timedelta(hours=1)


def test_a_new_schedule_fires_nothing_at_once() -> None:
    assert due("0 2 * * *", "UTC", YEAR + 10 * HOUR, since=YEAR + 9 * HOUR, served=None, deadline=HOUR) == Due(None)


def test_of_several_slots_that_nobody_served_only_the_newest_is_caught_up() -> None:
    found = due("0 * * * *", "UTC", YEAR + 4.1 * HOUR, since=YEAR - HOUR, served=YEAR + HOUR, deadline=HOUR)
    assert found == Due(YEAR + 4 * HOUR, (YEAR + 3 * HOUR, YEAR + 2 * HOUR))


def test_a_slot_older_than_the_deadline_is_told_and_not_caught_up() -> None:
    found = due("0 2 * * *", "UTC", YEAR + 5 * HOUR, since=YEAR, served=None, deadline=HOUR)
    assert found == Due(None, (YEAR + 2 * HOUR,), too_late=True)


def test_after_a_clock_that_jumped_back_nothing_is_due() -> None:
    assert due("0 * * * *", "UTC", YEAR + 2.5 * HOUR, since=YEAR, served=YEAR + 3 * HOUR, deadline=HOUR) == Due(None)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("schedule", ["30 2 * * *", "0 */6 * * *", "*/20 * * * *", "15 1 * * 0"])
@given(st.lists(st.floats(0.1, 200), min_size=20, max_size=60), st.integers(0, 300))
@settings(max_examples=10, deadline=None)
def test_every_slot_is_served_once_or_told_as_missed_whenever_the_ticks_come(
    zone: str, schedule: str, minutes: list[float], day: int
) -> None:
    since = YEAR + timedelta(days=day)
    now, served, handled = since, None, []
    for step in minutes * 3:
        now += timedelta(minutes=step)
        for again in range(2):  # every tick comes twice
            found = due(schedule, zone, now, since, served, timedelta(hours=3))
            assert not (again and (found.slot or found.missed))
            handled += [*found.missed, *([found.slot] if found.slot else [])]
            served = max(handled, default=served)
    assert len(handled) == len(set(handled))
    assert sorted(handled) == sorted(slots_between(schedule, zone, since, served or since, most=len(handled) + 1))


def by_the_book(minutes: set[int], hours: set[int] | None, zone: str, first: datetime, days: int) -> set[datetime]:
    """Work the rule out minute by minute (``hours`` None: every hour), without cron and without arithmetic on clock changes."""
    place = ZoneInfo(zone)
    shown: dict[datetime, list[datetime]] = {}  # what a clock on the wall shows -> when it shows it
    for n in range((days + 2) * 24 * 60):
        moment = first - timedelta(days=1) + timedelta(minutes=n)
        shown.setdefault(moment.astimezone(place).replace(tzinfo=None), []).append(moment)
    found: set[datetime] = set()
    wall, last, before = min(shown), max(shown), timedelta(0)
    while wall < last:
        moments = shown.get(wall)
        before = wall - moments[0].replace(tzinfo=None) if moments else before  # how far the wall is from UTC
        if wall.minute in minutes and (hours is None or wall.hour in hours):
            skipped = [(wall - before).replace(tzinfo=UTC)]
            found |= set((moments if hours is None else moments[:1]) if moments else skipped)
        wall += timedelta(minutes=1)
    return {slot for slot in found if first < slot <= first + timedelta(days=days)}


CLOCK_CHANGES = [
    ("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-10-04"), ("Australia/Lord_Howe", "2026-04-05"),
    ("Pacific/Auckland", "2026-09-27"), ("Pacific/Auckland", "2026-04-05"),
    ("America/St_Johns", "2026-03-08"), ("America/St_Johns", "2026-11-01"),
    ("America/Havana", "2026-03-08"), ("America/Havana", "2026-11-01"),  # at midnight
    ("Antarctica/Troll", "2026-03-29"), ("Antarctica/Troll", "2026-10-25"),  # by two hours
]  # fmt: skip


@pytest.mark.parametrize(("zone", "day"), CLOCK_CHANGES)
@given(
    st.sets(st.integers(0, 59), min_size=1, max_size=3), st.none() | st.sets(st.integers(0, 4), min_size=1, max_size=3)
)
@settings(max_examples=5, deadline=None)
def test_around_every_clock_change_the_slots_are_those_of_the_wall(
    zone: str, day: str, minutes: set[int], hours: set[int] | None
) -> None:
    schedule = f"{','.join(map(str, sorted(minutes)))} {','.join(map(str, sorted(hours))) if hours else '*'} * * *"
    first = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=1)
    expected = by_the_book(minutes, hours, zone, first, 3)
    found = slots_between(schedule, zone, first, first + timedelta(days=3))
    assert found == sorted(expected, reverse=True)
    now = first + timedelta(hours=20)
    for slot in [one for one in sorted(expected) if one > now][:12]:
        now = next_slot(schedule, zone, now)
        assert now == slot


# --- as robfig/cron counts, by which Velero, K8up and VolSync serve their schedules


@pytest.mark.parametrize(
    ("schedule", "now", "expected"),
    [
        # the examples of its own tests (spec_test.go)
        ("30 2 11 3 *", "2012-03-11T00:00:00-05:00", "2013-03-11T02:30-04:00"),
        ("0 2 * * *", "2012-03-11T00:00:00-05:00", "2012-03-12T02:00-04:00"),
        ("0 * * * *", "2012-03-11T01:00:00-05:00", "2012-03-11T03:00-04:00"),
        ("0 1 * * *", "2012-11-04T00:00:00-04:00", "2012-11-04T01:00-04:00"),
        ("0 1 * * *", "2012-11-04T01:00:00-04:00", "2012-11-04T01:00-05:00"),
        ("0 1 * * *", "2012-11-04T01:00:00-05:00", "2012-11-05T01:00-05:00"),
        ("30 1 4 11 *", "2012-11-04T01:45:00-04:00", "2012-11-04T01:30-05:00"),
        ("0 2 * * *", "2012-11-04T00:00:00-04:00", "2012-11-04T02:00-05:00"),
    ],
)
def test_go_skips_a_time_that_a_clock_change_skips_and_counts_both_of_one_that_it_repeats(
    schedule: str, now: str, expected: str
) -> None:
    found = next_slot(schedule, "America/New_York", datetime.fromisoformat(now), go=True)
    assert found == datetime.fromisoformat(expected)
    assert last_slot(schedule, "America/New_York", found, go=True) == found


@given(st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 59), st.integers(0, 365 * 24))
@settings(max_examples=40, deadline=None)
def test_go_and_the_servers_of_the_sandbox_give_the_same_next_time(
    zone: str, hour: int, minute: int, after: int
) -> None:
    schedule, now = f"{minute} {hour} * * *", YEAR + timedelta(hours=after)
    assert next_slot(schedule, zone, now, go=True) == next_run(f"CRON_TZ={zone} {schedule}", now)


MONDAYS, ALL = [2, 9, 16, 23, 30], list(range(1, 32))
ODD = list(range(1, 32, 2))


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("1,15 * 1", sorted({1, 15, *MONDAYS})),  # both are named: either
        ("1,15 * *", [1, 15]),
        ("* * 1", MONDAYS),
        ("*/2 * 1", sorted({*ODD, *MONDAYS})),  # version 1 of robfig/cron, so Velero before 1.15, takes both
        ("1 * */3", sorted({1, *(day for day in ALL if day % 7 in (1, 4, 0))})),
        ("*/1 * 1", MONDAYS),
        ("*,5 * 1", MONDAYS),  # a star among others leaves the choice to the weekday
        ("1 * *,1", [1]),
        ("1-31 * 1", ALL),  # every day is named, so every day fits
        ("1 * 0-6", ALL),
        ("1 * mon-sat", sorted({1, *(day for day in ALL if day % 7 != 1)})),
        ("10/10 * *", [10, 20, 30]),
    ],
)
def test_go_takes_a_day_that_fits_either_field_unless_one_of_them_has_a_star(days: str, expected: list[int]) -> None:
    schedule, end = f"0 2 {days}", datetime(2026, 3, 31, 23, tzinfo=UTC)
    found = slots_between(schedule, "UTC", end - timedelta(days=31), end, go=True)
    assert sorted(one.day for one in found) == expected
    assert next_slot(schedule, "UTC", found[-1] - timedelta(minutes=1), go=True) == found[-1]


DAYS = ("*", "*/2", "*/1", "1-31", "1,15", "31", "10/10", "*,5", "2-4")
WEEKDAYS = ("*", "*/3", "1", "0-6", "6,0", "*,1", "1-5")


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("weekday", WEEKDAYS)
def test_go_and_the_servers_of_the_sandbox_choose_the_same_days(day: str, weekday: str) -> None:
    schedule, now = f"30 2 {day} * {weekday}", YEAR
    for _ in range(20):
        found = next_slot(schedule, "UTC", now, go=True)
        assert found == next_run(schedule, now)
        now = found


def test_what_we_serve_ourselves_takes_days_as_every_cron_does() -> None:
    end = datetime(2026, 3, 31, 23, tzinfo=UTC)
    found = slots_between("0 2 1-31 * 1", "UTC", end - timedelta(days=31), end)
    assert sorted(one.day for one in found) == MONDAYS
