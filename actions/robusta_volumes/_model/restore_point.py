"""One shape for everything that data can be restored from: a snapshot, a backup's copy of a volume, whoever made it."""

import re
from datetime import datetime
from enum import Enum
from typing import NamedTuple


class State(Enum):
    """How far a restore point is. Readiness is the only success and a deadline the only failure: errors are information."""

    UNOBSERVED = "unobserved"  # nobody has touched it for longer than a controller takes
    CREATING = "creating"
    CUT = "cut"  # the data is fixed, but cannot be restored yet
    READY = "ready"
    LATE = "late"  # not ready at its deadline; it may still become ready
    TERMINATING = "terminating"


PENDING = frozenset({State.UNOBSERVED, State.CREATING, State.CUT})

# what gRPC writes: the words of controllers and quotes stand around it
_RPC = re.compile(r"""rpc error: code = (\w+) desc = (.+?)["\\]*$""", re.DOTALL)


class Point(NamedTuple):
    """A restore point of one claim. A named tuple, because a cluster has hundreds of thousands of them."""

    engine: str  # csi | velero | ...
    namespace: str
    claim: str
    claim_uid: str  # "": not known; a re-created claim has another one, and its points are another series
    name: str
    uid: str
    state: State
    cut_at: datetime | None  # when the data was fixed: age counts from here, never from when it became ready
    created: datetime | None  # when the object was made
    schedule: str = ""  # the schedule of ours that made it; "": by hand or by others
    slot: datetime | None = None  # which slot of the schedule it serves
    owned: bool = False  # it carries our label and was not copied: only such a one may be deleted
    held: bool = False  # somebody asked to keep it
    in_use: str = ""  # the claim that is being restored from it
    grouped: bool = False  # part of a group snapshot: its members must not be deleted one by one
    size: int | None = None  # bytes that a restore needs; None: not known
    error: str = ""  # what was said last; not a verdict
    class_name: str = ""
    resource_version: str = ""
    follows_schedule: bool = False  # made by hand, but aged like those of the schedule
    retained: bool = False  # deleting it frees nothing: its content's policy is Retain
    touched: bool = True  # a controller has written something about it
    deleted: datetime | None = None  # when its deletion was asked for
    finalizers: tuple[str, ...] = ()  # who has still to let go of one that is being deleted
    maker: str = (
        ""  # the tool that made it, where it is another one that is known: snapscheduler, gemini, velero, volsync
    )
    backup: str = ""  # the backup of Velero that it belongs to, and with which it usually goes
    proven: datetime | None = None  # when a restore of it was last seen to work

    @property
    def good(self) -> bool:
        """Tell whether data can be restored from it."""
        return self.state is State.READY

    @property
    def said(self) -> str:
        """Give the driver's own words without those of the controllers around them; all of the error where it has none."""
        found = _RPC.search(self.error)
        return f"{found[2]} ({found[1]})" if found else self.error

    @property
    def when(self) -> datetime | None:
        """Give the time that its age counts from; that of the object where the data's is not known."""
        return self.cut_at or self.created
