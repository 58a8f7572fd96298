"""What a Prometheus with `story_io` in it answers to our questions about I/O, worked out instead of stored.

It knows no PromQL: it reads from a question which metric of the story it is about, the factor, and what is selected. That a
real Prometheus answers the same is proved by tests/test_io_told.py.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from robusta_volumes._sandbox.recorded_prometheus import selectors
from robusta_volumes._sandbox.story_io import Series

Row = dict[str, Any]
_SPAN = re.compile(r"\[(\d+)s")
_HOUR = 3600.0
_PIECES = 5  # of a rate's time: the mean of so many moments in it


class IoAnswers:
    """Answers about the series of a story; ``clock`` gives seconds since 1970."""

    def __init__(self, series: Series, clock: Callable[[], float]) -> None:
        """Tell this story; it goes on while the clock does, and ends now."""
        self._series = series
        self._names = {metric for metric, _ in series}
        self._clock = clock

    def answer(self, form: Mapping[str, str]) -> list[Row] | None:
        """Give the rows of a question; None for one that is about something else."""
        query = form.get("query", "")
        found = selectors(query)
        named = {name for one in found for name in one.metric.split("|")}
        if query.startswith("count by (__name__)"):
            here = sorted(named & self._names)
            return [{"metric": {"__name__": name}, "value": [0, "1"]} for name in here] if here else None
        if not named & self._names:
            return None
        if query.startswith(("label_replace", "max by (volume_id) (resets")):
            return []  # no histogram, and no counter that began again
        metric = next(name for name in named if name in self._names)
        wanted = re.search(r"volume_id(=~|=)\"((?:[^\"\\]|\\.)*)\"", query)
        pattern = re.compile(wanted[2].replace("\\\\", "\\") if wanted else ".*")
        rows = [(handle, rate) for (name, handle), rate in self._series.items() if name == metric]
        return [self._row(form, handle, rate) for handle, rate in rows if pattern.fullmatch(handle)]

    def _row(self, form: Mapping[str, str], handle: str, rate: Callable[[float], float]) -> Row:
        span = _SPAN.search(form["query"])
        seconds = float(span[1]) if span else 0.0
        start, end, step = (float(form[name]) for name in ("start", "end", "step"))
        times = [start + place * step for place in range(int((end - start) // step) + 1)]
        return {
            "metric": {"volume_id": handle},
            "values": [[at, f"{self._mean(rate, at, seconds):.6g}"] for at in times],
        }

    def _mean(self, rate: Callable[[float], float], at: float, seconds: float) -> float:
        back = self._clock() - at
        moments = (max(0.0, back + seconds * (place + 0.5) / _PIECES) / _HOUR for place in range(_PIECES))
        return sum(rate(hours) for hours in moments) / _PIECES
