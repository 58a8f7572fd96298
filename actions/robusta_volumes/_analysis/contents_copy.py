"""Whether a claim can be looked at in a copy, made from a snapshot and removed after; or why not, and what would help. Pure."""

from dataclasses import dataclass, replace

from robusta_volumes._analysis.decision import Refusal
from robusta_volumes._analysis.snapshot_preflight import Preflight, preflight
from robusta_volumes._analysis.snapshot_restore import Restore, decide
from robusta_volumes._model.contents import Copy, Inspector, Looked
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.quantity import GIB, gib
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.text import code, plain
from robusta_volumes._model.volume import Claim


@dataclass(frozen=True)
class CopyAsked:
    """A copy of this claim, under this name, to be looked at like this; of at most so many GiB."""

    claim: Claim
    name: str
    inspector: Inspector
    most: int


def plan_copy(asked: CopyAsked, see: Inventory) -> Copy | Looked:
    """Decide. Nothing may stay, so what is made must go with its object: a class that retains will not do.

    ``see`` holds the claims, classes, quotas and limit ranges of the namespace, the volumes and the snapshot classes.
    """
    claim = asked.claim
    size = max(claim.capacity or 0, claim.requested or 0)
    if size > asked.most * GIB:
        why = f"the copy would take {gib(size)}, and at most {gib(asked.most * GIB)} may"
        return Looked(why=why, todo="raise `contents.copySize`, if the storage has that room")
    fit = _with_class(claim, see)
    if not fit.ok:
        return Looked(why=fit.why, todo=fit.todo)
    stays = see.storage_class.get(claim.class_name or "")
    if stays and stays.reclaim_policy != "Delete":
        why = f"storage class {plain(stays.meta.name)} keeps its volumes ({plain(stays.reclaim_policy)}): the copy would stay"
        return Looked(
            why=why, todo="restore a snapshot by hand with `restore_pvc_snapshot` and another class, and look there"
        )
    wanted = Restore(_as_if(asked), asked.name, "", claim, _driver(claim, see), claim.volume_mode, see)
    refusals = decide(wanted, lambda _: {}).refusals
    if refusals:
        return _refused(refusals[0])
    inspector = replace(asked.inspector, claim=asked.name, node="")
    return Copy(inspector, claim, asked.name, fit.class_name, wanted.storage_class, wanted.size or 0)


def _with_class(claim: Claim, see: Inventory) -> Preflight:
    """Choose a snapshot class with which the data goes when the snapshot does: the default one, else the first by name."""
    fit = preflight(claim, see)
    chosen = see.snapshot_class.get(fit.class_name)
    if fit.ok and chosen and chosen.policy != "Retain":
        return fit
    driver = _driver(claim, see)
    names = sorted(c.meta.name for c in see.snapshot_classes if c.driver == driver and c.policy != "Retain")
    if names and (fit.ok or see.volume_of(claim)):
        other = preflight(claim, see, names[0])
        return other if other.ok else fit
    if not fit.ok:
        return fit
    why = f"snapshot class {plain(fit.class_name)} keeps the data of deleted snapshots (Retain): the copy would stay"
    return Preflight(
        claim, why=why, todo=f"create a VolumeSnapshotClass for {code(driver)} with `deletionPolicy: Delete`"
    )


def _driver(claim: Claim, see: Inventory) -> str:
    volume = see.volume_of(claim)
    return volume.driver if volume else ""


def _as_if(asked: CopyAsked) -> Point:
    """Stand for the snapshot, as if it were ready: what a restore would meet is asked before anything is made."""
    meta = asked.claim.meta
    return Point("csi", meta.namespace, meta.name, meta.uid, asked.name, "", State.READY, None, None)


def _refused(refusal: Refusal) -> Looked:
    fix = refusal.fixes[0] if refusal.fixes else None
    todo = "" if fix is None else fix.text + (f": {code(fix.command)}" if fix.command else "")
    return Looked(why=f"{refusal.says}. {refusal.why}", todo=todo)
