"""A backup is proven by restoring it where nothing else is, looking at the files, and leaving nothing behind, come what may."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from restore_world import Object, VeleroWorld, settings
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked_restores import VerifyBackup
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.plan import Delete, Outcome, Patch
from robusta_volumes._model.settings import overridden
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.volume_backups_trial import VERIFIED, Tools
from robusta_volumes._workflows.volume_backups_verify import KEY, verify_volume_backup
from robusta_volumes._workflows.volume_backups_verify_tick import verify_tick

LABELS = {"data": {"app": "pg"}, "uploads": {"app": "web"}}
SCRATCH = "robusta-volumes-verify"
PROVEN = "The backup of shop/data can be restored: 3 files"


def world(folder: Path, files: int = 3, **more: Any) -> VeleroWorld:
    """Make a world in which the restored claim holds so many files."""
    w = VeleroWorld(labels=LABELS, **more)
    w.b.add("Namespace", SCRATCH, status={"phase": "Active"})
    for number in range(files):
        (folder / f"{number}.dat").write_bytes(b"x" * 4096)
    w.pods.folders |= {(SCRATCH, "data"): folder, (SCRATCH, "uploads"): folder}
    w.finish = w.restored
    return w


def tools(w: VeleroWorld, **verify: Any) -> Tools:
    return Tools(settings(verify=verify).verify, "busybox", sleep=w.sleep)


def verify(w: VeleroWorld, block: Object | None = None, **params: Any) -> Page:
    asked = overridden(VerifyBackup(), {"name": "data", "namespace": "shop", **params})
    found = settings(verify=block or {})
    return verify_volume_backup(w.cluster, asked, found, w.state, Tools(found.verify, "busybox", sleep=w.sleep))


def made(w: VeleroWorld) -> list[str]:
    """Name everything that a test may have made."""
    kinds = ((k.VELERO_RESTORE, "velero"), (k.CLAIM, SCRATCH), (k.POD, SCRATCH))
    return [o["metadata"]["name"] for kind, where in kinds for o in w.cluster.find(kind, where)]


def stamped(w: VeleroWorld) -> dict[str, str]:
    backup = w.cluster.find(k.VELERO_BACKUP)[0]
    return dict(json.loads((backup["metadata"].get("annotations") or {}).get(VERIFIED, "{}")))


def test_the_plan_makes_nothing_and_says_that_all_goes_away_again(tmp_path: Path) -> None:
    w = world(tmp_path)
    page = verify(w)
    assert page.title == (
        f"Plan: test the backup of shop/data as of 02:00 UTC, 10 h ago by restoring it into {SCRATCH}"
    )
    assert "Afterwards all that the test has made is deleted" in to_markdown(page)
    assert "start one in" not in to_markdown(page)  # the pod that its class waits for comes with the test
    assert made(w) == []


def test_data_that_comes_back_is_a_proof_and_nothing_stays(tmp_path: Path) -> None:
    w = world(tmp_path)
    page = verify(w, dry_run=False)
    assert page.title.partition(",")[0] == PROVEN
    assert made(w) == []
    assert stamped(w).keys() == {w.claims["data"]["metadata"]["uid"]}
    assert w.state.read(KEY) == {}
    assert w.cluster.store.get(k.CLAIM, "data", "shop")  # the claim itself is where it was


def test_an_empty_volume_is_no_proof(tmp_path: Path) -> None:
    w = world(tmp_path, files=0)
    page = verify(w, dry_run=False)
    assert page.title.startswith("The backup of shop/data failed its test: the restored volume holds no file")
    assert page.failure
    assert "*Do this:*" in to_markdown(page)
    assert stamped(w) == {}
    assert made(w) == []


def test_what_nobody_could_look_at_is_not_called_bad(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.pods.stuck = {
        "phase": "Pending",
        "containerStatuses": [{"name": "look", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no"}}}],
    }
    page = verify(w, dry_run=False)
    assert page.title.startswith("The backup of shop/data could not be tested: its files could not be looked at: ")
    assert page.severity is Severity.MEDIUM
    assert made(w) == []


def test_what_velero_does_not_restore_is_no_proof_and_is_taken_away(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.finish = lambda: w.restored("PartiallyFailed", errors=1, failureReason="the mover was killed")
    page = verify(w, dry_run=False)
    assert "restore describe" not in to_markdown(page)  # the Restore is taken away with the rest
    assert "Velero says PartiallyFailed (1 error, 0 warnings): " in page.title
    assert made(w) == []


def test_one_that_never_ends_is_given_up_after_its_time_and_taken_away(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.finish = lambda: None
    assert verify(w, dry_run=False).title == "The backup of shop/data is being tested"
    w.cluster._now += timedelta(minutes=61)  # noqa: SLF001 (a test's clock)
    (page,) = verify_tick(w.cluster, settings(), w.state, tools(w), "runner-1")
    assert page.title == "The backup of shop/data could not be tested in time: it was not restored within 60 minutes"
    assert page.severity is Severity.MEDIUM
    said = to_markdown(page)
    assert "Whether it can be restored is not known: backup" in said
    assert "Do not rely on it" not in said
    assert "*Do this:* raise `verify.minutes`, or test a smaller claim" in said
    assert made(w) == []
    assert stamped(w) == {}


def test_a_command_that_does_not_end_in_time_says_nothing_of_the_backup(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.pods.stuck = {"phase": "Running"}
    page = verify(w, {"command": ["sh", "-c", "sleep 1000"]}, dry_run=False)
    assert page.title.startswith("The backup of shop/data could not be tested in time: ")
    assert page.severity is Severity.MEDIUM
    assert made(w) == []


def test_a_restore_that_somebody_deleted_says_nothing_of_the_backup(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.finish = lambda: None
    verify(w, dry_run=False)
    (restore,) = w.restores
    w.cluster.store.delete(k.VELERO_RESTORE, restore["metadata"]["name"], "velero")
    (page,) = verify_tick(w.cluster, settings(), w.state, tools(w), "runner-1")
    assert (
        page.title
        == "The backup of shop/data could not be tested: its Restore is not there: it was never made, or somebody deleted it"
    )
    assert page.severity is Severity.MEDIUM


class Busy(MemoryCluster):
    """Somebody else writes the backup each time just before we do, so many times."""

    times = 0

    def carry_out(self, plan: Any) -> list[Outcome]:
        for step in plan:
            if isinstance(step, Patch) and step.kind == k.VELERO_BACKUP and self.times:
                self.times -= 1
                note = {"metadata": {"annotations": {"theirs": str(self.times)}}}
                self.store.patch(step.kind, step.name, step.namespace, note)
        return super().carry_out(plan)


@pytest.mark.parametrize(("times", "proven"), [(1, True), (4, True), (99, False)])
def test_a_proof_is_written_again_when_somebody_else_wrote_meanwhile(
    tmp_path: Path, times: int, *, proven: bool
) -> None:
    w = world(tmp_path)
    w.use(Busy)
    w.cluster.times = times  # type: ignore[attr-defined]  # of the class above
    page = verify(w, dry_run=False)
    assert page.title.partition(",")[0] == PROVEN
    assert bool(stamped(w)) is proven
    assert ("The proof could not be written" in to_markdown(page)) is not proven
    if proven:
        assert "theirs" in w.cluster.find(k.VELERO_BACKUP)[0]["metadata"]["annotations"]


def test_a_runner_that_died_in_the_middle_is_gone_on_for_by_the_next_one(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.finish = lambda: None
    verify(w, dry_run=False)
    w.finish = w.restored
    (page,) = verify_tick(w.cluster, settings(), w.state, tools(w), "runner-2")
    assert page.title.partition(",")[0] == PROVEN
    assert made(w) == []


def test_a_result_whose_teller_died_is_told_again_and_then_no_more(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.finish = lambda: None
    verify(w, dry_run=False)
    w.finish = w.restored
    assert len(verify_tick(w.cluster, settings(), w.state, tools(w), "runner-2")) == 1
    (again,) = verify_tick(w.cluster, settings(), w.state, tools(w), "runner-3")
    assert again.title.partition(",")[0] == PROVEN
    assert verify_tick(w.cluster, settings(), w.state, tools(w), "runner-3") == []


def test_the_schedule_takes_one_claim_after_the_other_and_begins_with_the_unproven(tmp_path: Path) -> None:
    w = world(tmp_path)
    weekly = settings(verify={"schedule": "0 4 * * *"})
    assert verify_tick(w.cluster, weekly, w.state, tools(w), "p") == []  # a new schedule waits for its next slot
    titles = []
    for _ in range(4):
        w.cluster._now += timedelta(hours=12)  # noqa: SLF001 (a test's clock)
        for _ in range(3):
            w.sleep(1)
            titles += [page.title.partition(",")[0] for page in verify_tick(w.cluster, weekly, w.state, tools(w), "p")]
    assert titles == [
        PROVEN,
        PROVEN.replace("data", "uploads"),
    ]
    assert len(stamped(w)) == 2
    assert made(w) == []


def test_the_users_own_command_decides(tmp_path: Path) -> None:
    w = world(tmp_path)
    page = verify(w, {"command": ["sh", "-c", 'test -f "$0/0.dat" && echo checked', "/data"]}, dry_run=False)
    assert page.title == "The backup of shop/data can be restored: its test passed: checked"
    again = verify(w, {"command": ["sh", "-c", "echo page 7 is broken; exit 1"]}, dry_run=False)
    assert "failed on the restored data" in again.title
    assert 'It said "page 7 is broken".' in to_markdown(again)


def refused(w: VeleroWorld, **block: Any) -> str:
    page = verify(w, block, dry_run=False)
    assert made(w) == [], "a refused test makes nothing"
    return page.title.removeprefix("The backup of shop/data was not tested: ")


def test_what_would_hurt_is_refused(tmp_path: Path) -> None:
    assert refused(world(tmp_path), maxSize="5Gi") == "10.0 GiB is more than tests may restore (5.0 GiB)"
    assert refused(world(tmp_path, reclaim="Retain")) == "class gp3 keeps volumes whose claim is gone (Retain)"
    assert refused(world(tmp_path), namespace="nowhere") == "namespace nowhere does not exist"
    w = world(tmp_path)
    w.cluster.store.create({**w.claims["data"], "metadata": {"name": "somebody", "namespace": SCRATCH}})
    page = verify(w, dry_run=False)
    assert page.title.endswith(f"namespace {SCRATCH} is not empty: claim somebody")
    assert w.cluster.store.get(k.CLAIM, "somebody", SCRATCH)


def test_where_nobody_knows_whether_volumes_would_stay_nothing_is_restored(tmp_path: Path) -> None:
    w = world(tmp_path, reclaim="Retain")
    w.cluster.denied = frozenset({k.STORAGE_CLASS.resource})
    assert refused(w) == "its storage class could not be looked at"


def test_what_others_put_there_meanwhile_is_left_alone(tmp_path: Path) -> None:
    w = world(tmp_path)

    def beside() -> None:
        w.restored()
        if not any(o["metadata"]["name"] == "theirs" for o in w.cluster.find(k.CLAIM, SCRATCH)):
            w.cluster.store.create({**w.claims["data"], "metadata": {"name": "theirs", "namespace": SCRATCH}})

    w.finish = beside
    assert "can be restored" in verify(w, dry_run=False).title
    assert [o["metadata"]["name"] for o in w.cluster.find(k.CLAIM, SCRATCH)] == ["theirs"]


class Sticky(MemoryCluster):
    """A cluster in which nothing can be deleted."""

    def carry_out(self, plan: Any) -> list[Outcome]:
        """Refuse each deletion."""
        refusal = NotAllowed("cannot delete", "Allow it.")
        found = []
        for step in plan:
            found += [Outcome(step, error=refusal)] if isinstance(step, Delete) else super().carry_out([step])
        return found


def test_what_cannot_be_deleted_is_named(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.use(Sticky)
    page = verify(w, dry_run=False)
    assert page.title.partition(",")[0] == PROVEN
    assert page.failure, "somebody has to clean up"
    text = to_markdown(page)
    assert "Not taken away again" in text
    assert f"PersistentVolumeClaim {SCRATCH}/data (cannot delete)" in text
