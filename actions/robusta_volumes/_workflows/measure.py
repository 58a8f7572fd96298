"""Ask metrics for all that a report on the data in volumes needs, in few questions, and keep what comes."""

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from robusta_volumes._cluster.metric_batches import in_namespaces
from robusta_volumes._cluster.metrics import Metrics
from robusta_volumes._model.errors import ClusterError, Unavailable
from robusta_volumes._model.text import plain
from robusta_volumes._model.usage import Grid, Key, Measured, Use

_T = TypeVar("_T")
_MANY_INODES = 0.5  # share of a filesystem's inodes from where their history is of interest


def fullest(measured: Measured) -> Sequence[Key]:
    """Order claims by how full they are, the fullest first."""
    return sorted(measured.now, key=lambda key: (-(measured.now[key].share or 0), key))


@dataclass(frozen=True)
class Asked:
    """What is asked of metrics. ``choose`` orders the claims that are worth a look by the hour, the first first."""

    history_days: int = 30
    detail_days: int = 14
    detail: int = 200  # claims at most
    choose: Callable[[Measured], Sequence[Key]] = fullest
    inodes: bool = True
    last_known: bool = True
    costs: bool = True


def measure(metrics: Metrics, claims: Collection[Key] | None, asked: Asked, now: datetime) -> Measured:
    """Ask everything; ``claims`` None: of the whole cluster, whose claims nobody knows.

    Raises the errors of `robusta_volumes._model.errors`: when not even what is measured now is answered. What else is
    not answered is left out, and ``gaps`` says so.
    """
    started = time.monotonic()
    if claims is not None and not claims:
        return Measured(source=metrics.source)
    scope = in_namespaces(claims or ())
    ask = _Asking(metrics)
    found = Measured(now=_only(metrics.now(scope), claims))
    found = replace(
        found,
        highest=ask.maybe(lambda: metrics.daily(scope, asked.history_days, now, "max")),
        lowest=ask.maybe(lambda: metrics.daily(scope, asked.history_days, now, "min")),
    )
    chosen = tuple(asked.choose(found))[: asked.detail]
    detail = ask.maybe(lambda: metrics.hourly(chosen, asked.detail_days, now)) if chosen else None
    crowded = [key for key, use in found.now.items() if (use.inode_share or 0) > _MANY_INODES]
    return replace(
        found,
        detail=detail[0] if detail else None,
        capacity=detail[1] if detail else None,
        inodes=ask.maybe(lambda: metrics.daily_inodes(crowded, asked.history_days, now))
        if asked.inodes and crowded
        else None,
        last_known=_last_known(ask, metrics, claims, found, now) if asked.last_known else {},
        hourly_cost=ask.maybe(metrics.hourly_cost) or {} if asked.costs else {},
        unasked=_unasked(metrics, claims, found),
        gaps=tuple(dict.fromkeys([*metrics.gaps, *ask.gaps])),
        queries=metrics.queries,
        seconds=time.monotonic() - started,
        source=metrics.source,
    )


def measure_or(
    first: Callable[[], Metrics],
    second: Callable[[], Metrics] | None,
    claims: Collection[Key] | None,
    asked: Asked,
    now: datetime,
) -> Measured:
    """Ask ``first``, and ``second`` where that does not answer at all; both connect when they are called.

    Raises the errors of `robusta_volumes._model.errors`: when neither answers, Unavailable with what both say.
    """
    try:
        return measure(first(), claims, asked, now)
    except ClusterError as error:
        if second is None:
            raise
        remedy = f"; {error.remedy}" if error.remedy else ""
        said = plain(error)
        try:
            found = measure(second(), claims, asked, now)
        except ClusterError as other:
            remedies = "\n".join(filter(None, (error.remedy, other.remedy)))
            raise Unavailable(f"{error}; {other}", remedies) from None
        return replace(found, gaps=(f"{said[:1].upper()}{said[1:]}{remedy}.", *found.gaps))


class _Asking:
    """Asks what may fail: each cause is told once, however many questions it stops."""

    def __init__(self, metrics: Metrics) -> None:
        self.gaps: list[str] = []
        self._metrics = metrics

    def maybe(self, question: Callable[[], _T]) -> _T | None:
        """Give the answer; None when there is none."""
        try:
            return question()
        except ClusterError as error:
            remedy = f"; {error.remedy}" if error.remedy else ""
            sentence = f"Not everything was answered: {plain(error)}{remedy}."
            if sentence not in self.gaps:
                self.gaps.append(sentence)
            return None


def _only(now: Mapping[Key, Use], claims: Collection[Key] | None) -> Mapping[Key, Use]:
    """Leave out what is not asked for: other claims of the namespaces, and those that were deleted a minute ago."""
    return now if claims is None else {key: now[key] for key in sorted(frozenset(claims) & now.keys())}


def _last_known(
    ask: _Asking, metrics: Metrics, claims: Collection[Key] | None, found: Measured, now: datetime
) -> Mapping[Key, Use]:
    """Find the last use of claims that nothing measures now: in the daily history, and by a question where that lacks."""
    if claims is None:
        return {}
    missing = frozenset(claims) - found.now.keys()
    if found.highest and not any(namespace in metrics.unasked for namespace, _ in missing):
        return _last_of(found.highest, missing)
    return (ask.maybe(lambda: metrics.last_known(missing, now)) or {}) if missing else {}


def _last_of(grid: Grid, wanted: Collection[Key]) -> Mapping[Key, Use]:
    last: dict[Key, Use] = {}
    for row, key in enumerate(grid.keys):
        if key not in wanted:
            continue
        values = grid.values[row * grid.columns : (row + 1) * grid.columns]
        column = max((at for at, value in enumerate(values) if not math.isnan(value)), default=None)
        if column is not None:
            last[key] = Use(used=int(values[column]), at=grid.start + column * grid.step)
    return last


def _unasked(metrics: Metrics, claims: Collection[Key] | None, found: Measured) -> frozenset[Key]:
    """Name the claims whose history did not come because a question failed; not those that have none."""
    known = frozenset(found.highest.keys if found.highest else ())
    every = frozenset(found.now if claims is None else claims) - known
    if found.highest is None:
        return every
    return frozenset(key for key in every if key[0] in metrics.unasked)
