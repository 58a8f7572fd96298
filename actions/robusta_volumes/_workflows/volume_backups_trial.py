"""Carry a test of a copy one step further, and take away all that it made: in every case, and also after a restart.

What a test made is known by two signs: it lies in the namespace of tests, and Velero has put the name of our restore on it.
Nothing else is ever deleted.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._analysis.backup_verify import of_command, result_of
from robusta_volumes._analysis.contents_ladder import ways
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.read_holders import holders_of
from robusta_volumes._engines.inspector_pod import CONTAINER, inspector_name, inspector_pod
from robusta_volumes._engines.velero_restore import RESTORE_LABEL, read_restore
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.backup_settings import Verify
from robusta_volumes._model.contents import Inspector, Looked
from robusta_volumes._model.errors import AlreadyExists, ClusterError, NotFound
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.plan import Create, Delete, Patch
from robusta_volumes._model.text import cited
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.trial import Result, Trial, failed
from robusta_volumes._model.volume import Claim
from robusta_volumes._workflows.volume_backups_first_pod import bring_first_pod, waits
from robusta_volumes._workflows.volume_contents_exec import look_in_container
from robusta_volumes._workflows.volume_contents_pod import Kit, look_with_pod

VERIFIED = ours.VERIFIED_AT
_PAUSE = 2.0  # seconds between two looks
_LOOK = 60  # seconds that counting files may take; what was seen until then is enough for a proof
_PODS = 100  # of ours at once: a test has one, and does not wait for those that look into other volumes
_START, _COMMAND = 60, 120  # seconds until the pod of a user's command must run, and until it must end
_OVER = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True)
class Tools:
    """What a test is made with."""

    verify: Verify
    image: str
    own_user: bool = True  # false: the namespace says as whom pods run
    sleep: Callable[[float], None] = time.sleep


def advance(cluster: Cluster, trial: Trial, tools: Tools, until: float) -> Result | None:
    """Follow a test for at most ``until`` seconds; None: it goes on, and the next look follows it further.

    Once there is a result, or its time is over, everything that it made is gone, or told in the result's ``left``.

    Raises ClusterError: when the cluster does not answer; then nothing is lost, and the next look goes on.
    """
    waited = 0.0
    while True:
        result = _looked(cluster, trial, tools)
        if result is None and _late(cluster.now(), trial, tools.verify):
            todo = "raise `verify.minutes`, or see what Velero waits for: `velero restore describe` (with --details)"
            result = failed(f"it was not restored within {tools.verify.minutes} minutes", todo)
        if result is not None:
            return _ended(cluster, trial, result)
        if waited >= until:
            return None
        tools.sleep(_PAUSE)
        waited += _PAUSE


def _late(now: datetime, trial: Trial, verify: Verify) -> bool:
    started = parse_time(trial.started)
    return started is None or now > started + timedelta(minutes=verify.minutes)


def _looked(cluster: Cluster, trial: Trial, tools: Tools) -> Result | None:
    """Look once: None while Velero is at work, else what the restored data is like."""
    try:
        run = read_restore(cluster.get(k.VELERO_RESTORE, trial.restore, trial.home))
    except NotFound:
        return failed("its Restore was deleted by somebody", "run the test again")
    if not run.over:
        return _helped(cluster, trial, tools)
    look = f"velero -n {trial.home} restore describe {trial.restore} --details"
    if not run.good:
        said = f": {cited(run.why)}" if run.why else ""
        return failed(f"Velero says {run.phase} ({run.errors} errors, {run.warnings} warnings){said}", look)
    claim = _restored(cluster, trial)
    if claim is None:
        return failed("Velero says Completed and has restored no such claim", look)
    if claim.phase == "Lost":
        return failed("the restored claim is Lost", look)
    return _inspected(cluster, trial, claim, tools)


def _restored(cluster: Cluster, trial: Trial) -> Claim | None:
    found = cluster.find(k.CLAIM, trial.into, labels=f"{RESTORE_LABEL}={trial.restore}", slim=read.claim)
    return next((c for c in found if c.meta.name == trial.claim), None)


def _helped(cluster: Cluster, trial: Trial, tools: Tools) -> Result | None:
    """Give the claim its first pod, where its class waits for one."""
    claim = _restored(cluster, trial)
    if claim is None or not waits(cluster, claim):
        return None
    user, groups = _identity(cluster, _source(cluster, trial), own_user=tools.own_user)
    way = Inspector(trial.into, claim.meta.name, claim.meta.uid, "", user, groups)
    return bring_first_pod(cluster, way, tools.verify.image or tools.image, tools.verify)


def _inspected(cluster: Cluster, trial: Trial, claim: Claim, tools: Tools) -> Result:
    source = _source(cluster, trial)
    user, groups = _identity(cluster, source, own_user=tools.own_user)
    way = Inspector(trial.into, claim.meta.name, claim.meta.uid, "", user, groups)
    kit = Kit(tools.verify.image or tools.image, tools.verify.pull_secrets, _LOOK, _PODS)
    if tools.verify.command:
        return _commanded(cluster, way, tools)
    looked = look_with_pod(cluster, way, kit, cluster.now(), tools.sleep)
    return result_of(looked, _compared(cluster, source), trial.total)


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
    manifest = inspector_pod(way, verify.image or tools.image, verify.pull_secrets, verify.command, _START + _COMMAND)
    (made,) = cluster.carry_out([Create(manifest, "runs the user's test")])
    if made.error and not isinstance(made.error, AlreadyExists):
        raise made.error
    waited, phase = 0.0, ""
    while phase not in _OVER and waited < _START + _COMMAND:
        tools.sleep(_PAUSE)
        waited += _PAUSE
        phase = str(at(cluster.get(k.POD, inspector_name(way), way.namespace), "status", "phase") or "")
    try:
        said = cluster.logs(Container(way.namespace, inspector_name(way), CONTAINER))
    except ClusterError as error:
        said = error.message
    if phase not in _OVER:
        return failed(f"{cited(words, 60)} did not end within {_START + _COMMAND} s", "make it shorter", said="")
    return of_command(words, phase, said)


def _ended(cluster: Cluster, trial: Trial, result: Result) -> Result:
    """Take everything away, and put the proof on the backup."""
    left = sweep(cluster, trial)
    started = parse_time(trial.started)
    seconds = int((cluster.now() - started).total_seconds()) if started else 0
    stamped = result.proven and _stamped(cluster, trial)
    return replace(result, left=left, seconds=seconds, stamped=stamped)


def sweep(cluster: Cluster, trial: Trial) -> tuple[str, ...]:
    """Delete the pods, the claims and the Restore of a test; name what would not go. Asking twice does no harm."""
    mine = f"{RESTORE_LABEL}={trial.restore}"
    steps: list[Delete] = []
    left: list[str] = []
    if trial.into == trial.namespace:  # a note that somebody has changed: tests never restore beside the data
        return (f"whatever lies in {trial.into}: it is where the claim itself is",)
    try:
        claims = cluster.find(k.CLAIM, trial.into, labels=mine)
        pods = cluster.find(k.POD, trial.into, labels=f"{ours.MANAGED_BY}={ours.OURS},{ours.INSPECTS}")
        names = {str(at(o, "metadata", "name")) for o in claims}
        steps += [_delete(k.POD, o) for o in pods if _uses(o, names)]
        steps += [_delete(k.CLAIM, o) for o in claims]
    except ClusterError as error:
        left.append(f"what lies in {trial.into} ({error.message})")
    try:
        steps.append(_delete(k.VELERO_RESTORE, cluster.get(k.VELERO_RESTORE, trial.restore, trial.home)))
    except NotFound:
        pass
    except ClusterError as error:
        left.append(f"restore {trial.restore} ({error.message})")
    for outcome in cluster.carry_out(steps):
        step = outcome.step
        if isinstance(step, Delete) and outcome.error and not isinstance(outcome.error, NotFound):
            left.append(f"{step.kind.name} {step.namespace}/{step.name} ({outcome.error.message})")
    return tuple(left)


def _uses(pod: dict[str, Any], claims: set[str]) -> bool:
    volumes = at(pod, "spec", "volumes") or ()
    return any(at(v, "persistentVolumeClaim", "claimName") in claims for v in volumes)


def _delete(kind: k.Kind, o: dict[str, Any]) -> Delete:
    meta = o["metadata"]
    return Delete(kind, meta["name"], meta.get("namespace"), "the test is over", uid=meta["uid"])


def _stamped(cluster: Cluster, trial: Trial) -> bool:
    """Write onto the Backup when this claim's data was proven; other claims keep theirs."""
    try:
        there = cluster.get(k.VELERO_BACKUP, trial.backup, trial.home)
    except ClusterError:
        return False
    meta = there["metadata"]
    proven = proofs(at(meta, "annotations", VERIFIED))
    proven[trial.claim_uid or f"{trial.namespace}/{trial.claim}"] = cluster.now().isoformat(timespec="seconds")
    note = json.dumps(dict(sorted(proven.items())))
    change = {"metadata": {"annotations": {VERIFIED: note}}}
    step = Patch(k.VELERO_BACKUP, trial.backup, trial.home, change, "proven by a restore", meta.get("resourceVersion"))
    (outcome,) = cluster.carry_out([step])
    return outcome.error is None


def proofs(text: object) -> dict[str, str]:
    """Read the annotation; nothing when somebody has written something else into it."""
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
