"""The claims that restores of the sandbox's Velero bring back: made, bound, and filled when their data has come."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._model import kind as k
from robusta_volumes._sandbox import velero_objects as shapes
from robusta_volumes._sandbox.velero_bucket import Bucket, Saved
from robusta_volumes._sandbox.velero_movers import OVER, phase_of, waits_for_pod

Key = tuple[str, str]
_BOUND_NOTES = ("pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller")


@dataclass
class _Coming:
    """One claim that is to come back."""

    source: Key
    target: Key
    uid: str
    item: tuple[k.Kind, str] | None  # what moves its data; None: nothing does
    data: bool  # its data comes without a mover: a snapshot is restored


class Returns:
    """What is on its way back; ``filled`` is told (from, to, whether data came with it)."""

    def __init__(self, bucket: Bucket, filled: Callable[[Key, Key, bool], None]) -> None:
        self.bucket, self.store, self.hands, self.filled = bucket, bucket.store, bucket.hands, filled
        self._coming: list[_Coming] = []
        self._began: set[str] = set()

    def began(self, uid: str) -> bool:
        """Tell whether a restore has looked at its claims."""
        return uid in self._began

    def begin(self, restore: Object, wanted: Sequence[tuple[Saved, Key]], *, pods: bool) -> int:
        """Make the claims that are wanted, each for (namespace, name); gives how many were skipped: they are there already."""
        self._began.add(restore["metadata"]["uid"])
        skipped = 0
        for saved, target in wanted:
            self._namespace(target[0])
            if self.hands.look(k.CLAIM, target[1], target[0]):
                skipped += 1
                continue
            claim = self._claim(restore, saved, target)
            item = self._mover(restore, saved, target, pods=pods)
            meta = saved.manifest["metadata"]
            uid, data = claim["metadata"]["uid"], saved.how == "snapshot"
            self._coming.append(_Coming((meta["namespace"], meta["name"]), target, uid, item, data))
        return skipped

    def step(self) -> None:
        """Bind the claims whose data has come, and those that wait for none."""
        self._coming = [coming for coming in self._coming if not self._arrived(coming)]

    def _arrived(self, coming: _Coming) -> bool:
        claim = self.hands.look(k.CLAIM, coming.target[1], coming.target[0])
        if claim is None or claim["metadata"]["uid"] != coming.uid:
            return True  # somebody deleted it
        data = coming.data
        if coming.item:
            kind, name = coming.item
            found = self.hands.look(kind, name, self.bucket.namespace)
            if found is not None and phase_of(found) not in OVER:
                return False
            data = phase_of(found or {}) == "Completed"
            if not data and kind is k.VELERO_DATA_DOWNLOAD:
                return True  # the volume never comes: the claim stays Pending
        elif waits_for_pod(self.store, claim):
            return False
        self._bind(claim)
        self.filled(coming.source, coming.target, data)
        return True

    def _namespace(self, name: str) -> None:
        if self.hands.look(k.NAMESPACE, name) is None:
            self.store.create(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "status": {"phase": "Active"}}
            )

    def _claim(self, restore: Object, saved: Saved, target: Key) -> Object:
        old, name = saved.manifest, restore["metadata"]["name"]
        labels = dict(old["metadata"].get("labels") or {})
        labels |= {
            shapes.BACKUP_NAME: shapes.valid_label(restore["spec"]["backupName"]),
            shapes.RESTORE_NAME: shapes.valid_label(name),
        }
        notes = {
            key: text for key, text in (old["metadata"].get("annotations") or {}).items() if key not in _BOUND_NOTES
        }
        spec = {
            key: value for key, value in copy.deepcopy(old["spec"]).items() if key not in ("volumeName", "dataSource")
        }
        if saved.how == "moved":
            dynamic = {
                "velero.io/dynamic-pv-restore": shapes.valid_label(f"{target[0]}.{target[1]}.{shapes.suffix(name)}")
            }
            spec["selector"] = {"matchLabels": dynamic}
        meta = {"name": target[1], "namespace": target[0], "labels": labels, "annotations": notes}
        meta["finalizers"] = ["kubernetes.io/pvc-protection"]
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}
        return self.store.create({**body, "status": {"phase": "Pending"}})

    def _mover(self, restore: Object, saved: Saved, target: Key, *, pods: bool) -> tuple[k.Kind, str] | None:
        meta = saved.manifest["metadata"]
        if restore["spec"].get("restorePVs") is False:
            return None
        if saved.how == "moved":
            location = self.bucket.get(restore["spec"]["backupName"])
            of = {"claimUid": meta["uid"], "namespace": meta["namespace"], "snapshotID": saved.snapshot_id}
            where = location.backup["spec"].get("storageLocation") if location else None
            made = self.store.create(shapes.data_download(restore, {**of, "location": where or "default"}, target, ""))
            return k.VELERO_DATA_DOWNLOAD, str(made["metadata"]["name"])
        if saved.how == "files" and saved.pod and pods:
            made = self.store.create(self._pod_restore(restore, saved, target))
            return k.VELERO_POD_RESTORE, str(made["metadata"]["name"])
        return None

    def _pod_restore(self, restore: Object, saved: Saved, target: Key) -> Object:
        """Bring the pod back, too: files are restored through it, while it waits."""
        assert saved.pod is not None  # noqa: S101 (the caller has looked)
        meta = saved.pod["metadata"]
        pod = self.hands.look(k.POD, meta["name"], target[0])
        if pod is None:
            init = [{"name": "restore-wait", "image": "velero/velero:v1.18.0"}]
            new = {"name": meta["name"], "namespace": target[0], "labels": dict(meta.get("labels") or {})}
            spec = {**copy.deepcopy(saved.pod["spec"]), "initContainers": init}
            pod = self.store.create(
                {"apiVersion": "v1", "kind": "Pod", "metadata": new, "spec": spec, "status": {"phase": "Pending"}}
            )
        return shapes.pod_volume_restore(restore, pod, saved.volume, saved.manifest, saved.snapshot_id)

    def _bind(self, claim: Object) -> None:
        """Make the volume and bind it, as the provisioner of its class would."""
        meta, spec = claim["metadata"], claim["spec"]
        found = self.hands.look(k.STORAGE_CLASS, str(spec.get("storageClassName") or "-")) or {}
        name, size = f"pvc-{meta['uid']}", spec["resources"]["requests"]["storage"]
        driver = found.get("provisioner", "sandbox.csi.example.com")
        volume = {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name, "finalizers": ["kubernetes.io/pv-protection"]},
            "spec": {
                "accessModes": spec["accessModes"],
                "capacity": {"storage": size},
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
                | {key: meta[key] for key in ("name", "namespace", "uid")},
                "csi": {"driver": driver, "volumeHandle": str(uuid5(NAMESPACE_URL, meta["uid"]))},
                "persistentVolumeReclaimPolicy": found.get("reclaimPolicy", "Delete"),
                "storageClassName": spec.get("storageClassName", ""),
                "volumeMode": spec.get("volumeMode", "Filesystem"),
            },
            "status": {"phase": "Bound", "lastPhaseTransitionTime": self.hands.now()},
        }
        self.store.create(volume)
        status = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": {"storage": size}}
        notes = dict.fromkeys(_BOUND_NOTES, "yes")
        change = {"metadata": {"annotations": notes}, "spec": {"volumeName": name}, "status": status}
        self.hands.change(claim, change)
        for pod in self.store.find(k.POD, meta["namespace"], fields="status.phase=Pending"):
            inits = [c["name"] for c in at(pod, "spec", "initContainers") or ()]
            if "restore-wait" in inits and any(
                at(v, "persistentVolumeClaim", "claimName") == meta["name"] for v in at(pod, "spec", "volumes") or ()
            ):
                self.hands.status(pod, phase="Running")
