"""How a source of I/O metrics is described: its labels, its metrics, and what makes them seconds, bytes and shares.

``rate`` is for counters, ``mean`` for gauges, ``weighted`` for a latency that a gauge holds: seconds per second, by the
gauge of its operations; ``share`` divides one counter by another, its ``by``; ``any`` is 1 when a gauge was anything but 0.
``below`` and ``amplified`` look at the nodes that hold parts of a thing, as ``by`` tells: the highest value of a gauge there,
and how many times more it is than what all parts there ask for (``plus``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from robusta_volumes._cluster.promql import Group

How = Literal["rate", "mean", "weighted", "share", "below", "amplified", "any"]
Field = Literal["handles", "volumes", "images", "instances", "pods"]


@dataclass(frozen=True)
class Term:
    """How one metric says a signal."""

    metric: str
    how: How = "rate"
    scale: float = 1.0
    where: Group = ()
    by: str = ""  # of ``weighted``: operations per second; of ``share``: the whole; else: parts
    plus: tuple[str, ...] = ()  # added to it

    @property
    def metrics(self) -> frozenset[str]:
        """Name all that it needs."""
        return frozenset(name for name in (self.metric, self.by, *self.plus) if name)


@dataclass(frozen=True)
class Source:
    """One thing that measures I/O."""

    name: str
    key: tuple[str, ...]  # labels that tell its things apart
    signals: Mapping[str, tuple[Term, ...]]  # the first whose metrics are there counts
    scoped: tuple[str, Field]  # the label by which it is asked for a part, and what of the scope goes there
    across: tuple[str, ...] = ()  # labels of parts that are added up
    where: Group = ()
    counter: str = ""  # whose resets are looked for
    least: timedelta = field(default=timedelta())  # the shortest time that a rate makes sense over

    @property
    def metrics(self) -> frozenset[str]:
        """Name all that it may use."""
        return frozenset(name for terms in self.signals.values() for term in terms for name in term.metrics)

    def usable(self, present: frozenset[str]) -> dict[str, Term]:
        """Give for each signal the first way to say it whose metrics are there."""
        chosen = {
            signal: next((term for term in terms if term.metrics <= present), None)
            for signal, terms in self.signals.items()
        }
        return {signal: term for signal, term in chosen.items() if term}


def rates(prefix: str, scale: float = 1.0, **names: str) -> dict[str, tuple[Term, ...]]:
    """Describe counters whose names have a beginning in common."""
    return {signal: (Term(prefix + name, scale=scale),) for signal, name in names.items()}
