"""The story "shop": a small web shop's cluster on four storage drivers; most volumes are well, and one of each problem."""

from datetime import datetime
from typing import Any

from robusta_volumes._sandbox.builder import DAY, Builder, Object, revision

EBS, EFS = "ebs.csi.aws.com", "efs.csi.aws.com"
CEPH, LONGHORN = "rook-ceph.rbd.csi.ceph.com", "driver.longhorn.io"
NODES = (("node-a1", "eu-central-1a"), ("node-b1", "eu-central-1b"), ("node-c1", "eu-central-1c"))


def shop(now: datetime) -> tuple[list[Object], dict[str, Object]]:
    """Build the cluster: all objects, and the events worth sending by a short name."""
    b = Builder(now)
    _frame(b)
    _healthy(b)
    sent: dict[str, Object] = {}
    _pending(b, sent)
    _broken(b, sent)
    _left_behind(b, sent)
    return b.objects, sent


def _frame(b: Builder) -> None:
    for name in ("shop", "db", "media", "monitoring", "ci", "payments", "analytics", "robusta", "kube-system"):
        b.add("Namespace", name, status={"phase": "Active"})
    drivers = (EBS, EFS, CEPH, LONGHORN)
    for driver in drivers:
        b.add("CSIDriver", driver, api="storage.k8s.io/v1", spec={"attachRequired": driver != EFS})
    for name, zone in NODES:
        b.node(name, zone)
        listed = [{"name": d, "nodeID": name, "allocatable": {"count": 25}, "topologyKeys": []} for d in drivers]
        b.add("CSINode", name, api="storage.k8s.io/v1", spec={"drivers": listed})
    b.storage_class("gp3", EBS)
    b.storage_class("gp3-now", EBS, wait=False)
    b.storage_class("efs", EFS, wait=False, grow=False)
    b.storage_class("ceph-block", CEPH, wait=False)
    b.storage_class("longhorn", LONGHORN, wait=False)
    b.storage_class("azure-premium", "disk.csi.azure.com", wait=False)
    b.storage_class("local-nvme", "kubernetes.io/no-provisioner", grow=False)
    b.storage_class("manual", "kubernetes.io/no-provisioner", wait=False, grow=False)
    for name, driver in (("ebs", EBS), ("ceph", CEPH)):
        b.add("VolumeSnapshotClass", name, api="snapshot.storage.k8s.io/v1", driver=driver, deletionPolicy="Delete")


def _set(
    b: Builder, namespace: str, name: str, count: int, size: str, class_name: str, driver: str, **more: Any
) -> None:
    """Add a StatefulSet that is well: its claims, volumes, pods and attachments."""
    template = {
        "metadata": {"name": "data"},
        "spec": {"storageClassName": class_name, "resources": {"requests": {"storage": size}}},
    }
    replicas = more.get("replicas", count)
    b.workload("StatefulSet", namespace, name, [], replicas=replicas, volumeClaimTemplates=[template])
    for n in range(count):
        claim = b.bound(namespace, f"data-{name}-{n}", size, class_name, driver)
        if n < replicas:
            node = NODES[n % len(NODES)][0]
            b.pod(namespace, f"{name}-{n}", [f"data-{name}-{n}"], node=node, owner=("StatefulSet", name))
            volume = claim["spec"]["volumeName"]
            spec = {"attacher": driver, "nodeName": node, "source": {"persistentVolumeName": volume}}
            b.add(
                "VolumeAttachment", f"csi-{volume[4:]}", api="storage.k8s.io/v1", spec=spec, status={"attached": True}
            )


def _healthy(b: Builder) -> None:
    _set(b, "db", "pg", 3, "100Gi", "gp3", EBS)
    for number, days, tag in ((6, 24, "16.4"), (7, 6, "17.2")):
        revision(b, "db", ("StatefulSet", "pg"), number, days * DAY, f"registry.local/postgres:{tag}")
    _set(b, "db", "redis", 3, "10Gi", "ceph-block", CEPH)
    _set(b, "shop", "kafka", 3, "50Gi", "gp3", EBS)
    _set(b, "shop", "search", 2, "80Gi", "longhorn", LONGHORN)
    _set(b, "monitoring", "prometheus", 2, "200Gi", "gp3", EBS)
    _set(b, "monitoring", "loki", 3, "150Gi", "ceph-block", CEPH)
    _set(b, "analytics", "clickhouse", 4, "250Gi", "gp3", EBS)
    _set(b, "payments", "vault", 3, "10Gi", "longhorn", LONGHORN)
    for namespace, name, size in (
        ("shop", "uploads", "200Gi"),
        ("media", "originals", "500Gi"),
        ("media", "renders", "300Gi"),
    ):
        b.bound(namespace, name, size, "efs", EFS, mode="ReadWriteMany")
        b.workload("Deployment", namespace, name, [name], replicas=2)
        for n in range(2):
            b.pod(namespace, f"{name}-7d9f-{n}", [name], node=NODES[n][0], owner=("ReplicaSet", f"{name}-7d9f"))
    b.bound("monitoring", "grafana", "5Gi", "longhorn", LONGHORN)
    b.pod("monitoring", "grafana-0", ["grafana"], node="node-b1")
    b.bound("ci", "nightly-export", "20Gi", "gp3", EBS)
    b.workload("CronJob", "ci", "nightly-export", ["nightly-export"])
    b.claim("ci", "first-build", "10Gi", "gp3", age=30)


