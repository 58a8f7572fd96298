"""Pictures, as PNG files. The only place that knows matplotlib, which is imported when a picture is drawn."""

import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from robusta_volumes._model.quantity import GIB, gib

# Okabe and Ito's colours, told apart by colour-blind people too: https://jfly.uni-koeln.de/color/
COLOURS = ("#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#009E73", "#CC79A7")
# The same thing has the same colour in every picture; what asks for attention has a warm one.
_OWN_COLOUR = {
    "Bound": "#0072B2",
    "Available": "#56B4E9",
    "Released": "#E69F00",
    "Failed": "#D55E00",
    "Pending": "#CC79A7",
}
INK, QUIET, _EMPTY, WARM = "#1d1c1d", "#616061", "#e8e8e8", "#D55E00"
_NEARLY = 0.8  # of a bar: from here on it asks for attention
_WIDTH_INCHES, _DPI = 6.4, 150  # 960 pixels wide: still readable when a phone shows it at 600
_ROW, _TITLE_LINE, _LEGEND, _EDGES = 0.36, 0.21, 0.28, 0.16  # inches
_LABEL, _TITLE = 26, 64  # characters
_SHORTEST, _BY_DAYS = timedelta(days=1), timedelta(days=5)  # of a timeline; from the second on its ticks are days
_MARKS = {  # told apart by their shape, too
    "good": ("o", "#0072B2"),
    "under way": ("D", "#E69F00"),
    "failed": ("x", "#D55E00"),
    "being deleted": ("_", "#616061"),
}
_OTHER_MARK = ("s", "#56B4E9")


@dataclass(frozen=True)
class Margins:
    """Room that pictures leave for words around them, in inches."""

    left: float
    head: float  # above each
    foot: float  # below the last


Marks = Sequence[tuple[str, Sequence[tuple[datetime, str]]]]


def stacked_bars(title: str, rows: Sequence[tuple[str, Mapping[str, int]]]) -> bytes | None:
    """Draw one horizontal bar per row, made of named parts in bytes; None when matplotlib is not there."""
    names = list(dict.fromkeys(part for _, parts in rows for part, size in parts.items() if size > 0))
    many = len(names) > 1
    return picture(title, len(rows), lambda axes: _draw(axes, names, rows), legend=min(5, len(names)) if many else 0)


def fill_bars(title: str, rows: Sequence[tuple[str, int, int]]) -> bytes | None:
    """Draw one bar per row: so many used of so many; None when matplotlib is not there."""
    return picture(title, len(rows), lambda axes: _draw_fills(axes, rows))


def timeline(title: str, rows: Marks, now: datetime) -> bytes | None:
    """Draw a line of marks per row, each a moment and what it was, up to ``now``; None when matplotlib is not there."""
    names = list(dict.fromkeys(what for _, marks in rows for _, what in marks))
    axis = 1  # takes as much room as a row
    return picture(title, len(rows) + axis, lambda axes: _draw_marks(axes, names, rows, now), legend=min(5, len(names)))


def picture(title: str, rows: float, draw: Callable[[Any], None], legend: int = 0) -> bytes | None:
    """Draw below a title; ``legend`` is its number of columns."""
    return pictures(title, rows, [draw], legend)


