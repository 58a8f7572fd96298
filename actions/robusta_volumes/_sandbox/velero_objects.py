"""Objects of Velero as its server and its node agents write them. Written after Velero 1.18 (pkg/backup, pkg/podvolume)."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from robusta_volumes._model import kind as k
from robusta_volumes._sandbox.builder import Object

BACKUP_NAME, BACKUP_UID = "velero.io/backup-name", "velero.io/backup-uid"
RESTORE_NAME, RESTORE_UID = "velero.io/restore-name", "velero.io/restore-uid"
CLAIM_UID, CLAIM_NAME = "velero.io/pvc-uid", "velero.io/pvc-name"
SCHEDULE_NAME, LOCATION_NAME = "velero.io/schedule-name", "velero.io/storage-location"
OPERATION = "velero.io/async-operation-id"
GC_FAILURE = "velero.io/gc-failure"
SKIPPED_NO_CSI = "backup.velero.io/skipped-no-csi-pv"
_LABEL = 63  # characters of a label's value


def valid_label(name: str) -> str:
    """Shorten a name to what a label holds, as Velero does: the first 57 characters and 6 of the sha256."""
    return name if len(name) <= _LABEL else name[: _LABEL - 6] + hashlib.sha256(name.encode()).hexdigest()[:6]


def suffix(*words: str) -> str:
    """Give five characters such as generateName adds; the same words give the same ones."""
    return hashlib.sha256("/".join(words).encode()).hexdigest()[:5]


def object_of(kind: k.Kind, name: str, namespace: str, **rest: Any) -> Object:
    """Write an object; ``metadata`` in ``rest`` is merged, and what is empty of it left out."""
    meta = {key: value for key, value in rest.pop("metadata", {}).items() if value}
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "metadata": {"name": name, "namespace": namespace, **meta},
        **rest,
    }


def owned_by(owner: Object) -> list[Object]:
    """Write the reference to an owner that controls an object."""
    meta = owner["metadata"]
    ref = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"]}
    return [{**ref, "controller": True}]


def of_backup(backup: Object) -> dict[str, str]:
    """Write the labels by which an object is found from its backup."""
    meta = backup["metadata"]
    return {BACKUP_NAME: valid_label(meta["name"]), BACKUP_UID: meta["uid"]}


def data_upload(backup: Object, claim: Object, driver: str, snapshot_class: str = "", node: str = "node-a1") -> Object:
    """Write the DataUpload of one claim: its snapshot is to be moved off-site."""
    meta, of = backup["metadata"], claim["metadata"]
    operation = valid_label(f"du-{meta['uid']}.{of['uid']}")
    csi = {
        "volumeSnapshot": f"velero-{of['name']}-{suffix(meta['name'], of['uid'])}",
        "storageClass": claim["spec"].get("storageClassName", ""),
        "driver": driver,
        **({"snapshotClass": snapshot_class} if snapshot_class else {}),
    }
    spec = {
        "snapshotType": "CSI",
        "csiSnapshot": csi,
        "sourcePVC": of["name"],
        "sourceNamespace": of["namespace"],
        "backupStorageLocation": backup["spec"].get("storageLocation") or "default",
        "operationTimeout": backup["spec"].get("csiSnapshotTimeout") or "10m0s",
    }
    labels = {**of_backup(backup), CLAIM_UID: of["uid"], OPERATION: operation}
    name = f"{meta['name']}-{suffix('du', of['namespace'], of['name'], meta['uid'])}"
    made = {"labels": labels, "ownerReferences": owned_by(backup)}
    return object_of(k.VELERO_UPLOAD, name, meta["namespace"], metadata=made, spec=spec, status={"node": node})


def pod_volume_backup(backup: Object, pod: Object, volume: str, claim: Object | None) -> Object:
    """Write the PodVolumeBackup of one volume of a running pod; ``claim`` is None for what no claim stands behind."""
    meta, of = backup["metadata"], pod["metadata"]
    tags = {
        "backup": meta["name"],
        "backup-uid": meta["uid"],
        "pod": of["name"],
        "pod-uid": of["uid"],
        "ns": of["namespace"],
        "volume": volume,
    }
    labels, notes = of_backup(backup), {}
    if claim:
        labels[CLAIM_UID] = tags["pvc-uid"] = claim["metadata"]["uid"]
        notes[CLAIM_NAME] = claim["metadata"]["name"]
    spec = {
        "node": pod["spec"].get("nodeName", "node-a1"),
        "pod": {"kind": "Pod", "namespace": of["namespace"], "name": of["name"], "uid": of["uid"]},
        "volume": volume,
        "tags": tags,
        "backupStorageLocation": backup["spec"].get("storageLocation") or "default",
        "repoIdentifier": "",
        "uploaderType": "kopia",
    }
    name = f"{meta['name']}-{suffix('pvb', of['uid'], volume, meta['uid'])}"
    made = {"labels": labels, "annotations": notes, "ownerReferences": owned_by(backup)}
    return object_of(k.VELERO_POD_VOLUME, name, meta["namespace"], metadata=made, spec=spec, status={})


def delete_request(backup: Object, name: str = "") -> Object:
    """Write the request to delete a backup with its data, as Velero's own garbage collector does."""
    meta = backup["metadata"]
    name = name or f"{meta['name']}-{suffix('dbr', meta['uid'])}"
    labels, spec = of_backup(backup), {"backupName": meta["name"]}
    return object_of(k.VELERO_DELETE, name, meta["namespace"], metadata={"labels": labels}, spec=spec)


