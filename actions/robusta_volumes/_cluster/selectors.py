"""Field selectors, as kubectl and the API server write them; those of labels are known further down, to the settings too.

Fields: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from robusta_volumes._model.errors import Invalid
from robusta_volumes._model.label_selector import LabelTest, parse_labels

__all__ = ["FieldTerm", "LabelTest", "field_of", "parse_fields", "parse_labels"]

_FIELD = re.compile(r"^([A-Za-z0-9_.\-]+)(==|!=|=)(.*)$")
_REMEDY = "Correct the selector."


@dataclass(frozen=True)
class FieldTerm:
    """One requirement of a field selector: ``path`` (dotted) equals ``value``, or does not."""

    path: str
    value: str
    equal: bool

    def holds(self, item: Mapping[str, Any]) -> bool:
        """Tell whether the object meets the requirement; a field that is absent reads as ""."""
        return (field_of(item, self.path) == self.value) is self.equal


def field_of(item: Mapping[str, Any], path: str) -> str:
    """Read a dotted path as a selector sees it: "" when absent, ``true`` and ``false`` for booleans."""
    value: Any = item
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def parse_fields(selector: str) -> list[FieldTerm]:
    """Read ``a.b=c,d!=e``.

    Raises Invalid: when a part is not of that form.
    """
    terms = []
    for part in filter(None, (piece.strip() for piece in selector.split(","))):
        match = _FIELD.match(part)
        if not match:
            raise Invalid(f"invalid selector: '{selector}'; can't understand '{part}'", _REMEDY)
        path, sign, value = match.groups()
        terms.append(FieldTerm(path, value, sign != "!="))
    return terms
