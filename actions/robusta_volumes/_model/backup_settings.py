"""The block ``volumeBackupManagement``: when which claims are backed up, by what, how old a copy may be, how it is proven."""

from dataclasses import dataclass
from datetime import timedelta

from robusta_volumes._model.checks import cron, duration, flag, got, limits, names, text, time_zone, whole
from robusta_volumes._model.data_settings import image, pull_secrets
from robusta_volumes._model.declare import block_of, setting
from robusta_volumes._model.hooks import command
from robusta_volumes._model.label_selector import selector as label_selector
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.size import largest
from robusta_volumes._model.snapshot_schedule import globs

VELERO_MODE, TICKS_MODE = "velero", "ticks"
ENGINES = ("velero", "csi")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def _engine(value: object) -> str:
    if value in ENGINES:
        return str(value)
    raise ValueError(f"must be {' or '.join(ENGINES)}, {got(value)}")


def _mode(value: object) -> str:
    if value in (VELERO_MODE, TICKS_MODE):
        return str(value)
    raise ValueError(f"must be {VELERO_MODE} or {TICKS_MODE}, {got(value)}")


def _ttl(value: object) -> timedelta:
    return value if isinstance(value, timedelta) else duration(value, _HOUR, 3650 * _DAY)


def _age(value: object) -> timedelta | None:
    if value is None or value == "" or isinstance(value, timedelta):
        return value or None  # type: ignore[return-value]  # "" and None both mean: by the schedule
    return duration(value, _HOUR, 366 * _DAY)


def _cron_or_none(value: object) -> str:
    return "" if value in ("", None) else cron(value)


def _keep(value: object) -> int:
    return whole(value, "backups", 0, 1000)


def _minutes(value: object) -> int:
    return whole(value, "minutes", 1, 1440)


@dataclass(frozen=True)
class Verify:
    """How a backup is proven: restored into a claim of its own, looked at, and taken away again."""

    schedule: str = setting(
        "",
        _cron_or_none,
        "when the newest good copy of one claim after the other is restored to see; empty: by hand",
        "cron",
    )
    namespace: str = setting(
        "robusta-volumes-verify", text, "where Velero restores to for a test; it must exist and be empty", "name"
    )
    max_size: str = setting("50Gi", largest, "larger claims are not restored for a test; empty: no bound", "quantity")
    minutes: int = setting(
        60, _minutes, "how long one test may take, over several ticks; then all is taken away", "minutes"
    )
    command: tuple[str, ...] = setting(
        (), command, "what to run in the pod that has the restored claim at /data, instead of counting files", "words"
    )
    image: str = setting("", image, "image of that pod; empty: busybox, from IMAGE_REGISTRY", "image")
    pull_secrets: tuple[str, ...] = setting((), pull_secrets, "Secrets to pull that image with", "names")


VERIFY = Verify()
_verify_block = block_of(VERIFY)


def verify(value: object) -> Verify:
    """Read the block ``verify``.

    Raises ValueError: with the key that cannot be used, and what is allowed.
    """
    return value if isinstance(value, Verify) else _verify_block(value)


@dataclass(frozen=True)
class VolumeBackupManagement:
    """Backups on schedule, proven per volume."""

    enabled: bool = setting(True, flag, "false silences every trigger of this workflow")
    backup_schedule: str = setting("0 2 * * *", cron, "when a backup is due", "cron")
    time_zone: str = setting("UTC", time_zone, "the zone that schedules are written in", "IANA zone")
    engine: str = setting(
        "velero", _engine, "velero, or csi for snapshots on the same storage, which are lost together with it", "word"
    )
    mode: str = setting(
        VELERO_MODE, _mode, "velero keeps a Schedule object that Velero serves; ticks makes each Backup itself", "word"
    )
    namespaces: tuple[str, ...] = setting((), globs, "namespaces of the claims, with *; none named: all", "names")
    exclude_namespaces: tuple[str, ...] = setting(
        (), globs, "namespaces to leave out beside kube-system and Robusta's own, with *", "names"
    )
    claims: tuple[str, ...] = setting((), globs, "claims as name or namespace/name, with *; none named: all", "names")
    selector: str = setting("", label_selector, "label selector on claims, as kubectl takes it", "selector")
    storage_classes: tuple[str, ...] = setting((), globs, "storage classes of the claims, with *", "names")
    ttl: timedelta = setting(30 * _DAY, _ttl, "how long Velero keeps a backup", "duration")
    keep_last: int = setting(
        0, _keep, "keep at most so many good backups of ours beside ttl; 0: ttl alone decides", "backups"
    )
    storage_location: str = setting("", text, "the BackupStorageLocation; empty: Velero's default one", "name")
    velero_namespace: str = setting("", text, "where Velero is; empty: it is looked for", "name")
    move_data: bool = setting(
        True, flag, "true uploads snapshots off-site; false leaves them on the same storage, lost together with it"
    )
    by_file_system: bool = setting(
        False, flag, "true backs up what is no CSI volume by reading the files of running pods, through the node agent"
    )
    max_age: timedelta | None = setting(
        None,
        _age,
        "how old a claim's last good copy may be; left out: two slots of the schedule that saves it, and an hour",
        "duration",
    )
    offsite_only: bool = setting(
        False, flag, "true counts only copies off-site as good; false counts snapshots, and says that they are none"
    )
    read_volume_infos: bool = setting(
        False,
        flag,
        "true reads from Velero's bucket which claims it snapshotted without moving their data, by a DownloadRequest",
    )
    verify: Verify = setting(VERIFY, verify, "how backups are proven by restoring them")
    report_schedule: str = setting("0 7 * * *", cron, "when the scheduled report of all backups is due", "cron")
    read_namespaces: tuple[str, ...] = setting(
        (), names, "namespaces to read when reading the whole cluster is not allowed", "names"
    )
    limits: Limits = setting(Limits(), limits, "thresholds to override by name")

    @property
    def selects(self) -> bool:
        """Tell whether the settings choose claims; without a choice all Bound ones outside the system are meant."""
        return bool(self.namespaces or self.claims or self.selector or self.storage_classes)
