"""The objects of backup tools that stories are written with are what the tools' own definitions allow."""

from datetime import datetime, timedelta

import pytest

import crds
from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import VELERO_BACKUP
from robusta_volumes._model.times import UTC, parse_time
from robusta_volumes._sandbox.backup_builder import GIB, VeleroBuilder
from robusta_volumes._sandbox.builder import DAY, Builder
from robusta_volumes._sandbox.other_backups import k8up_backup, k8up_schedule, k8up_snapshot, volsync_source

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PHASES = (
    *("", "New", "Queued", "ReadyToStart", "FailedValidation", "InProgress", "WaitingForPluginOperations"),
    *("WaitingForPluginOperationsPartiallyFailed", "Finalizing", "FinalizingPartiallyFailed"),
    *("Completed", "PartiallyFailed", "Failed", "Deleting"),
)


def story() -> tuple[Builder, VeleroBuilder, Object, Object]:
    b = Builder(NOW)
    claim = b.bound("shop", "data", "2Gi", "fast", "ebs.csi.aws.com")
    return b, VeleroBuilder(b), claim, b.pod("shop", "db-0", ["data"], node="node-a1")


def wrong(b: Builder) -> dict[str, list[str]]:
    """What of the objects their definitions do not allow; kinds without one here are left out."""
    known = [o for o in b.objects if (o["apiVersion"], o["kind"]) in crds.schemas()]
    return {o["metadata"]["name"]: crds.problems(o) for o in known if crds.problems(o)}


@pytest.mark.needs(crds.NAME)
@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase or "not seen")
def test_a_backup_in_every_phase_is_one_that_velero_could_have_written(phase: str) -> None:
    b, velero, claim, pod = story()
    backup = velero.backup(90, phase, schedule="nightly")
    for moved in ("", "New", "Accepted", "Prepared", "InProgress", "Canceling", "Canceled", "Completed", "Failed"):
        velero.upload(backup, claim, moved, message=f"it is {moved}")
        velero.pod_volume(backup, claim, pod, moved)
    velero.delete_request(backup, "Processed", errors=("backup not found",))
    assert wrong(b) == {}


@pytest.mark.needs(crds.NAME)
def test_what_velero_has_in_a_cluster_is_what_its_definitions_allow() -> None:
    b, velero, _, _ = story()
    velero.installed(("node-a1", "node-b1"))
    velero.location("archive", phase="Unavailable", message="no such bucket", read_only=True, default=False)
    velero.location("new", phase=None, default=False)
    velero.schedule("nightly", last=600)
    velero.schedule("broken", "every night", errors=["invalid schedule: expected exactly 5 fields, found 2"])
    velero.schedule("paused", paused=True)
    assert wrong(b) == {}


def test_a_synced_backup_has_an_object_that_is_younger_than_its_end() -> None:
    _, velero, _, _ = story()
    own, synced = velero.backup(3 * DAY), velero.backup(4 * DAY, synced=60)
    made = [parse_time(o["metadata"]["creationTimestamp"]) for o in (own, synced)]
    assert made == [NOW - timedelta(days=3), NOW - timedelta(hours=1)]
    assert own["metadata"]["name"] == "by-hand-20261121120000"


def test_a_long_name_is_cut_in_labels_as_velero_cuts_it() -> None:
    _, velero, claim, _ = story()
    upload = velero.upload(velero.backup(60, name="n" * 70), claim, done=GIB, total=2 * GIB)
    label = upload["metadata"]["labels"]["velero.io/backup-name"]
    assert (len(label), label[:57], upload["status"]["progress"]["bytesDone"]) == (63, "n" * 57, GIB)


def test_backups_of_velero_and_k8up_are_kinds_of_their_own_in_a_store() -> None:
    b, velero, _, _ = story()
    velero.backup(60, name="same")
    k8up_schedule(b, "shop")
    k8up_backup(b, "shop", 60, schedule="daily")
    k8up_backup(b, "shop", 1, "")
    snapshot = k8up_snapshot(b, "shop", "data", 60)
    volsync_source(b, "shop", "data", 120)
    assert [o["metadata"]["name"] for o in Store(b.objects).find(VELERO_BACKUP)] == ["same"]
    assert snapshot["metadata"]["name"] == snapshot["spec"]["id"][:8]
