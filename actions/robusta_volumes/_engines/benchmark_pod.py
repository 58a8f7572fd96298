"""What a benchmark makes: a claim of the class, and a pod that runs fio in it. Pure: manifests.

Both have one name, which is the lock of this benchmark, and carry the run that made them. A copy of them is not ours: it has
another name than the annotation says.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from robusta_volumes._engines.fio_job import fio_command
from robusta_volumes._engines.inspector_pod import NO_SIDECARS, NOTHING_MORE, on_node, sum_of
from robusta_volumes._model.benchmark import FioPlan, Run
from robusta_volumes._model.ours import BACKUP_CHOICE, BENCHMARKS, CHOICE, CLAIM_NAME, MANAGED_BY, OURS, SELF
from robusta_volumes._model.quantity import as_quantity

CONTAINER, PATH = "fio", "/v"
NOBODY = 65534
ZONE = "topology.kubernetes.io/zone"
BEYOND = 180  # seconds that the pod may live beyond what its sections take: a slow disk, and cleaning up


def run_name(namespace: str, class_name: str, claim: str, place: str) -> str:
    """Name a benchmark by what it is of: a second one of the same cannot be made meanwhile."""
    return f"storage-benchmark-{sum_of(chr(0).join((namespace, class_name, claim, place)))}"


def benchmark_claim(run: Run) -> dict[str, Any]:
    """Write the throw-away claim. Nothing backs it up, or takes snapshots of it."""
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": run.class_name,
        "resources": {"requests": {"storage": as_quantity(run.size)}},
    }
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _meta(run, {CHOICE: "false", BACKUP_CHOICE: "false"}),
        "spec": spec,
    }


def benchmark_pod(
    run: Run,
    plan: FioPlan,
    image: str,
    pull_secrets: Sequence[str] = (),
    *,
    user: int | None = NOBODY,
    groups: Sequence[int] = (),
) -> dict[str, Any]:
    """Write the pod. ``user`` None: the namespace says as whom it runs.

    Only a claim of our own gets an fsGroup: in another one it would change the owner of every file.
    """
    identity: dict[str, Any] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    if user is not None:
        identity |= {"runAsUser": user} if run.claim else {"runAsUser": user, "runAsGroup": user, "fsGroup": user}
    if groups:
        identity["supplementalGroups"] = list(groups)
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": plan.total + BEYOND,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": identity,
        "containers": [_container(plan, image)],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": run.tried}}],
        **_place(run),
    }
    if pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in pull_secrets]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _meta(run, NO_SIDECARS), "spec": spec}


def _meta(run: Run, notes: Mapping[str, str]) -> dict[str, Any]:
    labels = {MANAGED_BY: OURS, BENCHMARKS: run.id}
    notes = {**notes, SELF: run.name, CLAIM_NAME: run.tried}
    return {"name": run.name, "namespace": run.namespace, "labels": labels, "annotations": notes}


def _container(plan: FioPlan, image: str) -> dict[str, Any]:
    """Write it with enough CPU: too little of it would be measured as a slow disk."""
    return {
        "name": CONTAINER,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": fio_command(plan, PATH),
        "resources": {
            "requests": {"cpu": "500m", "memory": "256Mi"},
            "limits": {"cpu": "2", "memory": "512Mi"},
        },
        "securityContext": dict(NOTHING_MORE),
        "volumeMounts": [{"name": "v", "mountPath": PATH}],
    }


def _place(run: Run) -> dict[str, Any]:
    """Hold it to a node, else to a zone; the scheduler keeps its checks."""
    if run.node:
        return on_node(run.node)
    if not run.zone:
        return {}
    term = {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [run.zone]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {"affinity": {"nodeAffinity": required}}
