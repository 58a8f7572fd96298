"""The measured rows of claims as matrices, one row per claim and node: from several sources, from the time that counts on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray

from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.io import IoLimits, Mapped
from robusta_volumes._model.io_series import IoKey, IoMeasured, IoSeries, IoWindow

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Signals = dict[str, Floats]  # by signal, ``(rows, columns)``
OF_PODS = frozenset(
    {"pressure_some", "pressure_full", "memory_pressure", "cpu_throttled"}
)  # said of pods, by their names
# What is divided by one another comes from one source, or not at all.
_FAMILIES: tuple[tuple[str, ...], ...] = (
    ("read_ops", "write_ops", "read_bytes", "write_bytes", "read_seconds", "write_seconds"),
    ("flushes", "flush_seconds"),
    ("requests", "transmissions", "timeouts", "queued_seconds", "server_seconds", "meta_requests"),
)
_FAMILY = {signal: family[0] for family in _FAMILIES for signal in family}


@dataclass(frozen=True)
class Entry:
    """One claim on one node: what speaks for it, best first, and what it may do."""

    claim: Key
    mapped: tuple[Mapped, ...]
    limits: IoLimits = field(default_factory=IoLimits)
    pods: tuple[IoKey, ...] = ()  # (namespace, name) of those that use it there

    @property
    def node(self) -> str:
        """The node's name; "" where it is nowhere."""
        return self.mapped[0].node


def entries_of(
    see: Inventory, mapped: Mapping[Key, tuple[Mapped, ...]], limits: Mapping[Key, Mapping[str, IoLimits]]
) -> list[Entry]:
    """List claims by node; several sources for one node speak for one entry."""
    found: list[Entry] = []
    unknown, nowhere = IoLimits(), dict[str, IoLimits]()
    for key, given in mapped.items():
        by_node: dict[str, list[Mapped]] = {}
        for each in given:
            by_node.setdefault(each.node, []).append(each)
        known, users = limits.get(key, nowhere), see.pods_of.get(key, ())
        for node, sources in by_node.items():
            pods = tuple(pod.meta.key for pod in users if pod.node == node)
            found.append(Entry(key, tuple(sources), known.get(node, unknown), pods))
    return found


class Tables:
    """Where the rows of each source are."""

    def __init__(self, series: Mapping[str, IoSeries], window: IoWindow) -> None:
        """Index the sources; one that was asked for other steps than ``window`` cannot stand beside the rest."""
        self.columns = window.columns
        self._series = {
            name: one
            for name, one in series.items()
            if (one.window.columns, one.window.step, one.window.end) == (window.columns, window.step, window.end)
        }
        self._rows = {name: {key: at for at, key in enumerate(one.keys)} for name, one in self._series.items()}
        self._pressing = [name for name, one in self._series.items() if OF_PODS & set(one.signals)]

    def row(self, source: str, key: IoKey) -> int:
        """Give the row of a key; -1 where the source does not have it."""
        return self._rows.get(source, {}).get(key, -1)

    def gathered(self, entries: Sequence[Entry], firsts: Ints, only: frozenset[str] = frozenset()) -> Signals:
        """Give what entries' sources measure from the columns ``firsts`` on; NaN elsewhere. ``only`` empty: all signals.

        ``firsts`` is as `firsts_of` gives it: by entry and place in its list of sources.
        """
        found: Signals = {}
        filled: dict[str, Bools] = {}
        shape = (len(entries), self.columns)
        for rank in range(max((len(e.mapped) for e in entries), default=0)):
            for source, at, rows in self._by_source(entries, rank):
                for family, signals in _families(self._series[source], only).items():
                    done = filled.setdefault(family, np.zeros(shape[0], dtype=bool))
                    still = ~done[at]
                    where = at[still], rows[still], firsts[at[still], rank]
                    self._fill(source, signals, where, found, done)
        if not only:
            self._press(entries, firsts, found)
        return found

    def _values(self, source: str, signal: str) -> Floats:
        one = self._series[source]
        return np.frombuffer(one.signals[signal], dtype=np.float64).reshape(len(one.keys), self.columns)

    def _by_source(self, entries: Sequence[Entry], rank: int) -> Iterable[tuple[str, Ints, Ints]]:
        groups: dict[str, list[tuple[int, int]]] = {}
        for at, entry in enumerate(entries):
            if rank < len(entry.mapped):
                one = entry.mapped[rank]
                row = self.row(one.source, one.key)
                if row >= 0:
                    groups.setdefault(one.source, []).append((at, row))
        for source, pairs in groups.items():
            both = np.asarray(pairs, dtype=np.int64)
            yield source, both[:, 0], both[:, 1]

    def _fill(
        self, source: str, signals: Iterable[str], where: tuple[Ints, Ints, Ints], found: Signals, done: Bools
    ) -> None:
        at, rows, firsts = where
        if not len(at):
            return
        early = np.arange(self.columns) < firsts[:, None]
        for signal in signals:
            if signal not in found:
                found[signal] = np.full((len(done), self.columns), np.nan)
            values = self._values(source, signal)[rows]
            values[early | np.isinf(values)] = np.nan
            found[signal][at] = values
            done[at] |= np.isfinite(values).any(axis=1)

    def _press(self, entries: Sequence[Entry], firsts: Ints, found: Signals) -> None:
        """Add what the pods that use a claim wait for I/O: the one that waits most speaks."""
        for source in self._pressing:
            pairs = [
                (at, row)
                for at, entry in enumerate(entries)
                for pod in entry.pods
                if (row := self.row(source, pod)) >= 0
            ]
            if not pairs:
                continue
            both = np.asarray(pairs, dtype=np.int64)
            early = np.arange(self.columns) < firsts[both[:, 0], 0][:, None]
            for signal in OF_PODS & set(self._series[source].signals):
                if signal not in found:
                    found[signal] = np.full((len(entries), self.columns), np.nan)
                values = self._values(source, signal)[both[:, 1]]
                values[early] = np.nan
                np.fmax.at(found[signal], both[:, 0], values)


def _families(series: IoSeries, only: frozenset[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for signal in series.signals:
        if not only or signal in only:
            found.setdefault(_FAMILY.get(signal, signal), []).append(signal)
    return found


def firsts_of(entries: Sequence[Entry], measured: IoMeasured, by_source: Mapping[str, IoSeries]) -> Ints:
    """Give, by entry and place in its list, the first column of ``by_source`` that counts.

    Nothing counts before the present attachment, and nothing up to the last reset of a counter: it was another disk's.
    """
    found = np.zeros((len(entries), max((len(e.mapped) for e in entries), default=0)), dtype=np.int64)
    for at, entry in enumerate(entries):
        for rank, one in enumerate(entry.mapped):
            reset = measured.resets.get((one.source, one.key))
            series = by_source.get(one.source)
            if series is not None and not (reset is None and one.since is None):
                found[at, rank] = _first(one, reset, measured.window, series.window)
    return found


def _first(one: Mapped, reset: int | None, asked: IoWindow, window: IoWindow) -> int:
    if reset is not None and window == asked:
        first, since = reset + 1, one.since
    else:
        again = asked.start + reset * asked.step if reset is not None else None
        first, since = 0, max((each for each in (again, one.since) if each), default=None)
    return max(first, ceil((since + window.rate - window.start) / window.step)) if since else first
