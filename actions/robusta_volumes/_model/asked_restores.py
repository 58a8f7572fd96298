"""What the actions that restore backups are asked for: each param with its default, what it may be, and why."""

from dataclasses import dataclass

from robusta_volumes._model.asked import DRY_RUN, word
from robusta_volumes._model.checks import flag
from robusta_volumes._model.declare import setting


@dataclass(frozen=True)
class RestoreBackup:
    """Restore a claim's data from a backup, into a claim that is not there yet; one that is there is never touched."""

    name: str = setting("", word, "the claim whose data is wanted")
    namespace: str = setting("", word, "where the claim is or was")
    backup: str = setting("", word, "the backup; left out: the newest one that holds the claim's data")
    into_namespace: str = setting(
        "", word, "where the new claim comes; left out: the same namespace, where the claim must be gone then"
    )
    pods: bool = setting(
        False, flag, "true agrees that the claim's pod is restored and starts, which a file-system backup needs"
    )
    dry_run: bool = setting(True, flag, DRY_RUN)


@dataclass(frozen=True)
class VerifyBackup:
    """Test a backup of a claim by restoring it where nothing else is, looking at it, and taking it away again.

    Where no backup of Velero can be tested, the newest good snapshot is, beside the claim.
    """

    name: str = setting("", word, "the claim whose backup is to be tested")
    namespace: str = setting("", word, "where the claim is or was")
    backup: str = setting(
        "",
        word,
        "the backup, or the snapshot; left out: the newest backup that holds the claim's data, else the newest snapshot",
    )
    dry_run: bool = setting(True, flag, DRY_RUN)
