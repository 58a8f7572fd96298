"""Foreign text (names, messages, annotations) made harmless for Markdown, and the nearest of several names."""

import difflib
import re
import shlex
from collections.abc import Callable, Sequence
from typing import TypeVar

One = TypeVar("One")

# Control characters, and what changes the direction of text, hides in it or cannot be encoded.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
# In every chat `<` opens a link or a mention, so that a claim's annotation could page the whole channel (<!channel>);
# an escape such as &lt; is right in one sink and garbage in the next, so look-alikes are used. Underscores stay: they are
# parts of real names, and the worst that they do is italics.
_BRACKETS = {"<": "\u2039", ">": "\u203a"}
_LOOKALIKE = str.maketrans({**_BRACKETS, "`": "'", "*": "\u2217", "~": "\u223c", "|": "\u00a6"})
_IN_CODE = str.maketrans({**_BRACKETS, "`": "'"})
_ELLIPSIS = "…"


def plain(text: object, limit: int = 300) -> str:
    """Make foreign text safe inside a Markdown sentence: one line, no markup, at most ``limit`` characters."""
    line = " ".join(_CONTROL.sub(" ", str(text)).split()).translate(_LOOKALIKE).replace("](", "] (")  # no links
    return line if len(line) <= limit else line[: limit - 1].rstrip() + _ELLIPSIS


def cited(text: object, limit: int = 300) -> str:
    """Put foreign text into double quotes; those that it holds become single ones, so that its end can be seen."""
    return '"' + plain(text, limit).replace('"', "'") + '"'


def code(text: object) -> str:
    """Put text into a Markdown code span; backticks, which would end it, and mentions, which work inside, are replaced."""
    return "`" + (" ".join(_CONTROL.sub(" ", str(text)).split()).translate(_IN_CODE) or " ") + "`"


def quoted(text: object) -> str:
    """Quote for a POSIX shell, so that a pasted command does what it says whatever the name is."""
    return shlex.quote(str(text))


def nearest(name: str, names: "list[str] | tuple[str, ...]", most: int = 3, alike: float = 0.6) -> list[str]:
    """Find the names that a person may have meant, best first; ``alike`` (0 to 1) is how close they must come."""
    return difflib.get_close_matches(name, sorted(set(names)), n=most, cutoff=alike)


def listing(items: "list[str] | tuple[str, ...]", most: int = 5) -> str:
    """Write names as a list that stays short: "a, b, c and 4 more"."""
    return listing_of(items, str, most)


def listing_of(items: Sequence[One], written: Callable[[One], str], most: int = 5) -> str:
    """Write what may be many as such a list; only what is shown is put into words."""
    shown = ", ".join(written(one) for one in items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most} more"


def count(number: int, noun: str) -> str:
    """Write "1 volume", "3 volumes"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
