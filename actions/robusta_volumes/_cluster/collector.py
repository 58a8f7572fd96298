"""Python's garbage collector, out of the way while a large cluster is read.

Reading makes millions of small objects that all stay: with each few thousand new ones the collector walks through every
one made so far, finds nothing, and doubles the time of the whole report. What is made there has no cycles, so nothing is
kept that would be freed otherwise.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_readers = 0
_was_on = False


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector of this process; the last of several readers at once turns it on again, if it was on."""
    global _readers, _was_on  # noqa: PLW0603 (there is one collector per process, and this counts who needs it quiet)
    with _lock:
        if _readers == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _readers += 1
    try:
        yield
    finally:
        with _lock:
            _readers -= 1
            if _readers == 0 and _was_on:
                gc.enable()
