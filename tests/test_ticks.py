"""A tick gives the report of each slot once, and again rather than never."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.errors import NotAllowed, Unavailable
from robusta_volumes._model.plan import Outcome, Step
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.times import UTC
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._workflows.ticks import tick

SEVEN = datetime(2026, 6, 1, 7, tzinfo=UTC)


class Clock(MemoryCluster):
    """A cluster whose clock is moved by hand, and whose state can be made unwritable."""

    writable = True

    def at(self, moment: datetime) -> "Clock":
        self._now = moment
        return self

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        if self.writable:
            return super().carry_out(plan)
        return [Outcome(step, error=NotAllowed("cannot patch configmaps")) for step in plan]


def report() -> Page:
    return Page("All is well", Severity.INFO, Subject("Cluster", "prod"), (), "Report")


class Runner:
    """One process after another that ticks, and counts the reports."""

    def __init__(self, cluster: Clock, zone: str = "UTC") -> None:
        self.cluster = cluster
        self.zone = zone
        self.key = f"report-{uuid4()}"
        self.process = "first"

    def tick(self, moment: datetime) -> bool:
        state = State(self.cluster.at(moment), "robusta")
        return tick(state, self.key, "0 7 * * *", self.zone, report, self.process) is not None


@pytest.fixture
def runner() -> Runner:
    return Runner(Clock())


def minutes(number: int) -> datetime:
    return SEVEN + timedelta(minutes=number)


def test_ten_ticks_in_one_slot_give_one_report(runner: Runner) -> None:
    assert [runner.tick(minutes(5 * n)) for n in range(10)] == [True] + [False] * 9


def test_the_next_slot_is_served_when_it_comes(runner: Runner) -> None:
    assert runner.tick(minutes(0))
    assert not runner.tick(minutes(24 * 60 - 1))
    assert runner.tick(minutes(24 * 60))


def test_the_next_slot_is_served_although_the_last_was_never_stamped(runner: Runner) -> None:
    assert runner.tick(minutes(0))
    assert runner.tick(minutes(24 * 60))


def test_a_restart_between_the_report_and_its_stamp_serves_again(runner: Runner) -> None:
    assert runner.tick(minutes(0))
    runner.process = "second"
    assert runner.tick(minutes(5))
    assert not runner.tick(minutes(10))


def test_a_restart_after_the_stamp_does_not_serve_again(runner: Runner) -> None:
    assert runner.tick(minutes(0))
    assert not runner.tick(minutes(5))
    runner.process = "second"
    assert not runner.tick(minutes(10))
    assert runner.tick(minutes(24 * 60))


def test_a_report_that_fails_is_tried_again_at_the_next_tick(runner: Runner) -> None:
    def away() -> Page:
        raise Unavailable("no answer")

    with pytest.raises(Unavailable):
        tick(State(runner.cluster.at(minutes(0)), "robusta"), runner.key, "0 7 * * *", "UTC", away, "first")
    assert runner.tick(minutes(5))


def test_where_the_state_may_not_be_read_each_process_reports_once_per_slot() -> None:
    runner = Runner(Clock(denied=["configmaps"]))
    assert [runner.tick(minutes(5 * n)) for n in range(4)] == [True, False, False, False]
    assert runner.tick(minutes(24 * 60))
    runner.process = "second"
    assert [runner.tick(minutes(24 * 60 + 5 * n)) for n in range(1, 4)] == [True, False, False]


def test_a_state_that_becomes_unwritable_does_not_make_every_tick_report(runner: Runner) -> None:
    assert [runner.tick(minutes(0)), runner.tick(minutes(5))] == [True, False]
    runner.cluster.writable = False
    assert [runner.tick(minutes(24 * 60 + 5 * n)) for n in range(4)] == [True, False, False, False]
    runner.cluster.writable = True
    assert [runner.tick(minutes(48 * 60 + 5 * n)) for n in range(3)] == [True, False, False]
    runner.process = "second"
    assert not runner.tick(minutes(48 * 60 + 20))


def test_a_state_that_somebody_edited_serves_again_rather_than_never(runner: Runner) -> None:
    State(runner.cluster, "robusta").write(runner.key, {"announced": 7, "slot": ["x"], "by": None})
    assert runner.tick(minutes(0))


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York"]),
    st.lists(st.tuples(st.integers(1, 1400), st.booleans()), min_size=30, max_size=60),
)
@settings(max_examples=20, deadline=None)
def test_whatever_the_ticks_and_restarts_no_slot_is_lost_and_only_a_restart_repeats_one(
    zone: str, steps: list[tuple[int, bool]]
) -> None:
    runner = Runner(Clock(), zone)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    reports = repeats = 0
    days = set()
    for number, (wait, restart) in enumerate(steps):
        now += timedelta(minutes=wait)
        runner.process = f"after-{number}" if restart else runner.process
        if runner.tick(now):
            reports += 1
            repeats += restart
        state = State(runner.cluster, "robusta").read(runner.key)
        days.add(state["slot"])
        assert datetime.fromisoformat(state["slot"]) + timedelta(hours=26) > now
    assert len(days) <= reports <= len(days) + repeats
