"""A page: what is published, before anybody knows where. Title, severity, subject and blocks."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from robusta_volumes._model.severity import Severity


@dataclass(frozen=True)
class Text:
    """A paragraph in the Markdown that chats share: *bold*, `code`, fences."""

    markdown: str
    topic: str = ""  # what it answers, where another page may answer that in the same message


@dataclass(frozen=True)
class Table:
    """A table that fits a chat: two columns. Slack shows a table of three or more as a file only; so does a CSV."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


@dataclass(frozen=True)
class File:
    """An attachment."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Button:
    """A button that starts one of our actions."""

    text: str
    action: str
    params: Mapping[str, str]
    topic: str = ""  # as of a text


GROW = "grow"  # topic: what to do about the size of a claim

Block = Text | Table | File | Button


@dataclass(frozen=True)
class Subject:
    """What a page is about: for routing (namespace, labels) and for telling pages apart."""

    kind: str
    name: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    node: str = ""


@dataclass(frozen=True)
class Page:
    """One message."""

    title: str
    severity: Severity
    subject: Subject
    blocks: tuple[Block, ...]
    key: str  # what kind of page this is: sinks group by it
    causes: tuple[str, ...] = ()  # rule ids or other reasons; part of what tells two pages of one subject apart
    identity: str = ""  # of the issue that the title names: the same from whichever object somebody looked at it
    failure: bool = True  # False: nothing is wrong
    noteworthy: bool = True  # False: not worth a message unless somebody asked
    knows: int = 0  # of its topics: of two pages in one message the one that knows more is heard


_NUMBERS = frozenset({int, float})  # no spreadsheet runs them


def csv_file(name: str, headers: Sequence[str], rows: Iterable[Collection[object]]) -> File:
    """Write a wide table as CSV. Cells that a spreadsheet would run as a formula get a leading apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headers)
    text = _Harmless()
    writer.writerows([cell if cell.__class__ in _NUMBERS else text[cell] for cell in row] for row in rows)
    return File(name, out.getvalue().encode(errors="replace"))


class _Harmless(dict[object, str]):
    """What is written for a cell: the same words stand in thousands of rows."""

    def __missing__(self, cell: object) -> str:
        """Work it out once."""
        self[cell] = found = _harmless(cell)
        return found


def _harmless(cell: object) -> str:
    text = "" if cell is None else str(cell).replace("\r\n", "\n").replace("\r", "\n")  # the writer quotes \n alone
    if text.lstrip()[:1] not in {"=", "+", "-", "@"}:
        return text
    is_number = text.lstrip("+-").replace(".", "", 1).isdigit()
    return text if is_number else "'" + text
