"""What the snapshot and storage controllers of the sandbox do to objects: finalizers, annotations, status, events."""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.store import Store, kind_of
from robusta_volumes._model.errors import NotFound
from robusta_volumes._model.kind import EVENT, Kind
from robusta_volumes._model.times import UTC

_PREFIX = "snapshot.storage.kubernetes.io/"
ON_CLAIM = f"{_PREFIX}pvc-as-source-protection"  # finalizer of a claim that has a snapshot which is not ready
AS_SOURCE = f"{_PREFIX}volumesnapshot-as-source-protection"  # finalizer of every snapshot
BOUND = f"{_PREFIX}volumesnapshot-bound-protection"  # finalizer of a snapshot whose content goes with it
ON_CONTENT = f"{_PREFIX}volumesnapshotcontent-bound-protection"  # finalizer of a content
RESTORING = (
    "provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection"  # of a snapshot while it is restored
)
IN_USE = "kubernetes.io/pvc-protection"  # finalizer of every claim
BEING_CREATED = f"{_PREFIX}volumesnapshot-being-created"  # annotation of a content: the driver has not finally answered
BEING_DELETED = f"{_PREFIX}volumesnapshot-being-deleted"  # annotation of a content: its snapshot is going
DEFAULT_SNAPSHOT_CLASS = f"{_PREFIX}is-default-class"


class Hands:
    """Changes objects in the name of one ``component``."""

    def __init__(self, store: Store, component: str) -> None:
        self.store = store
        self.component = component
        self._told: dict[tuple[str, ...], str] = {}  # what an event says -> its name

    def look(self, kind: Kind, name: str, namespace: str | None = None) -> Object | None:
        """Read one object; None when it is not there."""
        try:
            return self.store.get(kind, name, namespace)
        except NotFound:
            return None

    def change(self, item: Object, changes: Mapping[str, Any]) -> Object:
        """Change an object by a merge patch; gives what it is now."""
        meta = item["metadata"]
        return self.store.patch(kind_of(item), meta["name"], meta.get("namespace"), changes)

    def status(self, item: Object, **fields: Any) -> Object:
        """Set fields of the status; None takes one away."""
        return self.change(item, {"status": fields})

    def annotate(self, item: Object, notes: Mapping[str, str | None]) -> Object:
        """Set annotations; None takes one away."""
        found = {**(item["metadata"].get("annotations") or {}), **notes}
        left = {key: value for key, value in found.items() if value is not None}
        return self.change(item, {"metadata": {"annotations": {**notes} if left else None}})

    def protect(self, item: Object, *finalizers: str) -> Object:
        """Add the finalizers that are missing."""
        found = list(item["metadata"].get("finalizers") or ())
        new = [name for name in finalizers if name not in found]
        return self.change(item, {"metadata": {"finalizers": found + new}}) if new else item

    def release(self, item: Object, *finalizers: str) -> Object:
        """Take finalizers off; with the last one an object that was deleted goes."""
        found = list(item["metadata"].get("finalizers") or ())
        left = [name for name in found if name not in finalizers]
        return item if left == found else self.change(item, {"metadata": {"finalizers": left or None}})

    def event(self, about: Object, type_: str, reason: str, message: str) -> None:
        """Record an event, or count it once more, as client-go does; about what has no namespace it is in ``default``."""
        meta = about["metadata"]
        namespace = meta.get("namespace") or "default"
        key = (meta["uid"], type_, reason, message)
        if (name := self._told.get(key)) and (found := self.look(EVENT, name, namespace)):
            self.change(found, {"count": found["count"] + 1, "lastTimestamp": self.now()})
            return
        self._told[key] = f"{meta['name']}.{self._stamp():x}"
        regarding = {"apiVersion": about["apiVersion"], "kind": about["kind"], "name": meta["name"], "uid": meta["uid"]}
        regarding |= {key: meta[key] for key in ("namespace", "resourceVersion") if key in meta}
        self.store.create(
            {
                "apiVersion": EVENT.api_version,
                "kind": EVENT.name,
                "metadata": {"name": self._told[key], "namespace": namespace},
                "involvedObject": regarding,
                "type": type_,
                "reason": reason,
                "message": message,
                "count": 1,
                "firstTimestamp": self.now(),
                "lastTimestamp": self.now(),
                "eventTime": None,
                "source": {"component": self.component},
                "reportingComponent": self.component,
                "reportingInstance": "",
            }
        )

    def now(self) -> str:
        """Write the time as API objects do."""
        return self.store.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def nanoseconds(self) -> int:
        """Give the time as contents write it."""
        return int(self.store.clock().timestamp() * 10**6) * 1000

    def _stamp(self) -> int:
        """Give a number of its own for an event's name: the clock may stand still."""
        return self.nanoseconds() + int(self.store.version)
