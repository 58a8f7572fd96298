"""A restore goes into a new claim, is refused with a reason, and never touches the claim that the data is of."""

from typing import Any

import pytest

from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import RestoreSnapshot
from robusta_volumes._model.errors import NotAllowed, SettingsError
from robusta_volumes._model.settings import overridden
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.pvc_snapshots_restore import restore_pvc_snapshot
from snapshot_world import NIGHTLY, Nights, Refusing, one_night

NEW = "data-restore-20260302-0201"


def restore(w: Nights, **params: Any) -> Page:
    asked = overridden(RestoreSnapshot(), {"name": "data", "namespace": "shop", **params})
    return restore_pvc_snapshot(w.cluster, asked, NIGHTLY, lambda _: None)


def claims(w: Nights) -> list[str]:
    return sorted(o["metadata"]["name"] for o in w.cluster.store.find(k.CLAIM))


def snapshot(w: Nights) -> str:
    return str(w.snapshots()[0]["metadata"]["name"])


def immediate(w: Nights) -> None:
    """Let the class make volumes at once."""
    w.cluster.store.patch(k.STORAGE_CLASS, "gp3", None, {"volumeBindingMode": "Immediate"})


def test_the_plan_comes_first_and_makes_nothing() -> None:
    w = one_night()
    page = restore(w)
    assert page.title == f"Plan: restore shop/data as of 02:01 UTC, 5 h ago into {NEW}"
    text = to_markdown(page)
    assert "Claim shop/data is not touched." in text
    assert "| size | none → 10.0 GiB |" in text
    assert "waits for a pod: the claim stays Pending until one mounts it" in text
    assert f"claimName: {NEW}" in text
    assert f"'name': '{snapshot(w)}'" in text
    assert claims(w) == ["data"]


def test_it_makes_a_claim_of_the_same_class_modes_and_size_and_leaves_the_source_alone() -> None:
    w = one_night()
    before = w.cluster.store.get(k.CLAIM, "data", "shop")
    page = restore(w, dry_run=False)
    assert page.title == f"Claim shop/{NEW} was made from the snapshot and is Pending: it waits for a pod"
    made = w.cluster.store.get(k.CLAIM, NEW, "shop")
    assert made["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "volumeMode": "Filesystem",
        "storageClassName": "gp3",
        "resources": {"requests": {"storage": "10Gi"}},
        "dataSource": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": snapshot(w)},
    }
    assert w.cluster.store.get(k.CLAIM, "data", "shop") == before


@pytest.mark.parametrize(
    ("restore_size", "capacity", "request_", "wanted"),
    [("5Gi", "1Gi", "100Mi", "5Gi"), ("0", "1Gi", "100Mi", "1Gi"), (None, "1Gi", "2Gi", "2Gi")],
    ids=["the driver wants more", "the driver does not say", "more was asked for than there is"],
)
def test_it_is_as_large_as_whoever_wants_most(
    restore_size: str | None, capacity: str, request_: str, wanted: str
) -> None:
    w = one_night()
    w.cluster.store.patch(k.SNAPSHOT, snapshot(w), "shop", {"status": {"restoreSize": restore_size}})
    spec = {"resources": {"requests": {"storage": request_}}}
    w.cluster.store.patch(k.CLAIM, "data", "shop", {"spec": spec, "status": {"capacity": {"storage": capacity}}})
    restore(w, dry_run=False)
    assert w.cluster.store.get(k.CLAIM, NEW, "shop")["spec"]["resources"]["requests"]["storage"] == wanted


def test_it_is_followed_until_it_is_bound() -> None:
    w = one_night()
    immediate(w)

    def controller(_: float) -> None:
        status = {"phase": "Bound", "capacity": {"storage": "10Gi"}}
        w.cluster.store.patch(k.CLAIM, NEW, "shop", {"status": status})

    asked = RestoreSnapshot("data", "shop", dry_run=False)
    page = restore_pvc_snapshot(w.cluster, asked, NIGHTLY, controller)
    assert page.title == f"Claim shop/{NEW} holds the data of 02:01 UTC, 5 h ago"
    assert "To switch over" in to_markdown(page)


