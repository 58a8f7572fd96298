"""Claims that name a storage class which does not exist, or none at all where there is no default."""

from collections import Counter

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import STORAGE_CLASS
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, listing, nearest, plain, quoted
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.binding import pending_and_free, pending_for
from robusta_volumes._rules.commands import patch_claim, recreate_claim
from robusta_volumes._rules.pending import NO_PROVISIONER
from robusta_volumes._rules.rule import Fix, Hit, rule

_BY_MACHINE = "pv.kubernetes.io/provisioned-by"


def served_by_hand(claim: Claim, see: Inventory) -> bool:
    """Tell whether people make the volumes of the claim's class, so that the class need not exist as an object."""
    return any(v.class_name == claim.class_name and _BY_MACHINE not in v.meta.annotations for v in see.volumes)


@rule(
    "PVC-05",
    Severity.HIGH,
    "Storage class does not exist",
    on="PersistentVolumeClaim",
    needs=(STORAGE_CLASS,),
    fix="Re-create the claim with a class that exists, or create the class.",
)
def class_not_found(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A claim waits for ever for a class that nobody defined, and its class cannot be edited."""
    if not pending_and_free(claim) or not claim.class_name or claim.class_name in see.storage_class:
        return None
    known = [c.meta.name for c in see.classes]
    if served_by_hand(claim, see):
        return None  # volumes made by hand carry this class name: the class object itself is not needed
    near = nearest(claim.class_name, known, most=1)
    guess = f"Did you mean *{near[0]}*? " if near else ""
    there = f"(classes here: {listing(known, 6)})" if known else "(this cluster has no storage class at all)"
    fixes = (
        (
            Fix(
                "a claim's class cannot be edited; re-create it (safe: the claim holds no data)",
                recreate_claim(claim, claim.class_name, near[0]),
            ),
        )
        if near
        else (Fix(f"create the class {code(claim.class_name)}, or delete the claim and create it with another class"),)
    )
    return Hit(
        f'cannot bind: storage class "{plain(claim.class_name)}" does not exist',
        f"{guess}{there}. {pending_for(claim, see)}",
        fixes,
        claim.meta.created,
    )


def _usual(claim: Claim, see: Inventory, names: list[str]) -> list[tuple[str, str]]:
    """Choose the class that claims of the namespace use, else those of the cluster: it, and in words why it."""
    here = Counter(c.class_name for c in see.claims_in.get(claim.meta.namespace, ()))
    all_ = Counter(c.class_name for c in see.claims)
    best = sorted(names, key=lambda name: (-here[name], -all_[name]))[:1]
    where = f"in {claim.meta.namespace}" if any(here[name] for name in best) else "in this cluster"
    return [(name, f"{name}, the one most used {where}" if all_[name] else name) for name in best]


@rule(
    "PVC-03",
    Severity.HIGH,
    "No default storage class",
    on="PersistentVolumeClaim",
    needs=(STORAGE_CLASS,),
    fix="Mark one class as the default, or name a class in the claim.",
)
def no_default_class(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A claim that names no class takes the default one; without a default it waits, with a Normal event only."""
    if not pending_and_free(claim) or claim.class_name is not None or any(c.is_default for c in see.classes):
        return None
    able = [c.meta.name for c in see.classes if c.provisioner != NO_PROVISIONER and c.provisioner in see.driver]
    choices = able or [c.meta.name for c in see.classes if c.provisioner != NO_PROVISIONER]
    patch = '{"metadata":{"annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}}'
    fixes = tuple(
        fix
        for name, used in _usual(claim, see, choices)
        for fix in (
            Fix(
                f"name a class in this claim (Kubernetes allows that while it has none), for example {used}",
                patch_claim(claim, {"spec": {"storageClassName": name}}),
            ),
            Fix(
                "or make one class the default for the whole cluster; every claim that names none then takes it",
                f"kubectl patch storageclass {quoted(name)} -p '{patch}'",
            ),
        )
    )
    there = f"Classes here: {listing(choices, 6)}" if choices else "No class here has a provisioner"
    return Hit(
        "cannot bind: it names no storage class and the cluster has no default",
        f"{there}. {pending_for(claim, see)}",
        fixes or (Fix("install a storage driver with a class"),),
        claim.meta.created,
    )


RULES = (class_not_found, no_default_class)
