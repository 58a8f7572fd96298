"""The cluster of a story: claims with their volumes as each provider writes them, and what its metrics measured of them."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._analysis.assess import Issue, assess
from robusta_volumes._analysis.io_cause import Verdict, verdict
from robusta_volumes._analysis.io_facts import volume_ios
from robusta_volumes._analysis.io_limits import limits_of
from robusta_volumes._analysis.io_mapping import mapped
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.io_series import Device, IoKey, IoMeasured, IoSeries, IoWindow, Mounted, PodIo
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.times import UTC

END = datetime(2026, 11, 25, tzinfo=UTC)
NODE, ADDRESS = "worker-1", "10.0.0.7"
INSTANCE = f"{ADDRESS}:9100"
STEP = timedelta(minutes=5)
Object = dict[str, Any]
Row = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Vol:
    """One claim, ``shop/<name>``, with its volume, class, pod and attachment."""

    name: str
    driver: str
    source: str  # that measures it; "" none does
    row: Row
    size: int = 100  # GiB
    parameters: Mapping[str, str] = field(default_factory=dict)  # of its class
    attached: datetime = END - timedelta(days=30)
    pressure: Row = field(default_factory=dict)  # of its pod
    week: Row = field(default_factory=dict)  # 168 hours
    folder: str = ""  # on its node's disk
    reset: int | None = None  # column in which the counter began anew


@dataclass(frozen=True)
class Story:
    """What happened, what is seen of it, and what it is: the word of the verdict."""

    name: str
    truth: str
    vols: tuple[Vol, ...]  # the first is judged
    machine: str = "m5.4xlarge"
    pods: tuple[PodIo, ...] = ()  # others on its devices
    node_pressure: float | None = None
    uses: Mapping[tuple[str, str], ClaimUse] | None = None
    also: tuple[str, ...] = ()  # rules that must be among the others


@dataclass(frozen=True)
class Judged:
    """What the pipeline made of a story."""

    verdict: Verdict
    issues: tuple[Issue, ...]
    ios: tuple[VolumeIo, ...]


def judge(story: Story) -> Judged:
    """Put a story through everything that is pure: mapping, limits, facts, rules, verdict."""
    limits, key = Limits(), ("shop", story.vols[0].name)
    measured = _measured(story)
    see = gather(MemoryCluster(_objects(story), now=END))
    found = mapped(see, measured)
    allowed = limits_of(see, VolumePerformanceAnalysis(), tuple(see.claim), found)
    ios = volume_ios(see, measured, found, allowed, limits)
    seen = _with(see, ios, story)
    issues = tuple(i for i in assess(seen, limits).issues if i.meta.key == key and i.rule.on == "PersistentVolumeClaim")
    return Judged(verdict(issues, ios[key], limits), issues, ios[key])


def _with(see: Inventory, ios: Mapping[tuple[str, str], tuple[VolumeIo, ...]], story: Story) -> Inventory:
    return replace(see, io=ios, uses=story.uses)


def key_of(vol: Vol) -> IoKey:
    """How its source names it."""
    return {
        "ebs": (handle(vol),),
        "longhorn": (handle(vol),),
        "ceph": ("pool", "", f"csi-vol-{vol.name}"),
        "portworx": (f"pvc-{vol.name}",),
        "diskstats": (INSTANCE, _device(vol)),
        "nfs": (INSTANCE, f"10.0.0.9:/export/{vol.name}"),
        "cadvisor": ("shop", f"pod-{vol.name}"),
    }[vol.source]


def handle(vol: Vol) -> str:
    """What its driver calls it."""
    if vol.driver == "pd.csi.storage.gke.io":
        return f"projects/p/zones/europe-west1-b/disks/disk-of-{vol.name}"
    return f"vol-0abc{vol.name}" if vol.driver == "ebs.csi.aws.com" else f"disk-of-{vol.name}"


def _device(vol: Vol) -> str:
    return "sda" if vol.folder else f"nvme{vol.name}n1"


def _measured(story: Story) -> IoMeasured:
    window = IoWindow(END, STEP, 288)
    week = IoWindow(END, timedelta(hours=1), 168, timedelta(hours=1))
    rows: dict[str, dict[IoKey, Row]] = {}
    heat: dict[str, dict[IoKey, Row]] = {}
    for vol in story.vols:
        if vol.source:
            rows.setdefault(vol.source, {})[key_of(vol)] = vol.row
        if vol.week:
            heat.setdefault(vol.source, {})[key_of(vol)] = vol.week
        if vol.pressure:
            rows.setdefault("psi", {})["shop", f"pod-{vol.name}"] = vol.pressure
    return IoMeasured(
        window,
        {name: _series(name, window, found) for name, found in rows.items()},
        tuple(_as_device(vol) for vol in story.vols),
        (Mounted(INSTANCE, "/", "/dev/sda1", "ext4"),),
        story.pods,
        node_pressure={INSTANCE: story.node_pressure} if story.node_pressure is not None else {},
        heat={name: _series(name, week, found) for name, found in heat.items()},
        resets={(v.source, key_of(v)): v.reset for v in story.vols if v.reset is not None},
        present=frozenset(rows),
    )


def _series(source: str, window: IoWindow, rows: Mapping[IoKey, Row]) -> IoSeries:
    signals = sorted({name for row in rows.values() for name in row if _speaks(source, name)})
    nothing = [float("nan")] * window.columns
    filled = {name: array("d", [v for row in rows.values() for v in row.get(name, nothing)]) for name in signals}
    return IoSeries(source, window, tuple(rows), filled)


_VENDOR = {"read_ops", "write_ops", "read_bytes", "write_bytes", "read_seconds", "write_seconds"}
_SIGNALS = {
    "ebs": {*_VENDOR, "queue", "iops_throttled", "bytes_throttled", "node_iops_throttled", "node_bytes_throttled"},
    "longhorn": {*_VENDOR, "degraded", "read_only", "backing_write_latency", "amplification"},
    "ceph": _VENDOR,
    "portworx": {*_VENDOR, "queue", "long_ios", "degraded"},
    "diskstats": {*_VENDOR, "queue", "busy", "merged_writes", "flushes", "flush_seconds"},
    "cadvisor": {"read_ops", "write_ops", "read_bytes", "write_bytes"},
}


def _speaks(source: str, signal: str) -> bool:
    """Tell whether a source measures a signal at all: no story may know more than its metrics do."""
    return source not in _SIGNALS or signal in _SIGNALS[source]


def _as_device(vol: Vol) -> Device:
    if vol.folder:
        return Device(INSTANCE, "sda", ("8", "0"))
    serial = handle(vol).rpartition("/")[2].replace("vol-", "vol")
    path = f"acpi-VMBUS:00-vmbus-f8b3781b-scsi-0:0:0:lun-{_lun(vol)}" if "azure" in vol.driver else ""
    return Device(INSTANCE, _device(vol), ("259", vol.name.lstrip("v")), "" if path else serial, path)


def _lun(vol: Vol) -> str:
    return vol.name.lstrip("v")


def _objects(story: Story) -> tuple[Object, ...]:
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": NODE, "labels": {"node.kubernetes.io/instance-type": story.machine}},
        "status": {
            "addresses": [{"type": "InternalIP", "address": ADDRESS}],
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    return (node, *(one for vol in story.vols for one in _of(vol)))


def _of(vol: Vol) -> tuple[Object, ...]:
    name, size = f"pvc-{vol.name}", {"storage": f"{vol.size}Gi"}
    modes = ["ReadWriteOnce"]
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": "shop", "name": vol.name},
        "spec": {
            "accessModes": modes,
            "storageClassName": f"class-{vol.name}",
            "volumeName": name,
            "resources": {"requests": size},
        },
        "status": {"phase": "Bound", "accessModes": modes, "capacity": size},
    }
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": vol.driver}},
        "spec": {
            "accessModes": modes,
            "capacity": size,
            "storageClassName": f"class-{vol.name}",
            "claimRef": {"namespace": "shop", "name": vol.name},
            **_backend(vol),
        },
        "status": {"phase": "Bound"},
    }
    made = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": f"class-{vol.name}"},
        "provisioner": vol.driver,
        "parameters": dict(vol.parameters),
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": "shop", "name": f"pod-{vol.name}"},
        "spec": {"nodeName": NODE, "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": vol.name}}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }
    return (claim, volume, made, pod, _attachment(vol, name))


def _attachment(vol: Vol, name: str) -> Object:
    metadata = {"LUN": _lun(vol)} if "azure" in vol.driver else {}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "VolumeAttachment",
        "metadata": {"name": f"csi-{vol.name}", "creationTimestamp": vol.attached.isoformat()},
        "spec": {"attacher": vol.driver, "nodeName": NODE, "source": {"persistentVolumeName": name}},
        "status": {"attached": True, "attachmentMetadata": metadata},
    }


def _backend(vol: Vol) -> Object:
    if vol.folder:
        return {"hostPath": {"path": vol.folder}}
    if vol.driver == "nfs":
        return {"nfs": {"server": "10.0.0.9", "path": f"/export/{vol.name}"}}
    attributes = {"pool": "pool", "imageName": f"csi-vol-{vol.name}"} if "rbd" in vol.driver else {}
    if "azure" in vol.driver:
        attributes = dict(vol.parameters)
    return {"csi": {"driver": vol.driver, "volumeHandle": handle(vol), "volumeAttributes": attributes}}
