"""What lies in the storage locations of the sandbox's Velero, and what Velero does about it: sync, expiry, deletion.

Written after Velero 1.18 (backup_sync_controller, gc_controller, backup_deletion_controller).
"""

import copy
from dataclasses import dataclass, field
from datetime import timedelta

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at, block
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.times import parse_time
from robusta_volumes._sandbox import velero_objects as shapes
from robusta_volumes._sandbox.csi_hands import Hands
from robusta_volumes._sandbox.velero_movers import phase_of
from robusta_volumes._sandbox.velero_script import VeleroScript

STORED = {"Completed", "PartiallyFailed", "Failed"}  # phases of backups that have something in their location
_HOUR = timedelta(hours=1)
_RUNNING = {"ReadyToStart", "InProgress"}
_RUNNING |= {f"{word}{end}" for word in ("WaitingForPluginOperations", "Finalizing") for end in ("", "PartiallyFailed")}


@dataclass
class Saved:
    """One claim in a backup: its manifest, and its data, if that was saved."""

    manifest: Object
    how: str = ""  # moved | snapshot | files | "": the object alone
    snapshot_id: str = ""
    pod: Object | None = None  # through which its files were read
    volume: str = ""


@dataclass
class Stored:
    """One backup in a location."""

    backup: Object
    pod_volumes: list[Object] = field(default_factory=list)
    claims: dict[tuple[str, str], Saved] = field(default_factory=dict)


