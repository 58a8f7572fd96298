"""How Velero is asked for the list of the volumes in a backup: a DownloadRequest, which it answers with a signed address.

Velero deletes a request ten minutes after it has answered it. https://velero.io/docs/main/api-types/ (velero.io/v1)
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from robusta_volumes._model import ours
from robusta_volumes._model.backup import Backup
from robusta_volumes._model.kind import VELERO_DOWNLOAD

_NAME_PART, _HASH = 200, 10  # characters


def infos_request(backup: Backup, mark: str) -> dict[str, Any]:
    """Write the request for one backup's list; ``mark`` tells it from other requests for the same."""
    end = hashlib.sha256(f"{backup.uid}\x1f{mark}".encode()).hexdigest()[:_HASH]
    return {
        "apiVersion": VELERO_DOWNLOAD.api_version,
        "kind": VELERO_DOWNLOAD.name,
        "metadata": {
            "name": f"{backup.name[:_NAME_PART].rstrip('-.')}-{end}",
            "namespace": backup.namespace,
            "labels": {ours.MANAGED_BY: ours.OURS},
        },
        "spec": {"target": {"kind": "BackupVolumeInfos", "name": backup.name}},
    }


def answer(o: Mapping[str, Any]) -> tuple[str, str]:
    """Read what Velero says: the signed address, which is a secret, or why there will be none; two "" while it is silent."""
    status = o.get("status")
    if not isinstance(status, Mapping):
        return "", ""
    url = str(status.get("downloadURL") or "")
    if url or status.get("phase") != "Failed":
        return url, ""
    return "", str(status.get("message") or "Velero refuses, and gives no reason")
