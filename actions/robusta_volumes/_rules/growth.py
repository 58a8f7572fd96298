"""How far a claim's growth has come, and who refused it: what the rules about resizing share."""

import re
from datetime import datetime, timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.volume import Claim, Event

ON_NODE = {"FileSystemResizePending", "NodeResizePending"}
_CONTROLLER_FAILED = {"ControllerResizeInfeasible", "ControllerResizeFailed"}
_NODE_FAILED = {"NodeResizeInfeasible", "NodeResizeFailed"}
OFFLINE = re.compile(
    r"offline (expansion|resiz)|currently in.?use|volume.?in.?use|is in use|online (expansion|resiz\w*) (is )?not"
    r"|(must|should) be (detached|unpublished)|still attached",
    re.IGNORECASE,
)
COOL_DOWN = re.compile(
    r"modification ?rate|optimizing|IncorrectModificationState|at least \d+ hours|rate ?exceeded|cool.?down",
    re.IGNORECASE,
)


def growing(claim: Claim) -> bool:
    """Tell whether a claim asks for more than it has."""
    return (
        claim.phase == "Bound"
        and not claim.meta.deleted
        and claim.requested is not None
        and claim.capacity is not None
        and claim.requested > claim.capacity
    )


def newest(claim: Claim, see: Inventory, limits: Limits, reason: str) -> Event | None:
    """Find the newest event with this reason, of this growth and of late."""
    recent = timedelta(minutes=limits.recent_event_minutes)
    for event in see.events_of("PersistentVolumeClaim", *claim.meta.key, claim.meta.uid):
        when = event.last or event.first
        if event.reason != reason or when is None or see.now - when > recent:
            continue
        return event if claim.asked_at is None or when >= claim.asked_at else None
    return None


def controller_refusal(claim: Claim, see: Inventory, limits: Limits) -> tuple[str, datetime | None] | None:
    """Give what the backend's refusal to grow says, and since when; None when it did not refuse, or has grown since."""
    if not growing(claim) or claim.resize_status.startswith("Node"):
        return None
    if any(c.type in ON_NODE for c in claim.conditions):
        return None
    failed = next((c for c in claim.conditions if c.type == "ControllerResizeError"), None)
    event = newest(claim, see, limits, "VolumeResizeFailed")
    if failed is None and event is None and claim.resize_status not in _CONTROLLER_FAILED:
        return None
    said = (event.message if event else "") or (failed.message if failed else "") or "no message"
    return said, (failed.since if failed else None) or (event.first if event else None) or claim.asked_at


def node_refusal(claim: Claim, see: Inventory, limits: Limits) -> tuple[str, datetime | None] | None:
    """Give what the node says that could not grow the filesystem, and since when; None when it did not fail."""
    if not growing(claim):
        return None
    failed = next((c for c in claim.conditions if c.type == "NodeResizeError"), None)
    event = newest(claim, see, limits, "FileSystemResizeFailed")
    if failed is None and event is None and claim.resize_status not in _NODE_FAILED:
        return None
    said = (event.message if event else "") or (failed.message if failed else "") or "no message"
    return said, (failed.since if failed else None) or (event.first if event else None)
