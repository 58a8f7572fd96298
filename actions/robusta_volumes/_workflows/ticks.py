"""A tick of a schedule: which slot is due, and was it served? Decided from the clock and the state, not from the trigger.

A finding leaves only after the action returned, so an action cannot know that it was sent. A tick that returns one notes
the slot and who served it; the next tick of the same process knows that it was sent and stamps it. A process that died in
between leaves no stamp, and the slot is served again, with the same fingerprint: at least once, never lost.
"""

import os
import uuid
from collections.abc import Callable
from datetime import datetime

from robusta_volumes._analysis.slots import is_due, last_slot
from robusta_volumes._cluster.state import State
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.times import parse_time
from robusta_volumes._report.page import Page

# Tells this process from an earlier one with the same pid. Kept in the environment, since the runner imports this module
# afresh whenever its configuration changes, and that is no restart.
PROCESS = os.environ.setdefault("ROBUSTA_VOLUMES_PROCESS", f"{os.getpid()}-{uuid.uuid4().hex[:12]}")


def tick(
    state: State, key: str, schedule: str, zone: str, report: Callable[[], Page | None], process: str = PROCESS
) -> Page | None:
    """Give the report when a slot is due and not served yet; None when there is nothing to do or to say.

    Raises ClusterError: when the cluster does not answer. When only the state cannot be kept, the report is given and
    may be repeated after a restart.
    """
    slot = last_slot(schedule, zone, state.cluster.now())
    noted = _noted(state, key)
    announced, served = parse_time(noted.get("announced")), parse_time(noted.get("slot"))
    if not is_due(slot, announced):
        return None
    if served == slot and noted.get("by") == process:
        _note(state, key, slot, process, announced=True)
        return None
    page = report()
    _note(state, key, slot, process, announced=False)
    return page


_in_process: dict[str, dict[str, str]] = {}  # stands in for the state where that may not be written


def _noted(state: State, key: str) -> dict[str, str]:
    if key in _in_process:
        return _in_process[key]  # newer than the state, which could not be written
    try:
        return state.read(key)
    except ClusterError:
        return {}


def _note(state: State, key: str, slot: datetime, process: str, *, announced: bool) -> None:
    note = {"slot": slot.isoformat(), "by": process}
    if announced:
        note["announced"] = slot.isoformat()
    try:
        state.write(key, note)
    except ClusterError:
        _in_process[key] = note
    else:
        _in_process.pop(key, None)
