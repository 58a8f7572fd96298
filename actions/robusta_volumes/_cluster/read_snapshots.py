"""Snapshots' contents and namespaces become what we understand. Pure."""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster import read
from robusta_volumes._cluster.fields import at
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._model.snapshot_content import SnapshotContent


def content(o: Mapping[str, Any]) -> SnapshotContent:
    """Read a VolumeSnapshotContent."""
    ref = "volumeSnapshotRef"
    return SnapshotContent(
        meta=read.meta(o),
        driver=str(at(o, "spec", "driver") or ""),
        policy=str(at(o, "spec", "deletionPolicy") or "Delete"),
        snapshot=(str(at(o, "spec", ref, "namespace") or ""), str(at(o, "spec", ref, "name") or "")),
        snapshot_uid=str(at(o, "spec", ref, "uid") or ""),
        size=bytes_of(at(o, "status", "restoreSize")),
        handle=str(at(o, "status", "snapshotHandle") or ""),
    )
