"""Pods and pod templates become what we understand: which claims they name. Pure."""

from collections.abc import Mapping
from sys import intern
from typing import Any

from robusta_volumes._cluster.fields import at, block, blocks, said
from robusta_volumes._cluster.read import meta
from robusta_volumes._cluster.read_containers import containers, slim_containers
from robusta_volumes._cluster.read_health import pod_health
from robusta_volumes._model.claim_template import ClaimTemplate
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.volume import Meta, Pod, Workload

_KEPT_META = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "labels", "ownerReferences")
_KEPT_CONDITIONS = ("PodScheduled", "Ready")
_KEPT_STATUS = ("phase", "startTime", "reason", "volumeHealth")
_CLASS = ("ephemeral", "volumeClaimTemplate", "spec", "storageClassName")


# Of annotations, which are long: what is meant for us or for Velero, and the marks of what manages an object.
_KEPT_ANNOTATIONS = (
    "robusta-volumes.dev/",
    "backup.velero.io/",
    "argocd.argoproj.io/",
    "fluxcd.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "meta.helm.sh/",
)


def _slim_meta(m: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: m[key] for key in _KEPT_META if key in m}
    marks = {key: v for key, v in block(m, "annotations").items() if str(key).startswith(_KEPT_ANNOTATIONS)}
    return {**kept, "annotations": marks} if marks else kept


def _lean(o: Mapping[str, Any]) -> Meta:
    """Read ``metadata`` without what nobody asks of a pod or a template: most annotations."""
    return meta({"metadata": _slim_meta(block(o, "metadata"))})


def slim_pod(o: dict[str, Any]) -> dict[str, Any]:
    """Keep of a pod what storage reports need: about a tenth of it."""
    m, spec, status = block(o, "metadata"), block(o, "spec"), block(o, "status")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _slim_meta(m),
        "spec": {
            "nodeName": spec.get("nodeName"),
            **({"runtimeClassName": spec["runtimeClassName"]} if spec.get("runtimeClassName") else {}),
            "volumes": _claim_volumes(spec),
            "containers": [{"image": name} for name in _images(spec)],
        },
        "status": {
            **{key: status[key] for key in _KEPT_STATUS if key in status},
            "conditions": [c for c in blocks(status, "conditions") if c.get("type") in _KEPT_CONDITIONS],
            **slim_containers(spec, status),
        },
    }


def _claim_volumes(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": v.get("name"), key: v[key] if key == "persistentVolumeClaim" else _class_only(v), "use": _use(v, spec)}
        for v in blocks(spec, "volumes")
        for key in ("persistentVolumeClaim", "ephemeral")
        if v.get(key)
    ]


