"""The story "nights": claims with two weeks of snapshots, a schedule whose slot is due now, and one whose snapshot is late."""

from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from robusta_volumes._cluster import read
from robusta_volumes._engines.csi_snapshots import snapshot_manifest
from robusta_volumes._model import kind as k
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._sandbox.builder import DAY, Builder, Object
from robusta_volumes._sandbox.csi_hands import AS_SOURCE, BOUND, ON_CONTENT
from robusta_volumes._sandbox.story_shop import CEPH, EBS, LONGHORN

NIGHTS, KEPT = 16, 14  # nights that were served, and days that they are kept: some are too old
QUOTA = ("snapshots", "erp")
_COUNT = f"count/{k.SNAPSHOT.resource}"
_NIGHT, _EVENING = 5, 70  # minutes since the slot of each schedule: one is due, the other's snapshot is late
THROTTLED = "rpc error: code = ResourceExhausted desc = snapshot rate of volume scans is exceeded"


def schedules(now: datetime) -> list[dict[str, Any]]:
    """Write the two schedules as users do, with slots so many minutes ago."""
    night, evening = (now - timedelta(minutes=minutes) for minutes in (_NIGHT, _EVENING))
    return [
        {
            "name": "nightly",
            "schedule": f"{night.minute} {night.hour} * * *",
            "namespaces": ["erp"],
            "retentionDays": KEPT,
            "maxParallel": 1,
        },
        {"name": "evening", "schedule": f"{evening.minute} {evening.hour} * * *", "namespaces": ["archive"]},
    ]


def nights(now: datetime) -> list[Object]:
    """Build the two namespaces with their claims and the snapshots that were made before."""
    b = Builder(now)
    for name in ("erp", "archive"):
        b.add("Namespace", name, status={"phase": "Active"})
    erp = [b.bound("erp", name, size, "gp3", EBS) for name, size in (("invoices", "40Gi"), ("ledger", "100Gi"))]
    b.bound("erp", "search", "20Gi", "longhorn", LONGHORN)
    scans = b.bound("archive", "scans", "200Gi", "ceph-block", CEPH)
    for claim in erp:
        for day in range(1, NIGHTS + 1):
            _good(b, claim, "nightly", "ebs", _NIGHT + day * DAY)
    for day in (1, 2, 3):
        _good(b, scans, "evening", "ceph", _EVENING + day * DAY)
    _made(b, scans, "evening", "ceph", _EVENING)
    b.add("ResourceQuota", *QUOTA, **_hard(NIGHTS * len(erp) + 1))  # room for one more, and two are due
    return b.objects


def roomier() -> dict[str, Any]:
    """Give the change of the quota by which an administrator makes room."""
    return _hard(100)


def _hard(number: int) -> dict[str, Any]:
    return {"spec": {"hard": {_COUNT: str(number)}}}


def _made(b: Builder, claim: Object, schedule: str, class_name: str, minutes: float) -> Object:
    slot = (b.now - timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    found = snapshot_manifest(read.claim(claim), schedule, slot, class_name)
    uid = str(uuid5(NAMESPACE_URL, found["metadata"]["name"]))
    found["metadata"] |= {"uid": uid, "creationTimestamp": b.at(minutes - 1)}
    b.objects.append(found)
    return found


def _good(b: Builder, claim: Object, schedule: str, class_name: str, minutes: float) -> None:
    """Add one that is ready, with its content, as the controller and the driver left them."""
    size, made = claim["status"]["capacity"]["storage"], _made(b, claim, schedule, class_name, minutes)
    meta = made["metadata"]
    name, driver = f"snapcontent-{meta['uid']}", EBS if class_name == "ebs" else CEPH
    meta["finalizers"] = [AS_SOURCE, BOUND]
    made["status"] = {
        "boundVolumeSnapshotContentName": name,
        "creationTime": b.at(minutes - 1),
        "readyToUse": True,
        "restoreSize": size,
    }
    volume = next(o for o in b.objects if o["metadata"]["name"] == claim["spec"]["volumeName"])
    reference = {key: meta[key] for key in ("name", "namespace", "uid")}
    b.add(
        k.SNAPSHOT_CONTENT.name,
        name,
        api=k.SNAPSHOT_CONTENT.api_version,
        age=minutes - 1,
        metadata={"finalizers": [ON_CONTENT]},
        spec={
            "deletionPolicy": "Delete",
            "driver": driver,
            "source": {"volumeHandle": volume["spec"]["csi"]["volumeHandle"]},
            "sourceVolumeMode": "Filesystem",
            "volumeSnapshotClassName": class_name,
            "volumeSnapshotRef": {"apiVersion": made["apiVersion"], "kind": made["kind"], **reference},
        },
        status={
            "snapshotHandle": f"snap-{meta['uid']}",
            "creationTime": int((b.now - timedelta(minutes=minutes - 1)).timestamp()) * 10**9,
            "readyToUse": True,
            "restoreSize": bytes_of(size),
        },
    )
