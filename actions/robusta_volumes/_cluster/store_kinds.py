"""The kind of a raw object, and how refusals name it."""

import random
from collections.abc import Mapping, MutableMapping
from typing import Any

from robusta_volumes._model.errors import Conflict, Invalid
from robusta_volumes._model.kind import BY_GROUP_AND_NAME, Kind

# Letters and digits of generated names: none that spells words or is misread.
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def naive_plural(name: str) -> str:
    """Guess the plural of a kind that nobody told us about: ``BackupRepository`` becomes ``backuprepositories``."""
    word = name.lower()
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else word + "s"


def kind_of(item: Mapping[str, Any]) -> Kind:
    """Tell the kind of an object; for an unknown one: naive plural, cluster-scoped when the object has no namespace.

    Raises Invalid: when apiVersion or kind is missing.
    """
    api_version, name = item.get("apiVersion"), item.get("kind")
    if not api_version or not name:
        raise Invalid("Object 'Kind' or 'apiVersion' is missing", "Give apiVersion and kind.")
    group, _, version = str(api_version).rpartition("/")
    known = BY_GROUP_AND_NAME.get((group, str(name)))
    if known:
        return Kind(group, version, known.name, known.plural, known.namespaced)
    return Kind(group, version, name, naive_plural(name), bool((item.get("metadata") or {}).get("namespace")))


def qualified(kind: Kind) -> str:
    """Write a kind as the messages about an object do: ``Kind`` or ``Kind.group``."""
    return f"{kind.name}.{kind.group}" if kind.group else kind.name


def precondition_failed(kind: Kind, name: str, what: str, wanted: str, found: str) -> Conflict:
    """Refuse a delete whose ``what`` (UID or ResourceVersion) is not the one on record, in the API server's words."""
    perhaps = "deleted and then recreated" if what == "UID" else "modified"
    return Conflict(
        f'Operation cannot be fulfilled on {qualified(kind)} "{name}": the {what} in the precondition ({wanted}) does'
        f" not match the {what} in record ({found}). The object might have been {perhaps}",
        "Read the object again: it is not the one that was planned for.",
    )


def ensure_name(kind: Kind, metadata: MutableMapping[str, Any]) -> None:
    """Make a name from generateName where there is none.

    Raises Invalid: when there is neither.
    """
    if metadata.get("name"):
        return
    if not metadata.get("generateName"):
        needed = "Required value: name or generateName is required"
        raise Invalid(f'{qualified(kind)} "" is invalid: metadata.name: {needed}', "Give the object a name.")
    metadata["name"] = metadata["generateName"] + "".join(random.choices(_LETTERS, k=5))  # noqa: S311 (a name, no secret)
