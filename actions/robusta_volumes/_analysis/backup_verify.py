"""May a copy be tested by restoring it, which claim comes next, and did the data come back? Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from robusta_volumes._analysis.backup_restore import FILES, BackupRestore
from robusta_volumes._analysis.decision import Refusal
from robusta_volumes._model.backup import CSI, Copy, Proof
from robusta_volumes._model.backup_settings import Verify
from robusta_volumes._model.contents import Found, Looked
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import STORAGE_CLASS
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import bytes_of, gib
from robusta_volumes._model.text import cited, code, count, listing, plain, quoted
from robusta_volumes._model.trial import Result, failed, unjudged
from robusta_volumes._model.volume import Claim, StorageClass
from robusta_volumes._rules.rule import Fix

_FEW = "{:,} of {:,} files"
_LOOK = (
    "restore it into another namespace (`restore_volume_backup`) and see what is missing; where the claim has grown since, a "
    "newer backup has all of it. `verify.command` can check what has to be there"
)


@dataclass(frozen=True)
class Room:
    """What was seen of the namespace that tests restore to."""

    there: bool
    claims: tuple[str, ...] = ()  # what lies in it already
    pods: tuple[str, ...] = ()


def refusals(asked: BackupRestore, verify: Verify, room: Room) -> tuple[Refusal, ...]:
    """Say what speaks against a test beside what speaks against any restore."""
    found = (_no_namespace(asked, room), _not_empty(asked, room), *_lasting(asked, verify), _along(asked, verify))
    return tuple(one for one in found if one)


def never(asked: BackupRestore, verify: Verify) -> Refusal | None:
    """Say what speaks against each test of a claim, at any time, until somebody changes the claim or the settings.

    Of ``asked`` the copy, the claim and the classes are looked at.
    """
    return next((one for one in _lasting(asked, verify) if one), None)


def _lasting(asked: BackupRestore, verify: Verify) -> tuple[Refusal | None, ...]:
    return _not_testable(asked), too_large(asked.size, verify), _kept(asked)


def _no_namespace(asked: BackupRestore, room: Room) -> Refusal | None:
    if room.there:
        return None
    name = quoted(asked.into)
    why = "Tests restore into a namespace of their own, so that nothing of yours is near them."
    create = f"kubectl create namespace {name} && kubectl label namespace {name} pod-security.kubernetes.io/enforce=restricted"
    return Refusal(f"namespace {plain(asked.into)} does not exist", why, (Fix("create it", create),))


def _not_empty(asked: BackupRestore, room: Room) -> Refusal | None:
    if not (room.claims or room.pods):
        return None
    there = listing([*(f"claim {name}" for name in room.claims), *(f"pod {name}" for name in room.pods)], 4)
    look = f"kubectl -n {quoted(asked.into)} get pvc,pod"
    why = "A test takes away what it restored; it must not meet what others put there. It may be another test, too."
    fix = Fix("wait for the other test, or choose an empty namespace (`verify.namespace`)", look)
    return Refusal(f"namespace {plain(asked.into)} is not empty: {plain(there)}", why, (fix,))


def _not_testable(asked: BackupRestore) -> Refusal | None:
    if asked.copy.method == FILES:
        why = (
            "Velero writes such data back only through the claim's own pod: its containers would start beside the real ones, "
            "with what they may reach. Nothing that every version of Velero obeys holds them back."
        )
        by_hand = Fix("restore it by hand into a namespace that you watch: `restore_volume_backup`, with pods=true")
        mover = Fix(
            "or have its data moved from a snapshot (`moveData: true`, without `byFileSystem`), where its driver makes "
            "snapshots: such a backup is restored without a pod, so it can be tested"
        )
        return Refusal("it is a file-system backup, whose restore starts the pod", why, (by_hand, mover))
    return raw_block(asked.source.volume_mode if asked.source else "")


def raw_block(mode: str) -> Refusal | None:
    """Refuse a volume without files."""
    if mode != "Block":
        return None
    why = "There are no files to count, and what is on it only its application knows."
    return Refusal("it is a raw block device", why, (Fix("restore it, and ask the application"),))


def too_large(size: int | None, verify: Verify) -> Refusal | None:
    """Refuse more bytes than the settings let a test restore."""
    most = bytes_of(verify.max_size) if verify.max_size else None
    if most is None or not size or size <= most:
        return None
    says = f"{gib(size)} is more than tests may restore ({gib(most)})"
    return Refusal(
        says, "It would take that much of the storage for as long as it lasts.", (Fix("raise `verify.maxSize`"),)
    )


def _along(asked: BackupRestore, verify: Verify) -> Refusal | None:
    """Refuse when the other claims that Velero restores along are too large together, or would leave volumes behind."""
    if not asked.beside:
        return None
    space, number = asked.copy.namespace, count(len(asked.beside), "other claim")
    others = [(asked.see.claim.get((space, name)), name) for name in asked.beside]
    saved = {one.claim: one.total or 0 for one in asked.copies}
    whole = (asked.size or 0) + sum(
        (claim.requested if claim else None) or saved.get(name, 0) for claim, name in others
    )
    why = "Velero cannot pick a claim by name, and no label tells this one apart, so a test restores them, too."
    fix = Fix(
        "give it a label that no other claim of its namespace has; backups from then on can be tested",
        f"kubectl -n {quoted(space)} label pvc {quoted(asked.copy.claim)} backup-test={quoted(asked.copy.claim[:63])}",
    )
    most = bytes_of(verify.max_size) if verify.max_size else None
    if most is not None and whole > most:
        says = f"{number} would come along, {gib(whole)} together: more than tests may restore ({gib(most)})"
        return Refusal(says, why, (fix,))
    if any(_stays(asked.see, claim) for claim, _ in others):
        return Refusal(
            f"{number} would come along, and the class of one keeps volumes whose claim is gone", why, (fix,)
        )
    return None


def _stays(see: Inventory, claim: Claim | None) -> bool:
    """Tell whether a claim's class keeps its volume; of a claim that is gone, whether any class here does."""
    known = see.storage_class.get(claim.class_name or "") if claim else None
    classes = ([known] if known else []) if claim else list(see.storage_class.values())
    return any(one.reclaim_policy == "Retain" for one in classes)


