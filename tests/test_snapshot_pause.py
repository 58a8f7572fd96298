"""A driver that is broken for good does not collect a snapshot per slot; one that heals is found, and no slot is served twice."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from robusta_volumes._analysis.snapshot_pause import Pause, pauses
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.restore_point import Point, State
from snapshot_world import NIGHT, NOON, Nights, nightly, settings, text

NIGHTLY = settings(nightly())
HOURLY = settings({"name": "hourly", "schedule": "0 * * * *"}, limits={"snapshotMinutes": 20})
LATE, READY = State.LATE, State.READY


def series(*states: State, uid: str = "u") -> list[Point]:
    """One snapshot an hour, from noon on."""
    return [
        Point("csi", "shop", "data", uid, f"s{n}", f"{uid}{n}", state, None, None, "hourly", NOON + timedelta(hours=n))
        for n, state in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("states", "hours"),
    [
        ((LATE, LATE), None),  # may be chance
        ((LATE, LATE, LATE), 2 + 6),
        ((LATE, LATE, LATE, LATE), 3 + 12),
        ((LATE,) * 5, 4 + 24),
        ((LATE,) * 30, 29 + 168),  # a week is the longest
        ((LATE, LATE, READY, LATE, LATE), None),  # a good one in between: they are not in a row
        ((LATE, LATE, LATE, READY), None),
        ((LATE, LATE, LATE, State.CREATING), 2 + 6),  # what is under way says nothing yet
    ],
)
def test_after_three_in_a_row_the_pause_doubles_up_to_a_week(states: tuple[State, ...], hours: int | None) -> None:
    late = sum(state is LATE for state in states)
    expected = {} if hours is None else {"u": Pause(late, NOON + timedelta(hours=hours))}
    assert pauses(series(*states), Limits()) == expected


def test_one_claims_trouble_is_not_anothers() -> None:
    points = [*series(LATE, LATE, LATE), *series(LATE, READY, LATE, uid="other")]
    assert set(pauses(points, Limits())) == {"u"}


def test_a_broken_driver_leaves_a_handful_and_is_told_of_once() -> None:
    w = Nights(NOON, ["data"])
    w.tick(HOURLY)
    w.ready = lambda _: False
    w.ticks(HOURLY, hours=24 * 14, every=15)
    assert len(w.slots()) == 8  # one per slot would be 336
    said = [page.title for page in w.pages]
    assert len(said) == len(set(said)) == 3, said
    assert "3 in a row were never ready: the next is tried from 21:00 UTC on" in text(w.pages)
    assert "`create_pvc_snapshots` tries one at once" in text(w.pages)


def test_a_driver_that_heals_is_found_by_the_next_try_and_then_every_slot_is_served() -> None:
    w = Nights(NOON, ["data"])
    w.tick(HOURLY)
    w.ready = lambda _: False
    w.ticks(HOURLY, hours=10, every=15)
    old = {o["metadata"]["uid"] for o in w.snapshots()}
    assert len(old) == 4
    w.ready = lambda o: o["metadata"]["uid"] not in old  # the old ones are lost for good
    w.ticks(HOURLY, hours=12, every=15)
    w.ticks(HOURLY, hours=5, every=15)
    assert w.slots()[-5:] == [f"20260302T{hour:02}00Z" for hour in range(11, 16)]
    assert any(page.title.startswith("[RESOLVED]") for page in w.pages)


def test_when_a_late_one_becomes_ready_after_all_the_next_slot_is_served() -> None:
    w = Nights(NOON, ["data"])
    w.tick(HOURLY)
    w.ready = lambda _: False
    w.ticks(HOURLY, hours=20, every=15)
    assert w.slots()[-1] == "20260301T2100Z"
    w.ready = lambda _: True
    w.controller()
    w.ticks(HOURLY, hours=1, every=15)
    assert w.slots()[-1] == "20260302T0900Z"


def test_three_bad_nights_are_three_tries() -> None:
    """A failed one does not stand for today's: with one slot a night the first pauses are over by the next one."""
    w = Nights(NOON, ["data"])
    w.tick(NIGHTLY)
    w.ready = lambda _: False
    for day in range(5):
        w.at(NIGHT + timedelta(days=day))
        w.tick(NIGHTLY)
    assert len(w.slots()) == 5


@given(st.lists(st.tuples(st.integers(3, 90), st.booleans(), st.booleans()), min_size=30, max_size=90))
@examples(max_examples=12, deadline=None)
def test_whatever_the_driver_does_no_slot_is_served_twice_and_a_good_driver_is_never_passed_over(
    steps: list[tuple[int, bool, bool]],
) -> None:
    """Each step: so many minutes later, whether the driver works meanwhile, whether the runner was started anew."""
    w = Nights(NOON, ["data", "files"])
    w.tick(HOURLY, "p0")
    for number, (minutes, works, restart) in enumerate(steps):
        w.move(minutes=minutes)
        w.ready = (lambda _: True) if works else (lambda _: False)
        w.tick(HOURLY, f"p{number}" if restart else "p0")
    assert set(Counter(map(served, w.snapshots())).values()) <= {1}
    w.ready = lambda _: True
    w.controller()
    w.at(w.now.replace(minute=5) + timedelta(hours=1))
    w.tick(HOURLY, "p0")
    slot = w.now.strftime("%Y%m%dT%H00Z")
    assert {("data", slot), ("files", slot)} <= set(map(served, w.snapshots()))


def served(o: dict[str, Any]) -> tuple[str, str]:
    """Tell which claim and slot a snapshot is for."""
    return o["spec"]["source"]["persistentVolumeClaimName"], o["metadata"]["labels"]["robusta-volumes.dev/slot"]
