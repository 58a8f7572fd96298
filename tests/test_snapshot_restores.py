"""The sandbox's provisioner makes volumes from snapshots, or says in the real one's words why not."""

from typing import Any

import pytest

from robusta_volumes._model.errors import NotFound
from robusta_volumes._model.kind import CLAIM, POD, SNAPSHOT, VOLUME
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.csi_script import Behaviour
from snapshot_cluster import (
    BUSY,
    DRIVER,
    NOW,
    OTHER,
    RESTORING,
    Cluster,
    ready,
)


def test_a_claim_is_restored_at_once_where_its_class_binds_at_once() -> None:
    on = ready()
    on.restore()
    on.step()
    claim = on.get(CLAIM, "back")
    assert (claim["status"]["phase"], claim["status"]["capacity"]) == ("Bound", {"storage": "2Gi"})
    volume = on.store.get(VOLUME, claim["spec"]["volumeName"])
    assert (volume["spec"]["claimRef"]["name"], volume["spec"]["csi"]["driver"]) == ("back", DRIVER)
    assert RESTORING not in on.finalizers()
    assert on.events("back")["ProvisioningSucceeded"] == f"Successfully provisioned volume {volume['metadata']['name']}"


def test_where_it_waits_for_a_consumer_the_claim_is_pending_and_the_snapshot_cannot_be_deleted() -> None:
    on = ready()
    on.restore(class_name="late")
    on.step(3)
    assert on.get(CLAIM, "back")["status"]["phase"] == "Pending"
    assert on.events("back") == {"WaitForFirstConsumer": "waiting for first consumer to be created before binding"}
    on.store.delete(SNAPSHOT, "s", "shop")
    on.step()
    assert on.events("s")["SnapshotDeletePending"] == "Snapshot is being used to restore a PVC"
    assert on.content()


def test_a_pod_that_mounts_it_ends_the_waiting() -> None:
    on = ready()
    on.restore(class_name="late")
    b = Builder(NOW)
    on.store.create(b.pod("shop", "reader", ["back"], node="node-a"))
    on.step()
    claim = on.get(CLAIM, "back")
    assert claim["status"]["phase"] == "Bound"
    assert claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] == "node-a"


def test_while_the_volume_is_made_the_snapshot_carries_the_provisioners_finalizer() -> None:
    on = ready()
    on.script.restores.on(Behaviour(ready=3, error=BUSY, errors=1))
    on.restore()
    on.step()
    assert on.events("back")["ProvisioningFailed"] == BUSY
    assert RESTORING in on.finalizers()
    on.step(2)
    assert on.get(CLAIM, "back")["status"]["phase"] == "Pending"
    on.step()
    assert on.get(CLAIM, "back")["status"]["phase"] == "Bound"
    assert RESTORING not in on.finalizers()


def test_a_provisioner_can_forget_its_finalizer() -> None:
    on = ready()
    on.script.restores.on(Behaviour(leaks=True))
    on.restore()
    on.step()
    on.store.delete(SNAPSHOT, "s", "shop")
    on.step(3)
    assert on.finalizers() == [RESTORING]


def with_mode(mode: str) -> dict[str, Any]:
    return {"volumeMode": mode}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (
            {"size": "1Gi"},
            "requested volume size 1073741824 is less than the size 2147483648 for the source snapshot s",
        ),
        ({"class_name": "foreign"}, "is not handled by CSI driver of StorageClass foreign"),
        (
            with_mode("Block"),
            "requested volume shop/back modifies the mode of the source volume but does not have permis",
        ),
        (
            {"dataSource": {"apiGroup": SNAPSHOT.group, "kind": "VolumeSnapshot", "name": "ghost"}},
            'error getting snapshot ghost from api server: volumesnapshots.snapshot.storage.k8s.io "ghost" not found',
        ),
    ],
    ids=["too small", "other driver", "other mode", "no such snapshot"],
)
def test_a_restore_that_does_not_fit_is_refused_in_the_provisioners_words(asked: dict[str, Any], why: str) -> None:
    on = ready()
    b = Builder(NOW)
    b.storage_class("foreign", OTHER, wait=False)
    on.store.create(b.objects[0])
    on.restore(**asked)
    on.step(3)
    said = on.events("back")["ProvisioningFailed"]
    assert said.startswith("error getting handle for DataSource Type VolumeSnapshot by Name ")
    assert why in said
    assert on.get(CLAIM, "back")["status"]["phase"] == "Pending"


def test_a_snapshot_that_is_not_ready_is_not_restored_yet() -> None:
    on = Cluster()
    on.script.snapshots.on(Behaviour(ready=3))
    on.snapshot()
    on.restore()
    on.step(2)
    assert on.events("back")["ProvisioningFailed"].endswith("Name s: snapshot s is not Ready")
    on.step()
    assert on.get(CLAIM, "back")["status"]["phase"] == "Bound"


def test_a_restored_claim_that_is_deleted_takes_its_volume_along() -> None:
    on = ready()
    on.restore()
    on.step()
    volume = on.get(CLAIM, "back")["spec"]["volumeName"]
    on.store.delete(CLAIM, "back", "shop")
    on.step()
    assert on.store.find(CLAIM, fields="metadata.name=back") == []
    with pytest.raises(NotFound):
        on.store.get(VOLUME, volume)


def test_a_restored_claim_that_a_pod_uses_stays_until_the_pod_is_gone() -> None:
    on = ready()
    on.restore()
    on.store.create(Builder(NOW).pod("shop", "reader", ["back"], node="node-a"))
    on.step()
    on.store.delete(CLAIM, "back", "shop")
    on.step(2)
    assert on.get(CLAIM, "back")["metadata"]["deletionTimestamp"]
    on.store.delete(POD, "reader", "shop")
    on.step()
    assert on.store.find(CLAIM, fields="metadata.name=back") == []
