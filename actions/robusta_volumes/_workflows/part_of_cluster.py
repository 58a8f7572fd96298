"""Which part of what was seen a report is about: the claims of one object, or what a selection leaves."""

from dataclasses import replace

from robusta_volumes._analysis.passing import without_passing
from robusta_volumes._cluster import read
from robusta_volumes._model import kind as k
from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.target import Target
from robusta_volumes._report.page import Subject
from robusta_volumes._rules.joins import owner_of
from robusta_volumes._workflows.narrow import part_of


def claims_about(see: Inventory, target: Target) -> frozenset[Key] | None:
    """Name the claims that one object is about; None: all that are there, or that a selection leaves."""
    here = (target.namespace, target.name)
    if not target.is_one_object:
        return None
    if target.kind == k.CLAIM.name:
        return frozenset([here])
    if target.kind == k.VOLUME.name:
        volumes = [read.volume(o) for o in target.given if o.get("kind", k.VOLUME.name) == k.VOLUME.name]
        return frozenset(v.claim_ref.key for v in volumes if v.claim_ref)
    if target.kind == k.POD.name:
        return frozenset((p.meta.namespace, name) for p in see.pods if p.meta.key == here for name in p.claims)
    own = [w for w in see.workloads if (w.kind, w.meta.key) == (target.kind, here)]
    pods = [p for p in see.pods if p.meta.namespace == target.namespace and owner_of(p) == (target.kind, target.name)]
    named = {
        (target.namespace, name) for claims in (*(w.claims for w in own), *(p.claims for p in pods)) for name in claims
    }
    made = see.claims_of_set.get(here, ()) if target.kind == k.STATEFUL_SET.name else ()
    return frozenset(named | {c.meta.key for c in made})


def part_of_claims(see: Inventory, target: Target, keys: frozenset[Key] | None) -> Inventory:
    """Leave the claims that the report is about, and their volumes; of many not what we make ourselves for a while."""
    if keys is None:
        return without_passing(part_of(see, target).see)
    claims = tuple(c for c in see.claims if c.meta.key in keys)
    names = {c.volume_name for c in claims if c.volume_name}
    return replace(see, claims=claims, volumes=tuple(v for v in see.volumes if v.meta.name in names))


def subject_of_part(part: Inventory, target: Target) -> Subject:
    """Name what a page about a part of the cluster is about."""
    if target.is_one_object:
        labels = part.claims[0].meta.labels if len(part.claims) == 1 else {}
        space = target.namespace or (part.claims[0].meta.namespace if part.claims else "")
        return Subject(target.kind, target.name, space, dict(labels))
    if target.kind == "Cluster":
        return Subject("Cluster", part.cluster or "cluster")
    if target.kind == k.NAMESPACE.name:
        name = target.namespace or target.name
        return Subject(target.kind, name, name)
    return Subject(target.kind, target.name, node=target.name if target.kind == k.NODE.name else "")
