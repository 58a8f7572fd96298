"""How what we ask is written as HTTP, and how a list is read back. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from robusta_volumes._cluster.answers import unreadable
from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.store_kinds import kind_of
from robusta_volumes._model.errors import Invalid
from robusta_volumes._model.exporter import Exporter
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.kind import NODE, NODE_PROXY, POD, POD_EXEC, POD_LOG, POD_PROXY, Kind
from robusta_volumes._model.plan import Create, Delete, Patch, Step

JSON, MERGE_PATCH = "application/json", "application/merge-patch+json"
OK = 200
SUMMARY_SECONDS = 5.0  # a kubelet answers from memory: one that takes longer is not well
SCRAPE_SECONDS = 10.0  # some thousands of lines, all of which are measured when they are asked for
LOG_SECONDS = 5.0  # a kubelet reads the end of a file
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_REVIEW = Kind("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", namespaced=False)


@dataclass(frozen=True)
class Request:
    """One request; ``verb`` is RBAC's word for it. What ``writes`` is repeated only when it cannot have happened."""

    method: str
    path: str
    verb: str
    kind: Kind
    namespace: str | None = None
    body: bytes | None = None
    content: str = JSON
    writes: bool = False
    seconds: float | None = None  # that an answer may take; None: what is usual
    plain: bool = False  # the answer is text, not an object
    allow: str = ""  # the word that a refusal is to name


def listing(kind: Kind, namespace: str | None, query: Mapping[str, str]) -> Request:
    """Ask for one page of a list; parameters of ``query`` that are empty are left out."""
    asked = urlencode({key: value for key, value in query.items() if value})
    scope = _segment("namespace", namespace) if namespace and kind.namespaced else None
    return Request("GET", f"{kind.path(scope)}?{asked}", "list", kind, namespace)


def reading(kind: Kind, name: str, namespace: str | None) -> Request:
    """Ask for one object."""
    return Request("GET", _place(kind, namespace, name), "get", kind, namespace)


def review(verb: str, kind: Kind, namespace: str | None, name: str = "") -> Request:
    """Ask whether we may; a POST that writes nothing. A plural such as ``nodes/proxy`` names a subresource."""
    resource, _, subresource = kind.plural.partition("/")
    asked = {"verb": verb, "group": kind.group, "resource": resource, "subresource": subresource, "name": name}
    if namespace and kind.namespaced:
        asked["namespace"] = namespace
    spec = {"resourceAttributes": {key: value for key, value in asked.items() if value}}
    body = _encoded({"apiVersion": _REVIEW.api_version, "kind": _REVIEW.name, "spec": spec})
    return Request("POST", _REVIEW.path(), "create", _REVIEW, body=body)


def summarising(node: str) -> Request:
    """Ask the kubelet of a node what it measures, through the API server."""
    path = f"{_place(NODE, None, node)}/proxy/stats/summary"
    return Request("GET", path, "get", NODE_PROXY, seconds=SUMMARY_SECONDS)


def scraping(where: Exporter) -> Request:
    """Ask for metrics as text, through the API server."""
    if where.node:
        path = f"{_place(NODE, None, where.node)}/proxy/metrics/cadvisor"
        return Request("GET", path, "get", NODE_PROXY, seconds=SCRAPE_SECONDS, plain=True)
    path = f"{_place(POD, where.namespace, where.target)}/proxy/metrics"
    seconds = SCRAPE_SECONDS
    return Request("GET", path, "get", POD_PROXY, where.namespace, seconds=seconds, plain=True, allow=where.allow)


def executing(where: Container, command: Sequence[str]) -> Request:
    """Ask for a command in a container. Sent without the upgrade to a stream it starts nothing, and gets a refusal's text."""
    asked = {"container": where.name, "stdin": "true", "stdout": "true", "stderr": "true"}
    query = urlencode([*((key, value) for key, value in asked.items() if value), *(("command", w) for w in command)])
    path = f"{_place(POD, where.namespace, where.pod)}/exec?{query}"
    return Request("POST", path, "create", POD_EXEC, where.namespace, allow=where.allow)


