"""The snapshot controller of the sandbox: class, content, status, events and finalizers of VolumeSnapshots.

Written after external-snapshotter 8.6 (pkg/common-controller), compared with what it was recorded to write. Snapshots that
bring their own content are left alone; a member of a group is refused its deletion, and nothing else is done with groups.
"""

import json
from datetime import datetime

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at, block
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CLAIM, SNAPSHOT, SNAPSHOT_CLASS, SNAPSHOT_CONTENT
from robusta_volumes._model.quantity import as_quantity
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.csi_hands import (
    AS_SOURCE,
    BEING_DELETED,
    BOUND,
    ON_CLAIM,
    ON_CONTENT,
    Hands,
)
from robusta_volumes._sandbox.snapshot_input import Trouble, claim_name, default_class, key, volume_of

_FAILED_UPDATE = "snapshot controller failed to update {} on API server: {}"


def _is_ready(snapshot: Object) -> bool:
    return at(snapshot, "status", "readyToUse") is True


class SnapshotController:
    """One per cluster; what the driver does is not its business."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.hands = Hands(store, "snapshot-controller")

    def step(self) -> None:
        """Look at every snapshot once."""
        claims = set()
        for snapshot in self.store.find(SNAPSHOT):
            if not claim_name(snapshot):
                continue
            if snapshot["metadata"].get("deletionTimestamp"):
                self._delete(snapshot)
            elif found := self._with_class(snapshot):
                self._sync(found)
                claims.add((snapshot["metadata"]["namespace"], claim_name(snapshot)))
        for namespace, name in sorted(claims):
            self._release_claim(namespace, name)

    # --- which class

    def _with_class(self, snapshot: Object) -> Object | None:
        """Give the snapshot with its class set; None when there is none, which its status then says."""
        name = at(snapshot, "spec", "volumeSnapshotClassName")
        if name:
            if self.hands.look(SNAPSHOT_CLASS, name):
                return snapshot
            text = f'volumesnapshotclass.snapshot.storage.k8s.io "{name}" not found'
            self._fail(snapshot, "GetSnapshotClassFailed", f"Failed to get snapshot class with error {text}")
            return None
        try:
            return self.hands.change(
                snapshot, {"spec": {"volumeSnapshotClassName": default_class(self.hands, snapshot)}}
            )
        except Trouble as why:
            text = f"Failed to set default snapshot class with error {why}"
            self._fail(snapshot, "SetDefaultSnapshotClassFailed", text)
            return None

    # --- taking it

    def _sync(self, snapshot: Object) -> None:
        content = self._content(snapshot)
        mine = [BOUND] if content and content["spec"]["deletionPolicy"] == "Delete" else []
        snapshot = self.hands.protect(snapshot, AS_SOURCE, *mine)
        bound = at(snapshot, "status", "boundVolumeSnapshotContentName")
        if _is_ready(snapshot) and bound:
            if self.hands.look(SNAPSHOT_CONTENT, bound) is None:
                self._fail(snapshot, "SnapshotContentMissing", "VolumeSnapshotContent is missing", unready=True)
            elif content is None:
                text = "VolumeSnapshotContent is not bound to the VolumeSnapshot correctly"
                self._fail(snapshot, "SnapshotMisbound", text, unready=True)
        else:
            try:
                self._copy_status(snapshot, content or self._create_content(snapshot))
            except Trouble as why:
                text = f"Failed to create snapshot content with error {why}"
                self._fail(snapshot, "SnapshotContentCreationFailed", text, unready=True)

    def _content(self, snapshot: Object) -> Object | None:
        """Give the content that the snapshot is bound to, or will be; it must point back."""
        uid = snapshot["metadata"]["uid"]
        bound = at(snapshot, "status", "boundVolumeSnapshotContentName") if _is_ready(snapshot) else None
        name = bound or f"snapcontent-{uid}"
        found = self.hands.look(SNAPSHOT_CONTENT, name)
        return found if found and at(found, "spec", "volumeSnapshotRef", "uid") == uid else None

    def _create_content(self, snapshot: Object) -> Object:
        self._protect_claim(snapshot)
        meta, class_name = snapshot["metadata"], snapshot["spec"]["volumeSnapshotClassName"]
        try:
            volume = volume_of(self.hands, snapshot)
        except Trouble as why:
            text = f"failed to get input parameters to create snapshot {meta['name']}: {json.dumps(str(why))}"
            raise Trouble(text) from why
        if not at(volume, "spec", "csi"):
            raise Trouble(f"cannot find CSI PersistentVolumeSource for volume {volume['metadata']['name']}")
        found = self.store.get(SNAPSHOT_CLASS, class_name)
        reference = {key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion")}
        content = {
            "apiVersion": SNAPSHOT_CONTENT.api_version,
            "kind": SNAPSHOT_CONTENT.name,
            "metadata": {"name": f"snapcontent-{meta['uid']}", "finalizers": [ON_CONTENT]},
            "spec": {
                "deletionPolicy": found["deletionPolicy"],
                "driver": found["driver"],
                "source": {"volumeHandle": volume["spec"]["csi"]["volumeHandle"]},
                "sourceVolumeMode": volume["spec"].get("volumeMode", "Filesystem"),
                "volumeSnapshotClassName": class_name,
                "volumeSnapshotRef": {"apiVersion": SNAPSHOT.api_version, "kind": SNAPSHOT.name, **reference},
            },
        }
        made = self.store.create(content)
        text = f"Waiting for a snapshot {key(snapshot)} to be created by the CSI driver."
        self.hands.event(snapshot, "Normal", "CreatingSnapshot", text)
        return made

    def _copy_status(self, snapshot: Object, content: Object) -> None:
        """Tell in the snapshot what the content says; the error there is the last one, and goes when it is ready."""
        was, told = dict(block(snapshot, "status")), block(content, "status")
        new = {"boundVolumeSnapshotContentName": content["metadata"]["name"], **was}
        new["readyToUse"] = bool(told.get("readyToUse"))
        if told.get("creationTime"):
            cut = datetime.fromtimestamp(told["creationTime"] // 10**9, UTC)
            new.setdefault("creationTime", cut.strftime("%Y-%m-%dT%H:%M:%SZ"))
        if told.get("restoreSize"):
            new.setdefault("restoreSize", as_quantity(told["restoreSize"]))
        new["error"] = told.get("error")
        if "creationTime" in new and "creationTime" not in was:
            text = f"Snapshot {key(snapshot)} was successfully created by the CSI driver."
            self.hands.event(snapshot, "Normal", "SnapshotCreated", text)
        if new["readyToUse"] and not _is_ready(snapshot):
            self.hands.event(snapshot, "Normal", "SnapshotReady", f"Snapshot {key(snapshot)} is ready to use.")
        self.hands.status(snapshot, **new)

    def _fail(self, snapshot: Object, reason: str, message: str, *, unready: bool = False) -> None:
        """Say in the status what is wrong, and in an event when it is news; the controller goes on trying."""
        if at(snapshot, "status", "error", "message") == message:
            return
        fields = {"error": {"message": message, "time": self.hands.now()}, **({"readyToUse": False} if unready else {})}
        self.hands.event(self.hands.status(snapshot, **fields), "Warning", reason, message)

    # --- the claim meanwhile

    def _protect_claim(self, snapshot: Object) -> None:
        name, meta = claim_name(snapshot), snapshot["metadata"]
        claim = self.hands.look(CLAIM, name, meta["namespace"])
        if claim is None:
            raise Trouble(_FAILED_UPDATE.format(meta["name"], "cannot get claim from snapshot"))
        held = claim["metadata"].get("finalizers") or ()
        if claim["metadata"].get("deletionTimestamp") and ON_CLAIM not in held:
            raise Trouble(_FAILED_UPDATE.format(name, "cannot add finalizer on claim because it is being deleted"))
        self.hands.protect(claim, ON_CLAIM)

    def _release_claim(self, namespace: str, name: str, *, but: str = "") -> None:
        """Let the claim go when none of its snapshots is still to become ready, the one called ``but`` aside."""
        claim = self.hands.look(CLAIM, name, namespace)
        if claim is None or ON_CLAIM not in (claim["metadata"].get("finalizers") or ()):
            return
        of_claim = self.store.find(SNAPSHOT, namespace, fields=f"spec.source.persistentVolumeClaimName={name}")
        if all(_is_ready(other) for other in of_claim if other["metadata"]["name"] != but):
            self.hands.release(claim, ON_CLAIM)

    # --- deleting it

    def _delete(self, snapshot: Object) -> None:
        """Bring the content to its end where its policy says so, and only then the snapshot."""
        finalizers = snapshot["metadata"].get("finalizers") or ()
        if AS_SOURCE not in finalizers and BOUND not in finalizers:
            return
        content = self._content(snapshot)
        if content and self._is_being_restored(snapshot):
            text = "Snapshot is being used to restore a PVC"
            self.hands.event(snapshot, "Warning", "SnapshotDeletePending", text)
            return
        if group := at(snapshot, "status", "volumeGroupSnapshotName"):
            self.hands.event(snapshot, "Warning", "SnapshotDeletePending", _of_group(snapshot, group))
            return
        goes_too = content is not None and content["spec"]["deletionPolicy"] == "Delete"
        if content:
            content = self.hands.annotate(content, {BEING_DELETED: "yes"})
            if goes_too:
                self.store.delete(SNAPSHOT_CONTENT, content["metadata"]["name"])
        meta = snapshot["metadata"]
        self._release_claim(meta["namespace"], claim_name(snapshot), but=meta["name"])
        self.hands.release(snapshot, AS_SOURCE, *([] if goes_too else [BOUND]))

    def _is_being_restored(self, snapshot: Object) -> bool:
        source = {"apiGroup": SNAPSHOT.group, "kind": SNAPSHOT.name, "name": snapshot["metadata"]["name"]}
        claims = self.store.find(CLAIM, snapshot["metadata"]["namespace"])
        return any(
            at(c, "status", "phase") in {None, "Pending"} and block(c, "spec", "dataSource").items() >= source.items()
            for c in claims
        )


def _of_group(snapshot: Object, group: str) -> str:
    return (
        f"deletion of the individual volume snapshot {key(snapshot)} is not allowed as it belongs to group snapshot"
        f" {snapshot['metadata']['namespace']}/{group}. Deleting the group snapshot will trigger the deletion of all the"
        " individual volume snapshots that are part of the group."
    )
