"""What is asked about I/O over Prometheus: first which metrics are there, then only those; what is too large is cut in halves."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from robusta_volumes._cluster import io_promql, io_rows, io_sources, promql
from robusta_volumes._cluster.io_answered import answered, sources_of
from robusta_volumes._cluster.io_questions import Plan, Question, shown
from robusta_volumes._cluster.metric_questions import Questions, Transport, because, understood
from robusta_volumes._cluster.prometheus_answers import Row, TooMuch
from robusta_volumes._model.errors import Invalid
from robusta_volumes._model.io_scope import DEVICES, IoScope
from robusta_volumes._model.io_series import IoMeasured, IoWindow
from robusta_volumes._model.text import listing

_MOMENT, _RANGE = 15.0, 60.0  # seconds that one question may take
_WORKERS = 2  # questions at a time
_COARSE = timedelta(minutes=15)  # a whole cluster is asked for in such steps: each answer is tens of MiB, one at a time
_UNPROCESSABLE = 422


class LiveIo:
    """The protocol `robusta_volumes._cluster.io_metrics.IoMetrics` over a transport."""

    def __init__(
        self,
        transport: Transport,
        seconds: float,
        *,
        labels: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask over ``transport``, for at most ``seconds`` from now on.

        ``labels`` go into each selector. Raises Invalid: when they cannot.
        """
        self.source = f"Prometheus at {transport.shown}"
        self._labels = promql.labelled(labels)
        self._clock = clock
        self._questions = Questions(transport, seconds, clock, _WORKERS)
        self._names: frozenset[str] | None = None
        self._asked: dict[str, str] = {}  # PromQL -> what for
        self._sent: Counter[str] = Counter()

    def present(self) -> frozenset[str]:
        """Tell which sources measure anything; see the protocol."""
        return sources_of(self._present(None))

    def read(self, scope: IoScope, window: IoWindow) -> IoMeasured:
        """Give what is measured; see the protocol. Each of several readings has its own questions and gaps."""
        started = self._clock()
        self._asked, self._sent = {}, Counter()
        before = len(self._questions.gaps)
        names = self._present(window.end)
        nodes = self._nodes(names, window)
        plan = Plan(scope, window, names, self._labels, _hosts(scope, nodes))
        self._ask_all(list(plan.first()), window)
        self._ask_all(list(plan.then()), window)
        with understood():
            found = answered(plan)
        return replace(
            found,
            nodes=nodes,
            pods=io_rows.on_nodes(found.pods, nodes),
            gaps=tuple(self._questions.gaps[before:]),
            asked=tuple((what, query) for query, what in self._asked.items()),
            queries=dict(self._sent),
            seconds=self._clock() - started,
            source=self.source,
        )

    def _present(self, at: datetime | None) -> frozenset[str]:
        """Ask once which metrics are there; where the name of a metric may not be a pattern, for each of them."""
        if self._names is None:
            moment = {} if at is None else {"time": str(int(at.timestamp()))}
            names = sorted({*io_sources.NAMES, io_sources.UNAME})
            query = io_promql.present(names, self._labels)
            try:
                rows = self._questions.one(partial(self._moment, "which metrics are there", query, moment))
                with understood():
                    found = {row["metric"]["__name__"] for row in rows}
            except (Invalid, TooMuch) as error:
                if isinstance(error, TooMuch) and error.status != _UNPROCESSABLE:
                    raise
                found = self._one_by_one(names, moment)
            self._names = frozenset(found) & frozenset(names)
        return self._names

    def _one_by_one(self, names: Sequence[str], moment: Mapping[str, str]) -> set[str]:
        jobs = [
            partial(self._moment, f"is {name} there", io_promql.exists(name, self._labels), moment) for name in names
        ]
        answers = self._questions.together(jobs)
        if all(isinstance(answer, Exception) for answer in answers):
            raise next(answer for answer in answers if isinstance(answer, Exception))
        return {name for name, rows in zip(names, answers, strict=True) if rows and not isinstance(rows, Exception)}

    def _moment(self, what: str, query: str, moment: Mapping[str, str]) -> list[Row]:
        self._count(DEVICES, what, query)
        return self._questions.ask(query, _MOMENT, **moment)

    def _nodes(self, names: frozenset[str], window: IoWindow) -> dict[str, str]:
        if io_sources.UNAME not in names:
            return {}
        rows: list[Row] = []
        question = Question(DEVICES, io_sources.UNAME, io_promql.names_of_nodes(self._labels), rows.append)
        self._ask_all([question], window)
        with understood():
            return io_rows.nodes(rows)

    def _ask_all(self, questions: Sequence[Question], window: IoWindow) -> None:
        """Ask them, cutting those that are too large, and say what did not come."""
        lost: list[tuple[Question, Exception]] = []
        workers = 1 if window.step >= _COARSE else _WORKERS
        while questions:
            smaller: list[Question] = []
            answers = self._questions.together([partial(self._send, one, window) for one in questions], workers)
            for one, answer in zip(questions, answers, strict=True):
                halves = one.halves() if isinstance(answer, TooMuch) else []
                smaller += halves
                if isinstance(answer, Exception) and not halves:
                    lost.append((one, answer))
            questions = smaller
        self._say(lost)

    def _send(self, question: Question, window: IoWindow) -> list[Row]:
        self._count(question.source, question.what, question.query)
        with understood():
            if (steps := question.window) is None:
                moment = str(int(window.end.timestamp()))
                self._questions.each(question.take, question.query, _MOMENT, "/api/v1/query", time=moment)
            else:
                start, end = (str(int(moment.timestamp())) for moment in (steps.start, steps.end))
                step = str(int(steps.step.total_seconds()))
                ways = {"start": start, "end": end, "step": step}
                self._questions.each(question.take, question.query, _RANGE, "/api/v1/query_range", **ways)
        return []

    def _count(self, source: str, what: str, query: str) -> None:
        self._asked.setdefault(query, shown(source, what))
        self._sent[source] += 1

    def _say(self, lost: Sequence[tuple[Question, Exception]]) -> None:
        """Keep in mind what did not come, once for each reason."""
        reasons: dict[str, list[str]] = {}
        for question, error in lost:
            what = reasons.setdefault(because(error), [])
            if (name := shown(question.source, question.what)) not in what:
                what.append(name)
        for reason, what in reasons.items():
            self._questions.gap(f"Not known, or not for all of the time: {listing(what)}: {reason}")


def _hosts(scope: IoScope, nodes: Mapping[str, str]) -> list[str]:
    """Name the machines in scope in each way in which an ``instance`` may."""
    named = {io_rows.host(instance) for instance, name in nodes.items() if name in scope.nodes}
    return sorted({*scope.addresses, *scope.nodes, *named} - {""})
