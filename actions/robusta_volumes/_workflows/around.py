"""What is read around one object: the whole story when a person asks, eight lists when an event does."""

from collections.abc import Callable, Mapping
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


def _claim_namespace(target: Target) -> str:
    if target.kind != k.VOLUME.name:
        return target.namespace
    ref = next(
        (read.volume(o).claim_ref for o in target.given if o.get("kind", "PersistentVolume") == k.VOLUME.name), None
    )
    return ref.namespace if ref else ""


def look_around(cluster: Cluster, target: Target) -> Inventory:
    """Read what is around one object: the whole story when a person asks, eight lists when an event does."""
    kinds, namespace = EVERYTHING, _claim_namespace(target)
    about = {k.EVENT.resource: f"involvedObject.kind=PersistentVolume,involvedObject.name={target.name}"}
    if target.trigger in {Trigger.EVENT, Trigger.ALERT}:
        swap = _INSTEAD.get(target.kind, {})
        left_out = {k.QUOTA} if target.kind == k.VOLUME.name else set()
        kinds = tuple(swap.get(kind, kind) for kind in NEIGHBOURHOOD if kind not in left_out)
    if not namespace:  # a volume that no claim ever had: nothing namespaced can be about it, but for its events
        kinds = tuple(kind for kind in kinds if not kind.namespaced or kind == k.EVENT)
        see = gather(cluster, kinds=kinds, only=about, keep=_is_target(target))
        return replace(see, skipped=see.skipped - {k.CLAIM.resource}, scope=f"volume {target.name}")
    see = gather(cluster, namespace=namespace, kinds=kinds, keep=_is_target(target))
    if target.kind == k.VOLUME.name and not see.lacks(k.EVENT):
        more = gather(cluster, kinds=(k.EVENT,), only=about)  # a volume's events lie in another namespace
        see = replace(see, events=(*see.events, *more.events), unseen={**see.unseen, **more.unseen})
    return see


def _is_target(target: Target) -> Callable[[Object], bool]:
    """Tell the target's own claim and volume among the objects that are read."""
    given = [read.volume(o).claim_ref for o in target.given if o.get("kind") == k.VOLUME.name]
    refs = {ref.key for ref in given if ref} | {(target.namespace, target.name)}

    def keep(item: Object) -> bool:
        about = read.meta(item)
        if item.get("kind") == k.CLAIM.name:
            return about.key in refs and target.kind in {k.CLAIM.name, k.VOLUME.name}
        if item.get("kind") != k.VOLUME.name:
            return False
        ref = read.volume(item).claim_ref
        if target.kind == k.VOLUME.name:
            return about.name == target.name
        return target.kind == k.CLAIM.name and ref is not None and ref.key in refs

    return keep
