"""Fields of API objects, whatever stands in them: an object that another controller wrote may hold anything.

A mapping is a dict here, as JSON and YAML give it: asking for the abstract type takes ten times as long, 300,000 times.
"""

from collections.abc import Mapping
from typing import Any

_NOTHING: Mapping[str, str] = {}  # one for all objects without labels


def at(value: object, *path: str) -> Any:
    """Follow keys into nested mappings; None where one is missing or null."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def block(value: object, *path: str) -> Mapping[str, Any]:
    """Follow keys to a mapping; empty when there is none."""
    for key in path:
        if not isinstance(value, dict):
            return {}
        value = value.get(key)
    return value if isinstance(value, dict) else {}


def blocks(value: object, *path: str) -> tuple[Mapping[str, Any], ...]:
    """Follow keys to a list of mappings; what is no mapping is left out."""
    found = at(value, *path)
    return tuple([item for item in found if isinstance(item, dict)]) if isinstance(found, list | tuple) else ()


def said(value: object) -> str | None:
    """Read a text that may be absent, where absent and "" are two things."""
    return None if value is None else str(value)


def strings(value: object) -> tuple[str, ...]:
    """Read a list of strings; empty when it is absent."""
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()


def mapping(value: object) -> Mapping[str, str]:
    """Read labels or annotations; empty when absent."""
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) and value else _NOTHING
