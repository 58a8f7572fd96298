"""Take away what a test of a copy has made: when it is over, and also when nobody remembers it any more.

What a test made is known by our label on the Restore and by Velero's, which names that Restore, on what it brought; of a
test of a snapshot, by our label and its own name on the claim. Nothing
else is ever deleted. What is known by the Restore goes before the Restore does, so that what
would not go is found again.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from robusta_volumes._analysis.backup_restore import NAMESPACE
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._engines.velero_restore import RESTORE_LABEL, read_restore
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotFound
from robusta_volumes._model.plan import Delete
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.trial import Abandoned, Trial
from robusta_volumes._workflows.volume_backups_trial_snapshot import PODS, TESTS, of_trial, swept, uses

_GRACE = timedelta(minutes=15)  # beyond the time of a test: three ticks, one of which would have ended it


def sweep(cluster: Cluster, trial: Trial, *, exact: bool = False) -> tuple[str, ...]:
    """Delete the pods, the claims and the Restore of a test; name what would not go. Asking twice does no harm.

    ``exact``: only what has not changed since it was looked at.
    """
    if trial.of_snapshot:
        return swept(cluster, trial)
    if trial.into == trial.namespace:  # a note that somebody has changed: tests never restore beside the data
        return (f"whatever lies in {trial.into}: it is where the claim itself is",)
    try:
        claims = cluster.find(k.CLAIM, trial.into, labels=f"{RESTORE_LABEL}={trial.restore}")
        left = _gone(cluster, trial.into, claims, exact=exact)
    except ClusterError as error:
        left = (f"what lies in {trial.into} ({error.message})",)
    if left:
        return left
    try:
        restore = cluster.get(k.VELERO_RESTORE, trial.restore, trial.home)
    except NotFound:
        return ()
    except ClusterError as error:
        return (f"restore {trial.restore} ({error.message})",)
    return _carried_out(cluster, [_delete(k.VELERO_RESTORE, restore, exact=exact)])


def still_there(cluster: Cluster, trial: Trial) -> tuple[str, ...]:
    """Name what of a test is still there, or was not seen to be gone: deleted is gone only when nothing holds it."""
    try:
        found = [(k.CLAIM, o) for o in _brought(cluster, trial)]
        if not trial.of_snapshot:
            found += [(k.VELERO_RESTORE, o) for o in _one(cluster, k.VELERO_RESTORE, trial.restore, trial.home)]
    except ClusterError as error:
        return (f"what lies in {trial.into} ({error.message})",)
    return tuple(f"{kind.name} {at(o, 'metadata', 'namespace')}/{at(o, 'metadata', 'name')}" for kind, o in found)


def _brought(cluster: Cluster, trial: Trial) -> list[Object]:
    """List the claims that a test has brought."""
    if not trial.of_snapshot:
        return cluster.find(k.CLAIM, trial.into, labels=f"{RESTORE_LABEL}={trial.restore}")
    return [o for o in _one(cluster, k.CLAIM, trial.restore, trial.namespace) if of_trial(o)]


def _one(cluster: Cluster, kind: k.Kind, name: str, namespace: str) -> list[Object]:
    try:
        return [cluster.get(kind, name, namespace)]
    except NotFound:
        return []


def come_since(cluster: Cluster, trial: Trial) -> bool:
    """Tell whether Velero has brought something since all was taken away.

    Raises ClusterError: when that cannot be seen.
    """
    return any(not _going(o) for o in _brought(cluster, trial))


def _gone(cluster: Cluster, namespace: str, claims: Sequence[Object], *, exact: bool) -> tuple[str, ...]:
    names = {str(at(o, "metadata", "name")) for o in claims}
    pods = [o for o in cluster.find(k.POD, namespace, labels=PODS) if uses(o, names)] if names else []
    steps = [_delete(k.POD, o, exact=False) for o in pods]  # a pod that runs is written all the time
    return _carried_out(cluster, [*steps, *(_delete(k.CLAIM, o, exact=exact) for o in claims if not _going(o))])


def _carried_out(cluster: Cluster, steps: Iterable[Delete]) -> tuple[str, ...]:
    return tuple(
        f"{outcome.step.kind.name} {outcome.step.namespace}/{outcome.step.name} ({outcome.error.message})"
        for outcome in cluster.carry_out(list(steps))
        if isinstance(outcome.step, Delete) and outcome.error and not isinstance(outcome.error, NotFound)
    )


def abandoned(
    cluster: Cluster, minutes: int, namespaces: Sequence[str], under_way: Trial | None
) -> tuple[Abandoned, ...]:
    """Find what tests have left that nobody follows any more: the note about them was lost, and their time is long over.

    ``namespaces`` are those to look into where the cluster may not be read. What may not be listed is not found.
    """
    found = []
    listed = [(o, read_as(o)) for kind, read_as in _MADE for o in _listed(cluster, kind, namespaces)]
    for o, trial in listed:
        if trial is None or _going(o) or (under_way and under_way.restore == trial.restore):
            continue
        if _older(o, cluster.now(), timedelta(minutes=minutes) + _GRACE):
            runs_on = not trial.of_snapshot and not read_restore(o).over
            found.append(Abandoned(trial, sweep(cluster, trial, exact=True), runs_on=runs_on))
    return tuple(found)


def _listed(cluster: Cluster, kind: k.Kind, namespaces: Sequence[str]) -> list[Object]:
    try:
        return cluster.find(kind, labels=TESTS)
    except NotAllowed:
        pass
    except ClusterError:
        return []
    found: list[Object] = []
    for one in namespaces:
        try:
            found += cluster.find(kind, one, labels=TESTS)
        except ClusterError:
            continue
    return found


def _of_restore(o: Object) -> Trial | None:
    """Read from a Restore what test it was; None where it is not as we write it."""
    name, mapping = str(at(o, "metadata", "name")), at(o, "spec", "namespaceMapping") or {}
    if at(o, "metadata", "annotations", ours.SELF) != name or len(mapping) != 1:
        return None
    ((source, into),) = mapping.items()
    if not all(isinstance(one, str) and NAMESPACE.fullmatch(one) for one in (source, into)):
        return None  # Velero refuses such a one, so it has made nothing
    claim = str(at(o, "metadata", "annotations", ours.CLAIM_NAME) or "")
    backup, home = str(at(o, "spec", "backupName") or ""), str(at(o, "metadata", "namespace"))
    return Trial(str(source), claim, "", backup, "", home, str(into), name, _made(o), "")


# What the tests of backups and of snapshots are known by, and how a test is read from it.
_MADE: tuple[tuple[k.Kind, Callable[[Object], Trial | None]], ...] = (
    (k.VELERO_RESTORE, _of_restore),
    (k.CLAIM, of_trial),
)


def _made(o: Object) -> str:
    return str(at(o, "metadata", "creationTimestamp") or "")


def _older(o: Object, now: datetime, than: timedelta) -> bool:
    made = parse_time(_made(o))
    return made is not None and now > made + than


def _going(o: Object) -> bool:
    return bool(at(o, "metadata", "deletionTimestamp"))


def _delete(kind: k.Kind, o: Object, *, exact: bool) -> Delete:
    meta = o["metadata"]
    version = meta.get("resourceVersion") if exact else None
    return Delete(
        kind, meta["name"], meta.get("namespace"), "the test is over", uid=meta["uid"], resource_version=version
    )
