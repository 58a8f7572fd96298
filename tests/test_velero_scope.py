"""What we say that a backup would save of each claim is what the sandbox's Velero, written after the real one, does save."""

from typing import Any

import pytest

from robusta_volumes._analysis.backup_scope import DATA_MOVER, FILE_SYSTEM, SNAPSHOT, caught
from robusta_volumes._cluster import read_velero
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.kind import CLAIM, POD
from robusta_volumes._sandbox.velero_select import FILES, MOVED, NOT, Selection
from robusta_volumes._sandbox.velero_select import SNAPSHOT as CUT
from velero_world import VeleroWorld

OURS = {MOVED: DATA_MOVER, FILES: FILE_SYSTEM, CUT: SNAPSHOT, NOT: ""}
NOTES = "backup.velero.io/backup-volumes"
SPECS: dict[str, dict[str, Any]] = {
    "data is moved": {"snapshotMoveData": True},
    "snapshots stay": {},
    "no snapshots": {"snapshotVolumes": False},
    "files": {"defaultVolumesToFsBackup": True},
    "files and no snapshots": {"defaultVolumesToFsBackup": True, "snapshotVolumes": False},
    "files and moved": {"defaultVolumesToFsBackup": True, "snapshotMoveData": True},
    "files without pods": {"defaultVolumesToFsBackup": True, "includedResources": ["persistentvolumeclaims"]},
    "another namespace": {"includedNamespaces": ["other"]},
    "namespaces by star": {"includedNamespaces": ["sh*"], "snapshotMoveData": True},
    "one left out": {"excludedNamespaces": ["shop"]},
    "by label": {"labelSelector": {"matchLabels": {"app": "cart"}}, "snapshotMoveData": True},
    "by a pod's label": {"labelSelector": {"matchLabels": {"tier": "db"}}, "defaultVolumesToFsBackup": True},
    "by one of two labels": {
        "orLabelSelectors": [{"matchLabels": {"app": "cart"}}, {"matchLabels": {"app": "data"}}],
        "snapshotMoveData": True,
    },
    "without claims": {"excludedResources": ["persistentvolumeclaims"]},
}


def world() -> VeleroWorld:
    """Claims with every kind of pod: running, pending, on a node without an agent, opted in, opted out, none."""
    on = VeleroWorld()
    made: dict[str, dict[str, Any]] = {
        "pending": {"phase": "Pending"},
        "far": {"node": "node-z9"},
        "asks": {"notes": {NOTES: "v0"}},
        "asks-down": {"notes": {NOTES: "v0"}, "phase": "Failed"},
        "refuses": {"notes": {f"{NOTES}-excludes": "v0"}},
        "labelled": {"labels": {"tier": "db"}},
    }
    for name, pod in made.items():
        on.b.bound("shop", name, "1Gi", "fast", "ebs.csi.aws.com")
        found = on.b.pod(
            "shop", f"{name}-0", [name], node=pod.get("node", "node-a1"), phase=pod.get("phase", "Running")
        )
        found["metadata"] |= {"annotations": pod.get("notes", {}), "labels": pod.get("labels", {})}
    on.b.bound(
        "shop",
        "left-out",
        "1Gi",
        "fast",
        "ebs.csi.aws.com",
        metadata={"labels": {"velero.io/exclude-from-backup": "true"}},
    )
    on.store.take(on.b.objects)
    return on


@pytest.mark.parametrize("name", SPECS)
def test_each_claim_is_saved_as_we_say(name: str) -> None:
    on = world()
    spec = {"includedNamespaces": ["*"], **SPECS[name]}
    backup = read_velero.backup({"metadata": {"name": "b", "namespace": "velero", "uid": "u"}, "spec": spec})
    does = {c.claim["metadata"]["name"]: OURS[c.how] for c in Selection(on.store, "velero", spec).chosen()}
    see = gather(MemoryCluster([o for kind in on.store.kinds() for o in on.store.find(kind)], now=on.now))
    agents = frozenset({"node-a1"})
    say = {c.meta.name: caught(backup.scope, c, see, agents=agents) for c in see.claims}
    assert {claim: one.method for claim, one in say.items() if one.inside} == does
    assert [claim for claim, one in say.items() if not one.method and not one.why] == []


def test_the_cases_differ_from_one_another() -> None:
    on = world()
    told = {
        name: tuple((c.claim["metadata"]["name"], c.how) for c in Selection(on.store, "velero", spec).chosen())
        for name, spec in SPECS.items()
    }
    assert len(set(told.values())) >= 9
    assert on.store.find(CLAIM)
    assert on.store.find(POD)