def pictures(
    title: str, rows: float, draws: Sequence[Callable[[Any], None]], legend: int = 0, margins: Margins | None = None
) -> bytes | None:
    """Draw several below one title, one under the other and with one axis of time; ``rows`` are the height of each.

    Without ``margins`` the words decide how much room they need, which takes as long as drawing does.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (slow and not always there)
        from matplotlib.figure import Figure  # noqa: PLC0415 (see above)
    except ImportError:
        return None
    lines = textwrap.wrap(printable(title), _TITLE) or [""]
    height = _EDGES + _TITLE_LINE * len(lines) + _ROW * max(1, rows) * len(draws) + (_LEGEND if legend else 0)
    figure = Figure(figsize=(_WIDTH_INCHES, height), dpi=_DPI, layout=None if margins else "constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(
        "\n".join(lines), x=0.012, ha="left", fontsize=11, fontweight="bold", color=INK, parse_math=False
    )  # fmt: skip
    every = figure.subplots(len(draws), 1, sharex=True, squeeze=False)
    for draw, axes in zip(draws, every[:, 0], strict=True):
        draw(axes)
    if margins:
        _leave_room(figure, margins, height, _EDGES + _TITLE_LINE * len(lines), len(draws))
    else:
        figure.align_ylabels()
    if legend:
        figure.legend(
            loc="outside lower left", ncols=legend, frameon=False, fontsize=8, labelcolor=QUIET,
            handlelength=1, handleheight=0.9,
        )  # fmt: skip
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _leave_room(figure: Any, margins: Margins, height: float, above: float, many: int) -> None:
    """Place the pictures by fixed distances, and the title at the top."""
    top, bottom = above + margins.head, margins.foot
    each = (height - top - bottom - margins.head * (many - 1)) / many
    figure.subplots_adjust(
        left=margins.left / _WIDTH_INCHES,
        right=1 - _EDGES / 2 / _WIDTH_INCHES,
        top=1 - top / height,
        bottom=bottom / height,
        hspace=margins.head / each,
    )
    for axes in figure.axes:
        axes.yaxis.set_label_coords(-(margins.left - _EDGES) / (_WIDTH_INCHES - margins.left), 0.5)


def _draw_fills(axes: Any, rows: Sequence[tuple[str, int, int]]) -> None:
    places = range(len(rows))
    shares = [min(1.0, used / most) if most else 1.0 for _, used, most in rows]
    axes.barh(places, [1.0] * len(rows), height=0.62, color=_EMPTY)
    axes.barh(places, shares, height=0.62, color=[WARM if share >= _NEARLY else COLOURS[0] for share in shares])
    for y, (_, used, most) in enumerate(rows):
        axes.text(1.0, y, f"  {used:,} of {most:,}", va="center", ha="left", fontsize=9, color=INK)
    _frame(axes, [label for label, _, _ in rows], 1.0)


def _draw_marks(axes: Any, names: Sequence[str], rows: Marks, now: datetime) -> None:
    start = min((when for _, marks in rows for when, _ in marks), default=now)
    start = min(start, now - _SHORTEST)
    edge = (now - start) * 0.03
    for name in names:
        shape, colour = _MARKS.get(name, _OTHER_MARK)
        places = [(when, y) for y, (_, marks) in enumerate(rows) for when, what in marks if what == name]
        axes.scatter(
            [when for when, _ in places], [y for _, y in places], s=42, marker=shape, color=colour,
            label=printable(name), linewidths=1.6, zorder=3,
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [_label(label) for label, _ in rows], fontsize=9, color=INK, parse_math=False)
    axes.set_ylim(max(1, len(rows)) - 0.5, -0.5)
    axes.set_xlim(start - edge, now + edge)
    axes.axvline(now, color=INK, linewidth=1)
    axes.hlines(range(len(rows)), start - edge, now, color="#dddddd", linewidth=1)
    time_axis(axes, now - start)


def time_axis(axes: Any, length: timedelta) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter  # noqa: PLC0415 (slow and not always there)

    places: Any = AutoDateLocator  # matplotlib does not type it
    words: Any = DateFormatter
    axes.xaxis.set_major_locator(places(minticks=3, maxticks=7, tz=timezone.utc))
    axes.xaxis.set_major_formatter(words("%d %b" if length > _BY_DAYS else "%d %b %H:%M", tz=timezone.utc))
    axes.tick_params(axis="x", labelsize=8, labelcolor=QUIET, length=3, color=QUIET)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(QUIET)


def _draw(axes: Any, names: Sequence[str], rows: Sequence[tuple[str, Mapping[str, int]]]) -> None:
    places = range(len(rows))
    left = [0.0] * len(rows)
    spare = iter(COLOURS * len(names))
    for name in names:
        widths = [max(0, parts.get(name, 0)) / GIB for _, parts in rows]
        colour = _OWN_COLOUR.get(name) or next(spare)
        axes.barh(places, widths, left=left, height=0.62, color=colour, label=printable(name))
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for y, (end, (_, parts)) in enumerate(zip(left, rows, strict=True)):
        total = gib(sum(max(0, size) for size in parts.values()))
        axes.text(end, y, f"  {total}", va="center", ha="left", fontsize=9, color=INK)
    _frame(axes, [label for label, _ in rows], max(left, default=0))


def _frame(axes: Any, labels: Sequence[str], end: float) -> None:
    """Name the bars, the first on top, and leave room behind the longest for its number."""
    axes.set_yticks(range(len(labels)), [_label(label) for label in labels], fontsize=9, color=INK, parse_math=False)
    axes.set_ylim(max(1, len(labels)) - 0.5, -0.5)
    axes.set_xlim(0, end * 1.22 or 1)
    axes.xaxis.set_visible(False)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_color(QUIET)
    axes.tick_params(length=0)


def _label(text: str) -> str:
    """Shorten in the middle: of long class names the beginnings and the ends tell them apart."""
    text = printable(text)
    return text if len(text) <= _LABEL else f"{text[: _LABEL // 2]}…{text[-_LABEL // 2 + 1 :]}"


def printable(text: str) -> str:
    """Keep what the font that comes with matplotlib has: it warns and draws boxes for the rest."""
    return "".join(c if c.isprintable() and ord(c) < 0x250 else "?" for c in text)  # noqa: PLR2004 (end of Latin)
