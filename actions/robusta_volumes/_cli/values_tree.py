"""Where things stand in a YAML text, and insertions that leave every other character of it as it is.

A round trip through a YAML library would wrap lines, change quotes and move comments in a file that people keep in git.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from robusta_volumes._cli.values_parts import dumped, flow


class ValuesError(Exception):
    """The file cannot be changed by us; the text says why and what to do."""


@dataclass
class Spot:
    """One value in the text, from ``start`` up to ``end`` (tight: without what follows its last character)."""

    what: str  # "map", "list", "leaf" or "alias"
    start: int
    end: int
    column: int = 0  # of its keys or dashes
    is_flow: bool = False
    entries: dict[str, "Spot"] = field(default_factory=dict)
    items: list["Spot"] = field(default_factory=list)
    merges: bool = False  # it holds a merge key <<

    @property
    def is_empty(self) -> bool:
        """True for [], {} and nothing at all."""
        return (self.is_flow and not self.entries and not self.items) or self.what == "leaf"


def parse(text: str) -> Spot | None:
    """Find the places of everything in a text; None when it holds nothing.

    Raises ValuesError: when it is no YAML, holds several documents, or is no mapping.
    """
    try:
        events = list(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as broken:
        raise ValuesError(f"this is no YAML that can be read: {broken}") from broken
    if sum(isinstance(e, yaml.DocumentStartEvent) for e in events) > 1:
        raise ValuesError("there are several documents in this file: Helm reads the first one only")
    inner = iter(e for e in events if not isinstance(e, _AROUND))
    root = next((_spot(e, inner) for e in inner), None)
    if root is None or (root.what == "leaf" and root.start == root.end):
        return None
    if root.what != "map":
        raise ValuesError("values for Helm are a mapping of keys; this file holds something else")
    return root


_AROUND = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)


def _spot(event: Any, events: Iterator[Any]) -> Spot:
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, yaml.AliasEvent):
        return Spot("alias", start, end)
    if isinstance(event, yaml.ScalarEvent):
        return Spot("leaf", start, end)
    spot = Spot("list", start, end, event.start_mark.column, bool(event.flow_style))
    last = end
    if isinstance(event, yaml.SequenceStartEvent):
        while not isinstance(inside := next(events), yaml.SequenceEndEvent):
            spot.items.append(_spot(inside, events))
        last = spot.items[-1].end if spot.items else end
        if event.anchor and spot.items:
            spot.column = _dash(inside, spot.items[0])
    else:
        spot.what = "map"
        while not isinstance(inside := next(events), yaml.MappingEndEvent):
            if not spot.entries:
                spot.column = inside.start_mark.column
            key, below = str(getattr(inside, "value", "")), _spot(inside, events)
            spot.entries[key] = _spot(next(events), events)
            spot.merges |= key == "<<"
            last = max(below.end, spot.entries[key].end)
    spot.end = inside.end_mark.index if spot.is_flow else last
    return spot


def _dash(after: Any, first: Spot) -> int:
    """Find the column of the dash where an anchor stands before the list."""
    text = after.start_mark.buffer or ""
    line = text[text.rfind("\n", 0, first.start) + 1 : first.start]
    return len(line) - len(line.lstrip())


def put(text: str, path: Sequence[str], value: Any, lines: Sequence[str] = ()) -> str:
    """Put a value below a path where nothing stands yet; a list is appended to the one that is there.

    ``lines`` is the same value as YAML with comments, starting in the first column.

    Raises ValuesError: when it cannot be done without touching what is there.
    """
    text = text if not text or text.endswith("\n") else text + _newline(text)
    body = list(lines) or dumped(value).splitlines()
    spot, at = parse(text), 0
    if spot is None:
        return text + _written(_nested(path, body), 0, text)
    in_flow = spot.is_flow
    while at < len(path) and path[at] in spot.entries:
        in_flow |= spot.is_flow
        spot, at = spot.entries[path[at]], at + 1
        _refuse(spot, path[:at])
    if at < len(path) and spot.merges:
        raise ValuesError(f"{'.'.join(path[:at])} takes keys from elsewhere (<<): write them out first")
    rest = path[at:]
    if spot.is_flow and not spot.is_empty:
        return _into_flow(text, spot, rest, value)
    if spot.is_empty:
        _refuse_text(text, spot, path[:at])
        if in_flow:  # no block can stand inside { }
            return f"{text[: spot.start].rstrip(' ')} {flow(_keyed(rest, value))}{text[spot.end :]}"
        return _replace_nothing(text, spot, _nested(rest, body), is_root=not at)
    return _after(text, spot.end, _written(_nested(rest, body), spot.column, text))


def _refuse(spot: Spot, path: Sequence[str]) -> None:
    if spot.what == "alias":
        raise ValuesError(f"{'.'.join(path)} is an alias: write it out where it is used, or add to its anchor by hand")


def _refuse_text(text: str, spot: Spot, path: Sequence[str]) -> None:
    written = text[spot.start : spot.end]
    if yaml.safe_load(written) not in (None, [], {}):
        raise ValuesError(f"{'.'.join(path)} is {written!r}: it should hold a block")


def _keyed(path: Sequence[str], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _nested(path: Sequence[str], body: Sequence[str]) -> list[str]:
    """Put lines below keys."""
    lines = list(body)
    for key in reversed(path):
        one_line = len(lines) == 1 and not lines[0].startswith(("- ", "#")) and ": " not in lines[0]
        lines = [f"{key}: {lines[0]}"] if one_line else [f"{key}:", *("  " + line for line in lines)]
    return lines


def _into_flow(text: str, spot: Spot, rest: Sequence[str], value: Any) -> str:
    """Add to [a, b] or {a: b}, behind the last element."""
    if spot.what == "list":
        added = flow(value)[1:-1]
        last = spot.items[-1].end
    else:
        added = flow(_keyed(rest, value))[1:-1]
        last = max(entry.end for entry in spot.entries.values())
    return f"{text[:last]}, {added}{text[last:]}"


def _replace_nothing(text: str, spot: Spot, lines: Sequence[str], *, is_root: bool) -> str:
    """Write below a key that has no value; what stands there is [], {}, null or nothing."""
    line = text[text.rfind("\n", 0, spot.start) + 1 :]
    column = len(line) - len(line.lstrip()) + 2
    cut = text[: spot.start].rstrip(" ") + text[spot.end :]
    return _after(cut, min(spot.start, len(cut)) - 1, _written(lines, 0 if is_root else column, text))


def _after(text: str, end: int, added: str) -> str:
    """Insert whole lines after the line that holds the character before ``end``."""
    if end and text[end - 1] == "\n":  # a block scalar ends with its line
        return text[:end] + added + text[end:]
    line_end = text.find("\n", end)
    if line_end < 0:
        return text + _newline(text) + added
    return text[: line_end + 1] + added + text[line_end + 1 :]


def _written(lines: Sequence[str], column: int, text: str) -> str:
    ends = _newline(text)
    return "".join((" " * column + line if line else "") + ends for line in lines)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
