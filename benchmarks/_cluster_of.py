"""A cluster of any size for the benchmarks: healthy, lifelike, and of realistic bytes."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.builder import Builder

CSI = "ebs.csi.aws.com"
CLAIMS_OF_A_SET = 5
CLAIMS_OF_A_NAMESPACE = 50
CLAIMS_OF_A_NODE = 20
PODS_PER_CLAIM = 3


def key_of(n: int, in_a_namespace: int = CLAIMS_OF_A_NAMESPACE) -> tuple[str, str]:
    """Give namespace and name of a claim."""
    number, ordinal = divmod(n, CLAIMS_OF_A_SET)
    return f"team-{n // in_a_namespace:03}", f"data-db-{number}-{ordinal}"


def cluster_of(claims: int, now: datetime, in_a_namespace: int = CLAIMS_OF_A_NAMESPACE) -> list[dict[str, Any]]:
    """Give the objects: every claim belongs to a StatefulSet's pod, and has two stateless pods beside it."""
    b = Builder(now)
    b.add("CSIDriver", CSI, api="storage.k8s.io/v1", spec={"attachRequired": True})
    b.storage_class("gp3", CSI)
    nodes = [f"node-{n:04}" for n in range(max(3, claims // CLAIMS_OF_A_NODE))]
    for n, name in enumerate(nodes):
        b.node(name, f"eu-west-1{'abc'[n % 3]}")
        drivers = [{"name": CSI, "nodeID": name, "allocatable": {"count": 40}, "topologyKeys": []}]
        b.add("CSINode", name, api="storage.k8s.io/v1", spec={"drivers": drivers})
    for n in range(claims):
        namespace, claim = key_of(n, in_a_namespace)
        number, ordinal = divmod(n, CLAIMS_OF_A_SET)
        name, node = f"db-{number}", nodes[n % len(nodes)]
        if ordinal == 0:
            _set(b, namespace, name)
            _deployment(b, namespace, f"web-{number}")
        made = b.bound(namespace, claim, "10Gi", "gp3", CSI)
        _attached(b, made["spec"]["volumeName"], node)
        b.objects.append(_pod(b, namespace, f"{name}-{ordinal}", node, ("StatefulSet", name), claim))
        for m in range(PODS_PER_CLAIM - 1):
            owner = ("ReplicaSet", f"web-{number}-6d4cf56db6")
            b.objects.append(_pod(b, namespace, f"web-{number}-6d4cf56db6-{ordinal}{m}", node, owner, ""))
    return b.objects


def _set(b: Builder, namespace: str, name: str) -> None:
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "gp3",
        "resources": {"requests": {"storage": "10Gi"}},
    }
    spec = {
        "replicas": CLAIMS_OF_A_SET,
        "template": {"spec": {"containers": [{"name": "main", "image": "registry.local/db:1"}]}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
    }
    b.add("StatefulSet", name, namespace, api="apps/v1", spec=spec, status={"readyReplicas": CLAIMS_OF_A_SET})


def _deployment(b: Builder, namespace: str, name: str) -> None:
    template = {"spec": {"containers": [{"name": "main", "image": "registry.local/web:1"}]}}
    b.add("Deployment", name, namespace, api="apps/v1", spec={"replicas": 10, "template": template}, status={})
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": "d", "controller": True}
    meta = {"ownerReferences": [owner]}
    b.add(
        "ReplicaSet", f"{name}-6d4cf56db6", namespace, api="apps/v1", metadata=meta,
        spec={"replicas": 10, "template": template}, status={},
    )  # fmt: skip


def _attached(b: Builder, volume: str, node: str) -> None:
    spec = {"attacher": CSI, "nodeName": node, "source": {"persistentVolumeName": volume}}
    b.add("VolumeAttachment", f"csi-{volume}", api="storage.k8s.io/v1", spec=spec, status={"attached": True})


def _managed(fields: int) -> dict[str, Any]:
    keys = {
        f'k:{{"type":"Condition{n}"}}': {".": {}, "f:lastTransitionTime": {}, "f:status": {}} for n in range(fields)
    }
    return {"manager": "kubelet", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": keys}


def _pod(b: Builder, namespace: str, name: str, node: str, owner: tuple[str, str], claim: str) -> dict[str, Any]:
    """Write a running pod as an API server gives it: environment, probes, token volume, statuses, managed fields."""
    uid, born = str(uuid5(NAMESPACE_URL, f"{namespace}/{name}")), b.at(1440)
    probe = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 1}
    env = [
        {"name": f"SETTING_{n}", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": f"k{n}"}}}
        for n in range(8)
    ]
    mounts = [{"name": "kube-api-access-x7k2p", "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/sa"}]
    token = [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]
    volumes: list[dict[str, Any]] = [{"name": "kube-api-access-x7k2p", "projected": {"sources": token}}]
    if claim:
        mounts.append({"name": "data", "readOnly": False, "mountPath": "/var/lib/data"})
        volumes.append({"name": "data", "persistentVolumeClaim": {"claimName": claim}})
    container = {
        "name": "main", "image": "registry.local/team/app:1.42.0", "imagePullPolicy": "IfNotPresent", "env": env,
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}], "livenessProbe": probe,
        "readinessProbe": probe, "volumeMounts": mounts, "terminationMessagePath": "/dev/termination-log",
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
    }  # fmt: skip
    conditions = [
        {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": born}
        for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    state = {
        "name": "main",
        "state": {"running": {"startedAt": born}},
        "ready": True,
        "restartCount": 0,
        "image": "registry.local/team/app:1.42.0",
        "imageID": "registry.local/team/app@sha256:5f0c",
        "containerID": f"containerd://{uid}{uid}",
    }
    labels = {
        "app.kubernetes.io/name": owner[1],
        "app.kubernetes.io/part-of": namespace,
        "pod-template-hash": "6d4cf56db6",
    }
    refs = [{"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": uid, "controller": True}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name, "namespace": namespace, "uid": uid, "creationTimestamp": born, "labels": labels,
            "ownerReferences": refs, "managedFields": [_managed(12), _managed(10)],
        },
        "spec": {
            "containers": [container], "volumes": volumes, "nodeName": node, "restartPolicy": "Always",
            "dnsPolicy": "ClusterFirst", "serviceAccountName": "default", "schedulerName": "default-scheduler",
            "tolerations": [
                {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
                for key in ("not-ready", "unreachable")
            ],
        },
        "status": {
            "phase": "Running", "conditions": conditions, "startTime": born, "containerStatuses": [state],
            "hostIP": "10.0.1.7", "podIP": "10.1.2.3", "podIPs": [{"ip": "10.1.2.3"}], "qosClass": "Burstable",
        },
    }  # fmt: skip


def pod_bytes() -> int:
    """Give the size of one pod as JSON."""
    pods: Iterator[dict[str, Any]] = (o for o in cluster_of(1, datetime.now(UTC)) if o["kind"] == "Pod")
    return len(json.dumps(next(pods)))
