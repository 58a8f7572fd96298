"""Snapshots, their contents and namespaces become what we understand. Pure."""

from collections.abc import Mapping
from sys import intern
from typing import Any

from robusta_volumes._cluster import read
from robusta_volumes._cluster.fields import at, said
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._model.snapshot_content import SnapshotContent
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.volume import Snapshot


def snapshot(o: Mapping[str, Any]) -> Snapshot:
    """Read a VolumeSnapshot."""
    return Snapshot(
        meta=read.meta(o),
        claim=str(at(o, "spec", "source", "persistentVolumeClaimName") or ""),
        class_name=said(at(o, "spec", "volumeSnapshotClassName")),
        ready=at(o, "status", "readyToUse") is True,
        error=str(at(o, "status", "error", "message") or ""),
        cut=parse_time(at(o, "status", "creationTime")),
        size=bytes_of(at(o, "status", "restoreSize")),
    )


def content(o: Mapping[str, Any]) -> SnapshotContent:
    """Read a VolumeSnapshotContent."""
    ref = "volumeSnapshotRef"
    return SnapshotContent(
        meta=read.meta(o),
        driver=intern(str(at(o, "spec", "driver") or "")),
        policy=intern(str(at(o, "spec", "deletionPolicy") or "Delete")),
        snapshot=(intern(str(at(o, "spec", ref, "namespace") or "")), str(at(o, "spec", ref, "name") or "")),
        snapshot_uid=str(at(o, "spec", ref, "uid") or ""),
        size=bytes_of(at(o, "status", "restoreSize")),
        handle=str(at(o, "status", "snapshotHandle") or ""),
        cut=cut_of(o),
    )


def cut_of(o: Mapping[str, Any]) -> int | None:
    """Read when the data of a content was fixed: nanoseconds since 1970; None when it does not say."""
    cut = at(o, "status", "creationTime")
    return cut if isinstance(cut, int) and cut > 0 else None
