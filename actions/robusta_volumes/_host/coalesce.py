"""Many events become few looks. In this process only: what is lost here, the look at the whole cluster finds."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

REPEAT_AFTER_SECONDS = 3600  # the same error is said again after an hour at the earliest
_KEPT = 10_000  # fingerprints: bounds memory in a storm
_T = TypeVar("_T")

_lock = threading.Lock()
_changed = threading.Condition()
_said: dict[str, float] = {}


@dataclass
class _Group:
    items: list[Any] = field(default_factory=list)  # what nobody has looked at yet
    running: bool = False
    awaited: bool = False  # somebody waits for the running look to end, and will take all items


_groups: dict[Hashable, _Group] = {}


def together(group: Hashable, item: _T, look: Callable[[list[_T]], None]) -> None:
    """Look at ``item``, together with all others of its group that come while somebody looks already.

    Of each group one thread looks and at most one waits; whoever comes meanwhile leaves its item to the one that waits
    and returns at once. So a look never begins before its items came, none is left, and each look ends soon, so that
    what it found is sent.
    """
    with _changed:
        here = _groups.setdefault(group, _Group())
        here.items.append(item)
        if here.awaited:
            return
        here.awaited = True
        while here.running:
            _changed.wait()
        here.awaited, here.running = False, True
        items, here.items = here.items, []
    try:
        look(items)
    finally:
        with _changed:
            here.running = False
            if not here.awaited:
                _groups.pop(group, None)
            _changed.notify_all()


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
