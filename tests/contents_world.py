"""A cluster in which pods hold volumes that are real folders, and trees of files to fill those with."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.kind import SNAPSHOT_CLASS
from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.shell import PodShell

MIB = 1024**2
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PATH = "/var/lib/postgresql/data"


def settings(**contents: Any) -> PersistentDataAnalysis:
    """Read the block as a values file gives it."""
    found = read_settings({"persistentVolumeWorkflows": {"persistentDataAnalysis": {"contents": contents}}})
    assert not found.problems, found.problems
    return found.persistent_data_analysis


def write(root: Path, name: str | bytes, size: int = 0, *, age_days: float = 0) -> None:
    """Write a file of so many bytes, that was last changed so long ago."""
    path = root / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    if age_days:
        then = NOON.timestamp() - age_days * 86400
        os.utime(path, (then, then))


def pod(claim: str, name: str, *, sub_path: str = "", path: str = PATH, **more: Any) -> dict[str, Any]:
    """Write a pod that runs, with one container that mounts the claim."""
    mount = {"name": "v", "mountPath": path, **({"subPath": sub_path} if sub_path else {})}
    spec = {
        "nodeName": "node-a",
        "securityContext": {"runAsUser": 999, "fsGroup": 998},
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}],
        "containers": [{"name": "app", "volumeMounts": [mount]}],
    }
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "app", "state": {"running": {}}}],
    }
    meta = {"name": name, "namespace": "db"}
    made: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status}
    return {**made, **more}


def objects(*pods: dict[str, Any], claim: str = "data-pg-0", size: str = "10Gi") -> list[dict[str, Any]]:
    """Write a cluster with one claim that is bound, and these pods."""
    b = Builder(NOON)
    b.add("Namespace", "db")
    b.storage_class("gp3", "ebs.csi.aws.com")
    b.bound("db", claim, size, "gp3", "ebs.csi.aws.com")
    return [*b.objects, *pods]


def snapshot_class(name: str = "csi", policy: str = "Delete", driver: str = "ebs.csi.aws.com") -> dict[str, Any]:
    """Write a class of snapshots."""
    kind = {"apiVersion": SNAPSHOT_CLASS.api_version, "kind": SNAPSHOT_CLASS.name}
    return {**kind, "metadata": {"name": name}, "driver": driver, "deletionPolicy": policy}


def cluster(shell: PodShell | None, *pods: dict[str, Any], **more: Any) -> MemoryCluster:
    """Make the cluster."""
    return MemoryCluster(objects(*pods), name="prod", now=NOON, shell=shell, **more)


def postgres(root: Path) -> Path:
    """Fill a folder as PostgreSQL does when nobody reads a replication slot."""
    for number in range(4):
        write(root, f"pg_wal/00000001000000000000000{number}", MIB)
    write(root, "base/16384/1259", 1 * MIB)
    write(root, "base/16384/2619.old", MIB // 2, age_days=400)
    write(root, "PG_VERSION", 3)
    return root
