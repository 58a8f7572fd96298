"""Which backups of ours may go, and why each other one stays. By the rules of the snapshots, and never the last good copy.

A backup holds copies of many claims. One that holds the newest good copy of any claim stays, also of a claim that is gone.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from robusta_volumes._analysis.prune_plan import PrunePlan, plan_prune
from robusta_volumes._analysis.retention import REASONS, Decisions, Policy
from robusta_volumes._model.backup import Backup, BackupsSeen, Copy, Phase
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.text import plain
from robusta_volumes._model.times import UTC

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_GOOD = REASONS.index("the last good one")
_STATES = {Phase.UNOBSERVED: State.UNOBSERVED, Phase.DELETING: State.TERMINATING}


@dataclass(frozen=True)
class BackupPrune:
    """A decision about every backup of ours, and of what it keeps because of one claim, which claim."""

    plan: PrunePlan
    backups: Mapping[str, Backup]  # by uid
    keeps: Mapping[str, str]  # uid of a backup -> the claim whose last good copy is in it
    spared: frozenset[str] = frozenset()  # those of them that would go otherwise

    @property
    def removed(self) -> list[Backup]:
        """List what goes, oldest first."""
        return [self.backups[point.uid] for point in self.plan.removed]

    def why(self, index: int) -> str:
        """Say why one backup stays or goes."""
        uid = self.plan.points[index].uid
        if uid in self.keeps:
            return f"holds the last good copy of {plain(self.keeps[uid])}"
        return "among those to keep" if not self.plan.decisions.reason[index] else self.plan.decisions.why(index)


def plan_backup_prune(
    seen: BackupsSeen, schedule: str, keep: int, now: datetime, *, by_hand: bool = False
) -> BackupPrune:
    """Decide about the backups of ours: ``schedule`` names the one that makes them; ``keep`` 0 lets none go by number."""
    held = _held(seen.copies)
    own = [b for b in seen.backups if b.ours and (by_hand or b.schedule == schedule)]
    points = [_point(b, schedule, held.get(b.uid, 0), deleting=b.name in seen.deleting) for b in own]
    plan = plan_prune(schedule, points, Policy(max_age=None, keep_last=keep or None), now)
    backups = {b.uid: b for b in own}
    keeps = _keepers(seen.copies, backups, seen.deleting)
    spared = frozenset(point.uid for point in plan.removed) & set(keeps)
    return BackupPrune(_without(plan, spared), backups, keeps, spared)


def confirmed(found: BackupPrune) -> BackupPrune:
    """Give the same plan without its refusal."""
    return replace(found, plan=replace(found.plan, refusal="", refused_for=""))


def _held(copies: Iterable[Copy]) -> dict[str, int]:
    held: dict[str, int] = {}
    for copy in copies:
        if copy.proof.good and copy.backup_uid:
            held[copy.backup_uid] = held.get(copy.backup_uid, 0) + (copy.total or 0) + 1
    return held


def _keepers(copies: Iterable[Copy], backups: Mapping[str, Backup], deleting: frozenset[str]) -> dict[str, str]:
    """Find for every claim, there or gone, the backup that holds its newest good copy."""
    newest: dict[str, Copy] = {}
    for copy in copies:
        backup = backups.get(copy.backup_uid)
        if not copy.proof.good or backup is None or backup.name in deleting or backup.deleted:
            continue
        key = copy.claim_uid or f"{copy.namespace}/{copy.claim}"
        old = newest.get(key)
        if old is None or _age(copy) > _age(old):
            newest[key] = copy
    found: dict[str, str] = {}
    for copy in sorted(newest.values(), key=lambda c: (c.namespace, c.claim)):
        found.setdefault(copy.backup_uid, f"{copy.namespace}/{copy.claim}")
    return found


def _age(copy: Copy) -> tuple[datetime, str]:
    return copy.cut_at or _NO_TIME, copy.backup


def _without(plan: PrunePlan, going: frozenset[str]) -> PrunePlan:
    if not going:
        return plan
    remove, reason = plan.decisions.remove.copy(), plan.decisions.reason.copy()
    for index, point in enumerate(plan.points):
        if point.uid in going:
            remove[index], reason[index] = False, _LAST_GOOD
    decisions = Decisions(plan.points, np.asarray(remove, dtype=bool), _int8(reason))
    removed = tuple(decisions.removed)
    return replace(
        plan, decisions=decisions, removed=removed, **({} if removed else {"refusal": "", "refused_for": ""})
    )


def _int8(reason: Any) -> Any:
    return np.asarray(reason, dtype=np.int8)


def _point(backup: Backup, schedule: str, held: int, *, deleting: bool) -> Point:
    """Read a backup as a restore point: good when somebody's data is in it, or when nobody can tell that none is."""
    by_schedule = backup.schedule == schedule
    series = schedule if by_schedule else hashlib.sha256(repr(backup.scope).encode()).hexdigest()[:8]
    return Point(
        backup.engine,
        backup.namespace,
        series,
        series,
        backup.name,
        backup.uid,
        State.TERMINATING if deleting or backup.deleted else _state(backup, held),
        backup.when,
        backup.created,
        schedule=schedule if by_schedule else "",
        slot=backup.slot,
        owned=not backup.synced,  # one that a storage location brought may be another cluster's
        held=backup.held or bool(_unknown(backup) and not held),
        size=held or None,
        error=backup.why,
        resource_version=backup.resource_version,
        follows_schedule=not by_schedule,
        deleted=backup.deleted,
    )


def _state(backup: Backup, held: int) -> State:
    if not backup.phase.over:
        return _STATES.get(backup.phase, State.CREATING)
    if backup.phase in (Phase.FAILED, Phase.REFUSED):
        return State.LATE
    return State.READY if held or _unknown(backup) else State.LATE


def _unknown(backup: Backup) -> bool:
    """Tell whether snapshots were made of which Velero keeps only the number: any claim's last good one may be among them."""
    return backup.snapshots_made > 0 and not backup.scope.moves_data
