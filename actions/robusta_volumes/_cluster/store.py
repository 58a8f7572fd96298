"""API objects in memory, with the verbs and the refusals of an API server."""

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.selectors import parse_fields, parse_labels
from robusta_volumes._cluster.store_files import load, newest_time, shift_times
from robusta_volumes._cluster.store_kinds import ensure_name, kind_of, naive_plural, precondition_failed
from robusta_volumes._cluster.store_patch import copied, patched
from robusta_volumes._model.errors import AlreadyExists, Conflict, Invalid, NotFound
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.times import UTC

__all__ = ["Admit", "Store", "kind_of", "load", "naive_plural", "newest_time", "shift_times"]

Admit = Callable[[Object | None, Object], Object]  # sees (old or None, new) first; gives what to keep, or raises
# Not for the writer to say.
_FIXED = ("name", "namespace", "uid", "creationTimestamp", "resourceVersion", "generateName", "deletionTimestamp")
_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def now_utc() -> datetime:
    """Give the time, aware."""
    return datetime.now(UTC)


class Store:
    """Objects of all kinds under one counter of versions; safe to use from several threads.

    What goes in and what comes out is copied. ``clock`` gives the time for creationTimestamp. With ``finalizers`` an
    object that has finalizers is marked on delete and goes when the last one is taken off, as in a cluster where
    controllers do that; without, it goes at once.
    """

    def __init__(
        self, objects: Iterable[Object] = (), clock: Callable[[], datetime] = now_utc, *, finalizers: bool = False
    ) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self._finalizers = finalizers
        self._kinds: dict[tuple[str, str], Kind] = {}
        self._kept: dict[tuple[str, str], dict[tuple[str, str], Object]] = {}
        given = [copied(item) for item in objects]
        versions = (str((item.get("metadata") or {}).get("resourceVersion", "")) for item in given)
        self._version = max((int(version) for version in versions if version.isdigit()), default=0)
        self.take(given)

    def take(self, items: Iterable[Object]) -> None:
        """Keep objects as they were written down, with their own times; what is there under their names is replaced."""
        with self.lock:
            for item in map(copied, items):
                kind = kind_of(item)
                self._stamp(kind, item)
                if not item["metadata"].get("resourceVersion"):
                    self._version += 1
                    item["metadata"]["resourceVersion"] = str(self._version)
                self._put(kind, item)

    def honour_finalizers(self) -> None:
        """Let an object with finalizers stay, from now on, until somebody takes them off."""
        self._finalizers = True

    @property
    def version(self) -> str:
        """The newest resourceVersion that was given out."""
        return str(self._version)

    def kinds(self) -> list[Kind]:
        """Every kind that is or was held."""
        with self.lock:
            return list(self._kinds.values())

    def find(self, kind: Kind, namespace: str | None = None, labels: str = "", fields: str = "") -> list[Object]:
        """List objects, sorted by namespace and name; ``labels`` and ``fields`` are selectors as kubectl takes them.

        Raises Invalid: when a selector is malformed.
        """
        label_tests, terms = parse_labels(labels), parse_fields(fields)
        with self.lock:
            kept = self._bucket(kind)
            return [
                copied(item)
                for (space, _), item in sorted(kept.items())
                if (not namespace or not kind.namespaced or space == namespace)
                and all(term.holds(item) for term in terms)
                and (not label_tests or all(test(item["metadata"].get("labels") or {}) for test in label_tests))
            ]

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Object:
        """Read one object. Raises NotFound."""
        with self.lock:
            found: Object = copied(self._held(kind, name, namespace))
            return found

    def create(self, item: Mapping[str, Any], *, admit: Admit | None = None, dry_run: bool = False) -> Object:
        """Keep a new object, with uid, creationTimestamp and resourceVersion.

        Raises AlreadyExists, Invalid, and whatever ``admit`` raises.
        """
        kind, new = kind_of(item), copied(item)
        metadata = new.setdefault("metadata", {})
        with self.lock:
            ensure_name(kind, metadata)
            if self._key(kind, metadata["name"], metadata.get("namespace")) in self._bucket(kind):
                message = f'{kind.resource} "{metadata["name"]}" already exists'
                raise AlreadyExists(message, "Choose another name, or change the object that is there.")
            for field in ("uid", "creationTimestamp", "resourceVersion", "deletionTimestamp"):
                metadata.pop(field, None)
            if kind.namespaced:
                metadata["namespace"] = metadata.get("namespace") or "default"
            new = admit(None, new) if admit else new
            self._stamp(kind, new)
            return self._keep(kind, new, dry_run=dry_run)

    def replace(self, item: Mapping[str, Any], *, admit: Admit | None = None, dry_run: bool = False) -> Object:
        """Put an object in place of the one with its name; a resourceVersion in it must be the current one.

        Raises NotFound, Conflict, and whatever ``admit`` raises.
        """
        kind = kind_of(item)
        metadata = item.get("metadata") or {}
        with self.lock:
            old = self._held(kind, metadata.get("name", ""), metadata.get("namespace"))
            return self._change(kind, old, copied(item), admit, dry_run=dry_run)

    def patch(
        self,
        kind: Kind,
        name: str,
        namespace: str | None,
        changes: Any,
        patch_type: str = "merge",
        *,
        admit: Admit | None = None,
        dry_run: bool = False,
    ) -> Object:
        """Change one object; ``patch_type`` is ``merge``, ``json`` or ``strategic`` (treated as ``merge``).

        Raises NotFound, Invalid, Conflict (a resourceVersion in ``changes`` is not the current one), and whatever
        ``admit`` raises.
        """
        with self.lock:
            old = self._held(kind, name, namespace)
            return self._change(kind, old, patched(old, changes, patch_type), admit, dry_run=dry_run)

    def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        *,
        dry_run: bool = False,
    ) -> Object:
        """Remove one object, only if it has this uid and this resourceVersion; gives what was removed.

        Raises NotFound, Conflict.
        """
        with self.lock:
            old = self._held(kind, name, namespace)
            metadata = old["metadata"]
            if uid and uid != metadata["uid"]:
                raise precondition_failed(kind, name, "UID", uid, metadata["uid"])
            if resource_version and resource_version != metadata["resourceVersion"]:
                found = metadata["resourceVersion"]
                raise precondition_failed(kind, name, "ResourceVersion", resource_version, found)
            gone: Object = copied(old)
            if self._finalizers and metadata.get("finalizers"):
                if not metadata.get("deletionTimestamp"):
                    gone["metadata"] |= {"deletionTimestamp": self._now(), "deletionGracePeriodSeconds": 0}
                    gone = self._keep(kind, gone, dry_run=dry_run)
            elif not dry_run:
                self._drop(kind, gone)
            return gone

    def _change(self, kind: Kind, old: Object, new: Object, admit: Admit | None, *, dry_run: bool) -> Object:
        """Keep ``new`` in place of ``old``."""
        was, wanted = old["metadata"], new.setdefault("metadata", {})
        refusal = f'Operation cannot be fulfilled on {kind.resource} "{was["name"]}"'
        if wanted.get("uid", was["uid"]) != was["uid"]:
            found = f"UID in precondition: {wanted['uid']}, UID in object meta: {was['uid']}"
            raise Conflict(f"{refusal}: Precondition failed: {found}", "Read the object again.")
        if (wanted.get("resourceVersion") or was["resourceVersion"]) != was["resourceVersion"]:
            raise Conflict(f"{refusal}: {_MODIFIED}", "Read the object again.")
        for field in _FIXED:
            wanted.pop(field, None)
            if field in was:
                wanted[field] = was[field]
        new |= {"apiVersion": old["apiVersion"], "kind": old["kind"]}
        new = admit(copied(old), new) if admit else new
        if new == old:  # an API server gives no new version for a change that changes nothing
            same: Object = copied(old)
            return same
        if self._finalizers and wanted.get("deletionTimestamp") and not wanted.get("finalizers"):
            if not dry_run:
                self._drop(kind, new)
            return new
        return self._keep(kind, new, dry_run=dry_run)

    def _keep(self, kind: Kind, item: Object, *, dry_run: bool) -> Object:
        if dry_run:
            return item
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        self._put(kind, item)
        given: Object = copied(item)
        return given

    def _put(self, kind: Kind, item: Object) -> None:
        self._kinds.setdefault((kind.group, kind.name), kind)
        metadata = item["metadata"]
        key = self._key(kind, metadata["name"], metadata.get("namespace"))
        self._kept.setdefault((kind.group, kind.name), {})[key] = item

    def _drop(self, kind: Kind, item: Object) -> None:
        self._version += 1
        metadata = item["metadata"]
        del self._bucket(kind)[self._key(kind, metadata["name"], metadata.get("namespace"))]

    def _stamp(self, kind: Kind, item: Object) -> None:
        """Give what is missing of namespace, uid and creationTimestamp."""
        metadata = item.setdefault("metadata", {})
        if not metadata.get("name"):
            raise Invalid(f"a {kind.name} has no metadata.name", "Give the object a name.")
        if kind.namespaced and not metadata.get("namespace"):
            metadata["namespace"] = "default"
        metadata.setdefault("uid", str(uuid.uuid4()))
        metadata.setdefault("creationTimestamp", self._now())

    def _held(self, kind: Kind, name: str, namespace: str | None) -> Object:
        held = self._bucket(kind).get(self._key(kind, name, namespace))
        if held is None:
            message = f'{kind.resource} "{name}" not found'
            raise NotFound(message, "Check the name and the namespace; a missing namespace answers the same.")
        return held

    def _bucket(self, kind: Kind) -> dict[tuple[str, str], Object]:
        return self._kept.get((kind.group, kind.name), {})

    def _key(self, kind: Kind, name: str, namespace: str | None) -> tuple[str, str]:
        return ((namespace or "default") if kind.namespaced else "", name)

    def _now(self) -> str:
        return self.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