def _kept(asked: BackupRestore) -> Refusal | None:
    if asked.source is None and not asked.see.lacks(STORAGE_CLASS) and _stays(asked.see, None):
        why = "Its claim is gone, so its class is not known. Some class here keeps volumes, and a test might leave one behind."
        return Refusal(
            "nobody knows whether its volume would go again", why, (Fix("restore it: `restore_volume_backup`"),)
        )
    chosen = asked.see.storage_class.get((asked.source.class_name if asked.source else "") or "")
    return keeps_volume(asked.see, chosen, of_snapshot=asked.copy.engine == CSI)


def keeps_volume(see: Inventory, chosen: StorageClass | None, *, of_snapshot: bool) -> Refusal | None:
    """Refuse what would leave a volume behind with each test, and what nobody knows of whether it would."""
    if see.lacks(STORAGE_CLASS):
        why = "Whether its class keeps volumes whose claim is gone is not known, so each test might leave one behind."
        allow = Fix("let the runner read storage classes: `helm-values/rbac.yaml`")
        return Refusal("its storage class could not be looked at", why, (allow,))
    if chosen is None or chosen.reclaim_policy != "Retain":
        return None
    name, why = chosen.meta.name, "When the test's claim is deleted, its volume would stay, once for each test."
    fix = Fix(
        "restore it by hand with `restore_volume_backup`, and delete the claim and its volume when you have looked"
    )
    if of_snapshot:
        fix = Fix(f"restore it by hand with a class of the driver that deletes, not {code(name)}")
    return Refusal(f"class {plain(name)} keeps volumes whose claim is gone (Retain)", why, (fix,))


def next_claim(
    good: Sequence[Copy],
    proven: Mapping[str, datetime],
    tried: Mapping[str, datetime],
    refused: Collection[str],
    slot: datetime,
    pause: timedelta,
) -> Copy | None:
    """Choose the copy to test: of the claim whose turn is longest ago, or never came; each proven at most once in ``pause``.

    ``good`` are the newest good copies, one for each claim, snapshots among them. By the claim's uid ``proven`` says when it
    was last proven, ``tried`` when its turn came last, whatever came of that. What was read file by file is never proven, so
    it comes last: else it would keep the others from their turn.
    """
    waiting = [
        c
        for c in good
        if (c.proof is Proof.MOVED or c.engine == CSI)
        and c.claim_uid not in refused
        and (c.claim_uid not in proven or proven[c.claim_uid] <= slot - pause)
    ]

    def turn(c: Copy) -> tuple[bool, float, str, str]:
        times = [one[c.claim_uid].timestamp() for one in (proven, tried) if c.claim_uid in one]
        return c.method == FILES, max(times, default=0.0), c.namespace, c.claim

    return min(waiting, key=turn, default=None)


def result_of(
    looked: Looked, source: Looked | None, total: int | None, limits: Limits, *, of_snapshot: bool = False
) -> Result:
    """Judge what was found: files that could be read are a proof, an empty volume is none unless the claim is empty, too."""
    found = looked.found
    if found is None:
        todo = looked.todo.replace("`contents.", "`verify.")  # the pod is the same, its settings are the test's
        return unjudged(f"its files could not be looked at: {looked.why}", todo)
    there = source.found if source else None
    result = Result(
        proven=True,
        files=found.files,
        used=found.used,
        denied=found.denied,
        source_files=there.files if there else None,
        source_used=there.used if there else None,
    )
    if there and _far_fewer(found, there, limits):
        return replace(
            result, proven=False, judged=False, few=True, why=_FEW.format(found.files, there.files), todo=_LOOK
        )
    empty = there is not None and there.complete and not there.files and not there.denied
    if found.files or (empty and found.complete and not found.denied and not total):
        return result
    moved = f", though {gib(total)} were saved" if total else ""
    why = f"the restored volume holds no file{moved}"
    todo = "look at the backup's log (`velero backup logs` with its name), make a new backup and test that"
    if of_snapshot:
        todo = "take a new snapshot and test that; if it is empty, too, its driver has to be looked at"
    if found.denied:
        why = f"{found.denied} folders of the restored volume could not be read, and no file was seen"
        todo = "set `verify.image` and `verify.command` to what may read them"
    return Result(**{**vars(result), "proven": False, "why": why, "todo": todo})


def _far_fewer(found: Found, there: Found, limits: Limits) -> bool:
    """Tell whether much of what the claim holds now is not in its copy; what was not counted to the end tells nothing."""
    enough = there.files >= limits.restored_files_least
    counted = bool(found.files) and found.complete and not found.denied
    return enough and counted and found.files * 100 < there.files * limits.restored_files_percent


def of_command(code_text: str, phase: str, said: str) -> Result:
    """Judge by the user's own command: its exit status decides."""
    last = said.strip().splitlines()[-1][:200] if said.strip() else ""
    if phase == "Succeeded":
        return Result(proven=True, said=last)
    return failed(
        f"{cited(code_text, 60)} failed on the restored data",
        "run the command by hand on a copy (`restore_volume_backup` into another namespace), and make a new backup",
        said=last,
    )
