"""The story "shop" as it happens: what is there from the start, and what breaks while somebody watches."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from robusta_volumes._sandbox.builder import Builder, Object, as_change, as_forwarded
from robusta_volumes._sandbox.story_shop import EBS

CLAIM, VOLUME, POD = "PersistentVolumeClaim", "PersistentVolume", "Pod"
Name = tuple[str, str, str]  # kind, namespace, name
# What comes into being with each event of the story; its Kubernetes Events come with it.
_LATE: Mapping[str, tuple[Name, ...]] = {
    "class typo": ((CLAIM, "shop", "cart-cache"),),
    "no class": ((CLAIM, "ci", "artifacts"),),
    "driver missing": ((CLAIM, "analytics", "exports"),),
    "pod unschedulable": ((CLAIM, "media", "gpu-scratch"), (POD, "media", "transcoder-gpu")),
    "static mismatch": ((CLAIM, "media", "archive"),),
    "volume taken": ((CLAIM, "payments", "ledger-copy"),),
    "claim missing": ((POD, "shop", "image-resizer"),),
    "node gone": ((CLAIM, "ci", "build-cache"), (VOLUME, "", "local-build-cache"), (POD, "ci", "builder-0")),
    "one pod only": ((POD, "media", "encoder-b"),),
    "cannot mount": ((POD, "media", "thumbnailer"),),
    "quota": (),
    "released": ((VOLUME, "", "pvc-ledger-2024"),),
    "failed": ((VOLUME, "", "nfs-tmp"),),
    "lost": ((CLAIM, "analytics", "events"),),
}


def name_of(item: Mapping[str, Any]) -> Name:
    """Name an object."""
    return item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]


def steps(objects: Sequence[Object], sent: Mapping[str, Object]) -> tuple[list[Object], dict[str, list[Object]]]:
    """Split the story: what is there from the start, and what each event brings."""
    brought: dict[str, list[Object]] = {}
    for step, names in _LATE.items():
        own = {*names, name_of(sent[step])}
        brought[step] = [o for o in objects if name_of(o) in own or _regards(o) in names]
    late = {name_of(o) for some in brought.values() for o in some}
    return [o for o in objects if name_of(o) not in late], brought


def _regards(item: Mapping[str, Any]) -> Name | None:
    about = item.get("involvedObject")
    return (about["kind"], about.get("namespace", ""), about["name"]) if about else None


def repaired(now: datetime) -> tuple[list[Object], Object]:
    """Make the claim with the typo again, with the right class: its objects, and the change of its volume as posted."""
    b = Builder(now)
    b.bound("shop", "cart-cache", "8Gi", "gp3", EBS, age=0.2)
    b.pod("shop", "cart-0", ["cart-cache"], node="node-b1", age=0.2)
    volume = next(o for o in b.objects if o["kind"] == VOLUME)
    return b.objects, as_change("update", volume, {**volume, "status": {"phase": "Pending"}})


def driver_down(objects: Sequence[Object], now: datetime) -> tuple[list[Object], list[Object]]:
    """Let the driver of the disks vanish from a node: its pods hang. Gives what changes, and the events as posted."""
    b, node = Builder(now), "node-a1"
    claims = {name_of(o)[1:]: o for o in objects if o["kind"] == CLAIM}
    csi = next(o for o in objects if o["kind"] == "CSINode" and o["metadata"]["name"] == node)
    left = [d for d in csi["spec"]["drivers"] if d["name"] != EBS]
    changed: list[Object] = [{**csi, "spec": {"drivers": left}}]
    posted = []
    for pod in (o for o in objects if o["kind"] == POD and o["spec"].get("nodeName") == node):
        names = [
            v["persistentVolumeClaim"]["claimName"] for v in pod["spec"]["volumes"] if "persistentVolumeClaim" in v
        ]
        space = pod["metadata"]["namespace"]
        disks = [n for n in names if claims[space, n]["spec"].get("storageClassName") == "gp3"]
        if not disks or pod["status"]["phase"] != "Running":
            continue
        waits = {"phase": "Pending", "startTime": b.at(7), "conditions": [{"type": "PodScheduled", "status": "True"}]}
        changed.append({**pod, "status": waits})
        volume = claims[space, disks[0]]["spec"]["volumeName"]
        text = (
            f'MountVolume.MountDevice failed for volume "{volume}" : kubernetes.io/csi: attacher.MountDevice failed to '
            f"create newCsiDriverClient: driver name {EBS} not found in the list of registered CSI drivers"
        )
        posted.append(as_forwarded(b.event(pod, "FailedMount", text, count=6, age=7)))
    return [*changed, *b.objects], posted