def _pending(b: Builder, sent: dict[str, Object]) -> None:
    typo = b.claim("shop", "cart-cache", "8Gi", "gp33", age=2)
    sent["class typo"] = b.event(typo, "ProvisioningFailed", 'storageclass.storage.k8s.io "gp33" not found', age=2)
    none = b.claim("ci", "artifacts", "40Gi", None, age=9)
    text = "no persistent volumes available for this claim and no storage class is set"
    sent["no class"] = b.event(none, "FailedBinding", text, type_="Normal", age=9)
    azure = b.claim("analytics", "exports", "60Gi", "azure-premium", age=14)
    text = "Waiting for a volume to be created either by the external provisioner 'disk.csi.azure.com' or manually"
    sent["driver missing"] = b.event(azure, "ExternalProvisioning", text, type_="Normal", age=14)
    gpu = b.claim("media", "gpu-scratch", "100Gi", "gp3", age=20)
    reason = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
    b.pod("media", "transcoder-gpu", ["gpu-scratch"], waiting=reason, age=20)
    sent["pod unschedulable"] = b.event(
        gpu, "WaitForPodScheduled", "waiting for pod transcoder-gpu to be scheduled", type_="Normal"
    )
    static = b.claim("media", "archive", "500Gi", "manual", mode="ReadWriteMany", age=11)
    nfs = {"nfs": {"server": "10.0.9.7", "path": "/export/archive"}}
    b.volume("nfs-archive", "500Gi", "manual", nfs, policy="Retain", age=3 * DAY)
    text = "no volume plugin matched name: kubernetes.io/no-provisioner"
    sent["static mismatch"] = b.event(static, "ProvisioningFailed", text, age=11)
    taken = b.claim("payments", "ledger-copy", "20Gi", "manual", spec={"volumeName": "nfs-ledger"}, age=6)
    owner = b.claim("payments", "ledger-files", "20Gi", "manual", phase="Bound", spec={"volumeName": "nfs-ledger"})
    nfs = {"nfs": {"server": "10.0.9.7", "path": "/export/ledger"}}
    b.volume("nfs-ledger", "20Gi", "manual", nfs, owner=owner, policy="Retain")
    b.pod("payments", "ledger-sync", ["ledger-files"], node="node-c1")
    sent["volume taken"] = b.event(taken, "FailedBinding", 'volume "nfs-ledger" already bound to a different claim.')
    b.volume(
        "nfs-reserved", "50Gi", "manual", {"nfs": {"server": "10.0.9.7", "path": "/export/team"}}, policy="Retain",
        spec={"claimRef": {"namespace": "shop", "name": "team-files"}},
    )  # fmt: skip


def _broken(b: Builder, sent: dict[str, Object]) -> None:
    local = b.claim("ci", "build-cache", "300Gi", "local-nvme", phase="Bound", spec={"volumeName": "local-build-cache"})
    match = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-d7"]}
    affinity = {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [match]}]}}}
    disk = {"local": {"path": "/mnt/nvme/build-cache"}}
    b.volume("local-build-cache", "300Gi", "local-nvme", disk, owner=local, policy="Retain", spec=affinity)
    reason = "0/3 nodes are available: 3 node(s) didn't match PersistentVolume's node affinity."
    pod = b.pod("ci", "builder-0", ["build-cache"], waiting=reason, age=25)
    sent["node gone"] = b.event(pod, "FailedScheduling", reason, age=25)
    b.bound("media", "license", "1Gi", "gp3", EBS, mode="ReadWriteOncePod")
    b.pod("media", "encoder-a", ["license"], node="node-a1")
    reason = (
        "0/3 nodes are available: 3 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
        "already in-use by another pod."
    )
    second = b.pod("media", "encoder-b", ["license"], waiting=reason, age=7)
    sent["one pod only"] = b.event(second, "FailedScheduling", reason, age=7)
    fonts = b.claim("media", "fonts", "5Gi", "manual", phase="Bound", spec={"volumeName": "host-fonts"}, age=2 * DAY)
    b.volume(
        "host-fonts",
        "5Gi",
        "manual",
        {"hostPath": {"path": "/srv/fonts", "type": "Directory"}},
        owner=fonts,
        policy="Retain",
    )
    pod = b.pod("media", "thumbnailer", ["fonts"], node="node-b1", phase="Pending", age=16)
    text = (
        'MountVolume.SetUp failed for volume "host-fonts" : hostPath type check failed: /srv/fonts is not a directory'
    )
    sent["cannot mount"] = b.event(pod, "FailedMount", text, count=9, age=16)
    reason = '0/3 nodes are available: persistentvolumeclaim "uplaods" not found. not found'
    pod = b.pod("shop", "image-resizer", ["uplaods"], waiting=reason, age=4)
    sent["claim missing"] = b.event(pod, "FailedScheduling", reason, age=4)
    _quota(b, sent)


