"""VolumeSnapshots become restore points. Pure, and lean: a cluster has hundreds of thousands of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from sys import intern
from typing import Any, NamedTuple

from robusta_volumes._cluster.fields import at, block
from robusta_volumes._cluster.read_snapshots import cut_of
from robusta_volumes._model import ours
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.times import UTC, parse_time

RESTORING = "provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection"
_NANOSECONDS = 1_000_000_000  # of a second
_OF_BACKUP = "velero.io/backup-name"
_MAKERS = (
    ("velero", frozenset({_OF_BACKUP})),
    ("snapscheduler", frozenset({"snapscheduler.backube/schedule", "snapscheduler.backube/when"})),
    ("volsync", frozenset({"volsync.backube/cleanup"})),
)
_GEMINI = frozenset({"gemini.fairwinds.com/group", "gemini.fairwinds.com/timestamp"})
_GROUP = "snapshot.storage.kubernetes.io/volumesnapshot-in-group-protection"


class Bound(NamedTuple):
    """What a content says: whose it is, and when its data was fixed."""

    uid: str  # of the snapshot
    cut: int | None = None  # nanoseconds since 1970
    retained: bool = False  # it stays when its snapshot is deleted, and the storage with it


@dataclass(frozen=True)
class Around:
    """What the state of a snapshot is judged by."""

    now: datetime
    deadline: timedelta  # how long it may take to become ready
    unobserved: timedelta  # how long a controller may take to look at it
    restoring: Mapping[tuple[str, str], str] = field(
        default_factory=dict
    )  # (namespace, snapshot) -> claim made from it
    bound: Mapping[str, Bound] | None = None  # by the content's name; None: contents could not be read


def bound_of(content: Mapping[str, Any]) -> Bound:
    """Read a VolumeSnapshotContent, as far as its snapshot is judged by it."""
    owner = str(at(content, "spec", "volumeSnapshotRef", "uid") or "")
    return Bound(owner, cut_of(content), at(content, "spec", "deletionPolicy") == "Retain")


def snapshot_point(o: Mapping[str, Any], around: Around) -> Point:
    """Read a VolumeSnapshot."""
    m, status = block(o, "metadata"), block(o, "status")
    labels, notes = block(m, "labels"), block(m, "annotations")
    name, namespace, uid = str(m.get("name") or ""), str(m.get("namespace") or ""), str(m.get("uid") or "")
    error = at(status, "error", "message")
    created = parse_time(m.get("creationTimestamp"))
    finalizers = m.get("finalizers") or ()
    content = (around.bound or {}).get(str(status.get("boundVolumeSnapshotContentName") or ""))
    uid = content.uid if content and content.uid == uid else uid  # one string for both, of hundreds of thousands
    of_claim = str(at(o, "spec", "source", "persistentVolumeClaimName") or "")
    # One that brings its content was written anew by a backup tool, with our labels: it is that tool's.
    owned = labels.get(ours.MANAGED_BY) == ours.OURS and notes.get(ours.SELF) == name and bool(of_claim)
    schedule = notes.get(ours.SCHEDULE_NAME) or labels.get(ours.SCHEDULE) or ""
    return Point(
        "csi",
        intern(namespace),  # thousands of snapshots say the same: it is kept once
        intern(of_claim or str(notes.get(ours.CLAIM_NAME) or "")),
        intern(str(labels.get(ours.CLAIM_UID) or "")),
        name,
        uid,
        _state(m, status, uid, content, around),
        _cut(status, uid, content),
        created,
        intern(str(schedule)) if owned else "",
        ours.slot_of(str(labels.get(ours.SLOT) or "")) if owned else None,
        owned,
        labels.get(ours.HOLD) == "true" or "volsync.backube/do-not-delete" in labels,
        around.restoring.get((namespace, name)) or ("a restore" if RESTORING in finalizers else ""),
        _GROUP in finalizers or bool(status.get("volumeGroupSnapshotName")),
        bytes_of(status.get("restoreSize")) or None,  # a driver that does not know says 0
        str(error or ""),
        intern(str(at(o, "spec", "volumeSnapshotClassName") or "")),
        str(m.get("resourceVersion") or ""),
        notes.get(ours.RETAIN) == "schedule",
        content is not None and content.retained,
        bool(status),
        parse_time(m.get("deletionTimestamp")),
        tuple(map(str, finalizers)) if m.get("deletionTimestamp") else (),
        "" if owned else _maker(labels, notes),
        intern(str(labels.get(_OF_BACKUP) or "")),
        _proven(notes.get(ours.VERIFIED_AT)),
    )


def _maker(labels: Mapping[str, Any], notes: Mapping[str, Any]) -> str:
    """Name the tool that made a snapshot, by the marks that it leaves; "" for one that leaves none."""
    return next((tool for tool, marks in _MAKERS if not labels.keys().isdisjoint(marks)), "") or (
        "gemini" if not notes.keys().isdisjoint(_GEMINI) else ""
    )


def _proven(written: object) -> datetime | None:
    return max(ours.proven(written).values(), default=None) if written else None


def _cut(status: Mapping[str, Any], uid: str, content: Bound | None) -> datetime | None:
    """Give the time that the content says, where it can be read: a snapshot whose content was cut anew keeps the old one."""
    cut = parse_time(status.get("creationTime"))
    if content is None or content.uid != uid or content.cut is None:
        return cut
    seconds = content.cut // _NANOSECONDS
    return cut if cut and int(cut.timestamp()) == seconds else _moment(seconds)


def _moment(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # no year that a calendar has
        return None


def _state(m: Mapping[str, Any], status: Mapping[str, Any], uid: str, content: Bound | None, around: Around) -> State:
    if m.get("deletionTimestamp"):
        return State.TERMINATING
    bound = content.uid == uid if content else around.bound is None and status.get("boundVolumeSnapshotContentName")
    if status.get("readyToUse") is True and bound:
        return State.READY
    created = parse_time(m.get("creationTimestamp"))
    age = around.now - created if created else timedelta(0)
    if age > around.deadline:
        return State.LATE
    if status.get("creationTime"):
        return State.CUT
    return State.UNOBSERVED if not status and age > around.unobserved else State.CREATING
