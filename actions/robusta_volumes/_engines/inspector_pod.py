"""The pod that looks into a volume: it only reads, needs no right and no token, and ends by itself."""

import hashlib
from collections.abc import Sequence
from typing import Any

from robusta_volumes._model.contents import Debug, Inspector
from robusta_volumes._model.ours import CLAIM_NAME, INSPECTS, MANAGED_BY, OURS

CONTAINER, PATH = "look", "/v"
NO_SIDECARS = {
    "sidecar.istio.io/inject": "false",
    "linkerd.io/inject": "disabled",
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
}
NOTHING_MORE = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
DEBUG = "volume-contents-"  # the name of each container that was added to a pod begins so


def inspector_name(way: Inspector) -> str:
    """Name it by the claim: a second one for the same claim cannot be made, which is the lock."""
    return f"volume-contents-{sum_of(way.uid)}"


def sum_of(uid: str) -> str:
    """Shorten a uid so that it fits a label and a name."""
    return hashlib.sha256(uid.encode()).hexdigest()[:12]


def inspector_pod(
    way: Inspector, image: str, pull_secrets: Sequence[str], command: Sequence[str], deadline: int, path: str = PATH
) -> dict[str, Any]:
    """Write it. No fsGroup, ever: it would change the owner of every file. The kubelet ends it after ``deadline`` seconds."""
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": way.claim}}
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": deadline,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0,
        "securityContext": _identity(way),
        "containers": [_container(image, command, path)],
        "volumes": [volume],
    }
    if pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in pull_secrets]
    if way.node:
        spec |= on_node(way.node)
    labels = {MANAGED_BY: OURS, INSPECTS: sum_of(way.uid)}
    meta = {
        "name": inspector_name(way),
        "namespace": way.namespace,
        "labels": labels,
        "annotations": {**NO_SIDECARS, CLAIM_NAME: way.claim},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def debug_container(way: Debug, name: str, image: str, command: Sequence[str]) -> dict[str, Any]:
    """Write the container that is added to a pod which has the volume: it sees that volume alone, and only reads.

    Kubernetes takes no resources for one, and no ``subPath``. What it needs to pull its image is what the pod has.
    """
    identity: dict[str, Any] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    if way.user is not None:
        identity["runAsUser"] = way.user
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(command),
        "securityContext": {**NOTHING_MORE, **identity},
        "volumeMounts": [{"name": way.volume, "mountPath": PATH, "readOnly": True}],
    }


def _identity(way: Inspector) -> dict[str, Any]:
    found: dict[str, Any] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    if way.user is not None:
        found["runAsUser"] = way.user
    if way.groups:
        found["supplementalGroups"] = list(way.groups)
    return found


def _container(image: str, command: Sequence[str], path: str) -> dict[str, Any]:
    return {
        "name": CONTAINER,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(command),
        "resources": {
            "requests": {"cpu": "50m", "memory": "32Mi"},
            "limits": {"cpu": "500m", "memory": "128Mi"},
        },
        "securityContext": dict(NOTHING_MORE),
        "volumeMounts": [{"name": "v", "mountPath": path, "readOnly": True}],
    }


def on_node(node: str) -> dict[str, Any]:
    """Hold it to a node by affinity, which leaves the scheduler its checks, and let it stand the node's taints."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    required = {"nodeSelectorTerms": [term]}
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
        "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
    }
