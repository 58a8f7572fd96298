"""The verbs of the API server over a store: request in, status code and body out; no HTTP here."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.store import Admit, Store
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.kind import CLAIM, EVENT, POD, SNAPSHOT, SNAPSHOT_CONTENT, Kind
from robusta_volumes._sandbox.api_admission import admit
from robusta_volumes._sandbox.api_call import Call
from robusta_volumes._sandbox.api_events import check_fields, is_mirror, mirrored
from robusta_volumes._sandbox.api_kinds import built_in, has_status
from robusta_volumes._sandbox.api_pages import Pages
from robusta_volumes._sandbox.api_quota import count_usage
from robusta_volumes._sandbox.api_status import (
    NOT_ALLOWED,
    UNSUPPORTED,
    StatusError,
    bad_request,
    details,
    invalid,
    no_such_path,
    of_error,
)
from robusta_volumes._sandbox.ephemeral import added_to
from robusta_volumes._sandbox.rbac import Access, Ask

_PATCHES = {
    "application/merge-patch+json": "merge",
    "application/json-patch+json": "json",
    "application/strategic-merge-patch+json": "strategic",
}
_OK, _CREATED = 200, 201
_STEPPED = {CLAIM.resource, SNAPSHOT.resource, SNAPSHOT_CONTENT.resource}
# Deleting one of these answers the object; deleting anything else answers a Status.
_SHOWN_ON_DELETE = {"persistentvolumeclaims", "persistentvolumes", "pods", "storageclasses", "volumeattachments"}
_SHOWN_ON_DELETE |= {"resourcequotas", "services", "serviceaccounts", "csidrivers", "csinodes"}


@dataclass(frozen=True)
class Request:
    """What a request for a resource carries beside its path."""

    query: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    body: bytes = b""

    def content(self) -> Any:
        """Read the body as JSON; an empty one as {}. Raises StatusError: 400, or 415 for what is not JSON at all."""
        if self.body and "json" not in self.content_type and not self.body.lstrip().startswith((b"{", b"[")):
            raise _unknown_format(["application/json"])
        try:
            return json.loads(self.body) if self.body else {}
        except ValueError as error:
            raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error

    def dry_run(self, content: Any = None) -> bool:
        """Tell whether nothing is to be kept."""
        asked = content.get("dryRun") if isinstance(content, dict) else None
        return self.query.get("dryRun") == "All" or asked == ["All"]


@dataclass
class Verbs:
    """Answers calls from ``store``, for the user of ``access``; ``after`` comes after each for a snapshot or a claim."""

    store: Store
    access: Access
    after: Callable[[], object] = lambda: None
    pages: Pages = field(default_factory=Pages)

    def answer(self, call: Call, kind: Kind, request: Request) -> tuple[int, Object]:
        """Do what is asked. Raises StatusError."""
        try:
            answer = self._answer(call, kind, request)
        except ClusterError as error:
            raise of_error(error, kind, call.name, deleting=call.verb == "delete") from error
        if kind.resource in _STEPPED and not request.dry_run():
            self.after()
        return answer

    def _answer(self, call: Call, kind: Kind, request: Request) -> tuple[int, Object]:
        adds = call.subresource == "ephemeralcontainers" and kind == POD and call.verb == "patch"
        if call.subresource and not (call.subresource == "status" and has_status(kind)) and not adds:
            raise no_such_path()
        if kind.group == "authorization.k8s.io":
            return _CREATED, self._review(kind, request)
        if call.verb == "list":
            return _OK, self._list(call, kind, request.query)
        if call.verb == "get":
            source = EVENT if is_mirror(kind) else kind
            found = self.store.get(source, call.name, call.namespace)
            return _OK, mirrored(found) if is_mirror(kind) else found
        if call.verb not in {"create", "update", "patch", "delete"} or is_mirror(kind):
            message = "the server does not allow this method on the requested resource"
            raise StatusError(NOT_ALLOWED, "MethodNotAllowed", message, {})
        code, answer = self._write(call, kind, request)
        if not request.dry_run():
            count_usage(self.store, kind, call.namespace)
        return code, answer

    def _write(self, call: Call, kind: Kind, request: Request) -> tuple[int, Object]:
        if call.verb == "delete":
            return _OK, self._delete(call, kind, request)
        if call.verb == "patch":
            return _OK, self._patch(call, kind, request)
        item = _typed(call, kind, request.content())
        if call.verb == "create":
            return _CREATED, self._create(kind, item, request)
        if kind.group and not built_in(kind.group) and not item["metadata"].get("resourceVersion"):
            text = "Invalid value: 0: must be specified for an update"
            raise invalid(kind, call.name, [("metadata.resourceVersion", "FieldValueInvalid", text)])
        return _OK, self.store.replace(item, admit=self._admit(call, kind), dry_run=request.dry_run())

    def _list(self, call: Call, kind: Kind, query: Mapping[str, str]) -> Object:
        fields, labels = check_fields(kind, query.get("fieldSelector", "")), query.get("labelSelector", "")
        limit = query.get("limit") or "0"
        if not limit.isdigit():
            raise bad_request(f'strconv.ParseInt: parsing "{limit}": invalid syntax')

        def find() -> tuple[list[Object], str]:
            source = EVENT if is_mirror(kind) else kind
            with self.store.lock:
                return self.store.find(source, call.namespace, labels, fields), self.store.version

        spaces = kind.namespaced and not call.namespace
        page = self.pages.cut(find, int(limit), query.get("continue", ""), spaces=spaces)
        metadata: Object = {"resourceVersion": page.version}
        if page.token:
            metadata["continue"] = page.token
            if not labels and not fields:  # a real server does not count what it would have to filter
                metadata["remainingItemCount"] = page.remaining
        items = [mirrored(item) for item in page.items] if is_mirror(kind) else page.items
        if built_in(kind.group):  # typed lists: the items' kind is that of the list; lists of CRDs repeat it
            items = [{k: v for k, v in item.items() if k not in {"apiVersion", "kind"}} for item in items]
        return {"kind": f"{kind.name}List", "apiVersion": kind.api_version, "metadata": metadata, "items": items}

    def _create(self, kind: Kind, item: Object, request: Request) -> Object:
        def check(old: Object | None, new: Object) -> Object:
            if has_status(kind):
                new.pop("status", None)
            return admit(self.store, kind, old, new)

        try:
            return self.store.create(item, admit=check, dry_run=request.dry_run())
        except ClusterError as error:
            raise of_error(error, kind, item["metadata"].get("name", "")) from error

    def _patch(self, call: Call, kind: Kind, request: Request) -> Object:
        way = _PATCHES.get(request.content_type)
        if way is None or (way == "strategic" and not built_in(kind.group)):
            accepted = [name for name, word in _PATCHES.items() if word != "strategic" or built_in(kind.group)]
            raise _unknown_format(accepted)
        changes, check, dry = request.content(), self._admit(call, kind), request.dry_run()
        return self.store.patch(kind, call.name, call.namespace, changes, way, admit=check, dry_run=dry)

    def _delete(self, call: Call, kind: Kind, request: Request) -> Object:
        options = request.content()
        wanted = (options.get("preconditions") if isinstance(options, dict) else None) or {}
        uid, version = wanted.get("uid"), wanted.get("resourceVersion")
        dry = request.dry_run(options)
        gone = self.store.delete(kind, call.name, call.namespace, uid, version, dry_run=dry)
        if kind.plural in _SHOWN_ON_DELETE or gone["metadata"].get("deletionTimestamp"):
            return gone
        which = details(call.name, kind.group, kind.plural) | {"uid": gone["metadata"]["uid"]}
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": which}

    def _admit(self, call: Call, kind: Kind) -> Admit:
        """Keep spec and status apart: each is written through its own path only."""

        def check(old: Object | None, new: Object) -> Object:
            if old is not None and call.subresource == "status":
                return {**old, "metadata": new["metadata"], "status": new.get("status", {})}
            if old is not None and call.subresource == "ephemeralcontainers":
                return added_to(old, new)
            if old is not None and has_status(kind):
                new.pop("status", None)
                new |= {"status": old["status"]} if "status" in old else {}
            return admit(self.store, kind, old, new)

        return check

    def _review(self, kind: Kind, request: Request) -> Object:
        item = request.content()
        spec = item.get("spec") or {}
        status: Object
        if kind.name == "SelfSubjectRulesReview":
            status = self.access.rules_review(str(spec.get("namespace", "")))
        else:
            asked = spec.get("resourceAttributes")
            status = {"allowed": self.access.allows(_asked(asked)) if asked else True}
        return {"kind": kind.name, "apiVersion": kind.api_version, "metadata": {}, "spec": spec, "status": status}


def _unknown_format(accepted: Iterable[str]) -> StatusError:
    known = ", ".join(sorted(accepted))
    message = f"the body of the request was in an unknown format - accepted media types include: {known}"
    return StatusError(UNSUPPORTED, "UnsupportedMediaType", message, {})


def _asked(attributes: Mapping[str, str]) -> Ask:
    resource, subresource = attributes.get("resource", ""), attributes.get("subresource")
    return Ask(
        attributes.get("verb", ""),
        attributes.get("group", ""),
        f"{resource}/{subresource}" if subresource else resource,
        attributes.get("namespace") or None,
        attributes.get("name", ""),
    )


def _typed(call: Call, kind: Kind, given: Any) -> Object:
    """Check that a body is the object that its path announces. Raises StatusError: 400."""
    if not isinstance(given, dict):
        raise bad_request(f"the object provided is unrecognized (must be of type {kind.name})")
    # Typed requests may leave apiVersion and kind out.
    item: Object = ({"apiVersion": kind.api_version, "kind": kind.name} if built_in(kind.group) else {}) | given
    if item.get("apiVersion") != kind.api_version or item.get("kind") != kind.name:
        said, expected = item.get("apiVersion", ""), kind.api_version
        raise bad_request(f"the API version in the data ({said}) does not match the expected API version ({expected})")
    metadata = item.setdefault("metadata", {})
    if kind.namespaced:
        namespace = metadata.setdefault("namespace", call.namespace)
        if namespace != call.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if call.name and metadata.setdefault("name", call.name) != call.name:
        named = f"the name of the object ({metadata['name']}) does not match the name on the URL ({call.name})"
        raise bad_request(named)
    return item
