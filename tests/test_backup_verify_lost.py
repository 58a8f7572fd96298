"""What a test of a backup has made goes away even when the note about it was lost: known by our label alone, and told once."""

from datetime import timedelta
from pathlib import Path

from restore_world import VeleroWorld, settings
from robusta_volumes._cluster.state import NAME, State
from robusta_volumes._engines.velero_restore import restore_manifest
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.volume_backups_verify_tick import verify_tick
from test_backup_verify import SCRATCH, Sticky, made, tools, verify, world

LATER = timedelta(minutes=80)  # an hour for a test, and a quarter of one


def lost(folder: Path) -> VeleroWorld:
    """A test under way, whose claim is there already, and somebody deletes the ConfigMap with all notes."""
    w = world(folder)
    w.finish = lambda: w.restored("WaitingForPluginOperations")
    verify(w, dry_run=False)
    note = w.cluster.store.get(k.CONFIG_MAP, NAME, "robusta")
    w.cluster.store.delete(k.CONFIG_MAP, NAME, "robusta", uid=note["metadata"]["uid"])
    return w


def tick(w: VeleroWorld, after: timedelta = timedelta(0)) -> list[Page]:
    w.cluster._now += after  # noqa: SLF001 (a test's clock)
    return verify_tick(w.cluster, settings(), w.state, tools(w), "p")


def test_what_a_forgotten_test_made_is_taken_away_and_told_once(tmp_path: Path) -> None:
    w = lost(tmp_path)
    assert len(made(w)) == 2  # the Restore and the claim
    (page,) = tick(w, LATER)
    assert page.title == "Removed what a forgotten test of the backup of shop/data had left"
    assert page.severity is Severity.LOW
    assert "*Do this:*" in to_markdown(page)
    assert made(w) == []
    assert tick(w) == []
    assert w.cluster.store.get(k.CLAIM, "data", "shop")


def test_one_whose_time_is_not_over_may_still_be_followed_by_another_runner(tmp_path: Path) -> None:
    w = lost(tmp_path)
    assert tick(w, timedelta(minutes=70)) == []
    assert len(made(w)) == 2


def test_one_that_is_remembered_is_ended_as_a_test_and_not_as_forgotten(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.finish = lambda: w.restored("WaitingForPluginOperations")
    verify(w, dry_run=False)
    (page,) = tick(w, LATER)
    assert "it was not restored within 60 minutes" in page.title


def test_what_does_not_carry_our_label_stays(tmp_path: Path) -> None:
    w = world(tmp_path)
    theirs = restore_manifest("velero", "theirs", w.backup["metadata"]["name"], "shop", SCRATCH, {})
    copied = restore_manifest("velero", "copied", "b", "shop", SCRATCH, {}, own={ours.VERIFIES: "true"})
    copied["metadata"]["annotations"][ours.SELF] = "another"
    for one in (theirs, copied):
        w.cluster.store.create(one)
    w.restored()
    before = made(w)
    assert tick(w, timedelta(days=2)) == []
    assert made(w) == before


def test_what_would_not_go_is_tried_again_and_told_once(tmp_path: Path) -> None:
    w = lost(tmp_path)
    sticky = Sticky(now=w.cluster.now() + LATER)
    sticky.store = w.cluster.store
    state = State(sticky, "robusta")
    (page,) = verify_tick(sticky, settings(), state, tools(w), "p")
    assert page.title == "What a forgotten test of the backup of shop/data had left cannot be removed"
    assert page.severity is Severity.MEDIUM
    assert f"PersistentVolumeClaim {SCRATCH}/data (cannot delete)" in to_markdown(page)
    assert verify_tick(sticky, settings(), state, tools(w), "p") == []
    (gone,) = tick(w, LATER)
    assert gone.title.startswith("Removed what a forgotten test")
    assert made(w) == []


def test_whatever_somebody_wrote_into_its_notes_nobody_is_paged_by_it_and_no_command_runs(tmp_path: Path) -> None:
    w = lost(tmp_path)
    (restore,) = w.cluster.find(k.VELERO_RESTORE, "velero")
    hostile = "x; rm -rf ~ <!channel>"
    change = {"metadata": {"annotations": {ours.CLAIM_NAME: hostile}}}
    w.cluster.store.patch(k.VELERO_RESTORE, restore["metadata"]["name"], "velero", change)
    (page,) = tick(w, LATER)
    assert "<!channel>" not in page.title + to_markdown(page)
    assert "name='x; rm -rf \u223c \u2039!channel\u203a' namespace=shop`" in to_markdown(page)
