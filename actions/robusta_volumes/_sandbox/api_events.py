"""The same events under their second address, events.k8s.io/v1, and which fields a selector may name."""

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.selectors import parse_fields
from robusta_volumes._model.kind import EVENT, Kind
from robusta_volumes._sandbox.api_kinds import built_in
from robusta_volumes._sandbox.api_status import bad_request

_RENAMED = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
_ALWAYS = {"metadata.name", "metadata.namespace"}
_INVOLVED = {f"involvedObject.{part}" for part in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion")}
# What an API server can select by, beside name and namespace; for all other kinds it refuses every other field.
_SELECTABLE = {
    "pods": {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase"}
    | {"spec.hostNetwork", "status.podIP", "status.podIPs", "status.nominatedNodeName"},
    "events": _INVOLVED | {"involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"},
    "namespaces": {"status.phase"},
    "nodes": {"spec.unschedulable"},
    "secrets": {"type"},
    "jobs": {"status.successful"},
    "replicasets": {"status.replicas"},
    "replicationcontrollers": {"status.replicas"},
}


def is_mirror(kind: Kind) -> bool:
    """Tell whether the kind is events.k8s.io/v1, which shows the events of the core group."""
    return (kind.group, kind.name) == ("events.k8s.io", EVENT.name)


def mirrored(event: Object) -> Object:
    """Show a core/v1 event as events.k8s.io/v1 does."""
    shown = {_RENAMED.get(key, key): value for key, value in event.items()}
    return shown | {"apiVersion": "events.k8s.io/v1"}


def check_fields(kind: Kind, selector: str) -> str:
    """Refuse a field selector that a real server could not answer; gives the selector in the terms of core/v1 events.

    Raises StatusError: 400.
    """
    if is_mirror(kind):
        selector = selector.replace("regarding.", "involvedObject.").replace(
            "reportingController", "reportingComponent"
        )
    for term in parse_fields(selector):
        if term.path in _ALWAYS | _SELECTABLE.get(kind.plural, set()):
            continue
        if kind.plural in _SELECTABLE or not built_in(kind.group):
            raise bad_request(f"field label not supported: {term.path}")
        raise bad_request(f'"{term.path}" is not a known field selector: only "metadata.name", "metadata.namespace"')
    return selector
