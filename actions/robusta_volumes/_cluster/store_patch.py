"""The three ways of Kubernetes to change an object: merge patch, strategic merge patch and JSON patch; all pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from robusta_volumes._model.errors import Invalid

_REMEDY = "Correct the patch."


def copied(value: Any) -> Any:
    """Copy JSON data: several times faster than ``copy.deepcopy``, which matters with ten thousands of objects."""
    if isinstance(value, Mapping):
        return {key: copied(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [copied(inner) for inner in value]
    return value


def patched(target: Mapping[str, Any], changes: Any, patch_type: str) -> dict[str, Any]:
    """Give ``target`` with ``changes``; ``patch_type`` is ``merge`` (RFC 7386), ``json`` (RFC 6902) or ``strategic``.

    A strategic merge patch is treated as a merge patch: lists are replaced, not merged by key.

    Raises Invalid: when the patch is malformed or, for ``json``, does not fit the object.
    """
    if patch_type == "json":
        if not isinstance(changes, list):
            raise Invalid("json: cannot unmarshal object into Go value of type jsonpatch.Patch", _REMEDY)
        result = _json_patch(copied(target), changes)
    elif patch_type in {"merge", "strategic"}:
        if not isinstance(changes, Mapping):
            raise Invalid("error decoding patch: the patch is not an object", _REMEDY)
        result = _merge(target, changes, strategic=patch_type == "strategic")
    else:
        raise Invalid(f"unknown patch type {patch_type}", _REMEDY)
    if not isinstance(result, dict):
        raise Invalid("the patch leaves no object", _REMEDY)
    return result


def _merge(target: Any, changes: Any, *, strategic: bool) -> Any:
    if not isinstance(changes, Mapping):
        return copied(changes)
    result = copied(target) if isinstance(target, Mapping) else {}
    for key, value in changes.items():
        if strategic and key.startswith("$"):  # directives ($setElementOrder, $retainKeys) matter to list merging only
            continue
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merge(result.get(key), value, strategic=strategic)
    return result


def _json_patch(document: Any, operations: Sequence[Any]) -> Any:
    for operation in operations:
        if not isinstance(operation, Mapping) or not isinstance(operation.get("path"), str):
            raise Invalid("the server rejected our request due to an error in our request: a step has no path", _REMEDY)
        verb, path = operation.get("op"), operation["path"]
        steps = [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]
        if not steps:
            raise Invalid("the whole object cannot be patched away", _REMEDY)
        parent = _walk(document, steps[:-1], path)
        if verb == "add":
            _add(parent, steps[-1], copied(operation.get("value")), path)
            continue
        key = _place(parent, steps[-1], path)
        if verb == "remove":
            del parent[key]
        elif verb == "replace":
            parent[key] = copied(operation.get("value"))
        elif verb == "test":
            if parent[key] != operation.get("value"):
                raise Invalid(f"testing value {path} failed: test failed", _REMEDY)
        else:
            raise Invalid(f"Unexpected kind: {verb}", _REMEDY)
    return document


def _walk(value: Any, steps: Sequence[str], path: str) -> Any:
    for step in steps:
        value = value[_place(value, step, path)]
    return value


def _place(parent: Any, step: str, path: str) -> Any:
    """Turn one step of a JSON pointer into the key or index of something that is there."""
    if isinstance(parent, dict) and step in parent:
        return step
    if isinstance(parent, list) and step.isdigit() and int(step) < len(parent):
        return int(step)
    raise Invalid(f"the server cannot find {path}: missing value", _REMEDY)


def _add(parent: Any, step: str, value: Any, path: str) -> None:
    if isinstance(parent, dict):
        parent[step] = value
    elif isinstance(parent, list) and step == "-":
        parent.append(value)
    elif isinstance(parent, list) and step.isdigit() and int(step) <= len(parent):
        parent.insert(int(step), value)
    else:
        raise Invalid(f"the server cannot find {path}: missing value", _REMEDY)
