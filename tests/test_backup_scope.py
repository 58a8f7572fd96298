"""What a backup would catch, and how it would save the data: as Velero and K8up decide it."""

from typing import Any

import pytest

from backup_objects import World
from robusta_volumes._analysis.backup_scope import caught, in_scope, matches
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.read_other_backups import k8up_scope
from robusta_volumes._cluster.read_velero import scope
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import K8UP

FILES = {"defaultVolumesToFsBackup": True, "snapshotVolumes": False}
MOVES = {"snapshotMoveData": True}


def said(spec: dict[str, Any], *, nfs: bool = False, agents: frozenset[str] | None = None, **world: Any) -> str:
    """Give how a claim of the shop would be saved, or why not."""
    made = World("other", metadata=world.get("claim", {}))
    if nfs:
        made.plain_volume("orders")
    else:
        made.claim("orders", metadata=world.get("claim", {}))
    for pod in world.get("pods", []):
        phase, notes, labels = pod.get("phase", "Running"), pod.get("notes", {}), pod.get("labels", {})
        one = made.b.pod("shop", "orders-0", ["orders"], node="n1", phase=phase)
        one["metadata"] |= {"annotations": notes, "labels": labels}
    see = gather(made.cluster)
    claim = see.claim["shop", "orders"]
    found = caught(scope(spec), claim, see, agents=agents)
    assert in_scope(scope(spec), claim, see, agents=agents) == (None if found.method else found.why)
    return found.method or (f"inside: {found.why}" if found.inside else found.why)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, "snapshot"),
        (MOVES, "data mover"),
        ({"includedNamespaces": ["*"]}, "snapshot"),
        ({"includedNamespaces": ["sh*"]}, "snapshot"),
        ({"includedNamespaces": ["media"]}, "namespace shop is not in its backup"),
        ({"excludedNamespaces": ["shop"]}, "namespace shop is not in its backup"),
        ({"includedResources": ["persistentvolumeclaims", "persistentvolumes"]}, "snapshot"),
        ({"includedResources": ["pvc"]}, "snapshot"),
        ({"includedResources": ["secrets"]}, "its backup leaves out persistentvolumeclaims"),
        ({"includedNamespaceScopedResources": ["*"]}, "snapshot"),
        ({"excludedNamespaceScopedResources": ["pvc"]}, "its backup leaves out persistentvolumeclaims"),
        ({"excludedResources": ["persistentvolumeclaims"]}, "its backup leaves out persistentvolumeclaims"),
        ({"labelSelector": {"matchLabels": {"app": "orders"}}}, "snapshot"),
        ({"labelSelector": {"matchLabels": {"app": "web"}}}, "its labels do not fit the backup's selector"),
        (
            {"orLabelSelectors": [{"matchLabels": {"app": "web"}}, {"matchLabels": {"app": "orders"}}]},
            "snapshot",
        ),
        ({"snapshotVolumes": False}, "inside: snapshots are off, and file-system backup is off"),
    ],
)
def test_what_a_backup_selects_and_how_a_csi_volume_is_saved(spec: dict[str, Any], expected: str) -> None:
    assert said(spec) == expected


RUNS: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("spec", "pods", "expected"),
    [
        (MOVES, [RUNS], "inside: not a CSI volume (nfs), and file-system backup is off"),
        (FILES, [RUNS], "file-system backup"),
        (FILES, [], "inside: not a CSI volume (nfs), and no running pod mounts it"),
        (FILES, [{"phase": "Pending"}], "inside: its files were to be read, but no running pod mounts it"),
        (MOVES, [{"notes": {"backup.velero.io/backup-volumes": "v0"}}], "file-system backup"),  # the pod asks for it
        (
            FILES,
            [{"notes": {"backup.velero.io/backup-volumes-excludes": "tmp, v0"}}],
            "inside: not a CSI volume (nfs), and its pod leaves it out by backup.velero.io/backup-volumes-excludes",
        ),
        (
            {**FILES, "includedResources": ["pvc", "pv"]},
            [RUNS],
            "inside: its files were to be read, but file-system backup needs pods, which its backup leaves out",
        ),
    ],
)
def test_the_files_of_a_volume_are_read_through_a_running_pod(
    spec: dict[str, Any], pods: list[dict[str, Any]], expected: str
) -> None:
    assert said(spec, nfs=True, pods=pods) == expected


