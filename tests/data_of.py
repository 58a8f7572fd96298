"""Small clusters with data in their volumes: claims with what was measured of them."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import nan
from typing import Any

from robusta_volumes._cluster.gather import EVERYTHING, gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CONTROLLER_REVISION
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Grid, Key, Use

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAY = timedelta(days=1)


def use(used: float, size: float = 100, **more: Any) -> Use:
    """So many GiB used of a filesystem of ``size``."""
    return Use(int(used * GIB), int((size - used) * GIB), int(size * GIB), **more)


def days(rows: Mapping[Key, Sequence[float]]) -> Grid:
    """GiB by the day, the last one today; shorter rows begin later."""
    columns = max((len(row) for row in rows.values()), default=0)
    values = array("d")
    for row in rows.values():
        values.extend([nan] * (columns - len(row)) + [one * GIB for one in row])
    return Grid(tuple(rows), NOW - (columns - 1) * DAY, DAY, columns, values)


def claim(key: str, size: str = "100Gi", **spec: Any) -> list[dict[str, Any]]:
    """A claim with its volume and the pod that mounts it."""
    namespace, name = key.split("/")
    volume = {"storageClassName": "fast", "csi": {"driver": "disk.csi.example", "volumeHandle": name}, **spec}
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"namespace": namespace, "name": name},
            "spec": {
                "storageClassName": volume["storageClassName"],
                "volumeName": f"pv-{name}",
                "volumeMode": volume.get("volumeMode", "Filesystem"),
                "resources": {"requests": {"storage": size}},
            },
            "status": {"phase": "Bound", "capacity": {"storage": size}},
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"pv-{name}"},
            "spec": {"capacity": {"storage": size}, "claimRef": {"namespace": namespace, "name": name}, **volume},
            "status": {"phase": "Bound"},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"namespace": namespace, "name": f"{name}-pod"},
            "spec": {
                "nodeName": "n1",
                "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": name}}],
                "containers": [{"name": "c", "volumeMounts": [{"name": "v", "mountPath": "/data"}]}],
            },
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        },
    ]


def seen(*objects: Iterable[dict[str, Any]]) -> Inventory:
    """Look at a cluster of these objects."""
    cluster = MemoryCluster([one for part in objects for one in part], now=NOW)
    return gather(cluster, kinds=(*EVERYTHING, CONTROLLER_REVISION))
