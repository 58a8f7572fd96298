"""What storage drivers say of the health of volumes and backends. Pure.

Kubernetes 1.37 has it in the status of claims, pods and CSINodes (KEP-1432): lists of what is wrong, empty when all is well.
"""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster.fields import blocks
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.volume import Condition

_LISTS = ("healthConditions", "conditions")  # the name in the API, and the one in the proposal


def volume_health(status: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Read what a driver reports of one volume."""
    return tuple(_entry(e) for name in _LISTS for e in blocks(status, name) if e.get("status"))


def pod_health(status: Mapping[str, Any]) -> tuple[tuple[str, Condition], ...]:
    """Read what the node's driver reports of a pod's volumes: (the volume's name in the pod, what is wrong)."""
    found = blocks(status, "volumeHealth")
    return tuple((str(v.get("name") or ""), said) for v in found for said in volume_health(v))


def backend_health(status: Mapping[str, Any]) -> tuple[tuple[str, Condition], ...]:
    """Read what the drivers of a node report of their backends: (driver, what is wrong)."""
    found = blocks(status, "storageHealth")
    return tuple((str(e.get("name") or ""), _entry(e)) for e in found if e.get("status"))


def _entry(e: Mapping[str, Any]) -> Condition:
    since = parse_time(e.get("lastTransitionTime"))
    return Condition(str(e.get("status") or ""), str(e.get("reason") or ""), str(e.get("message") or ""), since)
