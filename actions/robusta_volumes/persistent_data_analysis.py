"""persistentDataAnalysis: how full, how fast, until when, and what to do."""

from robusta.api import ExecutionBaseEvent, action

from robusta_volumes._host.contents import run_contents
from robusta_volumes._host.data import run_data
from robusta_volumes._host.params import PersistentDataAnalysisParams, VolumeContentsParams
from robusta_volumes._workflows.persistent_data_analysis import persistent_data_analysis as report


@action
def persistent_data_analysis(event: ExecutionBaseEvent, params: PersistentDataAnalysisParams) -> None:
    """Report how full claims are, how fast that changes, until when they last, and the command that gives them room.

    Reads only. By hand for a claim, a workload, a namespace, a class or the cluster; on a schedule; and on alerts, where
    it adds the day on which the volume is full and the size that lasts.
    """
    run_data(event, params, report)


@action
def volume_contents(event: ExecutionBaseEvent, params: VolumeContentsParams) -> None:
    """Tell what uses the space in a claim (name, namespace): folders, files, old data, what the application's folders mean.

    Reads every folder once, at low priority, from a pod that has the volume or one of our own; dry_run=true only tells how.
    """
    run_contents(event, params)
