"""The restores of the sandbox's Velero: claims come back under a mapped namespace, and their data after them.

Written after Velero 1.18 (restore, restore_operations and restore_finalizer controllers). What is there already is skipped;
a claim whose data no backup holds comes back empty, and the restore is Completed all the same.
"""

from collections.abc import Callable
from datetime import timedelta

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.times import parse_time
from robusta_volumes._sandbox import velero_objects as shapes
from robusta_volumes._sandbox.csi_hands import Hands
from robusta_volumes._sandbox.velero_bucket import Bucket, Stored
from robusta_volumes._sandbox.velero_movers import OVER, NodeAgents, phase_of
from robusta_volumes._sandbox.velero_returns import Returns
from robusta_volumes._sandbox.velero_script import VeleroScript
from robusta_volumes._sandbox.velero_select import wanted_labels, wanted_namespace, wanted_resource
from robusta_volumes._sandbox.velero_times import go_hours

Key = tuple[str, str]
Filled = Callable[[Key, Key, bool], None]  # (from, to, whether data came with it)
_WAITING, _FINALIZING, _PARTLY = "WaitingForPluginOperations", "Finalizing", "PartiallyFailed"
_RESTARTED = 'found a restore with status "InProgress" during the server starting, mark it as "Failed"'
_PREPARE = timedelta(minutes=30)  # that a data mover waits for a claim to be used


