"""What a test of a snapshot made goes away even when the note about it was lost: known by our labels and its own name."""

from pathlib import Path

from robusta_volumes._cluster.state import NAME
from robusta_volumes._engines.csi_snapshots import restore_manifest, trial_manifest
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.plan import Delete
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.markdown import to_markdown
from snapshot_verify_world import SnapshotWorld

LATER = 80  # minutes: an hour for a test, and a quarter of one


def lost(folder: Path) -> SnapshotWorld:
    """A test under way, whose claim and first pod are there, and somebody deletes the ConfigMap with all notes."""
    w = SnapshotWorld(folder, wait=True)
    w.restores = False
    w.verify()
    note = w.cluster.store.get(k.CONFIG_MAP, NAME, "robusta")
    w.cluster.store.delete(k.CONFIG_MAP, NAME, "robusta", uid=note["metadata"]["uid"])
    return w


def test_what_a_forgotten_test_made_is_taken_away_and_told_once(tmp_path: Path) -> None:
    w = lost(tmp_path)
    assert len(w.left) == 2  # the claim, and the pod that it waits for
    (page,) = w.tick(minutes=LATER)
    assert page.title == "Removed what a forgotten test of the snapshot of shop/data had left"
    assert page.severity is Severity.LOW
    assert "*Do this:*" in to_markdown(page)
    assert w.left == []
    assert w.tick() == []
    assert w.cluster.store.get(k.CLAIM, "data", "shop")


def test_one_whose_time_is_not_over_may_still_be_followed_by_another_runner(tmp_path: Path) -> None:
    w = lost(tmp_path)
    assert w.tick(minutes=70) == []
    assert len(w.left) == 2


def test_one_that_is_remembered_is_ended_as_a_test_and_not_as_forgotten(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    w.restores = False
    w.verify()
    (page,) = w.tick(minutes=LATER)
    assert "it was not restored within 60 minutes" in page.title


def test_what_does_not_carry_our_labels_and_its_own_name_stays(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    plain = restore_manifest("plain", "shop", "data-600", "10Gi", "gp3", ("ReadWriteOnce",), "Filesystem")
    copied = trial_manifest("data", {**plain, "metadata": {**plain["metadata"], "name": "copied"}})
    copied["metadata"]["annotations"][ours.SELF] = "another"
    bare = trial_manifest("data", {**plain, "metadata": {**plain["metadata"], "name": "bare"}})
    del bare["spec"]["dataSource"]  # what a backup tool wrote back
    for one in (plain, copied, bare):
        w.cluster.store.create(one)
    before = w.left
    assert w.tick(days=2) == []
    assert w.left == before


def test_what_would_not_go_is_tried_again_and_told_once(tmp_path: Path) -> None:
    w = lost(tmp_path)
    w.cluster.forbidden = frozenset({k.CLAIM.resource})
    (page,) = w.tick(minutes=LATER)
    assert page.title == "What a forgotten test of the snapshot of shop/data had left cannot be removed"
    assert "(cannot delete)" in to_markdown(page)
    assert w.tick(minutes=5) == []
    w.cluster.forbidden = frozenset()
    (gone,) = w.tick(minutes=5)
    assert gone.title.startswith("Removed what a forgotten test")
    assert w.left == []


def test_what_cannot_be_deleted_after_a_test_is_named(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    w.restores = False
    w.verify()
    w.restores, w.cluster.forbidden = True, frozenset({k.CLAIM.resource})
    (page,) = w.tick(minutes=5)
    assert "can be restored" in page.title
    assert page.failure, "somebody has to clean up"
    assert f"PersistentVolumeClaim shop/{w.left[0]} (cannot delete)" in to_markdown(page)


def test_a_claim_that_is_written_while_it_is_being_deleted_is_looked_at_again(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    times: list[str | None] = []

    def write(step: Delete) -> None:
        if step.kind == k.CLAIM and len(times) < 2:
            times.append(step.resource_version)
            w.cluster.store.patch(k.CLAIM, step.name, step.namespace, {"status": {"written": len(times)}})

    w.cluster.before_delete = write
    assert "can be restored" in w.verify().title
    assert (len(times), w.left) == (2, [])


def test_a_claim_that_loses_our_label_while_it_is_being_deleted_is_not_the_tests_any_more(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)

    def take(step: Delete) -> None:
        if step.kind == k.CLAIM:
            w.cluster.store.patch(k.CLAIM, step.name, step.namespace, {"metadata": {"labels": {ours.VERIFIES: None}}})

    w.cluster.before_delete = take
    w.verify()
    assert len(w.left) == 1
