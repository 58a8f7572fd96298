"""What of a cluster is about a namespace, a storage class, a node or a label selector."""

from dataclasses import dataclass, replace

from robusta_volumes._analysis.assess import ObjectKey
from robusta_volumes._cluster.selectors import parse_labels
from robusta_volumes._model import kind as k
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.target import Target
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._rules.joins import only_node


@dataclass(frozen=True)
class Part:
    """A part of what was seen; ``others`` are objects of other kinds whose problems belong to it."""

    see: Inventory
    others: frozenset[ObjectKey] = frozenset()


def only_namespace(see: Inventory, namespace: str) -> Inventory:
    """Leave out the volumes that have nothing to do with a namespace."""
    volumes = tuple(v for v in see.volumes if v.claim_ref and v.claim_ref.namespace == namespace)
    free = tuple(v for v in see.volumes if v.claim_ref is None)
    waiting = any(c.phase == "Pending" for c in see.claims)
    # free volumes stay while a claim waits: the nearest miss is looked for among them
    return replace(see, volumes=(*volumes, *free) if waiting else volumes)


def part_of(see: Inventory, target: Target) -> Part:
    """Leave what the target names: a class or a node, and of that what the selector names.

    Raises Invalid: when the selector cannot be read.
    """
    part = Part(see)
    if target.kind == k.STORAGE_CLASS.name:
        part = _of_class(see, target.name)
    elif target.kind == k.NODE.name:
        part = _on_node(see, target.name)
    if target.selector:
        part = Part(_selected(part.see, target))
    if target.kind != k.STORAGE_CLASS.name and (target.kind != "Cluster" or target.selector):
        used = {*(c.class_name for c in part.see.claims), *(v.class_name for v in part.see.volumes)}
        part = replace(part, see=replace(part.see, classes=tuple(c for c in see.classes if c.meta.name in used)))
    if part.see is see or (target.kind == k.NAMESPACE.name and not target.selector):
        return part
    scope = target.title if target.kind == k.NAMESPACE.name else f"{target.title} in {see.scope}"
    return replace(part, see=replace(part.see, scope=scope))


def _of_class(see: Inventory, name: str) -> Part:
    volumes = tuple(v for v in see.volumes if v.class_name == name)
    names = {v.meta.name for v in volumes}
    claims = tuple(c for c in see.claims if c.class_name == name or c.volume_name in names)
    classes = tuple(c for c in see.classes if c.meta.name == name)
    return Part(
        replace(see, claims=claims, volumes=volumes, classes=classes), frozenset({(k.STORAGE_CLASS.name, "", name)})
    )


def _on_node(see: Inventory, name: str) -> Part:
    """Keep what pods there use, what is attached there, and what can be used nowhere else."""
    pods = see.pods_on.get(name, ())
    attachments = see.attachments_on.get(name, ())
    keys = {(p.meta.namespace, claim) for p in pods for claim in p.claims}
    names = {a.volume_name for a in attachments}

    def is_here(claim: Claim | None, volume: Volume | None) -> bool:
        if claim and (claim.meta.key in keys or (claim.phase == "Pending" and claim.selected_node == name)):
            return True
        return volume is not None and (volume.meta.name in names or only_node(volume) == name)

    others = {
        (k.NODE.name, "", name),
        (k.CSI_NODE.name, "", name),
        *((k.POD.name, *p.meta.key) for p in pods),
        *((k.ATTACHMENT.name, "", a.meta.name) for a in attachments),
    }
    return Part(
        replace(
            see,
            claims=tuple(c for c in see.claims if is_here(c, see.volume_of(c))),
            volumes=tuple(v for v in see.volumes if is_here(see.claim_of(v), v)),
            nodes=tuple(n for n in see.nodes if n.meta.name == name),
            csi_nodes=tuple(n for n in see.csi_nodes if n.meta.name == name),
            attachments=attachments,
        ),
        frozenset(others),
    )


def _selected(see: Inventory, target: Target) -> Inventory:
    """Leave the claims that the selector names, and their volumes."""
    tests = parse_labels(target.selector)
    claims = tuple(c for c in see.claims if all(test(c.meta.labels) for test in tests))
    names = {c.volume_name for c in claims if c.volume_name}
    unseen = dict(see.unseen)
    if see.lacks(k.CLAIM):
        unseen.setdefault(k.VOLUME.resource, Unseen(k.VOLUME, "which of them belong to it only its claims tell", ""))
    return replace(see, claims=claims, volumes=tuple(v for v in see.volumes if v.meta.name in names), unseen=unseen)
