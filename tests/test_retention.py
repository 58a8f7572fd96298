"""Which restore points may go. Promises hold for every set of points; examples show each reason."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusta_volumes._analysis.retention import Policy, decide
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.times import UTC

NOW = datetime(2026, 11, 24, 2, 5, tzinfo=UTC)
DAYS_30 = Policy(timedelta(days=30))


def point(days: float, state: State = State.READY, **more: object) -> Point:
    when = NOW - timedelta(days=days)
    given: dict[str, object] = {
        "engine": "csi",
        "namespace": "shop",
        "claim": "data",
        "claim_uid": "u1",
        "name": f"data-{days}",
        "uid": f"s{days}",
        "state": state,
        "cut_at": when if state in {State.READY, State.CUT} else None,
        "created": when,
        "schedule": "nightly",
        "owned": True,
        **more,
    }
    return Point(**given)  # type: ignore[arg-type]  # an example names its fields


def told(points: list[Point], policy: Policy = DAYS_30) -> dict[str, str]:
    found = decide(points, policy, NOW)
    return {p.name: ("- " if found.remove[i] else "+ ") + found.why(i) for i, p in enumerate(points)}


def test_what_is_older_than_the_days_to_keep_goes_and_the_rest_stays() -> None:
    assert told([point(31), point(30), point(1)]) == {
        "data-31": "- older than the time to keep",
        "data-30": "+ within the time to keep",
        "data-1": "+ within the time to keep",
    }


def test_the_last_good_one_stays_however_old_it_is_and_whatever_failed_since() -> None:
    assert told([point(90), point(60), point(2, State.LATE), point(0.1, State.CREATING)]) == {
        "data-90": "- older than the time to keep",
        "data-60": "+ the last good one",
        "data-2": "+ failed, and no newer good one",
        "data-0.1": "+ not ready yet",
    }


def test_failed_and_pending_ones_take_no_place_of_a_good_one() -> None:
    points = [point(3), point(2), point(1, State.LATE), point(0.5, State.CUT), point(0.1, State.UNOBSERVED)]
    assert not decide(points, Policy(None, keep_last=2), NOW).remove.any()


def test_a_failed_one_goes_after_a_day_when_a_newer_one_is_good() -> None:
    assert told([point(3, State.LATE), point(0.5, State.LATE), point(0.1)]) == {
        "data-3": "- failed, and a newer one is good",
        "data-0.5": "+ failed a short while ago",
        "data-0.1": "+ within the time to keep",
    }


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"owned": False}, "not made by robusta-volumes"),
        ({"held": True}, "held by its label"),
        ({"in_use": "data-restore"}, "in use by a restore"),
        ({"grouped": True}, "part of a group snapshot"),
        ({"state": State.TERMINATING}, "is being deleted already"),
        ({"schedule": ""}, "made by hand: kept until pruned by hand"),
    ],
)
def test_what_no_rule_may_touch(more: dict[str, object], why: str) -> None:
    assert told([point(99, **more), point(1)])["data-99"] == f"+ {why}"  # type: ignore[arg-type]  # fields by name


def test_one_made_by_hand_that_follows_the_schedule_ages_like_the_others() -> None:
    assert told([point(99, follows_schedule=True), point(1)])["data-99"].startswith("- ")


def test_keep_last_is_at_most_so_many() -> None:
    assert told([point(1), point(2), point(3)], Policy(None, keep_last=2))["data-3"] == "- more than the number to keep"


def test_tiers_keep_the_newest_of_a_day_a_week_and_a_month_beyond_the_days_to_keep() -> None:
    policy = Policy(timedelta(days=2), daily=3, weekly=3, monthly=3)
    assert told([point(d) for d in (0, 1, 2, 2.1, 9, 16, 25, 60, 90)], policy) == {
        "data-0": "+ within the time to keep",
        "data-1": "+ within the time to keep",
        "data-2": "+ within the time to keep",
        "data-2.1": "- older than the time to keep",
        "data-9": "+ the newest of its week",
        "data-16": "- older than the time to keep",
        "data-25": "+ the newest of its month",
        "data-60": "+ the newest of its month",
        "data-90": "- older than the time to keep",
    }


def test_a_claim_that_was_made_again_under_its_name_is_another_series() -> None:
    old = [point(50, claim_uid="old"), point(40, claim_uid="old")]
    assert told([*old, point(1)])["data-40"] == "+ the last good one"


def test_points_of_one_moment_are_told_apart_by_name() -> None:
    points = [point(40, name=name, uid=name) for name in ("b", "a")]
    assert told(points) == {"a": "+ the last good one", "b": "- older than the time to keep"}


def test_nothing_is_nothing() -> None:
    assert not decide([], DAYS_30, NOW).removed


ages = st.floats(0, 400, allow_nan=False).map(lambda d: round(d, 2))
some_points = st.lists(
    st.builds(
        lambda days, state, uid, flags, n: point(
            days, state, claim_uid=uid, name=f"s{n}", uid=f"s{n}",
            owned=flags != "foreign", held=flags == "held", in_use="x" if flags == "used" else "",
        ),
        ages,
        st.sampled_from(State),
        st.sampled_from(["u1", "u2"]),
        st.sampled_from(["", "", "", "held", "used", "foreign"]),
        st.integers(0, 10**9),
    ),
    max_size=40,
    unique_by=lambda p: p.name,
)  # fmt: skip
policies = st.builds(
    Policy,
    st.none() | st.integers(0, 100).map(lambda d: timedelta(days=d)),
    st.none() | st.integers(0, 10),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(0, 4),
    zone=st.sampled_from(["UTC", "Australia/Lord_Howe", "America/New_York"]),
)


def removed(points: Iterable[Point], policy: Policy) -> set[str]:
    return {p.name for p in decide(list(points), policy, NOW).removed}


@given(some_points, policies)
@settings(deadline=None)
def test_the_newest_good_ones_of_every_series_always_stay(points: list[Point], policy: Policy) -> None:
    gone = removed(points, policy)
    for uid in ("u1", "u2"):
        good = sorted((p for p in points if p.claim_uid == uid and p.good and p.owned), key=lambda p: p.when or NOW)
        for p in good[-max(1, policy.min_good) :]:
            twins = [q for q in good if q.when == p.when]  # of one moment any may be the one that stays
            assert p.name not in gone or len(twins) > 1
        assert not good or any(p.name not in gone for p in good)


@given(some_points, policies)
@settings(deadline=None)
def test_what_is_left_is_left_again(points: list[Point], policy: Policy) -> None:
    gone = removed(points, policy)
    assert not removed((p for p in points if p.name not in gone), policy)


@given(some_points, policies, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_points_never_matters(points: list[Point], policy: Policy, luck: random.Random) -> None:
    shuffled = list(points)
    luck.shuffle(shuffled)
    assert removed(points, policy) == removed(shuffled, policy)


@given(some_points, policies)
@settings(deadline=None)
def test_points_that_are_not_good_never_displace_a_good_one(points: list[Point], policy: Policy) -> None:
    good = [p for p in points if p.good]
    assert removed(good, policy) == {name for name in removed(points, policy) if name in {p.name for p in good}}


@given(some_points, policies)
@settings(deadline=None)
def test_only_what_is_ours_finished_and_free_ever_goes(points: list[Point], policy: Policy) -> None:
    gone = removed(points, policy)
    for p in points:
        if p.name in gone:
            assert p.owned
            assert p.state in {State.READY, State.LATE}
            assert (p.held, p.in_use, p.grouped) == (False, "", False)


@given(some_points, policies, st.integers(0, 40))
@settings(deadline=None)
def test_a_run_that_was_cut_short_leaves_the_rest_of_the_same_plan(
    points: list[Point], policy: Policy, done: int
) -> None:
    plan = decide(points, policy, NOW).removed
    assert plan == sorted(plan, key=lambda p: p.when or NOW)  # oldest first
    left = [p for p in points if p not in plan[:done]]
    assert {p.name for p in decide(left, policy, NOW).removed} == {p.name for p in plan[done:]}


@given(some_points, policies, st.floats(0, 400))
@settings(deadline=None)
def test_time_that_passes_never_takes_the_last_good_one(points: list[Point], policy: Policy, days: float) -> None:
    for _ in range(3):
        gone = {p.name for p in decide(points, policy, NOW + timedelta(days=days)).removed}
        good = {p.claim_uid for p in points if p.good and p.owned}
        points = [p for p in points if p.name not in gone]
        assert {p.claim_uid for p in points if p.good and p.owned} == good
        days *= 2


def test_points_of_other_tools_are_a_series_of_their_own() -> None:
    """The same rules serve a backup tool: its good ones do not stand for a snapshot, nor a snapshot for them."""
    points = [point(40), point(41, engine="velero"), point(90, engine="velero")]
    assert [line[0] for line in told(points).values()] == ["+", "+", "-"]


def test_one_by_hand_that_stays_anyway_does_not_make_room_for_one_that_ages() -> None:
    """So the report, a prune and the tick, which looks only at those that age, all say the same."""
    points = [point(40, schedule="", follows_schedule=True), point(1, schedule="")]
    assert told(points)["data-40"] == "+ the last good one"
