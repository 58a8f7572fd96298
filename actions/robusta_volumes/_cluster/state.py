"""The little that must survive a restart: one ConfigMap in Robusta's namespace, one gzipped key per concern."""

import base64
import gzip
import json
import threading
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._model.errors import AlreadyExists, ClusterError, Conflict, NotFound
from robusta_volumes._model.kind import CONFIG_MAP
from robusta_volumes._model.plan import Create, Patch, Step

NAME = "robusta-volumes-state"
_ATTEMPTS = 4  # another thread or runner may write between our read and our write
_LABELS = {"app.kubernetes.io/managed-by": "robusta-volumes"}
_lock = threading.Lock()


class State:
    """Read and write what must be remembered."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        """Use the ConfigMap in Robusta's ``namespace``."""
        self.cluster = cluster
        self.namespace = namespace

    def read(self, key: str) -> dict[str, Any]:
        """Give what was written under ``key``; empty when nothing was, or when it cannot be understood.

        Raises ClusterError: when the ConfigMap may not be read.
        """
        return _value(self._there(), key)

    def write(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep ``value`` under ``key``; other keys are left alone.

        Raises ClusterError: when the ConfigMap may not be written, or changed under us each time.
        """
        self.update(key, lambda _: value)

    def update(self, key: str, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
        """Keep what ``change`` makes of what is there, and write nothing when that is the same.

        ``change`` is asked again when somebody else wrote in between. One at a time in this process.

        Raises ClusterError: when the ConfigMap may not be read or written, or changed under us each time.
        """
        with _lock:
            failure: ClusterError | None = None
            for _ in range(_ATTEMPTS):
                there = self._there()
                before = _value(there, key)
                value = change(before)
                if there and value == before and before:
                    return
                failure = self.cluster.carry_out([self._step({key: _packed(value)}, there)])[0].error
                if not isinstance(failure, Conflict | AlreadyExists | NotFound):
                    break
            if failure:
                raise failure

    def _there(self) -> Object | None:
        try:
            return self.cluster.get(CONFIG_MAP, NAME, self.namespace)
        except NotFound:
            return None

    def _step(self, data: dict[str, str], there: Object | None) -> Step:
        why = "what robusta-volumes must remember across restarts"
        if there is None:
            about = {"name": NAME, "namespace": self.namespace, "labels": _LABELS}
            return Create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "binaryData": data}, why)
        version = there["metadata"]["resourceVersion"]
        return Patch(CONFIG_MAP, NAME, self.namespace, {"binaryData": data}, why, version)


def _value(there: Object | None, key: str) -> dict[str, Any]:
    data = there.get("binaryData") if there else None
    packed = data.get(key) if isinstance(data, Mapping) else None
    return _unpacked(packed) if isinstance(packed, str) else {}


def _packed(value: Mapping[str, Any]) -> str:
    return base64.b64encode(gzip.compress(json.dumps(value, sort_keys=True).encode(), mtime=0)).decode()


def _unpacked(packed: str) -> dict[str, Any]:
    try:
        value = json.loads(gzip.decompress(base64.b64decode(packed)))
    except (ValueError, OSError, EOFError, zlib.error, RecursionError):
        return {}  # somebody edited it: start over rather than stop
    return value if isinstance(value, dict) else {}
