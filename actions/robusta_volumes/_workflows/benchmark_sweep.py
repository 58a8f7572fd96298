"""Take away what a benchmark has made, and what benchmarks have left that died: by our labels, its own name, and uid alone."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.benchmark import Run
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotFound
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.plan import Delete
from robusta_volumes._model.text import plain, quoted
from robusta_volumes._model.times import parse_time

WORD = "benchmark"  # after --allow
MINE = f"{ours.MANAGED_BY}={ours.OURS},{ours.BENCHMARKS}"
_OLD = timedelta(hours=1)  # no benchmark takes so long
_PAUSE, _GONE = 2.0, 30.0  # seconds between two looks, and until a driver has deleted a volume


@dataclass(frozen=True)
class Swept:
    """What of ours would not go, and what is to be said of the volume, where it is not gone."""

    left: tuple[str, ...] = ()
    stays: str = ""


def is_ours(o: Object, run_id: str = "") -> bool:
    """Tell whether a benchmark made this object, or the one with this id; a copy under another name is not ours."""
    labels, name = at(o, "metadata", "labels") or {}, at(o, "metadata", "name")
    if labels.get(ours.MANAGED_BY) != ours.OURS or at(o, "metadata", "annotations", ours.SELF) != name:
        return False
    return bool(labels.get(ours.BENCHMARKS)) if not run_id else labels.get(ours.BENCHMARKS) == run_id


def sweep(cluster: Cluster, run: Run, sleep: Callable[[float], None]) -> Swept:
    """Delete the pod, then the claim of a run, and see whether its volume goes. Asking twice does no harm."""
    left: list[str] = []
    volume = ""
    for kind in (k.POD,) if run.claim else (k.POD, k.CLAIM):
        try:
            found = cluster.get(kind, run.name, run.namespace)
            if not is_ours(found, run.id):
                continue
            volume = str(at(found, "spec", "volumeName") or "")
            _delete(cluster, kind, found)
        except NotFound:
            continue
        except ClusterError as error:
            left.append(f"{kind.name} {plain(run.namespace)}/{run.name} ({plain(error.message, 200)})")
    if left or not volume:
        return Swept(tuple(left))
    return _volume_gone(cluster, volume, sleep)


def _volume_gone(cluster: Cluster, name: str, sleep: Callable[[float], None]) -> Swept:
    """Wait until the volume is gone; a class that keeps its volumes keeps this one, too."""
    waited = 0.0
    while True:
        try:
            found = cluster.get(k.VOLUME, name)
        except NotFound:
            return Swept()
        except ClusterError as error:
            return Swept(stays=f"whether volume {plain(name)} is gone is not known ({plain(error.message, 200)})")
        policy = str(at(found, "spec", "persistentVolumeReclaimPolicy") or "")
        if policy != "Delete":
            by_hand = f"`kubectl delete pv {quoted(name)}`, and its disk at the backend"
            return Swept(stays=f"volume {plain(name)} stays and costs money ({plain(policy)}): {by_hand}")
        if waited >= _GONE:
            said = str(at(found, "status", "message") or at(found, "status", "phase") or "")
            return Swept(stays=f"volume {plain(name)} is still to be deleted by its driver ({plain(said, 200)})")
        sleep(_PAUSE)
        waited += _PAUSE


def sweep_old(cluster: Cluster, namespace: str) -> tuple[str, ...]:
    """Delete what benchmarks left that died an hour ago; give the names of those that are there still.

    What cannot be listed in the whole cluster is looked for in ``namespace``.
    """
    there: dict[str, None] = {}
    for kind in (k.POD, k.CLAIM):
        for o in _listed(cluster, kind, namespace):
            if not is_ours(o) or at(o, "metadata", "deletionTimestamp"):
                continue
            made = parse_time(at(o, "metadata", "creationTimestamp"))
            if made and cluster.now() > made + _OLD:
                with suppress(ClusterError):  # the next one tries again
                    _delete(cluster, kind, o)
            else:
                there[f"{o['metadata']['namespace']}/{o['metadata']['name']}"] = None
    return tuple(there)


def _listed(cluster: Cluster, kind: Kind, namespace: str) -> list[Object]:
    with suppress(ClusterError):
        try:
            return cluster.find(kind, labels=MINE)
        except NotAllowed:
            return cluster.find(kind, namespace, labels=MINE)
    return []


def _delete(cluster: Cluster, kind: Kind, o: Object) -> None:
    """Raise ClusterError: when it would not go."""
    meta = o["metadata"]
    step = Delete(kind, meta["name"], meta["namespace"], "the benchmark is over", uid=meta["uid"], allow=WORD)
    (outcome,) = cluster.carry_out([step])
    if outcome.error and not isinstance(outcome.error, NotFound):
        raise outcome.error
