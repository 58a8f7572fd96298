"""Short ways to write the objects of Velero for a story, past backups above all. Times are minutes before the story's now."""

from datetime import timedelta
from typing import Any

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._model import kind as k
from robusta_volumes._sandbox import velero_objects as shapes
from robusta_volumes._sandbox.builder import DAY, Builder

GIB = 1 << 30
_UNFINISHED = {"", "New", "Accepted", "Prepared", "InProgress"}
_RUNNING = {
    "InProgress",
    "WaitingForPluginOperations",
    "WaitingForPluginOperationsPartiallyFailed",
    "Finalizing",
    "FinalizingPartiallyFailed",
}
_UNSTARTED = {"", "New", "Queued", "ReadyToStart", "FailedValidation"}


class VeleroBuilder:
    """Adds what Velero has in a cluster to the objects of a `Builder`."""

    def __init__(self, b: Builder, namespace: str = "velero") -> None:
        self.b, self.namespace = b, namespace

    def add(self, made: Object, age: float) -> Object:
        """Add an object that was made so many minutes ago."""
        meta = made.pop("metadata")
        api, kind, name = made.pop("apiVersion"), made.pop("kind"), meta.pop("name")
        return self.b.add(kind, name, meta.pop("namespace"), api=api, age=age, metadata=meta, **made)

    def installed(self, nodes: tuple[str, ...] = ("node-a1",), *, server: bool = True) -> None:
        """Add namespace, node agents on ``nodes``, the location ``default`` and the server, whose pod may be not Ready."""
        self.b.add("Namespace", self.namespace, status={"phase": "Active"})
        self.server(ready=server)
        self.node_agents(*nodes)
        self.location()

    def server(self, *, ready: bool = True, age: float = 30 * DAY) -> None:
        """Add Velero's server: its Deployment, and its pod."""
        labels = {"component": "velero", "deploy": "velero", "app.kubernetes.io/name": "velero"}
        self.b.workload("Deployment", self.namespace, "velero", [], ready=int(ready))
        name, phase = "velero-7d9f8c6b5-x2x7k", "Running" if ready else "Pending"
        metadata = {"labels": labels, "ownerReferences": []}
        pod = self.b.pod(self.namespace, name, [], node="node-a1", phase=phase, age=age)
        pod["metadata"] |= metadata
        pod["spec"]["containers"] = [{"name": "velero", "image": "velero/velero:v1.18.0"}]

    def node_agents(self, *nodes: str, ready: bool = True) -> None:
        """Add the DaemonSet of the node agents with a pod on each node."""
        status = {"desiredNumberScheduled": len(nodes), "numberReady": len(nodes) if ready else 0}
        api = k.DAEMON_SET.api_version
        self.b.add(k.DAEMON_SET.name, "node-agent", self.namespace, api=api, spec={}, status=status)
        for node in nodes:
            phase = "Running" if ready else "Pending"
            pod = self.b.pod(self.namespace, f"node-agent-{shapes.suffix(node)}", [], node=node, phase=phase)
            pod["metadata"] |= {
                "labels": {"component": "velero", "name": "node-agent", "role": "node-agent"},
                "ownerReferences": [],
            }
            pod["spec"]["containers"] = [{"name": "node-agent", "image": "velero/velero:v1.18.0"}]

    def location(
        self,
        name: str = "default",
        *,
        phase: str | None = "Available",
        message: str = "",
        read_only: bool = False,
        default: bool = True,
    ) -> Object:
        """Add a BackupStorageLocation; ``phase`` None: its server has not looked at it."""
        spec = {
            "provider": "aws",
            "objectStorage": {"bucket": f"backups-{name}"},
            "accessMode": "ReadOnly" if read_only else "ReadWrite",
            **({"default": True} if default else {}),
        }
        status: Object = {"phase": phase, "lastValidationTime": self.b.at(1), "lastSyncedTime": self.b.at(1)}
        status |= {"message": message} if message else {}
        made = shapes.object_of(k.VELERO_LOCATION, name, self.namespace, spec=spec, status=status if phase else {})
        return self.add(made, 60 * DAY)

    def schedule(self, name: str = "nightly", cron: str = "0 2 * * *", **more: Any) -> Object:
        """Add a Schedule, Enabled; ``template``: its BackupSpec, ``last``: minutes since it last started a backup."""
        last, errors = more.pop("last", None), more.pop("errors", [])
        status: Object = {"phase": more.pop("phase", "FailedValidation" if errors else "Enabled")}
        status |= {"lastBackup": self.b.at(last)} if last is not None else {}
        status |= {"validationErrors": errors} if errors else {}
        template = more.pop("template", None) or {"snapshotMoveData": True, "ttl": "720h0m0s"}
        age, metadata, raw = more.pop("age", 60 * DAY), more.pop("metadata", {}), more.pop("status", status)
        spec = {"schedule": cron, "template": template, **more}
        made = shapes.object_of(k.VELERO_SCHEDULE, name, self.namespace, metadata=metadata, spec=spec, status=raw)
        return self.add(made, age)

    def backup(self, minutes: float, phase: str = "Completed", *, schedule: str = "", **more: Any) -> Object:
        """Add a Backup that began so many minutes ago and took ``took``.

        ``name`` is otherwise the schedule's with the time, ``spec`` is merged into one that moves data, ``status`` into what
        such a phase has, ``ttl`` are hours, ``synced`` the minutes since its object was brought by a location.
        """
        took, hours = more.pop("took", 10), more.pop("ttl", 720)
        began = self.b.now - timedelta(minutes=minutes)
        name = more.pop("name", "") or f"{schedule or 'by-hand'}-{began:%Y%m%d%H%M%S}"
        spec = {"storageLocation": "default", "snapshotMoveData": True, "ttl": f"{hours}h0m0s", **more.pop("spec", {})}
        labels = {shapes.LOCATION_NAME: shapes.valid_label(spec["storageLocation"])}
        labels |= ({shapes.SCHEDULE_NAME: schedule} if schedule else {}) | more.pop("labels", {})
        status: Object = {"version": 1, "formatVersion": "1.1.0", "phase": phase} if phase else {}
        if phase:
            status["expiration"] = (began + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        if phase not in _UNSTARTED:
            status["startTimestamp"] = self.b.at(minutes)
            status["progress"] = {"totalItems": 40, "itemsBackedUp": 17 if phase in _RUNNING else 40}
        if phase not in _UNSTARTED and phase not in _RUNNING:
            status["completionTimestamp"] = self.b.at(minutes - took)
        status |= more.pop("status", {})
        meta = {"labels": labels, "annotations": more.pop("annotations", {}), **more.pop("metadata", {})}
        age = more.pop("synced", minutes)
        return self.add(
            shapes.object_of(k.VELERO_BACKUP, name, self.namespace, metadata=meta, spec=spec, status=status), age
        )

    def upload(self, backup: Object, claim: Object, phase: str = "Completed", **more: Any) -> Object:
        """Add the DataUpload of a claim in a backup; ``done`` and ``total`` are bytes, ``message`` what it says."""
        made = shapes.data_upload(backup, claim, more.pop("driver", "ebs.csi.aws.com"))
        return self._moved(made, backup, phase, more)

    def pod_volume(self, backup: Object, claim: Object, pod: Object, phase: str = "Completed", **more: Any) -> Object:
        """Add the PodVolumeBackup of a claim that a pod mounts."""
        volumes = pod["spec"]["volumes"]
        of_claim = (
            v for v in volumes if (v.get("persistentVolumeClaim") or {}).get("claimName") == claim["metadata"]["name"]
        )
        made = shapes.pod_volume_backup(backup, pod, next(of_claim)["name"], claim)
        return self._moved(made, backup, phase, more)

    def _moved(self, made: Object, backup: Object, phase: str, more: dict[str, Any]) -> Object:
        began = backup["status"].get("startTimestamp") or backup["metadata"]["creationTimestamp"]
        ended = backup["status"].get("completionTimestamp") or self.b.at(0)
        total = more.get("total", 2 * GIB)
        done = more.get("done", total if phase == "Completed" else total // 3 if phase not in {"", "New"} else 0)
        status: Object = {**made["status"], "phase": phase} if phase else {}
        if phase not in {"", "New", "Accepted", "Prepared"}:
            status |= {"startTimestamp": began, "progress": {"bytesDone": done, "totalBytes": total}}
        if phase not in _UNFINISHED and phase != "Canceling":
            status["completionTimestamp"] = ended
        if phase == "Completed":
            status["snapshotID"] = shapes.snapshot_id(made["metadata"]["name"])
        status |= {"message": more["message"]} if more.get("message") else {}
        made["metadata"]["creationTimestamp"] = began
        return self.add({**made, "status": status}, 0)

    def delete_request(
        self, backup: Object, phase: str = "", *, errors: tuple[str, ...] = (), age: float = 5
    ) -> Object:
        """Add a DeleteBackupRequest."""
        status: Object = {"phase": phase} if phase else {}
        status |= {"errors": list(errors)} if errors else {}
        return self.add({**shapes.delete_request(backup), "status": status}, age)
