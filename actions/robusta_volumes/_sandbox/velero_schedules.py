"""The schedules of the sandbox's Velero. Written after Velero 1.18 (schedule_controller)."""

from datetime import datetime
from typing import Any

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at, block
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.times import UTC, parse_time
from robusta_volumes._sandbox import velero_objects as shapes
from robusta_volumes._sandbox.csi_hands import Hands
from robusta_volumes._sandbox.velero_movers import phase_of
from robusta_volumes._sandbox.velero_times import next_run


class Schedules:
    """The part of the server that makes a Backup when a Schedule is due: one late one after a pause, never several."""

    def __init__(self, store: Store, namespace: str) -> None:
        self.store, self.namespace = store, namespace
        self.hands = Hands(store, "velero")
        self._next: dict[tuple[str, str, str], datetime] = {}  # uid, schedule, last -> when it is due

    def step(self) -> None:
        """Look at every schedule that is not paused."""
        for schedule in self.store.find(k.VELERO_SCHEDULE, self.namespace):
            if not at(schedule, "spec", "paused"):
                self._look_at(schedule)

    def _look_at(self, schedule: Object) -> None:
        if at(schedule, "spec", "skipImmediately"):
            changes = {"spec": {"skipImmediately": False}, "status": {"lastSkipped": self.hands.now()}}
            schedule = self.hands.change(schedule, changes)
        try:
            due = self._due(schedule)
        except (ValueError, KeyError, OSError) as wrong:
            self.hands.status(schedule, phase="FailedValidation", validationErrors=[f"invalid schedule: {wrong}"])
            return
        schedule = self.hands.status(schedule, phase="Enabled", validationErrors=None)
        if self.store.clock() > due and not self._busy(schedule):
            self._submit(schedule)

    def _due(self, schedule: Object) -> datetime:
        meta, status = schedule["metadata"], block(schedule, "status")
        last = status.get("lastBackup") or meta["creationTimestamp"]
        last = max(str(last), str(status.get("lastSkipped") or ""))
        key = (meta["uid"], str(schedule["spec"]["schedule"]), last)
        if key not in self._next:
            self._next[key] = next_run(key[1], parse_time(last) or self.store.clock())
        return self._next[key]

    def _busy(self, schedule: Object) -> bool:
        """Tell whether one of its backups is new or in progress: then it waits, however long."""
        labels = f"{shapes.SCHEDULE_NAME}={schedule['metadata']['name']}"
        found = self.store.find(k.VELERO_BACKUP, self.namespace, labels=labels, fields="status.completionTimestamp=")
        return any(phase_of(backup) in {"", "New", "InProgress"} for backup in found)

    def _submit(self, schedule: Object) -> None:
        meta, template = schedule["metadata"], schedule["spec"]["template"]
        now = self.store.clock().astimezone(UTC)
        labels = dict(at(template, "metadata", "labels") or meta.get("labels") or {})
        made: dict[str, Any] = {"labels": {**labels, shapes.SCHEDULE_NAME: meta["name"]}}
        made["annotations"] = dict(meta.get("annotations") or {})
        if at(schedule, "spec", "useOwnerReferencesInBackup"):
            made["ownerReferences"] = shapes.owned_by(schedule)
        name = f"{meta['name']}-{now:%Y%m%d%H%M%S}"
        self.store.create(shapes.object_of(k.VELERO_BACKUP, name, self.namespace, metadata=made, spec=dict(template)))
        self.hands.status(schedule, lastBackup=self.hands.now())
