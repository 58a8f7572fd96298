"""Run the live look at a volume's I/O, with the time that its windows take."""

from robusta.api import ExecutionBaseEvent

from robusta_volumes._host.change import run_change
from robusta_volumes._host.params import TargetParams
from robusta_volumes._model.asked_performance import ProbeVolumeIo
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._workflows.probe_volume_io import probe_volume_io, seconds_beyond


def run_probe(event: ExecutionBaseEvent, params: TargetParams) -> None:
    """Look at one claim, or at those of one pod, and publish what they do."""
    key, name = "volumePerformanceAnalysis", "probe_volume_io"
    run_change(event, params, key, name, ProbeVolumeIo(), probe_volume_io, CLAIM.name, more=seconds_beyond)
