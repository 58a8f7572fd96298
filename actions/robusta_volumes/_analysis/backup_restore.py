"""May a claim's data be restored from this backup, into which namespace, and what comes along with it? Pure."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from robusta_volumes._analysis.decision import Change, Decision, Refusal, Unsure
from robusta_volumes._analysis.room import Growth, beyond_limit_range, beyond_quota
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import Backup, Copy, Location, Phase, Proof
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.plan import Create
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.text import cited, code, count, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Meta
from robusta_volumes._rules.rule import Fix

FILES = "file-system backup"
NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_UNKNOWN = {
    k.CLAIM: "whether claims of these names are there already; Velero skips those",
    k.STORAGE_CLASS: "whether the class that the data was on is still there",
    k.QUOTA: "whether a quota has room for it; the API server refuses it if not",
    k.LIMIT_RANGE: "whether a limit range allows the size; the API server refuses it if not",
}
_WHY_NOT = {
    Proof.RUNNING: "its data is still being saved",
    Proof.FAILED: "saving its data failed",
    Proof.SKIPPED: "its data was left out",
    Proof.METADATA: "the claim is in it, its data is not",
    Proof.UNKNOWN: "nothing tells whether its data is in it",
}


@dataclass(frozen=True)
class BackupRestore:
    """What is asked for.

    ``copies`` are all that the backup holds of the claim's namespace, ``source`` the claim where it is still there, and
    ``labels`` those that pick it out of its namespace, empty where none do.
    """

    copy: Copy
    backup: Backup | None
    location: Location | None
    into: str
    copies: tuple[Copy, ...]
    source: Claim | None
    labels: Mapping[str, str]
    see: Inventory
    pods: bool = False  # whoever asks agrees that the pods come along
    tested: bool = False  # by a test, which brings the pod that a class waits for, and takes all away again

    @property
    def title(self) -> str:
        """The claim whose data it is."""
        return f"{self.copy.namespace}/{self.copy.claim}"

    @property
    def waits(self) -> bool:
        """Tell whether the new claim gets a volume only when a pod uses it."""
        found = self.see.storage_class.get(self.source.class_name or "") if self.source else None
        return found is not None and found.binding_mode == "WaitForFirstConsumer"

    @property
    def beside(self) -> tuple[str, ...]:
        """Claims that Velero restores along with it, because nothing tells them apart."""
        others = {one.claim for one in self.copies if one.claim and one.claim != self.copy.claim}
        return () if self.labels else tuple(sorted(others))

    @property
    def size(self) -> int | None:
        """Bytes that the new claim will ask for, as far as is known."""
        return (self.source.requested if self.source else None) or self.copy.total


def of_another(copy: Copy, there: Claim | None) -> bool:
    """Tell whether a copy is of another claim of that name than the one that is there: an earlier one, or another cluster's."""
    return bool(there and copy.claim_uid and copy.claim_uid != there.meta.uid)


def picking_labels(claim: Claim | None, see: Inventory) -> dict[str, str]:
    """Find one label, or else all of them, that no other claim of the namespace carries; empty when there are none.

    The labels of now are taken for those of the backup; a restore that finds nothing says so.
    """
    if claim is None or not claim.meta.labels:
        return {}
    others = [c.meta.labels for c in see.claims_in.get(claim.meta.namespace, ()) if c.meta.name != claim.meta.name]
    own = dict(sorted(claim.meta.labels.items()))
    for key, value in own.items():
        if all(labels.get(key) != value for labels in others):
            return {key: value}
    return {} if any(own.items() <= dict(labels).items() for labels in others) else own


def decide(asked: BackupRestore, write: Callable[[BackupRestore], Mapping[str, Any]]) -> Decision:
    """Plan the restore, which ``write`` puts down as the API wants it, or say all that speaks against it."""
    unsure = tuple(Unsure(lack, text) for kind, text in _UNKNOWN.items() if (lack := asked.see.lacks(kind)))
    refusals = tuple(r for check in _CHECKS if (r := check(asked)))
    if refusals:
        return Decision(refusals=refusals, unsure=unsure)
    manifest, word = write(asked), "backup-test" if asked.tested else "backup-restore"
    return Decision(
        steps=(Create(manifest, f"brings back {asked.title} from backup {asked.copy.backup}", word),),
        command="" if asked.tested else f"echo {quoted(json.dumps(manifest))} | kubectl create -f -",
        changes=(
            Change("claim", "none", f"{asked.into}/{asked.copy.claim}"),
            Change("data", "none", f"of {ago(asked.copy.cut_at, asked.see.now)}"),
            Change("size", "none", gib(asked.size) if asked.size else "not known"),
        ),
        notes=tuple(_notes(asked)),
        unsure=unsure,
    )


def _not_good(asked: BackupRestore) -> Refusal | None:
    proof = asked.copy.proof
    if proof.good:
        return None
    said = f" It said {cited(asked.copy.why, 300)}." if asked.copy.why else ""
    why = f"In backup {plain(asked.copy.backup)} {_WHY_NOT[proof]}.{said}"
    return Refusal("that backup does not hold its data", why, (Fix("give no backup: then the newest good one counts"),))


