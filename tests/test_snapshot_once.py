"""Exactly once per slot, whatever the ticks and the clock do."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.ours import slot_of
from robusta_volumes._model.times import UTC
from robusta_volumes._workflows.pvc_snapshot_schedule import pvc_snapshot_schedule
from snapshot_world import NIGHT, NOON, Nights, nightly, settings, text

NIGHTLY = settings(nightly())
HOURLY = settings({"name": "hourly", "schedule": "0 * * * *"})
TWO = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def world(on: Any = NIGHTLY) -> Nights:
    """A schedule that has been known since noon."""
    w = Nights(NOON, ["data"])
    w.tick(on)
    return w


@pytest.mark.parametrize(
    ("seconds", "made"),
    [
        pytest.param([-60, -1], 0, id="early ticks make nothing"),
        pytest.param([-1, 0, 1], 1, id="early, on the second, and again"),
        pytest.param([0, 0, 0], 1, id="three at the same moment"),
        pytest.param([3599], 1, id="late, within the deadline"),
        pytest.param([3601], 0, id="later than the deadline"),
        pytest.param([60, 90, 23 * 3600, 24 * 3600 - 1], 1, id="many until just before the next"),
        pytest.param([60, 24 * 3600], 2, id="the next night is another slot"),
    ],
)
def test_whenever_the_ticks_come_a_slot_is_served_once(seconds: list[int], made: int) -> None:
    w = world()
    for after in seconds:
        w.at(TWO + timedelta(seconds=after))
        w.tick(NIGHTLY)
    assert len(w.slots()) == len(set(w.slots())) == made


# three days around each clock change; (zone, wall time, first day, the three slots in UTC)
CHANGES = [
    ("Europe/Berlin", "30 2", "2026-03-28", ["03-28 01:30", "03-29 01:30", "03-30 00:30"]),
    ("Europe/Berlin", "30 2", "2026-10-24", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
    ("America/New_York", "30 2", "2026-03-07", ["03-07 07:30", "03-08 07:30", "03-09 06:30"]),
    ("America/New_York", "30 1", "2026-10-31", ["10-31 05:30", "11-01 05:30", "11-02 06:30"]),
    ("Australia/Lord_Howe", "15 2", "2026-10-03", ["10-02 15:45", "10-03 15:45", "10-04 15:15"]),
    ("Australia/Lord_Howe", "45 1", "2026-04-04", ["04-03 14:45", "04-04 14:45", "04-05 15:15"]),
    ("Pacific/Auckland", "30 2", "2026-09-26", ["09-25 14:30", "09-26 14:30", "09-27 13:30"]),
    ("Pacific/Auckland", "30 2", "2026-04-04", ["04-03 13:30", "04-04 13:30", "04-05 14:30"]),
    ("Antarctica/Troll", "30 1", "2026-03-28", ["03-28 01:30", "03-29 01:30", "03-29 23:30"]),
    ("Antarctica/Troll", "30 1", "2026-10-24", ["10-23 23:30", "10-24 23:30", "10-26 01:30"]),
]


@pytest.mark.parametrize(("zone", "wall", "day", "expected"), CHANGES, ids=[f"{c[0]} {c[2]}" for c in CHANGES])
def test_around_a_clock_change_there_is_one_snapshot_a_night(
    zone: str, wall: str, day: str, expected: list[str]
) -> None:
    on = settings(nightly(schedule=f"{wall} * * *", timeZone=zone))
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    w = Nights(start, ["data"])
    w.tick(on)
    said = w.ticks(on, hours=71, every=20)
    assert said == []
    assert [f"{slot_of(s):%m-%d %H:%M}" for s in w.slots()] == expected


def test_an_hourly_schedule_keeps_its_pace_through_the_hour_that_comes_twice() -> None:
    on = settings({"name": "hourly", "schedule": "0 * * * *", "timeZone": "Europe/Berlin"})
    w = Nights(datetime(2026, 10, 24, 22, 30, tzinfo=UTC), ["data"])
    w.tick(on)
    w.ticks(on, hours=4, every=10)
    assert w.slots() == [f"202610{day}Z" for day in ("24T2300", "25T0000", "25T0100", "25T0200")]


def test_a_clock_that_jumps_back_an_hour_makes_each_slot_once_and_then_goes_on() -> None:
    w = world(HOURLY)
    w.ticks(HOURLY, hours=3.1)
    w.move(hours=-1)
    assert w.ticks(HOURLY, hours=2) == []
    assert w.slots() == [f"20260301T1{hour}00Z" for hour in (3, 4, 5, 6)]


def test_a_clock_that_was_a_year_ahead_for_a_tick_does_not_silence_the_schedule() -> None:
    w = world()
    w.move(days=365)
    w.tick(NIGHTLY)
    w.move(days=-365)
    w.at(NIGHT)
    w.tick(NIGHTLY)
    w.at(NIGHT + timedelta(days=1))
    w.tick(NIGHTLY)
    assert [s for s in w.slots() if s < "2027"] == ["20260303T0200Z"]


def test_an_action_that_takes_longer_than_the_interval_meets_the_next_tick_and_nothing_is_made_twice() -> None:
    """The first tick still waits for its snapshot when the next slot comes and another tick serves it."""
    w = world(HOURLY)
    w.at(NOON + timedelta(hours=1, minutes=1))
    waits = []

    def waiting(_: float) -> None:
        waits.append(w.now)
        if len(waits) == 1:
            w.controller()
            w.move(hours=1)
            w.tick(HOURLY, "p1")
        w.controller()

    assert pvc_snapshot_schedule(w.cluster, HOURLY, State(w.cluster, "robusta"), "p1", waiting) == []
    assert w.ticks(HOURLY, hours=0.9) == []
    assert w.slots() == ["20260301T1300Z", "20260301T1400Z"]
    assert w.ticks(HOURLY, hours=1) == []


def test_a_slot_that_has_its_snapshots_is_not_told_as_missed_by_one_who_knows_less() -> None:
    """Another runner wrote its older memory over ours."""
    w = world(HOURLY)
    w.ticks(HOURLY, hours=1.1)
    older = w.cluster.store.get(k.CONFIG_MAP, STATE, "robusta")
    w.ticks(HOURLY, hours=3)
    before = w.slots()
    w.cluster.store.replace({**older, "metadata": {"name": STATE, "namespace": "robusta"}})
    assert w.ticks(HOURLY, hours=0.2) == []
    assert w.slots() == before


def test_a_restart_between_creation_and_reporting_tells_what_failed_and_makes_nothing_again() -> None:
    """The process dies while it waits for what it made: nothing was reported yet."""
    w = world()
    w.at(NIGHT)

    def dies(_: float) -> None:
        raise KeyboardInterrupt

    w.ready = lambda _: False
    with pytest.raises(KeyboardInterrupt):
        pvc_snapshot_schedule(w.cluster, NIGHTLY, State(w.cluster, "robusta"), "p1", dies)
    made = [o["metadata"]["uid"] for o in w.snapshots()]
    w.move(minutes=5)
    said = w.tick(NIGHTLY, "p2")
    assert [o["metadata"]["uid"] for o in w.snapshots()] == made
    assert "no controller has touched" in text(said)


def test_a_schedule_whose_times_were_changed_is_a_new_one_and_fires_nothing_at_once() -> None:
    weekly = settings(nightly(schedule="0 3 * * 0"))
    w = Nights(datetime(2026, 3, 1, 2, 30, tzinfo=UTC), ["data"])
    w.tick(weekly)
    w.at(datetime(2026, 3, 1, 3, 1, tzinfo=UTC))
    w.tick(weekly)
    w.at(datetime(2026, 3, 4, 10, 10, tzinfo=UTC))
    hourly = settings(nightly(schedule="0 * * * *"))
    assert w.tick(hourly) == []
    assert w.slots() == ["20260301T0300Z"]
    assert w.ticks(hourly, hours=1) == []
    assert w.slots() == ["20260301T0300Z", "20260304T1100Z"]
