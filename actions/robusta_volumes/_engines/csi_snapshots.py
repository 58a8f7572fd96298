"""How the CSI snapshot API says what we mean. Pure: names and manifests.

API: https://kubernetes.io/docs/concepts/storage/volume-snapshots/ (snapshot.storage.k8s.io/v1).
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from robusta_volumes._model import ours
from robusta_volumes._model.backup import EXCLUDED
from robusta_volumes._model.kind import CLAIM, SNAPSHOT
from robusta_volumes._model.volume import Claim

_LABEL = 63  # characters of a label value, and of a name that fits wherever Kubernetes uses one
_CLAIM_PART, _SCHEDULE_PART, _HASH = 24, 14, 8


def short_label(text: str) -> str:
    """Shorten a name to a label value; what is cut is replaced by a hash, so that two long names stay two."""
    if len(text) <= _LABEL:
        return text
    return f"{text[:54].rstrip('-.')}-{_digest(text)}"


def snapshot_name(claim: Claim, schedule: str, slot: datetime) -> str:
    """Name the snapshot of one claim for one slot: the same each time it is asked for, so that a slot is served once.

    At most 63 characters. Long names are cut, and a hash of the whole (schedule, namespace, claim's uid) keeps them apart.
    """
    whole = _digest("\x1f".join((schedule, claim.meta.namespace, claim.meta.uid or claim.meta.name)))
    parts = (
        claim.meta.name[:_CLAIM_PART].rstrip("-."),
        schedule.lower()[:_SCHEDULE_PART].rstrip("-."),
        whole,
        ours.slot_text(slot).lower(),
    )
    return "-".join(part for part in parts if part)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH]


def snapshot_manifest(
    claim: Claim,
    schedule: str,
    slot: datetime,
    class_name: str,
    *,
    labels: Mapping[str, str] | None = None,
    retain: bool = False,
) -> dict[str, Any]:
    """Write the VolumeSnapshot of one claim for one slot; ``schedule`` "" is one made by hand.

    Labels of the claim are not copied: a deployment tool's label would make that tool delete the snapshot.
    """
    name = snapshot_name(claim, schedule or "manual", slot)
    own = {ours.MANAGED_BY: ours.OURS, ours.SLOT: ours.slot_text(slot), ours.CLAIM_UID: claim.meta.uid}
    notes = {ours.SELF: name, ours.CLAIM_NAME: claim.meta.name}
    if schedule:
        own[ours.SCHEDULE] = short_label(schedule)
        notes[ours.SCHEDULE_NAME] = schedule
    if retain:
        notes[ours.RETAIN] = "schedule"
    return snapshot_called(name, claim, class_name, {**(labels or {}), **own}, notes)


def snapshot_called(
    name: str, claim: Claim, class_name: str, labels: Mapping[str, str], notes: Mapping[str, str]
) -> dict[str, Any]:
    """Write a VolumeSnapshot of one claim, under a name of one's own."""
    return {
        "apiVersion": SNAPSHOT.api_version,
        "kind": SNAPSHOT.name,
        "metadata": {
            "name": name,
            "namespace": claim.meta.namespace,
            "labels": dict(labels),
            "annotations": dict(notes),
        },
        "spec": {
            "volumeSnapshotClassName": class_name,
            "source": {"persistentVolumeClaimName": claim.meta.name},
        },
    }


def restore_manifest(
    name: str, namespace: str, snapshot: str, size: str, class_name: str, modes: tuple[str, ...], volume_mode: str
) -> dict[str, Any]:
    """Write the new claim that is restored from a snapshot of its namespace."""
    return {
        "apiVersion": CLAIM.api_version,
        "kind": CLAIM.name,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {ours.CHOICE: "false", f"{ours.DOMAIN}/restored-from": snapshot},
        },
        "spec": {
            "accessModes": list(modes),
            "volumeMode": volume_mode,
            "storageClassName": class_name,
            "resources": {"requests": {"storage": size}},
            "dataSource": {"apiGroup": SNAPSHOT.group, "kind": SNAPSHOT.name, "name": snapshot},
        },
    }


def trial_name(claim: str, snapshot_uid: str) -> str:
    """Name the claim that a test of a snapshot makes: the same each time, so that two tests of one never meet."""
    return f"{claim[:_CLAIM_PART].rstrip('-.') or 'snapshot'}-verify-{_digest(snapshot_uid)}"


def trial_manifest(claim: str, restored: dict[str, Any]) -> dict[str, Any]:
    """Mark a claim that is restored from a snapshot as made by a test: no schedule of anybody saves it."""
    meta = restored["metadata"]
    labels = {ours.MANAGED_BY: ours.OURS, ours.VERIFIES: "true", EXCLUDED: "true"}
    notes = {
        ours.SELF: meta["name"],
        ours.CLAIM_NAME: claim,
        ours.BACKUP_CHOICE: "false",
        ours.BACKUP_REASON: "made by a test of a snapshot, and gone when that is over",
    }
    return {**restored, "metadata": {**meta, "labels": labels, "annotations": {**meta["annotations"], **notes}}}
