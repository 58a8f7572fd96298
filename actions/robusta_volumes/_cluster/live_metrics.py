"""The metrics protocol over Prometheus: batches that are cut when they are too large, and what came of them."""

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from robusta_volumes._cluster import promql
from robusta_volumes._cluster.filling import Filling, key_of, rounded
from robusta_volumes._cluster.metric_batches import BATCH, NAMES, Batch, batches, by_names, in_namespaces
from robusta_volumes._cluster.metric_questions import Questions, Transport, because, understood
from robusta_volumes._cluster.metrics import Scope, Which
from robusta_volumes._cluster.prometheus_answers import Row, TooMuch
from robusta_volumes._model.errors import Invalid
from robusta_volumes._model.text import count, listing
from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Grid, Key, Use

_NOW, _HISTORY = 15.0, 60.0  # seconds that one question may take
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_BACK = ((0, 7), (7, 7), (14, 16))  # days before the end, and how far from there: 30 days in three questions
_UNPROCESSABLE = 422
_FIELDS = dict(zip(promql.NOW, ("used", "available", "capacity", "inodes", "inodes_used"), strict=True))


class LiveMetrics:
    """The metrics protocol over a transport. ``seconds`` from now on are the budget of everything it is asked."""

    def __init__(
        self,
        transport: Transport,
        seconds: float,
        *,
        labels: Mapping[str, str] | None = None,
        batch: int = BATCH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask over ``transport``; ``labels`` go into each selector. Raises Invalid: when they cannot."""
        self.source = f"Prometheus at {transport.shown}"
        self.unasked: set[str] = set()
        self._labels = promql.labelled(labels)
        self._batch = batch
        self._known: Scope = {}  # the claims of each namespace, to cut questions by
        self._questions = Questions(transport, seconds, clock)

    @property
    def gaps(self) -> list[str]:
        """What is missing, in sentences."""
        return self._questions.gaps

    @property
    def queries(self) -> int:
        """How many were sent so far."""
        return self._questions.sent

    def now(self, namespaces: Scope) -> Mapping[Key, Use]:
        """Give what is measured now; see the protocol."""
        scope = (*promql.within(namespaces), *self._labels)
        rows, sick = self._questions.together(
            [partial(self._all_of_now, scope), partial(self._questions.ask, promql.abnormal(scope), _NOW)]
        )
        if isinstance(rows, Exception):
            raise rows
        if isinstance(sick, Exception):
            self._questions.gap(f"Whether the driver calls a volume abnormal is not known: {because(sick)}")
            sick = []
        with understood():
            found = _uses(rows, {key_of(row) for row in sick})
        self._known = namespaces or in_namespaces(found)
        return found

    def daily(self, namespaces: Scope, days: int, end: datetime, which: Which) -> Grid:
        """Give the highest or lowest used bytes of each day; see the protocol."""
        filling = Filling(rounded(end), _DAY, days)
        parts = batches(namespaces, self._batch)
        return self._fill(filling, parts, lambda groups: promql.daily(promql.USED, which, groups))

    def daily_inodes(self, keys: Collection[Key], days: int, end: datetime) -> Grid:
        """Give the most used inodes of each day; see the protocol."""
        filling = Filling(rounded(end), _DAY, days, keys)
        parts = by_names(keys)
        if len(parts) > 1:  # so many that whole namespaces are fewer questions
            parts = batches(in_namespaces(keys), self._batch)
        return self._fill(filling, parts, lambda groups: promql.daily(promql.INODES_USED, "max", groups))

    def hourly(self, keys: Collection[Key], days: int, end: datetime) -> tuple[Grid, Grid]:
        """Give used bytes and capacity by the hour; see the protocol."""
        fillings = [Filling(rounded(end), _HOUR, days * 24, keys) for _ in range(2)]
        parts = by_names(keys)
        used, capacity = (
            self._fill(filling, parts, partial(promql.hourly, metric))
            for filling, metric in zip(fillings, (promql.USED, promql.CAPACITY), strict=True)
        )
        return used, capacity

    def last_known(self, keys: Collection[Key], end: datetime) -> Mapping[Key, Use]:
        """Give the last used bytes; see the protocol. Three looks back, each for those that were not found before."""
        found: dict[Key, Use] = {}
        some = sorted(keys)[:NAMES]
        if len(some) < len(keys):
            left_out = count(len(keys) - len(some), "claim")
            self._questions.gap(f"The last use of {left_out} that nothing measures now was not asked for: too many.")
        for back, days in _BACK:
            wanted = frozenset(some) - found.keys()
            at = str(int((rounded(end) - timedelta(days=back)).timestamp()))
            for part in by_names(wanted):
                query = promql.last_known(days, self._with_labels(part.groups))
                rows = self._questions.one(partial(self._questions.ask, query, _NOW, time=at))
                with understood():
                    found |= {key: use for key, use in _last(rows).items() if key in wanted}
        return found

    def hourly_cost(self) -> Mapping[str, float]:
        """Give what volumes cost; see the protocol."""
        rows = self._questions.one(partial(self._questions.ask, promql.cost(self._labels), _NOW))
        with understood():
            return {row["metric"]["persistentvolume"]: float(row["value"][1]) for row in rows}

    def _all_of_now(self, scope: promql.Group) -> list[Row]:
        """Ask in one query; where the name of a metric may not be a pattern, in one for each."""
        try:
            rows = self._questions.ask(promql.now(scope), _NOW)
            if all("__name__" in row["metric"] for row in rows):
                return rows
        except (Invalid, TooMuch) as error:
            if isinstance(error, TooMuch) and error.status != _UNPROCESSABLE:
                raise
        answers = self._questions.together(
            [partial(self._questions.ask, promql.plain(name, scope), _NOW) for name in promql.NOW]
        )
        rows = []
        for name, answer in zip(promql.NOW, answers, strict=True):
            if isinstance(answer, Exception):
                raise answer
            rows += [{**row, "metric": {**row["metric"], "__name__": name}} for row in answer]
        return rows

    def _fill(self, filling: Filling, parts: Sequence[Batch], query: Callable[[Sequence[promql.Group]], str]) -> Grid:
        """Ask for all parts, cutting those that are too large, and keep what comes. Raises: when nothing came at all."""
        lost: list[tuple[Batch, Exception]] = []
        some = False
        while parts:
            jobs = [partial(self._range, query(self._with_labels(part.groups)), filling) for part in parts]
            smaller: list[Batch] = []
            for part, answer in zip(parts, self._questions.together(jobs), strict=True):
                halves = part.halves(self._known) if isinstance(answer, TooMuch) else []
                smaller += halves
                some = some or not isinstance(answer, Exception)
                if isinstance(answer, Exception) and not halves:
                    lost.append((part, answer))
            parts = smaller
        if lost and not some:
            raise lost[0][1]
        self._say(lost)
        return filling.grid()

    def _say(self, lost: Sequence[tuple[Batch, Exception]]) -> None:
        """Keep in mind what did not come, and say why once."""
        namespaces = sorted({namespace for part, _ in lost for namespace in part.namespaces})
        self.unasked |= set(namespaces)
        if lost:
            where = f" of {count(len(namespaces), 'namespace')} ({listing(namespaces)})" if namespaces else ""
            self._questions.gap(f"The history{where} is not complete: {because(lost[0][1])}")

    def _with_labels(self, groups: Sequence[promql.Group]) -> list[promql.Group]:
        return [(*group, *self._labels) for group in groups]

    def _range(self, query: str, filling: Filling) -> list[Row]:
        start, end = (str(int(moment.timestamp())) for moment in (filling.start, filling.end))
        step = str(int(filling.step.total_seconds()))
        rows = self._questions.ask(query, _HISTORY, "/api/v1/query_range", start=start, end=end, step=step)
        with understood():
            filling.add(rows)
        return []


def _uses(rows: Sequence[Row], abnormal: Collection[Key | None]) -> dict[Key, Use]:
    """Put what is said of one claim together."""
    found: dict[Key, dict[str, Any]] = {}
    for row in rows:
        value = float(row["value"][1])
        if (key := key_of(row)) and math.isfinite(value):
            found.setdefault(key, {})[_FIELDS[row["metric"]["__name__"]]] = int(value)
    return {key: Use(**values, abnormal=key in abnormal) for key, values in found.items()}


def _last(rows: Sequence[Row]) -> dict[Key, Use]:
    """Put the last values together with their times."""
    found: dict[Key, dict[str, float]] = {}
    for row in rows:
        if key := key_of(row):
            found.setdefault(key, {})[row["metric"]["what"]] = float(row["value"][1])
    return {
        key: Use(used=int(each["used"]), at=datetime.fromtimestamp(each["at"], UTC) if "at" in each else None)
        for key, each in found.items()
        if "used" in each
    }
