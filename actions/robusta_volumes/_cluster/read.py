"""API objects become what we understand. Pure; the only place that cares which fields may be missing."""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster.fields import at, block, blocks, mapping, said, strings
from robusta_volumes._cluster.read_claims import applied_size, asked_at
from robusta_volumes._cluster.read_health import volume_health
from robusta_volumes._cluster.read_parameters import harmless
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._model.requirement import Requirement
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.volume import (
    Attachment,
    Claim,
    ClaimRef,
    Condition,
    Event,
    Meta,
    Named,
    Quota,
    Volume,
)

_PROVISIONER = ("volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner")
_NOT_A_SOURCE = {
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
}


def meta(o: Mapping[str, Any]) -> Meta:
    """Read ``metadata``."""
    m = block(o, "metadata")
    owners = [r for r in blocks(m, "ownerReferences") if r.get("controller")]
    return Meta(
        name=str(m.get("name") or ""),
        namespace=str(m.get("namespace") or ""),
        uid=str(m.get("uid") or ""),
        created=parse_time(m.get("creationTimestamp")),
        deleted=parse_time(m.get("deletionTimestamp")),
        finalizers=strings(m.get("finalizers")),
        labels=mapping(m.get("labels")),
        annotations=mapping(m.get("annotations")),
        owner=(str(owners[0].get("kind")), str(owners[0].get("name"))) if owners else None,
    )


