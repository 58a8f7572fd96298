"""volumePerformanceAnalysis: is this volume slow, why, and what to change."""

from robusta.api import ExecutionBaseEvent, action

from robusta_volumes._host.params import ProbeVolumeIoParams
from robusta_volumes._host.probe import run_probe


@action
def probe_volume_io(event: ExecutionBaseEvent, params: ProbeVolumeIoParams) -> None:
    """Tell what a claim (name, namespace) or the claims of a pod (pod, namespace) do now, without metrics.

    A command in a pod that has the volume reads the kernel's counters twice; it writes nothing. dry_run=true only tells how.
    """
    run_probe(event, params)
