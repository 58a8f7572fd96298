"""What other tools get wrong: each test fails on their behaviour, and its docstring names the tool and the defect."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from robusta_volumes._analysis.retention import Policy, decide
from robusta_volumes._cluster.read_points import Around, snapshot_point
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import CreateSnapshots, RestoreSnapshot
from robusta_volumes._model.errors import ClusterError, NotInstalled, QuotaExceeded, Refused
from robusta_volumes._model.ours import DOMAIN, MANAGED_BY
from robusta_volumes._model.plan import Create, Outcome
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_restore import restore_pvc_snapshot
from snapshot_world import NIGHT, NIGHTLY, NOON, Nights, nightly, old_nights, one_night, settings, text


def refused(o: dict[str, Any], claim: str, error: ClusterError) -> ClusterError | None:
    return error if o.get("spec", {}).get("source", {}).get("persistentVolumeClaimName") == claim else None


# --- creation


def test_the_version_that_clusters_serve_is_asked_for() -> None:
    """Robusta's create_pvc_snapshot posts v1beta1, which no cluster serves since external-snapshotter 6: 404."""
    w = Nights(NOON, ["data"])
    create_pvc_snapshots(w.cluster, CreateSnapshots("data", "shop"), settings(), lambda _: w.controller())
    assert [o["apiVersion"] for o in w.snapshots()] == ["snapshot.storage.k8s.io/v1"]


def test_what_was_only_made_is_not_called_done() -> None:
    """Robusta's create_pvc_snapshot says "Successfully created" after the POST and never looks again."""
    w = Nights(NOON, ["data"])
    w.ready = lambda _: False
    page = create_pvc_snapshots(w.cluster, CreateSnapshots("data", "shop"), settings(), lambda _: w.controller())
    assert page.title == "Snapshot of shop/data is asked for, not cut yet"


def test_a_refused_creation_reaches_chat() -> None:
    """Robusta's create_pvc_snapshot lets the error leave the action: it is logged, and nobody is told."""
    w = Nights(NOON, ["data"])
    w.cluster.refuse = lambda _: Refused("denied by policy x", "Ask its owner.")
    page = create_pvc_snapshots(w.cluster, CreateSnapshots("data", "shop"), settings(), lambda _: None)
    assert "denied by policy x" in to_markdown(page)
    w.cluster.absent = frozenset({k.SNAPSHOT.resource})
    with pytest.raises(NotInstalled):  # one of the errors that the host makes a finding of
        create_pvc_snapshots(w.cluster, CreateSnapshots("data", "shop"), settings(), lambda _: None)


@pytest.mark.parametrize("parallel", [1, 4])
def test_the_first_error_does_not_stop_the_claims_after_it(parallel: int) -> None:
    """Snapscheduler's handleSnapshotting stops at the first error."""
    w = Nights(NOON, ["a", "b", "c"])
    on = settings(nightly(maxParallel=parallel))
    w.tick(on)
    w.cluster.refuse = lambda o: refused(o, "a", Refused("no", "x"))
    w.at(NIGHT)
    w.tick(on)
    assert [len(w.snapshots(name)) for name in ("a", "b", "c")] == [0, 1, 1]


@pytest.mark.parametrize("parallel", [1, 3])
def test_no_more_are_asked_for_at_once_than_the_settings_say(parallel: int) -> None:
    """K8up declares concurrentRunsAllowed and never reads it; k8s-scheduled-volume-snapshotter 30: storage throttles."""
    w = Nights(NOON, [f"c{n}" for n in range(9)])
    on = settings(nightly(maxParallel=parallel))
    w.tick(on)
    lock, now, most = threading.Lock(), [0], [0]
    plain = w.cluster.carry_out

    def counted(plan: Any) -> list[Outcome]:
        if not all(isinstance(step, Create) and step.manifest["kind"] == k.SNAPSHOT.name for step in plan):
            return plain(plan)
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        found = plain(plan)
        with lock:
            now[0] -= 1
        return found

    w.cluster.carry_out = counted  # type: ignore[method-assign]  # storage that takes a moment
    w.at(NIGHT)
    w.tick(on)
    assert len(w.slots()) == 9
    assert most == [parallel]


def test_hours_may_be_ranges_and_single_ones_together() -> None:
    """Snapscheduler's schema refuses "0 3-5,7 * * *", which is good cron."""
    on = settings(nightly(schedule="0 3-5,7 * * *"))
    w = Nights(NOON, ["data"])
    w.tick(on)
    w.ticks(on, hours=24, every=10)
    assert [slot[-5:-3] for slot in w.slots()] == ["03", "04", "05", "07"]


# --- retention


