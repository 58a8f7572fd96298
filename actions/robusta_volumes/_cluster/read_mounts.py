"""Which pods mount which claims, and in which containers."""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at, block, blocks
from robusta_volumes._model.kind import POD
from robusta_volumes._model.mounts import PodMounts


def pods_in(cluster: Cluster, namespace: str) -> list[PodMounts]:
    """Read the pods of a namespace that mount a claim.

    Raises ClusterError: when they cannot be read.
    """
    return [pod for pod in cluster.find(POD, namespace, slim=pod_mounts) if pod.mounts]


def pod_mounts(o: Mapping[str, Any]) -> PodMounts:
    """Read a Pod; init containers are left out: nothing runs in them while the pod runs."""
    m, spec, status = block(o, "metadata"), block(o, "spec"), block(o, "status")
    name, containers = str(m.get("name") or ""), blocks(spec, "containers")
    states = [*blocks(status, "containerStatuses")]
    conditions = {c.get("type"): c.get("status") for c in blocks(status, "conditions")}
    return PodMounts(
        name=name,
        namespace=str(m.get("namespace") or ""),
        phase=str(status.get("phase") or "Pending"),
        ready=conditions.get("Ready") == "True",
        deleted=bool(m.get("deletionTimestamp")),
        containers=tuple(str(c.get("name") or "") for c in containers),
        running=frozenset(str(s.get("name") or "") for s in states if at(s, "state", "running") is not None),
        mounts={
            claim: tuple(str(c.get("name") or "") for c in containers if _mounts(c, v.get("name")))
            for v in blocks(spec, "volumes")
            if (claim := _claim(v, name))
        },
    )


def _claim(volume: Mapping[str, Any], pod: str) -> str:
    if "ephemeral" in volume:
        return f"{pod}-{volume.get('name')}"
    return str(at(volume, "persistentVolumeClaim", "claimName") or "")


def _mounts(container: Mapping[str, Any], volume: object) -> bool:
    return any(m.get("name") == volume for key in ("volumeMounts", "volumeDevices") for m in blocks(container, key))
