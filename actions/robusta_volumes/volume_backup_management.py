"""volumeBackupManagement: what is backed up, whether a claim's data is in it, how old it is, and whether it can be restored."""

from functools import partial

from robusta.api import ExecutionBaseEvent, action
from robusta.core.model.env_vars import INSTALLATION_NAMESPACE

from robusta_volumes._host.backups import run_verify
from robusta_volumes._host.change import run_change
from robusta_volumes._host.params import (
    BackupFreshnessParams,
    RestoreBackupParams,
    VerifyBackupParams,
    VolumeBackupManagementParams,
)
from robusta_volumes._host.run import run_report
from robusta_volumes._host.tick import run_tick
from robusta_volumes._model.asked_restores import RestoreBackup
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._workflows.volume_backup_freshness import volume_backup_freshness as watch
from robusta_volumes._workflows.volume_backup_management import volume_backup_management as report
from robusta_volumes._workflows.volume_backups_restore import restore_volume_backup as restore


@action
def volume_backup_management(event: ExecutionBaseEvent, params: VolumeBackupManagementParams) -> None:
    """Report which claims have a good copy, how old and where, which lack one and why, and whether schedules make backups.

    Reads only, over Velero, K8up, VolSync and snapshots. By hand for the cluster, with a namespace, or with name and
    namespace for the history of one claim; on a schedule and on alerts.
    """
    run_report(event, params, "volumeBackupManagement", partial(report, home=INSTALLATION_NAMESPACE))


@action
def restore_volume_backup(event: ExecutionBaseEvent, params: RestoreBackupParams) -> None:
    """Restore a claim's data from a backup of Velero: name, namespace, into_namespace. Shows the plan; dry_run=false does it.

    Never goes over a claim that is there. Says what comes along, follows the restore, and believes the claim, not the phase.
    """
    run_change(event, params, "volumeBackupManagement", "restore_volume_backup", RestoreBackup(), restore, CLAIM.name)


@action
def verify_volume_backup(event: ExecutionBaseEvent, params: VerifyBackupParams) -> None:
    """Test a backup by restoring it where nothing else is: name, namespace. Shows the plan; dry_run=false does it.

    Counts the files that came back, or runs a command of yours, takes all away again, and notes the proof on the backup. On
    a schedule it tests one claim after the other, as verify.schedule in the settings says.
    """
    run_verify(event, params)


@action
def volume_backup_freshness(event: ExecutionBaseEvent, params: BackupFreshnessParams) -> None:
    """Tell when a claim's last good copy is too old or about to expire: one message per namespace, and one when it is over.

    A tick: run it every half hour. It only reads. Where nothing makes backups, or nothing can be seen, it says so once.
    """
    run_tick(event, params, "volumeBackupManagement", partial(watch, home=INSTALLATION_NAMESPACE))
