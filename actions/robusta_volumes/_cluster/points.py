"""The snapshots of a cluster as restore points: which are bound to their data, and which a restore is reading."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.read_points import Around, Bound, bound_of, snapshot_point
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError, NotAllowed
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.ours import MANAGED_BY, OURS
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.volume import Claim

OWN = f"{MANAGED_BY}={OURS}"


def around(cluster: Cluster, limits: Limits, claims: Iterable[Claim] = (), *, contents: bool = True) -> Around:
    """Gather what the state of snapshots is judged by.

    ``contents``: look whether each is really bound to its data. Where that may not be read, what the snapshot itself says
    counts.
    """
    return Around(
        cluster.now(),
        timedelta(minutes=limits.snapshot_minutes),
        timedelta(minutes=limits.snapshot_unobserved_minutes),
        _restoring(claims),
        _bound(cluster) if contents else None,
    )


def points_of(
    cluster: Cluster, about: Around, namespace: str | None = None, *, labels: str = "", fallback: Sequence[str] = ()
) -> list[Point]:
    """List the snapshots, in one namespace or in all; ``fallback`` names those to read where all may not be.

    Raises ClusterError: when they cannot be read. An answer in part would let retention count wrong.
    """

    def point(o: Object) -> Point:
        return snapshot_point(o, about)

    try:
        return cluster.find(k.SNAPSHOT, namespace, labels=labels, slim=point)
    except NotAllowed:
        if namespace or not fallback:
            raise
        return [found for one in fallback for found in cluster.find(k.SNAPSHOT, one, labels=labels, slim=point)]


def _restoring(claims: Iterable[Claim]) -> Mapping[tuple[str, str], str]:
    """Find the snapshots that a Pending claim is being made from."""
    return {
        (claim.source_namespace or claim.meta.namespace, claim.source[1]): claim.meta.name
        for claim in claims
        if claim.phase == "Pending" and claim.source and claim.source[0] == k.SNAPSHOT.name
    }


def _bound(cluster: Cluster) -> Mapping[str, Bound] | None:
    try:
        return dict(cluster.find(k.SNAPSHOT_CONTENT, slim=_reference))
    except ClusterError:
        return None


def _reference(o: Object) -> tuple[str, Bound]:
    return str(at(o, "metadata", "name")), bound_of(o)
