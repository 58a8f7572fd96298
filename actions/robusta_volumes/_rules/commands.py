"""Commands that several rules print; every name is quoted for the shell."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from robusta_volumes._model.text import quoted
from robusta_volumes._model.volume import Claim, Volume

_SPECIAL = re.compile(r"[\\/.*\[\]^$&]")  # what sed reads as more than itself, in a pattern or in what replaces it


def _sed(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def recreate_claim(claim: Claim, old: str, new: str, key: str = "storageClassName") -> str:
    """Re-create a claim that holds no data in another class, or with another value of ``key``.

    The line is matched from its key to its end: the name of a class is often a part of the claim's own name.
    """
    return _recreated(claim, f"s/{key}: {_sed(old)}$/{key}: {_sed(new)}/")


def recreate_without_volume(claim: Claim) -> str:
    """Re-create a claim that holds no data so that it takes any volume, or a new one."""
    return _recreated(claim, f"/^  volumeName: {_sed(claim.volume_name)}$/d")


def _recreated(claim: Claim, change: str) -> str:
    return (
        f"kubectl -n {quoted(claim.meta.namespace)} get pvc {quoted(claim.meta.name)} -o yaml"
        f" | sed {quoted(change)} | kubectl replace --force -f -"
    )


def patch_volume(name: str, changes: object) -> str:
    """Patch a volume: a list is a JSON patch, a mapping a merge patch."""
    kind = "merge" if isinstance(changes, Mapping) else "json"
    return f"kubectl patch pv {quoted(name)} --type {kind} -p {quoted(json.dumps(changes, separators=(',', ':')))}"


def keep_volumes(volumes: Iterable[Volume]) -> str:
    """Set policy Retain on several volumes at once."""
    changes = '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'
    names = " ".join(quoted(v.meta.name) for v in volumes)
    return f"kubectl patch pv {names} --type merge -p {quoted(changes)}"


def take_snapshot(claim: Claim, class_name: str) -> str:
    """Take a snapshot of a claim now."""
    made = {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": {"generateName": f"{claim.meta.name}-"},
        "spec": {
            "volumeSnapshotClassName": class_name,
            "source": {"persistentVolumeClaimName": claim.meta.name},
        },
    }
    return f"kubectl -n {quoted(claim.meta.namespace)} create -f - <<'EOF'\n{json.dumps(made)}\nEOF"


def patch_claim(claim: Claim, changes: Mapping[str, Any]) -> str:
    """Patch a claim with a merge patch."""
    return (
        f"kubectl -n {quoted(claim.meta.namespace)} patch pvc {quoted(claim.meta.name)} --type merge "
        f"-p {quoted(json.dumps(changes, separators=(',', ':')))}"
    )


def only_for(namespace: str, name: str) -> dict[str, Any]:
    """Give the claimRef that offers a volume to exactly one claim."""
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name}


GIVE_BACK = [
    {"op": "remove", "path": "/spec/claimRef/uid"},
    {"op": "remove", "path": "/spec/claimRef/resourceVersion"},
]
