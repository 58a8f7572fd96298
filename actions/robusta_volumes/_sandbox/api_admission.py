"""What an API server checks and fills in before it keeps an object of ours."""

import json
from collections.abc import Iterator

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.errors import NotFound
from robusta_volumes._model.kind import CLAIM, CONFIG_MAP, NAMESPACE, SNAPSHOT, STORAGE_CLASS, Kind
from robusta_volumes._model.quantity import parse_quantity
from robusta_volumes._sandbox.api_names import Cause, metadata_causes
from robusta_volumes._sandbox.api_quota import check_quota
from robusta_volumes._sandbox.api_status import (
    NOT_FOUND,
    UNPROCESSABLE,
    StatusError,
    bad_request,
    details,
    forbidden,
    invalid,
)

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_IN_USE = "kubernetes.io/pvc-protection"
_CONFIG_MAP_LIMIT = 1024 * 1024  # bytes
_QUANTITY_TEXT = r"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_RESIZE_TEXT = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
)
_ONE_SOURCE = "exactly one of volumeSnapshotContentName and persistentVolumeClaimName must be set"
_IMMUTABLE = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"


def admit(store: Store, kind: Kind, old: Object | None, new: Object) -> Object:
    """Check ``new`` (in place of ``old``, None for a create) and give it with what the server fills in.

    Raises StatusError: 400, 403, 404 or 422 in the words of a real server.
    """
    _check_shape(kind, new, patched=old is not None)
    name = new["metadata"]["name"]
    if old is None:
        _check_namespace(store, kind, new)
    if kind == CLAIM and old is None:
        _fill_claim(store, new)
    causes = [*metadata_causes(kind, new), *_causes(kind, old, new)]
    if causes:
        raise invalid(kind, name, causes)
    if kind == CLAIM and old is not None:
        _check_resize(store, old, new)
    check_quota(store, kind, old, new)
    return new


def _check_shape(kind: Kind, new: Object, *, patched: bool) -> None:
    """Refuse what Go could not even read into its types."""
    problem = ""
    metadata = new["metadata"]
    for field in ("labels", "annotations"):
        values = metadata.get(field) or {}
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            problem = f"json: cannot unmarshal into Go struct field ObjectMeta.metadata.{field} of type string"
    if kind == CLAIM:
        resources = (new.get("spec") or {}).get("resources") or {}
        sizes = [*(resources.get("requests") or {}).values(), *(resources.get("limits") or {}).values()]
        problem = problem if all(map(_is_quantity, sizes)) else _QUANTITY_TEXT
    if problem and patched:
        field = "patch"
        message = f' "" is invalid: {field}: Invalid value: {json.dumps(json.dumps(new))}: {problem}'
        cause = {"reason": "FieldValueInvalid", "message": message.partition(f"{field}: ")[2], "field": field}
        raise StatusError(UNPROCESSABLE, "Invalid", message, {"causes": [cause]})
    if problem:
        raise bad_request(f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}: {problem}')


def _is_quantity(value: object) -> bool:
    try:
        parse_quantity(str(value))
    except ValueError:
        return False
    return True


def _check_namespace(store: Store, kind: Kind, new: Object) -> None:
    """Refuse objects in namespaces that are not there; a store without any Namespace object lets everything pass."""
    namespace = new["metadata"].get("namespace")
    if not namespace or not store.find(NAMESPACE):
        return
    try:
        found = store.get(NAMESPACE, namespace)
    except NotFound as error:
        message = f'namespaces "{namespace}" not found'
        raise StatusError(NOT_FOUND, "NotFound", message, details(namespace, "", "namespaces")) from error
    if found["metadata"].get("deletionTimestamp"):
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        raise forbidden(kind, new["metadata"]["name"], why)


def _fill_claim(store: Store, claim: Object) -> None:
    spec = claim.setdefault("spec", {})
    if "storageClassName" not in spec:
        defaults = [
            found["metadata"]
            for found in store.find(STORAGE_CLASS)
            if (found["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
        ]
        if defaults:  # the newest wins, as in the admission plugin
            spec["storageClassName"] = max(defaults, key=lambda metadata: str(metadata["creationTimestamp"]))["name"]
    spec.setdefault("volumeMode", "Filesystem")
    source = spec.get("dataSource") or spec.get("dataSourceRef")
    if source and not source.get("namespace"):
        spec["dataSource"], spec["dataSourceRef"] = dict(source), dict(source)
    claim["metadata"]["finalizers"] = list({**dict.fromkeys(claim["metadata"].get("finalizers") or ()), _IN_USE: None})
    claim["status"] = {"phase": "Pending"}


def _causes(kind: Kind, old: Object | None, new: Object) -> Iterator[Cause]:
    spec = new.get("spec") or {}
    if kind == CLAIM and old is None:
        if not spec.get("accessModes"):
            yield ("spec.accessModes", "FieldValueRequired", "Required value: at least 1 access mode is required")
        if not _size(new):
            yield ("spec.resources[storage]", "FieldValueRequired", "Required value")
    elif kind == CLAIM and old is not None:
        yield from _claim_change_causes(old, new)
    elif (kind.group, kind.name) == (SNAPSHOT.group, SNAPSHOT.name):
        source = spec.get("source") or {}
        if bool(source.get("volumeSnapshotContentName")) == bool(source.get("persistentVolumeClaimName")):
            yield ("spec.source", "FieldValueInvalid", f"Invalid value: {_ONE_SOURCE}")
    elif kind == CONFIG_MAP:
        texts = [*(new.get("data") or {}).items(), *(new.get("binaryData") or {}).items()]
        if sum(len(str(value).encode()) for _, value in texts) > _CONFIG_MAP_LIMIT:
            yield ("[]", "FieldValueTooLong", f"Too long: may not be more than {_CONFIG_MAP_LIMIT} bytes")


def _claim_change_causes(old: Object, new: Object) -> Iterator[Cause]:
    phase = (old.get("status") or {}).get("phase")
    free = {"resources", "volumeAttributesClassName"} if phase == "Bound" else set()
    # An unbound claim may be given a volume: that is how it is bound.
    free |= set() if (old.get("spec") or {}).get("volumeName") else {"volumeName"}
    fixed = [{k: v for k, v in (item.get("spec") or {}).items() if k not in free} for item in (old, new)]
    if fixed[0] != fixed[1]:
        yield ("spec", "FieldValueForbidden", f"Forbidden: {_IMMUTABLE}")
    capacity = ((old.get("status") or {}).get("capacity") or {}).get("storage")
    if phase == "Bound" and _size(new) < _size(old) and _size(new) <= parse_quantity(capacity or "0"):
        text = "Forbidden: field can not be less than status.capacity"
        yield ("spec.resources.requests.storage", "FieldValueForbidden", text)


def _check_resize(store: Store, old: Object, new: Object) -> None:
    if _size(new) <= _size(old):
        return
    name = new["metadata"]["name"]
    try:
        found = store.get(STORAGE_CLASS, (new.get("spec") or {}).get("storageClassName") or "")
    except NotFound as error:
        raise forbidden(CLAIM, name, _RESIZE_TEXT) from error
    if not found.get("allowVolumeExpansion"):
        raise forbidden(CLAIM, name, _RESIZE_TEXT)


def _size(claim: Object) -> int:
    """Bytes that a claim asks for; 0 when it does not say."""
    requests = (((claim.get("spec") or {}).get("resources") or {}).get("requests")) or {}
    return parse_quantity(requests.get("storage") or "0")
