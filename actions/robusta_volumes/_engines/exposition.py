"""Metrics as exporters write them: one line each, a name, labels in quotes, a number, and now and then a time."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

_LINE = re.compile(r"(?P<name>\w+)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+(?P<time>-?\d+))?\s*")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"n": "\n"}
_MS = 1000


@dataclass(frozen=True)
class Metric:
    """One sample; ``at``: epoch seconds, where it says when it was taken."""

    name: str
    labels: Mapping[str, str]
    value: float
    at: float | None = None


def metrics(text: str, names: Collection[str], holding: str = "") -> Iterator[Metric]:
    """Read the lines of these names; ``holding``: only those with this text, which spares reading a thousand others."""
    wanted = frozenset(names)
    for line in text.splitlines():
        if line.startswith("#") or holding not in line or line.partition("{")[0].partition(" ")[0] not in wanted:
            continue
        found = _LINE.fullmatch(line)
        try:
            value = float(found["value"]) if found else None
        except ValueError:
            continue
        if found and value is not None:
            at = int(found["time"]) / _MS if found["time"] else None
            yield Metric(found["name"], _labels(found["labels"] or ""), value, at)


def _labels(text: str) -> dict[str, str]:
    return {name: _ESCAPED.sub(lambda m: _MEANT.get(m[1], m[1]), value) for name, value in _LABEL.findall(text)}
