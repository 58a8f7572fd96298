"""Carry a test of a copy one step further, and have taken away all that it made: in every case, and also after a restart."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at
from robusta_volumes._engines.velero_restore import RESTORE_LABEL, read_restore
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.backup_settings import Verify
from robusta_volumes._model.errors import ClusterError, Conflict, NotAllowed, NotFound
from robusta_volumes._model.plan import Patch
from robusta_volumes._model.restore_run import RestoreRun
from robusta_volumes._model.text import cited, code, count, plain, quoted
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.trial import Result, Trial, failed, unjudged
from robusta_volumes._model.volume import Claim
from robusta_volumes._workflows.volume_backups_inspect import Tools, helped, inspected
from robusta_volumes._workflows.volume_backups_sweep import still_there, sweep
from robusta_volumes._workflows.volume_backups_trial_snapshot import MORE_TIME, looked_at_snapshot, why_late

__all__ = ["VERIFIED", "Tools", "advance", "proofs"]

VERIFIED = ours.VERIFIED_AT
_PAUSE = 2.0  # seconds between two looks
_LOOKS = 5  # at what was deleted: a pod ends, and lets go of its claim, within seconds
_ATTEMPTS = 5  # at writing onto what others write, too: a controller that works on it ends in less


def advance(cluster: Cluster, trial: Trial, tools: Tools, until: float) -> Result | None:
    """Follow a test for at most ``until`` seconds; None: it goes on, and the next look follows it further.

    Once there is a result, or its time is over, everything that it made is gone, or told in the result's ``left``.

    Raises ClusterError: when the cluster does not answer; then nothing is lost, and the next look goes on.
    """
    waited = 0.0
    while True:
        result = _followed(cluster, trial, tools)
        if result is None and _late(cluster.now(), trial, tools.verify):
            result = _too_late(cluster, trial, tools.verify.minutes)
        if result is not None:
            return _ended(cluster, trial, result, tools)
        if waited >= until:
            return None
        tools.sleep(_PAUSE)
        waited += _PAUSE


def _late(now: datetime, trial: Trial, verify: Verify) -> bool:
    started = parse_time(trial.started)
    return started is None or now > started + timedelta(minutes=verify.minutes)


def _too_late(cluster: Cluster, trial: Trial, minutes: int) -> Result:
    if trial.of_snapshot:
        return why_late(cluster, trial, minutes)
    todo = f"{MORE_TIME}; what Velero was busy with stands in its log: {_log(trial)}"
    return unjudged(f"it was not restored within {minutes} minutes", todo, late=True)


def _followed(cluster: Cluster, trial: Trial, tools: Tools) -> Result | None:
    """Look once; when its time is over a cluster that does not answer ends the test, too: what it made must go.

    Raises ClusterError: while there is time.
    """
    try:
        return (looked_at_snapshot if trial.of_snapshot else _looked)(cluster, trial, tools)
    except ClusterError as error:
        if not _late(cluster.now(), trial, tools.verify):
            raise
        return unjudged(f"it could not be followed: {cited(error.message, 200)}", error.remedy or "run the test again")


def _looked(cluster: Cluster, trial: Trial, tools: Tools) -> Result | None:
    """Look once: None while it is being restored, else what the restored data is like."""
    try:
        run = read_restore(cluster.get(k.VELERO_RESTORE, trial.restore, trial.home))
    except NotFound:
        return unjudged("its Restore is not there: it was never made, or somebody deleted it", "run the test again")
    if not run.over:
        return helped(cluster, trial, _restored(cluster, trial), tools)
    look = f"look for {code(trial.restore)} in Velero's log: {_log(trial)}; then make a new backup and test that"
    if not run.good:
        return _as_velero_says(run, look)
    claim = _restored(cluster, trial)
    if claim is None:
        todo = f"its labels may be others than in the backup, by which Velero picks it; {look}"
        return unjudged("Velero says Completed and has restored no such claim", todo)
    if claim.phase == "Lost":
        return failed("the restored claim is Lost", look)
    return inspected(cluster, trial, claim, tools)


def _as_velero_says(run: RestoreRun, look: str) -> Result:
    said = f": {cited(run.why)}" if run.why else ""
    counted = f"{count(run.errors, 'error')}, {count(run.warnings, 'warning')}"
    verdict = unjudged if run.refused else failed
    return verdict(f"Velero says {plain(run.phase)} ({counted}){said}", look)


def _log(trial: Trial) -> str:
    """Give what stays when the test's Restore is gone."""
    return f"`kubectl -n {quoted(trial.home)} logs deploy/velero`"


