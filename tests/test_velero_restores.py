"""The sandbox's Velero restores as the real one does: beside what is there, with data where some was saved."""

from typing import Any

import pytest

import crds
from robusta_volumes._model.kind import CLAIM, POD, VELERO_DATA_DOWNLOAD, VELERO_POD_RESTORE, VELERO_RESTORE, VOLUME
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.velero_script import Moving, VeleroScript
from velero_world import NOW, VeleroWorld


def saved(script: VeleroScript | None = None, *, wait: bool = False, **spec: Any) -> VeleroWorld:
    on = VeleroWorld(script, wait=wait)
    on.backup(**spec)
    on.velero.settle()
    return on


def test_claims_come_back_in_the_mapped_namespace_and_their_data_after_them() -> None:
    on = saved()
    on.restore()
    assert on.phases(VELERO_RESTORE, "r") == ["", "InProgress", "WaitingForPluginOperations", "Finalizing", "Completed"]
    assert on.names(CLAIM, "scratch") == ["cart", "data", "media"]
    assert on.moved(VELERO_DATA_DOWNLOAD) == {"cart": "Completed", "data": "Completed"}
    claim = on.get(CLAIM, "data", "scratch")
    assert claim["status"]["phase"] == "Bound"
    assert on.store.get(VOLUME, claim["spec"]["volumeName"])["spec"]["claimRef"]["namespace"] == "scratch"


def test_a_claim_without_data_in_the_backup_comes_back_empty_and_nothing_says_so() -> None:
    on = saved()
    on.restore()
    on.velero.settle()
    assert (on.phase(VELERO_RESTORE, "r"), on.status(VELERO_RESTORE, "r").get("warnings")) == ("Completed", None)
    assert ("shop/media", "scratch/media", False) in on.filled
    assert ("shop/data", "scratch/data", True) in on.filled


def test_what_is_there_is_skipped_and_never_overwritten() -> None:
    on = saved()
    before = on.get(CLAIM, "data", "shop")
    on.restore(namespaceMapping={})
    on.velero.settle()
    status = on.status(VELERO_RESTORE, "r")
    assert (status["phase"], status["warnings"], on.moved(VELERO_DATA_DOWNLOAD)) == ("Completed", 3, {})
    assert on.get(CLAIM, "data", "shop") == before


def test_one_claim_by_its_label() -> None:
    on = saved()
    on.restore(labelSelector={"matchLabels": {"app": "cart"}})
    on.velero.settle()
    assert on.names(CLAIM, "scratch") == ["cart"]


def test_a_claim_whose_class_waits_for_its_first_consumer_gets_no_byte_until_a_pod_uses_it() -> None:
    on = saved(wait=True)
    on.restore(labelSelector={"matchLabels": {"app": "data"}})
    on.velero.settle()
    assert on.moved(VELERO_DATA_DOWNLOAD) == {"data": "Accepted"}
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "user", "namespace": "scratch"}}
    on.store.create({**pod, "spec": {"volumes": volumes}, "status": {"phase": "Pending"}})
    on.velero.settle()
    assert (on.phase(VELERO_RESTORE, "r"), on.get(CLAIM, "data", "scratch")["status"]["phase"]) == (
        "Completed",
        "Bound",
    )


def test_and_after_half_an_hour_without_one_its_data_mover_gives_up() -> None:
    on = saved(wait=True)
    on.restore(labelSelector={"matchLabels": {"app": "data"}})
    on.velero.settle()
    on.later(minutes=31)
    on.velero.settle()
    (download,) = on.store.find(VELERO_DATA_DOWNLOAD)
    assert download["status"]["message"] == "timeout on preparing data download"
    assert on.phase(VELERO_RESTORE, "r") == "PartiallyFailed"


def test_a_download_that_fails_leaves_the_claim_pending() -> None:
    on = saved()
    on.script.downloads.on(Moving(error="repository is locked"), claim="data")
    on.restore()
    on.velero.settle()
    assert (on.phase(VELERO_RESTORE, "r"), on.status(VELERO_RESTORE, "r")["errors"]) == ("PartiallyFailed", 1)
    assert on.get(CLAIM, "data", "scratch")["status"]["phase"] == "Pending"
    assert on.get(CLAIM, "cart", "scratch")["status"]["phase"] == "Bound"


def test_a_restore_may_be_stuck_or_fail_and_a_restart_gives_up_what_was_in_progress() -> None:
    on = saved(VeleroScript(stuck=["r"], failing={"bad": "error downloading backup"}))
    on.restore()
    on.restore("bad")
    on.velero.settle()
    assert (on.phase(VELERO_RESTORE, "r"), on.phase(VELERO_RESTORE, "bad")) == ("InProgress", "Failed")
    on.velero.stop()
    on.velero.restart()
    assert on.phase(VELERO_RESTORE, "r") == "Failed"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"backupName": "none"}, 'can\'t find backup velero/none: backups.velero.io "none" not found'),
        ({"backupName": "", "scheduleName": ""}, "Either a backup or schedule must be specified"),
        ({"backupName": "", "scheduleName": "nightly"}, "No completed backups found for schedule"),
    ],
    ids=["no such backup", "neither", "schedule without a backup"],
)
def test_what_cannot_be_restored_is_failed_validation(spec: dict[str, str], text: str) -> None:
    on = saved()
    on.restore(**spec)
    on.velero.settle()
    assert on.phase(VELERO_RESTORE, "r") == "FailedValidation"
    assert text in on.status(VELERO_RESTORE, "r")["validationErrors"][0]


def test_nothing_can_be_restored_from_a_location_that_is_gone() -> None:
    on = saved()
    on.script.unavailable["default"] = "no such bucket"
    on.restore()
    on.velero.settle()
    errors = on.status(VELERO_RESTORE, "r")["validationErrors"]
    assert errors == ["The BSL default is unavailable, cannot retrieve the backup"]


def test_files_come_back_through_their_pod_and_without_it_the_claim_is_empty() -> None:
    files: dict[str, Any] = {"snapshotMoveData": False, "defaultVolumesToFsBackup": True}
    alone, together = saved(**files), saved(**files)
    alone.restore()
    together.restore(includedResources=["pods", "persistentvolumeclaims", "persistentvolumes"])
    for on in (alone, together):
        on.velero.settle()
        assert on.phase(VELERO_RESTORE, "r") == "Completed"
    assert ("shop/data", "scratch/data", False) in alone.filled
    assert ("shop/data", "scratch/data", True) in together.filled
    assert together.moved(VELERO_POD_RESTORE) == {"data": "Completed", "media": "Completed"}
    assert [o["status"]["phase"] for o in together.store.find(POD, "scratch")] == ["Running", "Running"]


def test_a_backup_that_a_story_brought_can_be_restored_with_the_data_that_its_uploads_show() -> None:
    on = VeleroWorld()
    told = VeleroBuilder(Builder(NOW))
    backup = told.backup(600, name="b")
    told.upload(backup, on.get(CLAIM, "data", "shop"))
    on.store.take(told.b.objects)
    on.velero.bucket.adopt()
    on.restore()
    on.velero.settle()
    assert (on.phase(VELERO_RESTORE, "r"), on.filled) == ("Completed", [("shop/data", "scratch/data", True)])


@pytest.mark.needs(crds.NAME)
def test_whatever_a_restore_leaves_is_what_its_definition_allows() -> None:
    on = saved()
    on.restore()
    on.restore("none", backupName="none")
    for _ in range(12):
        on.velero.step()
        assert on.wrong() == []
