"""The snapshotter sidecar of the sandbox, and the storage behind it: VolumeSnapshotContents are cut, get ready, and go.

Written after external-snapshotter 8.6 (pkg/sidecar-controller). What the driver answers is said by the script.
"""

import json
from collections import Counter
from uuid import NAMESPACE_URL, uuid5

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at, block
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import SNAPSHOT_CONTENT, VOLUME
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._sandbox.csi_hands import BEING_CREATED, BEING_DELETED, ON_CONTENT, Hands
from robusta_volumes._sandbox.csi_script import Behaviour, CsiScript

# After one of these the driver may still be at it, so that the content keeps its mark "being created".
_NOT_FINAL = ("Canceled", "DeadlineExceeded", "Unavailable", "ResourceExhausted", "Aborted")


class SnapshotSidecar:
    """The sidecars of all installed drivers. ``stored``: the snapshots in the storage, by handle, and of which volume."""

    def __init__(self, store: Store, script: CsiScript) -> None:
        self.store = store
        self.script = script
        self.stored = {
            str(handle): str(at(content, "spec", "source", "volumeHandle") or "")
            for content in store.find(SNAPSHOT_CONTENT)
            if (handle := at(content, "status", "snapshotHandle"))
        }
        self._of_driver: dict[str, Hands] = {}
        self._turns: Counter[str] = Counter()
        self._claims: dict[str, str] = {}  # a content's uid -> the claim, which may be gone when the snapshot goes

    def step(self) -> None:
        """Look at every content once."""
        for content in self.store.find(SNAPSHOT_CONTENT):
            if at(content, "status", "readyToUse") is True and not content["metadata"].get("deletionTimestamp"):
                continue
            behaviour = self._behaviour(content)
            if self.script.runs(content["spec"]["driver"]) and not behaviour.silent:
                self._sync(content, behaviour)

    def _behaviour(self, content: Object) -> Behaviour:
        spec, uid = content["spec"], content["metadata"]["uid"]
        if uid not in self._claims and (volume := self._volume(content)):
            self._claims[uid] = str(at(volume, "spec", "claimRef", "name") or "")
        namespace = str(at(spec, "volumeSnapshotRef", "namespace") or "")
        return self.script.snapshots.of(namespace, self._claims.get(uid, ""), str(spec.get("volumeSnapshotClassName")))

    def _volume(self, content: Object) -> Object | None:
        handle = at(content, "spec", "source", "volumeHandle")
        return next((v for v in self.store.find(VOLUME, fields=f"spec.csi.volumeHandle={handle}")), None)

    def _hands(self, content: Object) -> Hands:
        driver = content["spec"]["driver"]
        return self._of_driver.setdefault(driver, Hands(self.store, f"csi-snapshotter {driver}"))

    def _sync(self, content: Object, behaviour: Behaviour) -> None:
        meta, notes = content["metadata"], block(content, "metadata", "annotations")
        if meta.get("deletionTimestamp") and BEING_DELETED in notes and BEING_CREATED not in notes:
            self._delete(content, behaviour)
        elif at(content, "spec", "source", "volumeHandle") and at(content, "status", "readyToUse") is not True:
            self._create(content, behaviour)

    def _create(self, content: Object, behaviour: Behaviour) -> None:
        """Ask the driver once more; it is asked again until the snapshot is ready, whatever it said before."""
        uid, volume = content["metadata"]["uid"], self._volume(content)
        self._turns[uid] += 1
        stage, error = behaviour.stage(self._turns[uid]), behaviour.error
        if volume is None or at(volume, "spec", "csi", "driver") != content["spec"]["driver"]:
            handle = at(content, "spec", "source", "volumeHandle")
            stage, error = "error", f"rpc error: code = NotFound desc = volume id {handle} does not exist"
        hands = self._hands(content)
        content = hands.annotate(content, {BEING_CREATED: "yes"})
        if stage == "asked":
            return
        if stage == "error":
            if not any(f"code = {code}" in error for code in _NOT_FINAL):
                content = hands.annotate(content, {BEING_CREATED: None})
            self._say_error(content, error)
            return
        self._say_cut(content, volume, behaviour, ready=stage == "ready")

    def _say_cut(self, content: Object, volume: Object | None, behaviour: Behaviour, *, ready: bool) -> None:
        status, hands = block(content, "status"), self._hands(content)
        handle = status.get("snapshotHandle") or str(uuid5(NAMESPACE_URL, content["metadata"]["uid"]))
        self.stored[handle] = content["spec"]["source"]["volumeHandle"]
        size = bytes_of(at(volume, "spec", "capacity", "storage")) if behaviour.size is None else behaviour.size
        fields = {
            "snapshotHandle": handle,
            "creationTime": status.get("creationTime") or hands.nanoseconds(),
            "readyToUse": ready,
            **({"restoreSize": size} if size else {}),
            **({"error": None} if ready else {}),
        }
        hands.annotate(hands.status(content, **fields), {BEING_CREATED: None})

    def _say_error(self, content: Object, error: str) -> None:
        first = not content.get("status")
        reason = "SnapshotCreationFailed" if first else "SnapshotContentCheckandUpdateFailed"
        begin = "Failed to create snapshot" if first else "Failed to check and update snapshot content"
        handle = content["spec"]["source"]["volumeHandle"]
        text = f"{begin}: failed to take snapshot of the volume {handle}: {json.dumps(error, ensure_ascii=False)}"
        if at(content, "status", "error", "message") == text:
            return
        hands = self._hands(content)
        told = hands.status(content, error={"message": text, "time": hands.now()}, readyToUse=False)
        hands.event(told, "Warning", reason, text)

    def _delete(self, content: Object, behaviour: Behaviour) -> None:
        """Delete the snapshot from the storage where the policy says so, then let the content go."""
        hands, handle, uid = self._hands(content), at(content, "status", "snapshotHandle"), content["metadata"]["uid"]
        if content["spec"]["deletionPolicy"] == "Delete" and handle:
            turn = self._turns[f"delete {uid}"] = self._turns[f"delete {uid}"] + 1
            if behaviour.delete_error and turn <= behaviour.delete_errors:
                hands.event(content, "Warning", "SnapshotDeleteError", "Failed to delete snapshot")
                return
            self.stored.pop(handle, None)
            gone = dict.fromkeys(("snapshotHandle", "readyToUse", "creationTime", "restoreSize"))
            content = hands.status(content, **gone)
        hands.release(content, ON_CONTENT)
