"""Many events about one object become few looks at it. In this process only: what is lost here, the sweep finds."""

import threading
import time
from collections.abc import Callable, Hashable

REPEAT_AFTER_SECONDS = 3600  # the same message about the same object is said again after an hour at the earliest
_KEPT = 10_000  # fingerprints: bounds memory in a storm

_lock = threading.Lock()
_running: dict[Hashable, bool] = {}  # object -> something new came in while we looked
_said: dict[str, float] = {}


def one_at_a_time(key: Hashable, look: Callable[[], None]) -> None:
    """Run ``look`` unless one for the same object is running: that one then looks once more when it is done."""
    with _lock:
        if key in _running:
            _running[key] = True
            return
        _running[key] = False
    while True:
        try:
            look()
        except BaseException:
            with _lock:
                _running.pop(key, None)
            raise
        with _lock:
            if not _running[key]:
                del _running[key]
                return
            _running[key] = False


def is_new(fingerprint: str, clock: Callable[[], float] = time.monotonic) -> bool:
    """Tell whether this message was not given within the last hour, and note that it is now."""
    now = clock()
    with _lock:
        last = _said.get(fingerprint)
        if last is not None and now - last < REPEAT_AFTER_SECONDS:
            return False
        if len(_said) >= _KEPT:
            _said.clear()
        _said[fingerprint] = now
        return True
