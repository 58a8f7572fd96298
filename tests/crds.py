"""Holds our manifests against the schemas that a real API server would hold them against: the CRDs in ``shared/crds``.

The folder lies beside the project (or beside a folder around it) and is used there; no copy of it is ours.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from robusta_volumes._cluster.store import kind_of
from robusta_volumes._model.times import parse_time
from robusta_volumes._sandbox.api_names import metadata_causes

NAME = "shared/crds"
Rule = Callable[[Any], bool]
# What a validation rule in CEL says, in Python. Rules about a change (oldSelf) hold for whatever is new.
RULES: dict[str, Rule] = {
    "size(self) > 0": lambda value: len(value) > 0,
    "has(self.name) && has(self.__namespace__)": lambda value: "name" in value and "namespace" in value,
    **{
        f"(has(self.{a}) && !has(self.{b})) || (!has(self.{a}) && has(self.{b}))": lambda value, a=a, b=b: (  # type: ignore[misc]
            (a in value) != (b in value)
        )
        for a, b in (("volumeSnapshotContentName", "persistentVolumeClaimName"), ("volumeHandle", "snapshotHandle"))
    },
}
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "object": (dict,),
    "array": (list,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
# What a schema may say without our looking at it; a word that is neither here nor understood below stops the check.
SILENT = {"description", "default", "x-kubernetes-list-type", "x-kubernetes-map-type", "x-kubernetes-list-map-keys"}
UNDERSTOOD = {
    "type",
    "properties",
    "nullable",
    "items",
    "required",
    "format",
    "enum",
    "additionalProperties",
    "pattern",
}
UNDERSTOOD |= {"minItems", "minimum", "x-kubernetes-validations", "x-kubernetes-int-or-string"}
UNDERSTOOD |= {"x-kubernetes-preserve-unknown-fields"}


def folder() -> Path | None:
    """Find the schemas, above this file; None when they are not there."""
    return next((up / NAME for up in Path(__file__).resolve().parents if (up / NAME).is_dir()), None)


@functools.cache
def schemas() -> dict[tuple[str, str], dict[str, Any]]:
    """Read every version that is served, by (apiVersion, kind). Raises FileNotFoundError: without the folder."""
    found = folder()
    if found is None:
        raise FileNotFoundError(
            f"{NAME} (the custom resource definitions) is in no folder above {Path(__file__).parent}"
        )
    read = {}
    for file in sorted(found.glob("*.yaml")):
        spec = yaml.safe_load(file.read_text())["spec"]
        for version in spec["versions"]:
            if version["served"]:
                key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                read[key] = version["schema"]["openAPIV3Schema"]
    return read


def problems(manifest: Mapping[str, Any]) -> list[str]:
    """Tell what an API server would refuse or silently drop of an object; [] when there is nothing.

    Raises KeyError: when no definition serves the kind in that version.
    """
    schema = schemas()[manifest["apiVersion"], manifest["kind"]]
    named = [f"{field}: {message}" for field, _, message in metadata_causes(kind_of(manifest), dict(manifest))]
    return named + list(_check(schema, dict(manifest), ""))


def _check(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    unknown = set(schema) - SILENT - UNDERSTOOD
    if unknown:
        raise NotImplementedError(f"{path}: the check does not understand {sorted(unknown)}")
    if value is None and schema.get("nullable"):
        return
    wrong = _wrong_type(schema, value)
    if wrong:
        yield f"{path}: {wrong}"
        return
    yield from (f"{path}: {problem}" for problem in _wrong_value(schema, value))
    for rule in schema.get("x-kubernetes-validations", ()):
        if "oldSelf" not in rule["rule"] and not RULES[rule["rule"]](value):
            yield f"{path}: {rule['message']}"
    if isinstance(value, dict):
        yield from _check_fields(schema, value, path)
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _check(schema["items"], entry, f"{path}[{number}]")


def _wrong_type(schema: Mapping[str, Any], value: Any) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        allowed = ["integer", "string"]
    elif "type" in schema:
        allowed = [schema["type"]]
    else:
        return ""
    fits = any(
        isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool)) for name in allowed
    )
    return "" if fits else f"{value!r} is no {' or '.join(allowed)}"


def _wrong_value(schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{value!r} is none of {schema['enum']}"
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{value!r} does not match {schema['pattern']}"
        if schema.get("format") == "date-time" and parse_time(value) is None:
            yield f"{value!r} is no date-time"
    if isinstance(value, list) and len(value) < schema.get("minItems", 0):
        yield f"at least {schema['minItems']} items are wanted"
    if isinstance(value, int) and value < schema.get("minimum", value):
        yield f"{value} is less than {schema['minimum']}"


def _check_fields(schema: Mapping[str, Any], value: Mapping[str, Any], path: str) -> Iterator[str]:
    known, more = schema.get("properties", {}), schema.get("additionalProperties")
    yield from (f"{path}.{name}: is required" for name in schema.get("required", ()) if name not in value)
    for name, inner in value.items():
        if name in known:
            yield from _check(known[name], inner, f"{path}.{name}")
        elif isinstance(more, dict):
            yield from _check(more, inner, f"{path}.{name}")
        elif not (more or schema.get("x-kubernetes-preserve-unknown-fields") or path == ".metadata"):
            yield f"{path}.{name}: is unknown"
