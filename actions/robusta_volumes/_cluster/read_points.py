"""VolumeSnapshots become restore points. Pure, and lean: a cluster has hundreds of thousands of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._cluster.fields import at, block
from robusta_volumes._model import ours
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.times import parse_time

_RESTORING = "provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection"
_GROUP = "snapshot.storage.kubernetes.io/volumesnapshot-in-group-protection"


@dataclass(frozen=True)
class Around:
    """What the state of a snapshot is judged by."""

    now: datetime
    deadline: timedelta  # how long it may take to become ready
    unobserved: timedelta  # how long a controller may take to look at it
    restoring: Mapping[tuple[str, str], str] = field(
        default_factory=dict
    )  # (namespace, snapshot) -> claim made from it
    bound: Mapping[str, str] | None = None  # content -> uid of its snapshot; None: contents could not be read


def snapshot_point(o: Mapping[str, Any], around: Around) -> Point:
    """Read a VolumeSnapshot."""
    m, status = block(o, "metadata"), block(o, "status")
    labels, notes = block(m, "labels"), block(m, "annotations")
    name, namespace, uid = str(m.get("name") or ""), str(m.get("namespace") or ""), str(m.get("uid") or "")
    error = at(status, "error", "message")
    created = parse_time(m.get("creationTimestamp"))
    finalizers = m.get("finalizers") or ()
    of_claim = str(at(o, "spec", "source", "persistentVolumeClaimName") or "")
    # One that brings its content was written anew by a backup tool, with our labels: it is that tool's.
    owned = labels.get(ours.MANAGED_BY) == ours.OURS and notes.get(ours.SELF) == name and bool(of_claim)
    schedule = notes.get(ours.SCHEDULE_NAME) or labels.get(ours.SCHEDULE) or ""
    return Point(
        "csi",
        namespace,
        of_claim or str(notes.get(ours.CLAIM_NAME) or ""),
        str(labels.get(ours.CLAIM_UID) or ""),
        name,
        uid,
        _state(m, status, uid, around),
        parse_time(status.get("creationTime")),
        created,
        str(schedule) if owned else "",
        ours.slot_of(str(labels.get(ours.SLOT) or "")) if owned else None,
        owned,
        labels.get(ours.HOLD) == "true" or "volsync.backube/do-not-delete" in labels,
        around.restoring.get((namespace, name)) or ("a restore" if _RESTORING in finalizers else ""),
        _GROUP in finalizers or bool(status.get("volumeGroupSnapshotName")),
        bytes_of(status.get("restoreSize")) or None,  # a driver that does not know says 0
        str(error or ""),
        str(at(o, "spec", "volumeSnapshotClassName") or ""),
        str(m.get("resourceVersion") or ""),
        notes.get(ours.RETAIN) == "schedule",
        bool(status),
        parse_time(m.get("deletionTimestamp")),
        tuple(map(str, finalizers)) if m.get("deletionTimestamp") else (),
    )


def _state(m: Mapping[str, Any], status: Mapping[str, Any], uid: str, around: Around) -> State:
    if m.get("deletionTimestamp"):
        return State.TERMINATING
    content = status.get("boundVolumeSnapshotContentName")
    if status.get("readyToUse") is True and content and (around.bound is None or around.bound.get(str(content)) == uid):
        return State.READY
    created = parse_time(m.get("creationTimestamp"))
    age = around.now - created if created else timedelta(0)
    if age > around.deadline:
        return State.LATE
    if status.get("creationTime"):
        return State.CUT
    return State.UNOBSERVED if not status and age > around.unobserved else State.CREATING
