"""Work that must not take longer than it may, whatever it waits for."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_time(jobs: Sequence[Callable[[], T]], seconds: float, workers: int) -> list[T | Exception | None]:
    """Do the jobs, ``workers`` at a time; give each one's result or error, None for what is not done after ``seconds``.

    The threads are daemons: one that is stuck in a library without a timeout keeps neither us nor the process.
    """
    results: list[T | Exception | None] = [None] * len(jobs)
    waiting = deque(enumerate(jobs))
    done = threading.Semaphore(0)
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            try:
                place, job = waiting.popleft()
            except IndexError:
                return
            try:
                result: T | Exception = job()
            except Exception as error:  # noqa: BLE001 (whatever it is goes to the one who asked)
                result = error
            if not over.is_set():
                results[place] = result
            done.release()

    for _ in range(min(workers, len(jobs))):
        threading.Thread(target=work, daemon=True).start()
    end = time.monotonic() + seconds
    for _ in jobs:
        if not done.acquire(timeout=max(0.0, end - time.monotonic())):
            break
    over.set()
    return list(results)
