"""Many volumes at once: those of the cluster, a namespace, a storage class, a node or a label selector."""

from robusta_volumes._analysis.assess import about
from robusta_volumes._analysis.costs import judge
from robusta_volumes._analysis.passing import without_passing
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.gather import gather
from robusta_volumes._model import kind as k
from robusta_volumes._model.attach_slots import Slots, node_slots
from robusta_volumes._model.errors import ClusterError, NotFound
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.target import Target
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import MANY_WORDS, missing_page
from robusta_volumes._report.volumes_overview import overview_page
from robusta_volumes._workflows.narrow import only_namespace, part_of


@collector_paused()
def report_many(cluster: Cluster, target: Target, settings: PersistentVolumeActions) -> Page:
    """Report all volumes that belong to the target.

    Raises ClusterError: when the cluster does not answer or nothing may be read.
    """
    begun = cluster.now()
    namespace = (target.namespace or target.name) if target.kind == k.NAMESPACE.name else None
    whole = gather(cluster, namespace=namespace, fallback=settings.namespaces)
    if namespace:
        whole = only_namespace(whole, namespace)
    found = judge(whole, settings)
    part = part_of(whole, target)
    see = part.see
    shown = without_passing(see)
    if see is not whole:
        found = about(found, {c.meta.key for c in see.claims}, {v.meta.name for v in see.volumes}, part.others)
    if not (see.claims or see.volumes or found.issues) and _is_missing(cluster, target, whole):
        subject = Subject(target.kind, namespace or target.name)
        return missing_page(subject, MANY_WORDS[target.kind], _known(cluster, k.BY_NAME[target.kind]), asked=True)
    return overview_page(
        target.title,
        _subject_of_many(cluster, target, namespace or ""),
        found,
        shown,
        details=settings.include_details,
        slots=_slots(whole, target),
        took=cluster.now() - begun,
    )


def _known(cluster: Cluster, kind: k.Kind) -> list[str]:
    try:
        return [read.meta(o).name for o in cluster.find(kind)]
    except ClusterError:
        return []  # then no name is proposed


def _subject_of_many(cluster: Cluster, target: Target, namespace: str) -> Subject:
    if namespace:
        return Subject(target.kind, namespace, namespace)
    if target.kind == "Cluster":
        return Subject(target.kind, cluster.name or "cluster")
    return Subject(target.kind, target.name, node=target.name if target.kind == k.NODE.name else "")


def _slots(whole: Inventory, target: Target) -> tuple[Slots, ...]:
    """Give the attach slots that the target is about; of a namespace's volumes alone nobody can tell what is free."""
    every = node_slots(whole.csi_nodes, whole.used_slots)
    if target.kind == k.NODE.name:
        return tuple(s for s in every if s.node == target.name)
    if target.kind == k.STORAGE_CLASS.name:
        own = whole.storage_class.get(target.name)
        return tuple(s for s in every if own and s.driver == own.provisioner)
    return every if target.kind == "Cluster" and not target.selector else ()


def _is_missing(cluster: Cluster, target: Target, see: Inventory) -> bool:
    """Tell whether what the target names is surely not there; what may not be looked for may be there."""
    if target.kind == k.NAMESPACE.name:
        return not _exists(cluster, k.NAMESPACE, target.namespace or target.name)
    if target.kind == k.STORAGE_CLASS.name:
        return not see.lacks(k.STORAGE_CLASS) and target.name not in see.storage_class
    return target.kind == k.NODE.name and not see.lacks(k.NODE) and target.name not in see.node


def _exists(cluster: Cluster, kind: k.Kind, name: str) -> bool:
    try:
        cluster.get(kind, name)
    except NotFound:
        return False
    except ClusterError:
        return True  # not allowed to look: then its absence is not claimed
    return True
