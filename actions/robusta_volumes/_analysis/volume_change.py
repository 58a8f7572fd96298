"""May this volume's policy be set, may it be given to that claim, and how? Pure: facts in, plan or refusals out."""

import json
from typing import Any

from robusta_volumes._analysis.decision import Change, Decision, Refusal, Unsure
from robusta_volumes._analysis.managed import keepers
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import Release, SetPolicy
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.origin import Origin
from robusta_volumes._model.plan import Patch
from robusta_volumes._model.quantity import as_quantity, gib
from robusta_volumes._model.text import listing, plain, quoted
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._rules.backing import on_one_backend
from robusta_volumes._rules.commands import patch_volume
from robusta_volumes._rules.rule import Fix
from robusta_volumes._rules.static import misses, short_modes

KEPT = {"Released", "Failed"}  # phases of a volume whose claim is gone
_BY_MACHINE = "pv.kubernetes.io/provisioned-by"


def decide_policy(volume: Volume, asked: SetPolicy, see: Inventory, made_by: Origin, version: str) -> Decision:
    """Plan another reclaim policy, held to ``version`` of the volume; ``see`` holds its claim, if it may be read."""
    claim = see.claim_of(volume)
    refusal = _would_destroy(volume, claim) if asked.policy == "Delete" else None
    if volume.meta.deleted:
        refusal = Refusal("it is being deleted", "A volume that is on its way out is not changed.")
    if refusal:
        return Decision(refusals=(refusal,))
    if volume.reclaim_policy == asked.policy:
        return Decision()
    changes = {"spec": {"persistentVolumeReclaimPolicy": asked.policy}}
    lack = see.lacks(k.CLAIM)
    unsure = (Unsure(lack, "whether its claim is being deleted at this moment"),) if lack else ()
    return Decision(
        steps=(_step(volume, changes, f"policy {asked.policy} instead of {volume.reclaim_policy}", version),),
        command=patch_volume(volume.meta.name, changes),
        changes=(Change("reclaim policy", volume.reclaim_policy, asked.policy),),
        notes=(*_consequences(volume, asked.policy), *keepers(made_by)),
        unsure=unsure,
    )


def _consequences(volume: Volume, policy: str) -> list[str]:
    owner = f"claim {_name(volume)}" if volume.claim_ref else "its claim"
    if policy == "Retain":
        return [
            f"When {owner} is deleted, the data stays: volume and disk are kept, and paid, until somebody removes them both."
        ]
    found = [f"*This destroys data later:* when {owner} is deleted, its {gib(volume.capacity)} go with it, for ever."]
    if volume.source != "csi" and _BY_MACHINE not in volume.meta.annotations:
        found.append(
            f"Nobody deletes a {volume.source} volume made by hand: it would become Failed, and the data stay."
        )
    return found


def _would_destroy(volume: Volume, claim: Claim | None) -> Refusal | None:
    if volume.phase not in KEPT and not (claim and claim.meta.deleted):
        return None
    gone = "its claim is gone" if volume.phase in KEPT else "its claim is being deleted"
    command = patch_volume(volume.meta.name, {"spec": {"persistentVolumeReclaimPolicy": "Delete"}})
    return Refusal(
        f"{gone}, so Delete would destroy its data within seconds",
        f"It is {volume.phase} and holds {gib(volume.capacity)} of {_name(volume)}. Nothing of ours deletes data.",
        (
            Fix("to keep the data, give it back to its claim (release_persistent_volume)"),
            Fix("to give it up, back it up and do it yourself", command, destroys=True),
        ),
    )


def decide_release(volume: Volume, asked: Release, see: Inventory, made_by: Origin, version: str) -> Decision:
    """Plan to offer a kept volume to one claim: of the same name, or the one that was named.

    ``see`` holds both claims, if they are there, and all volumes.
    """
    target = asked.claim or (volume.claim_ref.key if volume.claim_ref else ("", ""))
    if volume.phase == "Available" and volume.claim_ref and volume.claim_ref.key == target and not volume.claim_ref.uid:
        return Decision()  # offered to that claim already
    refusals = tuple(r for r in (_not_kept(volume), *_not_sure(volume, target, see)) if r)[:1] or tuple(
        r for r in (_still_there(volume, see), _shared(volume, see), _has_another(target, volume, see)) if r
    )
    if refusals:
        return Decision(refusals=refusals)
    ref: dict[str, Any] = {"uid": None, "resourceVersion": None}
    if asked.claim:
        ref |= {"apiVersion": "v1", "kind": k.CLAIM.name, "namespace": target[0], "name": target[1]}
    changes = {"spec": {"claimRef": ref}}
    to = "/".join(target)
    return Decision(
        steps=(_step(volume, changes, f"only claim {to} can bind it then", version),),
        command=patch_volume(volume.meta.name, changes),
        changes=(Change("for claim", f"{_name(volume)} (gone)", f"{to} (whichever has this name)"),),
        notes=(*_handover(volume, target, see), *keepers(made_by)),
    )


