"""The sandbox's Velero makes backups as the real one does: phase by phase, and with nothing in them where it saves nothing."""

from datetime import timedelta
from typing import Any

import pytest

import crds
from robusta_volumes._model.kind import POD, VELERO_LOCATION, VELERO_POD_VOLUME, VELERO_UPLOAD
from robusta_volumes._model.times import parse_time
from robusta_volumes._sandbox.velero_script import Moving, VeleroScript
from velero_world import NOW, VeleroWorld

PARTLY = "PartiallyFailed"
FILES: dict[str, Any] = {"snapshotMoveData": False, "defaultVolumesToFsBackup": True}


def test_a_backup_that_moves_data_goes_through_all_phases() -> None:
    on = VeleroWorld()
    on.backup()
    assert on.phases() == [
        *("", "Queued", "ReadyToStart", "InProgress", "WaitingForPluginOperations", "Finalizing", "Completed"),
    ]
    assert on.moved() == {"cart": "Completed", "data": "Completed"}
    status = on.status()
    assert (status["backupItemOperationsCompleted"], parse_time(status["expiration"])) == (2, NOW + timedelta(days=30))


def test_bytes_move_over_several_steps() -> None:
    on = VeleroWorld()
    on.script.uploads.on(Moving(turns=4), claim="data")
    on.backup()
    seen = []
    for _ in range(12):
        on.velero.step()
        found = [o for o in on.store.find(VELERO_UPLOAD) if o["spec"]["sourcePVC"] == "data"]
        seen += [o["status"]["progress"]["bytesDone"] >> 20 for o in found if "progress" in o["status"]]
    assert seen[:6] == [0, 256, 512, 768, 1024, 1024]


def test_completed_but_empty_what_is_no_csi_volume_is_left_out_without_an_error() -> None:
    on = VeleroWorld()
    on.backup(includedNamespaces=["shop"])
    on.velero.settle()
    status = on.status()
    assert (on.phase(), status.get("errors"), status["warnings"], "media" in on.moved()) == (
        "Completed",
        None,
        1,
        False,
    )


def test_completed_but_empty_without_a_running_pod_no_file_is_read() -> None:
    on = VeleroWorld()
    on.store.patch(POD, "web-0", "shop", {"status": {"phase": "Pending"}})
    on.backup(**FILES)
    on.velero.settle()
    assert on.phase() == "Completed"
    assert on.moved(VELERO_POD_VOLUME) == {"data": "Completed"}
    assert on.moved(VELERO_UPLOAD) == {}


def test_files_are_read_only_through_pods_that_the_backup_has() -> None:
    on = VeleroWorld()
    on.backup(**FILES, includedResources=["persistentvolumeclaims"])
    on.velero.settle()
    assert (on.phase(), on.moved(VELERO_POD_VOLUME)) == ("Completed", {})


def test_a_snapshot_that_stays_leaves_counters_and_nothing_per_claim() -> None:
    on = VeleroWorld()
    on.backup(snapshotMoveData=False)
    on.velero.settle()
    status = on.status()
    assert (status["csiVolumeSnapshotsAttempted"], status["csiVolumeSnapshotsCompleted"], on.moved()) == (2, 2, {})


def test_one_claim_that_fails_makes_the_backup_partially_failed() -> None:
    on = VeleroWorld()
    on.script.uploads.on(Moving(error="data path backup failed: connection reset"), claim="cart")
    on.backup()
    assert on.phases()[-2:] == [f"Finalizing{PARTLY}", PARTLY]
    assert on.moved() == {"cart": "Failed", "data": "Completed"}
    assert on.status()["errors"] == 1


def test_errors_about_other_objects_make_it_partially_failed_with_all_data_in_it() -> None:
    on = VeleroWorld(VeleroScript(errors={"b": 3}))
    on.backup()
    on.velero.settle()
    assert (on.phase(), on.status()["errors"], on.moved()["data"]) == (PARTLY, 3, "Completed")


def test_a_stuck_one_stays_in_progress_and_those_after_it_are_queued() -> None:
    on = VeleroWorld(VeleroScript(stuck=["b"]))
    on.backup()
    on.velero.settle()
    on.backup("next")
    on.velero.settle()
    assert (on.phase(), on.phase(name="next"), on.moved()) == ("InProgress", "Queued", {})


def test_bytes_that_stop_are_given_up_after_four_hours() -> None:
    on = VeleroWorld()
    on.script.uploads.on(Moving(stalls_at=0.5), claim="data")
    on.backup()
    on.velero.settle()
    assert (on.phase(), on.moved()) == ("WaitingForPluginOperations", {"cart": "Completed", "data": "InProgress"})
    on.later(hours=5)
    on.velero.settle()
    assert (on.phase(), on.moved()["data"], on.status()["errors"]) == (PARTLY, "Canceled", 1)


