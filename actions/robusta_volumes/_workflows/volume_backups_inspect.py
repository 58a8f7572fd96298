"""Look into what a test has restored: with a pod that only reads, or with the user's own command, beside the claim itself."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from robusta_volumes._analysis.backup_verify import of_command, result_of
from robusta_volumes._analysis.contents_ladder import ways
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.read_holders import holders_of
from robusta_volumes._engines.inspector_pod import CONTAINER, inspector_name, inspector_pod
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup_settings import Verify
from robusta_volumes._model.contents import Inspector, Looked
from robusta_volumes._model.errors import AlreadyExists, ClusterError
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.plan import Create
from robusta_volumes._model.text import cited
from robusta_volumes._model.trial import Result, Trial, unjudged
from robusta_volumes._model.volume import Claim
from robusta_volumes._workflows.volume_backups_first_pod import bring_first_pod, waits
from robusta_volumes._workflows.volume_contents_exec import look_in_container
from robusta_volumes._workflows.volume_contents_pod import Kit, look_with_pod

_PAUSE = 2.0  # seconds between two looks
_LOOK = 60  # seconds that counting files may take; what was seen until then is enough for a proof
_PODS = 100  # of ours at once: a test has one, and does not wait for those that look into other volumes
_START, _COMMAND = 60, 120  # seconds until the pod of a user's command must run, and until it must end
_DATA = "/data"  # where a user's command finds the restored claim, as the settings promise
_OVER = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True)
class Tools:
    """What a test is made with."""

    verify: Verify
    image: str
    own_user: bool = True  # false: the namespace says as whom pods run
    sleep: Callable[[float], None] = time.sleep


def helped(cluster: Cluster, trial: Trial, claim: Claim | None, tools: Tools) -> Result | None:
    """Give the claim its first pod, where its class waits for one; gives why that cannot be."""
    if claim is None or not waits(cluster, claim):
        return None
    way = _way(cluster, trial, claim, _source(cluster, trial), tools)
    return bring_first_pod(cluster, way, tools.verify.image or tools.image, tools.verify)


def inspected(cluster: Cluster, trial: Trial, claim: Claim, tools: Tools) -> Result:
    """Judge the restored claim by what lies in it.

    Raises ClusterError: when the pod cannot be made or read.
    """
    source = _source(cluster, trial)
    way = _way(cluster, trial, claim, source, tools)
    kit = Kit(tools.verify.image or tools.image, tools.verify.pull_secrets, _LOOK, _PODS)
    if tools.verify.command:
        return _commanded(cluster, way, tools)
    looked = look_with_pod(cluster, way, kit, cluster.now(), tools.sleep)
    return result_of(looked, _compared(cluster, source), trial.total, of_snapshot=trial.of_snapshot)


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
    """Run the user's own command in a pod that has the restored claim."""
    verify, words = tools.verify, " ".join(tools.verify.command)
    image, seconds = verify.image or tools.image, _START + _COMMAND
    manifest = inspector_pod(way, image, verify.pull_secrets, verify.command, seconds, _DATA)
    (made,) = cluster.carry_out([Create(manifest, "runs the user's test", way.allow)])
    if made.error and not isinstance(made.error, AlreadyExists):
        raise made.error
    waited, phase = 0.0, ""
    while phase not in _OVER and waited < _START + _COMMAND:
        tools.sleep(_PAUSE)
        waited += _PAUSE
        phase = str(at(cluster.get(k.POD, inspector_name(way), way.namespace), "status", "phase") or "")
    try:
        said = cluster.logs(Container(way.namespace, inspector_name(way), CONTAINER, way.allow))
    except ClusterError as error:
        said = error.message
    if phase not in _OVER:
        return unjudged(f"{cited(words, 60)} did not end within {_START + _COMMAND} s", "make it shorter", late=True)
    return of_command(words, phase, said)
