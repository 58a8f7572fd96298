"""Who looks after an object, read from the object. Pure."""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster.fields import blocks
from robusta_volumes._cluster.read import meta
from robusta_volumes._model.origin import Origin, Owner


def origin(o: Mapping[str, Any]) -> Origin:
    """Read an object's owners, all of them, and its marks."""
    refs = blocks(o, "metadata", "ownerReferences")
    owners = tuple(Owner(_group(str(r.get("apiVersion"))), str(r.get("kind")), str(r.get("name"))) for r in refs)
    return Origin(str(o.get("kind") or ""), meta(o), owners)


def _group(api_version: str) -> str:
    group, slash, _ = api_version.partition("/")
    return group if slash else ""
