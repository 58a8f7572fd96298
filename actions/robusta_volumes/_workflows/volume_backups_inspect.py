"""Look into what a test has restored: with a pod that only reads, or with the user's own command, beside the claim itself."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from robusta_volumes._analysis.backup_verify import of_command, result_of
from robusta_volumes._analysis.contents_ladder import ways
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at, blocks
from robusta_volumes._cluster.read_holders import holders_of
from robusta_volumes._engines.inspector_pod import CONTAINER, inspector_name, inspector_pod
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup_settings import Verify
from robusta_volumes._model.contents import Inspector, Looked
from robusta_volumes._model.errors import AlreadyExists, ClusterError, Invalid, NotAllowed, QuotaExceeded, Refused
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.plan import Create
from robusta_volumes._model.text import cited, plain
from robusta_volumes._model.trial import Result, Trial, unjudged
from robusta_volumes._model.volume import Claim
from robusta_volumes._workflows.volume_backups_first_pod import bring_first_pod, waits
from robusta_volumes._workflows.volume_contents_exec import look_in_container
from robusta_volumes._workflows.volume_contents_pod import Kit, look_with_pod, wait_for

_LIMITS = Limits()
_LOOK = 60  # seconds that counting files may take; what was seen until then is enough for a proof
_PODS = 100  # of ours at once: a test has one, and does not wait for those that look into other volumes
_START, _COMMAND = 60, 120  # seconds until the pod of a user's command must run, and that it may then take
_DATA = "/data"  # where a user's command finds the restored claim, as the settings promise
_OVER = frozenset({"Succeeded", "Failed"})
_NOT_RUN = frozenset({126, 127})  # what a shell, and the container runtime, say of a command that is not there


@dataclass(frozen=True)
class Tools:
    """What a test is made with."""

    verify: Verify
    image: str
    own_user: bool = True  # false: the namespace says as whom pods run
    sleep: Callable[[float], None] = time.sleep
    limits: Limits = _LIMITS


def helped(cluster: Cluster, trial: Trial, claim: Claim | None, tools: Tools) -> Result | None:
    """Give the claim its first pod, where its class waits for one; gives why that cannot be."""
    if claim is None or not waits(cluster, claim):
        return None
    way = _way(cluster, trial, claim, _source(cluster, trial), tools)
    return bring_first_pod(cluster, way, tools.verify.image or tools.image, tools.verify)


def inspected(cluster: Cluster, trial: Trial, claim: Claim, tools: Tools) -> Result | None:
    """Judge the restored claim by what lies in it; None while another runner looks into it.

    Raises ClusterError: when the cluster does not answer; the next look tries again.
    """
    try:
        return _inspected(cluster, trial, claim, tools)
    except (NotAllowed, QuotaExceeded, Refused, Invalid) as error:
        return unjudged(f"its files could not be looked at: {cited(error.message, 200)}", error.remedy)


def _inspected(cluster: Cluster, trial: Trial, claim: Claim, tools: Tools) -> Result | None:
    source = _source(cluster, trial)
    way = _way(cluster, trial, claim, source, tools)
    kit = Kit(tools.verify.image or tools.image, tools.verify.pull_secrets, _LOOK, _PODS)
    if tools.verify.command:
        return _commanded(cluster, way, tools)
    looked = look_with_pod(cluster, way, kit, cluster.now(), tools.sleep)
    if looked.busy:
        return None
    there = _compared(cluster, source)
    return result_of(looked, there, trial.total, tools.limits, of_snapshot=trial.of_snapshot)


def _way(cluster: Cluster, trial: Trial, claim: Claim, source: Claim | None, tools: Tools) -> Inspector:
    user, groups = _identity(cluster, source, own_user=tools.own_user)
    return Inspector(trial.into, claim.meta.name, claim.meta.uid, "", user, groups, trial.allow)


def _source(cluster: Cluster, trial: Trial) -> Claim | None:
    """Find the claim that the data is of, if it is still the same one."""
    try:
        claim = read.claim(cluster.get(k.CLAIM, trial.claim, trial.namespace))
    except ClusterError:
        return None
    return claim if not trial.claim_uid or claim.meta.uid == trial.claim_uid else None


def _identity(cluster: Cluster, source: Claim | None, *, own_user: bool) -> tuple[int | None, tuple[int, ...]]:
    """Run as whoever uses the claim, so that its files can be read; as nobody where that is not known."""
    try:
        holders = holders_of(cluster, source) if source else ()
    except ClusterError:
        holders = ()
    found = ways(replace(source, modes_granted=(), modes_asked=()), holders, own_user=own_user) if source else None
    if found and found.inspector:
        return found.inspector.user, found.inspector.groups
    return (65534 if own_user else None), ()


def _compared(cluster: Cluster, source: Claim | None) -> Looked | None:
    """Count the claim's own files from a pod that has it, where that is allowed; None where not."""
    if source is None:
        return None
    try:
        found = ways(source, holders_of(cluster, source))
        return look_in_container(cluster, found.execs[0], cluster.now(), _LOOK) if found.execs else None
    except ClusterError:
        return None


def _commanded(cluster: Cluster, way: Inspector, tools: Tools) -> Result:
    """Run the user's own command in a pod that has the restored claim. Its exit status judges, and nothing else does."""
    verify, words = tools.verify, " ".join(tools.verify.command)
    kit = Kit(verify.image or tools.image, verify.pull_secrets, _COMMAND, _PODS, _START)
    manifest = inspector_pod(way, kit.image, kit.pull_secrets, verify.command, _START + _COMMAND, _DATA)
    (made,) = cluster.carry_out([Create(manifest, "runs the user's test", way.allow)])
    if made.error and not isinstance(made.error, AlreadyExists):
        raise made.error
    waited = wait_for(cluster, way, kit, tools.sleep)
    pod = cluster.get(k.POD, inspector_name(way), way.namespace)
    phase = str(at(pod, "status", "phase") or "")
    said = cited(words, 60)
    if phase == "Running" or at(pod, "status", "reason") == "DeadlineExceeded":
        return unjudged(
            f"{said} judged nothing: it did not end within {_START + _COMMAND} s", "make it shorter", late=True
        )
    if phase not in _OVER:
        return unjudged(f"{said} judged nothing: {waited.why}", waited.todo.replace("`contents.", "`verify."))
    if phase == "Failed" and (why := _cut_off(pod)):
        todo = "run it by hand in a pod of that image (`verify.image`), with more memory if it needs that"
        return unjudged(f"{said} could not run to its end: {why}", todo)
    said = ""
    with suppress(ClusterError):  # then what it wrote is not known
        said = cluster.logs(Container(way.namespace, inspector_name(way), CONTAINER, way.allow))
    return of_command(words, phase, said)


def _cut_off(pod: Object) -> str:
    """Say why a command did not give its own answer: the node ended it, or it could not be run at all; "" when it did."""
    if reason := at(pod, "status", "reason"):  # Evicted, DeadlineExceeded, NodeLost
        return plain(reason, 60)
    states = [at(one, "state", "terminated") or {} for one in blocks(pod.get("status"), "containerStatuses")]
    ended = states[0] if states else {}
    if ended.get("exitCode") in _NOT_RUN:
        return f"it was not found in the image, or may not be run (exit status {ended['exitCode']})"
    reason = str(ended.get("reason") or "")
    return plain(reason, 60) if reason not in ("", "Error", "Completed") else ""
