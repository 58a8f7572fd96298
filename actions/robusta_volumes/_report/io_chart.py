"""The I/O of a volume as pictures: its course with the limit it has, and when in the week it is busy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from robusta_volumes._report.charts import COLOURS, INK, QUIET, WARM, Margins, picture, pictures, printable, time_axis
from robusta_volumes._report.pieces import short

Points = Sequence[tuple[datetime, float]]
_HEIGHT = 3.4  # rows of a bar picture, for each panel
_LINE = 78  # characters of a panel's title
_ROOM = 1.25  # of what is drawn: above it stand the words
_FAR = 4.0  # times what was reached: a limit further away would make a flat line of it, and is told in words only
_RIGHT = 0.05  # of the time: the words of the last mark need room
_GAP = 2.5  # steps: what is further apart is not joined
_ROUND_EACH = Margins(left=0.7, head=0.27, foot=0.32)
_LOOKS = ((COLOURS[0], "-"), (COLOURS[2], "-"), (COLOURS[4], "--"))
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HEAT_ROWS, _HOURS = 8.0, 24


@dataclass(frozen=True)
class Panel:
    """One picture of several: lines of one unit, and the limit that they have."""

    title: str
    unit: str
    lines: Sequence[tuple[str, Points]]  # name and course; already in that unit
    limit: tuple[str, float] | None = None


def io_picture(title: str, panels: Sequence[Panel]) -> bytes | None:
    """Draw the panels one under the other along one axis of time; None without anything to draw, or without matplotlib."""
    known = [panel for panel in panels if any(points for _, points in panel.lines)]
    if not known:
        return None
    every = [when for panel in known for _, points in panel.lines for when, _ in points]
    span = (min(every), max(every))
    return pictures(title, _HEIGHT, [partial(_draw, panel=panel, span=span) for panel in known], margins=_ROUND_EACH)


def _draw(axes: Any, panel: Panel, span: tuple[datetime, datetime]) -> None:
    top = max((value for _, points in panel.lines for _, value in points), default=0.0)
    limit = panel.limit if panel.limit and panel.limit[1] <= top * _FAR else None
    top = max(top, limit[1] if limit else 0.0) or 1.0
    far = f"; {panel.limit[0]} is far above" if panel.limit and not limit else ""
    axes.set_title(
        short(printable(panel.title + far), _LINE), loc="left", fontsize=9, color=INK, pad=4, parse_math=False
    )
    drawn = [(name, points) for name, points in panel.lines if points]
    for place, (_, points) in enumerate(drawn):
        colour, style = _LOOKS[place % len(_LOOKS)]
        for piece in _pieces(points):
            axes.plot([w for w, _ in piece], [v for _, v in piece], style, color=colour, linewidth=1.6)
    _name_lines(axes, [name for name, _ in drawn])
    if limit:
        axes.axhline(limit[1], color=WARM, linewidth=1.4, linestyle="--")
        axes.annotate(printable(limit[0]), (span[0], limit[1]), xytext=(2, 3), textcoords="offset points", fontsize=8,
                      color=WARM, parse_math=False, bbox={"color": "white", "alpha": 0.75, "pad": 0.5})  # fmt: skip
    axes.set_ylim(0, top * _ROOM)
    axes.set_xlim(span[0], span[1] + (span[1] - span[0]) * _RIGHT)
    axes.set_ylabel(panel.unit, fontsize=8, color=QUIET)
    axes.locator_params(axis="y", nbins=3)
    time_axis(axes, max(span[1] - span[0], timedelta(hours=1)))
    low, high = axes.get_xlim()
    axes.set_xticks([at for at in axes.get_xticks() if low <= at <= high - (high - low) * _RIGHT])
    axes.spines["left"].set_visible(True)
    axes.spines["left"].set_color(QUIET)
    axes.tick_params(axis="y", labelsize=8, labelcolor=QUIET, length=3, color=QUIET)


def _name_lines(axes: Any, names: Sequence[str]) -> None:
    """Write the lines' names in their colours, at the upper right: there is always room above what was reached."""
    for place, name in enumerate(names):
        colour, _ = _LOOKS[place % len(_LOOKS)]
        axes.annotate(printable(name), (1.0, 0.98), xycoords="axes fraction", xytext=(-4 - 52 * (len(names) - 1 - place), 0),
                      textcoords="offset points", ha="right", va="top", fontsize=8, color=colour, parse_math=False)  # fmt: skip


def _pieces(points: Points) -> list[Points]:
    """Cut the course where nothing was measured in between."""
    if len(points) <= 1:
        return [points]
    step = min(b[0] - a[0] for a, b in pairwise(points))
    pieces: list[list[tuple[datetime, float]]] = [[points[0]]]
    for before, here in pairwise(points):
        if here[0] - before[0] > step * _GAP:
            pieces.append([])
        pieces[-1].append(here)
    return [*pieces]


def heat_picture(title: str, values: Sequence[Sequence[float]]) -> bytes | None:
    """Draw a week by the hour, 7 x 24 values from Monday on, darker where more was done; None without matplotlib."""
    return picture(title, _HEAT_ROWS, lambda axes: _draw_heat(axes, values))


def _draw_heat(axes: Any, values: Sequence[Sequence[float]]) -> None:
    known = [cell for day in values for cell in day if not math.isnan(cell)]
    top = max(known, default=0.0) or 1.0
    axes.set_facecolor("#f4f4f4")  # what was not measured
    axes.imshow(
        [list(day) for day in values], cmap="Blues", vmin=0.0, vmax=top, aspect="auto", interpolation="nearest"
    )  # fmt: skip
    axes.set_yticks(range(len(_DAYS)), _DAYS, fontsize=9, color=INK)
    axes.set_xticks(range(0, _HOURS, 3), [f"{hour:02}:00" for hour in range(0, _HOURS, 3)], fontsize=8, color=QUIET)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    y, x = max(
        ((y, x) for y, day in enumerate(values) for x, cell in enumerate(day) if not math.isnan(cell)),
        key=lambda at: values[at[0]][at[1]],
        default=(0, 0),
    )
    axes.annotate(f"{values[y][x]:,.0f}" if known else "", (x, y), ha="center", va="center", fontsize=7, color="white")
    axes.set_xlabel("UTC; grey: not measured; the number stands in the busiest hour", fontsize=8, color=QUIET)