def _backup_gone(asked: BackupRestore) -> Refusal | None:
    if asked.backup is None:
        why = "Records of a backup outlive it. What is not in the cluster cannot be restored by Velero."
        return Refusal(f"backup {plain(asked.copy.backup)} is gone", why, (Fix("restore from another one"),))
    if asked.backup.phase is Phase.DELETING or asked.backup.deleted:
        return Refusal("that backup is being deleted", "Its data may be gone already.", (Fix("restore another one"),))
    return None


def _no_location(asked: BackupRestore) -> Refusal | None:
    place = asked.location
    if place is None or place.available is not False:
        return None
    look = f"kubectl -n {quoted(place.namespace)} describe backupstoragelocation {quoted(place.name)}"
    said = f"Velero says {cited(place.why, 300)}." if place.why else "Velero cannot reach it."
    return Refusal(f"storage location {plain(place.name)} cannot be reached", said, (Fix("repair it first", look),))


def _bad_namespace(asked: BackupRestore) -> Refusal | None:
    if NAMESPACE.fullmatch(asked.into):
        return None
    why = "A namespace has lower-case letters, digits and dashes, and at most 63 characters."
    return Refusal(f"{cited(asked.into, 60)} is no namespace", why, (Fix("give another into_namespace"),))


def _there_already(asked: BackupRestore) -> Refusal | None:
    if (asked.into, asked.copy.claim) not in asked.see.claim:
        return None
    why = "A restore never goes into a claim that is there: it may hold data. Velero would skip it and say Completed."
    other = f"give into_namespace=another one, such as {plain(asked.copy.namespace)}-restored"
    return Refusal(f"there is a claim {plain(asked.into)}/{plain(asked.copy.claim)} already", why, (Fix(other),))


def _needs_pods(asked: BackupRestore) -> Refusal | None:
    if asked.copy.method != FILES or asked.pods:
        return None
    why = (
        "Its files were read through a pod, and are written back through that pod only: it is restored along with the "
        f"claim and starts in {plain(asked.into)}, where it may do what it does in {plain(asked.copy.namespace)}."
    )
    return Refusal("its pod would start, too", why, (Fix("agree to that with pods=true"),))


def _class_gone(asked: BackupRestore) -> Refusal | None:
    name = asked.source.class_name if asked.source else ""
    if not name or asked.see.lacks(k.STORAGE_CLASS) or name in asked.see.storage_class:
        return None
    here = listing(sorted(asked.see.storage_class), 4) or "none"
    why = f"The claim would stay Pending. Classes here: {plain(here)}."
    fix = Fix(f"create class {code(name)}, and run it again")
    return Refusal(f"its storage class {cited(name)} does not exist", why, (fix,))


def _no_room(asked: BackupRestore) -> Refusal | None:
    return beyond_quota(_growth(asked)) if asked.size else None


def _too_large(asked: BackupRestore) -> Refusal | None:
    return beyond_limit_range(_growth(asked)) if asked.size else None


def _growth(asked: BackupRestore) -> Growth:
    source = asked.source
    modes = source.modes_asked if source else ("ReadWriteOnce",)
    new = Claim(
        Meta(asked.copy.claim, asked.into),
        "Pending",
        source.class_name if source else "",
        "",
        None,
        None,
        modes,
        (),
        "",
    )
    return Growth(new, asked.size or 0, asked.see, PersistentVolumeActions())


_CHECKS: tuple[Callable[[BackupRestore], Refusal | None], ...] = (
    _not_good,
    _backup_gone,
    _no_location,
    _bad_namespace,
    _there_already,
    _needs_pods,
    _class_gone,
    _no_room,
    _too_large,
)


def _notes(asked: BackupRestore) -> list[str]:
    copy = asked.copy
    untouched = f"Claim {asked.title} is not touched." if asked.source else f"Claim {asked.title} is gone."
    notes = [f"Backup {plain(copy.backup)}, {copy.proof.value}. {untouched}"]
    if of_another(copy, asked.source):
        notes.append("It is of another claim of that name: an earlier one, or one of another cluster.")
    if asked.beside:
        others = f"{count(len(asked.beside), 'other claim')} of {plain(copy.namespace)}"
        notes.append(
            f"Velero cannot pick one claim by name, and no label tells this one apart: {others} "
            f"{'comes' if len(asked.beside) == 1 else 'come'} along ({plain(listing(asked.beside, 5))})."
        )
        if taken := [name for name in asked.beside if (asked.into, name) in asked.see.claim]:
            notes.append(f"Of these {plain(listing(taken, 5))} are there already, and are skipped.")
    if asked.backup and asked.backup.synced:
        notes.append("The backup came from its storage location, so it may be another cluster's.")
    if copy.proof is Proof.SNAPSHOT:
        notes.append("It is a snapshot on the storage of this cluster: it can be restored only while that works.")
    if asked.waits and not asked.pods and not asked.tested:
        notes.append(
            f"Its class waits for a pod: start one in "
            f"{plain(asked.into)} that uses the new claim. Velero moves the data only then, and gives up after 30 minutes."
        )
    if asked.pods:
        notes.append(f"Pods are restored, too, and start in {plain(asked.into)}.")
    return notes
