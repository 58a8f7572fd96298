"""What we make ourselves for a while, for a test or to look into a volume: no rule and no report is about it. Pure."""

from dataclasses import replace

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.ours import is_passing


def passing(see: Inventory) -> frozenset[tuple[str, str, str]]:
    """Name the claims, the pods and the volumes of such claims: (kind, namespace, name)."""
    claims = {claim.meta.key for claim in see.claims if is_passing(claim.meta.labels)}
    found = {("PersistentVolumeClaim", *key) for key in claims}
    found |= {("Pod", *pod.meta.key) for pod in see.pods if is_passing(pod.meta.labels)}
    if claims:
        theirs = (v.meta.name for v in see.volumes if v.claim_ref and v.claim_ref.key in claims)
        found |= {("PersistentVolume", "", name) for name in theirs}
    return frozenset(found)


def without_passing(see: Inventory) -> Inventory:
    """Leave such claims and their volumes out."""
    ours = passing(see)
    if not ours:
        return see
    claims = tuple(c for c in see.claims if ("PersistentVolumeClaim", *c.meta.key) not in ours)
    return replace(
        see, claims=claims, volumes=tuple(v for v in see.volumes if ("PersistentVolume", "", v.meta.name) not in ours)
    )