def data_download(restore: Object, upload: Mapping[str, Any], target: tuple[str, str], volume: str) -> Object:
    """Write the DataDownload that fills the claim ``target`` (namespace, name) from what an upload saved."""
    meta, namespace = restore["metadata"], target[0]
    labels = {RESTORE_NAME: valid_label(meta["name"]), RESTORE_UID: meta["uid"]}
    labels[OPERATION] = valid_label(f"dd-{meta['uid']}.{upload['claimUid']}")
    spec = {
        "targetVolume": {"namespace": namespace, "pvc": target[1], "pv": volume},
        "backupStorageLocation": upload["location"],
        "snapshotID": upload["snapshotID"],
        "sourceNamespace": upload["namespace"],
        "operationTimeout": "10m0s",
    }
    name = f"{meta['name']}-{suffix('dd', *target, meta['uid'])}"
    made = {"labels": labels, "ownerReferences": owned_by(restore)}
    return object_of(k.VELERO_DATA_DOWNLOAD, name, meta["namespace"], metadata=made, spec=spec, status={})


def snapshot_id(*words: str) -> str:
    """Give an id such as kopia's, the same for the same words."""
    return uuid5(NAMESPACE_URL, "/".join(words)).hex


def pod_volume_restore(restore: Object, pod: Object, volume: str, claim: Object, ident: str) -> Object:
    """Write the PodVolumeRestore that fills one volume of a restored pod."""
    meta, of = restore["metadata"], pod["metadata"]
    labels = {RESTORE_NAME: valid_label(meta["name"]), RESTORE_UID: meta["uid"], CLAIM_UID: claim["metadata"]["uid"]}
    spec = {
        "pod": {"kind": "Pod", "namespace": of["namespace"], "name": of["name"], "uid": of["uid"]},
        "volume": volume,
        "backupStorageLocation": "default",
        "repoIdentifier": "",
        "uploaderType": "kopia",
        "snapshotID": ident,
        "sourceNamespace": claim["metadata"]["namespace"],
    }
    notes = {CLAIM_NAME: claim["metadata"]["name"]}
    made = {"labels": labels, "annotations": notes, "ownerReferences": owned_by(restore)}
    name = f"{meta['name']}-{suffix('pvr', of['uid'], volume, meta['uid'])}"
    return object_of(k.VELERO_POD_RESTORE, name, meta["namespace"], metadata=made, spec=spec, status={})