def _restored(cluster: Cluster, trial: Trial) -> Claim | None:
    found = cluster.find(k.CLAIM, trial.into, labels=f"{RESTORE_LABEL}={trial.restore}", slim=read.claim)
    return next((c for c in found if c.meta.name == trial.claim), None)


def _ended(cluster: Cluster, trial: Trial, result: Result, tools: Tools) -> Result:
    """Take everything away, and put the proof on the backup or the snapshot."""
    runs_on = not trial.of_snapshot and not _is_over(cluster, trial)
    left = sweep(cluster, trial)
    going = () if left else _gone(cluster, trial, tools)
    started = parse_time(trial.started)
    seconds = int((cluster.now() - started).total_seconds()) if started else 0
    why = _stamped(cluster, trial) if result.proven else ""
    ended = replace(result, left=left, going=going, runs_on=runs_on, seconds=seconds)
    return replace(ended, stamped=result.proven and not why, unstamped=why)


def _is_over(cluster: Cluster, trial: Trial) -> bool:
    """Tell whether Velero was seen to have ended the restore: only then it makes nothing more."""
    try:
        return read_restore(cluster.get(k.VELERO_RESTORE, trial.restore, trial.home)).over
    except ClusterError:
        return False


def _gone(cluster: Cluster, trial: Trial, tools: Tools) -> tuple[str, ...]:
    """Wait a little for what was deleted; gives what is still there: a finalizer may hold it for long."""
    for _ in range(_LOOKS):
        going = still_there(cluster, trial)
        if not going:
            return ()
        tools.sleep(_PAUSE)
    return still_there(cluster, trial)


def _stamped(cluster: Cluster, trial: Trial) -> str:
    """Write onto what was tested when this claim's data was proven, and again where somebody else wrote meanwhile.

    Gives why that could not be; "" when it was.
    """
    for _ in range(_ATTEMPTS):
        try:
            step = _stamp(cluster, trial)
        except NotFound:
            return "it is gone"
        except ClusterError as error:
            return error.message
        if step is None:
            return "another one of its name is there now, which was not tested"
        (outcome,) = cluster.carry_out([step])
        if isinstance(outcome.error, NotAllowed):
            return f"it needs patch on {step.kind.resource}"
        if not isinstance(outcome.error, Conflict):
            return outcome.error.message if outcome.error else ""
    return f"somebody else wrote onto it {_ATTEMPTS} times meanwhile; the next test writes it"


def _stamp(cluster: Cluster, trial: Trial) -> Patch | None:
    """Write the step, held to the version that was read; other claims keep their proofs. None: it is not what was tested.

    Raises ClusterError: when it is gone, or cannot be read.
    """
    kind = k.SNAPSHOT if trial.of_snapshot else k.VELERO_BACKUP
    meta = cluster.get(kind, trial.backup, trial.home)["metadata"]
    if meta["uid"] != trial.backup_uid:
        return None
    proven = proofs(at(meta, "annotations", VERIFIED))
    proven[trial.claim_uid or f"{trial.namespace}/{trial.claim}"] = cluster.now().isoformat(timespec="seconds")
    change = {"metadata": {"annotations": {VERIFIED: json.dumps(dict(sorted(proven.items())))}}}
    return Patch(kind, trial.backup, trial.home, change, "proven by a restore", meta.get("resourceVersion"))


def proofs(text: object) -> dict[str, str]:
    """Read the annotation; nothing when somebody has written something else into it."""
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
