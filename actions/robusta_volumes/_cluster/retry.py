"""When a request that failed may be sent again, and after how long. Pure: time and luck are handed in."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.times import UTC

ATTEMPTS = 5  # the waits between them add up to some 8 s: longer than a leader election, shorter than our patience
SLOW_ATTEMPTS = 2  # each attempt that times out has already cost half a minute
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0  # seconds
TOO_MANY = 429
PASSING = frozenset({TOO_MANY, 500, 502, 503, 504})


@dataclass(frozen=True)
class Failure:
    """One failed attempt: ``status`` is HTTP's, 0 when there was no answer at all; ``retry_after`` is in seconds.

    ``unsent``: the server cannot have seen the request. ``slow``: the time ran out. ``lasting``: the next attempt
    would fail in the same way, whatever the status (a certificate that is not trusted).
    """

    error: ClusterError
    status: int = 0
    retry_after: float | None = None
    unsent: bool = False
    slow: bool = False
    lasting: bool = False


class Budget:
    """A span of time that is used up: ``seconds`` from now on by ``clock`` (seconds, only ever growing)."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """Tell how many seconds are left; 0 when there are none."""
        return max(0.0, self._end - self._clock())

    def part(self, seconds: float) -> "Budget":
        """Give a budget of its own that ends after so many seconds, and no later than this one."""
        return Budget(min(seconds, self.left()), self._clock)

    def check(self) -> None:
        """Raise TimeoutError: when nothing is left."""
        if not self.left():
            raise TimeoutError


def wait(failure: Failure, *, writes: bool, attempts: int, left: float, luck: float) -> float | None:
    """Tell how many seconds to wait before the next attempt; None when there must be none.

    ``attempts`` have been made, ``left`` seconds of the budget remain, ``luck`` is a random number from 0 to 1 that
    keeps many clients from coming back at the same moment.
    """
    if not _may_repeat(failure, writes=writes) or attempts >= (SLOW_ATTEMPTS if failure.slow else ATTEMPTS):
        return None
    pause = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1)) * (0.5 + luck / 2)
    if failure.retry_after is not None:
        pause = failure.retry_after + FIRST_WAIT * luck / 2  # never earlier than we were told
    return pause if pause < left else None


def _may_repeat(failure: Failure, *, writes: bool) -> bool:
    """A write is repeated only when it certainly did not happen: it was not sent, or turned away at the door (429)."""
    if failure.lasting:
        return False
    if writes:
        return failure.unsent or failure.status == TOO_MANY
    return failure.status == 0 or failure.status in PASSING


def retry_after(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or an HTTP date, as seconds from ``now``; None when absent or unreadable."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        return _until(header, now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(date: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