def logged(where: Container, most: int, lines: int = 0, *, before: bool = False) -> Request:
    """Ask for what a container has written; see the protocol."""
    asked = {"container": where.name, "limitBytes": str(most)}
    asked |= {"tailLines": str(lines)} if lines else {}
    asked |= {"previous": "true"} if before else {}
    path = f"{_place(POD, where.namespace, where.pod)}/log?{urlencode(asked)}"
    seconds = LOG_SECONDS if lines else None
    return Request("GET", path, "get", POD_LOG, where.namespace, seconds=seconds, plain=True, allow=where.allow)


def writing(step: Step) -> Request:
    """Write one step of a plan as a request.

    Raises Invalid: when the step names no object, or a delete has no uid to hold it to the object that was planned for.
    """
    return replace(_written(step), writes=True, allow=step.allow)


def _written(step: Step) -> Request:
    if isinstance(step, Create):
        kind = kind_of(step.manifest)
        namespace = (step.manifest.get("metadata") or {}).get("namespace")
        place = _place(kind, namespace)
        return Request("POST", place, "create", kind, namespace, _encoded(step.manifest))
    place = _place(step.kind, step.namespace, step.name)
    if isinstance(step, Patch):
        body = _encoded(_held_to_version(step))
        return Request("PATCH", place, "patch", step.kind, step.namespace, body, MERGE_PATCH)
    return Request("DELETE", place, "delete", step.kind, step.namespace, _encoded(_delete_options(step)))


def items_of(page: Object) -> list[Object]:
    """Give the objects of one page.

    Raises Unavailable: when it is no list, because nothing read must never look like nothing there.
    """
    items = page.get("items") or []  # Go writes a list of nothing as null
    if "items" not in page or not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise unreadable(OK, json.dumps(page))
    return items


def more_of(page: Object) -> str:
    """Give the token for the next page; "" when there is none.

    Raises Unavailable: when it is no list, because half of a list must never look like all of it.
    """
    metadata = page.get("metadata") or {}
    more = (metadata.get("continue") or "") if isinstance(metadata, dict) else None
    if not isinstance(more, str):
        raise unreadable(OK, json.dumps(page))
    return more


def allowed_in(answer: Object) -> bool:
    """Read the answer to `review`.

    Raises Unavailable: when it holds none.
    """
    status = answer.get("status")
    if not isinstance(status, dict) or not isinstance(status.get("allowed"), bool):
        raise unreadable(OK, json.dumps(answer))
    return bool(status["allowed"])


def identified(kind: Kind, item: Object) -> Object:
    """Add apiVersion and kind, which a server leaves out of the items of a list."""
    item.setdefault("apiVersion", kind.api_version)
    item.setdefault("kind", kind.name)
    return item


def without_noise(item: Object) -> Object:
    """Drop what nobody reads and what is often half of an object: managedFields and the last applied manifest."""
    metadata = item.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)
        if isinstance(annotations := metadata.get("annotations"), dict):
            annotations.pop(_LAST_APPLIED, None)
    return item


def _place(kind: Kind, namespace: str | None, name: str | None = None) -> str:
    """Build the path of exactly this: a missing part would make it the path of something larger."""
    if kind.namespaced:
        namespace = _segment("namespace", namespace)
    return kind.path(namespace, None if name is None else _segment("name", name))


def _segment(what: str, text: str | None) -> str:
    if not text or text in {".", ".."}:
        raise Invalid(f"{text!r} is no {what}", f"Give the {what} of the object.")
    return quote(text, safe="")


def _held_to_version(step: Patch) -> dict[str, Any]:
    changes = dict(step.changes)
    if step.resource_version:
        changes["metadata"] = {**(changes.get("metadata") or {}), "resourceVersion": step.resource_version}
    return changes


def _delete_options(step: Delete) -> dict[str, Any]:
    if not step.uid:
        raise Invalid(f"the delete of {step.kind.resource} {step.name} has no uid", "Plan it again from the object.")
    held_to = {"uid": step.uid}
    if step.resource_version:
        held_to["resourceVersion"] = step.resource_version
    return {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": held_to,
        "propagationPolicy": "Background",  # a Job's own default would leave its pods behind
    }


def _encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, default=dict).encode()  # default: mappings that are no dict, such as a frozen one