def test_a_full_quota_frees_itself_since_retention_does_not_wait_for_creation() -> None:
    """Snapscheduler returns before its expiry while creation fails: the quota is full for ever."""
    w, _ = old_nights(5)
    strict = settings(nightly(retentionDays=4))
    w.tick(strict)
    w.ticks(strict, hours=23, every=60)

    def quota(o: dict[str, Any]) -> ClusterError | None:
        full = o["kind"] == "VolumeSnapshot" and len(w.snapshots()) >= 4
        return QuotaExceeded("exceeded quota: snapshots", "Raise it.") if full else None

    w.cluster.refuse = quota
    w.ticks(strict, hours=30)
    assert "quota snapshots is full" in text(w.pages)
    assert w.slots()[-2:] == ["20260307T0200Z", "20260308T0200Z"]


def test_a_slow_snapshot_is_never_deleted_for_the_next_one() -> None:
    """Snapscheduler issue 346: each new one deletes the one that is still uploading, and none is ever ready."""
    w, _ = old_nights(2)
    last = settings(nightly(keepLast=1, maxPending=2), limits={"snapshotMinutes": 6000})
    w.ticks(last, hours=70, every=30)
    w.ready = lambda _: False
    w.ticks(last, hours=70, every=30)
    assert w.slots() == [f"202603{day:02}T0200Z" for day in (5, 6, 7)]  # the good one, and two that upload
    w.ready = lambda _: True
    w.controller()
    w.ticks(last, hours=1, every=30)
    assert w.slots() == ["20260307T0200Z"]


def test_two_claims_whose_long_names_begin_alike_have_each_their_own() -> None:
    """Snapscheduler cuts names: the second claim's snapshot would collide with the first one's."""
    w = Nights(NOON, ["a" * 200 + "1", "a" * 200 + "2"])
    w.tick(NIGHTLY)
    w.at(NIGHT)
    assert w.tick(NIGHTLY) == []
    assert len({o["spec"]["source"]["persistentVolumeClaimName"] for o in w.snapshots()}) == 2
    assert all(len(o["metadata"]["name"]) <= 63 for o in w.snapshots())


def test_age_counts_from_when_the_data_was_cut_not_from_when_the_object_was_made() -> None:
    """A restore by a backup tool makes the objects anew: by creationTimestamp all would be young."""
    w, _ = old_nights(6)
    for o in w.snapshots():
        w.cluster.store.delete(k.SNAPSHOT, o["metadata"]["name"], "shop")
        again = w.cluster.store.create(o)
        meta = again["metadata"]
        content = f"snapcontent-{o['metadata']['uid']}"
        ref = {"spec": {"volumeSnapshotRef": {"uid": meta["uid"]}}}
        w.cluster.store.patch(k.SNAPSHOT_CONTENT, content, None, ref)
    w.ticks(settings(nightly(retentionDays=4)), hours=40, every=30)
    assert w.slots()[0] == "20260305T0200Z"


def test_nothing_goes_to_make_room_for_one_that_is_then_refused() -> None:
    """Gemini deletes before it creates, and does not look whether what it keeps is ready."""
    w, _ = old_nights(1)
    last = settings(nightly(keepLast=1))
    w.cluster.refuse = lambda o: refused(o, "data", Refused("no", "x"))
    w.ticks(last, hours=72, every=30)
    assert w.slots() == ["20260302T0200Z"]


def test_a_failed_one_does_not_stand_for_todays() -> None:
    """k8s-scheduled-volume-snapshotter 26: a failed snapshot counts as recent, and the daily run is skipped."""
    w, kept = old_nights(1)
    w.ready = lambda _: False
    w.at(NIGHT + timedelta(days=1))
    w.tick(kept)
    w.at(NIGHT + timedelta(days=2))
    w.tick(kept)
    assert w.slots() == ["20260302T0200Z", "20260303T0200Z", "20260304T0200Z"]


def test_the_last_good_one_outlives_its_age_while_newer_ones_fail() -> None:
    """Snapscheduler issue 688: readiness is ignored, and retention removes the last valid snapshot."""
    w, _ = old_nights(2)
    w.ready = lambda _: False
    w.ticks(settings(nightly(retentionDays=1, keepLast=1)), hours=24 * 10, every=60)
    good = [o for o in w.snapshots() if (o.get("status") or {}).get("readyToUse")]
    assert [o["metadata"]["labels"]["robusta-volumes.dev/slot"] for o in good] == ["20260303T0200Z"]


