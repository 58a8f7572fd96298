"""API objects become what we understand: recorded ones exactly, and no object makes it fail."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from robusta_volumes._cluster import (
    read,
    read_classes,
    read_health,
    read_nodes,
    read_pods,
    read_revisions,
    read_snapshots,
)
from robusta_volumes._model.claim_template import ClaimTemplate
from robusta_volumes._model.requirement import Requirement
from robusta_volumes._model.times import UTC
from robusta_volumes._model.volume import ClaimRef

RECORDED = Path(__file__).parent / "clusters"
READERS = (
    read.meta,
    read.conditions,
    read.claim,
    read.volume,
    read.attachment,
    read_nodes.node,
    read_nodes.csi_node,
    read_nodes.driver,
    read_classes.storage_class,
    read_classes.capacity,
    read_health.volume_health,
    read_health.pod_health,
    read_health.backend_health,
    read.named,
    read.quota,
    read_snapshots.snapshot,
    read.event,
    read_pods.pod,
    read_pods.workload,
    read_pods.slim_pod,
    read_pods.slim_workload,
)
GI = 1024**3


def recorded(when: str, plural: str) -> dict[tuple[str, str], dict[str, Any]]:
    items = json.loads((RECORDED / when / f"{plural}.json").read_text())["items"]
    return {(item["metadata"].get("namespace", ""), item["metadata"]["name"]): item for item in items}


CLAIMS, VOLUMES = recorded("after", "persistentvolumeclaims"), recorded("after", "persistentvolumes")


def test_a_claim_that_waits_for_the_node_to_grow_its_filesystem() -> None:
    claim = read.claim(CLAIMS["shop", "nobody-uses-me"])
    assert (claim.phase, claim.class_name, claim.volume_mode) == ("Bound", "csi-hp", "Filesystem")
    assert [condition.type for condition in claim.conditions] == ["Resizing", "FileSystemResizePending"]
    assert claim.resize_status == "NodeResizePending"
    assert claim.requested
    assert claim.capacity
    assert claim.requested > claim.capacity


def test_a_claim_that_names_no_class_differs_from_one_that_asks_for_none() -> None:
    claim = CLAIMS["broken", "no-class"]
    assert read.claim(claim).class_name is None
    assert read.claim({**claim, "spec": {**claim["spec"], "storageClassName": ""}}).class_name == ""
    beta = {"metadata": {"annotations": {"volume.beta.kubernetes.io/storage-class": "old"}}}
    assert read.claim(beta).class_name == "old"


def test_a_claim_restored_from_a_snapshot_knows_its_source() -> None:
    assert read.claim(CLAIMS["t1", "restored"]).source == ("VolumeSnapshot", "s1")
    assert read.claim(CLAIMS["t1", "dyn"]).source is None


def test_a_claim_on_its_way_out_knows_since_when_and_what_holds_it() -> None:
    about = read.claim(CLAIMS["shop", "uploads"]).meta
    assert about.deleted == datetime(2026, 11, 23, 21, 10, 25, tzinfo=UTC)
    assert "kubernetes.io/pvc-protection" in about.finalizers


def test_a_volume_that_failed_says_why_and_where_its_data_lies() -> None:
    volume = read.volume(VOLUMES["", "will-fail"])
    assert (volume.phase, volume.source, volume.driver, volume.reclaim_policy) == ("Failed", "nfs", "nfs", "Delete")
    assert volume.message.startswith("error getting deleter volume plugin")
    assert volume.backend.startswith("nfs ")
    assert volume.phase_since == datetime(2026, 11, 23, 21, 10, 24, tzinfo=UTC)
    assert volume.claim_ref
    assert volume.claim_ref.uid


def test_a_reserved_volume_has_a_claim_reference_without_uid() -> None:
    ref = read.volume(VOLUMES["", "reserved-for-ghost"]).claim_ref
    assert ref
    assert ref == ClaimRef(ref.namespace, ref.name, "")


def test_a_local_volume_knows_its_node() -> None:
    volume = read.volume(VOLUMES["", "on-gone-node"])
    ((requirement,),) = volume.node_affinity
    assert (requirement.key, requirement.operator) == ("kubernetes.io/hostname", "In")
    assert not requirement.holds({"kubernetes.io/hostname": "vm"})
    assert volume.source == "local"


def test_of_a_csi_volume_only_the_handle_is_told_since_attributes_may_hold_credentials() -> None:
    spec = {"csi": {"driver": "d", "volumeHandle": "h", "volumeAttributes": {"password": "MARK"}}}
    assert read.volume({"spec": spec}).backend == "d h"
    assert "MARK" not in repr(read.volume({"spec": spec}))


@pytest.mark.parametrize(
    ("operator", "values", "labels", "holds"),
    [
        ("In", ("a", "b"), {"k": "a"}, True),
        ("In", ("a",), {}, False),
        ("NotIn", ("a",), {"k": "b"}, True),
        ("NotIn", ("a",), {}, True),
        ("Exists", (), {"k": ""}, True),
        ("DoesNotExist", (), {"k": ""}, False),
        ("Gt", ("3",), {"k": "4"}, True),
        ("Lt", ("3",), {"k": "4"}, False),
        ("Gt", ("3",), {"k": "many"}, False),
        ("Gt", (), {"k": "4"}, False),
        ("Lt", ("3",), {}, False),
    ],
)
def test_a_node_selector_requirement_holds_as_for_the_scheduler(
    operator: str, values: tuple[str, ...], labels: dict[str, str], *, holds: bool
) -> None:
    assert Requirement("k", operator, values).holds(labels) is holds


def test_a_stateful_set_knows_its_templates_and_how_many_are_ready() -> None:
    found = read_pods.workload(recorded("after", "statefulsets")["tight", "too-big"])
    assert (found.kind, found.replicas, found.ready, found.when_scaled) == ("StatefulSet", 3, 1, "Retain")
    assert found.templates == (ClaimTemplate("data", "csi-hp", 2 * GI),)


def test_a_pod_names_its_claims_those_of_ephemeral_volumes_included() -> None:
    volumes = [{"name": "a", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "tmp", "ephemeral": {"x": {}}}]
    pod = read_pods.pod({"metadata": {"name": "web-0"}, "spec": {"volumes": [*volumes, {"name": "e", "emptyDir": {}}]}})
    assert pod.claims == ("data", "web-0-tmp")


def test_a_template_names_no_ephemeral_claims_since_those_are_called_after_pods() -> None:
    template = {"spec": {"volumes": [{"name": "tmp", "ephemeral": {"x": {}}}]}}
    assert read_pods.workload({"kind": "Deployment", "spec": {"template": template}}).claims == ()


def test_a_cron_job_has_its_template_one_floor_down() -> None:
    template = {"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "scratch"}}]}}
    assert read_pods.workload({"spec": {"jobTemplate": {"spec": {"template": template}}}}).claims == ("scratch",)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_slim_pod_or_workload_reads_like_the_whole(when: str) -> None:
    for whole in recorded(when, "pods").values():
        slim, pod = read_pods.pod(read_pods.slim_pod(whole)), read_pods.pod(whole)
        assert replace(slim, meta=pod.meta) == pod
        assert (slim.meta.key, slim.meta.uid, slim.meta.owner) == (pod.meta.key, pod.meta.uid, pod.meta.owner)
    for plural in ("statefulsets", "deployments", "replicasets", "cronjobs"):
        for whole in recorded(when, plural).values():
            found = read_pods.workload(whole)
            assert replace(read_pods.workload(read_pods.slim_workload(whole)), meta=found.meta) == found


def test_a_slim_revision_reads_like_the_whole_and_holds_no_variables() -> None:
    secret = {"image": "registry.local/pg:17", "env": [{"name": "PASSWORD", "value": "hunter2"}]}
    whole = {
        "metadata": {"name": "pg-1", "namespace": "db", "ownerReferences": [{"kind": "StatefulSet", "name": "pg"}]},
        "revision": 7,
        "data": {"spec": {"template": {"spec": {"containers": [secret]}}}},
    }
    slim = read_revisions.slim_revision(whole)
    assert read_revisions.revision(slim) == read_revisions.revision(whole)
    assert read_revisions.revision(whole).images == ("registry.local/pg:17",)
    assert "hunter2" not in str(slim)


def test_the_containers_that_mount_a_claim_are_read_with_how_they_ended_and_never_with_what_they_said() -> None:
    ended = {"exitCode": 1, "reason": "Error", "message": "key=hunter2: No space left on device"}
    whole = {
        "metadata": {"name": "pg-0", "namespace": "db"},
        "spec": {
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-pg-0"}}],
            "containers": [{"name": "pg", "volumeMounts": [{"name": "data"}]}, {"name": "beside"}],
        },
        "status": {
            "containerStatuses": [
                {"name": "pg", "restartCount": 2, "lastState": {"terminated": ended}},
                {"name": "beside", "restartCount": 9},
            ]
        },
    }
    slim = read_pods.slim_pod(whole)
    (found,) = read_pods.pod(whole).containers
    assert read_pods.pod(slim).containers == (found,)
    assert (found.name, found.restarts, found.code, found.reason) == ("pg", 2, 1, "Error")
    assert found.left == (("No space left on device", 1),)
    assert "hunter2" not in f"{slim}{found}"


def test_a_snapshot_tells_ready_from_failed_and_from_silent() -> None:
    found = {name: read_snapshots.snapshot(item) for (_, name), item in recorded("after", "volumesnapshots").items()}
    assert (found["orders-good"].ready, found["orders-good"].size, found["orders-good"].error) == (True, GI, "")
    assert not found["class-missing"].ready
    assert '"nope" not found' in found["class-missing"].error
    assert (found["wrong-driver"].ready, found["wrong-driver"].error, found["wrong-driver"].cut) == (False, "", None)
    assert (found["no-default-class"].class_name, found["class-missing"].class_name) == (None, "nope")


def test_a_quota_holds_storage_and_counts_but_not_what_pods_use_up() -> None:
    found = read.quota(recorded("after", "resourcequotas")["tight", "storage"])
    assert (found.hard["requests.storage"], found.used["requests.storage"]) == (3 * GI, 2 * GI)
    assert found.hard["persistentvolumeclaims"] == 2
    more = read.quota({"status": {"hard": {"requests.ephemeral-storage": "1Gi", "pods": "4", "requests.storage": "x"}}})
    assert more.hard == {}


def test_a_csi_node_without_a_declared_limit_has_none() -> None:
    drivers = [
        {"name": "a"},
        {"name": "b", "allocatable": {"count": 25}},
        {"name": "c", "allocatable": {"count": "many"}},
    ]
    assert read_nodes.csi_node({"spec": {"drivers": drivers}}).drivers == {"a": None, "b": 25, "c": None}


def test_an_event_of_the_newer_api_reads_like_one_of_the_older() -> None:
    old = {
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-0", "uid": "1"},
        "message": "no",
        "count": 3,
        "firstTimestamp": "2026-11-23T21:00:00Z",
        "lastTimestamp": "2026-11-23T21:08:44Z",
    }
    new = {
        "regarding": old["involvedObject"],
        "note": "no",
        "deprecatedCount": 3,
        "deprecatedFirstTimestamp": old["firstTimestamp"],
        "deprecatedLastTimestamp": old["lastTimestamp"],
    }
    assert read.event(old) == read.event(new)


def test_a_repeated_event_counts_and_ages_by_its_series() -> None:
    found = read.event(
        {
            "series": {"count": 9, "lastObservedTime": "2026-11-23T22:00:00.000000Z"},
            "eventTime": "2026-11-23T21:00:00.5Z",
        }
    )
    assert found.count == 9
    assert found.first == datetime(2026, 11, 23, 21, 0, 0, 500_000, tzinfo=UTC)
    assert found.last == datetime(2026, 11, 23, 22, tzinfo=UTC)


def test_a_storage_class_is_the_default_by_annotation() -> None:
    about = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    found = read_classes.storage_class({"metadata": about, "provisioner": "p", "allowVolumeExpansion": True})
    assert (found.is_default, found.expandable, found.binding_mode, found.reclaim_policy) == (
        True,
        True,
        "Immediate",
        "Delete",
    )


def test_of_the_parameters_of_a_class_only_those_are_kept_that_can_hold_no_secret() -> None:
    given = {"Type": "gp2", "encrypted": "true", "csi.storage.k8s.io/node-stage-secret-name": "s", "userKey": "hunter2"}
    found = read_classes.storage_class({"parameters": given})
    assert found.parameters == {"type": "gp2", "encrypted": "true"}


def test_the_room_for_a_class_is_the_largest_volume_where_the_driver_says_so() -> None:
    here = {"matchLabels": {"zone": "a"}, "matchExpressions": [{"key": "rack", "operator": "Exists"}]}
    room = read_classes.capacity({"storageClassName": "c", "capacity": "9Gi", "nodeTopology": here})
    assert (room.class_name, room.room, room.reachable) == ("c", 9 * GI, True)
    assert room.place == (Requirement("zone", "In", ("a",)), Requirement("rack", "Exists", ()))
    most = read_classes.capacity({"capacity": "9Gi", "maximumVolumeSize": "2Gi", "nodeTopology": {}})
    assert (most.room, most.place, most.reachable) == (2 * GI, (), True)
    nowhere = read_classes.capacity({"storageClassName": "c"})
    assert (nowhere.room, nowhere.reachable) == (None, False)


def test_a_slim_workload_still_names_the_class_of_its_ephemeral_volumes() -> None:
    scratch = {
        "name": "s",
        "ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "fast", "accessModes": []}}},
    }
    whole = {"kind": "Deployment", "spec": {"template": {"spec": {"volumes": [scratch]}}}}
    slim = read_pods.slim_workload(whole)
    assert read_pods.workload(whole).classes == read_pods.workload(slim).classes == ("fast",)


def test_a_slim_pod_still_says_what_the_driver_reports_of_its_volumes() -> None:
    ill = [{"name": "d", "healthConditions": [{"status": "Degraded", "reason": "Slow"}]}, {"name": "e"}]
    whole = {
        "spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]},
        "status": {"volumeHealth": ill},
    }
    pod = read_pods.pod(read_pods.slim_pod(whole))
    assert pod == read_pods.pod(whole)
    assert (pod.volumes, pod.claims) == (("d",), ("data",))
    assert [(name, said.type, said.reason) for name, said in pod.health] == [("d", "Degraded", "Slow")]


def test_a_node_that_nobody_heard_of_is_not_ready() -> None:
    unknown = {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}, "spec": {"unschedulable": True}}
    node = read_nodes.node(unknown)
    assert (node.ready, node.schedulable) == (False, False)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(reader.__name__))
def test_every_reader_takes_any_recorded_object(when: str, reader: Any) -> None:
    for path in sorted((RECORDED / when).glob("*.json")):
        for item in json.loads(path.read_text())["items"]:
            assert reader(item) is not None


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in _keys(inner)}
    return {key for inner in value for key in _keys(inner)} if isinstance(value, list) else set()


MORE_KEYS = {"ephemeral", "jobTemplate", "regarding", "series", "allocatable", "ordinals", "dataSourceRef"}
KEYS = sorted(
    key
    for key in _keys([json.loads(path.read_text()) for path in (RECORDED / "after").glob("*.json")]) | MORE_KEYS
    if "/" not in key and not key.startswith("f:")
)
SCALAR = st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.sampled_from(["", "True", "x", "1Gi"])
GARBAGE = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)
PLACES = ("metadata", "spec", "status", "involvedObject", "regarding", "series", "kind", "count")
OBJECT = st.fixed_dictionaries({}, optional=dict.fromkeys(PLACES, GARBAGE))
HOLES: tuple[Any, ...] = (None, 7, "x", True, [None], [7], ["x"], {"x": None}, [{"status": "True"}], [[]])


@given(OBJECT)
@example({"metadata": None, "spec": None, "status": None})
@example({"metadata": [], "spec": "x", "status": 7})
@settings(max_examples=200, deadline=None)
def test_no_object_makes_any_reader_fail(item: dict[str, Any]) -> None:
    for reader in READERS:
        assert reader(item) is not None


def _with_holes(value: Any, hole: Any) -> list[Any]:
    """Give every copy of a value in which one place holds something that does not belong there."""
    found = [hole]
    if isinstance(value, dict):
        found += [{**value, key: bad} for key, inner in value.items() for bad in _with_holes(inner, hole)]
    if isinstance(value, list):
        found += [
            [*value[:n], bad, *value[n + 1 :]] for n, inner in enumerate(value) for bad in _with_holes(inner, hole)
        ]
    return found


@pytest.mark.parametrize("hole", HOLES, ids=repr)
def test_a_wrong_type_in_any_place_of_a_real_object_is_put_up_with(hole: Any) -> None:
    real: list[tuple[Any, dict[str, Any]]] = [
        (read.claim, CLAIMS["shop", "nobody-uses-me"]),
        (read.volume, VOLUMES["", "on-gone-node"]),
        (read_snapshots.snapshot, recorded("after", "volumesnapshots")["shop", "orders-good"]),
        (read.event, next(iter(recorded("after", "events").values()))),
        (read.quota, recorded("after", "resourcequotas")["tight", "storage"]),
        (read_nodes.csi_node, next(iter(recorded("after", "csinodes").values()))),
        (read.attachment, next(iter(recorded("after", "volumeattachments").values()))),
        (read_pods.workload, recorded("after", "statefulsets")["tight", "too-big"]),
    ]
    for reader, item in real:
        slim = {key: value for key, value in item.items() if key != "metadata"}
        slim["metadata"] = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
        assert all(reader(bad) is not None for bad in _with_holes(slim, hole) if isinstance(bad, dict))
