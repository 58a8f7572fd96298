"""What a test of a snapshot has come to, and how all that it made is taken away: by our labels and its own name alone."""

from collections.abc import Collection
from contextlib import suppress

from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.errors import ClusterError, Conflict, NotFound
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.plan import Delete
from robusta_volumes._model.text import cited, quoted
from robusta_volumes._model.trial import SNAPSHOT, Result, Trial, failed, unjudged
from robusta_volumes._workflows.pvc_snapshots_restore import last_warning
from robusta_volumes._workflows.volume_backups_inspect import Tools, helped, inspected

TESTS = f"{ours.MANAGED_BY}={ours.OURS},{ours.VERIFIES}=true"
PODS = f"{ours.MANAGED_BY}={ours.OURS},{ours.INSPECTS}"
MORE_TIME = "raise `verify.minutes`, or test a smaller claim"
_ATTEMPTS = 5  # at deleting what is written meanwhile


def looked_at_snapshot(cluster: Cluster, trial: Trial, tools: Tools) -> Result | None:
    """Look once: None while its driver is at work, else what the restored data is like.

    Raises ClusterError: when the cluster does not answer.
    """
    try:
        o = cluster.get(k.CLAIM, trial.restore, trial.namespace)
    except NotFound:
        return unjudged("its restored claim was deleted by somebody", "run the test again")
    if of_trial(o) is None or at(o, "spec", "dataSource", "name") != trial.backup:
        return unjudged(f"claim {trial.restore} is there, and no test has made it", "look whose it is")
    claim = read.claim(o)
    if claim.phase == "Lost":
        return failed(
            "the restored claim is Lost", f"kubectl -n {quoted(trial.namespace)} describe pvc {trial.restore}"
        )
    if claim.phase != "Bound" and _gone(cluster, trial):
        return unjudged("it was deleted while it was being restored", "run the test again: it takes a newer one")
    return (inspected if claim.phase == "Bound" else helped)(cluster, trial, claim, tools)


def why_late(cluster: Cluster, trial: Trial, minutes: int) -> Result:
    """Say that its time is over, with what the driver said last."""
    said = ""
    with suppress(ClusterError):  # then nothing is known of why
        said = last_warning(cluster, read.claim(cluster.get(k.CLAIM, trial.restore, trial.namespace)))
    why = f"it was not restored within {minutes} minutes" + (f": {cited(said, 200)}" if said else "")
    return unjudged(why, f"{MORE_TIME}; what its driver was busy with stands in the provisioner's log", late=True)


def of_trial(o: Object) -> Trial | None:
    """Read from a claim what test of a snapshot made it; None where it is not as we write it, or a copy of such a one."""
    labels, notes = at(o, "metadata", "labels") or {}, at(o, "metadata", "annotations") or {}
    name, namespace = str(at(o, "metadata", "name")), str(at(o, "metadata", "namespace"))
    snapshot = str(at(o, "spec", "dataSource", "name") or "")
    ours_only = labels.get(ours.MANAGED_BY) == ours.OURS and labels.get(ours.VERIFIES) == "true"
    if not ours_only or notes.get(ours.SELF) != name or at(o, "spec", "dataSource", "kind") != k.SNAPSHOT.name:
        return None
    made = str(at(o, "metadata", "creationTimestamp") or "")
    claim = str(notes.get(ours.CLAIM_NAME) or "")
    return Trial(namespace, claim, "", snapshot, "", namespace, namespace, name, made, "", what=SNAPSHOT)


def swept(cluster: Cluster, trial: Trial) -> tuple[str, ...]:
    """Delete the pods and the claim of a test; name what would not go. Asking twice does no harm."""
    left: tuple[str, ...] = ()
    try:
        for pod in cluster.find(k.POD, trial.namespace, labels=PODS):
            if uses(pod, {trial.restore}):
                left += _deleted(cluster, k.POD, pod)
        claim = cluster.get(k.CLAIM, trial.restore, trial.namespace)
    except NotFound:
        return left
    except ClusterError as error:
        return (*left, f"what lies in {trial.namespace} of claim {trial.restore} ({error.message})")
    if of_trial(claim) is None or at(claim, "metadata", "deletionTimestamp"):
        return left
    return (*left, *_deleted(cluster, k.CLAIM, claim))


def _deleted(cluster: Cluster, kind: Kind, o: Object) -> tuple[str, ...]:
    """Delete it in the version that was looked at; where it was written since, look again: it may be another's by now."""
    uid, name, namespace = o["metadata"]["uid"], o["metadata"]["name"], o["metadata"]["namespace"]
    error: ClusterError | None = None
    for _ in range(_ATTEMPTS):
        step = Delete(kind, name, namespace, "the test is over", uid, o["metadata"].get("resourceVersion"))
        (outcome,) = cluster.carry_out([step])
        error = outcome.error
        if not isinstance(error, Conflict):
            break
        try:
            o = cluster.get(kind, name, namespace)
        except ClusterError as unseen:
            error = unseen
            break
        if o["metadata"]["uid"] != uid or (kind == k.CLAIM and of_trial(o) is None):
            return ()  # another one, or one that somebody has taken for himself
    return (
        () if error is None or isinstance(error, NotFound) else (f"{kind.name} {namespace}/{name} ({error.message})",)
    )


def uses(pod: Object, claims: Collection[str]) -> bool:
    """Tell whether a pod mounts one of these claims."""
    return any(at(v, "persistentVolumeClaim", "claimName") in claims for v in at(pod, "spec", "volumes") or ())


def _gone(cluster: Cluster, trial: Trial) -> bool:
    """Tell whether its snapshot is gone, or going, or another of its name is there."""
    try:
        there = cluster.get(k.SNAPSHOT, trial.backup, trial.home)
    except NotFound:
        return True
    except ClusterError:
        return False
    other = bool(trial.backup_uid) and at(there, "metadata", "uid") != trial.backup_uid
    return other or bool(at(there, "metadata", "deletionTimestamp"))
