"""What the actions that try or probe a volume are asked for."""

from dataclasses import dataclass

from robusta_volumes._model.asked import word
from robusta_volumes._model.checks import flag
from robusta_volumes._model.declare import setting


@dataclass(frozen=True)
class ProbeVolumeIo:
    """Tell what a volume does now, without metrics: a command in a pod that has it reads the kernel's counters twice."""

    name: str = setting("", word, "the claim; without it all claims of the pod")
    namespace: str = setting("", word, "where the claim, or the pod, is")
    pod: str = setting(
        "", word, "look through this pod alone; without it, through one pod on each node that has the claim"
    )
    dry_run: bool = setting(False, flag, "true tells how it would be looked at, and runs nothing")
