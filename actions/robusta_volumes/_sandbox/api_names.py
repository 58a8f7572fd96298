"""What every object's metadata must look like: names and labels."""

import re
from collections.abc import Iterator

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._model.kind import Kind

Cause = tuple[str, str, str]
_LONGEST_NAME, _LONGEST_LABEL = 253, 63
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_NAME_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and"
    " end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
    r" '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and"
    " end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is"
    " '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_KEY_TEXT = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
    " character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is"
    " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)


def metadata_causes(kind: Kind, item: Object) -> Iterator[Cause]:
    """Give what is wrong with name, labels and annotations, as (field, reason, message)."""
    metadata = item["metadata"]
    name = metadata["name"]
    if kind.group != "rbac.authorization.k8s.io":  # their names may hold ":" and capitals
        if len(name) > _LONGEST_NAME:
            yield _wrong("metadata.name", name, "must be no more than 253 bytes")
        if not _NAME.fullmatch(name):
            yield _wrong("metadata.name", name, _NAME_TEXT)
    for key, value in (metadata.get("labels") or {}).items():
        yield from _key_causes("metadata.labels", key)
        if len(value) > _LONGEST_LABEL:
            yield _wrong("metadata.labels", value, "must be no more than 63 bytes")
        if not _LABEL.fullmatch(value):
            yield _wrong("metadata.labels", value, _LABEL_TEXT)
    for key in metadata.get("annotations") or {}:
        yield from _key_causes("metadata.annotations", key)


def _key_causes(field: str, key: str) -> Iterator[Cause]:
    prefix, slash, name = key.rpartition("/")
    if len(name) > _LONGEST_LABEL:
        yield _wrong(field, key, "name part must be no more than 63 bytes")
    if not name or not _LABEL.fullmatch(name):
        yield _wrong(field, key, _KEY_TEXT)
    if slash and not _NAME.fullmatch(prefix.lower()):
        yield _wrong(field, key, f"prefix part {_NAME_TEXT}")


def _wrong(field: str, value: str, message: str) -> Cause:
    return (field, "FieldValueInvalid", f'Invalid value: "{value}": {message}')
