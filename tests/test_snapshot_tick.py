"""The tick of the snapshot schedules: exactly once, never the last good one, and a word only when something changed."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError, NotAllowed, QuotaExceeded, Refused
from robusta_volumes._model.times import UTC
from snapshot_world import NIGHT, NOON, Nights, nightly, old_nights, settings, text

NIGHTLY = settings(nightly())


def world(*claims: str) -> Nights:
    """A schedule that has been known since noon."""
    found = Nights(NOON, list(claims) or ["data"])
    found.tick(NIGHTLY)
    return found


def test_a_month_of_nights_leaves_one_snapshot_a_night_and_says_one_thing_the_plan() -> None:
    w = Nights(NOON, ["data", "files"])
    week = settings(nightly(retentionDays=7))
    w.ticks(week, hours=30 * 24, every=90)
    assert w.slots("data") == [f"202603{day:02}T0200Z" for day in range(25, 32)]
    assert w.slots("files") == w.slots("data")
    assert [page.title for page in w.pages] == [
        'Snapshots "nightly": 2 of 16 snapshots will be deleted from 2026-03-10 02:00 UTC on'
    ]


def test_the_first_load_fires_nothing_and_the_next_slot_is_served() -> None:
    w = Nights(datetime(2026, 3, 1, 2, 3, tzinfo=UTC), ["data"])
    assert w.tick(NIGHTLY) == []
    assert w.slots() == []
    w.at(NIGHT)
    assert w.tick(NIGHTLY) == []
    assert w.slots() == ["20260302T0200Z"]


def test_without_a_schedule_nothing_is_made_and_nothing_deleted_however_old_it_is() -> None:
    w = world()
    w.at(NIGHT)
    w.tick(NIGHTLY)
    w.move(days=400)
    assert w.tick(settings()) == []
    assert len(w.snapshots()) == 1


# --- exactly once


def test_double_ticks_two_runners_and_a_restart_make_one() -> None:
    w = world("data", "files")
    w.at(NIGHT)
    for process in ("p1", "p1", "p2", "p1", "p3"):
        assert w.tick(NIGHTLY, process) == []
        w.move(seconds=10)
    assert w.slots() == ["20260302T0200Z"] * 2


def test_a_restart_before_it_was_noted_makes_what_was_missing_and_adopts_the_rest() -> None:
    w = world("data", "files", "logs")
    before = w.cluster.store.get(k.CONFIG_MAP, STATE, "robusta")
    w.at(NIGHT)
    w.tick(NIGHTLY)
    kept = {o["metadata"]["uid"] for o in w.snapshots("data") + w.snapshots("files")}
    (third,) = w.snapshots("logs")
    w.cluster.store.delete(k.SNAPSHOT, third["metadata"]["name"], "shop")
    w.cluster.store.replace({**before, "metadata": {"name": STATE, "namespace": "robusta"}})
    w.move(minutes=3)
    assert w.tick(NIGHTLY, "p2") == []
    assert kept < {o["metadata"]["uid"] for o in w.snapshots()}
    assert w.slots() == ["20260302T0200Z"] * 3


def test_a_runner_that_was_faster_is_met_by_its_snapshot_which_counts_as_ours() -> None:
    """Both saw that nothing was there; the second one is refused by the name, looks, and takes it for done."""
    one, two = world(), world()
    one.at(NIGHT)
    one.tick(NIGHTLY)
    (made,) = one.snapshots()
    two.at(NIGHT)
    two.cluster.refuse = lambda _: faster(two, made)
    assert two.tick(NIGHTLY) == []
    assert len(two.snapshots()) == 1


def faster(w: Nights, o: dict[str, Any]) -> ClusterError | None:
    """Somebody else makes this in the moment before we do."""
    w.cluster.store.create(o)
    return None


def test_a_snapshot_of_that_name_that_is_not_ours_is_not_taken_for_done() -> None:
    one, two = world(), world()
    one.at(NIGHT)
    one.tick(NIGHTLY)
    (made,) = one.snapshots()
    foreign = {**made, "metadata": {**made["metadata"], "labels": {}}}
    two.at(NIGHT)
    two.cluster.refuse = lambda _: faster(two, foreign)
    assert "is there and not ours" in text(two.tick(NIGHTLY))


def test_a_clock_that_jumps_back_an_hour_makes_nothing_again() -> None:
    w = world()
    hourly = settings({"name": "hourly", "schedule": "0 * * * *"})
    w.tick(hourly)
    w.ticks(hourly, hours=3)
    before = w.slots()
    w.move(hours=-1)
    assert w.ticks(hourly, hours=0.9) == []
    assert w.slots() == before


def test_without_its_memory_a_schedule_goes_on_from_the_slots_of_its_snapshots() -> None:
    w = world()
    w.at(NIGHT)
    w.tick(NIGHTLY)
    w.cluster.store.delete(k.CONFIG_MAP, STATE, "robusta")
    w.move(hours=6)
    assert w.tick(NIGHTLY, "p2") == []
    assert w.slots() == ["20260302T0200Z"]


def test_where_the_state_cannot_be_kept_this_process_remembers() -> None:
    once = settings(nightly(name="unkept"))
    w = Nights(NOON, ["data"])
    w.cluster.refuse = lambda o: NotAllowed("cannot create configmaps") if o["kind"] == "ConfigMap" else None
    w.tick(once)
    w.at(NIGHT)
    w.tick(once)
    w.tick(once)
    assert w.slots() == ["20260302T0200Z"]


# --- missed slots


def test_missed_slots_are_told_once_and_only_the_latest_is_made_up_for() -> None:
    w = world()
    hourly = settings({"name": "hourly", "schedule": "0 * * * *"})
    w.tick(hourly)
    w.move(hours=3, minutes=5)
    (page,) = w.tick(hourly)
    assert page.title == 'Snapshots "hourly": 2 runs were missed'
    assert "13:00 UTC, 14:00 UTC. 15:00 UTC was taken." in text([page])
    assert w.slots() == ["20260301T1500Z"]
    assert w.ticks(hourly, hours=0.5) == []


def test_a_slot_of_last_night_is_not_made_up_for_at_noon() -> None:
    w = world()
    w.at(NIGHT + timedelta(hours=10))
    (page,) = w.tick(NIGHTLY)
    assert "02:00 UTC. None of them was made up for." in text([page])
    assert w.slots() == []
    w.at(NIGHT + timedelta(days=1))
    w.tick(NIGHTLY)
    assert w.slots() == ["20260303T0200Z"]


def test_what_was_not_surely_sent_is_said_again_by_the_next_process_and_then_no_more() -> None:
    w = world()
    w.at(NIGHT + timedelta(hours=10))
    first = w.tick(NIGHTLY, "p1")
    again = w.tick(NIGHTLY, "p2")
    assert [page.identity for page in again] == [page.identity for page in first]
    assert w.tick(NIGHTLY, "p2") == []
    assert w.tick(NIGHTLY, "p3") == []


# --- what fails


def test_one_claim_that_fails_stops_no_other_and_is_told_once() -> None:
    w = world("a", "b", "c")
    w.cluster.refuse = lambda o: refused(o, "b", Refused("denied by policy x", "Ask its owner."))
    w.at(NIGHT)
    (page,) = w.tick(NIGHTLY)
    assert page.title == 'Snapshots "nightly" 02:00 UTC: 2 of 3 made, 1 failed'
    assert "| shop/b | denied by policy x · last good: never |" in text([page])
    assert w.ticks(NIGHTLY, hours=0.5) == []
    w.cluster.refuse = lambda _: None
    (over,) = w.ticks(NIGHTLY, hours=0.1)
    assert over.title == '[RESOLVED] Snapshots "nightly": every claim has its snapshot again'
    assert over.identity == page.identity
    assert w.slots() == ["20260302T0200Z"] * 3


def refused(o: dict[str, Any], claim: str, error: ClusterError) -> ClusterError | None:
    return error if o.get("spec", {}).get("source", {}).get("persistentVolumeClaimName") == claim else None


def test_a_failure_is_tried_again_only_within_the_deadline() -> None:
    w = world("a")
    w.cluster.refuse = lambda o: refused(o, "a", Refused("no", "x"))
    w.at(NIGHT)
    w.tick(NIGHTLY)
    w.move(hours=2)
    w.cluster.refuse = lambda _: None
    w.tick(NIGHTLY)
    assert w.slots() == []


def test_late_is_told_after_the_deadline_and_ready_after_all_is_recovered() -> None:
    w = world()
    w.ready = lambda _: False
    w.at(NIGHT)
    said = w.ticks(NIGHTLY, hours=1)
    unobserved = [page for page in said if "no controller has touched" in text([page])]
    assert len(unobserved) == 1
    late = w.ticks(NIGHTLY, hours=0.5)
    assert [page.title for page in late] == ['Snapshots "nightly" 02:00 UTC: 0 of 1 ready, 1 not ready in time']
    w.ready = lambda _: True
    w.controller()
    w.tick(NIGHTLY)
    assert w.pages[-1].title.startswith('[RESOLVED] Snapshots "nightly"')
    assert w.pages[-1].identity == late[0].identity
    assert w.ticks(NIGHTLY, hours=1) == []


def test_without_a_controller_that_is_what_is_said_also_after_the_deadline() -> None:
    w = world()
    w.controller = lambda: None  # type: ignore[method-assign]  # none runs
    w.at(NIGHT)
    assert w.tick(NIGHTLY) == []
    soon, late = w.ticks(NIGHTLY, hours=20)
    assert soon.title == 'Snapshots "nightly" 02:00 UTC: 0 of 1 ready, 1 touched by no controller'
    assert "; no controller has touched it" in text([late])
    assert all("kubectl get pods -A | grep snapshot-controller" in text([page]) for page in (soon, late))


def test_a_snapshot_that_is_only_cut_is_pending_and_said_nothing_of() -> None:
    w = world()
    w.ready = lambda _: False
    w.at(NIGHT)
    w.tick(NIGHTLY)
    (made,) = w.snapshots()
    status = {"creationTime": "2026-03-02T02:01:09Z", "readyToUse": False, "error": {"message": "uploading"}}
    w.cluster.store.patch(k.SNAPSHOT, made["metadata"]["name"], "shop", {"status": status})
    assert w.ticks(NIGHTLY, hours=0.5) == []


def test_while_an_earlier_one_is_under_way_none_is_added() -> None:
    hourly = settings({"name": "hourly", "schedule": "0 * * * *"}, limits={"snapshotMinutes": 600})
    w = world()
    w.tick(hourly)
    w.ready = lambda _: False
    w.ticks(hourly, hours=1.05)
    (made,) = w.snapshots()
    status = {"status": {"creationTime": made["metadata"]["creationTimestamp"], "readyToUse": False}}
    w.cluster.store.patch(k.SNAPSHOT, made["metadata"]["name"], "shop", status)
    w.ticks(hourly, hours=1.5)
    assert len(w.snapshots()) == 1
    assert "1 earlier snapshot not ready yet: another is not added" in text(w.pages)


def test_a_schedule_puts_its_labels_on_its_snapshots_and_takes_its_own_class() -> None:
    w = Nights(NOON, ["data"])
    keep = {**w.cluster.store.get(k.SNAPSHOT_CLASS, "csi"), "metadata": {"name": "keep"}, "deletionPolicy": "Retain"}
    w.cluster.store.create(keep)
    wanted = settings(nightly(snapshotClass="keep", labels={"team": "db"}))
    w.tick(wanted)
    w.at(NIGHT)
    assert w.tick(wanted) == []
    (made,) = w.snapshots()
    assert made["spec"]["volumeSnapshotClassName"] == "keep"
    assert made["metadata"]["labels"]["team"] == "db"


def test_what_cannot_be_snapshotted_is_no_reason_to_be_woken_and_told_once() -> None:
    w = world("good")
    bad = Nights(NOON, ["old"], driver="rook.example").cluster.store
    for kind in (k.CLAIM, k.VOLUME):
        for item in bad.find(kind):
            w.cluster.store.create(item)
    w.at(NIGHT)
    (page,) = w.tick(NIGHTLY)
    assert page.severity.word == "medium"
    assert page.title == 'Snapshots "nightly" 02:00 UTC: 1 of 2 made, 1 cannot be snapshotted'
    assert w.ticks(NIGHTLY, hours=48, every=30) == []


def test_snapshots_that_the_cluster_does_not_serve_are_one_message_and_one_when_they_are() -> None:
    w = world("a", "b")
    w.cluster.absent = frozenset({k.SNAPSHOT.resource})
    (page,) = w.tick(NIGHTLY)
    assert page.title.startswith(
        "Taking snapshots failed: volumesnapshots.snapshot.storage.k8s.io (snapshot.storage.k8s.io/v1) is not served"
    )
    assert "No snapshot is made and none is deleted until this is repaired" in text([page])
    assert w.ticks(NIGHTLY, hours=48, every=60) == []
    w.cluster.absent = frozenset()
    over, missed = w.ticks(NIGHTLY, hours=0.2)
    assert over.title == "[RESOLVED] Taking snapshots works again"
    assert over.identity == page.identity
    assert missed.title == 'Snapshots "nightly": 2 runs were missed'


@pytest.mark.parametrize("resource", [k.CLAIM.resource, k.VOLUME.resource, k.SNAPSHOT_CLASS.resource])
def test_what_may_not_be_read_stops_everything_and_names_the_rule(resource: str) -> None:
    w = world()
    w.at(NIGHT)
    w.cluster.denied = frozenset({resource})
    (page,) = w.tick(NIGHTLY)
    assert f'resources: ["{resource.partition(".")[0]}"]' in text([page])
    assert w.slots() == []


# --- retention


def test_the_first_plan_is_published_and_carried_out_one_interval_later() -> None:
    w, _ = old_nights(5)
    strict = settings(nightly(retentionDays=3))
    w.move(hours=1)
    (page,) = w.tick(strict)
    assert page.title == 'Snapshots "nightly": 2 of 5 snapshots will be deleted from 2026-03-07 02:00 UTC on'
    assert "data-nightly" in text([page])
    assert w.ticks(strict, hours=22) == []
    assert len(w.slots()) == 5
    w.ticks(strict, hours=2)
    assert w.slots() == ["20260305T0200Z", "20260306T0200Z", "20260307T0200Z"]


def test_a_plan_that_perhaps_nobody_saw_is_not_carried_out() -> None:
    w, _ = old_nights(5)
    strict = settings(nightly(retentionDays=4))
    w.move(hours=1)
    assert len(w.tick(strict, "p1")) == 1
    w.move(hours=30)  # the runner died before it could send it, and came back a day later
    said = w.tick(strict, "p2")
    assert "will be deleted" in text(said)
    assert len(w.slots()) == 5


def test_a_milder_policy_needs_no_word_and_a_stricter_one_is_published_again() -> None:
    w, _ = old_nights(8)
    first = settings(nightly(retentionDays=6))
    w.move(hours=1)
    w.ticks(first, hours=30, every=30)
    w.pages.clear()
    milder = settings(nightly(retentionDays=7))
    assert w.ticks(milder, hours=72, every=30) == []
    stricter = settings(nightly(retentionDays=5))
    assert "will be deleted" in text(w.tick(stricter))


def test_more_than_half_of_a_claims_good_ones_is_refused_until_confirmed() -> None:
    w, _ = old_nights(10)
    strict = settings(nightly(retentionDays=1))
    (page,) = w.tick(strict)
    assert page.title == 'Snapshots "nightly": would delete 8 of 10 snapshots, refused'
    assert "8 of the 10 good ones of shop/data would go" in text([page])
    assert "prune_pvc_snapshots schedule=nightly confirm=true dry_run=false" in text([page])
    assert w.ticks(strict, hours=20, every=30) == []
    assert len(w.slots()) == 10


def test_a_clock_behind_the_newest_snapshot_deletes_nothing() -> None:
    w, _ = old_nights(9)
    strict = settings(nightly(retentionDays=6))
    w.ticks(strict, hours=30, every=30)
    w.at(NIGHT + timedelta(days=8))
    w.pages.clear()
    stricter = settings(nightly(retentionDays=6, keepLast=3))
    assert "the runner's clock says is yet to come" in text(w.tick(stricter))


def test_one_run_deletes_so_many_and_the_next_goes_on() -> None:
    w, _ = old_nights(16)
    strict = settings(nightly(retentionDays=10), maxDeletePerRun=2)
    w.ticks(strict, hours=23, every=60)
    counts = []
    for _ in range(6):
        w.move(minutes=12)
        w.tick(strict)
        counts.append(len(w.slots()))
    assert counts == [16, 16, 16, 16, 15, 13]
    w.ticks(strict, hours=1, every=12)
    assert w.slots()[0] == "20260309T0200Z"


def test_what_people_hold_or_restore_from_stays() -> None:
    w, _ = old_nights(6)
    first, second, *_ = (o["metadata"]["name"] for o in w.snapshots())
    w.cluster.store.patch(k.SNAPSHOT, first, "shop", {"metadata": {"labels": {"robusta-volumes.dev/hold": "true"}}})
    w.cluster.store.create(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "restored", "namespace": "shop"},
            "spec": {"dataSource": {"kind": "VolumeSnapshot", "name": second, "apiGroup": k.SNAPSHOT.group}},
            "status": {"phase": "Pending"},
        }
    )
    w.ticks(settings(nightly(retentionDays=4)), hours=64, every=30)
    assert w.slots("data")[:2] == ["20260302T0200Z", "20260303T0200Z"]
    assert "20260304T0200Z" not in w.slots("data")


def test_a_snapshot_that_changed_since_it_was_judged_is_left_alone() -> None:
    w, _ = old_nights(5)
    strict = settings(nightly(retentionDays=3))
    w.ticks(strict, hours=23, every=60)
    (first, *_) = w.snapshots()
    store, name = w.cluster.store, first["metadata"]["name"]
    plain = store.find

    def held_meanwhile(kind: k.Kind, *args: Any, **more: Any) -> Any:
        found = plain(kind, *args, **more)
        if kind == k.SNAPSHOT and any(o["metadata"]["name"] == name for o in plain(kind)):
            store.patch(kind, name, "shop", {"metadata": {"labels": {"robusta-volumes.dev/hold": "true"}}})
        return found

    store.find = held_meanwhile  # type: ignore[method-assign]  # somebody is faster
    w.ticks(strict, hours=2, every=60)
    assert name in {o["metadata"]["name"] for o in plain(k.SNAPSHOT)}


def test_what_failed_in_the_tick_that_published_a_plan_is_over_when_it_is_made() -> None:
    w, _ = old_nights(12)
    w.cluster.refuse = lambda _: QuotaExceeded("exceeded quota: snapshots", "raise the quota")
    w.at(NIGHT + timedelta(days=12))
    strict = settings(nightly(retentionDays=9))
    assert [page.title for page in w.tick(strict)] == [
        'Snapshots "nightly": 3 of 12 snapshots will be deleted from 2026-03-15 02:00 UTC on',
        'Snapshots "nightly" 02:00 UTC: 0 of 1 made, 1 failed',
    ]
    w.cluster.refuse = lambda _: None
    w.move(minutes=5)
    (page,) = w.tick(strict)
    assert page.title == '[RESOLVED] Snapshots "nightly": every claim has its snapshot again'
