"""volumeBackupManagement: what is backed up, whether a claim's data is in it, how old it is, and whether it can be restored."""

from functools import partial

from robusta.api import ExecutionBaseEvent, action
from robusta.core.model.env_vars import INSTALLATION_NAMESPACE

from robusta_volumes._host.backups import run_verify
from robusta_volumes._host.change import run_change
from robusta_volumes._host.params import (
    BackupFreshnessParams,
    BackupScheduleParams,
    CreateBackupsParams,
    PruneBackupsParams,
    RestoreBackupParams,
    VerifyBackupParams,
    VolumeBackupManagementParams,
)
from robusta_volumes._host.run import run_report
from robusta_volumes._host.tick import run_tick
from robusta_volumes._model.asked_backups import CreateBackups, PruneBackups
from robusta_volumes._model.asked_restores import RestoreBackup
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._workflows.volume_backup_freshness import volume_backup_freshness as watch
from robusta_volumes._workflows.volume_backup_management import volume_backup_management as report
from robusta_volumes._workflows.volume_backup_schedule import volume_backup_schedule as work
from robusta_volumes._workflows.volume_backups_create import create_volume_backups as create
from robusta_volumes._workflows.volume_backups_restore import restore_volume_backup as restore
from robusta_volumes._workflows.volume_backups_retain import prune_volume_backups as prune


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


@action
def create_volume_backups(event: ExecutionBaseEvent, params: CreateBackupsParams) -> None:
    """Back up a claim (name and namespace), a namespace, or a selector now; dry_run=true only shows the plan.

    Says first why it cannot be, what else is caught and which claims would not be saved; afterwards of each claim whether its
    data is in it, whatever the backup's phase says. Where Velero is not installed, snapshots are taken and called what they are.
    """
    make = partial(create, home=INSTALLATION_NAMESPACE)
    run_change(event, params, "volumeBackupManagement", "create_volume_backups", CreateBackups(), make, CLAIM.name)


@action
def volume_backup_schedule(event: ExecutionBaseEvent, params: BackupScheduleParams) -> None:
    """Keep Velero's Schedule as the settings say, or make each backup that is due, and tell what changed.

    A tick: run it every few minutes. What it will do is told a slot before; what is due, it decides from the cluster itself.
    """
    run_tick(event, params, "volumeBackupManagement", work)


@action
def prune_volume_backups(event: ExecutionBaseEvent, params: PruneBackupsParams) -> None:
    """Delete backups of ours beyond a number, with their data, by asking Velero. Shows the plan; dry_run=false carries it out.

    Gives a reason for every backup that is kept or removed. One that holds the last good copy of any claim always stays.
    """
    run_change(event, params, "volumeBackupManagement", "prune_volume_backups", PruneBackups(), prune, "Backup")
