"""persistentVolumeActions: status, capacity, access modes and issues of volumes."""

from robusta.api import ExecutionBaseEvent, action

from robusta_volumes._host.params import PersistentVolumeActionsParams
from robusta_volumes._host.run import run_report
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions as report


@action
def persistent_volume_actions(event: ExecutionBaseEvent, params: PersistentVolumeActionsParams) -> None:
    """Report on a volume, a namespace or the whole cluster: status, capacity, access modes, issues with cause and fix.

    Reads only. Runs on volume, claim and Kubernetes events, on alerts, on a schedule, and by hand with name, namespace,
    kind or selector.
    """
    run_report(event, params, "persistentVolumeActions", report)
