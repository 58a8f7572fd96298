"""Objects of Velero become backups, schedules and locations. Pure. What was moved for each claim: `read_velero_copies`.

https://velero.io/docs/main/api-types/ (velero.io/v1); DataUpload is velero.io/v2alpha1.
"""

import base64
from collections.abc import Mapping
from sys import intern
from typing import Any

from robusta_volumes._cluster.fields import at, block, blocks, mapping, strings
from robusta_volumes._model import ours
from robusta_volumes._model.backup import (
    ITEM_TIMEOUT,
    SNAPSHOT_TIMEOUT,
    VELERO,
    Backup,
    BackupSchedule,
    Location,
    Phase,
    Scope,
)
from robusta_volumes._model.quantity import number_of
from robusta_volumes._model.times import go_span, parse_time

SCHEDULE_NAME = "velero.io/schedule-name"
_PHASES = {
    "": Phase.UNOBSERVED,
    "New": Phase.WAITING,
    "Queued": Phase.WAITING,
    "ReadyToStart": Phase.WAITING,
    "InProgress": Phase.RUNNING,
    "WaitingForPluginOperations": Phase.RUNNING,
    "WaitingForPluginOperationsPartiallyFailed": Phase.RUNNING,
    "Finalizing": Phase.RUNNING,
    "FinalizingPartiallyFailed": Phase.RUNNING,
    "Completed": Phase.DONE,
    "PartiallyFailed": Phase.PARTIAL,
    "Failed": Phase.FAILED,
    "FailedValidation": Phase.REFUSED,
    "Deleting": Phase.DELETING,
}


def backup(o: Mapping[str, Any]) -> Backup:
    """Read a Backup."""
    m, spec, status = block(o, "metadata"), block(o, "spec"), block(o, "status")
    labels, notes = block(m, "labels"), block(m, "annotations")
    word = str(status.get("phase") or "")
    errors = "; ".join(strings(status.get("validationErrors")))
    return Backup(
        VELERO,
        intern(str(m.get("namespace") or "")),
        str(m.get("name") or ""),
        str(m.get("uid") or ""),
        _PHASES.get(word, Phase.RUNNING),
        word,
        parse_time(m.get("creationTimestamp")),
        parse_time(status.get("startTimestamp")),
        parse_time(status.get("completionTimestamp")),
        parse_time(status.get("expiration")),
        intern(str(notes.get(SCHEDULE_NAME) or labels.get(SCHEDULE_NAME) or "")),
        intern(str(spec.get("storageLocation") or "")),
        scope(spec),
        number_of(status.get("errors")) or 0,
        number_of(status.get("warnings")) or 0,
        _counted(status, "Attempted"),
        _counted(status, "Completed"),
        str(status.get("failureReason") or errors),
        labels.get(ours.MANAGED_BY) == ours.OURS,
        ours.slot_of(str(labels.get(ours.SLOT) or "")),
        labels.get(ours.HOLD) == "true",
        str(m.get("resourceVersion") or ""),
        parse_time(m.get("deletionTimestamp")),
        ours.proven(notes.get(ours.VERIFIED_AT)),
        mapping(notes),
        go_span(spec.get("itemOperationTimeout")) or ITEM_TIMEOUT,  # 0s: its server has not filled it in yet
        go_span(spec.get("csiSnapshotTimeout")) or SNAPSHOT_TIMEOUT,
    )


def _counted(status: Mapping[str, Any], what: str) -> int:
    return sum(number_of(status.get(kind + what)) or 0 for kind in ("csiVolumeSnapshots", "volumeSnapshots"))


def scope(spec: Mapping[str, Any]) -> Scope:
    """Read what a BackupSpec selects; resources of the old and the new filters are one list."""
    return Scope(
        strings(spec.get("includedNamespaces")),
        strings(spec.get("excludedNamespaces")),
        strings(spec.get("includedResources")) + strings(spec.get("includedNamespaceScopedResources")),
        strings(spec.get("excludedResources")) + strings(spec.get("excludedNamespaceScopedResources")),
        block(spec, "labelSelector"),
        blocks(spec, "orLabelSelectors"),
        moves_data=spec.get("snapshotMoveData") is True,
        snapshots=spec.get("snapshotVolumes") is not False,
        by_file_system=spec.get("defaultVolumesToFsBackup") is True or spec.get("defaultVolumesToRestic") is True,
        policy=_policy(block(spec, "resourcePolicy")),
    )


def _policy(named: Mapping[str, Any]) -> str:
    """Read which ConfigMap has the volume policies; of another kind Velero takes no notice."""
    return str(named.get("name") or "") if str(named.get("kind") or "configmap").lower() == "configmap" else ""


def schedule(o: Mapping[str, Any]) -> BackupSchedule:
    """Read a Schedule."""
    m, spec, status = block(o, "metadata"), block(o, "spec"), block(o, "status")
    zone, cron = zoned(str(spec.get("schedule") or ""))
    ttl = go_span(at(spec, "template", "ttl"))
    return BackupSchedule(
        VELERO,
        str(m.get("namespace") or ""),
        str(m.get("name") or ""),
        str(m.get("uid") or ""),
        cron,
        zone,
        spec.get("paused") is True,
        str(status.get("phase") or ""),
        parse_time(status.get("lastBackup")),
        scope(block(spec, "template")),
        ttl.total_seconds() / 3600 if ttl else None,
        "; ".join(strings(status.get("validationErrors"))),
        parse_time(m.get("creationTimestamp")),
        block(m, "labels").get(ours.MANAGED_BY) == ours.OURS,
        str(m.get("resourceVersion") or ""),
        spec,
    )


def zoned(written: str) -> tuple[str, str]:
    """Split "CRON_TZ=Europe/Paris 0 3 * * *" into (zone, cron); without a zone the server's counts, which is UTC."""
    head, _, rest = written.strip().partition(" ")
    name, mark, zone = head.partition("=")
    return (zone, rest.strip()) if mark and name in {"CRON_TZ", "TZ"} else ("UTC", written.strip())


def location(o: Mapping[str, Any]) -> Location:
    """Read a BackupStorageLocation."""
    m, spec, status = block(o, "metadata"), block(o, "spec"), block(o, "status")
    word = status.get("phase")
    return Location(
        str(m.get("namespace") or ""),
        str(m.get("name") or ""),
        spec.get("default") is True,
        spec.get("accessMode") == "ReadOnly",
        None if not word else word == "Available",
        str(status.get("message") or ""),
        str(spec.get("provider") or ""),
        str(at(spec, "objectStorage", "bucket") or ""),
        parse_time(status.get("lastValidationTime")),
        _pem(at(spec, "objectStorage", "caCert")),
    )


def _pem(written: object) -> str:
    """Read caCert, which is PEM in base64; what is none is given as it is, so that it is told where it is used."""
    try:
        return base64.b64decode(str(written or ""), validate=True).decode()
    except ValueError:
        return str(written)


def deletion(o: Mapping[str, Any]) -> str:
    """Read a DeleteBackupRequest: the backup that it is to delete; "" when it is done with."""
    return "" if at(o, "status", "phase") == "Processed" else str(at(o, "spec", "backupName") or "")
