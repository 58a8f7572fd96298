"""What Velero moved for each claim: DataUploads and PodVolumeBackups become copies. Lean: there are hundreds of thousands."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from sys import intern
from typing import Any, NamedTuple

from robusta_volumes._cluster.fields import at, block
from robusta_volumes._model.backup import VELERO, Backup, Copy, Phase, Proof, velero_label
from robusta_volumes._model.quantity import number_of
from robusta_volumes._model.times import parse_time

BACKUP_NAME, BACKUP_UID, CLAIM_UID = "velero.io/backup-name", "velero.io/backup-uid", "velero.io/pvc-uid"
DATA_MOVER, FILE_SYSTEM = "data mover", "file-system backup"
_MOVES = {
    "": Proof.RUNNING,
    "New": Proof.RUNNING,
    "Accepted": Proof.RUNNING,
    "Prepared": Proof.RUNNING,
    "InProgress": Proof.RUNNING,
    "Canceling": Proof.RUNNING,
    "Completed": Proof.MOVED,
    "Failed": Proof.FAILED,
    "Canceled": Proof.FAILED,
}


class Known:
    """The backups that copies belong to. ``whole``: all were read, so that one which is missing is gone."""

    def __init__(
        self, backups: Iterable[Backup] = (), deleting: frozenset[str] = frozenset(), *, whole: bool = True
    ) -> None:
        """Index them by uid, and by the label that a name becomes."""
        self.deleting, self.whole = deleting, whole
        self.by_uid: dict[str, Backup] = {}
        self.by_label: dict[str, Backup] = {}
        for one in backups:
            self.by_uid[one.uid] = one
            self.by_label[velero_label(one.name)] = one
        self.verdicts: dict[
            str, tuple[Proof, str]
        ] = {}  # by name, what a backup makes of the data that was moved for it

    def of(self, labels: Mapping[str, Any]) -> Backup | None:
        """Find the backup that an object's labels name. One synced from a bucket has another uid, but its name."""
        uid = labels.get(BACKUP_UID)
        return (self.by_uid.get(uid) if uid else None) or self.by_label.get(labels.get(BACKUP_NAME) or "")

    def of_moved(self, backup: Backup | None) -> tuple[Proof, str]:
        """Tell what data is worth that was moved completely: nothing, when its backup cannot be restored from."""
        if backup is None:
            return (Proof.UNKNOWN, "its backup is not there any more") if self.whole else (Proof.MOVED, "")
        if backup.name not in self.verdicts:
            self.verdicts[backup.name] = _of_moved(backup, deleting=backup.name in self.deleting)
        return self.verdicts[backup.name]


def _of_moved(backup: Backup, *, deleting: bool) -> tuple[Proof, str]:
    if deleting or backup.phase is Phase.DELETING or backup.deleted:
        return Proof.UNKNOWN, "its backup is being deleted"
    if backup.phase in (Phase.FAILED, Phase.REFUSED):
        return Proof.FAILED, f"its backup failed: {backup.why}" if backup.why else "its backup failed"
    if not backup.phase.over:
        return Proof.RUNNING, "its data is moved; its backup can be used when it ends"
    return Proof.MOVED, ""


class _Who(NamedTuple):
    namespace: str
    claim: str
    uid: str
    volume: str
    method: str


def upload(o: Mapping[str, Any], known: Known) -> Copy:
    """Read a DataUpload. Its snapshot was cut before it was made, so the earlier of its two times counts."""
    m, spec = block(o, "metadata"), block(o, "spec")
    labels = block(m, "labels")
    who = _Who(
        intern(str(spec.get("sourceNamespace") or "")),
        intern(str(spec.get("sourcePVC") or "")),
        intern(str(labels.get(CLAIM_UID) or "")),
        "",
        DATA_MOVER,
    )
    return _copy(o, m, labels, who, known, at_most=parse_time(m.get("creationTimestamp")))


def pod_volume(o: Mapping[str, Any], known: Known, claims: Mapping[str, str]) -> Copy:
    """Read a PodVolumeBackup, which reads files from its start on. ``claims`` are names by uid: it need not say the name."""
    m, spec = block(o, "metadata"), block(o, "spec")
    labels = block(m, "labels")
    uid = str(labels.get(CLAIM_UID) or at(spec, "tags", "pvc-uid") or "")
    who = _Who(
        intern(str(at(spec, "pod", "namespace") or "")),
        intern(str(block(m, "annotations").get("velero.io/pvc-name") or claims.get(uid) or "")),
        intern(uid),
        str(spec.get("volume") or ""),
        FILE_SYSTEM,
    )
    return _copy(o, m, labels, who, known, at_most=None)


def _copy(
    o: Mapping[str, Any],
    m: Mapping[str, Any],
    labels: Mapping[str, Any],
    who: _Who,
    known: Known,
    *,
    at_most: datetime | None,
) -> Copy:
    status = block(o, "status")
    moved = block(status, "progress")
    done, total = number_of(moved.get("bytesDone")), number_of(moved.get("totalBytes"))
    of = known.of(labels)
    start = parse_time(status.get("startTimestamp"))
    cut = min(start, at_most) if start and at_most else start or at_most or parse_time(m.get("creationTimestamp"))
    word = str(status.get("phase") or "")
    proof, why = _MOVES.get(word, Proof.UNKNOWN), str(status.get("message") or "")
    if proof is Proof.MOVED:
        if total and (done or 0) < total:
            proof, why = Proof.FAILED, f"it says Completed, but only {done or 0:,} of {total:,} bytes were moved"
        else:
            proof, said = known.of_moved(of)
            why = said or why
    elif proof is Proof.UNKNOWN:
        why = why or f"its phase {word} is not known here"
    elif proof is Proof.FAILED:
        why = why or f"it was {word.lower()}, and no reason is given"
    return Copy(
        VELERO,
        who.namespace,
        who.claim,
        who.uid,
        proof,
        cut,
        of.name if of else intern(str(labels.get(BACKUP_NAME) or "")),
        of.uid if of else intern(str(labels.get(BACKUP_UID) or "")),
        str(m.get("name") or ""),
        who.method,
        parse_time(status.get("completionTimestamp")),
        done,
        total,
        of.expires if of else None,
        why,
        of.schedule if of else "",
        of.proven.get(who.uid) if of and of.proven else None,
        who.volume,
    )
