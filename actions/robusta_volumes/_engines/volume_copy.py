"""What a copy to look into is made of: a snapshot, and a claim restored from it. Pure: manifests.

Both have one name, which is the lock of their claim, carry the label of what looks into volumes, and say until when somebody
may wait for them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from robusta_volumes._engines.csi_snapshots import restore_manifest, snapshot_called
from robusta_volumes._engines.inspector_pod import sum_of
from robusta_volumes._model.contents import Copy
from robusta_volumes._model.ours import CHOICE, CLAIM_NAME, ENDS, INSPECTS, MANAGED_BY, OURS
from robusta_volumes._model.quantity import as_quantity


def labels_of(way: Copy) -> dict[str, str]:
    """Give the labels by which all of it is found."""
    return {MANAGED_BY: OURS, INSPECTS: sum_of(way.claim.meta.uid)}


def copy_snapshot(way: Copy, ends: datetime) -> dict[str, Any]:
    """Write the snapshot."""
    return snapshot_called(way.name, way.claim, way.snapshot_class, labels_of(way), _notes(way, ends))


def copy_claim(way: Copy, size: int, ends: datetime) -> dict[str, Any]:
    """Write the claim that is restored from it."""
    claim = way.claim
    made = restore_manifest(
        way.name,
        claim.meta.namespace,
        way.name,
        as_quantity(size),
        way.storage_class,
        claim.modes_asked,
        claim.volume_mode,
    )
    made["metadata"] |= {"labels": labels_of(way)}
    made["metadata"]["annotations"] |= {CHOICE: "false", **_notes(way, ends)}
    return made


def _notes(way: Copy, ends: datetime) -> Mapping[str, str]:
    return {CLAIM_NAME: way.claim.meta.name, ENDS: ends.isoformat(timespec="seconds")}
