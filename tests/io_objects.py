"""One claim with its volume, pods, attachment and nodes, as Kubernetes writes them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._cluster import read, read_nodes, read_pods
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.times import UTC

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEY = ("shop", "data")
PV = "pvc-5f3e"
NODE, IP = "worker-1", "10.0.0.7"
ATTACHED, STARTED = NOW - timedelta(hours=5), NOW - timedelta(hours=2)


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def csi(driver: str, handle: str, **attributes: str) -> dict[str, Any]:
    return {"csi": {"driver": driver, "volumeHandle": handle, "volumeAttributes": attributes}}


def claim(name: str = "data", **spec: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": "shop", "uid": name}
    return {"metadata": meta, "spec": {"volumeName": PV, **spec}, "status": {"phase": "Bound"}}


def volume(source: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    ref = {"namespace": "shop", "name": "data", "uid": "data"}
    return {"metadata": {"name": PV}, "spec": {**source, "claimRef": ref, **spec}, "status": {"phase": "Bound"}}


def pod(name: str = "pg-0", claims: Sequence[str] = ("data",), node: str = NODE, **more: Any) -> dict[str, Any]:
    volumes = [{"name": c, "persistentVolumeClaim": {"claimName": c}} for c in claims]
    status = {"phase": more.pop("phase", "Running"), "startTime": at(more.pop("started", STARTED))}
    spec = {"nodeName": node, "volumes": volumes, "containers": [{"name": "main", "image": "x"}], **more}
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": spec, "status": status}


def attachment(metadata: Mapping[str, str] | None = None, *, attached: bool = True) -> dict[str, Any]:
    spec = {"attacher": "a", "nodeName": NODE, "source": {"persistentVolumeName": PV}}
    status = {"attached": attached, "attachmentMetadata": metadata or {}}
    return {"metadata": {"name": "csi-1", "creationTimestamp": at(ATTACHED)}, "spec": spec, "status": status}


def node(name: str = NODE, address: str = IP, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}},
        "status": {"addresses": [{"type": "InternalIP", "address": address}]},
    }


def inventory(
    source: Mapping[str, Any] | None,
    pods: Sequence[Mapping[str, Any]] = (),
    attachments: Sequence[Mapping[str, Any]] = (),
    nodes: Sequence[Mapping[str, Any]] = (),
    claims: Sequence[Mapping[str, Any]] = (),
    **spec: Any,
) -> Inventory:
    return Inventory(
        NOW,
        claims=tuple(read.claim(o) for o in claims or [claim()]),
        volumes=(read.volume(volume(source, **spec)),) if source else (),
        pods=tuple(read_pods.pod(o) for o in pods),
        attachments=tuple(read.attachment(o) for o in attachments),
        nodes=tuple(read_nodes.node(o) for o in nodes or [node()]),
    )
