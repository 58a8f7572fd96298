"""What is read around one object: the whole story when a person asks, eight lists when an event does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.gather import EVERYTHING, NEIGHBOURHOOD, gather
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.target import Target, Trigger

# Of the eight lists, those that tell more about a kind: a set's replicas; where a pod's volumes are attached, and what its
# node's drivers can attach.
_INSTEAD: Mapping[str, Mapping[Kind, Kind]] = {
    k.STATEFUL_SET.name: {k.NODE: k.STATEFUL_SET},
    k.POD.name: {k.QUOTA: k.ATTACHMENT, k.CSI_DRIVER: k.CSI_NODE},
}


def with_claim(cluster: Cluster, target: Target) -> Target:
    """Find out where a volume's claim lives; accept a volume's name with a namespace that does not matter."""
    if target.kind != k.VOLUME.name:
        return target
    target = replace(target, namespace="")
    if target.given:
        return target
    try:
        return replace(target, given=(cluster.get(k.VOLUME, target.name),))
    except ClusterError:
        return target  # what is missing or refused is said by the look itself


def claim_namespace(target: Target) -> str:
    """Give the namespace in which things can be about a target; "" for a volume that no claim ever had."""
    if target.kind != k.VOLUME.name:
        return target.namespace
    ref = next(
        (read.volume(o).claim_ref for o in target.given if o.get("kind", "PersistentVolume") == k.VOLUME.name), None
    )
    return ref.namespace if ref else ""


def look_around(cluster: Cluster, target: Target, *others: Target) -> Inventory:
    """Read what is around one object: the whole story when a person asks, eight lists when an event does.

    ``others`` are of the same kind and namespace: what is read around the first is around them, too.
    """
    kinds, namespace = EVERYTHING, claim_namespace(target)
    field = f"involvedObject.kind=PersistentVolume,involvedObject.name={target.name}"
    about = {k.EVENT.resource: field.rpartition(",")[0] if others else field}
    if target.trigger in {Trigger.EVENT, Trigger.ALERT}:
        kinds = neighbourhood(target.kind)
    keep = _are_targets((target, *others))
    if not namespace:  # a volume that no claim ever had: nothing namespaced can be about it, but for its events
        kinds = tuple(kind for kind in kinds if not kind.namespaced or kind == k.EVENT)
        see = gather(cluster, kinds=kinds, only=about, keep=keep)
        return replace(see, skipped=see.skipped - {k.CLAIM.resource}, scope=f"volume {target.name}")
    see = gather(cluster, namespace=namespace, kinds=kinds, keep=keep)
    if target.kind == k.VOLUME.name and not see.lacks(k.EVENT):
        more = gather(cluster, kinds=(k.EVENT,), only=about)  # a volume's events lie in another namespace
        see = replace(see, events=(*see.events, *more.events), unseen={**see.unseen, **more.unseen})
    return see


def neighbourhood(kind: str) -> tuple[Kind, ...]:
    """List the eight kinds that an event-driven look reads around an object of this kind."""
    swap = _INSTEAD.get(kind, {})
    left_out = {k.QUOTA} if kind == k.VOLUME.name else set()
    return tuple(swap.get(one, one) for one in NEIGHBOURHOOD if one not in left_out)


def _are_targets(targets: Sequence[Target]) -> Callable[[Object], bool]:
    """Tell the own claims and volumes of targets, all of one kind, among the objects that are read."""
    given = [read.volume(o).claim_ref for t in targets for o in t.given if o.get("kind") == k.VOLUME.name]
    refs = {ref.key for ref in given if ref} | {(target.namespace, target.name) for target in targets}
    kind, names = targets[0].kind, {target.name for target in targets}

    def keep(item: Object) -> bool:
        about = item["metadata"]
        if item.get("kind") == k.CLAIM.name:
            own = (str(about.get("namespace") or ""), str(about.get("name") or "")) in refs
            return own and kind in {k.CLAIM.name, k.VOLUME.name}
        if item.get("kind") != k.VOLUME.name:
            return False
        if kind == k.VOLUME.name:
            return about.get("name") in names
        ref = read.volume(item).claim_ref if kind == k.CLAIM.name else None
        return ref is not None and ref.key in refs

    return keep
