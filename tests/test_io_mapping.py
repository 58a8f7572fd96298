"""From a claim to what speaks for it: one case for each way in which that can be known, and for each in which it cannot."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from io_objects import ATTACHED, IP, KEY, NODE, NOW, PV, STARTED, attachment, claim, csi, inventory, node, pod
from robusta_volumes._analysis.io_disks import disk_of, host_of
from robusta_volumes._analysis.io_mapping import mapped
from robusta_volumes._analysis.io_places import scope_of
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.io import Mapped
from robusta_volumes._model.io_scope import IoScope
from robusta_volumes._model.io_series import Device, IoKey, IoMeasured, IoSeries, IoWindow, Mounted, PodIo
from robusta_volumes._model.kind import ATTACHMENT

WINDOW = IoWindow(NOW, columns=1)
AT = f"{IP}:9100"
KUBELET = "/var/lib/kubelet"
EBS = csi("ebs.csi.aws.com", "vol-0a1b2c3d")
GKE = csi("pd.csi.storage.gke.io", "projects/p/zones/z/disks/pvc-disk-1")
AZURE = csi("disk.csi.azure.com", "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/disks/pvc-1")


def measured(
    rows: Mapping[str, Sequence[IoKey]] | None = None,
    devices: Sequence[Device] = (),
    mounts: Mapping[str, tuple[str, str]] | None = None,
    pods: Sequence[PodIo] = (),
    **more: Any,
) -> IoMeasured:
    """Sources with their rows; each device has a row of node_exporter; mounts by path: (device, filesystem)."""
    given = {"diskstats": [(d.instance, d.device) for d in devices], **(rows or {})}
    series = {
        name: IoSeries(name, WINDOW, tuple(keys), {"read_ops": array("d", [1.0] * len(keys))})
        for name, keys in given.items()
        if keys
    }
    return IoMeasured(
        WINDOW,
        series=series,
        devices=tuple(devices),
        mounted=tuple(Mounted(AT, path, *on) for path, on in (mounts or {}).items()),
        pods=tuple(pods),
        present=frozenset(series) | more.pop("present", frozenset()),
        **more,
    )


ROOT = Device(AT, "nvme0n1", ("259", "0"), serial="AWS0123456789ABCDEF")
DATA = Device(AT, "nvme1n1", ("259", "3"), serial="vol0a1b2c3d")
ROOT_MOUNT = {"/": ("/dev/nvme0n1p1", "ext4")}
RUNS = {"pods": [pod()]}


def best(see: Inventory, found: IoMeasured) -> Mapped:
    return mapped(see, found)[KEY][0]


@dataclass(frozen=True)
class Case:
    """A volume, what is measured, and what speaks for it."""

    source: Mapping[str, Any]
    found: IoMeasured
    row: tuple[str, IoKey]
    device: str = ""
    confidence: str = "mapped"
    how: str = ""
    attached: Mapping[str, str] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def disk(device: str, **known: Any) -> Device:
    return Device(AT, device, **known)


def on(device: str) -> tuple[str, IoKey]:
    return "diskstats", (AT, device)


LUKS = disk("dm-1", numbers=("253", "1"), mapper_uuid="CRYPT-LUKS2-0f0f-luks-rbd-0001-0009-rook-5f3e-uuid")
RBD_HANDLE = "0001-0009-rook-ceph-0000000000000002-9d3c2b1a-1111-2222-3333-444455556666"
SHA = sha256(b"h-1").hexdigest()

CASES: dict[str, Case] = {
    "the EBS driver names the volume": Case(
        EBS,
        measured({"ebs": [("vol-0a1b2c3d",), ("vol-9",)]}, [DATA]),
        ("ebs", ("vol-0a1b2c3d",)),
        confidence="exact",
        how="EBS CSI driver measures `vol-0a1b2c3d`",
    ),
    "a volume of the time before CSI ends with its id": Case(
        {"awsElasticBlockStore": {"volumeID": "aws://eu-west-1a/vol-0a1b2c3d"}},
        measured({"ebs": [("vol-0a1b2c3d",)]}),
        ("ebs", ("vol-0a1b2c3d",)),
        confidence="exact",
    ),
    "an NVMe disk has the id without its dash": Case(
        EBS,
        measured(devices=[ROOT, DATA]),
        on("nvme1n1"),
        "nvme1n1",
        how="serial `vol0a1b2c3d` of `node_disk_info`",
    ),
    "on Xen the attachment names the disk": Case(
        EBS,
        measured(devices=[disk("xvda"), disk("xvdba")]),
        on("xvdba"),
        "xvdba",
        how="the attachment names `/dev/xvdba`",
        attached={"devicePath": "/dev/xvdba"},
    ),
    "a disk of GCP has its name": Case(
        GKE, measured(devices=[disk("sda", serial="boot"), disk("sdb", serial="pvc-disk-1")]), on("sdb"), "sdb"
    ),
    "a regional disk of GCP has its name and a word": Case(
        GKE, measured(devices=[disk("sdb", serial="pvc-disk-1_regional")]), on("sdb"), "sdb"
    ),
    "of Azure's disks with the number, the one of the data controller is it": Case(
        AZURE,
        measured(
            devices=[
                disk("sda", path="acpi-VMBUS:01-vmbus-00000000000088998888000000000000-lun-0"),
                disk("sdb", path="acpi-VMBUS:01-vmbus-f8b3781a1e824818a1c363d806ec15bb-lun-0"),
                disk("sdc", path="acpi-VMBUS:01-vmbus-f8b3781b1e824818a1c363d806ec15bb-lun-0"),
                disk("sdd", path="acpi-VMBUS:01-vmbus-f8b3781b1e824818a1c363d806ec15bb-lun-10"),
            ]
        ),
        on("sdc"),
        "sdc",
        how="LUN 0, as the attachment says",
        attached={"LUN": "0"},
    ),
    "Ceph measures the image": Case(
        csi("rook-ceph.rbd.csi.ceph.com", RBD_HANDLE, pool="rbd", imageName="csi-vol-1"),
        measured({"ceph": [("other", "", "csi-vol-1"), ("rbd", "", "csi-vol-1")]}),
        ("ceph", ("rbd", "", "csi-vol-1")),
        confidence="exact",
        how="Ceph manager measures `rbd/csi-vol-1`",
    ),
    "an old volume of Ceph does not name its image, but ends with it": Case(
        csi("rook-ceph.rbd.csi.ceph.com", RBD_HANDLE, pool="rbd"),
        measured({"ceph": [("rbd", "", "csi-vol-9d3c2b1a-1111-2222-3333-444455556666")]}),
        ("ceph", ("rbd", "", "csi-vol-9d3c2b1a-1111-2222-3333-444455556666")),
        confidence="exact",
    ),
    "in a namespace of Ceph it is another image": Case(
        csi("rbd.csi.ceph.com", RBD_HANDLE, pool="rbd", imageName="i", radosNamespace="two"),
        measured({"ceph": [("rbd", "one", "i"), ("rbd", "two", "i")]}),
        ("ceph", ("rbd", "two", "i")),
        confidence="exact",
    ),
    "Longhorn names the volume": Case(
        csi("driver.longhorn.io", PV),
        measured({"longhorn": [(PV,)]}, [DATA]),
        ("longhorn", (PV,)),
        confidence="exact",
    ),
    "Mayastor names the PersistentVolume": Case(
        csi("io.openebs.csi-mayastor", "5f3e-uuid"),
        measured({"mayastor": [(PV,)]}),
        ("mayastor", (PV,)),
        confidence="exact",
    ),
    "Portworx names the PersistentVolume": Case(
        csi("pxd.portworx.com", "987654"), measured({"portworx": [(PV,)]}), ("portworx", (PV,)), confidence="exact"
    ),
    "a device of Mayastor has the volume's id in its wwn": Case(
        csi("io.openebs.csi-mayastor", "5f3e0000-aaaa-bbbb-cccc-000000000001"),
        measured(devices=[disk("nvme2n1", wwn="uuid.5f3e0000-aaaa-bbbb-cccc-000000000001")]),
        on("nvme2n1"),
        "nvme2n1",
        how="wwn `uuid.5f3e0000-aaaa-bbbb-cccc-000000000001` of `node_disk_info`",
    ),
    "a logical volume is called like the volume": Case(
        csi("local.csi.openebs.io", PV),
        measured(devices=[disk("dm-0", logical_volume="root"), disk("dm-3", logical_volume=PV)]),
        on("dm-3"),
        "dm-3",
        how=f"logical volume `{PV}`",
    ),
    "TopoLVM's logical volume is called like the handle": Case(
        csi("topolvm.io", "c0ffee00-1"),
        measured(devices=[disk("dm-3", logical_volume="c0ffee00-1")]),
        on("dm-3"),
        "dm-3",
    ),
    "an encrypted volume is the device that decrypts it": Case(
        csi("rbd.csi.ceph.com", "0001-0009-rook-5f3e-uuid"),
        measured(devices=[disk("rbd0"), LUKS]),
        on("dm-1"),
        "dm-1",
        how="its decrypted device; latency includes the encryption",
    ),
    "Cinder's serial number is the beginning of the id": Case(
        csi("cinder.csi.openstack.org", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"),
        measured(devices=[disk("vdb", serial="0a1b2c3d-4e5f-6071-8")]),
        on("vdb"),
        "vdb",
    ),
    "vSphere's attachment has the disk's world wide name": Case(
        csi("csi.vsphere.vmware.com", "fcd-1"),
        measured(devices=[disk("sdb", wwn="0x6000c29aabbccddeeff0011223344556")]),
        on("sdb"),
        "sdb",
        attached={"diskUUID": "6000c29aabbccddeeff0011223344556"},
    ),
    "a path of the kubelet holds the volume's name": Case(
        csi("other.csi.io", "h-1"),
        measured(
            devices=[ROOT, disk("sdb")],
            mounts={**ROOT_MOUNT, f"{KUBELET}/pods/u-1/volumes/kubernetes.io~csi/{PV}/mount": ("/dev/sdb1", "ext4")},
        ),
        on("sdb"),
        "sdb",
        how=f"mounted at `{KUBELET}/pods/u-1/volumes/kubernetes.io~csi/{PV}/mount`",
    ),
    "or a hash of its handle": Case(
        csi("other.csi.io", "h-1"),
        measured(
            devices=[disk("sdb")],
            mounts={f"{KUBELET}/plugins/kubernetes.io/csi/other.csi.io/{SHA}/globalmount": ("/dev/sdb", "xfs")},
        ),
        on("sdb"),
        "sdb",
    ),
    "a device exporter names the device": Case(
        csi("other.csi.io", "h-1"),
        measured(devices=[disk("sdq")], handles={(NODE, "h-1"): "sdq"}),
        on("sdq"),
        "sdq",
        how="a device exporter names it",
    ),
    "a folder of the node is shared with the node": Case(
        {"hostPath": {"path": "/opt/local-path/pvc-1"}},
        measured(devices=[ROOT, disk("sdb")], mounts={**ROOT_MOUNT, "/opt/other": ("/dev/sdb", "xfs")}),
        on("nvme0n1"),
        "nvme0n1",
        "shared",
        "`/opt/local-path/pvc-1` lies in the filesystem at `/`",
    ),
    "the longest mount counts, by whole folders": Case(
        {"local": {"path": "/mnt/disks-old/vol1"}},
        measured(
            devices=[ROOT, disk("sdb"), disk("sdc")],
            mounts={**ROOT_MOUNT, "/mnt": ("/dev/sdb", "xfs"), "/mnt/disks": ("/dev/sdc", "xfs")},
        ),
        on("sdb"),
        "sdb",
        "shared",
    ),
    "a local volume that is a mount of its own is a disk of its own": Case(
        {"local": {"path": "/mnt/disks/ssd1/"}},
        measured(devices=[ROOT, disk("sdc")], mounts={**ROOT_MOUNT, "/mnt/disks/ssd1": ("/dev/sdc", "xfs")}),
        on("sdc"),
        "sdc",
    ),
    "an NFS volume is an export": Case(
        {"nfs": {"server": "10.9.9.9", "path": "/data/"}},
        measured({"nfs": [(AT, "10.9.9.9:/data")]}),
        ("nfs", (AT, "10.9.9.9:/data")),
        how="NFS export `10.9.9.9:/data`",
    ),
    "the NFS driver mounts a folder of a share": Case(
        csi("nfs.csi.k8s.io", "srv#share#sub", server="srv", share="/share", subDir="sub"),
        measured({"nfs": [(AT, "srv:/share"), (AT, "srv:/share/sub")]}),
        ("nfs", (AT, "srv:/share/sub")),
    ),
    "EFS is mounted by a name that begins with the filesystem's id": Case(
        csi("efs.csi.aws.com", "fs-0a::fsap-1"),
        measured({"nfs": [(AT, "fs-0b.efs.eu.amazonaws.com:/"), (AT, "fs-0a.efs.eu.amazonaws.com:/")]}),
        ("nfs", (AT, "fs-0a.efs.eu.amazonaws.com:/")),
    ),
    "Filestore's mount tells the export": Case(
        csi("filestore.csi.storage.gke.io", "modeInstance/z/i/vol1"),
        measured(
            {"nfs": [(AT, "10.1.1.1:/vol1")]},
            mounts={f"{KUBELET}/pods/u/volumes/kubernetes.io~csi/{PV}/mount": ("10.1.1.1:/vol1", "nfs4")},
        ),
        ("nfs", (AT, "10.1.1.1:/vol1")),
    ),
    "the only disk of a pod beside the node's own is its claim's": Case(
        csi("other.csi.io", "h-1"),
        measured(
            devices=[ROOT, disk("sdb", numbers=("8", "16")), disk("sdc", numbers=("8", "32"))],
            mounts=ROOT_MOUNT,
            pods=[
                PodIo(NODE, "shop", "pg-0", "nvme0n1", ("259", "0"), 1.0),
                PodIo(NODE, "shop", "pg-0", "", ("8", "16"), 9.0),
                PodIo(NODE, "shop", "other", "", ("8", "32"), 9.0),
            ],
        ),
        on("sdb"),
        "sdb",
        how="the only disk (8:16) that `pg-0` works on beside the node's own",
    ),
    "where no disk is known, its pod speaks": Case(
        csi("other.csi.io", "h-1"),
        measured({"cadvisor": [("shop", "pg-0")]}, [ROOT]),
        ("cadvisor", ("shop", "pg-0")),
        confidence="pod",
        how="all that pod `pg-0` does on disks",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_claim_is_mapped(name: str) -> None:
    case = CASES[name]
    there = [] if case.attached is None else [attachment(case.attached)]
    found = best(inventory(case.source, [pod()], there, **case.options), case.found)
    assert (found.source, found.key) == case.row
    assert (found.node, found.device, found.confidence) == (NODE, case.device, case.confidence)
    assert found.how.startswith(case.how)


def impossible(source: Mapping[str, Any] | None, found: IoMeasured, **more: Any) -> tuple[str, str]:
    """Give reason and remedy of what cannot be mapped."""
    given = best(inventory(source, **{**RUNS, **more}), found)
    assert (given.source, given.key, given.confidence) == ("", (), "none")
    return given.how, given.remedy


DISKS = measured(devices=[ROOT], mounts=ROOT_MOUNT)
FUSE = "a filesystem in user space (FUSE), which the kernel does not count"


@pytest.mark.parametrize(
    ("driver", "why"),
    [
        ("rook-ceph.cephfs.csi.ceph.com", "CephFS is used through a client that counts no single volumes"),
        ("smb.csi.k8s.io", "SMB mounts have no counters of their own"),
        ("file.csi.azure.com", "SMB mounts have no counters of their own"),
        ("org.gluster.glusterfs", f"GlusterFS is {FUSE}"),
        ("csi.juicefs.com", f"JuiceFS is {FUSE}"),
        ("s3.csi.aws.com", f"a bucket is mounted by {FUSE}"),
        ("gcsfuse.csi.storage.gke.io", f"a bucket is mounted by {FUSE}"),
    ],
)
def test_some_storage_is_never_counted_by_the_volume(driver: str, why: str) -> None:
    how, remedy = impossible(csi(driver, "h"), DISKS)
    assert how == why
    assert remedy == "look with `probe_volume_io`, or try its class with `benchmark_storage_class`"


def test_efs_with_tls_is_mounted_from_the_machine_itself() -> None:
    found = measured({"nfs": [(AT, "127.0.0.1:/")]})
    how, _ = impossible(csi("efs.csi.aws.com", "fs-0a"), found, mountOptions=["tls"])
    assert how == "with TLS, EFS is mounted from 127.0.0.1, so that its mounts cannot be told apart"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (
            {"nodes": [node(**{"kubernetes.io/os": "windows"})]},
            f"`{NODE}` runs Windows, whose disks have no such counters",
        ),
        ({"pods": [pod(node="fargate-ip-1")]}, "on Fargate nobody may look at the machine"),
        (
            {"nodes": [node(**{"eks.amazonaws.com/compute-type": "fargate"})]},
            "on Fargate nobody may look at the machine",
        ),
        (
            {"pods": [pod(runtimeClassName="kata-qemu")]},
            "its pods run in a sandbox (`kata-qemu`), which hides their disks",
        ),
        (
            {"nodes": [node(**{"sandbox.gke.io/runtime": "gvisor"})]},
            "its pods run in a sandbox (`gvisor`), which hides their disks",
        ),
    ],
)
def test_some_machines_show_no_disks(more: dict[str, Any], why: str) -> None:
    assert impossible(csi("other.csi.io", "h-1"), DISKS, **more)[0] == why


def test_a_volume_at_rest_is_said_to_be_at_rest() -> None:
    assert impossible(EBS, DISKS, pods=[]) == (
        "no running pod uses it, and it is attached to no node: a volume at rest has no I/O",
        "`benchmark_storage_class` tells what its class can do",
    )


def test_a_pod_that_has_ended_or_waits_uses_nothing() -> None:
    gone = [pod("a", phase="Succeeded"), pod("b", phase="Pending", node="")]
    assert impossible(EBS, DISKS, pods=gone)[0].startswith("no running pod uses it")


def test_a_claim_without_a_volume_is_said_to_have_none() -> None:
    assert impossible(None, DISKS, claims=[claim(volumeName="")]) == ("it has no volume yet", "")


def test_a_volume_that_was_not_seen_is_named() -> None:
    assert impossible(None, DISKS)[0] == f"its volume `{PV}` was not seen"


def test_a_number_that_nobody_may_read_names_the_right_that_is_missing() -> None:
    unseen = Unseen(ATTACHMENT, "the runner may not list them", "- apiGroups: ...")
    see = replace(inventory(AZURE, [pod()]), unseen={ATTACHMENT.resource: unseen})
    one = best(see, measured(devices=[disk("sdc", path="x-lun-0")]))
    assert one.how == (
        "the number of its disk stands in its VolumeAttachment, and the runner may not list volumeattachments"
    )
    assert one.remedy == "- apiGroups: ..."


def test_two_disks_with_the_same_number_are_no_answer() -> None:
    twins = measured(devices=[disk("sdb", path="x-lun-3"), disk("sdc", path="y-lun-3")])
    how, _ = impossible(AZURE, twins, attachments=[attachment({"LUN": "3"})])
    assert how == f"no disk of `{NODE}` is known to be its own"


def test_two_disks_with_the_same_beginning_of_a_name_are_no_answer() -> None:
    same = "kubernetes-dynamic-p"
    twins = measured(devices=[disk("vdb", serial=same), disk("vdc", serial=same)])
    assert impossible(csi("cinder.csi.openstack.org", f"{same}vc-1"), twins)[0].startswith("no disk of")


def test_two_disks_of_a_pod_are_no_answer() -> None:
    works = [PodIo(NODE, "shop", "pg-0", name, ops=1.0) for name in ("sdb", "sdc")]
    found = measured(devices=[ROOT, disk("sdb"), disk("sdc")], mounts=ROOT_MOUNT, pods=works)
    assert impossible(csi("other.csi.io", "h-1"), found)[0].startswith("no disk of")


def test_the_only_disk_of_a_pod_may_be_the_nodes_where_that_is_not_known() -> None:
    works = [PodIo(NODE, "shop", "pg-0", "sda", ops=1.0)]
    for mounts in ({}, {"/": ("/dev/mapper/vg-root", "ext4")}):
        found = measured(devices=[disk("sda")], mounts=mounts, pods=works)
        assert impossible(csi("other.csi.io", "h-1"), found)[0].startswith("no disk of")


def test_of_a_pod_with_two_claims_nobody_knows_whose_the_disk_is() -> None:
    works = [PodIo(NODE, "shop", "pg-0", "sdb", ops=1.0)]
    found = measured(devices=[ROOT, disk("sdb")], mounts=ROOT_MOUNT, pods=works)
    assert impossible(csi("other.csi.io", "h-1"), found, pods=[pod(claims=("data", "wal"))])[0].startswith("no disk of")


def test_what_its_pod_does_says_that_other_claims_are_in_it() -> None:
    found = measured({"cadvisor": [("shop", "pg-0")]})
    one = best(inventory(csi("other.csi.io", "h-1"), [pod(claims=("data", "wal"))]), found)
    assert one.how == "all that pod `pg-0` does on disks, its other claim included"


SWITCHES = {
    "ebs.csi.aws.com": "set `node.enableMetrics=true` in the Helm values of aws-ebs-csi-driver (1.37 or newer)",
    "rook-ceph.rbd.csi.ceph.com": "set `enableRBDStats: true` in the CephBlockPool, and `monitoring.enabled=true` in the"
    " Helm values of rook-ceph-cluster",
    "driver.longhorn.io": "set `metrics.serviceMonitor.enabled=true` in the Helm values of longhorn",
    "io.openebs.csi-mayastor": "let Prometheus scrape the metrics exporter of Mayastor's io-engine pods",
    "pxd.portworx.com": "set `spec.monitoring.prometheus.exportMetrics: true` in the StorageCluster",
    "nfs.csi.k8s.io": "add `--collector.mountstats` to `prometheus-node-exporter.extraArgs` in the Helm values of"
    " kube-prometheus-stack",
    "other.csi.io": "set `nodeExporter.enabled=true` in the Helm values of kube-prometheus-stack",
}


@pytest.mark.parametrize("driver", SWITCHES)
def test_the_remedy_is_the_switch_of_that_storage(driver: str) -> None:
    how, remedy = impossible(csi(driver, "h"), measured())
    assert remedy == SWITCHES[driver]
    assert how in {"nothing in Prometheus measures disks", f"no NFS mount on `{NODE}` is measured that is its own"}


def test_without_serial_numbers_node_exporter_is_too_old_or_does_not_see_udev() -> None:
    _, remedy = impossible(csi("other.csi.io", "h"), measured(devices=[disk("sda")]))
    assert remedy.startswith("use node_exporter 1.4 or newer with `--path.udev.data=/host/root/run/udev/data`")


def test_with_serial_numbers_mounts_of_volumes_would_tell() -> None:
    _, remedy = impossible(csi("other.csi.io", "h"), measured(devices=[ROOT]))
    assert "`--collector.filesystem.mount-points-exclude` without `var/lib/kubelet/.+`" in remedy


def test_a_disk_that_is_mapped_still_says_what_would_tell_more() -> None:
    one = best(inventory(EBS, [pod()]), measured(devices=[DATA]))
    assert one.remedy == SWITCHES["ebs.csi.aws.com"]
    exact = best(inventory(EBS, [pod()]), measured({"ebs": [("vol-0a1b2c3d",)]}))
    assert exact.remedy == ""


def test_the_surest_comes_first_and_the_others_complete_it() -> None:
    found = measured({"ebs": [("vol-0a1b2c3d",)], "cadvisor": [("shop", "pg-0")]}, [DATA])
    ones = mapped(inventory(EBS, [pod()]), found)[KEY]
    assert [(one.source, one.confidence, one.device) for one in ones] == [
        ("ebs", "exact", ""),
        ("diskstats", "mapped", "nvme1n1"),
        ("cadvisor", "pod", ""),
    ]


def test_behind_a_decrypted_device_the_disk_itself_is_named_too() -> None:
    dm = disk("dm-0", mapper_uuid=f"CRYPT-LUKS2-aa-{PV}")
    ones = mapped(inventory(EBS, [pod()]), measured(devices=[DATA, dm]))[KEY]
    assert [one.device for one in ones] == ["dm-0", "nvme1n1"]


def test_what_was_before_the_attachment_does_not_count() -> None:
    see = inventory(EBS, [pod()], [attachment({"devicePath": "/dev/xvdba"})])
    assert best(see, measured(devices=[DATA])).since == ATTACHED


def test_without_an_attachment_the_first_of_its_pods_is_what_is_known() -> None:
    later = pod("pg-1", started=NOW - timedelta(minutes=5))
    assert best(inventory(EBS, [pod(), later]), measured(devices=[DATA])).since == STARTED


def test_an_attachment_that_is_not_done_is_none() -> None:
    see = inventory(EBS, [pod()], [attachment(attached=False)])
    assert best(see, measured(devices=[DATA])).since == STARTED


def test_a_folder_and_an_export_are_the_same_at_any_time() -> None:
    folder = best(inventory({"hostPath": {"path": "/opt/x"}}, [pod()]), DISKS)
    export = best(inventory({"nfs": {"server": "s", "path": "/p"}}, [pod()]), measured({"nfs": [(AT, "s:/p")]}))
    assert (folder.since, export.since) == (None, None)


def test_each_node_of_a_shared_volume_has_its_own_row() -> None:
    see = inventory(
        {"nfs": {"server": "s", "path": "/p"}},
        [pod("a"), pod("b", node="worker-2"), pod("c", node="worker-3")],
        nodes=[node(), node("worker-2", "10.0.0.8"), node("worker-3", "fd00::9")],
    )
    rows: list[IoKey] = [("10.0.0.8:9100", "s:/p"), ("[fd00::9]:9100", "s:/p"), (AT, "s:/p")]
    ones = mapped(see, measured({"nfs": rows}))[KEY]
    assert [(one.node, one.key[0]) for one in ones] == [
        ("worker-1", AT),
        ("worker-2", "10.0.0.8:9100"),
        ("worker-3", "[fd00::9]:9100"),
    ]


def test_without_pods_the_attachment_tells_the_node() -> None:
    see = inventory(EBS, [], [attachment()])
    assert (best(see, measured(devices=[DATA])).node, best(see, measured(devices=[DATA])).device) == (NODE, "nvme1n1")


def test_a_disk_of_another_node_with_the_same_name_is_another_disk() -> None:
    there = replace(DATA, instance="10.0.0.8:9100")
    found = measured(devices=[replace(DATA, serial="vol999"), there])
    see = inventory(EBS, [pod()], nodes=[node(), node("worker-2", "10.0.0.8")])
    assert best(see, found).confidence == "none"


@pytest.mark.parametrize(
    ("instance", "nodes"),
    [
        ("worker-1:9100", {}),  # relabelled to the node's name
        ("worker-1", {}),
        ("172.16.0.5:9100", {"172.16.0.5:9100": "worker-1"}),  # not in the host's network: node_uname_info tells
    ],
)
def test_the_exporter_of_a_node_is_found_by_its_name_too(instance: str, nodes: dict[str, str]) -> None:
    found = measured(devices=[replace(DATA, instance=instance)], nodes=nodes)
    assert best(inventory(EBS, [pod()]), found).key == (instance, "nvme1n1")


def test_of_two_exporters_on_one_node_one_speaks() -> None:
    found = measured(devices=[DATA, replace(DATA, instance=f"{IP}:9796")])
    ones = mapped(inventory(EBS, [pod()]), found)[KEY]
    assert [one.key for one in ones] == [(AT, "nvme1n1")]


def test_only_the_claims_that_are_asked_for_are_mapped() -> None:
    see = inventory(EBS, [pod()], claims=[claim(), claim("other", volumeName="")])
    assert set(mapped(see, DISKS)) == {KEY, ("shop", "other")}
    assert set(mapped(see, DISKS, {KEY})) == {KEY}


@pytest.mark.parametrize(
    ("device", "disk_"),
    [
        ("/dev/nvme1n1p1", "nvme1n1"),
        ("nvme1n1", "nvme1n1"),
        ("/dev/sda1", "sda"),
        ("/dev/xvdba", "xvdba"),
        ("/dev/mmcblk0p2", "mmcblk0"),
        ("/dev/rbd0p1", "rbd0"),
        ("/dev/rbd12", "rbd12"),
        ("/dev/dm-3", "dm-3"),
        ("/dev/mapper/vg-lv1", "vg-lv1"),
        ("/dev/longhorn/pvc-1", "pvc-1"),
    ],
)
def test_of_a_partition_the_disk_is_measured(device: str, disk_: str) -> None:
    assert disk_of(device) == disk_


@pytest.mark.parametrize(
    ("instance", "host"),
    [("10.0.0.7:9100", "10.0.0.7"), ("[fd00::7]:9100", "fd00::7"), ("fd00::7", "fd00::7"), ("node-a", "node-a")],
)
def test_the_machine_of_an_instance(instance: str, host: str) -> None:
    assert host_of(instance) == host


def test_the_scope_of_a_claim_names_all_by_which_it_may_be_measured() -> None:
    source = csi("rbd.csi.ceph.com", RBD_HANDLE, pool="rbd", imageName="i")
    assert scope_of(inventory(source, [pod()]), [KEY]) == IoScope(
        everything=False,
        handles=(RBD_HANDLE,),
        volumes=(PV,),
        images=("i",),
        addresses=(IP,),
        nodes=(NODE,),
        pods=(("shop", "pg-0"),),
        drivers=("rbd.csi.ceph.com",),
    )


def test_the_scope_of_a_node_is_all_that_is_used_there() -> None:
    see = inventory(
        EBS, [pod(), pod("b", node="worker-2"), pod("c", claims=())], nodes=[node(), node("worker-2", "10.0.0.8")]
    )
    scope = scope_of(see, nodes=[NODE])
    assert (scope.everything, scope.nodes, scope.addresses) == (False, (NODE,), (IP,))
    assert (scope.handles, scope.pods) == (("vol-0a1b2c3d",), (("shop", "pg-0"),))


def test_the_scope_of_the_cluster_keeps_the_pods_that_use_claims() -> None:
    see = inventory(EBS, [pod(), pod("c", claims=()), pod("d", phase="Failed")])
    assert scope_of(see) == IoScope(handles=("vol-0a1b2c3d",), volumes=(PV,), pods=(("shop", "pg-0"),))
