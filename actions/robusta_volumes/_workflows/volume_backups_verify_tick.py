"""Test one backup after the other by a schedule: one claim at each slot, the one whose proof is oldest.

What came of a test stays in the state until the process that told it comes by again, so that nothing is lost with a process
that died before its message left.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from robusta_volumes._analysis.backup_turns import Turns
from robusta_volumes._analysis.backup_verify import Room, next_claim
from robusta_volumes._analysis.decision import Decision
from robusta_volumes._analysis.slots import is_due, last_slot
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.backup import CSI, Copy
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import Conflict
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.trial import Result, Trial, read_as, written
from robusta_volumes._report.backup_verify import abandoned_page, act_of, result_page
from robusta_volumes._report.changes import Act, failed_page, refused_page
from robusta_volumes._report.page import Page
from robusta_volumes._report.snapshot_verify import act_of_test
from robusta_volumes._workflows.ticks import PROCESS
from robusta_volumes._workflows.volume_backups_after import come_afterwards, remember
from robusta_volumes._workflows.volume_backups_left_out import Testable, left_again, news_of_left, testable
from robusta_volumes._workflows.volume_backups_snapshots import listed_test, trial_of_snapshot
from robusta_volumes._workflows.volume_backups_source import restore_of
from robusta_volumes._workflows.volume_backups_sweep import abandoned
from robusta_volumes._workflows.volume_backups_trial import Tools, advance
from robusta_volumes._workflows.volume_backups_verify import (
    KEY,
    own_user,
    planned,
    put_away,
    room_of,
    started,
    trial_of,
    under_way,
)

STAYS = "backups.verify.stays"  # in the state: what forgotten tests have made and would not go
_TICK = 120.0  # seconds that a tick may follow before the files are counted
_TRIES = 10  # claims that a slot may pass over because they cannot be tested
_PAUSE = timedelta(days=1)  # between two tests of one claim


def verify_tick(
    cluster: Cluster, settings: VolumeBackupManagement, state: State, tools: Tools, process: str = PROCESS
) -> list[Page]:
    """Go on with a test that is under way, or begin one when a slot is due; give what there is to say.

    Raises ClusterError: when the cluster does not answer, or the state cannot be kept: then no test begins.
    """
    noted = state.read(KEY)
    told = noted.get("told")
    over = read_as(Trial, told.get("trial")) if isinstance(told, Mapping) else None
    if isinstance(told, Mapping) and over:
        result = read_as(Result, told.get("result"))
        if told.get("by") != process and result:
            state.update(KEY, lambda there: {**there, "told": {**told, "by": process}})
            return [result_page(over, result, cluster.now())]
        state.update(KEY, lambda there: {key: value for key, value in there.items() if key != "told"})
    trial = read_as(Trial, noted.get("trial"))
    forgotten = _forgotten(cluster, settings, state, trial)
    again = left_again(cluster, settings, state, process)
    if trial is None:
        due = _due(cluster, settings, state, state.read(KEY))
        return [*forgotten, *again, *(_begun(cluster, settings, state, state.read(KEY), process) if due else [])]
    return [*forgotten, *again, *_gone_on(cluster, trial, state, tools, process)]


def _gone_on(cluster: Cluster, trial: Trial, state: State, tools: Tools, process: str) -> list[Page]:
    result = advance(cluster, trial, replace(tools, own_user=own_user(cluster, trial.into)), _TICK)
    if result is None:
        return []
    if result.runs_on:
        remember(state, trial, cluster.now())
    told = {"trial": written(trial), "result": written(result), "by": process}
    if not put_away(state, trial, told):
        return []  # another runner has ended it meanwhile, and tells
    return [result_page(trial, result, cluster.now())]


def _forgotten(cluster: Cluster, settings: VolumeBackupManagement, state: State, trial: Trial | None) -> list[Page]:
    """Take away what tests have left whose note was lost. What would not go is told once, and tried again at each tick."""
    within = timedelta(hours=settings.limits.backup_stuck_hours)  # by then Velero has given up, whatever it waits for
    after = come_afterwards(cluster, state, within)
    lost = abandoned(cluster, settings.verify.minutes, settings.read_namespaces, trial)
    for one in lost:
        if one.runs_on and not one.left:
            remember(state, one.trial, cluster.now())
    found = (*lost, *after)
    stays = sorted(one.trial.restore for one in found if one.left)
    known = state.read(STAYS).get("told") or []
    if stays != known:
        state.write(STAYS, {"told": stays})
    return [abandoned_page(one) for one in found if not one.left or one.trial.restore not in known]


def _slot(cluster: Cluster, settings: VolumeBackupManagement) -> datetime:
    return last_slot(settings.verify.schedule, settings.time_zone, cluster.now())


def _due(cluster: Cluster, settings: VolumeBackupManagement, state: State, noted: Mapping[str, Any]) -> bool:
    """Tell whether a slot is to be served. A schedule that is new waits for its next one."""
    if not settings.verify.schedule:
        return False
    served = parse_time(noted.get("slot"))
    if served is None:
        slot = _slot(cluster, settings).isoformat()
        state.update(KEY, lambda there: {**there, "slot": slot})
        return False
    return is_due(_slot(cluster, settings), served)


@dataclass(frozen=True)
class _Choice:
    """The claim whose turn it is, and the plan, or what speaks against it."""

    act: Act
    found: Decision
    trial: Trial
    no_other: bool = False  # of its namespace can be tested


def _begun(
    cluster: Cluster, settings: VolumeBackupManagement, state: State, noted: Mapping[str, Any], process: str
) -> list[Page]:
    """Begin the test of a slot; when no claim can be tested, say why the first one cannot. What never can be is told once."""
    found = testable(cluster, settings)
    if found is None:
        return []
    slot = _slot(cluster, settings)
    noted, told = news_of_left(found, noted, process, cluster.name)
    room = cache(lambda: room_of(cluster, settings.verify.namespace))
    turns = Turns(noted.get("tried"))
    choices = _choices(found.able, slot, turns, lambda copy: _choice(cluster, settings, found, copy, slot, room))
    fit = next((one for one in choices if not one.found.refusals), None)
    noted |= {
        "slot": slot.isoformat(),
        "tried": turns.after(found.able, (one.trial.claim_uid for one in choices), slot),
    }
    if fit is None:
        state.update(KEY, lambda there: {**noted, **under_way(there)})
        return [*told, *(refused_page(one.act, one.found) for one in choices[:1])]
    error = started(cluster, fit.trial, fit.found, state, noted)
    if isinstance(error, Conflict):
        return told  # somebody has asked for another one meanwhile, which is told to them
    return [*told, *([failed_page(fit.act, error)] if error else [])]


def _choices(
    newest: Sequence[Copy], slot: datetime, turns: Turns, choose: Callable[[Copy], _Choice | None]
) -> list[_Choice]:
    """List the claims whose turn it is, up to the first that can be tested.

    A namespace in which snapshots may not be tested is passed over as one: it must not keep the others from their turn.
    """
    proven = {c.claim_uid: c.proven for c in newest if c.proven}
    found: list[_Choice] = []
    passed: set[str] = set()
    while sum(not one.no_other for one in found) < _TRIES and not (found and not found[-1].found.refusals):
        copy = next_claim(newest, proven, turns.last, passed, slot, _PAUSE)
        if copy is None:
            break
        passed.add(copy.claim_uid)
        one = choose(copy)
        if one is None:
            continue
        found.append(one)
        if one.no_other:
            passed |= {c.claim_uid for c in newest if c.engine == CSI and c.namespace == copy.namespace}
    return found


def _choice(
    cluster: Cluster,
    settings: VolumeBackupManagement,
    found: Testable,
    copy: Copy,
    slot: datetime,
    room: Callable[[], Room],
) -> _Choice | None:
    """Plan the test of one copy; None when it is gone since it was listed."""
    see, seen = found.see, found.seen
    now, by = cluster.now(), slot.isoformat()
    if copy.engine == CSI:
        test = listed_test(cluster, copy, see, settings)
        if test is None:
            return None
        return _Choice(act_of_test(test.wanted), test.found, trial_of_snapshot(test, now, by), test.lacks_right)
    wanted = restore_of(copy, seen, see, settings.verify.namespace)
    plan, name = planned(cluster, wanted, settings, seen.velero, room())
    return _Choice(act_of(wanted, seen.velero), plan, trial_of(wanted, name, seen.velero, now, by))
