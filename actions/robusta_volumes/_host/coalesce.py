"""Many events become few looks. In this process only: what is lost here, the look at the whole cluster finds."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

REPEAT_AFTER_SECONDS = 3600  # the same error is said again after an hour at the earliest
_KEPT = 10_000  # fingerprints: bounds memory in a storm
_LOOKS, _WITHIN = (
    3,
    10.0,
)  # looks at one place within so many seconds: what comes more often is a storm, and waits a little
_PATIENT = 12  # threads that may wait for that: the runner has 20, and the others have work to do
_PLACES = 2_000  # groups whose last looks are remembered
_T = TypeVar("_T")

_lock = threading.Lock()
_changed = threading.Condition()
_said: dict[str, float] = {}


@dataclass
class _Group:
    items: list[Any] = field(default_factory=list)  # what nobody has looked at yet
    running: bool = False
    awaited: bool = False  # somebody waits, and will take all items
    looks: deque[float] = field(default_factory=lambda: deque(maxlen=_LOOKS))  # when the last ones began


_groups: dict[Hashable, _Group] = {}
_patient = 0  # threads that wait because of a storm


def together(
    group: Hashable, item: _T, look: Callable[[list[_T]], None], clock: Callable[[], float] = time.monotonic
) -> None:
    """Look at ``item``, together with all others of its group that come while somebody looks already.

    Of each group one thread looks and at most one waits; whoever comes meanwhile leaves its item to the one that waits
    and returns at once. So a look never begins before its items came, none is left, and each look ends soon, so that
    what it found is sent. In a storm the one that waits does so until the last looks are a while ago.
    """
    with _changed:
        here = _groups.setdefault(group, _Group())
        here.items.append(item)
        if here.awaited:
            return
        here.awaited = True
        _wait_for_turn(here, clock)
        here.awaited, here.running = False, True
        here.looks.append(clock())
        items, here.items = here.items, []
    try:
        look(items)
    finally:
        with _changed:
            here.running = False
            if len(_groups) > _PLACES:
                _forget_quiet_places(clock())
            _changed.notify_all()


def _wait_for_turn(here: _Group, clock: Callable[[], float]) -> None:
    global _patient  # noqa: PLW0603 (one count for all threads of the process, under the lock)
    while here.running:
        _changed.wait()
    _patient += 1
    try:
        while _patient <= _PATIENT and len(here.looks) == _LOOKS:
            left = here.looks[0] + _WITHIN - clock()
            if left <= 0:
                return
            _changed.wait(left)
    finally:
        _patient -= 1


def _forget_quiet_places(now: float) -> None:
    for group, here in list(_groups.items()):
        if not here.running and not here.awaited and now - here.looks[-1] > _WITHIN:
            del _groups[group]


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
