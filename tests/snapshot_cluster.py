"""A small cluster whose storage takes snapshots, step by step: for the tests of all that snapshots need."""

from datetime import datetime
from typing import Any

from robusta_volumes._cluster.store import Store
from robusta_volumes._engines.csi_snapshots import restore_manifest
from robusta_volumes._model.kind import EVENT, SNAPSHOT, SNAPSHOT_CONTENT, Kind
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.csi_script import CsiScript
from robusta_volumes._sandbox.csi_storage import CsiStorage

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DRIVER, OTHER = "hostpath.csi.k8s.io", "ebs.csi.aws.com"
PREFIX = "snapshot.storage.kubernetes.io"
AS_SOURCE, BOUND = f"{PREFIX}/volumesnapshot-as-source-protection", f"{PREFIX}/volumesnapshot-bound-protection"
ON_CLAIM = f"{PREFIX}/pvc-as-source-protection"
RESTORING = "provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection"
BUSY = "rpc error: code = Internal desc = the array is busy"
LATE = "rpc error: code = DeadlineExceeded desc = context deadline exceeded"


class Cluster:
    """A claim of 2 GiB, two storage classes, two snapshot classes and the storage behind them."""

    def __init__(self, script: CsiScript | None = None, *, controller: bool = True) -> None:
        b = Builder(NOW)
        b.storage_class("fast", DRIVER, wait=False)
        b.storage_class("late", DRIVER)
        b.bound("shop", "data", "2Gi", "fast", DRIVER)
        for name, policy in (("drop", "Delete"), ("keep", "Retain")):
            b.add("VolumeSnapshotClass", name, api="snapshot.storage.k8s.io/v1", driver=DRIVER, deletionPolicy=policy)
        self.store = Store(b.objects, clock=lambda: NOW)
        self.script = script or CsiScript()
        self.storage = CsiStorage(self.store, self.script, controller=controller)

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.storage.step()

    def snapshot(self, name: str = "s", class_name: str | None = "drop", claim: str = "data") -> None:
        self.store.create(snapshot(name, class_name, claim))

    def restore(self, name: str = "back", size: str = "2Gi", class_name: str = "fast", **spec: Any) -> None:
        made = restore_manifest(name, "shop", "s", size, class_name, ("ReadWriteOnce",), "Filesystem")
        self.store.create({**made, "spec": {**made["spec"], **spec}})

    def get(self, kind: Kind = SNAPSHOT, name: str = "s") -> dict[str, Any]:
        return self.store.get(kind, name, "shop")

    def status(self, name: str = "s") -> dict[str, Any]:
        return dict(self.get(name=name).get("status") or {})

    def error(self, name: str = "s") -> str:
        return str((self.status(name).get("error") or {}).get("message") or "")

    def content(self) -> dict[str, Any]:
        return self.store.find(SNAPSHOT_CONTENT)[0]

    def events(self, about: str) -> dict[str, str]:
        """Reason -> message of the newest event about an object."""
        found = self.store.find(EVENT, fields=f"involvedObject.name={about}")
        return {event["reason"]: event["message"] for event in found}

    def finalizers(self, kind: Kind = SNAPSHOT, name: str = "s") -> list[str]:
        return list(self.get(kind, name)["metadata"].get("finalizers") or ())


def snapshot(name: str = "s", class_name: str | None = "drop", claim: str = "data") -> dict[str, Any]:
    spec: dict[str, Any] = {"source": {"persistentVolumeClaimName": claim}}
    return {
        "apiVersion": SNAPSHOT.api_version,
        "kind": SNAPSHOT.name,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec | ({"volumeSnapshotClassName": class_name} if class_name else {}),
    }


def ready(class_name: str = "drop") -> Cluster:
    """A cluster in which the snapshot ``s`` of the claim is ready."""
    on = Cluster()
    on.snapshot(class_name=class_name)
    on.step()
    return on
