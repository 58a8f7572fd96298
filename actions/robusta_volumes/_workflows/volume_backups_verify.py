"""Test a backup by restoring it: by hand, or of one claim after the other by a schedule. One at a time, over several ticks.

What is under way stands in the state, so that a restart goes on where it was; what came of it stays there until the process
that told it comes by again, so that nothing is told by a process that died before its message left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from robusta_volumes._analysis.backup_restore import FILES, BackupRestore, decide
from robusta_volumes._analysis.backup_verify import Room, refusals
from robusta_volumes._analysis.decision import Decision
from robusta_volumes._analysis.snapshot_verify import SnapshotTest
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.state import State
from robusta_volumes._engines.velero_restore import restore_manifest, restore_name
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.asked import check_given
from robusta_volumes._model.asked_restores import VerifyBackup
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import (
    AlreadyExists,
    ClusterError,
    Conflict,
    NotAllowed,
    NotFound,
    NotInstalled,
    Unavailable,
)
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.trial import Result, Trial, read_as, written
from robusta_volumes._report.backup_restore import no_backup_page
from robusta_volumes._report.backup_verify import ACTION, act_of, result_page, running_page
from robusta_volumes._report.changes import Act, failed_page, plan_page, refused_page
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.snapshot_verify import act_of_test
from robusta_volumes._workflows.volume_backups_after import remember
from robusta_volumes._workflows.volume_backups_snapshots import snapshot_test, trial_of_snapshot
from robusta_volumes._workflows.volume_backups_source import copies_of, look, not_known, restore_of
from robusta_volumes._workflows.volume_backups_trial import Tools, advance

KEY = "backups.verify"
_FOLLOW = 60.0  # seconds that a person waits
_UID_RANGE = "openshift.io/sa.scc.uid-range"


def verify_volume_backup(
    cluster: Cluster, asked: VerifyBackup, settings: VolumeBackupManagement, state: State, tools: Tools
) -> Page:
    """Test the newest good copy of a claim, or of a given backup, or show how it would be tested.

    Where Velero has none that can be tested, or is not there, the newest good snapshot is.

    Raises SettingsError: when a param is missing. ClusterError: when the cluster does not answer, or copies may not be read.
    """
    check_given(asked, "name", "namespace")
    noted = state.read(KEY)
    if trial := read_as(Trial, noted.get("trial")):
        return _go_on(cluster, trial, state, tools)
    see, seen, lack = look(cluster, settings, (asked.namespace, settings.verify.namespace))
    copies = copies_of(seen, asked.namespace, asked.name, see)
    mine = [c for c in copies if (c.backup == asked.backup if asked.backup else c.proof.good)]
    if not any(c.method != FILES for c in mine):
        snapshot = _snapshot(cluster, asked, settings, see, lack, needed=not mine)
        if snapshot:
            trial = trial_of_snapshot(snapshot, cluster.now(), "")
            todo = _Todo(act_of_test(snapshot.wanted), snapshot.found, trial)
            return _carried_out(cluster, asked, todo, state, tools)
    if not mine:
        if lack and not isinstance(lack, NotInstalled):
            raise lack
        claims = {c.claim for c in seen.copies if c.namespace == asked.namespace}
        claims |= {c.meta.name for c in see.claims_in.get(asked.namespace, ())}
        about = Subject(k.CLAIM.name, asked.name, asked.namespace)
        return no_backup_page(about, ACTION, asked.backup, [], sorted(claims - {""}), not_known(seen, copies))
    wanted = restore_of(mine[0], seen, see, settings.verify.namespace)
    found, name = planned(cluster, wanted, settings, seen.velero)
    todo = _Todo(act_of(wanted, seen.velero), found, trial_of(wanted, name, seen.velero, cluster.now(), ""))
    return _carried_out(cluster, asked, todo, state, tools)


@dataclass(frozen=True)
class _Todo:
    """A test as it is asked for: in words, its plan, and as the state keeps it."""

    act: Act
    found: Decision
    trial: Trial


def _carried_out(cluster: Cluster, asked: VerifyBackup, todo: _Todo, state: State, tools: Tools) -> Page:
    if todo.found.refusals:
        return refused_page(todo.act, todo.found)
    if asked.dry_run:
        return plan_page(todo.act, todo.found)
    if error := started(cluster, todo.trial, todo.found, state):
        return failed_page(todo.act, error)
    return _go_on(cluster, todo.trial, state, tools)


def _snapshot(
    cluster: Cluster,
    asked: VerifyBackup,
    settings: VolumeBackupManagement,
    see: Inventory,
    lack: ClusterError | None,
    *,
    needed: bool,
) -> SnapshotTest | None:
    """Plan the test of a snapshot, where there is one.

    ``lack`` is why backups could not be read; ``needed``: without a snapshot there is nothing to test.
    """
    try:
        return snapshot_test(cluster, asked, settings, see)
    except NotInstalled:
        if needed and lack:
            raise lack from None
        return None
    except NotAllowed as error:
        if needed:
            raise (lack if isinstance(lack, NotAllowed) else error) from None
        return None


def _go_on(cluster: Cluster, trial: Trial, state: State, tools: Tools) -> Page:
    result = advance(cluster, trial, replace(tools, own_user=own_user(cluster, trial.into)), _FOLLOW)
    if result is None:
        return running_page(trial, cluster.now())
    if result.runs_on:
        remember(state, trial, cluster.now())
    if not put_away(state, trial):  # a tick of another runner was quicker: what that one saw counts
        told = state.read(KEY).get("told")
        same = isinstance(told, Mapping) and read_as(Trial, told.get("trial")) == trial
        result = (read_as(Result, told.get("result")) if same and isinstance(told, Mapping) else None) or result
    return result_page(trial, result, cluster.now())


def started(
    cluster: Cluster, trial: Trial, found: Decision, state: State, noted: Mapping[str, Any] | None = None
) -> ClusterError | None:
    """Note the test, then begin it: what dies in between is found by the next tick, which takes away what there is.

    Of several runners that begin at once one does: the note is the lock of all tests. ``noted`` is what else is to stand there.
    """
    other: Trial | None = None

    def note(there: dict[str, Any]) -> Mapping[str, Any]:
        nonlocal other
        begun = read_as(Trial, there.get("trial"))
        other = begun if begun != trial else None
        return {**(there if noted is None else {**noted, **under_way(there)}), "trial": written(other or trial)}

    state.update(KEY, note)
    if other:
        todo = "wait until it is over; one test runs at a time."
        return Conflict(f"a test of {other.namespace}/{other.claim} has begun just now", todo)
    (outcome,) = cluster.carry_out(found.steps)
    if outcome.error is None or isinstance(outcome.error, AlreadyExists | Unavailable):
        return None  # of one that nobody knows of whether it was made the next look tells
    put_away(state, trial)
    return outcome.error


def under_way(there: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is noted of a test: another runner may have written it meanwhile."""
    return {key: there[key] for key in ("trial", "told") if key in there}


