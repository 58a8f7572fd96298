"""Snapshots whose deletion does not end: for how long, and whose word it waits for. Finalizers are never removed by us. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from robusta_volumes._analysis.snapshot_trouble import DELETING, STUCK, Problems
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.text import plain, quoted
from robusta_volumes._model.times import span

_SNAPSHOT = "snapshot.storage.kubernetes.io/"
_WAITS = (  # what each finalizer stands for; the first that is there says most
    ("provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection", "a restore that reads it"),
    (f"{_SNAPSHOT}volumesnapshot-in-group-protection", "its group snapshot, which it is deleted with"),
    (f"{_SNAPSHOT}volumesnapshot-bound-protection", "the driver, which has not deleted its data"),
    (f"{_SNAPSHOT}volumesnapshot-as-source-protection", "the snapshot controller"),
)
_REFUSED = "involvedObject.kind=VolumeSnapshotContent,reason=SnapshotDeleteError"


def stuck(points: Iterable[Point], now: datetime, patience: timedelta) -> Problems:
    """Find those that have been deleted for longer than that takes."""
    found: Problems = {}
    for point in points:
        if point.state is State.TERMINATING and point.deleted and now - point.deleted > patience:
            why = f"{plain(point.name)} has been deleted for {span(now - point.deleted)} and {waits(point)}"
            found[f"{point.namespace}/{point.claim}{DELETING}"] = [STUCK, why, _todo(point)]
    return found


def waits(point: Point) -> str:
    """Say what one that is being deleted waits for."""
    for finalizer, who in _WAITS:
        if finalizer in point.finalizers:
            return f"waits for {who} ({finalizer})"
    others = ", ".join(plain(name) for name in point.finalizers)
    return f"waits for who put {others} there" if others else "waits for the API server"


def _todo(point: Point) -> str:
    if f"{_SNAPSHOT}volumesnapshot-bound-protection" in point.finalizers:
        return (
            f"look into the log of the driver's csi-snapshotter, and: kubectl get events -A --field-selector {_REFUSED}"
        )
    return f"kubectl -n {quoted(point.namespace)} describe volumesnapshot {quoted(point.name)}"
