"""A cluster with Velero in it, whose server is moved on by hand: what it restores is written here, step by step."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.pod_runner import PodRunner

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EBS = "ebs.csi.aws.com"
Object = dict[str, Any]


def settings(**block: Any) -> VolumeBackupManagement:
    """Read the block as a values file gives it."""
    found = read_settings({"persistentVolumeWorkflows": {"volumeBackupManagement": block}})
    assert not found.problems, found.problems
    return found.volume_backup_management


class VeleroWorld:
    """Namespace shop with the claims data and uploads; last night's backup moved the data of both."""

    def __init__(self, *, labels: dict[str, dict[str, str]] | None = None, reclaim: str = "Delete") -> None:
        b = Builder(NOON)
        self.velero = VeleroBuilder(b)
        self.velero.installed()
        for namespace in ("shop", "robusta"):
            b.add("Namespace", namespace, status={"phase": "Active"})
        b.storage_class("gp3", EBS, policy=reclaim)
        self.claims = {name: b.bound("shop", name, "10Gi", "gp3", EBS) for name in ("data", "uploads")}
        for name, claim in self.claims.items():
            claim["metadata"]["labels"] = (labels or {}).get(name, {})
        self.backup = self.velero.backup(600, schedule="nightly")
        for claim in self.claims.values():
            self.velero.upload(self.backup, claim)
        self.b = b
        self.finish: Callable[[], None] = lambda: None  # what Velero's server does while somebody waits
        self._kind = MemoryCluster
        self._cluster: MemoryCluster | None = None
        self._pods: PodRunner | None = None

    @property
    def cluster(self) -> MemoryCluster:
        """Give the cluster, made when it is first asked for, so that a test can add objects before."""
        if self._cluster is None:
            self._cluster = self._kind(self.b.objects, name="shop-prod", now=NOON)
        return self._cluster

    def use(self, kind: type[MemoryCluster]) -> None:
        """Let the cluster be one with a fault; what stands for claims stays."""
        folders = self.pods.folders
        self._kind, self._cluster, self._pods = kind, None, None
        self.pods.folders |= folders

    @property
    def pods(self) -> PodRunner:
        """Give the kubelet, which runs pods of ours over folders."""
        if self._pods is None:
            self._pods = PodRunner(self.cluster.store)
            self.cluster.written = self._pods.logs
        return self._pods

    @property
    def state(self) -> State:
        return State(self.cluster, "robusta")

    @property
    def restores(self) -> list[Object]:
        return self.cluster.find(k.VELERO_RESTORE)

    def sleep(self, seconds: float) -> None:
        """Let time pass, in which Velero's server and the kubelet work."""
        self.cluster._now += timedelta(seconds=seconds)  # noqa: SLF001 (a test's clock)
        self.finish()
        self.pods.step()
        time.sleep(0.02 if self.pods.manifests else 0)

    def restored(self, phase: str = "Completed", *, bound: bool = True, **status: Any) -> None:
        """Let Velero's server finish the newest restore: what it selects is there, unless it was there before."""
        restore = next((o for o in self.restores if not o.get("status")), None)
        if restore is None:
            return
        spec, meta = restore["spec"], restore["metadata"]
        (source,) = spec["includedNamespaces"]
        into = (spec.get("namespaceMapping") or {}).get(source, source)
        wanted = (spec.get("labelSelector") or {}).get("matchLabels") or {}
        there = {o["metadata"]["name"] for o in self.cluster.find(k.CLAIM, into)}
        for name, claim in self.claims.items():
            if name in there or not wanted.items() <= (claim["metadata"].get("labels") or {}).items():
                continue
            self.cluster.store.create(
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "metadata": {"name": name, "namespace": into, "labels": {"velero.io/restore-name": meta["name"]}},
                    "spec": claim["spec"] | {"volumeName": f"restored-{name}"},
                    "status": {"phase": "Bound" if bound else "Pending", "capacity": {"storage": "10Gi"}},
                }
            )
        self.cluster.store.patch(
            k.VELERO_RESTORE, meta["name"], meta["namespace"], {"status": {"phase": phase, **status}}
        )