class Bucket:
    """All storage locations together."""

    def __init__(self, store: Store, namespace: str, script: VeleroScript) -> None:
        self.store, self.namespace, self.script = store, namespace, script
        self.hands = Hands(store, "velero")
        self.stored: dict[str, dict[str, Stored]] = {}  # location -> name -> backup

    # --- locations

    def location(self, name: str) -> Object | None:
        """Read a location; None when there is none."""
        return self.hands.look(k.VELERO_LOCATION, name, self.namespace)

    def look_at_locations(self) -> None:
        """Say of each location whether it can be reached."""
        for found in self.store.find(k.VELERO_LOCATION, self.namespace):
            name = found["metadata"]["name"]
            why = self.script.unavailable.get(name)
            text = f'BackupStorageLocation "{name}" is unavailable: {why}' if why else None
            phase = "Unavailable" if why else "Available"
            self.hands.status(found, phase=phase, message=text, lastValidationTime=self.hands.now())

    def problem(self, name: str, doing: str) -> str:
        """Say why nothing can be changed in a location, in Velero's words; "" when it can."""
        found = self.location(name)
        if found is None:
            return f"backup storage location {name} not found"
        if at(found, "spec", "accessMode") == "ReadOnly":
            return f"cannot {doing} because backup storage location {name} is currently in read-only mode"
        if phase_of(found) != "Available":
            return f"cannot {doing} because backup storage location {name} is currently in Unavailable state"
        return ""

    # --- what lies in them

    def put(self, backup: Object, claims: dict[tuple[str, str], Saved]) -> None:
        """Keep a backup that has ended, with what belongs to it."""
        meta = backup["metadata"]
        found = self.store.find(k.VELERO_POD_VOLUME, self.namespace, labels=f"{shapes.BACKUP_UID}={meta['uid']}")
        kept = self.stored.setdefault(_location(backup), {})
        kept[meta["name"]] = Stored(copy.deepcopy(backup), found, claims)

    def adopt(self) -> None:
        """Take backups that a story has as lying in their locations, with the claims that still are as they were."""
        for backup in self.store.find(k.VELERO_BACKUP, self.namespace):
            if phase_of(backup) in STORED and backup["metadata"]["name"] not in self.stored.get(_location(backup), {}):
                self.put(backup, self._claims_of(backup))

    def get(self, name: str) -> Stored | None:
        """Find a backup in any location."""
        return next((kept[name] for kept in self.stored.values() if name in kept), None)

    def _claims_of(self, backup: Object) -> dict[tuple[str, str], Saved]:
        labels = f"{shapes.BACKUP_UID}={backup['metadata']['uid']}"
        claims: dict[tuple[str, str], Saved] = {}
        for item in self.store.find(k.VELERO_UPLOAD, self.namespace, labels=labels):
            namespace, name = item["spec"]["sourceNamespace"], item["spec"]["sourcePVC"]
            if found := self.hands.look(k.CLAIM, name, namespace):
                done = phase_of(item) == "Completed"
                claims[namespace, name] = Saved(
                    found, "moved" if done else "", str(at(item, "status", "snapshotID") or "")
                )
        for item in self.store.find(k.VELERO_POD_VOLUME, self.namespace, labels=labels):
            pod = item["spec"]["pod"]
            name = block(item, "metadata", "annotations").get(shapes.CLAIM_NAME, "")
            if found := self.hands.look(k.CLAIM, name, pod["namespace"]):
                done = phase_of(item) == "Completed"
                manifest = self.hands.look(k.POD, pod["name"], pod["namespace"])
                ident = str(at(item, "status", "snapshotID") or "")
                claims[pod["namespace"], name] = Saved(
                    found, "files" if done else "", ident, manifest, item["spec"]["volume"]
                )
        return claims

    # --- sync

    def sync(self) -> None:
        """Make objects for what lies in a location and has none here; drop objects of what lies there no more."""
        here = {o["metadata"]["name"]: o for o in self.store.find(k.VELERO_BACKUP, self.namespace)}
        for found in self.store.find(k.VELERO_LOCATION, self.namespace, fields="status.phase=Available"):
            name = found["metadata"]["name"]
            kept = self.stored.get(name, {})
            for missing in sorted(set(kept) - set(here)):
                self._bring(kept[missing], name)
            for backup in here.values():
                gone = _location(backup) == name and backup["metadata"]["name"] not in kept
                if gone and phase_of(backup) == "Completed":
                    self.store.delete(k.VELERO_BACKUP, backup["metadata"]["name"], self.namespace)
            self.hands.status(found, lastSyncedTime=self.hands.now())

    def _bring(self, stored: Stored, location: str) -> None:
        backup = copy.deepcopy(stored.backup)
        backup["metadata"]["namespace"] = self.namespace
        backup["metadata"].pop("ownerReferences", None)
        backup["spec"]["storageLocation"] = location
        backup["metadata"].setdefault("labels", {})[shapes.LOCATION_NAME] = shapes.valid_label(location)
        made = self.store.create(backup)
        for item in stored.pod_volumes:
            new = copy.deepcopy(item)
            new["metadata"]["labels"][shapes.BACKUP_UID] = made["metadata"]["uid"]
            new["metadata"]["ownerReferences"] = shapes.owned_by(made)
            if self.hands.look(k.VELERO_POD_VOLUME, new["metadata"]["name"], self.namespace) is None:
                self.store.create(new)
        stored.backup = made

    # --- expiry and deletion

    def expire(self) -> None:
        """Ask for the deletion of what has expired; a label says why that cannot be."""
        asked = {o["spec"]["backupName"] for o in self._requests() if self._recent(o)}
        for backup in self.store.find(k.VELERO_BACKUP, self.namespace):
            expires = parse_time(at(backup, "status", "expiration"))
            if expires is None or expires > self.store.clock() or backup["metadata"]["name"] in asked:
                continue
            location = self.location(_location(backup))
            if location is not None and phase_of(location) != "Available":
                continue
            read_only = at(location, "spec", "accessMode") == "ReadOnly"
            why = "BSLNotFound" if location is None else "BSLReadOnly" if read_only else None
            if why or shapes.GC_FAILURE in block(backup, "metadata", "labels"):
                self.hands.change(backup, {"metadata": {"labels": {shapes.GC_FAILURE: why}}})
            if not why:
                name = f"{backup['metadata']['name']}-{shapes.suffix(backup['metadata']['uid'], self.hands.now())}"
                self.store.create(shapes.delete_request(backup, name))

    def delete_requested(self) -> None:
        """Carry out what DeleteBackupRequests ask for; refused ones are Processed, with the error."""
        for request in self._requests():
            name = request["spec"]["backupName"]
            if phase_of(request) not in {"", "New"}:
                self._forget(request)
                continue
            backup = self.hands.look(k.VELERO_BACKUP, name, self.namespace)
            if backup is not None and phase_of(backup) in _RUNNING:
                problem = "backup is still in progress"
            else:
                problem = "backup not found" if backup is None else self.problem(_location(backup), "delete backup")
            if backup is not None and not problem:
                self._delete(backup)
            self.hands.status(request, phase="Processed", errors=[problem] if problem else None)

    def _recent(self, request: Object) -> bool:
        """Tell whether a request is open, or was answered in the last hour: the garbage collector looks once an hour."""
        made = parse_time(request["metadata"]["creationTimestamp"])
        return phase_of(request) != "Processed" or made is None or self.store.clock() - made < _HOUR

    def _forget(self, request: Object) -> None:
        made = parse_time(request["metadata"]["creationTimestamp"])
        if made and (self.store.clock() - made).days >= 1:
            self.store.delete(k.VELERO_DELETE, request["metadata"]["name"], self.namespace)

    def _delete(self, backup: Object) -> None:
        name, location = backup["metadata"]["name"], _location(backup)
        self.hands.status(backup, phase="Deleting")
        self.stored.get(location, {}).pop(name, None)
        for restore in self.store.find(k.VELERO_RESTORE, self.namespace, fields=f"spec.backupName={name}"):
            self.store.delete(k.VELERO_RESTORE, restore["metadata"]["name"], self.namespace)
        self.store.delete(k.VELERO_BACKUP, name, self.namespace)

    def _requests(self) -> list[Object]:
        return self.store.find(k.VELERO_DELETE, self.namespace)


def _location(backup: Object) -> str:
    return str(at(backup, "spec", "storageLocation") or "default")
