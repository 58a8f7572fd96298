"""Questions to Prometheus, sent within a time limit, few at a time, a second time when the connection broke."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from robusta_volumes._cluster.in_time import in_time
from robusta_volumes._cluster.prometheus_answers import URL, Answer, Row, TooMuch, read, read_each
from robusta_volumes._cluster.retry import Budget
from robusta_volumes._model.errors import ClusterError, OutOfTime, Unavailable
from robusta_volumes._model.text import cited, plain

WORKERS = 3  # questions at a time: Prometheus answers twenty, and others ask, too
_PAUSE = 0.5  # seconds before a question is sent a second time
_MARGIN = 1.0  # seconds by which the server is to give up before we do: then it says why
_LOAD = "look at Prometheus' own load and health, and at `globalConfig.prometheus_url`"


Reading = Callable[[int, bytes | bytearray], Answer]


class Transport(Protocol):
    """Whatever carries questions to a server of metrics."""

    @property
    def shown(self) -> str:
        """Its address for people, without credentials."""
        ...

    def post(self, path: str, data: Mapping[str, str], timeout: float) -> tuple[int, bytes | bytearray]:
        """Send a form to ``path`` and give status and body; both within ``timeout`` seconds.

        Raises Unavailable, TooMuch: when no answer came, or not in time.
        """
        ...


class Questions:
    """Sends questions; ``seconds`` from now on are the budget of all of them."""

    def __init__(
        self,
        transport: Transport,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        workers: int = WORKERS,
    ) -> None:
        """Ask over ``transport``, ``workers`` questions at a time; ``clock`` counts seconds."""
        self._workers = workers
        self.sent = 0
        self.gaps: list[str] = []  # what is missing, in sentences
        self._transport = transport
        self._budget = Budget(seconds, clock)
        self._lock = threading.Lock()

    def ask(self, query: str, most: float, path: str = "/api/v1/query", **data: str) -> list[Row]:
        """Ask one question that may take ``most`` seconds. Raises the errors of `prometheus_answers.read`."""
        return self._asked(query, most, path, data, read)

    def each(self, take: Callable[[Row], None], query: str, most: float, path: str, **data: str) -> None:
        """Ask one whose answer is large: ``take`` is given its rows, one by one, and again when it is asked twice."""
        self._asked(query, most, path, data, partial(read_each, take=take))

    def _asked(self, query: str, most: float, path: str, data: Mapping[str, str], reading: Reading) -> list[Row]:
        try:
            answer = self._send(query, most, path, data, reading)
        except TooMuch:
            raise
        except Unavailable:
            if self._budget.left() < 2 * _PAUSE:
                raise
            time.sleep(_PAUSE)
            answer = self._send(query, most, path, data, reading)
        for warning in answer.warnings:
            self.gap(f"Prometheus says that its answer is not complete: {cited(warning)}.")
        return answer.rows

    def together(self, jobs: Sequence[Callable[[], list[Row]]], workers: int = 0) -> list[list[Row] | Exception]:
        """Ask several at a time, ``workers`` or as many as usual; give each one's rows or error."""
        over = self._over()
        found = in_time(jobs, self._budget.left(), workers or self._workers)
        return [over if answer is None else answer for answer in found]

    def one(self, job: Callable[[], list[Row]]) -> list[Row]:
        """Ask one, and wait no longer than the budget, whatever the transport does."""
        answer = self.together([job])[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def gap(self, sentence: str) -> None:
        """Keep in mind that something is missing, once."""
        with self._lock:
            if sentence not in self.gaps:
                self.gaps.append(sentence)

    def _over(self) -> OutOfTime:
        return OutOfTime(f"Prometheus had not answered when the {self._budget.seconds:.0f} s for it were over", _LOAD)

    def _send(self, query: str, most: float, path: str, data: Mapping[str, str], reading: Reading) -> Answer:
        seconds = min(most, self._budget.left())
        if seconds <= 0:
            raise self._over()
        with self._lock:
            self.sent += 1
        limit = f"{max(_MARGIN, seconds - _MARGIN):.0f}s"
        return reading(*self._carried(path, {"query": query, **data, "timeout": limit}, seconds))

    def _carried(self, path: str, form: Mapping[str, str], seconds: float) -> tuple[int, bytes | bytearray]:
        try:
            return self._transport.post(path, form, seconds)
        except ClusterError:
            raise
        except Exception as error:  # a provider's library raises what it likes when it signs or renews
            why = f"the question could not be sent to Prometheus ({type(error).__name__})"
            raise Unavailable(why, "look at the credentials of Prometheus in the runner's environment") from error


@contextmanager
def understood() -> Iterator[None]:
    """Turn what breaks on an answer of another shape into an error that says so."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise Unavailable("Prometheus answers in a shape that its API does not have", URL) from None


def because(error: Exception) -> str:
    """Say what went wrong and what to do, as the end of a sentence."""
    remedy = error.remedy if isinstance(error, ClusterError) else ""
    return f"{plain(error)}{'; ' if remedy else ''}{remedy}."
