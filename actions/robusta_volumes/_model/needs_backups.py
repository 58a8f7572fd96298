"""What actions about backups need beyond reading Velero's objects: parts of `needs.CHANGES` and of `needs.LOOKS`."""

from robusta_volumes._model import kind as k
from robusta_volumes._model.need import Change, Need

BACKUP_CHANGES: tuple[Change, ...] = (
    Change(
        "restore_volume_backup",
        Need(k.VELERO_RESTORE, ("create",), "has Velero restore a backup", allow="backup-restore"),
    ),
    Change(
        "verify_volume_backup",
        Need(k.VELERO_RESTORE, ("create", "delete"), "restores a backup for a test", allow="backup-test"),
        ticks=True,
    ),
    Change(
        "verify_volume_backup",
        Need(k.VELERO_BACKUP, ("patch",), "notes on a backup when it was proven", allow="backup-test"),
        ticks=True,
    ),
    Change(
        "verify_volume_backup",
        Need(k.CLAIM, ("delete",), "takes the restored claim of a test away", allow="test-namespace"),
        ticks=True,
    ),
    Change(
        "verify_volume_backup",
        Need(k.POD, ("create", "delete"), "looks into the restored claim of a test", allow="test-namespace"),
        ticks=True,
    ),
    Change(
        "verify_volume_backup",
        Need(k.POD_LOG, ("get",), "reads what was seen in the restored claim of a test", allow="test-namespace"),
        ticks=True,
    ),
    Change(
        "verify_volume_backup",
        Need(k.CLAIM, ("create", "delete"), "restores a snapshot beside its claim for a test", allow="snapshot-test"),
        ticks=True,
    ),
    Change(
        "verify_volume_backup",
        Need(k.POD, ("create", "delete"), "looks into the claim that a test restored", allow="snapshot-test"),
        ticks=True,
    ),
    Change(
        "verify_volume_backup",
        Need(k.POD_LOG, ("get",), "reads what was seen in the claim that a test restored", allow="snapshot-test"),
        ticks=True,
    ),
    Change(
        "verify_volume_backup",
        Need(k.SNAPSHOT, ("patch",), "notes on a snapshot when it was proven", allow="snapshot-test"),
        ticks=True,
    ),
    Change("create_volume_backups", Need(k.VELERO_BACKUP, ("create",), "makes backups", allow="backups")),
    Change(
        "create_volume_backups",
        Need(k.CLAIM, ("patch",), "labels the one claim to back up, where allow_label_patch says so", allow="label"),
    ),
    Change(
        "create_volume_backups",
        Need(k.SNAPSHOT, ("create",), "takes snapshots instead, where Velero is not there", allow="snapshots"),
    ),
    Change(
        "volume_backup_schedule",
        Need(
            k.VELERO_SCHEDULE,
            ("create", "patch"),
            "keeps one Schedule of Velero's as the settings say",
            allow="backups",
        ),
        ticks=True,
    ),
    Change(
        "volume_backup_schedule",
        Need(k.VELERO_BACKUP, ("create",), "makes the backup of a slot", allow="backups"),
        ticks=True,
    ),
    Change(
        "volume_backup_schedule",
        Need(k.VELERO_DELETE, ("create",), "asks Velero to delete our own old backups, by keepLast", allow="backups"),
        ticks=True,
    ),
    Change(
        "volume_backup_schedule",
        Need(k.SNAPSHOT, ("create", "delete"), "takes snapshots instead, where engine: csi is set", allow="snapshots"),
        ticks=True,
    ),
    Change(
        "prune_volume_backups",
        Need(k.VELERO_DELETE, ("create",), "asks Velero to delete our own old backups", allow="backups"),
    ),
)

_LISTS = Need(
    k.VELERO_DOWNLOAD,
    ("create", "get", "delete"),
    "asks Velero which claims are in a backup, where readVolumeInfos says so",
    allow="backup-lists",
)
BACKUP_LOOKS: tuple[Change, ...] = (
    Change(
        "volume_backup_management",
        Need(k.CONFIG_MAP, ("get",), "reads the volume policies that backups name", allow="backup-policies"),
    ),
    Change("volume_backup_freshness", _LISTS),
    Change("volume_backup_schedule", _LISTS),
    Change("create_volume_backups", _LISTS),
)
