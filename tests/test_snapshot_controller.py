"""The sandbox's snapshot controller and drivers do to objects what the real ones were recorded to do."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import crds
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.store import Store, load
from robusta_volumes._model.kind import CLAIM, EVENT, SNAPSHOT, SNAPSHOT_CONTENT, VOLUME
from robusta_volumes._model.plan import Delete
from robusta_volumes._sandbox.csi_script import Behaviour, CsiScript
from robusta_volumes._sandbox.csi_storage import CsiStorage
from snapshot_cluster import (
    AS_SOURCE,
    BOUND,
    BUSY,
    DRIVER,
    LATE,
    NOW,
    ON_CLAIM,
    OTHER,
    PREFIX,
    Cluster,
    ready,
)

BEFORE = Path(__file__).parent / "clusters" / "before"
KINDS = (SNAPSHOT, SNAPSHOT_CONTENT)


# --- as the real one


def replayed() -> tuple[dict[str, Any], CsiStorage]:
    """Take the recorded cluster without its snapshots, ask for the same again, and give what was recorded."""
    objects, fresh = load(BEFORE), load(BEFORE)
    asked = {
        f"{o['metadata']['namespace']}/{o['metadata']['name']}": o for o in objects if o["kind"] == "VolumeSnapshot"
    }
    left = [o for o in fresh if o["kind"] not in {"VolumeSnapshot", "VolumeSnapshotContent", "Event"}]
    for claim in (o for o in left if o["kind"] == "PersistentVolumeClaim"):
        claim["metadata"]["finalizers"] = [f for f in claim["metadata"]["finalizers"] if f != ON_CLAIM]
    storage = CsiStorage(Store(left), CsiScript(drivers=[DRIVER]))
    for o in asked.values():
        meta = {key: o["metadata"][key] for key in ("name", "namespace")}
        spec = copy.deepcopy(o["spec"])
        storage.store.create(
            {"apiVersion": SNAPSHOT.api_version, "kind": "VolumeSnapshot", "metadata": meta, "spec": spec}
        )
    for _ in range(3):
        storage.step()
    return {o["kind"] + o["metadata"].get("namespace", "") + o["metadata"]["name"]: o for o in objects}, storage


def comparable(o: dict[str, Any], uids: dict[str, str]) -> dict[str, Any]:
    """Leave out what differs from one run to the next: times, uids, handles and versions."""
    text = json.dumps({"finalizers": o["metadata"].get("finalizers"), "spec": o["spec"], "status": o.get("status")})
    for uid, name in uids.items():
        text = text.replace(uid, name)
    read: dict[str, Any] = json.loads(text)
    for place in (
        read["status"] or {},
        (read["status"] or {}).get("error") or {},
        read["spec"].get("volumeSnapshotRef", {}),
    ):
        for varying in ("creationTime", "time", "snapshotHandle", "resourceVersion"):
            if varying in place:
                place[varying] = "some"
    return read


def test_the_recorded_snapshots_come_out_as_they_were_recorded() -> None:
    recorded, storage = replayed()
    made = storage.store.find(SNAPSHOT)
    was = [recorded[f"VolumeSnapshot{o['metadata']['namespace']}{o['metadata']['name']}"] for o in made]
    of_made = {o["metadata"]["uid"]: o["metadata"]["name"] for o in made}
    of_was = {o["metadata"]["uid"]: o["metadata"]["name"] for o in was}
    assert len(made) >= 9
    assert {o["metadata"]["name"]: comparable(o, of_made) for o in made} == {
        o["metadata"]["name"]: comparable(o, of_was) for o in was
    }
    contents = {
        o["spec"]["volumeSnapshotRef"]["name"]: comparable(o, of_made) for o in storage.store.find(SNAPSHOT_CONTENT)
    }
    were = [o for o in recorded.values() if o["kind"] == "VolumeSnapshotContent"]
    assert contents == {o["spec"]["volumeSnapshotRef"]["name"]: comparable(o, of_was) for o in were}


def test_claims_are_protected_while_one_of_their_snapshots_is_not_ready_as_recorded() -> None:
    recorded, storage = replayed()
    now = {o["metadata"]["name"]: ON_CLAIM in o["metadata"]["finalizers"] for o in storage.store.find(CLAIM)}
    were = [o for o in recorded.values() if o["kind"] == "PersistentVolumeClaim"]
    assert now == {o["metadata"]["name"]: ON_CLAIM in o["metadata"]["finalizers"] for o in were}
    assert any(now.values())
    assert not all(now.values())


def test_the_events_are_the_recorded_ones() -> None:
    recorded, storage = replayed()
    now = {(o["involvedObject"]["name"], o["type"], o["reason"], o["message"]) for o in storage.store.find(EVENT)}
    were = [o for o in recorded.values() if o["kind"] == "Event" and o["involvedObject"]["kind"] == "VolumeSnapshot"]
    # The real controller records the first error twice, once about an object without a name.
    named = {(o["involvedObject"].get("name"), o["type"], o["reason"], o["message"]) for o in were}
    assert now == {event for event in named if event[0]}


@pytest.mark.needs(crds.NAME)
def test_everything_that_it_writes_fits_the_definitions() -> None:
    on = Cluster()
    on.script.snapshots.on(Behaviour(cut=2, ready=3, error=BUSY, errors=1))
    on.snapshot()
    seen = [o for kind in KINDS for o in replayed()[1].store.find(kind)]
    for _ in range(4):
        on.step()
        seen += [o for kind in KINDS for o in on.store.find(kind)]
    assert len(seen) > 20
    assert [crds.problems(o) for o in seen if crds.problems(o)] == []


# --- taking one


def test_a_snapshot_is_ready_after_as_many_steps_as_the_script_says_and_cut_before() -> None:
    on = Cluster()
    on.script.snapshots.on(Behaviour(cut=2, ready=4))
    on.snapshot()
    seen = []
    for _ in range(4):
        on.step()
        seen.append(("creationTime" in on.status(), on.status()["readyToUse"], on.status().get("restoreSize")))
    assert seen == [(False, False, None), (True, False, "2Gi"), (True, False, "2Gi"), (True, True, "2Gi")]
    assert on.events("s") == {
        "CreatingSnapshot": "Waiting for a snapshot shop/s to be created by the CSI driver.",
        "SnapshotCreated": "Snapshot shop/s was successfully created by the CSI driver.",
        "SnapshotReady": "Snapshot shop/s is ready to use.",
    }


def test_an_error_is_told_and_then_it_is_ready_and_the_error_gone() -> None:
    on = Cluster()
    on.script.snapshots.on(Behaviour(error=BUSY, errors=2))
    on.snapshot()
    on.step()
    handle = on.content()["spec"]["source"]["volumeHandle"]
    assert on.error() == f'Failed to create snapshot: failed to take snapshot of the volume {handle}: "{BUSY}"'
    assert on.status()["readyToUse"] is False
    on.step()
    assert on.error().startswith("Failed to check and update snapshot content: failed to take snapshot of the volume ")
    assert ON_CLAIM in on.finalizers(CLAIM, "data")
    on.step()
    assert (on.status()["readyToUse"], on.error()) == (True, "")
    assert ON_CLAIM not in on.finalizers(CLAIM, "data")
    about_content = on.events(on.content()["metadata"]["name"])
    assert list(about_content) == ["SnapshotCreationFailed", "SnapshotContentCheckandUpdateFailed"]


def test_after_a_timeout_the_content_stays_marked_as_being_created_and_is_not_deleted() -> None:
    on = Cluster()
    on.script.snapshots.on(Behaviour(error=LATE, errors=3))
    on.snapshot()
    on.step()
    assert f"{PREFIX}/volumesnapshot-being-created" in on.content()["metadata"]["annotations"]
    on.store.delete(SNAPSHOT, "s", "shop")
    on.step(2)
    assert on.get()["metadata"]["deletionTimestamp"]
    on.step(2)
    assert on.store.find(SNAPSHOT) == on.store.find(SNAPSHOT_CONTENT) == []
    assert on.storage.stored == {}


@pytest.mark.parametrize(
    ("script", "silent"), [(CsiScript(drivers=[OTHER]), Behaviour()), (CsiScript(), Behaviour(silent=True))]
)
def test_without_a_sidecar_it_is_bound_and_silent_for_ever(script: CsiScript, silent: Behaviour) -> None:
    on = Cluster(script)
    script.snapshots.on(silent)
    on.snapshot()
    on.step(20)
    bound = f"snapcontent-{on.get()['metadata']['uid']}"
    assert on.status() == {"boundVolumeSnapshotContentName": bound, "readyToUse": False}
    assert "status" not in on.content()


def test_without_a_controller_nothing_ever_looks_at_it() -> None:
    on = Cluster(controller=False)
    on.snapshot()
    on.step(20)
    assert (on.status(), on.finalizers(), on.store.find(EVENT)) == ({}, [], [])


def test_behaviour_is_chosen_by_namespace_claim_and_class_and_the_last_word_counts() -> None:
    script = CsiScript()
    script.snapshots.on(Behaviour(ready=5))
    script.snapshots.on(Behaviour(ready=3), namespace="shop", claim="data-*")
    script.snapshots.on(Behaviour(ready=2), class_name="keep")
    readies = [
        script.snapshots.of(*at).ready for at in (("shop", "data-1", "drop"), ("t", "x", "drop"), ("t", "x", "keep"))
    ]
    assert readies == [3, 5, 2]
    assert script.restores.of("shop", "data-1", "fast") == Behaviour()


def classes(on: Cluster, *, default: int, driver: str = DRIVER) -> None:
    for number in range(default):
        meta = {"name": f"default-{number}", "annotations": {f"{PREFIX}/is-default-class": "true"}}
        kind = {"apiVersion": SNAPSHOT.api_version, "kind": "VolumeSnapshotClass"}
        on.store.create({**kind, "metadata": meta, "driver": driver, "deletionPolicy": "Delete"})


def test_the_default_class_is_the_one_of_the_volumes_driver() -> None:
    on = Cluster()
    classes(on, default=1)
    on.snapshot(class_name=None)
    on.step()
    assert on.get()["spec"]["volumeSnapshotClassName"] == "default-0"
    assert on.status()["readyToUse"] is True


@pytest.mark.parametrize(
    ("default", "driver", "claim", "why"),
    [
        (0, DRIVER, "data", "cannot find default snapshot class"),
        (1, OTHER, "data", "cannot find default snapshot class"),
        (2, DRIVER, "data", "2 default snapshot classes were found"),
        (
            1,
            DRIVER,
            "ghost",
            'failed to retrieve PVC ghost from the lister: "persistentvolumeclaim \\"ghost\\" not found"',
        ),
    ],
)
def test_without_one_default_class_nothing_is_created(default: int, driver: str, claim: str, why: str) -> None:
    on = Cluster()
    classes(on, default=default, driver=driver)
    on.snapshot(class_name=None, claim=claim)
    on.step(2)
    assert on.error() == f"Failed to set default snapshot class with error {why}"
    assert on.store.find(SNAPSHOT_CONTENT) == []


def test_a_class_of_another_driver_that_is_installed_fails_for_ever() -> None:
    on = Cluster()
    kind = {"apiVersion": SNAPSHOT.api_version, "kind": "VolumeSnapshotClass"}
    on.store.create({**kind, "metadata": {"name": "other"}, "driver": OTHER, "deletionPolicy": "Delete"})
    on.snapshot(class_name="other")
    on.step(9)
    assert "rpc error: code = NotFound desc = volume id" in on.error()


def test_of_a_volume_without_a_driver_nothing_is_taken() -> None:
    on = Cluster()
    classes(on, default=1)
    volume = on.get(CLAIM, "data")["spec"]["volumeName"]
    on.store.patch(VOLUME, volume, None, {"spec": {"csi": None, "nfs": {"server": "10.0.0.1", "path": "/data"}}})
    on.snapshot("without", class_name=None)
    on.snapshot("with")
    on.step()
    not_csi = "snapshotting non-CSI volumes is not supported, snapshot:shop/without"
    assert on.error("without") == f"Failed to set default snapshot class with error {not_csi}"
    assert on.error("with").endswith(f"cannot find CSI PersistentVolumeSource for volume {volume}")


def test_of_a_volume_that_belongs_to_an_older_claim_of_that_name_nothing_is_taken() -> None:
    on = Cluster()
    volume = on.get(CLAIM, "data")["spec"]["volumeName"]
    on.store.patch(VOLUME, volume, None, {"spec": {"claimRef": {"uid": "another"}}})
    on.snapshot()
    on.step()
    assert on.error().endswith('"claim in dataSource not bound or invalid"')


def test_a_ready_snapshot_whose_content_was_taken_away_is_cut_anew() -> None:
    on = ready()
    on.store.patch(SNAPSHOT_CONTENT, on.content()["metadata"]["name"], None, {"metadata": {"finalizers": None}})
    on.store.delete(SNAPSHOT_CONTENT, on.content()["metadata"]["name"])
    on.step(2)
    assert on.events("s")["SnapshotContentMissing"] == "VolumeSnapshotContent is missing"
    assert on.status()["readyToUse"] is True
    assert on.content()


def test_a_driver_that_does_not_know_the_size_leaves_it_out() -> None:
    on = Cluster()
    on.script.snapshots.on(Behaviour(size=0))
    on.snapshot()
    on.step()
    assert on.status()["readyToUse"] is True
    assert "restoreSize" not in on.status()


def test_a_claim_that_is_being_deleted_is_not_snapshotted() -> None:
    on = Cluster()
    on.store.patch(CLAIM, "data", "shop", {"metadata": {"finalizers": ["kubernetes.io/pvc-protection", "wait"]}})
    on.store.delete(CLAIM, "data", "shop")
    on.snapshot()
    on.step()
    assert "cannot add finalizer on claim because it is being deleted" in on.error()


# --- deleting one


def test_under_delete_content_and_storage_go_with_the_snapshot() -> None:
    on = ready()
    on.step()
    assert on.finalizers() == [AS_SOURCE, BOUND]
    on.store.delete(SNAPSHOT, "s", "shop")
    on.step()
    assert on.store.find(SNAPSHOT) == on.store.find(SNAPSHOT_CONTENT) == []
    assert on.storage.stored == {}


def test_under_retain_the_content_stays_with_a_dangling_reference_and_deleting_it_leaves_the_storage() -> None:
    on = ready("keep")
    on.step()
    assert on.finalizers() == [AS_SOURCE]
    uid = on.get()["metadata"]["uid"]
    on.store.delete(SNAPSHOT, "s", "shop")
    on.step(2)
    assert on.store.find(SNAPSHOT) == []
    assert on.content()["spec"]["volumeSnapshotRef"]["uid"] == uid
    assert on.content()["metadata"]["annotations"] == {f"{PREFIX}/volumesnapshot-being-deleted": "yes"}
    on.store.delete(SNAPSHOT_CONTENT, on.content()["metadata"]["name"])
    on.step()
    assert on.store.find(SNAPSHOT_CONTENT) == []
    assert len(on.storage.stored) == 1


def test_a_deletion_that_the_driver_refuses_is_stuck_until_it_does_not() -> None:
    on = ready()
    on.step()
    on.script.snapshots.on(Behaviour(delete_error=BUSY, delete_errors=3))
    on.store.delete(SNAPSHOT, "s", "shop")
    on.step(3)
    assert on.get()["metadata"]["deletionTimestamp"]
    assert on.finalizers() == [BOUND]
    assert f"{PREFIX}/volumesnapshot-being-deleted" in on.content()["metadata"]["annotations"]
    found = on.store.find(EVENT, "default", fields="reason=SnapshotDeleteError")
    assert [(event["message"], event["count"]) for event in found] == [("Failed to delete snapshot", 3)]
    on.step()
    assert on.store.find(SNAPSHOT) == []


def test_over_the_cluster_in_memory_a_planned_deletion_takes_its_time_too() -> None:
    on = MemoryCluster(ready().store.find(SNAPSHOT), now=NOW)
    storage = CsiStorage(on.store)
    found = on.find(SNAPSHOT)[0]["metadata"]
    step = Delete(SNAPSHOT, "s", "shop", uid=found["uid"], resource_version=found["resourceVersion"], why="too old")
    assert on.carry_out([step])[0].error is None
    assert on.find(SNAPSHOT)[0]["metadata"]["deletionTimestamp"]
    storage.step()
    assert on.find(SNAPSHOT) == []


def test_a_member_of_a_group_is_not_deleted_alone() -> None:
    on = ready()
    on.store.patch(SNAPSHOT, "s", "shop", {"status": {"volumeGroupSnapshotName": "all"}})
    on.store.delete(SNAPSHOT, "s", "shop")
    on.step(3)
    assert "it belongs to group snapshot shop/all" in on.events("s")["SnapshotDeletePending"]
    assert on.content()