def _not_kept(volume: Volume) -> Refusal | None:
    if volume.meta.deleted:
        return Refusal("it is being deleted", "A volume that is on its way out is not given to anybody.")
    if volume.phase not in KEPT or volume.claim_ref is None:
        of = f" to {_name(volume)}" if volume.claim_ref and volume.phase == "Bound" else ""
        why = "Only a volume whose claim is gone can be given back: one that is Released or Failed."
        look = Fix("see what it is", f"kubectl describe pv {quoted(volume.meta.name)}")
        return Refusal(f"it is {volume.phase}{of}", why, (look,))
    if volume.reclaim_policy != "Retain":
        keep = patch_volume(volume.meta.name, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}})
        why = f"With policy {volume.reclaim_policy} its driver may delete the data at any moment."
        return Refusal(
            f"its policy is {volume.reclaim_policy}", why, (Fix("keep the data first, then try again", keep),)
        )
    return None


def _not_sure(volume: Volume, target: tuple[str, str], see: Inventory) -> list[Refusal]:
    """Refuse where it cannot be seen whether somebody else has the data: this is not the place for a guess."""
    claims = " or ".join(dict.fromkeys((_name(volume), "/".join(target))))
    unknown = {
        k.CLAIM: f"whether claim {claims} is there cannot be seen",
        k.VOLUME: "whether another volume has the same data cannot be seen",
    }
    return [_blind(text, lack) for kind, text in unknown.items() if (lack := see.lacks(kind))]


def _blind(says: str, lack: Unseen) -> Refusal:
    is_rule = lack.remedy.startswith("- apiGroups")
    fix = Fix("add to runner.customClusterRoleRules", lack.remedy) if is_rule else Fix(lack.remedy or "try again later")
    return Refusal(says, f"{lack.kind.plural}: {plain(lack.why, 200)}.", (fix,))


def _still_there(volume: Volume, see: Inventory) -> Refusal | None:
    ref = volume.claim_ref
    claim = see.claim.get(ref.key) if ref else None
    if ref is None or claim is None or not ref.uid or claim.meta.uid != ref.uid:
        return None
    look = f"kubectl -n {quoted(ref.namespace)} describe pvc {quoted(ref.name)}"
    why = "As long as it exists the volume is its own."
    return Refusal(f"its claim {_name(volume)} still exists ({claim.phase})", why, (Fix("see how it is", look),))


def _shared(volume: Volume, see: Inventory) -> Refusal | None:
    others = [v for v in on_one_backend(volume, see) if v.meta.name != volume.meta.name]
    if not others:
        return None
    names = listing([f"{v.meta.name} ({v.phase})" for v in others], 3)
    why = f"Both lie on {plain(volume.backend)}: two claims would write to one place, and deleting one deletes both."
    fix = Fix("decide which of them stays, and delete the surplus object (not the backend) first")
    return Refusal(f"{names} has the same backend", why, (fix,))


def _has_another(target: tuple[str, str], volume: Volume, see: Inventory) -> Refusal | None:
    claim = see.claim.get(target)
    if claim is None or not claim.volume_name or claim.volume_name == volume.meta.name:
        return None
    why = "A claim keeps the volume that it has; this one would wait for a claim that never comes."
    return Refusal(
        f"claim {claim.meta.title} has volume {claim.volume_name} already",
        why,
        (Fix("name another claim: run it again with claim=namespace/name, for a claim that you then create"),),
    )


def _handover(volume: Volume, target: tuple[str, str], see: Inventory) -> list[str]:
    claim, to = see.claim.get(target), "/".join(target)
    found = [f"Only a claim {to} can bind it then; clearing the whole claimRef would offer the data to anybody."]
    if volume.claim_ref and target != volume.claim_ref.key:
        found.append(f"This hands the data of {_name(volume)} to {to}.")
    if claim is None:
        size = as_quantity(volume.capacity) if volume.capacity else "its size"
        found.append(
            f"Claim {to} does not exist yet: create it with storageClassName: {quoted(volume.class_name)}, at most {size}, "
            f"{short_modes(volume.modes)}, volumeName: {plain(volume.meta.name)}; it binds at once."
        )
        return found
    wrong = {what: says for what, says in misses(claim, volume).items() if what not in {"reserved", "phase"}}
    if wrong:
        found.append(f"It does not fit claim {to}, which would stay Pending: {' and '.join(wrong.values())}.")
    return found


def creation(volume: Volume, target: tuple[str, str]) -> str:
    """Give the command that makes a claim which fits a volume and binds to it alone."""
    spec = {
        "storageClassName": volume.class_name,
        "volumeName": volume.meta.name,
        "volumeMode": volume.volume_mode,
        "accessModes": list(volume.modes),
        "resources": {"requests": {"storage": as_quantity(volume.capacity or 1)}},
    }
    meta = {"namespace": target[0], "name": target[1]}
    claim = {"apiVersion": "v1", "kind": k.CLAIM.name, "metadata": meta, "spec": spec}
    return f"echo {quoted(json.dumps(claim, separators=(',', ':')))} | kubectl apply -f -"


def _step(volume: Volume, changes: dict[str, Any], why: str, version: str) -> Patch:
    return Patch(k.VOLUME, volume.meta.name, None, changes, why, version)


def _name(volume: Volume) -> str:
    return f"{volume.claim_ref.namespace}/{volume.claim_ref.name}" if volume.claim_ref else "no claim"
