"""Restores of what is out of the ordinary: raw blocks, a snapshot of a content, another namespace, names that are none."""

from typing import Any

import pytest

from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import RestoreSnapshot
from robusta_volumes._model.settings import overridden
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.pvc_snapshots_restore import restore_pvc_snapshot
from snapshot_world import EBS, NIGHTLY, Nights, one_night

NEW = "data-restore-20260302-0201"


def restore(w: Nights, **params: Any) -> Page:
    asked = overridden(RestoreSnapshot(), {"name": "data", "namespace": "shop", "dry_run": "false", **params})
    return restore_pvc_snapshot(w.cluster, asked, NIGHTLY, lambda _: None)


def claims(w: Nights) -> list[str]:
    return sorted(o["metadata"]["name"] for o in w.cluster.store.find(k.CLAIM))


def test_a_raw_block_volume_comes_back_as_one_with_all_its_access_modes() -> None:
    w = one_night()
    spec = {"volumeMode": "Block", "accessModes": ["ReadWriteOnce", "ReadOnlyMany"]}
    w.cluster.store.patch(k.CLAIM, "data", "shop", {"spec": spec})
    for o in w.cluster.store.find(k.SNAPSHOT_CONTENT):
        w.cluster.store.patch(k.SNAPSHOT_CONTENT, o["metadata"]["name"], None, {"spec": {"sourceVolumeMode": "Block"}})
    text = to_markdown(restore(w))
    made = w.cluster.store.get(k.CLAIM, NEW, "shop")["spec"]
    assert '"volumeDevices":[{"name":"data","devicePath":"/dev/data"}]' in text  # of the pod to look inside with
    assert (made["volumeMode"], made["accessModes"]) == ("Block", ["ReadWriteOnce", "ReadOnlyMany"])


def test_the_mode_is_that_of_the_data_even_where_the_claim_of_that_name_is_another_one_now() -> None:
    w = one_night()
    for o in w.cluster.store.find(k.SNAPSHOT_CONTENT):
        w.cluster.store.patch(k.SNAPSHOT_CONTENT, o["metadata"]["name"], None, {"spec": {"sourceVolumeMode": "Block"}})
    (o,) = w.cluster.store.find(k.CLAIM)
    w.cluster.store.patch(k.CLAIM, "data", "shop", {"metadata": {"finalizers": None}})
    w.cluster.store.delete(k.CLAIM, "data", "shop")
    w.cluster.store.create({**o, "spec": {**o["spec"], "volumeMode": "Filesystem"}})
    page = restore(w, storage_class="gp3", dry_run="true")
    assert '"volumeMode": "Block"' in to_markdown(page)


def imported(w: Nights) -> None:
    """Add a snapshot of a content that was there before: no claim is known."""
    content = w.cluster.store.create(
        {
            "apiVersion": k.SNAPSHOT_CONTENT.api_version,
            "kind": k.SNAPSHOT_CONTENT.name,
            "metadata": {"name": "from-elsewhere"},
            "spec": {"driver": EBS, "volumeSnapshotRef": {"namespace": "shop", "name": "imported"}},
        }
    )
    made = w.cluster.store.create(
        {
            "apiVersion": k.SNAPSHOT.api_version,
            "kind": k.SNAPSHOT.name,
            "metadata": {"name": "imported", "namespace": "shop"},
            "spec": {"source": {"volumeSnapshotContentName": "from-elsewhere"}},
            "status": {
                "readyToUse": True,
                "boundVolumeSnapshotContentName": "from-elsewhere",
                "creationTime": "2026-03-01T00:00:00Z",
                "restoreSize": "3Gi",
            },
        }
    )
    ref = {"spec": {"volumeSnapshotRef": {"uid": made["metadata"]["uid"]}}}
    w.cluster.store.patch(k.SNAPSHOT_CONTENT, content["metadata"]["name"], None, ref)


def test_a_snapshot_of_a_content_is_restored_by_its_name_with_a_class_that_is_named() -> None:
    w = one_night()
    imported(w)
    assert restore(w, name="imported").title.endswith("was not restored: no storage class is known for it")
    page = restore(w, name="imported", storage_class="gp3")
    assert claims(w) == ["data", "imported-restore-20260301-0000"]
    made = w.cluster.store.get(k.CLAIM, "imported-restore-20260301-0000", "shop")["spec"]
    assert made["resources"]["requests"]["storage"] == "3Gi"
    assert made["dataSource"]["name"] == "imported"
    text = to_markdown(page)
    assert "shop/ " not in text
    plan = to_markdown(restore(w, name="imported", storage_class="gp3", new_name="copy", dry_run="true"))
    assert plan.startswith("# Plan: restore snapshot shop/imported as of 2026-03-01 00:00 UTC, 31 h ago into copy\n")
    assert "It was made from a content, not of a claim." in plan
    assert "is gone" not in plan
    assert "To switch over" not in plan


def test_its_driver_is_known_from_its_content() -> None:
    w = one_night()
    imported(w)
    other = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "nfs"}}
    w.cluster.store.create({**other, "provisioner": "nfs.csi.k8s.io"})
    page = restore(w, name="imported", storage_class="nfs")
    assert page.title.endswith("was not restored: class nfs is of another driver")


def test_into_another_namespace_nothing_can_be_restored_and_that_is_said() -> None:
    w = one_night()
    page = restore(w, new_name="db/data")
    assert page.title.endswith("was not restored: a snapshot can be restored in its own namespace only")
    text = to_markdown(page)
    assert "give new_name=data" in text
    assert claims(w) == ["data"]


@pytest.mark.parametrize("name", ["Data", "-data", "data_1", "d" * 254])
def test_a_name_that_kubernetes_would_not_take_is_refused_with_what_is_allowed(name: str) -> None:
    w = one_night()
    page = restore(w, new_name=name)
    assert "was not restored: " in page.title
    assert page.title.endswith("is no name for a claim")
    assert "lower-case letters, digits" in to_markdown(page)
    assert claims(w) == ["data"]


def test_while_it_waits_for_a_pod_the_snapshot_is_in_use_and_no_rule_deletes_it() -> None:
    w = one_night()
    restore(w)
    (claim,) = [o for o in w.cluster.store.find(k.CLAIM) if o["metadata"]["name"] == NEW]
    assert (claim.get("status") or {}).get("phase", "Pending") == "Pending"
    w.move(days=400)
    w.tick(NIGHTLY)
    assert len(w.snapshots()) == 1


def test_how_to_have_schedules_take_the_new_claim_is_among_the_steps() -> None:
    """It carries the word "false" at first, so that two claims with the same data are not both snapshotted."""
    text = to_markdown(restore(one_night()))
    assert f"kubectl -n shop annotate pvc {NEW} robusta-volumes.dev/snapshot-" in text
