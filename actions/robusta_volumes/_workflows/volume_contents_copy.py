"""Look into a copy of a volume, for what cannot be mounted a second time: a snapshot, a claim made from it, a pod of our own.

The claim that is meant is never touched. Whatever is made has one name, which is the lock of that claim, and is removed by the
run that made it, else by the next one.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from robusta_volumes._analysis.contents_copy import CopyAsked, plan_copy
from robusta_volumes._analysis.contents_ladder import inspector_of
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.points import around
from robusta_volumes._cluster.read import claim as read_claim
from robusta_volumes._cluster.read_points import RESTORING, snapshot_point
from robusta_volumes._engines.contents_script import EXTRA_SECONDS
from robusta_volumes._engines.inspector_pod import inspector_name
from robusta_volumes._engines.volume_copy import copy_claim, copy_snapshot, labels_of
from robusta_volumes._model import kind as k
from robusta_volumes._model.contents import Copy, Looked
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.errors import AlreadyExists, ClusterError, NotAllowed, NotFound, Unavailable
from robusta_volumes._model.holder import Holder
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.ours import ENDS
from robusta_volumes._model.plan import Create, Delete, Outcome, Step
from robusta_volumes._model.rights import role_command
from robusta_volumes._model.text import cited, code, plain
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.volume import Claim
from robusta_volumes._workflows.pvc_snapshots_restore import last_warning
from robusta_volumes._workflows.volume_contents_pod import MINE, Kit, full, look_with_pod

_KINDS = (k.CLAIM, k.VOLUME, k.SNAPSHOT_CLASS, k.STORAGE_CLASS, k.QUOTA, k.LIMIT_RANGE)
_RIGHTS = (
    *((verb, kind) for kind in (k.SNAPSHOT, k.CLAIM, k.POD) for verb in ("create", "delete")),
    ("get", k.POD_LOG),
)
_PAUSE = 2.0  # seconds between two looks at the snapshot
_LATE = 120  # seconds beyond all that a run may wait for: by then it is over
_WORDS = ("contents", "copies")


def copy_of(
    cluster: Cluster, claim: Claim, holders: Sequence[Holder], settings: PersistentDataAnalysis, *, own_user: bool
) -> Copy | Looked:
    """Plan the copy, or say why there can be none. Nothing is made.

    Raises ClusterError: when the cluster does not answer.
    """
    place = claim.meta.namespace
    for verb, kind in _RIGHTS:
        if not cluster.allowed(verb, kind, place):
            why = f"the runner may not {verb} {kind.resource} in {plain(place)}"
            return Looked(why=why, todo=f"allow it in that namespace alone: {code(role_command([place], _WORDS))}")
    see = gather(cluster, namespace=place, kinds=_KINDS)
    for kind in (k.CLAIM, k.VOLUME, k.SNAPSHOT_CLASS, k.STORAGE_CLASS):
        if lack := see.lacks(kind):
            return Looked(why=f"{kind.plural} cannot be read: {lack.why}", todo=lack.remedy)
    inspector = inspector_of(claim, holders, "", own_user=own_user)
    asked = CopyAsked(claim, inspector_name(inspector), inspector, settings.contents.copy_size)
    return plan_copy(asked, see)


def look_with_copy(
    cluster: Cluster, way: Copy, kit: Kit, old_before: datetime, sleep: Callable[[float], None]
) -> Looked:
    """Take the snapshot, restore it, look, and remove all of it.

    Raises ClusterError: when something cannot be made or read.
    """
    if busy := full(cluster, way.claim.meta.namespace, kit.most):
        return busy
    seconds = 2 * kit.start + kit.seconds + EXTRA_SECONDS + _LATE
    ends = cluster.now() + timedelta(seconds=seconds)
    (made,) = cluster.carry_out([Create(copy_snapshot(way, ends), "is looked into, and removed after", "copies")])
    if isinstance(made.error, AlreadyExists):
        return Looked(why="another run looks into one just now", todo="run it again in a few minutes")
    if made.error and not isinstance(made.error, Unavailable):
        raise made.error
    try:
        _sure(made)  # else nobody knows whether it was made: then it is removed all the same
        looked = _through(cluster, way, kit, old_before, ends, sleep)
    except ClusterError as error:
        if left := _remove(cluster, way):
            error.message += f". Left behind: {', '.join(left)}"
        raise
    except BaseException:
        _remove(cluster, way)
        raise
    return replace(looked, left=looked.left + _remove(cluster, way))


def _through(
    cluster: Cluster, way: Copy, kit: Kit, old_before: datetime, ends: datetime, sleep: Callable[[float], None]
) -> Looked:
    """Wait for the snapshot, restore it, and look; the pod is the one that volumes are looked into with."""
    size, waits = _ready(cluster, way, kit.start, sleep)
    if waits:
        return waits
    (made,) = cluster.carry_out(
        [Create(copy_claim(way, max(size, way.size), ends), "is looked into, and removed after", "copies")]
    )
    _sure(made)
    looked = look_with_pod(cluster, way.inspector, kit, old_before, sleep)
    if looked.found:
        return looked
    said = ""
    with suppress(ClusterError):
        said = last_warning(cluster, read_claim(cluster.get(k.CLAIM, way.name, way.claim.meta.namespace)))
    return replace(looked, why=f"{looked.why}; of the copy it is said: {cited(said, 300)}") if said else looked


def _sure(made: Outcome) -> None:
    if made.error:
        raise made.error


def _ready(cluster: Cluster, way: Copy, most: float, sleep: Callable[[float], None]) -> tuple[int, Looked | None]:
    """Wait until the snapshot can be restored; give the size that it needs, or why it is not ready."""
    waited, about = 0.0, around(cluster, PersistentDataAnalysis().limits, contents=False)
    while True:
        point = snapshot_point(cluster.get(k.SNAPSHOT, way.name, way.claim.meta.namespace), about)
        if point.good:
            return point.size or 0, None
        if waited >= most:
            said = f": {cited(point.said, 300)}" if point.error else ""
            todo = "see what its driver says, or raise `contents.copySeconds`; the snapshot is removed"
            return 0, Looked(why=f"its snapshot was not ready within {most:.0f} s{said}", todo=todo)
        sleep(_PAUSE)
        waited += _PAUSE


def _remove(cluster: Cluster, way: Copy) -> tuple[str, ...]:
    """Remove the copy, then the snapshot; name what stays. Only what carries our labels, and never the claim that is meant.

    A provisioner that did not finish a restore can hold the snapshot for ever (external-provisioner issue 1507).
    """
    left = []
    for kind in (k.CLAIM, k.SNAPSHOT):
        try:
            found = cluster.get(kind, way.name, way.claim.meta.namespace)
            labels = at(found, "metadata", "labels") or {}
            if all(labels.get(key) == value for key, value in labels_of(way).items()):
                (outcome,) = cluster.carry_out([_delete(kind, found)])
                if outcome.error and not isinstance(outcome.error, NotFound):
                    raise outcome.error
                if RESTORING in (at(found, "metadata", "finalizers") or ()):
                    left.append(f"{_called(kind, way)} (deleted, and held by its provisioner until that lets go of it)")
        except NotFound:
            continue
        except ClusterError:
            left.append(f"{_called(kind, way)} (the next run removes it)")
    return tuple(left)


def _called(kind: Kind, way: Copy) -> str:
    return f"{kind.name} {plain(way.claim.meta.namespace)}/{way.name}"


def sweep_copies(cluster: Cluster, namespace: str) -> None:
    """Remove the copies and snapshots that runs which died have left. What cannot be seen or removed is left for the next."""
    for kind in (k.CLAIM, k.SNAPSHOT):
        with suppress(ClusterError):
            try:
                found = cluster.find(kind, labels=MINE)
            except NotAllowed:
                found = cluster.find(kind, namespace, labels=MINE)
            cluster.carry_out([_delete(kind, o) for o in found if _over(o, cluster.now())])


def _over(o: Object, now: datetime) -> bool:
    ends = parse_time(at(o, "metadata", "annotations", ENDS))
    return bool(ends and now > ends and not at(o, "metadata", "deletionTimestamp"))


def _delete(kind: Kind, o: Object) -> Step:
    meta = o["metadata"]
    return Delete(kind, meta["name"], meta["namespace"], "the look into it is over", uid=meta["uid"])
