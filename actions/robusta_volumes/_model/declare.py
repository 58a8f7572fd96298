"""How a key of the settings is declared, and how a block of such keys is read. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import field, fields, replace
from typing import Any, TypeVar

from robusta_volumes._model.checks import Check, got, schema_key
from robusta_volumes._model.text import nearest

_T = TypeVar("_T")


def setting(default: Any, check: Check, why: str, unit: str = "") -> Any:
    """Declare one key of a block."""
    return field(default=default, metadata={"check": check, "unit": unit, "why": why})


def block_of(empty: _T) -> Callable[[object], _T]:
    """Make the check of a block inside a block: ``empty`` is the dataclass with its defaults.

    The check raises ValueError: with the first key that cannot be used, and what is allowed.
    """
    known = {schema_key(one.name): one for one in fields(empty)}  # type: ignore[arg-type]  # a dataclass

    def check(value: object) -> _T:
        if not isinstance(value, Mapping):
            raise ValueError(f"must be a block of keys, {got(value)}")  # noqa: TRY004 (one kind of error for all)
        given: dict[str, Any] = {}
        for key, item in value.items():
            if key not in known:
                near = nearest(str(key), tuple(known), most=1)
                raise ValueError(
                    f"has no key {key}; did you mean {near[0]}?"
                    if near
                    else f"has no key {key}; known: {', '.join(known)}"
                )
            try:
                given[known[key].name] = known[key].metadata["check"](item)
            except ValueError as wrong:
                raise ValueError(f"{key} {wrong}") from wrong
        return replace(empty, **given)  # type: ignore[type-var]  # a dataclass

    return check