def _quota(b: Builder, sent: dict[str, Object]) -> None:
    template = {
        "metadata": {"name": "data"},
        "spec": {"storageClassName": "gp3", "resources": {"requests": {"storage": "40Gi"}}},
    }
    owner = b.workload("StatefulSet", "payments", "ledger", [], replicas=3, ready=1, volumeClaimTemplates=[template])
    b.bound("payments", "data-ledger-0", "40Gi", "gp3", EBS)
    b.pod("payments", "ledger-0", ["data-ledger-0"], node="node-a1", owner=("StatefulSet", "ledger"))
    hard = {"requests.storage": "120Gi", "persistentvolumeclaims": "10"}
    used = {"requests.storage": "110Gi", "persistentvolumeclaims": "6"}
    b.add("ResourceQuota", "storage", "payments", spec={"hard": hard}, status={"hard": hard, "used": used})
    text = (
        'create Claim data-ledger-1 for Pod ledger-1 in StatefulSet ledger failed error: persistentvolumeclaims "data-ledger-1" '
        "is forbidden: exceeded quota: storage, requested: requests.storage=40Gi, used: requests.storage=110Gi, "
        "limited: requests.storage=120Gi"
    )
    sent["quota"] = b.event(owner, "FailedCreate", text, count=14, age=12)


def _left_behind(b: Builder, sent: dict[str, Object]) -> None:
    ledger = {"metadata": {"namespace": "payments", "name": "ledger-2024", "uid": "gone-1"}}
    disk = {"csi": {"driver": EBS, "volumeHandle": "vol-0aa11bb22"}}
    status: Object = {"lastPhaseTransitionTime": b.at(3)}
    sent["released"] = b.volume(
        "pvc-ledger-2024", "80Gi", "gp3", disk, owner=ledger, policy="Retain", phase="Released", status=status
    )
    tmp = {"metadata": {"namespace": "analytics", "name": "tmp", "uid": "gone-2"}}
    status |= {
        "message": 'error getting deleter volume plugin for volume "nfs-tmp": no deletable volume plugin matched'
    }
    nfs = {"nfs": {"server": "10.0.9.7", "path": "/export/tmp"}}
    sent["failed"] = b.volume("nfs-tmp", "30Gi", "manual", nfs, owner=tmp, phase="Failed", status=status)
    lost = b.claim("analytics", "events", "120Gi", "gp3", phase="Lost", spec={"volumeName": "pvc-events-2023"})
    text = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
    b.event(lost, "ClaimLost", text, count=1, age=1)
    disk = {"csi": {"driver": EBS, "volumeHandle": "vol-0cc33dd44", "fsType": "ext4"}}
    sent["lost"] = b.volume("pvc-events-2023", "120Gi", "gp3", disk, owner=lost, policy="Retain")
    b.objects.remove(sent["lost"])  # it was deleted: only the forwarder still holds it
    going = b.bound("shop", "old-catalog", "60Gi", "gp3", EBS, metadata={"deletionTimestamp": b.at(3)})
    b.pod("shop", "catalog-legacy", [going["metadata"]["name"]], node="node-c1")
    waiting = {"type": "FileSystemResizePending", "status": "True", "lastTransitionTime": b.at(45)}
    status = {"conditions": [waiting], "allocatedResourceStatuses": {"storage": "NodeResizePending"}}
    b.bound("analytics", "warehouse", "100Gi", "gp3", EBS, requested="200Gi", provisioned="200Gi", status=status)
    b.workload("Deployment", "analytics", "warehouse", ["warehouse"], replicas=0)
    b.bound("shop", "import-2023", "150Gi", "gp3", EBS, age=200 * DAY)
    _set(b, "db", "mongo", 3, "40Gi", "gp3", EBS, replicas=1)
    snapshot = {"source": {"persistentVolumeClaimName": "data-pg-0"}, "volumeSnapshotClassName": "ceph"}
    b.add(
        "VolumeSnapshot", "pg-before-upgrade", "db", api="snapshot.storage.k8s.io/v1", age=90, spec=snapshot,
        status={"readyToUse": False, "boundVolumeSnapshotContentName": "snapcontent-1"},
    )  # fmt: skip
