"""Why nothing measures a volume, and what to switch on: each kind of storage has its own switch."""

from robusta_volumes._analysis.io_places import Place
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.io_scope import CADVISOR, CEPH, DISKSTATS, EBS, LONGHORN, MAYASTOR, NFS, PORTWORX
from robusta_volumes._model.io_series import IoMeasured
from robusta_volumes._model.kind import ATTACHMENT
from robusta_volumes._model.text import code

_KPS = "kube-prometheus-stack"
_NODE_EXPORTER = f"set `nodeExporter.enabled=true` in the Helm values of {_KPS}"
_MOUNTS = (
    f"give node_exporter `--collector.filesystem.mount-points-exclude` without `var/lib/kubelet/.+` "
    f"(`prometheus-node-exporter.extraArgs` in the Helm values of {_KPS})"
)
_MOUNTSTATS = f"add `--collector.mountstats` to `prometheus-node-exporter.extraArgs` in the Helm values of {_KPS}"
_UDEV = (
    "use node_exporter 1.4 or newer with `--path.udev.data=/host/root/run/udev/data`, so that disks have serial numbers"
)
_TRY = "`benchmark_storage_class` tells what its class can do"
_LOOK = "look with `probe_volume_io`, or try its class with `benchmark_storage_class`"

# What storage can say itself: a part of its driver's name, the source, and the switch.
_SWITCHES = (
    (
        ("ebs.csi.aws.com", "awsElasticBlockStore"),
        EBS,
        "set `node.enableMetrics=true` in the Helm values of aws-ebs-csi-driver (1.37 or newer)",
    ),
    (
        ("rbd.csi.ceph.com",),
        CEPH,
        "set `enableRBDStats: true` in the CephBlockPool, and `monitoring.enabled=true` in the Helm values of rook-ceph-cluster",
    ),
    (("driver.longhorn.io",), LONGHORN, "set `metrics.serviceMonitor.enabled=true` in the Helm values of longhorn"),
    (("io.openebs.csi-mayastor",), MAYASTOR, "let Prometheus scrape the metrics exporter of Mayastor's io-engine pods"),
    (
        ("pxd.portworx.com", "portworxVolume", "pxd.openstorage.org"),
        PORTWORX,
        "set `spec.monitoring.prometheus.exportMetrics: true` in the StorageCluster",
    ),
)
_NFS = ("nfs", "efs.csi.aws.com", "filestore.csi.storage.gke.io")
# Kinds of which no kernel and no exporter counts single volumes.
_NEVER = (
    ("cephfs", "CephFS is used through a client that counts no single volumes"),
    ("smb", "SMB mounts have no counters of their own"),
    ("file.csi.azure.com", "SMB mounts have no counters of their own"),
    ("azureFile", "SMB mounts have no counters of their own"),
    ("gluster", "GlusterFS is a filesystem in user space (FUSE), which the kernel does not count"),
    ("juicefs", "JuiceFS is a filesystem in user space (FUSE), which the kernel does not count"),
    ("gcsfuse", "a bucket is mounted by a filesystem in user space (FUSE), which the kernel does not count"),
    ("blob.csi.azure.com", "a bucket is mounted by a filesystem in user space (FUSE), which the kernel does not count"),
    ("s3", "a bucket is mounted by a filesystem in user space (FUSE), which the kernel does not count"),
)
_SANDBOXES = ("gvisor", "runsc", "kata", "firecracker")


def remedy(see: Inventory, place: Place, measured: IoMeasured, best: str) -> str:
    """Name the switch that would tell more than ``best``, the source there is; "" when there is none."""
    if not place.claim.volume_name:
        return ""
    if not place.node and not best:
        return _TRY
    named = next(
        ((source, text) for words, source, text in _SWITCHES if place.driver in words or _in(words, place)), None
    )
    if named and named[0] != best and named[0] not in measured.present:
        return named[1]
    if best in {"", CADVISOR} and (attachments := _unreadable(see, place)):
        return attachments.remedy
    if best in {"", CADVISOR}:
        return _of_nodes(place, measured)
    return ""


def _in(words: tuple[str, ...], place: Place) -> bool:
    """Tell whether a driver has one of these names behind a prefix: "rook-ceph.rbd.csi.ceph.com"."""
    return any(place.driver.endswith(f".{word}") for word in words)


def _of_nodes(place: Place, measured: IoMeasured) -> str:
    if never(place):
        return _LOOK
    if _is_nfs(place):
        return _MOUNTSTATS if NFS not in measured.present else _LOOK
    if DISKSTATS not in measured.present:
        return _NODE_EXPORTER
    return _MOUNTS if any(device.serial for device in measured.devices) else _UDEV


def _is_nfs(place: Place) -> bool:
    return any(word in place.driver for word in _NFS)


def never(place: Place) -> str:
    """Say why nothing can measure a volume of this kind; "" where something could."""
    options = place.volume.mount_options if place.volume else ()
    if place.driver == "efs.csi.aws.com" and "tls" in options:
        return "with TLS, EFS is mounted from 127.0.0.1, so that its mounts cannot be told apart"
    return next((why for word, why in _NEVER if word in place.driver), "")


def reason(see: Inventory, place: Place, measured: IoMeasured) -> str:
    """Say why a claim cannot be mapped to anything that is measured."""
    if not place.claim.volume_name:
        return "it has no volume yet"
    if not place.node:
        return "no running pod uses it, and it is attached to no node: a volume at rest has no I/O"
    if why := _of_the_machine(see, place) or never(place):
        return why
    if place.volume is None:
        return f"its volume {code(place.claim.volume_name)} was not seen"
    if attachments := _unreadable(see, place):
        return f"the number of its disk stands in its VolumeAttachment, and {attachments.sentence}"
    return _nothing_found(place, measured)


def _unreadable(see: Inventory, place: Place) -> Unseen | None:
    """Say why the attachments cannot be read, of storage that names the disk nowhere else."""
    return see.lacks(ATTACHMENT) if "azure" in place.driver and "disk" in place.driver.lower() else None


def _nothing_found(place: Place, measured: IoMeasured) -> str:
    if _is_nfs(place):
        return f"no NFS mount on {code(place.node)} is measured that is its own"
    if DISKSTATS not in measured.present and CADVISOR not in measured.present:
        return "nothing in Prometheus measures disks"
    return f"no disk of {code(place.node)} is known to be its own"


def _of_the_machine(see: Inventory, place: Place) -> str:
    node = see.node.get(place.node)
    labels = node.meta.labels if node else {}
    if labels.get("kubernetes.io/os") == "windows":
        return f"{code(place.node)} runs Windows, whose disks have no such counters"
    if labels.get("eks.amazonaws.com/compute-type") == "fargate" or place.node.startswith("fargate-"):
        return "on Fargate nobody may look at the machine"
    sandboxed = [pod for pod in place.pods if any(word in pod.runtime.lower() for word in _SANDBOXES)]
    if sandboxed or labels.get("sandbox.gke.io/runtime") == "gvisor":
        name = sandboxed[0].runtime if sandboxed else "gvisor"
        return f"its pods run in a sandbox ({code(name)}), which hides their disks"
    return ""
