"""Claims out of use: those that nobody uses, and those that only seem so."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CRON_JOB, DAEMON_SET, DEPLOYMENT, JOB, POD, REPLICA_SET, STATEFUL_SET
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Workload
from robusta_volumes._rules.origins import never_used, operator_of, set_name, unused_since
from robusta_volumes._rules.rule import Fix, Hit, rule

TEMPLATES = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET, REPLICA_SET, JOB, CRON_JOB)


def is_unused(claim: Claim, see: Inventory) -> bool:
    """Tell whether no pod names a bound claim."""
    return claim.phase == "Bound" and not claim.meta.deleted and not see.pods_of.get(claim.meta.key)


def set_of(claim: Claim, see: Inventory) -> tuple[Workload, int] | None:
    """Find the StatefulSet that made a claim (``<template>-<set>-<ordinal>``), and the ordinal."""
    head, _, ordinal = claim.meta.name.rpartition("-")
    if not ordinal.isdigit():
        return None
    owner = see.set_of_prefix.get((claim.meta.namespace, head))
    return (owner, int(ordinal)) if owner else None


def _since(claim: Claim) -> str:
    unused = unused_since(claim)
    return f"unused since {unused:%Y-%m-%d %H:%M} UTC" if unused else "how long is not known"


@rule(
    "WA-01",
    Severity.LOW,
    "Claim is used by nothing",
    on="PersistentVolumeClaim",
    needs=(POD, *TEMPLATES),
    fix="Snapshot it, then delete it, when its owner agrees.",
)
def unused(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """No pod mounts it and no workload names it: the disk is paid for, and its data is easily forgotten."""
    if not is_unused(claim, see) or see.workloads_of.get(claim.meta.key) or set_of(claim, see):
        return None
    if set_name(claim) or operator_of(claim):
        return None  # WA-04, WA-02
    if claim.meta.created is None or see.now - claim.meta.created < timedelta(minutes=limits.unused_claim_minutes):
        return None
    volume = see.volume_of(claim)
    policy = volume.reclaim_policy if volume else "unknown"
    gone = "its data goes with it" if policy == "Delete" else f"policy {policy}"
    return Hit(
        f"is used by nothing ({gib(claim.capacity)})",
        f"No pod mounts it and no workload names it; {_since(claim)}, created {ago(claim.meta.created, see.now)}.",
        (
            Fix(
                f"ask its owner; take a snapshot, then delete it ({gone})",
                f"kubectl -n {quoted(claim.meta.namespace)} delete pvc {quoted(claim.meta.name)}",
                destroys=True,
            ),
        ),
        unused_since(claim) or claim.meta.created,
        size=claim.capacity,
    )


@rule(
    "WA-02",
    Severity.INFO,
    "Claim is parked: only a template names it",
    on="PersistentVolumeClaim",
    needs=(POD, *TEMPLATES),
    fix="Nothing: it is mounted when its workload runs.",
)
def parked(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """A CronJob between two runs or a workload scaled to zero is not waste; deleting its claim breaks the next run."""
    templates = see.workloads_of.get(claim.meta.key, ())
    operator = operator_of(claim)
    if not is_unused(claim, see) or not (templates or operator) or never_used(claim, see, limits):
        return None
    if operator and not templates:
        why = f"No pod mounts it now; {plain(operator)} made it and decides when one does."
        return Hit(f"is parked for {plain(operator)}", why, (), None)
    # of a Deployment and its ReplicaSets the Deployment says enough
    makers = [w for w in templates if w.meta.owner is None] or templates
    names = listing([f"{w.kind} {w.meta.name}" for w in makers], 3)
    return Hit(f"is parked for {names}", f"No pod mounts it now; {names} will.", (), None)


@rule(
    "WA-03",
    Severity.LOW,
    "Claim is left over from a scaled-down StatefulSet",
    on="PersistentVolumeClaim",
    needs=(POD, STATEFUL_SET),
    fix="Keep it when the set will grow again; else snapshot and delete it.",
)
def left_over(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A StatefulSet keeps the claims of replicas that it no longer has, so that their data is there when it grows."""
    found = set_of(claim, see) if is_unused(claim, see) else None
    if found is None:
        return None
    owner, ordinal = found
    if owner.first_ordinal <= ordinal < owner.first_ordinal + owner.replicas:
        return None
    return Hit(
        f"is left over: StatefulSet {owner.meta.name} has {count(owner.replicas, 'replica')} and no number {ordinal}",
        f"{gib(claim.capacity)} stay; the set takes them again when it grows (whenScaled: {owner.when_scaled}).",
        (
            Fix("keep it when the set will grow again"),
            Fix(
                "else take a snapshot, then delete it",
                f"kubectl -n {quoted(claim.meta.namespace)} delete pvc {quoted(claim.meta.name)}",
                destroys=True,
            ),
        ),
        None,
        size=claim.capacity,
    )


RULES = (unused, parked, left_over)
