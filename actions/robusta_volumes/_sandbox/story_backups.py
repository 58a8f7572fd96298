"""The story "backups": a shop whose nightly backup says Completed and lacks three of seven claims, and a schedule that is stuck.

store     7 claims under the schedule "nightly": 4 with data, 2 on NFS, 1 whose files nobody reads while its pod is down
finance   1 claim under "weekly", which missed a week, and whose last backup has been InProgress for three days
labs      2 claims that no schedule covers
crm       1 claim of K8up; blog: 1 of VolSync, whose last success is four days ago
"""

from datetime import datetime, timedelta

from robusta_volumes._model import kind as k
from robusta_volumes._sandbox.backup_builder import GIB, VeleroBuilder
from robusta_volumes._sandbox.builder import DAY, Builder, Object
from robusta_volumes._sandbox.other_backups import k8up_backup, k8up_schedule, k8up_snapshot, volsync_source
from robusta_volumes._sandbox.story_shop import CEPH, EBS, EFS
from robusta_volumes._sandbox.velero_script import Moving, VeleroScript

NAMESPACES = ("store", "finance", "labs", "crm", "blog")
VERIFY = "robusta-volumes-verify"  # where backups are restored to for a test
NIGHTS = 14  # nights that "nightly" has run
GOOD = (("data-orders-0", "100Gi"), ("data-orders-1", "100Gi"), ("invoices", "40Gi"), ("sessions", "10Gi"))
NFS = (("product-images", "500Gi"), ("thumbnails", "80Gi"))  # no CSI volumes: no snapshot saves them
FILES = "imports"  # its pod asks for file-system backup, and is down
SERVED = {"includedNamespaces": ["store"], "snapshotMoveData": True, "ttl": "720h0m0s"}
NIGHTLY, WEEKLY = "nightly", "weekly"
NO_BUCKET = "rpc error: code = Unknown desc = operation error S3: ListObjectsV2, NoSuchBucket"
_NIGHT = 600  # minutes since the last night
_STUCK = 3 * DAY
_BAD_NIGHT, _HALF_NIGHT = 5, 9  # nights ago that one claim failed, and that the location was gone
_RESET = "data path backup failed: error running backup: connection reset by peer"


def backups(now: datetime, *, frame: bool = True) -> list[Object]:
    """Build it; without ``frame`` the cluster of another story has the nodes and classes."""
    b = Builder(now)
    if frame:
        _frame(b)
    for name in (*NAMESPACES, VERIFY):
        b.add("Namespace", name, status={"phase": "Active"})
    velero = VeleroBuilder(b)
    velero.installed(("node-a1", "node-b1"))
    gone = f'BackupStorageLocation "cold" is unavailable: {NO_BUCKET}'
    velero.location("cold", phase="Unavailable", default=False, message=gone)
    _nights(velero, _store(b))
    _weekly(velero)
    b.bound("labs", "notebooks", "50Gi", "gp3", EBS)
    b.bound("labs", "datasets", "800Gi", "ceph-block", CEPH)
    _others(b)
    return b.objects


def behaviour() -> VeleroScript:
    """Give the Velero that the story is about: "weekly" stays stuck, its bytes do not move, and one location is gone."""
    script = VeleroScript(stuck=[f"{WEEKLY}-*"], unavailable={"cold": NO_BUCKET}, concurrent=2)
    script.uploads.on(Moving(stalls_at=0.26), namespace="finance")
    return script


def pod_is_back(objects: list[Object]) -> Object:
    """Give the pod whose files are backed up, Running: what an administrator repairs."""
    pod = next(o for o in objects if o["kind"] == "Pod" and o["metadata"]["name"] == "importer-0")
    return {**pod, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}


def _frame(b: Builder) -> None:
    for name in ("robusta", "kube-system"):
        b.add("Namespace", name, status={"phase": "Active"})
    for name, zone in (("node-a1", "eu-central-1a"), ("node-b1", "eu-central-1b")):
        b.node(name, zone)
    for name, driver in (("gp3", EBS), ("ceph-block", CEPH), ("efs", EFS)):
        b.storage_class(name, driver, wait=name == "gp3")
    b.storage_class("manual", "kubernetes.io/no-provisioner", wait=False, grow=False)
    for name, driver in (("ebs", EBS), ("ceph", CEPH)):
        b.add("VolumeSnapshotClass", name, api=k.SNAPSHOT_CLASS.api_version, driver=driver, deletionPolicy="Delete")


