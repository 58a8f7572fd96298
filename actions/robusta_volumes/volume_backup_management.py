"""volumeBackupManagement: what is backed up, whether a claim's data is in it, how old it is, and whether it can be restored."""

from functools import partial

from robusta.api import ExecutionBaseEvent, action
from robusta.core.model.env_vars import INSTALLATION_NAMESPACE

from robusta_volumes._host.params import VolumeBackupManagementParams
from robusta_volumes._host.run import run_report
from robusta_volumes._workflows.volume_backup_management import volume_backup_management as report


@action
def volume_backup_management(event: ExecutionBaseEvent, params: VolumeBackupManagementParams) -> None:
    """Report which claims have a good copy, how old and where, which lack one and why, and whether schedules make backups.

    Reads only, over Velero, K8up, VolSync and snapshots. By hand for the cluster, with a namespace, or with name and
    namespace for the history of one claim; on a schedule and on alerts.
    """
    run_report(event, params, "volumeBackupManagement", partial(report, home=INSTALLATION_NAMESPACE))
