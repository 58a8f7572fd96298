"""Which claims an object is about, and how a page names it."""

from robusta_volumes._cluster import read, read_pods
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.target import Target
from robusta_volumes._report.page import Subject
from robusta_volumes._rules.joins import owner_of

Key = tuple[str, str]


def claims_of(cluster: Cluster, target: Target) -> tuple[str, frozenset[Key] | None]:
    """Find the namespace to read and the claims that an object is about; None: all that are there.

    Raises NotFound: when a volume, a pod or a set of that name is not there.
    """
    space = target.namespace
    if target.kind == k.CLAIM.name:
        return space, frozenset([(space, target.name)])
    if target.kind == k.VOLUME.name:
        given = next((dict(o) for o in target.given if o.get("kind") == k.VOLUME.name), None)
        ref = read.volume(given or cluster.get(k.VOLUME, target.name)).claim_ref
        return (ref.namespace, frozenset([ref.key])) if ref else ("", frozenset())
    if target.kind == k.POD.name:
        pod = read_pods.pod(cluster.get(k.POD, target.name, space))
        return space, frozenset((space, name) for name in pod.claims)
    if target.kind == k.STATEFUL_SET.name:
        found = read_pods.workload(cluster.get(k.STATEFUL_SET, target.name, space))
        heads = tuple(f"{template.name}-{target.name}-" for template in found.templates)
        claims = [read.meta(o).key for o in cluster.find(k.CLAIM, space)] if heads else []
        return space, frozenset(key for key in claims if any(_numbered(key[1], head) for head in heads))
    if target.is_one_object:  # a workload, whose claims its pods name
        pods = [read_pods.pod(o) for o in cluster.find(k.POD, space, slim=read_pods.slim_pod)]
        own = [pod for pod in pods if owner_of(pod) == (target.kind, target.name)]
        return space, frozenset((space, name) for pod in own for name in pod.claims)
    return space or (target.name if target.kind == k.NAMESPACE.name else ""), None


def _numbered(name: str, head: str) -> bool:
    """Tell whether a name is this and a number: a set ``db-backup`` has claims that begin like those of ``db``."""
    return name.startswith(head) and name[len(head) :].isdigit()


def subject_of(cluster: Cluster, target: Target, namespace: str) -> Subject:
    """Name what a page is about."""
    if target.is_one_object:
        return Subject(target.kind, target.name, target.namespace)
    return Subject("Namespace", namespace, namespace) if namespace else Subject("Cluster", cluster.name or "cluster")