def test_as_many_are_kept_as_is_said_and_not_one_more() -> None:
    """Gemini keeps one more than asked for."""
    w, _ = old_nights(1)
    w.ticks(settings(nightly(keepLast=3)), hours=24 * 9 + 2, every=60)
    assert w.slots() == ["20260309T0200Z", "20260310T0200Z", "20260311T0200Z"]


def test_an_empty_claim_made_again_under_the_name_pushes_out_none_of_the_old_data() -> None:
    """Volsync issue 1211: snapshots of a claim that was made anew, and is empty, displace those with the data."""
    w, _ = old_nights(2)
    old = w.cluster.store.get(k.CLAIM, "data", "shop")
    w.cluster.store.delete(k.CLAIM, "data", "shop")
    new = {**old, "metadata": {"name": "data", "namespace": "shop", "uid": "made-again"}}
    w.cluster.store.create(new)
    claim = w.cluster.store.get(k.CLAIM, "data", "shop")["metadata"]["uid"]
    for o in w.cluster.store.find(k.VOLUME):
        ref = {"spec": {"claimRef": {"uid": claim}}}
        w.cluster.store.patch(k.VOLUME, o["metadata"]["name"], None, ref)
    w.ticks(settings(nightly(keepLast=2)), hours=24 * 9 + 2, every=60)
    assert w.slots() == ["20260302T0200Z", "20260303T0200Z", "20260311T0200Z", "20260312T0200Z"]


def test_a_snapshot_that_got_our_labels_by_copying_is_not_ours() -> None:
    """Velero issue 5781: it copies a claim's labels onto its own snapshot, which a retention by label then deletes."""
    w, _ = old_nights(3)
    first, *_ = w.snapshots()
    copied = {
        **first,
        "metadata": {"name": "velero-data-x", "namespace": "shop", "labels": first["metadata"]["labels"]},
    }
    w.cluster.store.create(copied)
    w.ticks(settings(nightly(retentionDays=2)), hours=24 * 9, every=60)
    assert "velero-data-x" in {o["metadata"]["name"] for o in w.snapshots()}


def test_claims_get_no_label_of_ours_neither_by_a_tick_nor_by_a_restore() -> None:
    """The same issue from the other side: what is not on a claim cannot be copied from it."""
    w = one_night()
    before = w.cluster.store.find(k.CLAIM)
    w.ticks(NIGHTLY, hours=24, every=60)
    assert w.cluster.store.find(k.CLAIM) == before
    restore_pvc_snapshot(w.cluster, RestoreSnapshot("data", "shop", dry_run=False), NIGHTLY, lambda _: None)
    assert len(w.cluster.store.find(k.CLAIM)) == 2
    labels = {key for o in w.cluster.store.find(k.CLAIM) for key in o["metadata"].get("labels") or {}}
    assert not {key for key in labels if key == MANAGED_BY or key.startswith(DOMAIN)}


def test_a_snapshot_that_a_backup_tool_brought_back_is_not_ours_to_delete() -> None:
    """A restore by Velero makes the object anew, with our labels and name, from a content and not from the claim."""
    w, _ = old_nights(1)
    (made,) = w.snapshots()
    made["spec"]["source"] = {"volumeSnapshotContentName": "brought-back"}
    point = snapshot_point(made, Around(w.now, timedelta(1), timedelta(1)))
    assert (point.owned, point.slot, point.claim) == (False, None, "data")
    assert not decide([point], Policy(timedelta(0)), w.now + timedelta(days=99)).remove.any()


def test_retention_that_was_changed_counts_for_what_is_there() -> None:
    """Velero issue 6868: a changed TTL is for new backups only."""
    w, _ = old_nights(8)
    w.ticks(settings(nightly(retentionDays=5)), hours=40, every=30)
    assert w.slots()[0] == "20260306T0200Z"


# --- restore


def test_a_restore_deletes_nothing_and_looks_at_the_snapshot_first() -> None:
    """Gemini deletes the claim, and only then looks for a snapshot to restore (issue 66)."""
    w = one_night()
    done: list[Any] = []
    plain = w.cluster.carry_out

    def noted(plan: Any) -> list[Outcome]:
        done.extend(plan)
        return plain(plan)

    w.cluster.carry_out = noted  # type: ignore[method-assign]  # notes what is written
    ask = RestoreSnapshot("data", "shop", dry_run=False)
    restore_pvc_snapshot(w.cluster, ask, NIGHTLY, lambda _: None)
    assert [type(step) for step in done] == [Create]
    for o in w.snapshots():
        w.cluster.store.patch(k.SNAPSHOT, o["metadata"]["name"], "shop", {"status": {"readyToUse": False}})
    done.clear()
    restore_pvc_snapshot(w.cluster, ask, NIGHTLY, lambda _: None)
    assert done == []