def conditions(o: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Read the conditions that are True."""
    return tuple(
        Condition(
            str(c.get("type") or ""),
            str(c.get("reason") or ""),
            str(c.get("message") or ""),
            parse_time(c.get("lastTransitionTime")),
        )
        for c in blocks(o, "status", "conditions")
        if c.get("status") == "True"
    )


def claim(o: Mapping[str, Any]) -> Claim:
    """Read a PersistentVolumeClaim."""
    about, spec, status = meta(o), block(o, "spec"), block(o, "status")
    source = block(spec, "dataSourceRef") or block(spec, "dataSource")
    class_name = said(spec.get("storageClassName"))
    if class_name is None:
        class_name = about.annotations.get("volume.beta.kubernetes.io/storage-class")
    return Claim(
        meta=about,
        phase=str(status.get("phase") or "Pending"),
        class_name=class_name,
        volume_name=str(spec.get("volumeName") or ""),
        requested=bytes_of(at(spec, "resources", "requests", "storage")),
        capacity=bytes_of(at(status, "capacity", "storage")),
        modes_asked=strings(spec.get("accessModes")),
        modes_granted=strings(status.get("accessModes")),
        volume_mode=str(spec.get("volumeMode") or "Filesystem"),
        conditions=conditions(o),
        resize_status=str(at(status, "allocatedResourceStatuses", "storage") or ""),
        source=(str(source.get("kind")), str(source.get("name"))) if source else None,
        selector=block(spec, "selector") or None,
        provisioner=next((about.annotations[a] for a in _PROVISIONER if a in about.annotations), ""),
        selected_node=about.annotations.get("volume.kubernetes.io/selected-node", ""),
        source_namespace=str(source.get("namespace") or ""),
        applied=applied_size(about),
        asked_at=asked_at(o),
        attributes_class=str(spec.get("volumeAttributesClassName") or ""),
        attributes_now=str(status.get("currentVolumeAttributesClassName") or ""),
        modify_status=str(at(status, "modifyVolumeStatus", "status") or ""),
        health=volume_health(block(status, "healthStatus")),
    )


def _backend(source: str, spec: Mapping[str, Any]) -> str:
    """Name where the data lies. Of a CSI volume only the handle: attributes may hold credentials."""
    if source == "csi":
        return f"{spec.get('driver')} {spec.get('volumeHandle')}"
    if source == "nfs":
        return f"nfs {spec.get('server')}:{spec.get('path')}"
    if source == "iscsi":
        return f"iscsi {spec.get('targetPortal')} {spec.get('iqn')} lun {spec.get('lun')}"
    for key in ("path", "volumeID", "pdName", "diskURI", "volumePath"):
        if spec.get(key):
            return f"{source} {spec[key]}"
    return source


def _handle(source: str, spec: Mapping[str, Any]) -> str:
    """Give the driver's own name of a volume: what metrics, devices and providers know it by."""
    if source == "nfs":
        return f"{spec.get('server')}:{spec.get('path')}"
    names = ("volumeHandle", "volumeID", "pdName", "diskName", "path", "volumePath")
    return str(next((spec[name] for name in names if spec.get(name)), ""))


def volume(o: Mapping[str, Any]) -> Volume:
    """Read a PersistentVolume."""
    about, spec, status = meta(o), block(o, "spec"), block(o, "status")
    source = next((key for key in spec if key not in _NOT_A_SOURCE and isinstance(spec[key], Mapping)), "unknown")
    ref = block(spec, "claimRef")
    return Volume(
        meta=about,
        phase=str(status.get("phase") or "Pending"),
        reason=str(status.get("reason") or ""),
        message=str(status.get("message") or ""),
        phase_since=parse_time(status.get("lastPhaseTransitionTime")),
        class_name=str(spec.get("storageClassName") or ""),
        capacity=bytes_of(at(spec, "capacity", "storage")),
        modes=strings(spec.get("accessModes")),
        volume_mode=str(spec.get("volumeMode") or "Filesystem"),
        reclaim_policy=str(spec.get("persistentVolumeReclaimPolicy") or "Retain"),
        claim_ref=ClaimRef(str(ref.get("namespace") or ""), str(ref.get("name") or ""), str(ref.get("uid") or ""))
        if ref
        else None,
        source=source,
        maker=about.annotations.get("pv.kubernetes.io/provisioned-by", ""),
        driver=str(at(spec, "csi", "driver") or source),
        backend=_backend(source, block(spec, source)),
        attributes_class=str(spec.get("volumeAttributesClassName") or ""),
        handle=_handle(source, block(spec, source)),
        attributes=harmless(at(spec, "csi", "volumeAttributes")),
        mount_options=strings(spec.get("mountOptions")),
        node_affinity=tuple(
            tuple(
                Requirement(str(r.get("key")), str(r.get("operator")), strings(r.get("values")))
                for r in blocks(term, "matchExpressions")
            )
            for term in blocks(spec, "nodeAffinity", "required", "nodeSelectorTerms")
        ),
    )


def _code(value: object) -> int | None:
    return value if isinstance(value, int) else None


def attachment(o: Mapping[str, Any]) -> Attachment:
    """Read a VolumeAttachment."""
    return Attachment(
        meta=meta(o),
        attacher=str(at(o, "spec", "attacher") or ""),
        node=str(at(o, "spec", "nodeName") or ""),
        volume_name=str(at(o, "spec", "source", "persistentVolumeName") or ""),
        attached=at(o, "status", "attached") is True,
        attach_error=str(at(o, "status", "attachError", "message") or ""),
        detach_error=str(at(o, "status", "detachError", "message") or ""),
        metadata=harmless(at(o, "status", "attachmentMetadata")),
        error_code=_code(at(o, "status", "detachError", "errorCode") or at(o, "status", "attachError", "errorCode")),
    )


def named(o: Mapping[str, Any]) -> Named:
    """Read an object of which only the identity and its driver matter."""
    return Named(meta(o), str(at(o, "driver") or ""), str(at(o, "deletionPolicy") or ""))


def _about_volumes(key: str) -> bool:
    """Tell storage and counts of claims from what pods use up on their nodes."""
    return ("storage" in key or "claims" in key) and "ephemeral-storage" not in key


def quota(o: Mapping[str, Any]) -> Quota:
    """Read a ResourceQuota: the amounts that the quota controller counted, storage and counts only."""

    def amounts(value: object) -> dict[str, int]:
        pairs = ((key, bytes_of(amount)) for key, amount in mapping(value).items() if _about_volumes(key))
        return {key: amount for key, amount in pairs if amount is not None}

    return Quota(meta(o), amounts(at(o, "status", "hard") or at(o, "spec", "hard")), amounts(at(o, "status", "used")))


def event(o: Mapping[str, Any]) -> Event:
    """Read an Event of either API: core/v1 (involvedObject, message) or events.k8s.io/v1 (regarding, note)."""
    o = block(o)
    about = block(o, "involvedObject") or block(o, "regarding")
    first = o.get("firstTimestamp") or o.get("deprecatedFirstTimestamp") or o.get("eventTime")
    last = (
        at(o, "series", "lastObservedTime")
        or o.get("lastTimestamp")
        or o.get("deprecatedLastTimestamp")
        or o.get("eventTime")
        or at(o, "metadata", "creationTimestamp")
    )
    number = at(o, "series", "count") or o.get("count") or o.get("deprecatedCount") or 1
    return Event(
        kind=str(about.get("kind") or ""),
        namespace=str(about.get("namespace") or ""),
        name=str(about.get("name") or ""),
        uid=str(about.get("uid") or ""),
        type=str(o.get("type") or ""),
        reason=str(o.get("reason") or ""),
        message=str(o.get("message") or o.get("note") or ""),
        count=number if isinstance(number, int) else 1,
        first=parse_time(first) or parse_time(at(o, "metadata", "creationTimestamp")),
        last=parse_time(last),
    )
