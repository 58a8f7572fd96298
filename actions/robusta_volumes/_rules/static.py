"""Claims that want a volume that somebody made by hand: why none of them fits."""

from collections.abc import Mapping

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import STORAGE_CLASS, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.requirement import Requirement
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import listing, nearest, plain
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._rules.binding import pending_and_free, pending_for
from robusta_volumes._rules.classes import served_by_hand
from robusta_volumes._rules.commands import (
    GIVE_BACK,
    only_for,
    patch_volume,
    recreate_claim,
    recreate_without_volume,
)
from robusta_volumes._rules.pending import NO_PROVISIONER
from robusta_volumes._rules.rule import Fix, Hit, rule

_COMPARED = 500  # free volumes of other classes: the nearest is for people to read
_SHORT = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def short_modes(modes: tuple[str, ...]) -> str:
    """Write access modes as kubectl does: RWO, RWX."""
    return ",".join(_SHORT.get(mode, mode) for mode in modes) or "none"


def misses(claim: Claim, volume: Volume) -> dict[str, str]:
    """Say what keeps a volume from satisfying a claim: what -> words. Empty when it fits.

    The same questions as ``checkVolumeSatisfyClaim`` and ``findMatchingVolume`` in Kubernetes' volume controller ask.
    """
    found: dict[str, str] = {}
    ref = volume.claim_ref
    if ref and ref.key != claim.meta.key:
        found["reserved"] = f"it is reserved for {ref.namespace}/{ref.name}"
    elif volume.phase not in {"Available", "Bound"}:
        found["phase"] = f"it is {volume.phase}"
    if volume.meta.deleted:
        found["deleted"] = "it is being deleted"
    if claim.requested is not None and volume.capacity is not None and volume.capacity < claim.requested:
        found["size"] = f"it has {gib(volume.capacity)} of {gib(claim.requested)}"
    if not set(claim.modes_asked) <= set(volume.modes):
        found["modes"] = f"it offers {short_modes(volume.modes)}, the claim asks {short_modes(claim.modes_asked)}"
    if claim.volume_mode != volume.volume_mode:
        found["volume mode"] = f"it is a {volume.volume_mode} volume, the claim asks {claim.volume_mode}"
    if (claim.class_name or "") != volume.class_name:
        found["class"] = f'its class is "{volume.class_name}", the claim asks "{claim.class_name or ""}"'
    if claim.attributes_class != volume.attributes_class:
        found["attributes class"] = (
            f'its volumeAttributesClassName is "{volume.attributes_class}", the claim asks "{claim.attributes_class}"'
        )
    if not _selected(claim.selector, volume.meta.labels):
        found["labels"] = "the claim's selector does not match its labels"
    return found


def _selected(selector: Mapping[str, object] | None, labels: Mapping[str, str]) -> bool:
    wanted, terms = (selector or {}).get("matchLabels"), (selector or {}).get("matchExpressions")
    if isinstance(wanted, Mapping) and any(labels.get(str(k)) != v for k, v in wanted.items()):
        return False
    rules = [
        Requirement(str(t.get("key")), str(t.get("operator")), tuple(str(v) for v in t.get("values") or ()))
        for t in (terms if isinstance(terms, list | tuple) else ())
        if isinstance(t, Mapping)
    ]
    return all(rule.holds(labels) for rule in rules)


def _wants_static(claim: Claim, see: Inventory) -> bool:
    chosen = see.storage_class.get(claim.class_name or "")
    if not pending_and_free(claim) or claim.class_name is None:
        return False
    if claim.class_name == "":
        return True
    return served_by_hand(claim, see) if chosen is None else chosen.provisioner == NO_PROVISIONER


def _make_fit(claim: Claim, volume: Volume, wrong: dict[str, str]) -> Fix | None:
    what = set(wrong)
    name = volume.meta.name
    if what == {"modes"}:
        changes = {"spec": {"accessModes": sorted({*volume.modes, *claim.modes_asked})}}
        return Fix(f"let {name} offer it too, if {plain(volume.backend)} really can", patch_volume(name, changes))
    if what == {"reserved"} and volume.claim_ref and not volume.claim_ref.uid:
        ref = only_for(claim.meta.namespace, claim.meta.name)
        change = [{"op": "replace", "path": "/spec/claimRef", "value": ref}]
        return Fix(f"give {name} to this claim instead", patch_volume(name, change))
    return None