def test_what_does_not_become_bound_says_what_the_driver_said() -> None:
    w = one_night()
    immediate(w)
    said = "requested volume size 1 is less than the size 2 for the source snapshot"
    slept = []

    def controller(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 1:
            return
        about = {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": NEW}
        event = {"reason": "ProvisioningFailed", "type": "Warning", "message": said, "involvedObject": about}
        w.cluster.store.create(
            {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "shop"}, **event}
        )

    page = restore_pvc_snapshot(w.cluster, RestoreSnapshot("data", "shop", dry_run=False), NIGHTLY, controller)
    assert sum(slept) == 60
    assert page.title == f"Claim shop/{NEW} was made from the snapshot and is Pending"
    assert f'The driver said "{said}".' in to_markdown(page)


def test_a_snapshot_that_is_not_ready_is_refused() -> None:
    w = one_night()
    status = {"readyToUse": False, "error": {"message": "backend is busy"}}
    w.cluster.store.patch(k.SNAPSHOT, snapshot(w), "shop", {"status": status})
    page = restore(w, name=snapshot(w), dry_run=False)
    assert page.title == f"Snapshot shop/{snapshot(w)} was not restored: the snapshot is not ready"
    assert 'The driver said "backend is busy".' in to_markdown(page)
    assert claims(w) == ["data"]
    assert restore(w).title == "Nothing of claim shop/data was restored: none of its 1 snapshot is ready"


def test_a_snapshot_that_says_ready_but_is_not_bound_to_its_content_is_refused() -> None:
    w = one_night()
    name = w.snapshots()[0]["status"]["boundVolumeSnapshotContentName"]
    w.cluster.store.patch(k.SNAPSHOT_CONTENT, name, None, {"spec": {"volumeSnapshotRef": {"uid": "another"}}})
    assert restore(w, dry_run=False).title.endswith("was not restored: the snapshot is not ready")


def test_a_snapshot_that_is_being_deleted_is_refused() -> None:
    w = one_night()
    (o,) = w.snapshots()
    o = {**o, "metadata": {**o["metadata"], "deletionTimestamp": "2026-03-02T06:00:00Z"}}
    w.cluster = Refusing([*w.cluster.store.find(k.CLAIM), *w.cluster.store.find(k.STORAGE_CLASS), o], now=w.now)
    assert restore(w, name=snapshot(w)).title.endswith("was not restored: the snapshot is being deleted")


def test_a_class_of_another_driver_is_refused_and_one_that_fits_is_named() -> None:
    w = one_night()
    w.cluster.store.create(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "nfs"},
            "provisioner": "nfs.csi.k8s.io",
        }
    )
    page = restore(w, storage_class="nfs", dry_run=False)
    assert page.title.endswith("was not restored: class nfs is of another driver")
    text = to_markdown(page)
    assert "It is for nfs.csi.k8s.io; the snapshot is on ebs.csi.aws.com, which alone can read it." in text
    assert "give storage_class=gp3" in text
    assert "does not exist" in restore(w, storage_class="gp33").title


def test_a_claim_that_is_there_is_never_written_into() -> None:
    page = restore(one_night(), new_name="data", dry_run=False)
    assert page.title.endswith("was not restored: there is a claim data already")
    assert "give new_name=data-2" in to_markdown(page)


def test_a_quota_without_room_is_said_before() -> None:
    w = one_night()
    quota = {"hard": {"requests.storage": "15Gi"}, "used": {"requests.storage": "10Gi"}}
    meta = {"name": "storage", "namespace": "shop"}
    w.cluster.store.create({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "status": quota})
    page = restore(w, dry_run=False)
    assert page.title.endswith("was not restored: quota storage has no room for 10.0 GiB more")
    assert claims(w) == ["data"]


def test_a_claim_that_is_gone_comes_back_with_a_class_that_is_named() -> None:
    w = one_night()
    w.cluster.store.patch(k.CLAIM, "data", "shop", {"metadata": {"finalizers": None}})
    w.cluster.store.delete(k.CLAIM, "data", "shop")
    assert restore(w).title.endswith("was not restored: no storage class is known for it")
    text = to_markdown(restore(w, storage_class="gp3", new_name="data"))
    assert "Claim shop/data is gone." in text
    assert "ReadWriteOnce is asked for" in text


def test_a_name_that_is_nothing_gets_the_nearest_ones() -> None:
    page = restore(one_night(), name="dta")
    assert page.title == "Snapshot or claim shop/dta does not exist"
    assert "Did you mean *data*?" in to_markdown(page)


def test_without_permission_the_role_that_would_allow_it_is_given() -> None:
    w = one_night()
    w.cluster.refuse = lambda _: NotAllowed("cannot create persistentvolumeclaims")
    page = restore(w, dry_run=False)
    text = to_markdown(page)
    assert page.title.endswith("was not restored: the runner may not do it")
    assert "robusta-volumes-restore" in text
    assert "It needs create on persistentvolumeclaims in namespace shop" in text


def test_the_namespace_is_needed() -> None:
    with pytest.raises(SettingsError, match="namespace"):
        restore(one_night(), namespace="")
