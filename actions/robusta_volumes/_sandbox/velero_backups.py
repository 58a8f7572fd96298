"""The backups of the sandbox's Velero, from "" to Completed, PartiallyFailed, Failed or FailedValidation.

Written after Velero 1.18 (backup_queue, backup, backup_operations and backup_finalizer controllers). One step is one phase.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import AlreadyExists
from robusta_volumes._model.times import UTC, parse_time
from robusta_volumes._sandbox import velero_objects as shapes
from robusta_volumes._sandbox.csi_hands import Hands
from robusta_volumes._sandbox.velero_bucket import Bucket, Saved
from robusta_volumes._sandbox.velero_movers import OVER, NodeAgents, phase_of
from robusta_volumes._sandbox.velero_script import VeleroScript
from robusta_volumes._sandbox.velero_select import FILES, MOVED, SNAPSHOT, Chosen, Selection
from robusta_volumes._sandbox.velero_times import go_hours

_WAITING, _FINALIZING, _PARTLY = "WaitingForPluginOperations", "Finalizing", "PartiallyFailed"
_RESTARTED = 'found a backup with status "InProgress" during the server starting, mark it as "Failed"'
_OVER = ("Completed", "PartiallyFailed", "Failed", "FailedValidation")
_OPEN = ",".join(f"status.phase!={phase}" for phase in _OVER)
_DEFAULTS = {
    "csiSnapshotTimeout": "10m0s",
    "itemOperationTimeout": "4h0m0s",
    "defaultVolumesToFsBackup": False,
    "snapshotMoveData": False,
    "volumeGroupSnapshotLabelKey": "velero.io/volume-group",
    "hooks": {},
    "metadata": {},
}


@dataclass
class _Run:
    """What the server remembers of a backup while it runs."""

    chosen: list[Chosen] = field(default_factory=list)
    errors: int = 0


class Backups:
    """The part of the server that makes backups."""

    def __init__(self, bucket: Bucket, agents: NodeAgents) -> None:
        self.bucket, self.agents = bucket, agents
        self.store: Store = bucket.store
        self.script: VeleroScript = bucket.script
        self.namespace = bucket.namespace
        self.hands: Hands = bucket.hands
        self._runs: dict[str, _Run] = {}

    def step(self) -> None:
        """Take each backup one phase on."""
        found = self.store.find(k.VELERO_BACKUP, self.namespace, fields=_OPEN)
        found.sort(key=lambda o: (o["metadata"]["creationTimestamp"], o["metadata"]["name"]))
        for backup in found:
            phase = phase_of(backup)
            if phase in {"", "New"}:
                waiting = [int(at(o, "status", "queuePosition") or 0) for o in self._in("Queued")]
                self.hands.status(backup, phase="Queued", queuePosition=max(waiting, default=0) + 1)
            elif phase == "Queued":
                self._dequeue(backup)
            elif phase == "ReadyToStart":
                self._begin(backup)
            elif phase == "InProgress":
                self._go_on(backup)
            elif phase.startswith(_WAITING):
                self._wait(backup)
            elif phase.startswith(_FINALIZING):
                self._end(backup)

    def restarted(self) -> None:
        """Do what a server does when it starts: it gives up what was InProgress."""
        self._runs.clear()
        for backup in self._in("InProgress"):
            self.hands.status(backup, phase="Failed", failureReason=_RESTARTED, completionTimestamp=self.hands.now())
            for item in (*self._items(k.VELERO_UPLOAD, backup), *self._items(k.VELERO_POD_VOLUME, backup)):
                why = f'Dataupload is in status "{phase_of(item)}" during the velero server starting, mark it as cancel'
                self.agents.cancel(item, why)

    def _in(self, *phases: str) -> list[Object]:
        found = self.store.find(k.VELERO_BACKUP, self.namespace, fields=_OPEN)
        return [o for o in found if phase_of(o) in phases]

    def _items(self, kind: k.Kind, backup: Object) -> list[Object]:
        return self.store.find(kind, self.namespace, labels=f"{shapes.BACKUP_UID}={backup['metadata']['uid']}")

    # --- its beginning

    def _dequeue(self, backup: Object) -> None:
        ahead = [o for o in self._in("Queued") if _position(o) < _position(backup)]
        if not ahead and len(self._in("ReadyToStart", "InProgress")) < self.script.concurrent:
            self.hands.status(backup, phase="ReadyToStart", queuePosition=None)

    def _begin(self, backup: Object) -> None:
        """Fill in what the spec leaves open, and validate."""
        spec = {**_DEFAULTS, **{key: value for key, value in backup["spec"].items() if value is not None}}
        spec.setdefault("ttl", "720h0m0s")
        spec["includedNamespaces"] = spec.get("includedNamespaces") or ["*"]
        spec["storageLocation"] = spec.get("storageLocation") or self._default_location()
        expires = self.store.clock().astimezone(UTC) + timedelta(hours=go_hours(spec["ttl"]))
        status: Object = {
            "version": 1,
            "formatVersion": "1.1.0",
            "expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        problems = self._problems(backup, spec["storageLocation"])
        if problems:
            status |= {"phase": "FailedValidation", "validationErrors": problems}
        else:
            status |= {"phase": "InProgress", "startTimestamp": self.hands.now()}
        labels = {shapes.LOCATION_NAME: shapes.valid_label(spec["storageLocation"])}
        notes = {"velero.io/resource-timeout": "10m0s", "velero.io/source-cluster-k8s-gitversion": "v1.36.2"}
        self.hands.change(
            backup, {"metadata": {"labels": labels, "annotations": notes}, "spec": spec, "status": status}
        )

    def _default_location(self) -> str:
        found = self.store.find(k.VELERO_LOCATION, self.namespace, fields="spec.default=true")
        return str(found[0]["metadata"]["name"]) if found else "default"

    def _problems(self, backup: Object, location: str) -> list[str]:
        problems, found = [], self.bucket.location(location)
        if found is None:
            text = f'backupstoragelocations.velero.io "{location}" not found'
            problems.append(
                "an existing backup storage location was not specified at backup creation time and the default"
                f" {location} was not found. Please address this issue (see `velero backup-location -h` for options)"
                f" and create a new backup. Error: {text}"
            )
        else:
            cannot = "backup can't be created because"
            if at(found, "spec", "accessMode") == "ReadOnly":
                problems.append(f"{cannot} backup storage location {location} is currently in read-only mode")
            if phase_of(found) != "Available":
                problems.append(f"{cannot} BackupStorageLocation {location} is in Unavailable status.")
        if backup["spec"].get("labelSelector") is not None and backup["spec"].get("orLabelSelectors") is not None:
            problems.append(
                "encountered labelSelector as well as orLabelSelectors in backup spec, only one can be specified"
            )
        return problems

    # --- its middle

    def _go_on(self, backup: Object) -> None:
        meta = backup["metadata"]
        if self.script.is_stuck(meta["name"]):
            return
        if why := self.script.failure(meta["name"]):
            self.hands.status(backup, phase="Failed", failureReason=why, completionTimestamp=self.hands.now())
            return
        run = self._runs.get(meta["uid"])
        if run is None:
            self._collect(backup)
            return
        files = self._items(k.VELERO_POD_VOLUME, backup)
        if any(phase_of(item) not in OVER for item in files):
            return
        errors = run.errors + sum(phase_of(item) != "Completed" for item in files)
        moved = self._items(k.VELERO_UPLOAD, backup)
        self.hands.status(
            backup,
            phase=(_WAITING if moved else _FINALIZING) + (_PARTLY if errors else ""),
            errors=errors or None,
            warnings=sum(bool(chosen.why) and not chosen.error for chosen in run.chosen) or None,
            progress={"totalItems": 3 * len(run.chosen) + 4, "itemsBackedUp": 3 * len(run.chosen) + 4},
            backupItemOperationsAttempted=len(moved) or None,
        )

    def _collect(self, backup: Object) -> None:
        """Look at every claim, and begin with its data."""
        run = _Run(Selection(self.store, self.namespace, backup["spec"]).chosen())
        self._runs[backup["metadata"]["uid"]] = run
        run.errors = sum(chosen.error for chosen in run.chosen) + self.script.other_errors(backup["metadata"]["name"])
        for chosen in run.chosen:
            if chosen.how == MOVED:
                self._ensure(shapes.data_upload(backup, chosen.claim, chosen.driver, chosen.snapshot_class))
            elif chosen.how == FILES and chosen.pod:
                self._ensure(shapes.pod_volume_backup(backup, chosen.pod, chosen.volume, chosen.claim))
        cut = sum(chosen.how == SNAPSHOT for chosen in run.chosen)
        total = 3 * len(run.chosen) + 4
        self.hands.status(
            backup,
            progress={"totalItems": total, "itemsBackedUp": 1},
            csiVolumeSnapshotsAttempted=cut or None,
            csiVolumeSnapshotsCompleted=cut or None,
        )

    def _ensure(self, item: Object) -> None:
        with contextlib.suppress(AlreadyExists):  # a story brought the backup with what was begun for it
            self.store.create(item)

    def _wait(self, backup: Object) -> None:
        """Wait for the data movers; what takes longer than the spec allows is canceled, and counts as an error."""
        moved = self._items(k.VELERO_UPLOAD, backup)
        began = parse_time(at(backup, "status", "startTimestamp"))
        most = timedelta(hours=go_hours(backup["spec"].get("itemOperationTimeout") or "4h0m0s"))
        if began and self.store.clock() - began > most:
            for item in moved:
                self.agents.cancel(item, "found a dataupload during the backup timed out, mark it as cancel")
            moved = self._items(k.VELERO_UPLOAD, backup)
        done = sum(phase_of(item) == "Completed" for item in moved)
        failed = sum(phase_of(item) in {"Failed", "Canceled"} for item in moved)
        counts = {"backupItemOperationsCompleted": done or None, "backupItemOperationsFailed": failed or None}
        before = int(at(backup, "status", "errors") or 0) - int(at(backup, "status", "backupItemOperationsFailed") or 0)
        errors, over = before + failed, done + failed == len(moved)
        phase = (_FINALIZING if over else _WAITING) + (_PARTLY if errors else "")
        self.hands.status(backup, phase=phase, errors=errors or None, **counts)

    # --- its end

    def _end(self, backup: Object) -> None:
        phase = _PARTLY if phase_of(backup).endswith(_PARTLY) else "Completed"
        ended = self.hands.status(backup, phase=phase, completionTimestamp=self.hands.now())
        run = self._runs.pop(backup["metadata"]["uid"], _Run())
        self.bucket.put(ended, self._saved(ended, run.chosen))

    def _saved(self, backup: Object, chosen: Sequence[Chosen]) -> dict[tuple[str, str], Saved]:
        items = (*self._items(k.VELERO_UPLOAD, backup), *self._items(k.VELERO_POD_VOLUME, backup))
        idents = {
            o["metadata"]["labels"].get(shapes.CLAIM_UID): str(at(o, "status", "snapshotID") or "-")
            for o in items
            if phase_of(o) == "Completed"
        }
        saved = {}
        for one in chosen:
            meta = one.claim["metadata"]
            good = one.how == SNAPSHOT or meta["uid"] in idents
            how, ident = (one.how if good else ""), idents.get(meta["uid"], "")
            saved[meta["namespace"], meta["name"]] = Saved(one.claim, how, ident, one.pod, one.volume)
        return saved


def _position(backup: Object) -> int:
    return int(at(backup, "status", "queuePosition") or 0)
