"""Trouble on demand: slow answers, 429, 500, dropped connections, a server that went away."""

import re
import threading
from dataclasses import dataclass

ALWAYS = None


@dataclass
class Fault:
    """One trouble for the requests whose method and path (with query) match, ``times`` times (None: until cleared).

    ``wait`` is in seconds and comes before anything else; ``status`` 0 lets the request through after the wait;
    ``drop`` closes the connection without an answer; ``retry_after`` is the header, in seconds.
    """

    method: re.Pattern[str]
    path: re.Pattern[str]
    times: int | None
    wait: float = 0.0
    status: int = 0
    drop: bool = False
    retry_after: int | None = None

    def matches(self, method: str, path: str) -> bool:
        """Tell whether this request is meant; the path pattern may match anywhere in the path."""
        return bool(self.method.fullmatch(method)) and bool(self.path.search(path))


class Faults:
    """The troubles in force; ``method`` and ``path`` are regular expressions. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._list: list[Fault] = []

    def slow(self, seconds: float, method: str = ".*", path: str = "", times: int | None = ALWAYS) -> None:
        """Answer only after ``seconds``."""
        self._add(Fault(re.compile(method), re.compile(path), times, wait=seconds))

    def too_many(self, retry_after: int = 1, method: str = ".*", path: str = "", times: int | None = 1) -> None:
        """Answer 429 with ``Retry-After`` in seconds."""
        self._add(Fault(re.compile(method), re.compile(path), times, status=429, retry_after=retry_after))

    def broken(self, method: str = ".*", path: str = "", times: int | None = 1, status: int = 500) -> None:
        """Answer 500, or another ``status`` of the same sort."""
        self._add(Fault(re.compile(method), re.compile(path), times, status=status))

    def drop(self, method: str = ".*", path: str = "", times: int | None = 1) -> None:
        """Close the connection without an answer."""
        self._add(Fault(re.compile(method), re.compile(path), times, drop=True))

    def go_away(self) -> None:
        """Drop every connection until `come_back`."""
        self.drop(times=ALWAYS)

    def come_back(self) -> None:
        """End all trouble."""
        with self._lock:
            self._list.clear()

    def take(self, method: str, path: str) -> list[Fault]:
        """Give the troubles that this request meets, and count them off."""
        with self._lock:
            met = [fault for fault in self._list if fault.matches(method, path)]
            for fault in met:
                if fault.times is not None:
                    fault.times -= 1
            self._list = [fault for fault in self._list if fault.times is None or fault.times > 0]
        return met

    def _add(self, fault: Fault) -> None:
        with self._lock:
            self._list.append(fault)
