"""How Velero is asked to restore one claim's data, and what it says of it. Pure: names, manifests, readings.

API: https://velero.io/docs/main/api-types/restore/ (velero.io/v1). A restore never overwrites: what is there is skipped, and the
phase is Completed all the same.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from robusta_volumes._model import ours
from robusta_volumes._model.kind import VELERO_RESTORE
from robusta_volumes._model.restore_run import RestoreRun
from robusta_volumes._model.times import parse_time

RESTORE_LABEL = "velero.io/restore-name"  # Velero puts it on everything that a restore makes
_CLAIM_PART, _HASH, _SAID = 24, 10, 500


def restore_name(claim: str, backup: str, namespace: str, into: str, attempt: int = 1) -> str:
    """Name the restore of one claim: the same each time it is asked for, so that asking twice is following."""
    whole = f"{backup}\x1f{namespace}\x1f{claim}\x1f{into}\x1f{attempt}"
    return f"{claim[:_CLAIM_PART].rstrip('-.')}-{hashlib.sha256(whole.encode()).hexdigest()[:_HASH]}"


def restore_manifest(
    velero: str,
    name: str,
    backup: str,
    namespace: str,
    into: str,
    labels: Mapping[str, str],
    *,
    pods: bool = False,
    own: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write the Restore of the claims of ``namespace`` that carry ``labels`` (none: all of them) into namespace ``into``.

    ``pods`` restores the pods, too: what was read file by file is written back by a pod that mounts it.
    """
    resources = ["persistentvolumeclaims", "persistentvolumes", *(["pods"] if pods else [])]
    spec: dict[str, Any] = {
        "backupName": backup,
        "includedNamespaces": [namespace],
        "includedResources": resources,
        "restorePVs": True,
        "existingResourcePolicy": "none",
    }
    if into != namespace:
        spec["namespaceMapping"] = {namespace: into}
    if labels:
        spec["labelSelector"] = {"matchLabels": dict(labels)}
    return {
        "apiVersion": VELERO_RESTORE.api_version,
        "kind": VELERO_RESTORE.name,
        "metadata": {
            "name": name,
            "namespace": velero,
            "labels": {ours.MANAGED_BY: ours.OURS, **(own or {})},
            "annotations": {ours.SELF: name},
        },
        "spec": spec,
    }


def read_restore(o: Mapping[str, Any]) -> RestoreRun:
    """Read a Restore."""
    meta, status = o.get("metadata") or {}, o.get("status") or {}
    said: Sequence[object] = status.get("validationErrors") or ()
    return RestoreRun(
        str(meta.get("name") or ""),
        str(meta.get("uid") or ""),
        str(status.get("phase") or ""),
        int(status.get("errors") or 0),
        int(status.get("warnings") or 0),
        "; ".join([*([str(status["failureReason"])] if status.get("failureReason") else []), *map(str, said)])[:_SAID],
        parse_time(meta.get("creationTimestamp")),
        parse_time(status.get("completionTimestamp")),
    )
