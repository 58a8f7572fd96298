"""Short ways to write Kubernetes objects for a story. Times are minutes before the story's now."""

from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Object = dict[str, Any]
DAY = 1440  # minutes


class Builder:
    """Collects the objects of a story."""

    def __init__(self, now: datetime) -> None:
        """Write times relative to ``now``."""
        self.now = now
        self.objects: list[Object] = []

    def at(self, minutes: float) -> str:
        """Write the time ``minutes`` before now."""
        return (self.now - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def add(
        self, kind: str, name: str, namespace: str = "", *, api: str = "v1", age: float = 30 * DAY, **rest: Any
    ) -> Object:
        """Add any object; ``metadata`` in ``rest`` is merged."""
        meta = {
            "name": name,
            **({"namespace": namespace} if namespace else {}),
            "uid": str(uuid5(NAMESPACE_URL, f"{kind}/{namespace}/{name}")),
            "creationTimestamp": self.at(age),
            **rest.pop("metadata", {}),
        }
        made = {"apiVersion": api, "kind": kind, "metadata": meta, **rest}
        self.objects.append(made)
        return made

    def node(self, name: str, zone: str) -> None:
        """Add a Ready node with its labels and CSI drivers."""
        labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone, "kubernetes.io/os": "linux"}
        labels["node.kubernetes.io/instance-type"] = "m5.2xlarge"
        status = {
            "conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": self.at(0.2)}],
            "addresses": [{"type": "InternalIP", "address": f"10.0.{ord(zone[-1]) - 96}.{len(self.objects) + 10}"}],
            "capacity": {"cpu": "8", "memory": "32Gi"},
            "allocatable": {"cpu": "7", "memory": "30Gi"},
        }
        self.add("Node", name, metadata={"labels": labels}, spec={}, status=status)

    def storage_class(
        self, name: str, provisioner: str, *, wait: bool = True, grow: bool = True, policy: str = "Delete"
    ) -> None:
        """Add a storage class."""
        self.add(
            "StorageClass",
            name,
            api="storage.k8s.io/v1",
            provisioner=provisioner,
            reclaimPolicy=policy,
            volumeBindingMode="WaitForFirstConsumer" if wait else "Immediate",
            allowVolumeExpansion=grow,
        )

    def claim(self, namespace: str, name: str, size: str, class_name: str | None, **more: Any) -> Object:
        """Add a claim that is Pending unless ``phase`` says otherwise."""
        age, mode = more.pop("age", 30 * DAY), more.pop("mode", "ReadWriteOnce")
        spec = {
            "accessModes": [mode],
            "resources": {"requests": {"storage": more.pop("requested", size)}},
            "volumeMode": "Filesystem",
            **({"storageClassName": class_name} if class_name is not None else {}),
            **more.pop("spec", {}),
        }
        phase = more.pop("phase", "Pending")
        status: Object = {"phase": phase}
        if phase == "Bound":
            status |= {"accessModes": [mode], "capacity": {"storage": size}}
        status |= more.pop("status", {})
        meta = {"finalizers": ["kubernetes.io/pvc-protection"], "labels": {"app": name}, **more.pop("metadata", {})}
        return self.add("PersistentVolumeClaim", name, namespace, age=age, metadata=meta, spec=spec, status=status)

    def volume(self, name: str, size: str, class_name: str, source: Object, **more: Any) -> Object:
        """Add a volume, by default Available."""
        owner: Object | None = more.pop("owner", None)
        ref = {"kind": "PersistentVolumeClaim", "apiVersion": "v1"}
        spec = {
            "capacity": {"storage": size},
            "accessModes": [more.pop("mode", "ReadWriteOnce")],
            "persistentVolumeReclaimPolicy": more.pop("policy", "Delete"),
            "storageClassName": class_name,
            "volumeMode": "Filesystem",
            **source,
            **more.pop("spec", {}),
        }
        if owner:
            meta = owner["metadata"]
            spec["claimRef"] = {**ref, "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}
        age = more.pop("age", 30 * DAY)
        status = {
            "phase": more.pop("phase", "Bound" if owner else "Available"),
            "lastPhaseTransitionTime": self.at(age),
        }
        status |= more.pop("status", {})
        return self.add("PersistentVolume", name, age=age, spec=spec, status=status)

    def bound(self, namespace: str, name: str, size: str, class_name: str, driver: str, **more: Any) -> Object:
        """Add a healthy pair of claim and CSI volume."""
        volume = f"pvc-{uuid5(NAMESPACE_URL, namespace + name)}"
        mode, age = more.get("mode", "ReadWriteOnce"), more.get("age", 30 * DAY)
        policy, provisioned = more.pop("policy", "Delete"), more.pop("provisioned", size)
        made = self.claim(namespace, name, size, class_name, phase="Bound", spec={"volumeName": volume}, **more)
        handle = f"vol-{made['metadata']['uid'][:17].replace('-', '')}"
        source = {"csi": {"driver": driver, "volumeHandle": handle}}
        self.volume(volume, provisioned, class_name, source, owner=made, mode=mode, policy=policy, age=age)
        return made

    def pod(self, namespace: str, name: str, claims: list[str], **more: Any) -> Object:
        """Add a pod, by default Running and Ready on ``node``."""
        node: str = more.pop("node", "")
        waiting: str = more.pop("waiting", "")
        age = more.pop("age", DAY)
        phase = more.pop("phase", "Pending" if waiting else "Running")
        ready = "True" if phase == "Running" else "False"
        scheduled: Object = {"type": "PodScheduled", "status": "False" if waiting else "True"}
        if waiting:
            scheduled |= {"reason": "Unschedulable", "message": waiting}
        owner = more.pop("owner", None)
        refs = (
            [{"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": "o", "controller": True}]
            if owner
            else []
        )
        volumes = [{"name": f"v{n}", "persistentVolumeClaim": {"claimName": c}} for n, c in enumerate(claims)]
        spec: Object = {"containers": [{"name": "main", "image": "registry.local/app:1"}], "volumes": volumes}
        if node:
            spec["nodeName"] = node
        status: Object = {"phase": phase, "conditions": [scheduled, {"type": "Ready", "status": ready}]}
        if node:
            status["startTime"] = self.at(age)
        return self.add("Pod", name, namespace, age=age, metadata={"ownerReferences": refs}, spec=spec, status=status)

    def event(
        self, about: Object, reason: str, message: str, *, type_: str = "Warning", count: int = 3, age: float = 5
    ) -> Object:
        """Add a core/v1 Event about an object, the last one a little ago."""
        meta = about["metadata"]
        regarding = {
            "apiVersion": about["apiVersion"],
            "kind": about["kind"],
            "name": meta["name"],
            "uid": meta["uid"],
            **({"namespace": meta["namespace"]} if meta.get("namespace") else {}),
        }
        name = f"{meta['name']}.{uuid5(NAMESPACE_URL, reason + message).hex[:16]}"
        return self.add(
            "Event",
            name,
            meta.get("namespace") or "default",
            age=age,
            involvedObject=regarding,
            reason=reason,
            message=message,
            type=type_,
            count=count,
            firstTimestamp=self.at(age),
            lastTimestamp=self.at(0.4),
            source={"component": "sandbox"},
        )

    def workload(self, kind: str, namespace: str, name: str, claims: list[str], **more: Any) -> Object:
        """Add a Deployment, StatefulSet or CronJob whose template names claims."""
        volumes = [{"name": f"v{n}", "persistentVolumeClaim": {"claimName": c}} for n, c in enumerate(claims)]
        template = {"spec": {"containers": [{"name": "main", "image": "registry.local/app:1"}], "volumes": volumes}}
        replicas, ready = more.pop("replicas", 1), more.pop("ready", None)
        if kind == "CronJob":
            spec: Object = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": template}}}
            return self.add(kind, name, namespace, api="batch/v1", spec=spec, status={})
        spec = {"replicas": replicas, "template": template, "selector": {"matchLabels": {"app": name}}, **more}
        status = {"replicas": replicas, "readyReplicas": replicas if ready is None else ready}
        return self.add(kind, name, namespace, api="apps/v1", spec=spec, status=status)


def revision(b: Builder, namespace: str, owner: tuple[str, str], number: int, age: float, image: str) -> None:
    """Add one rollout of a StatefulSet or a DaemonSet."""
    ref = {"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": "o", "controller": True}
    template = {"$patch": "replace", "spec": {"containers": [{"name": "main", "image": image}]}}
    b.add(
        "ControllerRevision",
        f"{owner[1]}-{number:010d}",
        namespace,
        api="apps/v1",
        age=age,
        metadata={"ownerReferences": [ref]},
        revision=number,
        data={"spec": {"template": template}},
    )


def as_forwarded(event: Object) -> Object:
    """Write a core/v1 Event in the shape in which the forwarder posts it: events.k8s.io/v1, without apiVersion and kind."""
    body = {
        "metadata": event["metadata"],
        "regarding": event["involvedObject"],
        "reason": event["reason"],
        "note": event["message"],
        "type": event["type"],
        "deprecatedCount": event["count"],
        "deprecatedFirstTimestamp": event["firstTimestamp"],
        "deprecatedLastTimestamp": event["lastTimestamp"],
        "deprecatedSource": event["source"],
        "eventTime": None,
    }
    return _posted("create", "Event", "events.k8s.io/v1", body, None)


def as_change(operation: str, new: Object, old: Object | None = None) -> Object:
    """Write a change of an object as the forwarder posts it."""
    return _posted(operation, new["kind"], new["apiVersion"], _bare(new), _bare(old) if old else None)


def _bare(item: Object) -> Object:
    return {key: value for key, value in item.items() if key not in {"apiVersion", "kind"}}


def _posted(operation: str, kind: str, api: str, obj: Object, old: Object | None) -> Object:
    name = obj["metadata"]["name"]
    data = {
        "operation": operation,
        "kind": kind,
        "apiVersion": api,
        "clusterUid": "sandbox",
        "description": f"{kind} {name} {operation}d",
        "obj": obj,
        "oldObj": old,
    }
    return {"specversion": "1.0", "type": "KUBERNETES_TOPOLOGY_CHANGE", "source": "kubewatch", "data": data}
