"""In a large cluster a tick that has nothing to do lists nothing; whatever there is to do is done as if each tick looked."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import NotAllowed, Refused
from snapshot_world import NIGHT, NOON, Nights, nightly, old_nights, settings, text

LARGE: Any = {"limits": {"snapshotMany": 1}}  # so every cluster counts as a large one
NIGHTLY = settings(nightly(), **LARGE)
HOURLY: Any = {"name": "hourly", "schedule": "0 * * * *"}
LISTED = {k.CLAIM.resource, k.SNAPSHOT.resource, k.SNAPSHOT_CONTENT.resource}


def looked(w: Nights, wanted: Any = NIGHTLY, process: str = "p1") -> bool:
    """Tick; tell whether anything was listed."""
    w.cluster.reads.clear()
    w.tick(wanted, process)
    return bool(LISTED & set(w.cluster.reads))


def served() -> Nights:
    """A night that was served, and looked at once more."""
    w = Nights(NOON, ["data"])
    w.tick(NIGHTLY)
    w.at(NIGHT)
    w.tick(NIGHTLY)
    w.move(minutes=5)
    w.tick(NIGHTLY)
    return w


def test_after_a_look_that_found_nothing_open_it_looks_once_an_hour() -> None:
    w = served()
    looks = []
    for _ in range(36):
        w.move(minutes=5)
        looks.append(looked(w))
    assert looks.count(True) == 3
    w.move(minutes=5)
    assert not looked(w)
    assert w.cluster.reads == [k.CONFIG_MAP.resource]  # all that such a tick reads


def test_a_small_cluster_is_looked_at_each_time() -> None:
    w = served()
    assert looked(w, settings(nightly()))
    w.move(minutes=5)
    assert looked(w, settings(nightly()))


def test_the_next_slot_ends_the_quiet_and_is_served_at_once() -> None:
    w = Nights(NOON, ["data"])
    wanted = settings(nightly(), {"name": "noon", "schedule": "30 14 * * *"}, **LARGE)
    w.tick(wanted)
    w.at(NOON + timedelta(hours=2, minutes=29))
    w.tick(wanted)
    w.move(minutes=1)
    assert looked(w, wanted)
    assert w.slots() == ["20260301T1430Z"]


def test_while_one_is_not_ready_every_tick_looks() -> None:
    w = Nights(NOON, ["data"])
    w.tick(NIGHTLY)
    w.ready = lambda _: False
    w.at(NIGHT)
    for _ in range(5):
        assert looked(w)
        w.move(minutes=5)


def test_what_failed_is_tried_again_at_each_tick_within_the_deadline() -> None:
    w = Nights(NOON, ["data"])
    w.tick(NIGHTLY)
    w.cluster.refuse = lambda o: Refused("no", "x") if o["kind"] == "VolumeSnapshot" else None
    w.at(NIGHT)
    for _ in range(4):
        assert looked(w)
        w.move(minutes=5)
    w.cluster.refuse = lambda _: None
    w.tick(NIGHTLY)
    assert w.slots() == ["20260302T0200Z"]


def test_claims_that_cannot_be_snapshotted_do_not_keep_it_looking() -> None:
    w = Nights(NOON, ["data"])
    w.cluster.store.delete(k.SNAPSHOT_CLASS, "csi")
    w.tick(NIGHTLY)
    w.at(NIGHT)
    w.tick(NIGHTLY)
    w.move(hours=2)
    w.tick(NIGHTLY)
    w.move(minutes=5)
    assert not looked(w)


def test_settings_that_were_changed_are_looked_at_at_once() -> None:
    w, _ = old_nights(5)
    w.move(minutes=5)
    kept = settings(nightly(retentionDays=3650), **LARGE)
    w.tick(kept)
    w.move(minutes=5)
    assert not looked(w, kept)
    strict = settings(nightly(retentionDays=3), **LARGE)
    assert "2 of 5 snapshots will be deleted" in text(w.tick(strict))
    w.move(minutes=5)
    assert looked(w, strict)  # a plan that waits
    w.move(minutes=5)
    assert looked(w, kept)  # what was noted for these settings before no longer counts


def test_what_is_too_old_goes_within_the_hour() -> None:
    w, _ = old_nights(5)
    strict = settings(nightly(retentionDays=3), **LARGE)
    w.ticks(strict, hours=26)
    assert w.slots() == ["20260305T0200Z", "20260306T0200Z", "20260307T0200Z"]


@pytest.mark.parametrize("verb", ["read", "write"])
def test_where_the_state_cannot_be_kept_every_tick_looks(verb: str) -> None:
    w = Nights(NOON, ["data"])
    once = settings(nightly(name=f"unkept-{verb}"), **LARGE)
    if verb == "read":
        w.cluster.denied = frozenset([k.CONFIG_MAP.resource])
    w.cluster.refuse = lambda o: NotAllowed("cannot create configmaps") if o["kind"] == "ConfigMap" else None
    for _ in range(3):
        assert looked(w, once)
        w.move(minutes=5)


def test_a_clock_that_was_ahead_does_not_keep_it_quiet() -> None:
    w = served()
    w.move(minutes=5)
    assert not looked(w)
    w.move(hours=-1)
    assert looked(w)


def test_a_restart_and_a_second_runner_read_the_same_note() -> None:
    w = served()
    w.move(minutes=5)
    assert not looked(w, process="p2")
    w.cluster.store.delete(k.CONFIG_MAP, STATE, "robusta")
    assert looked(w, process="p3")
    assert w.slots() == ["20260302T0200Z"]


def test_what_was_told_and_perhaps_not_sent_is_not_left_lying() -> None:
    w = Nights(NOON, ["data"])
    w.tick(NIGHTLY)
    w.at(NIGHT + timedelta(hours=10))
    assert "None of them was made up for" in text(w.tick(NIGHTLY, "p1"))
    w.move(minutes=5)
    assert "None of them was made up for" in text(w.tick(NIGHTLY, "p2"))


@given(
    st.lists(st.tuples(st.integers(1, 70), st.booleans(), st.sampled_from(["p1", "p2"])), min_size=30, max_size=80),
    st.sampled_from(["one runner", "two"]),
)
@examples(max_examples=15, deadline=None)
def test_the_same_snapshots_are_made_and_the_same_is_said_as_if_every_tick_looked(
    steps: list[tuple[int, bool, str]], runners: str
) -> None:
    """Each step: so many minutes later, whether the driver works, which of two runners ticks."""
    small, large = settings(HOURLY), settings(HOURLY, **LARGE)
    worlds = [Nights(NOON, ["data", "files"]) for _ in range(2)]
    for minutes, works, process in steps:
        for w, wanted in zip(worlds, (small, large), strict=True):
            w.move(minutes=minutes)
            w.ready = (lambda _: True) if works else (lambda _: False)
            w.tick(wanted, process if runners == "two" else "p1")
    every, quiet = worlds
    assert quiet.slots("data") == every.slots("data")
    assert quiet.slots("files") == every.slots("files")
    assert len(set(quiet.slots("data"))) == len(quiet.slots("data"))
    assert [page.title for page in quiet.pages] == [page.title for page in every.pages]
