"""The growth of claims as a picture: daily peaks, what fits with its resizes, and where it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from robusta_volumes._model.quantity import GIB
from robusta_volumes._report.charts import COLOURS, INK, QUIET, WARM, Margins, picture, pictures, printable, time_axis
from robusta_volumes._report.pieces import short

_HEIGHT = 6.5  # rows of a bar picture
_LINE = 78  # characters of a title of one of several
_LOW = 3.6  # rows of one of several
_ROOM = 1.12  # of its height: in a low one the words above the line need more
_TIGHT = 0.9  # of what fits: a forecast that comes so far is drawn in the colour of warnings
_ABOVE = 1.12  # of what fits: so much of a forecast beyond it is shown
_WORD = 0.3  # of the height: so high the words of a mark stand, above those about the line
_EARLY = 0.4  # of the time: words that end earlier would leave the picture
_MARKED = 0.01  # share by which what fits must change to be marked as a resize
_ROUND_EACH = Margins(left=0.7, head=0.27, foot=0.32)  # inches: "1,000" and its unit, a title, the days
Points = Sequence[tuple[datetime, float]]


@dataclass(frozen=True)
class Forecast:
    """Where it goes: bytes at the end, in the middle and at the bounds between which 80 % of the cases lie."""

    end: datetime
    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class Growth:
    """What is drawn of one claim. ``marks`` are moments with a word: a rollout, a sudden change."""

    title: str
    used: Points
    fits: Points = ()
    forecast: Forecast | None = None
    marks: Sequence[tuple[datetime, str]] = ()


def growth_picture(growth: Growth, now: datetime) -> bytes | None:
    """Draw the bytes used below the line of what fits; None when matplotlib is not there, or nothing is known."""
    if not growth.used:
        return None
    end = growth.forecast.end if growth.forecast else now
    return picture(growth.title, _HEIGHT, lambda axes: _draw(axes, growth, now, end))


def growth_pictures(title: str, growths: Sequence[Growth], now: datetime) -> bytes | None:
    """Draw several claims, one under the other along one axis of time, each in its own size."""
    known = [growth for growth in growths if growth.used]
    end = max([now, *(growth.forecast.end for growth in known if growth.forecast)])
    draws = [partial(_draw_titled, growth=growth, now=now, end=end, first=i == 0) for i, growth in enumerate(known)]
    return pictures(title, _LOW, draws, margins=_ROUND_EACH) if draws else None


def _draw_titled(axes: Any, growth: Growth, now: datetime, end: datetime, *, first: bool) -> None:
    axes.set_title(short(printable(growth.title), _LINE), loc="left", fontsize=9, color=INK, pad=4, parse_math=False)
    _draw(axes, growth, now, end, first=first)
    axes.set_ylim(0, axes.get_ylim()[1] * _ROOM)
    axes.locator_params(axis="y", nbins=3)


def _draw(axes: Any, growth: Growth, now: datetime, end: datetime, *, first: bool = True) -> None:
    """Draw one claim; the words that are the same for all stand in the first picture."""
    used, fits, forecast = growth.used, growth.fits, growth.forecast
    times, sizes = [when for when, _ in used], [size / GIB for _, size in used]
    axes.fill_between(times, sizes, color=COLOURS[1], alpha=0.35, linewidth=0)
    axes.plot(times, sizes, color=COLOURS[0], linewidth=2)
    top = _top(sizes, [size / GIB for _, size in fits], forecast)
    if first:
        _name_used(axes, times, sizes, top)
    if forecast:
        _draw_forecast(axes, times[-1], sizes[-1], forecast, fits)
    if fits:
        _draw_fits(axes, fits, end)
    axes.set_ylim(0, top * 1.18 or 1)
    axes.set_xlim(times[0], end)
    if end > now:
        axes.axvline(now, color=QUIET, linewidth=1, linestyle=":")
        if first:
            axes.text(now, top * 1.12, " today", fontsize=8, color=QUIET, va="center")
    for when, word in growth.marks:
        axes.axvline(when, color=COLOURS[5], linewidth=1.2)
        left = when - times[0] > (times[-1] - times[0]) / 2  # of the mark: at the right stands the forecast
        axes.text(when, top * _WORD, f" {printable(word)} ", ha="right" if left else "left", fontsize=8, color=INK,
                  parse_math=False)  # fmt: skip
    axes.set_ylabel("GiB", fontsize=8, color=QUIET)
    time_axis(axes, end - times[0] + timedelta(days=5))  # ticks are days always
    axes.spines["left"].set_visible(True)
    axes.spines["left"].set_color(QUIET)
    axes.tick_params(axis="y", labelsize=8, labelcolor=QUIET, length=3, color=QUIET)


def _name_used(axes: Any, times: Sequence[datetime], sizes: Sequence[float], top: float) -> None:
    """Say what the line is below it: at the left where it leaves room there, else before today."""
    left = sizes[0] > top * _WORD
    axes.text(times[0 if left else -1], 0.05, " used, the peak of each day ", transform=axes.get_xaxis_transform(),
              ha="left" if left else "right", fontsize=8, color=COLOURS[0])  # fmt: skip


def _top(sizes: Sequence[float], fits: Sequence[float], forecast: Forecast | None) -> float:
    """Give what is worth showing: a forecast far above what fits would squeeze everything else."""
    top = max([*sizes, *fits])
    ahead = forecast.middle / GIB if forecast else 0.0
    return max(top, min(ahead, fits[-1] * _ABOVE) if fits else ahead)


def _draw_forecast(axes: Any, start: datetime, level: float, forecast: Forecast, fits: Points) -> None:
    room = fits[-1][1] / GIB if fits else float("inf")
    colour = WARM if forecast.high / GIB >= room * _TIGHT else COLOURS[0]
    span = [start, forecast.end]
    axes.fill_between(span, [level, forecast.low / GIB], [level, forecast.high / GIB], color=colour, alpha=0.18,
                      linewidth=0)  # fmt: skip
    axes.plot(span, [level, forecast.middle / GIB], color=colour, linewidth=2, linestyle="--")


def _draw_fits(axes: Any, fits: Points, end: datetime) -> None:
    times, sizes = [*(when for when, _ in fits), end], [*(size / GIB for _, size in fits), fits[-1][1] / GIB]
    axes.step(times, sizes, where="post", color=INK, linewidth=1.6)
    resized = [
        (when, before / GIB, after / GIB)
        for (_, before), (when, after) in pairwise(fits)
        if abs(after - before) > before * _MARKED
    ]
    early = times[0] + (end - times[0]) * _EARLY
    if not resized or resized[0][0] > early:  # else the mark says both sizes, and there is no room
        axes.annotate(f"all that fits: {sizes[0]:,.1f} GiB", (times[0], sizes[0]), xytext=(2, 5),
                      textcoords="offset points", fontsize=8, color=INK)  # fmt: skip
    for when, before, after in resized:
        axes.plot([when], [after], marker="^", color=INK, markersize=6)
        late = when > early  # the words end at the mark: there the line was lower
        words = f"resized: {after:,.1f} GiB" if late else f"resized: {before:,.1f} to {after:,.1f} GiB"
        axes.annotate(words, (when, after), xytext=(-6 if late else 6, 5), textcoords="offset points",
                      ha="right" if late else "left", fontsize=8, color=INK)  # fmt: skip
