"""Short ways to write the objects of K8up and VolSync for a story. Times are minutes before the story's now."""

from datetime import timedelta
from typing import Any

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._model import kind as k
from robusta_volumes._sandbox import velero_objects as shapes
from robusta_volumes._sandbox.builder import DAY, Builder

_RESTIC = {"backend": {"s3": {"endpoint": "http://minio:9000", "bucket": "k8up"}}}


def k8up_schedule(b: Builder, namespace: str, name: str = "daily", cron: str = "30 1 * * *", **more: Any) -> Object:
    """Add a Schedule of K8up; it backs up the claims of its own namespace."""
    spec = {**_RESTIC, "backup": {"schedule": cron}, **more}
    return _add(b, shapes.object_of(k.K8UP_SCHEDULE, name, namespace, spec=spec, status={}), 60 * DAY)


def k8up_backup(b: Builder, namespace: str, minutes: float, reason: str = "Succeeded", **more: Any) -> Object:
    """Add a Backup of K8up, made so many minutes ago; ``reason``: Succeeded, Failed, or "" for one that runs."""
    schedule, message = more.pop("schedule", ""), more.pop("message", "")
    began = b.now - timedelta(minutes=minutes)
    name = more.pop("name", "") or f"{schedule or 'backup'}-{shapes.suffix(namespace, began.isoformat())}"
    conditions = [
        _condition(b, "Progressing", "False" if reason else "True", "Finished" if reason else "Started", minutes)
    ]
    if reason:
        conditions.append(_condition(b, "Completed", "True", reason, minutes - 5, message))
    status: Object = {"started": True, "conditions": conditions, **({"finished": True} if reason else {})}
    labels = {"k8up.io/type": "backup", "k8up.io/schedule-name": schedule} if schedule else {}
    made = shapes.object_of(
        k.K8UP_BACKUP, name, namespace, metadata={"labels": labels}, spec={**_RESTIC, **more}, status=status
    )
    return _add(b, made, minutes)


def k8up_snapshot(b: Builder, namespace: str, claim: str, minutes: float) -> Object:
    """Add the Snapshot that proves K8up's data of one claim, cut so many minutes ago."""
    ident = shapes.snapshot_id(namespace, claim, b.at(minutes)) + "0" * 32
    spec = {"id": ident, "date": b.at(minutes), "paths": [f"/data/{claim}"], "repository": "s3:http://minio:9000/k8up"}
    return _add(b, shapes.object_of(k.K8UP_SNAPSHOT, ident[:8], namespace, spec=spec), minutes)


def volsync_source(b: Builder, namespace: str, claim: str, minutes: float | None, **more: Any) -> Object:
    """Add a ReplicationSource of VolSync (restic); ``minutes``: since its last success, None: there was none.

    ``result`` and ``logs`` are of the latest mover, ``cron`` its schedule, ``reason`` that of the condition Synchronizing.
    """
    cron, result = more.pop("cron", "0 3 * * *"), more.pop("result", "Successful" if minutes is not None else "")
    reason, logs = more.pop("reason", "WaitingForSchedule"), more.pop("logs", "")
    running = "True" if reason == "SyncInProgress" else "False"
    status: Object = {"conditions": [_condition(b, "Synchronizing", running, reason, 5)]}
    if minutes is not None:
        status |= {"lastSyncTime": b.at(minutes), "lastSyncDuration": "2m11.5s", "nextSyncTime": b.at(minutes - DAY)}
    if result:
        status["latestMoverStatus"] = {"result": result, **({"logs": logs} if logs else {})}
    mover = more.pop("mover", "restic")
    spec = {
        "sourcePVC": claim,
        "trigger": {"schedule": cron},
        mover: {"repository": f"{claim}-restic", "copyMethod": "Snapshot"},
    }
    return _add(
        b,
        shapes.object_of(k.VOLSYNC_SOURCE, f"{claim}-backup", namespace, spec={**spec, **more}, status=status),
        60 * DAY,
    )


def _condition(b: Builder, type_: str, status: str, reason: str, minutes: float, message: str = "") -> Object:
    made = {"type": type_, "status": status, "reason": reason, "lastTransitionTime": b.at(minutes)}
    return {**made, "message": message or f"{type_} is {status}"}


def _add(b: Builder, made: Object, age: float) -> Object:
    meta = made.pop("metadata")
    api, kind, name = made.pop("apiVersion"), made.pop("kind"), meta.pop("name")
    return b.add(kind, name, meta.pop("namespace"), api=api, age=age, metadata=meta, **made)
