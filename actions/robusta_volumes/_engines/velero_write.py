"""How Velero says what we mean: a Backup, the Schedule that makes them, the request to delete one. Pure: names and manifests.

API: https://velero.io/docs/main/api-types/ (velero.io/v1). A backup is never deleted itself: only its object would go, its data
would stay, and the storage location would bring the object back. https://velero.io/docs/main/backup-reference/
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._model import ours
from robusta_volumes._model.backup import Backup, Scope, velero_label
from robusta_volumes._model.kind import VELERO_BACKUP, VELERO_DELETE, VELERO_SCHEDULE
from robusta_volumes._model.times import UTC

SCHEDULE_NAME = "robusta-volumes"  # of the one Schedule that we keep; its backups are called robusta-volumes-<time>
MANUAL = "robusta-volumes-manual"  # what the backups that somebody asked for begin with
SHAPE = f"{ours.DOMAIN}/shape"  # annotation: a short sum of the settings by which it was made
OF_SCHEDULE = "velero.io/schedule-name"  # label of Velero's own
_BACKUP_NAME, _BACKUP_UID = "velero.io/backup-name", "velero.io/backup-uid"
_NAME = 63  # characters of a name that fits wherever Kubernetes uses one
_TIME = "%Y%m%d%H%M%S"


def go_duration(length: timedelta) -> str:
    """Write a length of time as Go does: "720h0m0s". What Velero gives back is written so, and can be compared."""
    seconds = int(length.total_seconds())
    return f"{seconds // 3600}h{seconds // 60 % 60}m{seconds % 60}s"


def backup_spec(scope: Scope, ttl: timedelta, location: str = "") -> dict[str, Any]:
    """Write what a Backup saves, how, where to and for how long."""
    spec: dict[str, Any] = {
        "includedNamespaces": list(scope.namespaces) or ["*"],
        "ttl": go_duration(ttl),
        "snapshotMoveData": scope.moves_data,
        "snapshotVolumes": scope.snapshots,
        "defaultVolumesToFsBackup": scope.by_file_system,
    }
    chosen = {
        "excludedNamespaces": list(scope.without_namespaces),
        "includedResources": list(scope.resources),
        "excludedResources": list(scope.without_resources),
        "labelSelector": dict(scope.labels),
        "orLabelSelectors": [dict(one) for one in scope.any_labels],
        "storageLocation": location,
        "resourcePolicy": {"kind": "configmap", "name": scope.policy} if scope.policy else None,
    }
    return spec | {field: value for field, value in chosen.items() if value}


def slot_name(slot: datetime, head: str = SCHEDULE_NAME) -> str:
    """Name the backup of a slot as Velero's own schedules name theirs: the same each time, so that a slot is served once."""
    return f"{head}-{slot.astimezone(UTC).strftime(_TIME)}"


def shape_sum(shape: Mapping[str, Any]) -> str:
    """Give a short sum of settings: another one means that other claims are saved, or for another time."""
    return hashlib.sha256(json.dumps(shape, sort_keys=True, default=str).encode()).hexdigest()[:12]


def backup_manifest(
    namespace: str, name: str, spec: Mapping[str, Any], *, slot: datetime | None = None, shape: str = ""
) -> dict[str, Any]:
    """Write a Backup: with ``slot`` the one of a schedule of ours, without one that somebody asked for."""
    labels, notes = {ours.MANAGED_BY: ours.OURS}, {ours.SELF: name}
    if slot:
        labels |= {ours.SCHEDULE: SCHEDULE_NAME, ours.SLOT: ours.slot_text(slot), OF_SCHEDULE: SCHEDULE_NAME}
    if shape:
        notes[SHAPE] = shape
    return {
        "apiVersion": VELERO_BACKUP.api_version,
        "kind": VELERO_BACKUP.name,
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "annotations": notes},
        "spec": dict(spec),
    }


def cron_in(cron: str, zone: str) -> str:
    """Write a cron expression with its zone as Velero reads it; UTC, too: without one the clock of its server's pod counts."""
    return f"CRON_TZ={zone or 'UTC'} {cron}"


def schedule_manifest(
    namespace: str, cron: str, zone: str, spec: Mapping[str, Any], shape: str, name: str = SCHEDULE_NAME
) -> dict[str, Any]:
    """Write the Schedule. Velero puts its labels and annotations onto each backup that it makes."""
    return {
        "apiVersion": VELERO_SCHEDULE.api_version,
        "kind": VELERO_SCHEDULE.name,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {ours.MANAGED_BY: ours.OURS, ours.SCHEDULE: name},
            "annotations": {SHAPE: shape},
        },
        "spec": {"schedule": cron_in(cron, zone), "template": dict(spec)},
    }


def delete_request(backup: Backup) -> dict[str, Any]:
    """Write the request to delete a backup with its data; asked twice for the same backup it has the same name."""
    label = velero_label(backup.name)
    tail = hashlib.sha256(f"{backup.uid}/{backup.name}".encode()).hexdigest()[:8]
    return {
        "apiVersion": VELERO_DELETE.api_version,
        "kind": VELERO_DELETE.name,
        "metadata": {
            "name": f"{label[: _NAME - 9].rstrip('-.')}-{tail}",
            "namespace": backup.namespace,
            "labels": {ours.MANAGED_BY: ours.OURS, _BACKUP_NAME: label, _BACKUP_UID: backup.uid},
        },
        "spec": {"backupName": backup.name},
    }


def differences(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Compare a Schedule's spec with the one that is there: (what, there, wanted). What we do not set is left to others.

    A field of the template that we set under other settings and do not want now counts, too: it would save something else.
    """
    found = []
    if there.get("schedule") != wanted["schedule"]:
        found.append(("schedule", there.get("schedule"), wanted["schedule"]))
    new, old = wanted["template"], there.get("template") or {}
    for field in sorted({*new, *(_CHOOSING & set(old))}):
        a, b = old.get(field), new.get(field)
        if a != b and (a or b) and not _is_time(a, b):
            found.append((field, a, b))
    return found


_CHOOSING = {
    "includedNamespaces", "excludedNamespaces", "includedResources", "excludedResources", "labelSelector",
    "orLabelSelectors", "resourcePolicy", "storageLocation", "includedNamespaceScopedResources",
    "excludedNamespaceScopedResources", "includedClusterScopedResources", "excludedClusterScopedResources",
}  # fmt: skip


def _is_time(a: object, b: object) -> bool:
    """Tell whether both are the same length of time, however written: "720h" is "720h0m0s"."""
    return isinstance(a, str) and isinstance(b, str) and (length := _seconds(a)) is not None and length == _seconds(b)


def _seconds(text: str) -> int | None:
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text)
    if not found or not text:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def patch_of(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    """Write the merge patch that makes a Schedule what is wanted: lists are replaced, what is not wanted any more goes."""
    found = differences(wanted["spec"], there.get("spec") or {})
    template: dict[str, Any] = {what: new for what, _, new in found if what != "schedule"}
    old_labels = ((there.get("spec") or {}).get("template") or {}).get("labelSelector")
    if isinstance(template.get("labelSelector"), dict) and isinstance(old_labels, Mapping):
        gone = {key: None for key in old_labels if key not in template["labelSelector"]}
        template["labelSelector"] = {**gone, **template["labelSelector"]}
    meta = {key: dict(wanted["metadata"][key]) for key in ("labels", "annotations")}
    spec: dict[str, Any] = {"schedule": wanted["spec"]["schedule"]}
    return {"metadata": meta, "spec": {**spec, "template": template} if template else spec}
