"""The storage controllers of the sandbox: a claim that asks for more grows, a volume that is offered to a claim is bound.

One `step` moves each object by one stage, as a real cluster shows it; started, they step in a thread of their own.
"""

import contextlib
from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.errors import NotFound
from robusta_volumes._model.kind import CLAIM, POD, VOLUME
from robusta_volumes._model.times import UTC
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._sandbox.stepping import Stepping


class Controllers(Stepping):
    """Resizer, kubelet and binder over one store. ``refused``: claims whose growth the backend refuses, and its words."""

    def __init__(self, store: Store, refused: Mapping[tuple[str, str], str] | None = None) -> None:
        super().__init__()
        self.store = store
        self.refused = dict(refused or {})

    def step(self) -> None:
        """Move everything by one stage."""
        for item in self.store.find(CLAIM):
            self._grow(read.claim(item))
        for item in self.store.find(VOLUME):
            self._offer(read.volume(item))

    def _grow(self, claim: Claim) -> None:
        if claim.phase != "Bound" or not claim.requested or claim.requested <= (claim.capacity or 0):
            return
        if words := self.refused.get(claim.meta.key):
            self._status(claim, "ControllerResizeError", "ControllerResizeInfeasible", words)
        elif not claim.resize_status:
            self._status(claim, "Resizing", "ControllerResizeInProgress")
        elif claim.resize_status == "ControllerResizeInProgress":
            with contextlib.suppress(NotFound):
                self.store.patch(
                    VOLUME, claim.volume_name, None, {"spec": {"capacity": {"storage": self._asked(claim)}}}
                )
            self._status(claim, "FileSystemResizePending", "NodeResizePending")
        elif claim.resize_status == "NodeResizePending" and self._mounted(claim):
            status: Object = {
                "capacity": {"storage": self._asked(claim)},
                "conditions": [],
                "allocatedResourceStatuses": None,
            }
            self.store.patch(CLAIM, claim.meta.name, claim.meta.namespace, {"status": status})

    def _asked(self, claim: Claim) -> str:
        item = self.store.get(CLAIM, claim.meta.name, claim.meta.namespace)
        return str(item["spec"]["resources"]["requests"]["storage"])

    def _status(self, claim: Claim, condition: str, state: str, words: str = "") -> None:
        entry: Object = {"type": condition, "status": "True", "lastTransitionTime": self._now()}
        if words:
            entry["message"] = words
        status: Object = {"conditions": [entry], "allocatedResourceStatuses": {"storage": state}}
        if not any(c.type == condition for c in claim.conditions):
            self.store.patch(CLAIM, claim.meta.name, claim.meta.namespace, {"status": status})

    def _mounted(self, claim: Claim) -> bool:
        pods = self.store.find(POD, claim.meta.namespace)
        volumes = [v for p in pods if p["status"].get("phase") == "Running" for v in p["spec"].get("volumes") or ()]
        return any((v.get("persistentVolumeClaim") or {}).get("claimName") == claim.meta.name for v in volumes)

    def _offer(self, volume: Volume) -> None:
        """Make a volume Available when its claimRef names no uid, and bind it to that claim once it is there."""
        ref = volume.claim_ref
        if ref is None or ref.uid or volume.meta.deleted:
            return
        if volume.phase in {"Released", "Failed"}:
            self._phase(volume, {"phase": "Available", "message": None, "reason": None})
            return
        with contextlib.suppress(NotFound):
            found = self.store.get(CLAIM, ref.name, ref.namespace)
            if found["status"].get("phase") == "Pending":
                self._bind(volume, found)

    def _bind(self, volume: Volume, claim: Object) -> None:
        meta = claim["metadata"]
        self.store.patch(VOLUME, volume.meta.name, None, {"spec": {"claimRef": {"uid": meta["uid"]}}})
        self._phase(volume, {"phase": "Bound"})
        held = self.store.get(VOLUME, volume.meta.name)["spec"]
        status = {"phase": "Bound", "capacity": held["capacity"], "accessModes": held["accessModes"]}
        change = {"spec": {"volumeName": volume.meta.name}, "status": status}
        self.store.patch(CLAIM, meta["name"], meta["namespace"], change)

    def _phase(self, volume: Volume, status: Mapping[str, Any]) -> None:
        change = {"status": {**status, "lastPhaseTransitionTime": self._now()}}
        self.store.patch(VOLUME, volume.meta.name, None, change)

    def _now(self) -> str:
        return self.store.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
