"""Whether a claim can be restored from the snapshot that it names, and what the provisioner says when it cannot."""

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at, block
from robusta_volumes._model.kind import SNAPSHOT, SNAPSHOT_CONTENT
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._sandbox.csi_hands import RESTORING, Hands

_MODE = (
    "requested volume {}/{} modifies the mode of the source volume but does not have permission to do so."
    " snapshot.storage.kubernetes.io/allow-volume-mode-change annotation is not present on snapshotcontent {}"
)
_MODE_CHANGE = "snapshot.storage.kubernetes.io/allow-volume-mode-change"


def source_problem(hands: Hands, claim: Object, storage_class: Object) -> str:
    """Say why the snapshot cannot be restored into this claim, in the provisioner's words; "" when it can."""
    name = claim["spec"]["dataSource"]["name"]
    snapshot = hands.look(SNAPSHOT, name, claim["metadata"]["namespace"])
    if snapshot is None:
        return f'error getting snapshot {name} from api server: {SNAPSHOT.resource} "{name}" not found'
    meta = snapshot["metadata"]
    if meta.get("deletionTimestamp") and RESTORING not in (meta.get("finalizers") or ()):
        return f"snapshot {name} is being deleted"
    if not at(snapshot, "status", "boundVolumeSnapshotContentName"):
        return f"snapshot {name} not bound"
    return _content_problem(hands, claim, storage_class, snapshot)


def _content_problem(hands: Hands, claim: Object, storage_class: Object, snapshot: Object) -> str:
    name, bound = snapshot["metadata"]["name"], snapshot["status"]["boundVolumeSnapshotContentName"]
    content = hands.look(SNAPSHOT_CONTENT, bound)
    if content is None:
        return f"error getting snapshotcontent {bound} for snapshot {name}"
    if at(content, "spec", "volumeSnapshotRef", "uid") != snapshot["metadata"]["uid"]:
        return f"snapshotcontent {bound} for snapshot {name} is bound to a different snapshot"
    if content["spec"]["driver"] != storage_class["provisioner"]:
        of_class = f"is not handled by CSI driver of StorageClass {storage_class['metadata']['name']}"
        return f"snapshotcontent {bound} for snapshot {name} {of_class}"
    if at(snapshot, "status", "readyToUse") is not True:
        return f"snapshot {name} is not Ready"
    return _misfit(claim, snapshot, content)


def _misfit(claim: Object, snapshot: Object, content: Object) -> str:
    """Say what of the new claim does not fit the snapshot: its size or its mode."""
    name, bound, meta = snapshot["metadata"]["name"], content["metadata"]["name"], claim["metadata"]
    asked = bytes_of(at(claim, "spec", "resources", "requests", "storage")) or 0
    least = bytes_of(at(snapshot, "status", "restoreSize")) or 0
    if asked < least:
        return f"requested volume size {asked} is less than the size {least} for the source snapshot {name}"
    modes = at(content, "spec", "sourceVolumeMode"), at(claim, "spec", "volumeMode")
    allowed = block(content, "metadata", "annotations").get(_MODE_CHANGE) == "true"
    if all(modes) and modes[0] != modes[1] and not allowed:
        return _MODE.format(meta["namespace"], meta["name"], bound)
    return ""
