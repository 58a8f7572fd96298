"""What a claim's own data tells of where it comes from and whether it was ever used."""

from datetime import datetime, timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.volume import Claim

_AT_ONCE = timedelta(minutes=5)  # the controller looks at a new claim within this time


def set_name(claim: Claim) -> str:
    """Name the StatefulSet that a claim's name and labels speak of; "" when they speak of none.

    A StatefulSet calls its claims ``<template>-<set>-<number>`` and gives them its pods' labels.
    """
    head, _, number = claim.meta.name.rpartition("-")
    if not number.isdigit() or claim.meta.owner:
        return ""
    ends = [value for value in claim.meta.labels.values() if value and head.endswith(f"-{value}")]
    return max(ends, key=len, default="")


_OWN_KINDS = {"Pod", "StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob", "PersistentVolumeClaim"}
# Labels that operators put on the claims that they make.
OPERATORS = {
    "cnpg.io/cluster": "CloudNativePG",
    "strimzi.io/cluster": "Strimzi",
    "elasticsearch.k8s.elastic.co/cluster-name": "Elastic",
    "postgres-operator.crunchydata.com/cluster": "Crunchy Postgres",
}


def operator_of(claim: Claim) -> str:
    """Name the custom resource that owns a claim, or the operator that labelled it; "" when there is none."""
    kind, name = claim.meta.owner or ("", "")
    if kind and kind not in _OWN_KINDS:
        return f"{kind} {name}"
    labels = claim.meta.labels
    return next((f"{who} cluster {labels[key]}" for key, who in OPERATORS.items() if labels.get(key)), "")


def unused_since(claim: Claim) -> datetime | None:
    """Tell since when no pod uses a claim; only its condition Unused says so."""
    return next((c.since for c in claim.conditions if c.type == "Unused" and c.since), None)


def never_used(claim: Claim, see: Inventory, limits: Limits) -> bool:
    """Tell whether a claim has been unused ever since it was made, long ago. Only its condition says so."""
    if claim.meta.created is None or see.now - claim.meta.created <= timedelta(days=limits.never_used_days):
        return False
    return any(c.type == "Unused" and c.since and c.since - claim.meta.created <= _AT_ONCE for c in claim.conditions)
