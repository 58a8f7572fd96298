"""May this snapshot be restored into a new claim, and how? Pure: facts in, the plan or the refusals out."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from robusta_volumes._analysis.decision import Change, Decision, Refusal, Unsure
from robusta_volumes._analysis.room import Growth, beyond_limit_range, beyond_quota
from robusta_volumes._model import kind as k
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.plan import Create
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.text import cited, code, listing, nearest, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Meta, StorageClass
from robusta_volumes._rules.rule import Fix

_NAME = 63  # characters: a claim's name is used as a label value by many
_LONGEST = 253  # characters that Kubernetes takes
_VALID = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_RESTORED = "-restore-"
_COUNT = "persistentvolumeclaims"
_UNKNOWN = {
    k.STORAGE_CLASS: "whether the class is of the snapshot's driver, and whether it waits for a pod",
    k.QUOTA: "whether a quota has room for it; the API server refuses it if not",
    k.LIMIT_RANGE: "whether a limit range allows the size; the API server refuses it if not",
}


@dataclass(frozen=True)
class Restore:
    """What is asked for. ``source`` is the claim that the snapshot was taken of, where that is still there."""

    point: Point
    new_name: str
    class_name: str  # "": that of the source
    source: Claim | None
    driver: str  # of the snapshot; "": not known
    volume_mode: str  # of the snapshot's content; "": not known
    see: Inventory

    @property
    def name(self) -> str:
        """The new claim: as asked, else what says where it comes from."""
        return self.new_name or restored_name(self.point)

    @property
    def data(self) -> str:
        """Whose data it is: a claim's, or, of a snapshot that was made from a content, that of the snapshot."""
        point = self.point
        return f"{point.namespace}/{point.claim}" if point.claim else f"snapshot {point.namespace}/{point.name}"

    @property
    def size(self) -> int | None:
        """As large as the driver wants, as the source has and as it was asked for, whichever is most; None: not known."""
        source = self.source
        sizes = (self.point.size, source.capacity if source else None, source.requested if source else None)
        return max((size for size in sizes if size), default=None)

    @property
    def storage_class(self) -> str:
        """The class to restore with."""
        return self.class_name or (self.source.class_name or "" if self.source else "")

    @property
    def modes(self) -> tuple[str, ...]:
        """The access modes of the source; without it the one that every driver has."""
        return self.source.modes_asked if self.source else ("ReadWriteOnce",)

    @property
    def mode(self) -> str:
        """Filesystem or Block: as the data is."""
        return self.volume_mode or (self.source.volume_mode if self.source else "") or "Filesystem"


def restored_name(point: Point) -> str:
    """Name a restored claim after the old one and the time of its data."""
    when = point.cut_at or point.created
    tail = _RESTORED + (when.strftime("%Y%m%d-%H%M") if when else "1")
    return (point.claim or point.name)[: _NAME - len(tail)].rstrip("-.") + tail


def decide(asked: Restore, write: Callable[[Restore], Mapping[str, Any]]) -> Decision:
    """Plan the new claim, which ``write`` puts down as the API wants it, or say all that speaks against it."""
    unsure = tuple(Unsure(lack, text) for kind, text in _UNKNOWN.items() if (lack := asked.see.lacks(kind)))
    first = next((r for check in _FIRST if (r := check(asked))), None)
    refusals = [first] if first else [r for check in _CHECKS if (r := check(asked))]
    if refusals:
        return Decision(refusals=tuple(refusals), unsure=unsure)
    point, size = asked.point, asked.size or 0
    manifest = write(asked)
    return Decision(
        steps=(Create(manifest, f"it is to hold what {point.name} holds", "restore"),),
        command=f"echo {quoted(json.dumps(manifest))} | kubectl create -f -",
        changes=(
            Change("claim", "none", f"{point.namespace}/{asked.name}"),
            Change("data", "none", f"of {ago(point.when, asked.see.now)}"),
            Change("size", "none", gib(size)),
            Change("class", "none", asked.storage_class),
        ),
        notes=tuple(_notes(asked)),
        unsure=unsure,
    )


def chosen_class(asked: Restore) -> StorageClass | None:
    """Find the class to restore with, where it was seen."""
    return asked.see.storage_class.get(asked.storage_class)


def _not_ready(asked: Restore) -> Refusal | None:
    point = asked.point
    if point.state is State.READY:
        return None
    look = f"kubectl -n {quoted(point.namespace)} describe volumesnapshot {quoted(point.name)}"
    if point.state is State.TERMINATING:
        return Refusal("the snapshot is being deleted", "Its data may be gone already.", (Fix("restore another one"),))
    words = {State.CUT: "its data is cut, but not ready yet", State.LATE: "it did not become ready in time"}
    says = words.get(point.state, "nothing was cut yet")
    said = f" The driver said {cited(point.said, 300)}." if point.error else ""
    fixes = (Fix("wait until it is ready, or restore an older one; see what keeps it", look),)
    return Refusal("the snapshot is not ready", f"{says[:1].upper()}{says[1:]}.{said}", fixes)


