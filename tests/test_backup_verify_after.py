"""What was deleted after a test is not called gone while it is there, and what Velero makes after it was given up goes, too."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from restore_world import NOON, Object, VeleroWorld, settings
from robusta_volumes._analysis.backup_verify import result_of
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._engines.velero_restore import RESTORE_LABEL
from robusta_volumes._model import kind as k
from robusta_volumes._model.contents import Found, Looked
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.plan import Outcome, Patch
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.trial import Trial
from robusta_volumes._report.backup_verify import result_page
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.volume_backups_after import AFTER
from robusta_volumes._workflows.volume_backups_verify_tick import verify_tick
from test_backup_verify import PROVEN, SCRATCH, Busy, Sticky, made, stamped, tools, verify, world
from test_backup_verify_lost import lost

GONE = "All that was restored for it is gone again."


def tick(w: VeleroWorld, **after: float) -> list[Page]:
    w.cluster._now += timedelta(**after)  # noqa: SLF001 (a test's clock)
    return verify_tick(w.cluster, settings(), w.state, tools(w), "p")


def given_up(folder: Path) -> tuple[VeleroWorld, Object, Page]:
    """A test whose time is over before Velero has made the claim; gives the claim that it makes afterwards."""
    w = world(folder)
    w.finish = lambda: None
    verify(w, dry_run=False)
    (restore,) = w.restores
    labels = {RESTORE_LABEL: restore["metadata"]["name"]}
    claim = {**w.claims["data"], "metadata": {"name": "data", "namespace": SCRATCH, "labels": labels}}
    (page,) = tick(w, minutes=61)
    assert "it was not restored within 60 minutes" in page.title
    assert made(w) == []
    return w, claim, page


def test_what_velero_makes_after_a_test_was_given_up_is_taken_away_and_told_once(tmp_path: Path) -> None:
    w, claim, page = given_up(tmp_path)
    assert "what it still makes is looked for at each tick, and deleted" in to_markdown(page)
    assert tick(w, minutes=5) == []
    w.cluster.store.create(claim)
    (told,) = tick(w, minutes=5)
    assert told.title == "Removed what an ended test of the backup of shop/data had left"
    assert "Velero made this when all had been taken away already" in to_markdown(told)
    assert "was lost" not in to_markdown(told)
    assert made(w) == []
    assert tick(w, minutes=5) == []
    assert w.cluster.store.get(k.CLAIM, "data", "shop")


def test_it_is_looked_for_until_velero_has_given_up_whatever_it_waits_for(tmp_path: Path) -> None:
    w, claim, _ = given_up(tmp_path)
    tick(w, hours=5)
    assert w.state.read(AFTER)
    w.cluster.store.create(claim)
    assert len(tick(w, hours=2)) == 1, "the last look is after that time"
    assert w.state.read(AFTER) == {}
    w.cluster.store.create(claim)
    assert tick(w, hours=1) == []
    assert made(w) == ["data"], "by now it is somebody else's affair"


def test_what_would_not_go_then_is_told_once_and_tried_again(tmp_path: Path) -> None:
    w, claim, _ = given_up(tmp_path)
    w.cluster.store.create(claim)
    store, w._kind, w._cluster = w.cluster.store, Sticky, None  # noqa: SLF001 (the same cluster, with a fault)
    w.cluster.store, w.cluster._now = store, w.cluster.now() + timedelta(hours=2)  # noqa: SLF001
    (told,) = tick(w)
    assert told.title == "What an ended test of the backup of shop/data had left cannot be removed"
    assert told.severity is Severity.MEDIUM
    assert tick(w, hours=9) == []
    assert w.state.read(AFTER), "it is not forgotten before it is gone"


def test_after_a_forgotten_test_it_is_looked_for_as_well(tmp_path: Path) -> None:
    w = lost(tmp_path)
    (claim,) = w.cluster.find(k.CLAIM, SCRATCH)
    assert len(tick(w, minutes=80)) == 1
    assert made(w) == []
    again = {key: claim["metadata"][key] for key in ("name", "namespace", "labels")}
    w.cluster.store.create({**claim, "metadata": again})
    (told,) = tick(w, minutes=5)
    assert told.title == "Removed what an ended test of the backup of shop/data had left"
    assert made(w) == []


def test_after_a_restore_that_is_over_nothing_is_looked_for(tmp_path: Path) -> None:
    w = world(tmp_path)
    assert GONE in to_markdown(verify(w, dry_run=False))
    assert w.state.read(AFTER) == {}


def held_by_a_finalizer(folder: Path) -> VeleroWorld:
    w = world(folder)
    w.cluster.store.honour_finalizers()

    def held() -> None:
        w.restored()
        for o in w.cluster.find(k.CLAIM, SCRATCH):
            if "finalizers" not in o["metadata"]:
                w.cluster.store.patch(
                    k.CLAIM, o["metadata"]["name"], SCRATCH, {"metadata": {"finalizers": ["corp/keep"]}}
                )

    w.finish = held
    return w


def test_what_a_finalizer_holds_is_being_deleted_and_not_gone(tmp_path: Path) -> None:
    page = verify(held_by_a_finalizer(tmp_path), dry_run=False)
    assert page.title.partition(",")[0] == PROVEN
    said = to_markdown(page)
    assert GONE not in said
    assert f"is being deleted, and was not seen to be gone: PersistentVolumeClaim {SCRATCH}/data." in said


class Unwilling(MemoryCluster):
    """A cluster in which nobody may write onto a backup."""

    def carry_out(self, plan: Any) -> list[Outcome]:
        """Refuse the proof."""
        proofs = [step for step in plan if isinstance(step, Patch) and step.kind == k.VELERO_BACKUP]
        if proofs:
            return [Outcome(proofs[0], error=NotAllowed("backups cannot be patched", "Allow it."))]
        return super().carry_out(plan)


def test_a_backup_that_was_made_anew_meanwhile_is_not_the_one_that_was_proven(tmp_path: Path) -> None:
    w = world(tmp_path)
    name = w.backup["metadata"]["name"]

    def anew() -> None:
        w.restored()
        if w.cluster.get(k.VELERO_BACKUP, name, "velero")["metadata"]["uid"] != "another":
            w.cluster.store.delete(k.VELERO_BACKUP, name, "velero")
            w.cluster.store.create({**w.backup, "metadata": {**w.backup["metadata"], "uid": "another"}})

    w.finish = anew
    said = to_markdown(verify(w, dry_run=False))
    assert stamped(w) == {}
    assert "could not be written onto the backup (another one of its name is there now, which was not tested)" in said


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Unwilling, "it needs patch on backups.velero.io"),
        (Busy, "somebody else wrote onto it 5 times meanwhile; the next test writes it"),
    ],
)
def test_a_proof_that_could_not_be_written_says_why(tmp_path: Path, kind: type[MemoryCluster], why: str) -> None:
    w = world(tmp_path)
    w.use(kind)
    if isinstance(w.cluster, Busy):
        w.cluster.times = 99
    page = verify(w, dry_run=False)
    assert page.title.partition(",")[0] == PROVEN
    assert f"The proof could not be written onto the backup ({why}), so reports do not know." in to_markdown(page)
    assert stamped(w) == {}


def counted(files: int, *, complete: bool = True, denied: int = 0) -> Looked:
    return Looked(Found(files, 1, 0, 0, 0, 0, None, complete=complete, denied=denied))


@pytest.mark.parametrize(
    ("restored", "there", "few"),
    [
        (counted(499), counted(1000), True),
        (counted(500), counted(1000), False),
        (counted(499), counted(1000, complete=False), True),  # there are at least so many
        (counted(499, complete=False), counted(1000), False),
        (counted(499, denied=1), counted(1000), False),
        (counted(2), counted(19), False),
        (counted(2), counted(20), True),
        (counted(2), None, False),
    ],
    ids=["fewer", "half", "more there", "not counted out", "not all read", "small", "not small", "source unknown"],
)
def test_far_fewer_files_than_the_claim_holds_are_no_proof(restored: Looked, there: Looked, *, few: bool) -> None:
    result = result_of(restored, there, None, Limits())
    assert (result.few, result.proven) == (few, not few)


def far_fewer() -> Page:
    result = result_of(counted(3), counted(12_000), None, Limits())
    trial = Trial(
        "shop", "data", "uid", "nightly", "uid", "velero", SCRATCH, "restore", NOON.isoformat(), NOON.isoformat()
    )
    return result_page(trial, result, NOON)


def test_far_fewer_files_are_the_verdict() -> None:
    page = far_fewer()
    assert page.title == (
        "The backup of shop/data came back with far fewer files than the claim holds: 3 of 12,000 files"
    )
    assert page.severity is Severity.MEDIUM
    said = to_markdown(page)
    assert "Whether all of its data is in it is not known" in said
    assert "*Do this:* restore it into another namespace" in said
