"""How answers to range queries become a grid: one pass over the points, nothing kept of the JSON."""

import math
import threading
from array import array
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Grid, Key

_NAN = float("nan")
BLOCK = 128  # rows
K = TypeVar("K", bound=Hashable)


class Rows(Generic[K]):
    """Rows of equal steps that are being filled, by several threads. ``only``: what is wanted; None: all."""

    def __init__(
        self,
        end: datetime,
        step: timedelta,
        columns: int,
        key: Callable[[dict[str, Any]], K | None],
        only: Collection[K] | None = None,
    ) -> None:
        """Make some whose last column ends at ``end``; ``key`` tells of what a row is, None when of nothing."""
        self.start = end - (columns - 1) * step
        self.end = end
        self.step = step
        self.columns = columns
        self._key = key
        self._only = None if only is None else frozenset(only)
        self._places: dict[K, int] = {}
        self._blocks: "list[array[float]]" = []  # noqa: UP037 (array takes no brackets at run time before 3.12)
        self._lock = threading.Lock()

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Take rows of a matrix; what came before stays where they say nothing.

        Raises ValueError, TypeError, KeyError: when they are none.
        """
        start, step = self.start.timestamp(), self.step.total_seconds()
        for row in rows:
            key = self._key(row)
            if key is None or (self._only is not None and key not in self._only):
                continue
            line = _line(row["values"], start, step, self.columns)
            with self._lock:
                self._put(key, line)

    def _put(self, key: K, line: "array[float]") -> None:
        """Keep a row, many in one block: one array that grows, or one for each row, would leave holes in memory."""
        before = self._places.get(key)
        place, row = divmod(len(self._places) if before is None else before, BLOCK)
        if place == len(self._blocks):
            self._blocks.append(array("d", [_NAN]) * (BLOCK * self.columns))
        block, start = self._blocks[place], row * self.columns
        if before is None:
            self._places[key] = len(self._places)
        else:
            line = _together(block[start : start + self.columns], line)
        block[start : start + self.columns] = line

    def keys(self) -> list[K]:
        """Tell what came so far."""
        with self._lock:
            return list(self._places)

    def lines(self) -> "Iterator[tuple[K, array[float]]]":
        """Give what came so far, row by row."""
        with self._lock:
            places, blocks = dict(self._places), list(self._blocks)
        for key, place in places.items():
            block, row = divmod(place, BLOCK)
            yield key, blocks[block][row * self.columns : (row + 1) * self.columns]

    def taken(self, keys: Sequence[K]) -> "array[float]":
        """Give away the values of these, row by row, no values where there are none: two copies of all would be too much."""
        values = array("d", [_NAN]) * (len(keys) * self.columns)
        rows = {key: row for row, key in enumerate(keys)}
        for key, line in self.lines():
            if (row := rows.get(key)) is not None:
                values[row * self.columns : (row + 1) * self.columns] = line
        with self._lock:
            self._places, self._blocks = {}, []
        return values


class Filling(Rows[Key]):
    """A grid of claims that is being filled."""

    def __init__(self, end: datetime, step: timedelta, columns: int, only: Collection[Key] | None = None) -> None:
        """Make one whose last column ends at ``end``."""
        super().__init__(end, step, columns, key_of, only)

    def grid(self) -> Grid:
        """Give what came; after that, nothing is left."""
        keys = tuple(sorted(self.keys()))
        return Grid(keys, self.start, self.step, self.columns, self.taken(keys))


def key_of(row: dict[str, Any]) -> Key | None:
    """Tell of which claim a row is; None when it has no such labels."""
    metric = row["metric"]
    namespace, name = metric.get("namespace"), metric.get("persistentvolumeclaim")
    return (namespace, name) if namespace and name else None


def _line(points: list[Any], start: float, step: float, columns: int) -> "array[float]":
    if len(points) == columns and points[0][0] == start:  # nothing is missing: the usual case, three times as fast
        line = array("d", [float(value) for _, value in points])
    else:
        line = array("d", [_NAN]) * columns
        for at, value in points:
            column = round((at - start) / step)
            if 0 <= column < columns:
                line[column] = float(value)
    if not math.isfinite(sum(line)):
        line = array("d", [value if math.isfinite(value) else _NAN for value in line])
    return line


def _together(before: "array[float]", line: "array[float]") -> "array[float]":
    return array("d", [old if math.isnan(new) else new for old, new in zip(before, line, strict=True)])


def rounded(end: datetime, step: timedelta = timedelta(hours=1)) -> datetime:
    """Give the last full step before ``end``: the same question within it is answered from a cache."""
    seconds = step.total_seconds()
    return datetime.fromtimestamp(end.timestamp() // seconds * seconds, UTC)
