"""How far a claim has come on the way to its new size. Pure."""

from enum import Enum

from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.growth import ON_NODE


class Stage(Enum):
    """The steps that Kubernetes tells of."""

    ASKED = "asked"  # nobody has begun
    CONTROLLER = "controller"  # the driver grows the disk
    NODE = "node"  # the node is to grow the filesystem
    FAILED = "failed"
    DONE = "done"


def stage(claim: Claim, wanted: int) -> Stage:
    """Tell which step a claim that is to have ``wanted`` bytes is at."""
    if claim.capacity is not None and claim.capacity >= wanted:
        return Stage.DONE
    states = {c.type for c in claim.conditions}
    if claim.resize_status.endswith(("Infeasible", "Failed")) or states & {"ControllerResizeError", "NodeResizeError"}:
        return Stage.FAILED
    if states & ON_NODE or claim.resize_status.startswith("Node"):
        return Stage.NODE
    if "Resizing" in states or claim.resize_status.startswith("Controller"):
        return Stage.CONTROLLER
    return Stage.ASKED
