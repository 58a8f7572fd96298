"""A snapshot is proven by restoring it beside its claim and looking at the files; nothing stays. Without Velero, too."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from restore_world import settings
from robusta_volumes._analysis.backup_selection import Selection
from robusta_volumes._analysis.claim_selection import selected
from robusta_volumes._cluster.gather import gather
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.ours import VERIFIED_AT
from robusta_volumes._model.snapshot_schedule import SnapshotSchedule
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._workflows.volume_backups_verify import KEY
from snapshot_verify_world import EBS, SnapshotWorld

PROVEN = "The snapshot of shop/data can be restored: 3 files"


def stamped(w: SnapshotWorld, name: str = "data-600") -> dict[str, str]:
    notes = w.cluster.store.get(k.SNAPSHOT, name, "shop")["metadata"].get("annotations") or {}
    return dict(json.loads(notes.get(VERIFIED_AT, "{}")))


def test_the_plan_names_the_claim_that_it_would_make_and_makes_nothing(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    page = w.verify(dry_run=True)
    assert page.title.startswith(
        "Plan: test the snapshot of shop/data as of 02:00 UTC, 10 h ago by restoring it beside the claim, into data-verify-"
    )
    assert "still on the same storage" in to_markdown(page)
    assert w.left == []


@pytest.mark.parametrize("wait", [True, False], ids=["its class waits for a pod", "its class makes volumes at once"])
def test_data_that_comes_back_is_a_proof_and_nothing_stays(tmp_path: Path, *, wait: bool) -> None:
    w = SnapshotWorld(tmp_path, wait=wait)
    page = w.verify()
    assert page.title.partition(",")[0] == PROVEN
    assert "A snapshot that can be restored is still on the same storage" in to_markdown(page)
    assert w.left == []
    assert stamped(w).keys() == {w.claims["data"]["metadata"]["uid"]}
    assert w.state.read(KEY) == {}


def test_the_claim_of_a_test_is_saved_by_no_schedule(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    w.restores = False
    assert w.verify().title == "The snapshot of shop/data is being tested"
    (claim,) = w.made(k.CLAIM)
    assert claim["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "robusta-volumes",
        "robusta-volumes.dev/verifies": "true",
        "velero.io/exclude-from-backup": "true",
    }
    see = gather(w.cluster, kinds=(k.CLAIM, k.VOLUME))
    assert claim["metadata"]["name"] in {c.meta.name for c in see.claims}
    nightly = SnapshotSchedule(name="nightly", schedule="0 2 * * *")
    assert [c.meta.name for c in selected(nightly, see)] == ["data", "uploads"]
    assert [c.meta.name for c in Selection(settings(), "robusta").wanted(see)] == ["data", "uploads"]


def test_the_pod_that_looks_only_reads_and_meets_the_restricted_level(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    w.verify()
    (pod,) = w.pods.manifests
    (container,) = pod["spec"]["containers"]
    assert container["volumeMounts"][0]["readOnly"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert pod["spec"]["automountServiceAccountToken"] is False


def test_an_empty_volume_is_no_proof(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path, files=0)
    page = w.verify()
    assert page.title.startswith("The snapshot of shop/data failed its test: the restored volume holds no file")
    assert "take a new snapshot and test that" in to_markdown(page)
    assert stamped(w) == {}
    assert w.left == []


def test_the_newest_one_is_tested_or_the_one_that_is_named(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    known = len(w.b.objects)
    w.snapshot(w.claims["data"], 60)
    w.cluster.store.take(w.b.objects[known:])
    w.verify()
    assert (stamped(w) != {}, stamped(w, "data-60") != {}) == (False, True)
    w.verify(backup="data-600")
    assert stamped(w) != {}


def test_a_claim_without_any_copy_is_told_so(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    w.cluster.store.delete(k.SNAPSHOT, "data-600", "shop", uid="uid-data-600")
    assert w.verify().title == "shop/data was not tested: no backup holds its data, and no snapshot of it is ready"


def test_where_snapshots_may_not_be_read_nobody_says_that_there_is_none(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    w.cluster.denied = frozenset({k.SNAPSHOT.resource})
    with pytest.raises(NotAllowed, match="cannot list volumesnapshots"):
        w.verify()


def test_where_backups_may_not_be_read_a_snapshot_is_tested_all_the_same(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path, tools=True)
    w.cluster.denied = frozenset({k.VELERO_BACKUP.resource})
    assert w.verify().title.partition(",")[0] == PROVEN


@pytest.mark.parametrize("resource", ["persistentvolumeclaims", "pods", "pods/log", k.SNAPSHOT.resource])
def test_without_one_of_its_rights_nothing_is_made_and_the_command_is_told(tmp_path: Path, resource: str) -> None:
    w = SnapshotWorld(tmp_path)
    w.cluster.forbidden = frozenset({resource})
    page = w.verify()
    assert page.title.startswith("The snapshot of shop/data was not tested: the runner may not ")
    assert "permissions -n shop --allow snapshot-test | kubectl apply -f -" in to_markdown(page)
    assert w.left == []


def quota(w: SnapshotWorld) -> None:
    w.cluster.store.create(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "small", "namespace": "shop"},
            "status": {"hard": {"requests.storage": "25Gi"}, "used": {"requests.storage": "20Gi"}},
        }
    )


def nothing(_: SnapshotWorld) -> None:
    pass


def block(w: SnapshotWorld) -> None:
    w.cluster.store.patch(k.SNAPSHOT_CONTENT, "content-data-600", None, {"spec": {"sourceVolumeMode": "Block"}})


@pytest.mark.parametrize(
    ("makes", "change", "verify", "says"),
    [
        ({"reclaim": "Retain"}, nothing, {}, "class gp3 keeps volumes whose claim is gone (Retain)"),
        ({}, nothing, {"maxSize": "5Gi"}, "10.0 GiB is more than tests may restore (5.0 GiB)"),
        ({}, quota, {}, "quota small has no room for 10.0 GiB more"),
        ({}, block, {}, "it is a raw block device"),
    ],
    ids=["Retain", "too large", "quota", "block"],
)
def test_what_would_hurt_is_refused(
    tmp_path: Path, makes: dict[str, Any], change: Callable[[SnapshotWorld], None], verify: dict[str, Any], says: str
) -> None:
    w = SnapshotWorld(tmp_path, **makes)
    change(w)
    assert w.verify(verify).title == f"The snapshot of shop/data was not tested: {says}"
    assert w.left == []


def test_one_that_is_never_restored_is_given_up_after_its_time_and_taken_away(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    w.restores = False
    w.verify()
    (page,) = w.tick(minutes=61)
    assert "it was not restored within 60 minutes" in page.title
    assert w.left == []


def test_a_runner_that_died_in_the_middle_is_gone_on_for_by_the_next_one(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    w.restores = False
    w.verify()
    w.restores = True
    (page,) = w.tick(minutes=5)
    assert page.title.partition(",")[0] == PROVEN
    assert w.left == []


def test_a_snapshot_that_is_deleted_meanwhile_is_not_called_bad(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    w.restores = False
    w.verify()
    w.cluster.store.delete(k.SNAPSHOT, "data-600", "shop", uid="uid-data-600")
    (page,) = w.tick(minutes=5)
    assert page.title.startswith("The snapshot of shop/data could not be tested: it was deleted while it was being")
    assert w.left == []


def test_a_claim_of_that_name_that_is_not_the_tests_is_never_touched(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    w.restores = False
    w.verify()
    (claim,) = w.made(k.CLAIM)
    meta = claim["metadata"]
    w.cluster.store.delete(k.CLAIM, meta["name"], "shop", uid=meta["uid"])
    theirs = {**claim, "metadata": {"name": meta["name"], "namespace": "shop"}}
    w.cluster.store.create(theirs)
    (page,) = w.tick(minutes=5)
    assert "is there, and no test has made it" in page.title
    assert w.left == [meta["name"]]
    refused = w.verify()
    assert "that no test has made" in refused.title


def test_the_schedule_takes_one_claim_after_the_other(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    daily = {"schedule": "0 4 * * *"}
    assert w.tick(daily) == []  # a new schedule waits for its next slot
    titles = []
    for _ in range(4):
        w.later(hours=12)
        for _ in range(3):
            w.sleep(1)
            titles += [page.title.partition(",")[0] for page in w.tick(daily)]
    assert titles == [PROVEN, PROVEN.replace("data", "uploads")]
    assert w.left == []


def test_a_namespace_without_the_right_is_told_of_by_the_schedule_once_for_a_slot(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path)
    daily = {"schedule": "0 4 * * *"}
    w.tick(daily)
    w.cluster.forbidden = frozenset({"pods"})
    (page,) = w.tick(daily, days=1)
    assert "was not tested: the runner may not create pods in shop" in page.title
    assert w.tick(daily) == []
    assert w.left == []


def by_files(w: SnapshotWorld, claim: str) -> None:
    """Let Velero be there, whose newest backup has read the files of a claim through its pod: that cannot be tested."""
    known = len(w.b.objects)
    velero = VeleroBuilder(w.b)
    velero.installed()
    velero.pod_volume(velero.backup(300, schedule="nightly"), w.claims[claim], w.b.pod("shop", "web-0", [claim]))
    w.cluster.store.take(w.b.objects[known:])


def test_beside_a_backup_that_cannot_be_tested_its_snapshot_is(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path, tools=True)
    by_files(w, "data")
    assert w.verify().title.partition(",")[0] == PROVEN
    assert stamped(w).keys() == {w.claims["data"]["metadata"]["uid"]}


def test_a_backup_that_can_be_tested_comes_before_a_snapshot(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path, tools=True)
    known = len(w.b.objects)
    velero = VeleroBuilder(w.b)
    velero.installed()
    velero.upload(velero.backup(300, schedule="nightly"), w.claims["data"])
    w.cluster.store.take(w.b.objects[known:])
    assert w.verify(dry_run=True).title.startswith(
        "The backup of shop/data was not tested: namespace robusta-volumes-verify"
    )
    assert w.verify(backup="data-600", dry_run=True).title.startswith("Plan: test the snapshot of shop/data")


def test_snapshots_of_a_namespace_without_the_right_keep_no_backup_from_its_turn(tmp_path: Path) -> None:
    w = SnapshotWorld(tmp_path, tools=True)
    daily = {"schedule": "0 4 * * *"}
    known = len(w.b.objects)
    velero = VeleroBuilder(w.b)
    velero.installed()
    w.b.add("Namespace", "robusta-volumes-verify", status={"phase": "Active"})
    for number in range(15):  # more than a slot passes over
        w.snapshot(w.b.bound("shop", f"a{number:02}", "1Gi", "gp3", EBS))
    velero.upload(velero.backup(300, schedule="nightly"), w.claims["uploads"])
    w.cluster.store.take(w.b.objects[known:])
    w.tick(daily)
    w.cluster.forbidden = frozenset({k.SNAPSHOT.resource})
    assert w.tick(daily, days=1) == []
    assert len(w.cluster.store.find(k.VELERO_RESTORE)) == 1
    assert w.made(k.POD) == []