def test_one_that_fails_says_why() -> None:
    on = VeleroWorld(VeleroScript(failing={"b": "error uploading backup: access denied"}))
    on.backup()
    on.velero.settle()
    assert (on.phase(), on.status()["failureReason"]) == ("Failed", "error uploading backup: access denied")


@pytest.mark.parametrize(
    ("spec", "place", "text"),
    [
        ({}, {"status": {"phase": "Unavailable"}}, "BackupStorageLocation default is in Unavailable status."),
        ({}, {"spec": {"accessMode": "ReadOnly"}}, "storage location default is currently in read-only mode"),
        ({"storageLocation": "none"}, {}, 'backupstoragelocations.velero.io "none" not found'),
        ({"labelSelector": {"matchLabels": {"a": "b"}}, "orLabelSelectors": []}, {}, "only one can be specified"),
    ],
    ids=["unavailable", "read-only", "no location", "both selectors"],
)
def test_what_cannot_be_is_failed_validation(spec: dict[str, Any], place: dict[str, Any], text: str) -> None:
    on = VeleroWorld()
    if place.get("status"):
        on.script.unavailable["default"] = "rpc error: code = Unknown desc = no such bucket"
    on.store.patch(VELERO_LOCATION, "default", "velero", {"spec": place.get("spec", {})})
    on.backup(**spec)
    on.velero.settle()
    assert on.phase() == "FailedValidation"
    assert text in on.status()["validationErrors"][0]
    assert "startTimestamp" not in on.status()


def test_an_unavailable_location_says_why_and_comes_back() -> None:
    on = VeleroWorld()
    on.script.unavailable["default"] = "no such bucket"
    on.velero.step()
    assert on.status(VELERO_LOCATION, "default")["message"].endswith("is unavailable: no such bucket")
    on.script.unavailable.clear()
    on.velero.step()
    assert (on.phase(VELERO_LOCATION, "default"), "message" in on.status(VELERO_LOCATION, "default")) == (
        "Available",
        False,
    )


def test_a_server_that_is_down_does_nothing_and_gives_up_what_was_in_progress_when_it_is_back() -> None:
    on = VeleroWorld(VeleroScript(stuck=["b"]))
    on.backup()
    on.velero.settle()
    on.velero.stop()
    on.backup("new")
    on.velero.settle()
    assert (on.phase(), on.phase(name="new")) == ("InProgress", "")
    on.velero.restart()
    assert (on.phase(), "during the server starting" in on.status()["failureReason"]) == ("Failed", True)
    on.velero.settle()
    assert on.phase(name="new") == "Completed"


def test_without_a_node_agent_no_byte_moves() -> None:
    on = VeleroWorld()
    for pod in on.store.find(POD, "velero", labels="role=node-agent"):
        on.store.delete(POD, pod["metadata"]["name"], "velero")
    on.backup()
    on.backup("files", **FILES)
    on.velero.settle()
    assert (on.phase(), on.moved()) == ("WaitingForPluginOperations", {"cart": "", "data": ""})
    assert (on.phase(name="files"), on.status(name="files")["errors"]) == (PARTLY, 2)


def test_an_empty_volume_is_completed_without_a_byte() -> None:
    on = VeleroWorld()
    on.script.uploads.on(Moving(size=0), claim="cart")
    on.backup()
    on.velero.settle()
    (cart,) = [o for o in on.store.find(VELERO_UPLOAD) if o["spec"]["sourcePVC"] == "cart"]
    assert cart["status"]["progress"] == {"bytesDone": 0, "totalBytes": 0}
    assert (cart["status"]["phase"], cart["status"]["message"]) == (
        "Completed",
        "volume was empty so no data was upload",
    )


def test_a_selector_takes_the_claims_that_have_its_labels() -> None:
    on = VeleroWorld()
    on.backup(labelSelector={"matchExpressions": [{"key": "app", "operator": "In", "values": ["cart"]}]})
    on.velero.settle()
    assert on.moved() == {"cart": "Completed"}


def test_a_volume_policy_leaves_a_storage_class_out() -> None:
    on = VeleroWorld()
    policy = "version: v1\nvolumePolicies:\n- conditions: {storageClass: [fast]}\n  action: {type: skip}\n"
    meta = {"name": "policy", "namespace": "velero"}
    on.store.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"policy.yaml": policy}})
    on.backup(resourcePolicy={"kind": "configmap", "name": "policy"})
    on.velero.settle()
    assert (on.phase(), on.moved(), on.status()["warnings"]) == ("Completed", {}, 3)


@pytest.mark.needs(crds.NAME)
def test_whatever_the_server_writes_is_what_its_definitions_allow() -> None:
    on = VeleroWorld(VeleroScript(stuck=["stuck-*"], failing={"bad-*": "no"}, concurrent=3))
    on.script.uploads.on(Moving(error="broken pipe"), claim="cart")
    for name in ("b", "stuck-1", "bad-1"):
        on.backup(name)
    on.backup("files", **FILES)
    on.backup("nowhere", storageLocation="none")
    for _ in range(20):
        on.velero.step()
        assert on.wrong() == []
