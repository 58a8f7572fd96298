"""A small cluster with Velero in it, step by step: for the tests of all that backups need."""

from datetime import datetime, timedelta
from typing import Any

import crds
from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.velero_script import VeleroScript
from robusta_volumes._sandbox.velero_server import VeleroServer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DRIVER = "ebs.csi.aws.com"
CLAIMS = ["persistentvolumeclaims", "persistentvolumes"]


class VeleroWorld:
    """A shop: ``data`` and ``cart`` on CSI, ``media`` on NFS, the pod db-0 that has ``data``, web-0 that has ``media``.

    ``now`` moves when a test moves it; ``filled`` is what restores brought back: (from, to, whether with data).
    """

    def __init__(self, script: VeleroScript | None = None, *, wait: bool = False) -> None:
        self.now = NOW
        b = self.b = Builder(NOW)
        b.add("Namespace", "shop", status={"phase": "Active"})
        b.storage_class("fast", DRIVER, wait=wait)
        b.storage_class("nfs", "nfs.example.com", wait=False)
        b.add("VolumeSnapshotClass", "ebs", api="snapshot.storage.k8s.io/v1", driver=DRIVER, deletionPolicy="Delete")
        for name in ("data", "cart"):
            b.bound("shop", name, "2Gi", "fast", DRIVER)
        media = b.claim("shop", "media", "4Gi", "nfs", phase="Bound", spec={"volumeName": "nfs-media"})
        b.volume("nfs-media", "4Gi", "nfs", {"nfs": {"server": "10.0.0.9", "path": "/media"}}, owner=media)
        b.pod("shop", "db-0", ["data"], node="node-a1")
        b.pod("shop", "web-0", ["media"], node="node-a1")
        VeleroBuilder(b).installed()
        self.store = Store(b.objects, clock=lambda: self.now)
        self.script = script or VeleroScript()
        self.filled: list[tuple[str, str, bool]] = []
        self.velero = VeleroServer(self.store, self.script, filled=self._fill)

    def _fill(self, source: tuple[str, str], target: tuple[str, str], data: bool) -> None:  # noqa: FBT001 (as it is called)
        self.filled.append(("/".join(source), "/".join(target), data))

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def make(self, kind: k.Kind, name: str, spec: Object, **rest: Any) -> Object:
        meta = {"name": name, "namespace": "velero", **rest.pop("metadata", {})}
        return self.store.create(
            {"apiVersion": kind.api_version, "kind": kind.name, "metadata": meta, "spec": spec, **rest}
        )

    def backup(self, name: str = "b", **spec: Any) -> None:
        self.make(k.VELERO_BACKUP, name, {"includedNamespaces": ["shop"], "snapshotMoveData": True, **spec})

    def restore(self, name: str = "r", **spec: Any) -> None:
        mapped = {"namespaceMapping": {"shop": "scratch"}, "includedResources": CLAIMS}
        self.make(k.VELERO_RESTORE, name, {"backupName": "b", **mapped, **spec})

    def get(self, kind: k.Kind = k.VELERO_BACKUP, name: str = "b", namespace: str = "velero") -> Object:
        return self.store.get(kind, name, namespace)

    def status(self, kind: k.Kind = k.VELERO_BACKUP, name: str = "b") -> Object:
        return dict(self.get(kind, name).get("status") or {})

    def phase(self, kind: k.Kind = k.VELERO_BACKUP, name: str = "b") -> str:
        return str(self.status(kind, name).get("phase") or "")

    def phases(self, kind: k.Kind = k.VELERO_BACKUP, name: str = "b", most: int = 20) -> list[str]:
        """Step, and give each phase that is seen, once."""
        seen = [self.phase(kind, name)]
        for _ in range(most):
            self.velero.step()
            if self.phase(kind, name) != seen[-1]:
                seen.append(self.phase(kind, name))
        return seen

    def names(self, kind: k.Kind, namespace: str | None = None) -> list[str]:
        return [o["metadata"]["name"] for o in self.store.find(kind, namespace)]

    def moved(self, kind: k.Kind = k.VELERO_UPLOAD) -> dict[str, str]:
        """Claim -> phase of what moves its data."""
        return {_claim(o): o["status"].get("phase", "") for o in self.store.find(kind)}

    def wrong(self) -> list[str]:
        """What of Velero's objects their definitions do not allow."""
        known = crds.schemas()
        items = [o for kind in k.BACKUP_KINDS for o in self.store.find(kind) if (o["apiVersion"], o["kind"]) in known]
        return [f"{o['kind']} {problem}" for o in items for problem in crds.problems(o)]


def _claim(item: Object) -> str:
    spec = item["spec"]
    named = (item["metadata"].get("annotations") or {}).get("velero.io/pvc-name", "")
    return str(spec.get("sourcePVC") or (spec.get("targetVolume") or {}).get("pvc") or named)