def _bad_name(asked: Restore) -> Refusal | None:
    space, slash, name = asked.name.partition("/")
    if slash:
        why = f"Kubernetes reads a snapshot only from claims of its namespace, which is {plain(asked.point.namespace)}."
        copy = f"restore it there (give new_name={plain(name)}), and copy the data to {plain(space)} from a pod"
        return Refusal("a snapshot can be restored in its own namespace only", why, (Fix(copy),))
    if _VALID.fullmatch(asked.name) and len(asked.name) <= _LONGEST:
        return None
    why = f"A name has lower-case letters, digits, dashes and dots, and at most {_LONGEST} characters."
    return Refusal(f"{cited(asked.name, 60)} is no name for a claim", why, (Fix("give another new_name"),))


def _name_taken(asked: Restore) -> Refusal | None:
    if (asked.point.namespace, asked.name) not in asked.see.claim:
        return None
    free = next(n for i in range(2, 1000) if (asked.point.namespace, n := f"{asked.name}-{i}") not in asked.see.claim)
    why = "A restore never goes into a claim that is there: it may hold data."
    return Refusal(f"there is a claim {plain(asked.name)} already", why, (Fix(f"give new_name={free}"),))


def _no_size(asked: Restore) -> Refusal | None:
    if asked.size:
        return None
    why = "The driver did not say how large its data is, and the claim that it was taken of is gone."
    if not asked.point.claim:
        why = "The driver did not say how large its data is, and it was made from a content, not of a claim."
    manual = "write the claim by hand, at least as large as the old one was; its `dataSource` is this snapshot"
    return Refusal("its size is not known", why, (Fix(manual),))


def _class_missing(asked: Restore) -> Refusal | None:
    """Say which class would do: data of a driver can only be restored by that driver."""
    here = [c.meta.name for c in asked.see.classes if not asked.driver or c.provisioner == asked.driver]
    use = Fix(
        f"give storage_class={listing(sorted(here), 4)}" if here else f"create a storage class for {code(asked.driver)}"
    )
    if not asked.storage_class:
        return Refusal(
            "no storage class is known for it", "The claim that it was taken of is gone or names none.", (use,)
        )
    if asked.see.lacks(k.STORAGE_CLASS):
        return None
    chosen = chosen_class(asked)
    if chosen is None:
        near = nearest(asked.storage_class, here, most=1)
        fix = Fix(f"give storage_class={near[0]}") if near else use
        return Refusal(
            f"storage class {cited(asked.storage_class)} does not exist", "It is what the new claim needs.", (fix,)
        )
    if asked.driver and chosen.provisioner != asked.driver:
        says = f"class {plain(chosen.meta.name)} is of another driver"
        why = (
            f"It is for {plain(chosen.provisioner)}; the snapshot is on {plain(asked.driver)}, which alone can read it."
        )
        return Refusal(says, why, (use,))
    return None


def _no_room(asked: Restore) -> Refusal | None:
    growth = Growth(_new(asked), asked.size or 0, asked.see, PersistentVolumeActions())
    full = beyond_quota(growth)
    if full:
        return replace(full, fixes=(full.fixes[0], Fix("or delete claims that nothing uses")))
    for quota in asked.see.quotas_in.get(asked.point.namespace, ()):
        hard, used = quota.hard.get(_COUNT), quota.used.get(_COUNT)
        if hard is not None and used is not None and used >= hard:
            says = f"quota {plain(quota.meta.name)} allows no further claim"
            return Refusal(says, f"{_COUNT}: {hard} allowed, {used} used.", (Fix(f"raise {_COUNT}"),))
    return None


def _too_large(asked: Restore) -> Refusal | None:
    found = beyond_limit_range(Growth(_new(asked), asked.size or 0, asked.see, PersistentVolumeActions()))
    if found is None:
        return None
    why = f"{found.why} A restored claim cannot be smaller than its data."
    return replace(found, why=why, fixes=(Fix("raise its max", found.fixes[0].command),))


def _new(asked: Restore) -> Claim:
    meta = Meta(asked.name, asked.point.namespace)
    return Claim(meta, "Pending", asked.storage_class, "", None, None, asked.modes, (), asked.mode)


_FIRST: tuple[Callable[[Restore], Refusal | None], ...] = (_not_ready, _bad_name)
_CHECKS: tuple[Callable[[Restore], Refusal | None], ...] = (_name_taken, _no_size, _class_missing, _no_room, _too_large)


def _notes(asked: Restore) -> list[str]:
    source = asked.source
    name = f"claim {asked.point.namespace}/{asked.point.claim}"
    first = f"{name[:1].upper()}{name[1:]} is not touched." if source else f"{name[:1].upper()}{name[1:]} is gone."
    first = first if asked.point.claim else "It was made from a content, not of a claim."
    notes = [f"The data is of {ago(asked.point.when, asked.see.now)}. {first}"]
    if not source:
        notes.append("Its access mode is not known: ReadWriteOnce is asked for.")
    if not asked.driver:
        notes.append("Which driver the snapshot is on is not known, so its class was not checked.")
    if waits(asked):
        notes.append(
            f"Class {plain(asked.storage_class)} waits for a pod: the claim stays Pending until one mounts it."
        )
    return notes


def waits(asked: Restore) -> bool:
    """Tell whether nothing happens until a pod mounts the claim."""
    chosen = chosen_class(asked)
    return chosen is not None and chosen.binding_mode == "WaitForFirstConsumer"