def _class_only(v: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of an ephemeral volume the class that it is to have."""
    name = at(v, *_CLASS)
    return {"volumeClaimTemplate": {"spec": {"storageClassName": name}}} if name else {}


def _use(v: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    """Tell how the containers use a volume; a slim pod has no containers any more, but says it in ``use``."""
    if isinstance(v.get("use"), str):
        return str(v["use"])
    name, fixed = v.get("name"), at(v, "persistentVolumeClaim", "readOnly") is True
    containers = (*blocks(spec, "containers"), *blocks(spec, "initContainers"))
    mounts = [m for c in containers for m in blocks(c, "volumeMounts") if m.get("name") == name]
    how = {"r" if fixed or m.get("readOnly") is True else "w" for m in mounts}
    device = any(d.get("name") == name for c in containers for d in blocks(c, "volumeDevices"))
    return ("w" if "w" in how else "r" if how else "") + ("d" if device else "")


def _claims(spec: Mapping[str, Any], pod_name: str = "") -> tuple[str, ...]:
    """Name the claims of a pod spec; an ephemeral volume's claim is called ``<pod>-<volume>``."""
    found = []
    for v in blocks(spec, "volumes"):
        if v.get("persistentVolumeClaim"):
            found.append(str(at(v, "persistentVolumeClaim", "claimName") or ""))
        elif "ephemeral" in v and pod_name:
            found.append(f"{pod_name}-{v.get('name')}")
    return tuple(found)


def pod(o: Mapping[str, Any]) -> Pod:
    """Read a Pod."""
    about, spec, status = _lean(o), block(o, "spec"), block(o, "status")
    volumes = [v for v in blocks(spec, "volumes") if v.get("persistentVolumeClaim") or "ephemeral" in v]
    states = {c.get("type"): c for c in blocks(status, "conditions") if c.get("type") in _KEPT_CONDITIONS}
    scheduled = states.get("PodScheduled", {})
    return Pod(
        meta=about,
        node=str(spec.get("nodeName") or ""),
        phase=str(status.get("phase") or "Pending"),
        claims=_claims(spec, about.name),
        ready=states.get("Ready", {}).get("status") == "True",
        waiting=str(scheduled.get("message") or "") if scheduled.get("status") == "False" else "",
        started=parse_time(status.get("startTime")),
        uses=tuple(_use(v, spec) for v in volumes),
        reason=str(status.get("reason") or ""),
        images=_images(spec),
        volumes=tuple(str(v.get("name") or "") for v in volumes),
        health=pod_health(status),
        containers=containers(spec, status),
        runtime=intern(str(spec.get("runtimeClassName") or "")),
    )


def _images(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the images of a pod that names claims, without registry and tag; a slim pod keeps just that."""
    if not any(v.get("persistentVolumeClaim") or v.get("ephemeral") for v in blocks(spec, "volumes")):
        return ()
    names = (str(c.get("image") or "").partition("@")[0].rpartition("/")[2] for c in blocks(spec, "containers"))
    return tuple(dict.fromkeys(intern(name.partition(":")[0]) for name in names if name))


def _overlaps(spec: Mapping[str, Any]) -> bool:
    """Tell whether a Deployment's update starts a pod before another has ended; it does unless told otherwise."""
    surge = at(spec, "strategy", "rollingUpdate", "maxSurge")
    kind = at(spec, "strategy", "type") or "RollingUpdate"
    return kind == "RollingUpdate" and str("25%" if surge is None else surge) not in {"0", "0%"}


def workload(o: Mapping[str, Any]) -> Workload:
    """Read a Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob."""
    spec, status = block(o, "spec"), block(o, "status")
    template = block(spec, "jobTemplate", "spec", "template") or block(spec, "template")
    start = at(spec, "ordinals", "start")
    wanted = spec.get("replicas")
    ready = status.get("readyReplicas") or status.get("numberReady") or 0
    return Workload(
        kind=str(at(o, "kind") or ""),
        meta=_lean(o),
        claims=_claims(block(template, "spec")),
        replicas=wanted if isinstance(wanted, int) else 1,
        ready=ready if isinstance(ready, int) else 0,
        templates=tuple(
            ClaimTemplate(
                str(at(t, "metadata", "name") or ""),
                said(at(t, "spec", "storageClassName")),
                bytes_of(at(t, "spec", "resources", "requests", "storage")),
            )
            for t in blocks(spec, "volumeClaimTemplates")
        ),
        first_ordinal=start if isinstance(start, int) else 0,
        when_scaled=str(at(spec, "persistentVolumeClaimRetentionPolicy", "whenScaled") or "Retain"),
        when_deleted=str(at(spec, "persistentVolumeClaimRetentionPolicy", "whenDeleted") or "Retain"),
        overlaps=at(o, "kind") == "Deployment" and _overlaps(spec),
        classes=tuple(str(name) for v in blocks(template, "spec", "volumes") if (name := at(v, *_CLASS))),
    )


def slim_workload(o: dict[str, Any]) -> dict[str, Any]:
    """Keep of a workload what storage reports need."""
    m, spec, status = block(o, "metadata"), block(o, "spec"), block(o, "status")
    template = block(spec, "jobTemplate", "spec", "template") or block(spec, "template")
    kept = ("replicas", "volumeClaimTemplates", "ordinals", "persistentVolumeClaimRetentionPolicy", "strategy")
    return {
        "kind": at(o, "kind"),
        "metadata": _slim_meta(m),
        "spec": {
            **{key: spec[key] for key in kept if key in spec},
            "template": {"spec": {"volumes": _claim_volumes(block(template, "spec"))}},
        },
        "status": {key: status[key] for key in ("readyReplicas", "numberReady") if key in status},
    }