class Restores:
    """The part of the server that restores. ``filled`` is told when a claim is there, with its data or without."""

    def __init__(self, bucket: Bucket, agents: NodeAgents, filled: Filled | None = None) -> None:
        self.bucket, self.agents = bucket, agents
        self.store: Store = bucket.store
        self.script: VeleroScript = bucket.script
        self.namespace = bucket.namespace
        self.hands: Hands = bucket.hands
        self.returns = Returns(bucket, filled or (lambda _from, _to, _data: None))

    def step(self) -> None:
        """Take each restore one phase on."""
        for restore in self.store.find(k.VELERO_RESTORE, self.namespace):
            phase = phase_of(restore)
            if phase in {"", "New"}:
                self._begin(restore)
            elif phase == "InProgress":
                self._go_on(restore)
            elif phase.startswith(_WAITING):
                self._wait(restore)
            elif phase.startswith(_FINALIZING):
                end = _PARTLY if phase.endswith(_PARTLY) else "Completed"
                self.hands.status(restore, phase=end, completionTimestamp=self.hands.now())
        self.returns.step()

    def restarted(self) -> None:
        """Do what a server does when it starts: it gives up what was InProgress."""
        for restore in self.store.find(k.VELERO_RESTORE, self.namespace, fields="status.phase=InProgress"):
            ended = self.hands.now()
            self.hands.status(restore, phase="Failed", failureReason=_RESTARTED, completionTimestamp=ended)
            for item in (*self._items(k.VELERO_DATA_DOWNLOAD, restore), *self._items(k.VELERO_POD_RESTORE, restore)):
                self.agents.cancel(item, "Datadownload is marked as cancel during the velero server starting")

    def _items(self, kind: k.Kind, restore: Object) -> list[Object]:
        return self.store.find(kind, self.namespace, labels=f"{shapes.RESTORE_UID}={restore['metadata']['uid']}")

    def _begin(self, restore: Object) -> None:
        problems = self._problems(restore)
        if problems:
            ended = {"validationErrors": problems, "completionTimestamp": self.hands.now()}
            self.hands.status(restore, phase="FailedValidation", **ended)
        else:
            self.hands.status(restore, phase="InProgress", startTimestamp=self.hands.now())

    def _problems(self, restore: Object) -> list[str]:
        spec = restore["spec"]
        if bool(spec.get("backupName")) == bool(spec.get("scheduleName")):
            return ["Either a backup or schedule must be specified as a source for the restore, but not both"]
        if spec.get("labelSelector") is not None and spec.get("orLabelSelectors") is not None:
            both = "encountered labelSelector as well as orLabelSelectors in restore spec"
            return [f"{both}, only one can be specified"]
        name = spec.get("backupName") or self._newest_of(str(spec["scheduleName"]))
        if not name:
            return ["No completed backups found for schedule"]
        backup = self.hands.look(k.VELERO_BACKUP, name, self.namespace)
        if backup is None:
            text = f'backups.velero.io "{name}" not found'
            return [f"Error retrieving backup: can't find backup {self.namespace}/{name}: {text}"]
        location = str(at(backup, "spec", "storageLocation") or "default")
        found = self.bucket.location(location)
        if found is None or phase_of(found) != "Available":
            return [f"The BSL {location} is unavailable, cannot retrieve the backup"]
        self.hands.change(restore, {"spec": {"backupName": name}})
        return []

    def _newest_of(self, schedule: str) -> str:
        labels, done = f"{shapes.SCHEDULE_NAME}={schedule}", "status.phase=Completed"
        found = self.store.find(k.VELERO_BACKUP, self.namespace, labels=labels, fields=done)
        return str(max(found, key=lambda o: o["status"]["startTimestamp"])["metadata"]["name"]) if found else ""

    def _go_on(self, restore: Object) -> None:
        name, uid = restore["metadata"]["name"], restore["metadata"]["uid"]
        if self.script.is_stuck(name):
            return
        if why := self.script.failure(name):
            ended = {"failureReason": why, "completionTimestamp": self.hands.now()}
            self.hands.status(restore, phase="Failed", **ended)
            return
        if not self.returns.began(uid):
            self._bring(restore)
            return
        files = self._items(k.VELERO_POD_RESTORE, restore)
        if any(phase_of(item) not in OVER for item in files):
            return
        errors = sum(phase_of(item) != "Completed" for item in files) + self.script.other_errors(name)
        moved = self._items(k.VELERO_DATA_DOWNLOAD, restore)
        phase = (_WAITING if moved else _FINALIZING) + (_PARTLY if errors else "")
        counts = {"errors": errors or None, "restoreItemOperationsAttempted": len(moved) or None}
        self.hands.status(restore, phase=phase, **counts)

    def _bring(self, restore: Object) -> None:
        stored = self.bucket.get(restore["spec"]["backupName"]) or Stored(restore)
        spec, test = restore["spec"], wanted_labels(restore["spec"])
        mapped = spec.get("namespaceMapping") or {}
        wanted = [
            (saved, (mapped.get(key[0], key[0]), key[1]))
            for key, saved in sorted(stored.claims.items())
            if wanted_namespace(spec, key[0])
            and wanted_resource(spec, "persistentvolumeclaims")
            and test(saved.manifest)
        ]
        skipped = self.returns.begin(restore, wanted, pods=wanted_resource(spec, "pods"))
        progress = {"totalItems": len(wanted), "itemsRestored": len(wanted) - skipped}
        self.hands.status(restore, progress=progress, warnings=skipped or None)

    def _wait(self, restore: Object) -> None:
        moved = self._items(k.VELERO_DATA_DOWNLOAD, restore)
        began = parse_time(at(restore, "status", "startTimestamp")) or self.store.clock()
        waited = self.store.clock() - began
        most = timedelta(hours=go_hours(restore["spec"].get("itemOperationTimeout") or "4h0m0s"))
        for item in moved:
            if phase_of(item) in {"", "New", "Accepted"} and waited > _PREPARE:
                ended = {"message": "timeout on preparing data download", "completionTimestamp": self.hands.now()}
                self.hands.status(item, phase="Failed", **ended)
            elif waited > most:
                self.agents.cancel(item, "Asynchronous action timed out")
        moved = self._items(k.VELERO_DATA_DOWNLOAD, restore)
        done = sum(phase_of(item) == "Completed" for item in moved)
        failed = sum(phase_of(item) in {"Failed", "Canceled"} for item in moved)
        before = int(at(restore, "status", "errors") or 0) - int(
            at(restore, "status", "restoreItemOperationsFailed") or 0
        )
        errors = before + failed
        phase = (_FINALIZING if done + failed == len(moved) else _WAITING) + (_PARTLY if errors else "")
        counts = {"restoreItemOperationsCompleted": done or None, "restoreItemOperationsFailed": failed or None}
        self.hands.status(restore, phase=phase, errors=errors or None, **counts)
