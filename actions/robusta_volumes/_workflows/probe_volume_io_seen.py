"""What must be known of one claim to say which device it is, and of which kind: a handful of objects, not the cluster."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from robusta_volumes._analysis.io_limits import volume_limits
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.read_classes import attributes_class, storage_class
from robusta_volumes._cluster.read_nodes import node
from robusta_volumes._cluster.read_pods import pod, slim_pod
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.volume import Claim

_T = TypeVar("_T")


def family_of(cluster: Cluster, claim: Claim, settings: VolumePerformanceAnalysis) -> str:
    """Name the family of a claim's storage, by which its latency is judged; "" where nobody knows it."""
    see = _storage_of(cluster, claim)
    return volume_limits(see, settings, claim, see.volume_of(claim)).family


def seen_on(cluster: Cluster, claim: Claim, name: str) -> Inventory:
    """Look at a claim, its volume, its pods and one node that has it; what may not be read is left out."""
    see = _storage_of(cluster, claim)
    namespace = claim.meta.namespace
    pods = _each(lambda: [pod(o) for o in cluster.find(k.POD, namespace, slim=slim_pod)])
    attachments = _each(lambda: cluster.find(k.ATTACHMENT, slim=read.attachment))
    return Inventory(
        see.now,
        claims=see.claims,
        volumes=see.volumes,
        classes=see.classes,
        pods=tuple(one for one in pods if claim.meta.name in one.claims),
        nodes=_each(lambda: [node(cluster.get(k.NODE, name))]),
        attachments=tuple(one for one in attachments if one.volume_name == claim.volume_name),
    )


def _storage_of(cluster: Cluster, claim: Claim) -> Inventory:
    classes = [name for name in (claim.attributes_now, claim.attributes_class) if name]
    return Inventory(
        cluster.now(),
        claims=(claim,),
        volumes=_each(lambda: [read.volume(cluster.get(k.VOLUME, claim.volume_name))]),
        classes=_each(lambda: [storage_class(cluster.get(k.STORAGE_CLASS, claim.class_name or ""))]),
        attributes_classes=_each(
            lambda: [attributes_class(cluster.get(k.ATTRIBUTES_CLASS, name)) for name in dict.fromkeys(classes)]
        ),
    )


def _each(read_them: Callable[[], list[_T]]) -> tuple[_T, ...]:
    with suppress(ClusterError):
        return tuple(read_them())
    return ()