def test_files_are_read_on_nodes_where_the_agent_runs() -> None:
    assert said(FILES, nfs=True, pods=[RUNS], agents=frozenset({"n1"})) == "file-system backup"
    assert said(FILES, nfs=True, pods=[RUNS], agents=frozenset({"n2"})) == (
        "inside: its files were to be read, but no node agent runs on n1"
    )


def test_a_csi_volume_that_no_pod_uses_is_saved_by_a_snapshot_instead() -> None:
    assert said({"defaultVolumesToFsBackup": True, **MOVES}) == "data mover"


def test_a_claim_is_left_out_by_its_label_and_brought_by_a_pod_that_is_selected() -> None:
    label = {"labels": {"velero.io/exclude-from-backup": "true"}}
    assert said(MOVES, claim=label) == "its label velero.io/exclude-from-backup leaves it out"
    web = {"labelSelector": {"matchLabels": {"tier": "web"}}, **MOVES}
    assert said(web, pods=[{"labels": {"tier": "web"}}]) == "data mover"
    assert said(web, pods=[{"labels": {"tier": "db"}}]) == "its labels do not fit the backup's selector"


def test_what_was_not_read_is_not_taken_for_missing() -> None:
    world = World()
    world.plain_volume("orders")
    see = gather(world.cluster, kinds=(k.CLAIM, k.VOLUME))
    found = caught(scope(FILES), see.claim["shop", "orders"], see)
    assert found.why == "not a CSI volume (nfs), and its pods could not be read"
    alone = gather(world.cluster, kinds=(k.CLAIM,))
    assert caught(scope(MOVES), alone.claim["shop", "orders"], alone).why == "its volume is not known"


@pytest.mark.parametrize(
    ("notes", "mode", "spec", "expected"),
    [
        ({}, "ReadWriteOnce", {}, None),
        ({"k8up.io/backup": "false"}, "ReadWriteOnce", {}, 'its annotation k8up.io/backup: "false" leaves it out'),
        ({}, "ReadOnlyMany", {}, "K8up saves claims that are ReadWriteOnce or ReadWriteMany"),
        ({"k8up.io/backup": "true"}, "ReadOnlyMany", {}, None),
        (
            {},
            "ReadWriteOnce",
            {"labelSelectors": [{"matchLabels": {"app": "web"}}]},
            "its labels do not fit the backup's selector",
        ),
    ],
)
def test_k8up_saves_the_claims_of_its_namespace_that_can_be_written(
    notes: dict[str, str], mode: str, spec: dict[str, Any], expected: str | None
) -> None:
    world = World("orders", metadata={"annotations": notes, "labels": {"app": "orders"}}, mode=mode)
    see = gather(world.cluster)
    claim = see.claim["shop", "orders"]
    assert in_scope(k8up_scope("shop", spec), claim, see, engine=K8UP) == expected
    assert in_scope(k8up_scope("media", spec), claim, see, engine=K8UP) == "namespace shop is not in its backup"


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ({"operator": "In", "values": ["db", "web"]}, True),
        ({"operator": "NotIn", "values": ["db"]}, False),
        ({"operator": "Exists"}, True),
        ({"operator": "DoesNotExist"}, False),
    ],
)
def test_expressions_of_a_selector(term: dict[str, Any], expected: bool) -> None:  # noqa: FBT001 (a row of the table)
    assert matches({"matchExpressions": [{"key": "tier", **term}]}, {"tier": "db"}) is expected