def _store(b: Builder) -> list[Object]:
    """Add the seven claims with their pods; gives those that have data in each good night."""
    good = []
    for number, (name, size) in enumerate(GOOD):
        classed = ("ceph-block", CEPH) if name == "sessions" else ("gp3", EBS)
        good.append(b.bound("store", name, size, *classed))
        b.pod("store", f"{name.removeprefix('data-')}-pod", [name], node=("node-a1", "node-b1")[number % 2])
    for name, size in NFS:
        claim = b.claim("store", name, size, "manual", phase="Bound", spec={"volumeName": f"nfs-{name}"})
        nfs = {"nfs": {"server": "10.0.9.7", "path": f"/export/{name}"}}
        b.volume(f"nfs-{name}", size, "manual", nfs, owner=claim, policy="Retain")
        b.pod("store", f"{name}-web", [name], node="node-a1")
    b.bound("store", FILES, "20Gi", "efs", EFS, mode="ReadWriteMany")
    pod = b.pod("store", "importer-0", [FILES], node="node-b1", phase="Pending")
    pod["metadata"]["annotations"] = {"backup.velero.io/backup-volumes": "v0"}
    return good


def _nights(velero: VeleroBuilder, claims: list[Object]) -> None:
    velero.schedule(NIGHTLY, _cron(velero.b, _NIGHT, "*"), template=SERVED, last=_NIGHT)
    for night in range(NIGHTS):
        minutes = _NIGHT + night * DAY
        if night == _HALF_NIGHT:
            refused = "backup can't be created because BackupStorageLocation default is in Unavailable status."
            velero.backup(
                minutes, "FailedValidation", schedule=NIGHTLY, spec=SERVED, status={"validationErrors": [refused]}
            )
            continue
        failed = claims[-1:] if night == _BAD_NIGHT else []
        phase = "PartiallyFailed" if failed else "Completed"
        status = {"warnings": 3, **({"errors": 1} if failed else {})}
        made = velero.backup(minutes, phase, schedule=NIGHTLY, spec=SERVED, took=38, status=status)
        for number, claim in enumerate(claims):
            size = (5 + 11 * number) * GIB
            if claim in failed:
                velero.upload(made, claim, "Failed", total=size, message=_RESET, driver=_driver(claim))
            else:
                velero.upload(made, claim, total=size, driver=_driver(claim))


def _weekly(velero: VeleroBuilder) -> None:
    b = velero.b
    claim = b.bound("finance", "ledger-2025", "200Gi", "gp3", EBS)
    template = {"includedNamespaces": ["finance"], "snapshotMoveData": True, "ttl": "2160h0m0s"}
    weekday = str((b.now - timedelta(minutes=_STUCK)).isoweekday() % 7)
    velero.schedule(WEEKLY, _cron(b, _STUCK, weekday), template=template, last=_STUCK)
    old = velero.backup(_STUCK + 14 * DAY, schedule=WEEKLY, spec=template, took=95, ttl=2160)
    velero.upload(old, claim, total=120 * GIB)
    stuck = velero.backup(_STUCK, "InProgress", schedule=WEEKLY, spec=template, ttl=2160)
    velero.upload(stuck, claim, "InProgress", done=31 * GIB, total=121 * GIB)


def _others(b: Builder) -> None:
    b.bound("crm", "contacts", "30Gi", "gp3", EBS)
    k8up_schedule(b, "crm", cron="30 1 * * *")
    for night in range(5):
        k8up_backup(b, "crm", _NIGHT + 30 + night * DAY, schedule="daily")
        k8up_snapshot(b, "crm", "contacts", _NIGHT + 25 + night * DAY)
    b.bound("blog", "posts", "10Gi", "gp3", EBS)
    volsync_source(
        b, "blog", "posts", 4 * DAY, result="Failed", logs="Fatal: unable to open config file: 403 Forbidden"
    )


def _cron(b: Builder, minutes: float, weekday: str) -> str:
    """Write the schedule that was due so many minutes ago, so that the last one was its last."""
    last = b.now - timedelta(minutes=minutes)
    return f"{last.minute} {last.hour} * * {weekday}"


def _driver(claim: Object) -> str:
    return CEPH if claim["spec"]["storageClassName"] == "ceph-block" else EBS
