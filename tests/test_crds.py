"""What we create is what the custom resource definitions allow; and the check itself finds what they do not."""

import copy
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import crds
from robusta_volumes._cluster.read import claim as read_claim
from robusta_volumes._engines.csi_snapshots import snapshot_manifest
from robusta_volumes._model.times import UTC

pytestmark = pytest.mark.needs(crds.NAME)
RECORDED = Path(__file__).parent / "clusters"
SLOT = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
CLAIM = {"metadata": {"name": "data-orders-db-0", "namespace": "shop", "uid": "ac1aa4e7-78bd-4050-8ff9-f0fa35d0eb06"}}


def snapshot(**more: Any) -> dict[str, Any]:
    return snapshot_manifest(read_claim({**CLAIM, "spec": {}}), "nightly", SLOT, "csi-hp-snap", **more)


@pytest.mark.parametrize("kind", ["volumesnapshots", "volumesnapshotcontents", "volumesnapshotclasses"])
@pytest.mark.parametrize("state", ["before", "after"])
def test_the_objects_of_a_real_cluster_pass(state: str, kind: str) -> None:
    items = json.loads((RECORDED / state / f"{kind}.json").read_text())["items"]
    assert items
    assert {item["metadata"]["name"]: crds.problems(item) for item in items if crds.problems(item)} == {}


def test_a_snapshot_of_a_schedule_and_one_made_by_hand_pass() -> None:
    by_hand = snapshot_manifest(read_claim({**CLAIM, "spec": {}}), "", SLOT, "csi-hp-snap", retain=True)
    assert crds.problems(snapshot()) == []
    assert crds.problems(by_hand) == []
    assert crds.problems(snapshot(labels={"team": "db"})) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("spec.source.volumeSnapshotContentName", "c", "exactly one of volumeSnapshotContentName and persistentV"),
        ("spec.source", {}, "exactly one of volumeSnapshotContentName and persistentVolumeClaimName must be set"),
        ("spec.source", None, ".spec.source: None is no object"),
        ("spec", {}, ".spec.source: is required"),
        ("spec.volumeSnapshotClassName", "", "volumeSnapshotClassName must not be the empty string when set"),
        ("spec.volumeSnapshotClassName", 5, ".spec.volumeSnapshotClassName: 5 is no string"),
        ("spec.retentionDays", 30, ".spec.retentionDays: is unknown"),
        ("status", {"restoreSize": "1 GiB"}, ".status.restoreSize: '1 GiB' does not match"),
        ("status", {"restoreSize": True}, ".status.restoreSize: True is no integer or string"),
        ("status", {"creationTime": "yesterday"}, ".status.creationTime: 'yesterday' is no date-time"),
        ("metadata.labels", {"robusta-volumes.dev/schedule": "n" * 64}, "must be no more than 63 bytes"),
        ("metadata.name", "Data", 'metadata.name: Invalid value: "Data"'),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith(("spec", "status", "metadata")) else "",
)
def test_what_a_real_server_would_refuse_or_drop_is_found(path: str, value: Any, problem: str) -> None:
    made = copy.deepcopy(snapshot())
    *steps, last = path.split(".")
    inner = made
    for step in steps:
        inner = inner[step]
    inner[last] = value
    assert any(problem in found for found in crds.problems(made)), crds.problems(made)


def test_a_version_that_is_not_served_any_more_is_none() -> None:
    with pytest.raises(KeyError):
        crds.problems({**snapshot(), "apiVersion": "snapshot.storage.k8s.io/v1beta1"})


@pytest.mark.parametrize(
    ("kind", "spec", "problem"),
    [
        ("Backup", {"ttl": "720h", "includedNamespaces": ["shop"], "snapshotMoveData": True}, ""),
        ("Backup", {"includedNamespaces": "shop"}, ".spec.includedNamespaces: 'shop' is no array"),
        ("DeleteBackupRequest", {"backupName": "nightly-1"}, ""),
        ("DeleteBackupRequest", {}, ".spec.backupName: is required"),
        ("DownloadRequest", {"target": {"kind": "Everything", "name": "b"}}, "'Everything' is none of"),
    ],
)
def test_the_kinds_of_velero_are_known(kind: str, spec: dict[str, Any], problem: str) -> None:
    made = {"apiVersion": "velero.io/v1", "kind": kind, "metadata": {"name": "b", "namespace": "velero"}, "spec": spec}
    found = crds.problems(made)
    assert found == [] if not problem else any(problem in one for one in found)


def test_every_word_and_rule_of_the_schemas_is_understood() -> None:
    def walk(schema: dict[str, Any]) -> None:
        assert set(schema) <= crds.UNDERSTOOD | crds.SILENT
        rules = [rule["rule"] for rule in schema.get("x-kubernetes-validations", ())]
        assert [rule for rule in rules if rule not in crds.RULES and "oldSelf" not in rule] == []
        more = schema.get("additionalProperties")
        for inner in (*schema.get("properties", {}).values(), schema.get("items"), more):
            if isinstance(inner, dict):
                walk(inner)

    assert len(crds.schemas()) >= 11
    for schema in crds.schemas().values():
        walk(schema)
