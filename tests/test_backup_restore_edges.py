"""A restore from a backup, and its test, where something is not as it should be: unknown is said, and others are left alone."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from restore_world import EBS, NOON, VeleroWorld
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.backup import VELERO, BackupsSeen, Copy, Proof
from robusta_volumes._model.errors import Unavailable
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._workflows.volume_backups_source import copies_of
from test_backup_restore import LABELS, restore
from test_backup_verify import SCRATCH, made, refused, verify, world
from test_backup_verify_lost import LATER, lost, tick


def test_a_claim_that_came_from_elsewhere_meanwhile_is_not_said_to_hold_the_data() -> None:
    w = VeleroWorld(labels=LABELS)

    def another() -> None:
        """Let somebody make a claim of that name before Velero comes to it: Velero skips it, and says Completed."""
        if not w.cluster.find(k.CLAIM, "shop-restored"):
            theirs = {**w.claims["data"], "metadata": {"name": "data", "namespace": "shop-restored"}}
            w.cluster.store.create({**theirs, "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}}})
        w.restored()

    w.finish = another
    page = restore(w, dry_run=False)
    assert page.title == (
        "shop/data was not restored: claim shop-restored/data is there, and this restore did not make it"
    )
    assert page.failure
    assert "*Do this:* give into_namespace=another one" in to_markdown(page)


def test_where_nobody_may_read_what_was_saved_it_is_not_said_that_nothing_was() -> None:
    w = VeleroWorld(labels=LABELS)
    w.cluster.denied = frozenset({k.VELERO_UPLOAD.resource})
    for page, done in ((restore(w), "restored"), (verify(w), "tested")):
        assert page.title == f"shop/data was not {done}: whether a backup holds its data is not known"
        assert "datauploads" in to_markdown(page)


def test_a_copy_of_which_nobody_knows_when_it_was_cut_is_not_taken_for_the_newest() -> None:
    known = Copy(VELERO, "shop", "data", "u", Proof.MOVED, NOON, "known")
    undated = known._replace(backup="undated", cut_at=None)
    found = copies_of(BackupsSeen(copies=(undated, known)), "shop", "data", Inventory(NOON))
    assert [one.backup for one in found] == ["known", "undated"]


def test_an_earlier_claim_of_that_name_is_restored_only_when_there_is_nothing_else_and_said() -> None:
    said = "It is of another claim of that name"
    w = VeleroWorld(labels=LABELS)
    w.velero.upload(w.velero.backup(60, schedule="nightly"), renewed(w))
    page = restore(w)
    assert "as of 02:00 UTC, 10 h ago" in page.title
    assert said not in to_markdown(page)
    newest = restore(w, backup=w.cluster.find(k.VELERO_BACKUP)[-1]["metadata"]["name"])
    assert said in to_markdown(newest)


def renewed(w: VeleroWorld) -> dict[str, Any]:
    """Give the claim as it was before somebody deleted it and made it again."""
    claim = w.claims["data"]
    return {**claim, "metadata": {**claim["metadata"], "uid": "the-one-before"}}


class Silent(MemoryCluster):
    """A cluster that does not answer when it is asked for backups."""

    def find(self, kind: k.Kind, namespace: str | None = None, **more: Any) -> list[Any]:
        if kind == k.VELERO_BACKUP:
            raise Unavailable("no answer within 10 s")
        return super().find(kind, namespace, **more)


def test_an_api_server_that_does_not_answer_is_not_a_missing_velero() -> None:
    w = VeleroWorld()
    w.use(Silent)
    with pytest.raises(Unavailable, match="no answer within 10 s"):
        restore(w)


def test_others_that_come_along_count_against_the_size_of_a_test(tmp_path: Path) -> None:
    w = world(tmp_path)
    for name in w.claims:  # as the claims of one StatefulSet have
        w.cluster.store.patch(k.CLAIM, name, "shop", {"metadata": {"labels": {"app": "pg"}}})
    assert refused(w, maxSize="15Gi") == (
        "1 other claim would come along, 20.0 GiB together: more than tests may restore (15.0 GiB)"
    )
    page = verify(w, {"maxSize": "15Gi"})
    assert "kubectl -n shop label pvc data backup-test=data" in to_markdown(page)
    assert "was not tested" not in verify(w, {"maxSize": "20Gi"}).title


def test_others_that_come_along_must_go_again_too() -> None:
    w = VeleroWorld()
    w.b.add("Namespace", SCRATCH, status={"phase": "Active"})
    w.b.storage_class("kept", EBS, policy="Retain")
    w.velero.upload(w.backup, w.b.bound("shop", "logs", "1Gi", "kept", EBS))
    assert refused(w) == "2 other claims would come along, and the class of one keeps volumes whose claim is gone"


def test_a_claim_that_is_gone_is_tested_only_where_no_class_keeps_volumes(tmp_path: Path) -> None:
    w = world(tmp_path)
    gone(w)
    assert verify(w).title.startswith("Plan: test the backup of shop/data")
    kept = world(tmp_path, reclaim="Retain")
    gone(kept)
    assert refused(kept) == "nobody knows whether its volume would go again"


def gone(w: VeleroWorld) -> None:
    claim = w.cluster.store.get(k.CLAIM, "data", "shop")
    w.cluster.store.delete(k.CLAIM, "data", "shop", uid=claim["metadata"]["uid"])


@pytest.mark.parametrize("space", ["<!channel>", "shop/../kube-system", ""], ids=["mention", "path", "empty"])
def test_a_restore_with_names_that_are_none_is_no_test_of_ours(tmp_path: Path, space: str) -> None:
    w = lost(tmp_path)
    (restore_,) = w.cluster.find(k.VELERO_RESTORE, "velero")
    assert restore_["metadata"]["labels"][ours.VERIFIES] == "true"
    name = restore_["metadata"]["name"]
    w.cluster.store.patch(
        k.VELERO_RESTORE, name, "velero", {"spec": {"namespaceMapping": {"shop": None, space: SCRATCH}}}
    )
    before = made(w)
    assert tick(w, LATER + timedelta(days=1)) == []
    assert made(w) == before
