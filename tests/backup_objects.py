"""Objects of backup tools, as short as a test wants them; times are ISO texts or hours before `NOON`."""

from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._analysis.backup_cover import Judged, judge
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.points import around, points_of
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.builder import Builder, Object

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)  # a Tuesday
EBS = "ebs.csi.aws.com"
GIB = 1024**3


def at(hours: float) -> str:
    """Write the time so many hours before noon."""
    return (NOON - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def settings(**block: Any) -> VolumeBackupManagement:
    """Read the block as a values file gives it."""
    found = read_settings({"persistentVolumeWorkflows": {"volumeBackupManagement": block}})
    assert not found.problems, found.problems
    return found.volume_backup_management


class World:
    """A shop with two claims on CSI volumes, and what backup tools left behind."""

    def __init__(self, *claims: str, **claim: Any) -> None:
        self.b = Builder(NOON)
        self.b.storage_class("gp3", EBS)
        self.uid: dict[str, str] = {}
        for name in claims or ("orders", "uploads"):
            self.claim(name, **claim)
        self.denied: tuple[str, ...] = ()
        self.absent: tuple[str, ...] = ()

    def claim(self, name: str, namespace: str = "shop", **more: Any) -> Object:
        made = self.b.bound(namespace, name, "10Gi", "gp3", EBS, **more)
        self.uid[name] = made["metadata"]["uid"]
        return made

    def plain_volume(self, name: str, namespace: str = "shop") -> Object:
        """A claim on NFS, which no snapshot can save."""
        made = self.b.claim(namespace, name, "10Gi", "nfs", phase="Bound", spec={"volumeName": f"nfs-{name}"})
        self.b.volume(f"nfs-{name}", "10Gi", "nfs", {"nfs": {"server": "10.0.0.7", "path": "/x"}}, owner=made)
        self.uid[name] = made["metadata"]["uid"]
        return made

    def backup(self, name: str = "nightly-1", hours: float = 10, phase: str = "Completed", **more: Any) -> Object:
        """A Backup of Velero that began so many hours ago."""
        meta: Object = {"labels": {"velero.io/schedule-name": more.pop("schedule", "nightly")}, "uid": f"uid-{name}"}
        meta |= {"creationTimestamp": at(more.pop("created", hours))}
        spec = {"snapshotMoveData": True, "storageLocation": "default", **more.pop("spec", {})}
        over = phase in {"Completed", "PartiallyFailed", "Failed"}
        status = {"phase": phase, "startTimestamp": at(hours), "expiration": at(hours - more.pop("ttl", 720))}
        status |= {"completionTimestamp": at(hours - 1)} if over else {}
        status |= more.pop("status", {})
        if phase == "":
            status = {}
        return self.b.add(
            "Backup", name, "velero", api="velero.io/v1", metadata={**meta, **more}, spec=spec, status=status
        )

    def _moved(self, kind: str, claim: str, backup: str, hours: float, phase: str, **more: Any) -> Object:
        uid, size = more.pop("uid", self.uid.get(claim, "")), more.pop("size", 10 * GIB)
        labels = {"velero.io/backup-name": backup, "velero.io/backup-uid": f"uid-{backup}", "velero.io/pvc-uid": uid}
        status: Object = {"phase": phase, "startTimestamp": at(hours), "completionTimestamp": at(hours - 0.5)}
        status |= {"progress": {"bytesDone": more.pop("done", size), "totalBytes": size}}
        status |= more.pop("status", {})
        meta: Object = {
            "labels": labels,
            "creationTimestamp": at(more.pop("created", hours)),
            **more.pop("metadata", {}),
        }
        api = "velero.io/v2alpha1" if kind == "DataUpload" else "velero.io/v1"
        name = f"{backup}-{claim}-{kind.lower()}"
        return self.b.add(kind, name, "velero", api=api, metadata=meta, status=status, **more)

    def upload(
        self, claim: str, backup: str = "nightly-1", hours: float = 10, phase: str = "Completed", **more: Any
    ) -> Object:
        """A DataUpload: the data mover's work on one claim."""
        spec = {"sourceNamespace": "shop", "sourcePVC": claim, "snapshotType": "CSI", "operationTimeout": "10m"}
        return self._moved("DataUpload", claim, backup, hours, phase, spec=spec, **more)

    def files(
        self, claim: str, backup: str = "nightly-1", hours: float = 10, phase: str = "Completed", **more: Any
    ) -> Object:
        """A PodVolumeBackup: the files of one volume of a pod."""
        spec = {"pod": {"kind": "Pod", "namespace": "shop", "name": f"{claim}-0"}, "volume": "data", "node": "n1"}
        meta = {"annotations": {"velero.io/pvc-name": claim}}
        return self._moved("PodVolumeBackup", claim, backup, hours, phase, spec=spec, metadata=meta, **more)

    def snapshot(self, claim: str, hours: float, *, ready: bool = True, **more: Any) -> Object:
        """A VolumeSnapshot, bound to its content."""
        name = more.pop("name", f"{claim}-{hours:g}")
        uid = f"uid-{name}"
        ref = {"name": name, "namespace": "shop", "uid": uid}
        self.b.add("VolumeSnapshotContent", f"c-{name}", api=k.SNAPSHOT.api_version, spec={"volumeSnapshotRef": ref})
        status = {"boundVolumeSnapshotContentName": f"c-{name}", "readyToUse": ready, "creationTime": at(hours)}
        meta = {"uid": uid, "creationTimestamp": at(hours), **more}
        spec = {"source": {"persistentVolumeClaimName": claim}}
        return self.b.add(
            "VolumeSnapshot", name, "shop", api=k.SNAPSHOT.api_version, metadata=meta, spec=spec, status=status
        )

    def schedule(self, name: str = "nightly", cron: str = "0 2 * * *", phase: str = "Enabled", **more: Any) -> Object:
        """A Schedule of Velero."""
        template = {"snapshotMoveData": True, "ttl": "720h0m0s", **more.pop("template", {})}
        status = {"phase": phase, "lastBackup": at(10), **more.pop("status", {})}
        spec = {"schedule": cron, "template": template, **more.pop("spec", {})}
        return self.b.add("Schedule", name, "velero", api="velero.io/v1", spec=spec, status=status, **more)

    def pod(self, pod: str, *, ready: bool = True, **labels: str) -> Object:
        """A pod of Velero's own, with the labels that its installer gives."""
        made = self.b.pod("velero", pod, [], node="n1", phase="Running" if ready else "Pending")
        made["metadata"]["labels"] = {"component": "velero", **labels}
        return made

    def location(self, phase: str = "Available", **more: Any) -> Object:
        """The default BackupStorageLocation."""
        spec: Object = {"provider": "aws", "default": True, "objectStorage": {"bucket": "b"}, **more.pop("spec", {})}
        status = {"phase": phase, "lastValidationTime": at(0.01), **more}
        return self.b.add("BackupStorageLocation", "default", "velero", api="velero.io/v1", spec=spec, status=status)

    @property
    def cluster(self) -> MemoryCluster:
        return MemoryCluster(self.b.objects, now=NOON, denied=self.denied, absent=self.absent)

    def judged(self, home: str = "robusta", **block: Any) -> Judged:
        """Read all of it and judge, as the workflow does."""
        wanted, cluster = settings(**block), self.cluster
        see = gather(cluster)
        seen = backups_of(cluster, wanted, see.claims)
        try:
            points = points_of(cluster, around(cluster, wanted.limits, see.claims))
        except ClusterError:  # a test that denies snapshots: the inventory says so, too
            points = []
        return judge(see, seen, points, wanted, home)
