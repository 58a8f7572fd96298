"""What a snapshot is taken of: its claim's volume, and the default class for that; or why it cannot be taken."""

import json

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at, block
from robusta_volumes._model.kind import CLAIM, SNAPSHOT_CLASS, VOLUME
from robusta_volumes._sandbox.csi_hands import DEFAULT_SNAPSHOT_CLASS, Hands


class Trouble(Exception):
    """Why a snapshot cannot be taken now, in the controller's words."""


def key(snapshot: Object) -> str:
    """Write a snapshot as messages do."""
    return f"{snapshot['metadata']['namespace']}/{snapshot['metadata']['name']}"


def claim_name(snapshot: Object) -> str:
    """Give the name of the claim that is to be snapshotted; "" for a snapshot that brings its content."""
    return str(at(snapshot, "spec", "source", "persistentVolumeClaimName") or "")


def volume_of(hands: Hands, snapshot: Object) -> Object:
    """Give the volume of the claim. Raises Trouble: when the two are not bound to each other."""
    name, namespace = claim_name(snapshot), snapshot["metadata"]["namespace"]
    claim = hands.look(CLAIM, name, namespace)
    if claim is None:
        why = json.dumps(f'persistentvolumeclaim "{name}" not found')
        raise Trouble(f"failed to retrieve PVC {name} from the lister: {why}")
    if at(claim, "status", "phase") != "Bound":
        raise Trouble(f"the PVC {name} is not yet bound to a PV, will not attempt to take a snapshot")
    wanted = at(claim, "spec", "volumeName") or ""
    volume = hands.look(VOLUME, wanted)
    if volume is None:
        why = json.dumps(f'persistentvolumes "{wanted}" not found')
        raise Trouble(f"failed to retrieve PV {wanted} from the API server: {why}")
    owner = block(volume, "spec", "claimRef")
    same_name = (owner.get("namespace"), owner.get("name")) == (namespace, name)
    if not same_name or owner.get("uid", claim["metadata"]["uid"]) != claim["metadata"]["uid"]:
        raise Trouble("claim in dataSource not bound or invalid")
    return volume


def default_class(hands: Hands, snapshot: Object) -> str:
    """Give the default class for the driver of the volume. Raises Trouble: when there is none, or more than one."""
    driver = at(volume_of(hands, snapshot), "spec", "csi", "driver")
    if not driver:
        raise Trouble(f"snapshotting non-CSI volumes is not supported, snapshot:{key(snapshot)}")
    names = [
        str(found["metadata"]["name"])
        for found in hands.store.find(SNAPSHOT_CLASS)
        if found.get("driver") == driver
        and block(found, "metadata", "annotations").get(DEFAULT_SNAPSHOT_CLASS) == "true"
    ]
    if not names:
        raise Trouble("cannot find default snapshot class")
    if len(names) > 1:
        raise Trouble(f"{len(names)} default snapshot classes were found")
    return names[0]