def put_away(state: State, trial: Trial, told: Mapping[str, Any] | None = None) -> bool:
    """Take the note of a test away, with what is ``told`` of it in its place; false where another runner did that before."""
    mine = False

    def note(there: dict[str, Any]) -> Mapping[str, Any]:
        nonlocal mine
        mine = read_as(Trial, there.get("trial")) == trial
        rest = {key: value for key, value in there.items() if key != "trial"}
        return {**rest, **({"told": told} if told else {})} if mine else there

    state.update(KEY, note)
    return mine


def planned(
    cluster: Cluster, wanted: BackupRestore, settings: VolumeBackupManagement, velero: str, room: Room | None = None
) -> tuple[Decision, str]:
    """Plan a test, or say all that speaks against it; with the name of its Restore. ``room``: when it was looked at already."""
    copy = wanted.copy
    attempt = int(cluster.now().timestamp())
    name = restore_name(copy.claim, copy.backup, copy.namespace, wanted.into, attempt) + ours.TRIAL
    own = {ours.VERIFIES: "true"}

    def manifest(_: BackupRestore) -> Object:
        made = restore_manifest(velero, name, copy.backup, copy.namespace, wanted.into, wanted.labels, own=own)
        made["metadata"]["annotations"][ours.CLAIM_NAME] = copy.claim
        return made

    against = refusals(wanted, settings.verify, room or room_of(cluster, settings.verify.namespace))
    by_pod = wanted.copy.method == FILES  # said by `against`: there is nothing to agree to here
    found = decide(replace(wanted, pods=wanted.pods or by_pod, tested=True), manifest)
    if against or found.refusals:
        return replace(found, refusals=(*found.refusals, *against), steps=()), name
    note = "Afterwards all that the test has made is deleted, and the backup carries when it was proven."
    return replace(found, notes=(*found.notes, note)), name


def room_of(cluster: Cluster, namespace: str) -> Room:
    """Look at the namespace that tests restore to."""
    try:
        cluster.get(k.NAMESPACE, namespace)
    except NotFound:
        return Room(there=False)
    except NotAllowed:
        pass  # then creating in it says whether it is there
    claims = tuple(read.meta(o).name for o in cluster.find(k.CLAIM, namespace))
    pods = tuple(read.meta(o).name for o in cluster.find(k.POD, namespace))
    return Room(there=True, claims=claims, pods=pods)


def trial_of(wanted: BackupRestore, name: str, velero: str, now: datetime, by: str) -> Trial:
    """Put a test down as the state keeps it."""
    copy = wanted.copy
    return Trial(
        copy.namespace,
        copy.claim,
        copy.claim_uid,
        copy.backup,
        copy.backup_uid,
        velero,
        wanted.into,
        name,
        now.isoformat(),
        copy.cut_at.isoformat() if copy.cut_at else "",
        copy.total,
        by,
    )


def own_user(cluster: Cluster, namespace: str) -> bool:
    """Tell whether we choose the user of a pod: OpenShift gives each namespace its own range, and refuses any other."""
    try:
        found = cluster.get(k.NAMESPACE, namespace)
    except ClusterError:
        return True
    return _UID_RANGE not in (at(found, "metadata", "annotations") or {})
