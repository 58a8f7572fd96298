"""Label selectors, as kubectl and the API server write them.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from robusta_volumes._model.checks import got, text
from robusta_volumes._model.errors import Invalid

_KEY = r"[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?"
_SET = re.compile(rf"^({_KEY})\s+(in|notin)\s*\(([^()]*)\)$")
_EQUAL = re.compile(rf"^({_KEY})\s*(==|=|!=)\s*({_VALUE})$")
_NUMBER = re.compile(rf"^({_KEY})\s*([<>])\s*(-?\d+)$", re.ASCII)
_EXISTS = re.compile(rf"^(!?)\s*({_KEY})$")
_COMMA = re.compile(r",(?![^(]*\))")
_REMEDY = "Correct the selector."

LabelTest = Callable[[Mapping[str, str]], bool]


def selector(value: object) -> str:
    """Read the selector of a setting or a param. Raises ValueError: when kubectl would not take it."""
    written = text(value)
    try:
        parse_labels(written)
    except Invalid as wrong:
        raise ValueError(f"must be a label selector as kubectl takes it, {got(written)}") from wrong
    return written


def parse_labels(selector: str) -> list[LabelTest]:
    """Read ``a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1``; a list of tests that must all hold.

    Raises Invalid: when a part is not of that form.
    """
    return [_label_test(part, selector) for part in map(str.strip, _COMMA.split(selector)) if part]


def _label_test(part: str, selector: str) -> LabelTest:
    if match := _EXISTS.match(part):
        wanted, key = not match.group(1), match.group(2)
        return lambda labels: (key in labels) is wanted
    if match := _EQUAL.match(part):
        key, sign, value = match.groups()
        return _one_of(key, {value}, wanted=sign != "!=")
    if match := _NUMBER.match(part):
        key, sign, number = match.groups()
        return _compared(key, int(number), 1 if sign == ">" else -1)
    if match := _SET.match(part):
        key, word, inside = match.groups()
        return _one_of(key, {value.strip() for value in inside.split(",")}, wanted=word == "in")
    raise Invalid(f"unable to parse requirement: found '{part}' in '{selector}'", _REMEDY)


def _compared(key: str, number: int, sign: int) -> LabelTest:
    """``>`` and ``<`` hold for labels that are whole numbers only."""

    def test(labels: Mapping[str, str]) -> bool:
        value = labels.get(key, "")
        return bool(re.fullmatch(r"-?[0-9]{1,18}", value)) and (int(value) - number) * sign > 0

    return test


def _one_of(key: str, values: set[str], *, wanted: bool) -> LabelTest:
    """``!=`` and ``notin`` hold for objects without the label too, as on a real API server."""
    if wanted:
        return lambda labels: key in labels and labels[key] in values
    return lambda labels: key not in labels or labels[key] not in values


def as_field(selector: str) -> dict[str, Any]:
    """Write it as an object's field has it (LabelSelector); the requirements are and-ed.

    Raises ValueError: for ``a>1``, which kubectl knows and such a field does not.
    """
    terms = [_requirement(part, selector) for part in map(str.strip, _COMMA.split(selector)) if part]
    return {"matchExpressions": terms} if terms else {}


def _requirement(part: str, selector: str) -> dict[str, Any]:
    if match := _EXISTS.match(part):
        return {"key": match[2], "operator": "DoesNotExist" if match[1] else "Exists"}
    if match := _SET.match(part):
        values = sorted(value.strip() for value in match[3].split(","))
        return {"key": match[1], "operator": "In" if match[2] == "in" else "NotIn", "values": values}
    if match := _EQUAL.match(part):
        return {"key": match[1], "operator": "NotIn" if match[2] == "!=" else "In", "values": [match[3]]}
    raise ValueError(f"{part!r} of {selector!r} cannot be asked of Velero: use =, !=, in, notin or the bare key")
