"""Which containers mount a claim, where and as whom. Pure, but for the one list."""

from collections.abc import Iterator, Mapping
from typing import Any

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at, block, blocks
from robusta_volumes._model.holder import Holder
from robusta_volumes._model.kind import POD
from robusta_volumes._model.volume import Claim


def holders_of(cluster: Cluster, claim: Claim) -> list[Holder]:
    """Read the pods of the claim's namespace; those that mount it, container by container.

    Raises ClusterError: when they cannot be read.
    """
    name = claim.meta.name
    return [h for found in cluster.find(POD, claim.meta.namespace, slim=lambda o: [*holders(o, name)]) for h in found]


def holders(o: Mapping[str, Any], claim: str) -> Iterator[Holder]:
    """Read one Pod."""
    meta, spec, status = block(o, "metadata"), block(o, "spec"), block(o, "status")
    pod = str(meta.get("name") or "")
    volumes = {v.get("name") for v in blocks(spec, "volumes") if _claim(v, pod) == claim}
    if not volumes:
        return
    running = {s.get("name") for s in blocks(status, "containerStatuses") if at(s, "state", "running") is not None}
    conditions = {c.get("type"): c.get("status") for c in blocks(status, "conditions")}
    about: dict[str, Any] = {
        "namespace": str(meta.get("namespace") or ""),
        "pod": pod,
        "phase": str(status.get("phase") or "Pending"),
        "ready": conditions.get("Ready") == "True",
        "deleted": bool(meta.get("deletionTimestamp")),
        "windows": at(spec, "os", "name") == "windows" or at(spec, "nodeSelector", "kubernetes.io/os") == "windows",
        "node": str(spec.get("nodeName") or ""),
        "group": _number(at(spec, "securityContext", "fsGroup")),
    }
    user, mounted = _number(at(spec, "securityContext", "runAsUser")), False
    for container in blocks(spec, "containers"):
        own = _number(at(container, "securityContext", "runAsUser"))
        for mount in (*blocks(container, "volumeMounts"), *blocks(container, "volumeDevices")):
            if mount.get("name") in volumes:
                mounted = True
                yield Holder(
                    container=str(container.get("name") or ""),
                    path=str(mount.get("mountPath") or ""),
                    device=str(mount.get("devicePath") or ""),
                    sub_path=str(mount.get("subPath") or mount.get("subPathExpr") or ""),
                    running=container.get("name") in running,
                    user=user if own is None else own,
                    volume=str(mount.get("name")),
                    **about,
                )
    if not mounted:
        yield Holder(container="", user=user, volume=str(min(map(str, volumes))), **about)


def _claim(volume: Mapping[str, Any], pod: str) -> str:
    if "ephemeral" in volume:
        return f"{pod}-{volume.get('name')}"
    return str(at(volume, "persistentVolumeClaim", "claimName") or "")


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