@rule(
    "PVC-11",
    Severity.HIGH,
    "No static volume fits the claim",
    on="PersistentVolumeClaim",
    needs=(VOLUME, STORAGE_CLASS),
    fix="Change the nearest volume, or re-create the claim, so that they fit.",
)
def no_volume_fits(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The binder compares silently; the nearest miss says what to change."""
    if not _wants_static(claim, see):
        return None
    free = see.free_of_class.get(claim.class_name or "", ())
    compared = sorted(((misses(claim, v), v) for v in free), key=lambda pair: (len(pair[0]), pair[1].meta.name))
    if not compared or not compared[0][0]:
        return None
    nearest_ones = [(wrong, v) for wrong, v in compared if len(wrong) == len(compared[0][0])][:3]
    words = "; ".join(f"*{v.meta.name}* fits, except that {' and '.join(wrong.values())}" for wrong, v in nearest_ones)
    fixes = [f for f in (_make_fit(claim, v, wrong) for wrong, v in nearest_ones) if f]
    return Hit(
        f"cannot bind: none of the {len(compared)} free volumes of its class fits",
        f"{words}. Asked: {gib(claim.requested)}, {short_modes(claim.modes_asked)}. {pending_for(claim, see)}",
        tuple(fixes) or (Fix("create a volume that fits, or re-create the claim so that one does"),),
        claim.meta.created,
    )


@rule(
    "PVC-04",
    Severity.HIGH,
    "Static claim without any free volume",
    on="PersistentVolumeClaim",
    needs=(VOLUME, STORAGE_CLASS),
    fix="Create a volume of that class, or use a class with a provisioner.",
)
def no_free_volume(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Nobody provisions such a claim: it waits until a person creates a volume."""
    if not _wants_static(claim, see):
        return None
    if see.free_of_class.get(claim.class_name or ""):
        return None
    wrong = sorted(((misses(claim, v), v) for v in see.free_volumes[:_COMPARED]), key=lambda one: len(one[0]))
    near = "; ".join(f"*{v.meta.name}* fits, except that {' and '.join(words.values())}" for words, v in wrong[:2])
    nearest_ones = f" Nearest: {near}." if near else ""
    provisioned = [c.meta.name for c in see.classes if c.provisioner != NO_PROVISIONER]
    hint = f" Classes with a provisioner: {listing(provisioned, 6)}." if provisioned else ""
    which = f'of class "{plain(claim.class_name)}"' if claim.class_name else "without a class"
    return Hit(
        f"cannot bind: no free volume {which}",
        f"It asks for a volume made by hand, and none is free.{nearest_ones}{hint} {pending_for(claim, see)}",
        (Fix(f"create a volume of {gib(claim.requested)}, {short_modes(claim.modes_asked)}, or re-create the claim"),),
        claim.meta.created,
    )


@rule(
    "PVC-12",
    Severity.HIGH,
    "The volume that the claim names is missing or taken",
    on="PersistentVolumeClaim",
    needs=(VOLUME,),
    fix="Re-create the claim with a volume that is free.",
)
def named_volume_not_free(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A claim with ``volumeName`` waits for that one volume and never looks at another."""
    if claim.phase != "Pending" or not claim.volume_name or claim.meta.deleted:
        return None
    volume = see.volume.get(claim.volume_name)
    free = [v.meta.name for v in see.free_volumes if not misses(claim, v)]
    others = f"Free and fitting: {listing(free, 3)}." if free else "No other volume is free and fits."
    if volume is None:
        near = nearest(claim.volume_name, [v.meta.name for v in see.volumes], most=1)
        meant = f"Did you mean *{near[0]}*? " if near else ""
        return Hit(
            f'cannot bind: volume "{plain(claim.volume_name)}" does not exist',
            f"{meant}{others} {pending_for(claim, see)}",
            _other_volume(claim, sorted(free, key=lambda name: name not in near)),
            claim.meta.created,
        )
    wrong = misses(claim, volume)
    ref = volume.claim_ref
    if "reserved" in wrong and ref:
        says = f"cannot bind: volume {volume.meta.name} belongs to {ref.namespace}/{ref.name}"
    elif wrong:
        says = f"cannot bind to volume {volume.meta.name}: {' and '.join(wrong.values())}"
    else:
        return None
    mine = volume.phase == "Released" and ref and ref.key == claim.meta.key
    back = (Fix("give the volume and what is on it back to this claim", patch_volume(volume.meta.name, GIVE_BACK)),)
    fixes = (*(back if mine else ()), *_other_volume(claim, free))
    return Hit(says, f"{others} {pending_for(claim, see)}", fixes, claim.meta.created, volumes=(volume.meta.name,))


def _other_volume(claim: Claim, free: list[str]) -> tuple[Fix, ...]:
    again = "re-create the claim (safe: it holds no data)"
    taken = (
        Fix(f"{again} with volume {name}", recreate_claim(claim, claim.volume_name, name, "volumeName"))
        for name in free[:1]
    )
    return (*taken, Fix(f"{'or ' if free else ''}{again} without naming a volume", recreate_without_volume(claim)))


RULES = (no_volume_fits, no_free_volume, named_volume_not_free)
