"""The verdict on one claim's backups, and why it is a bad one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from robusta_volumes._analysis.backup_places import Places
from robusta_volumes._analysis.backup_rhythm import Rhythm
from robusta_volumes._analysis.backup_scope import SNAPSHOT, Caught, caught
from robusta_volumes._analysis.backup_tally import NO_TIME
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import Backup, BackupSchedule, BackupsSeen, Copy, Proof
from robusta_volumes._model.backup_settings import TICKS_MODE, VolumeBackupManagement
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.text import code, plain
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim

Key = tuple[str, str]


class Verdict(Enum):
    """What is to be said of a claim's copies."""

    FRESH = "fresh"
    OLD = "old"
    NEVER = "never"
    NEW = "new"  # too young to have one
    LEFT_OUT = "left out"
    UNKNOWN = "unknown"

    @property
    def bad(self) -> bool:
        """Tell whether somebody has to do something."""
        return self in (Verdict.OLD, Verdict.NEVER)


@dataclass(frozen=True)
class ClaimCover:
    """One claim. ``why`` it is not fresh, and what ``todo``."""

    key: Key
    uid: str
    verdict: Verdict
    within: timedelta  # how old the last good copy may be
    last_good: Copy | None = None
    last_offsite: Copy | None = None
    newest: Copy | None = None  # the newest attempt, good or not
    why: str = ""
    todo: str = ""
    expiring: Copy | None = None  # the last good one of its kind, when it goes soon and nothing newer is there
    proven: datetime | None = None
    engines: tuple[str, ...] = ()
    next: datetime | None = None  # when it is to be saved again; None: not known
    covered: bool = True  # a schedule would save its data, or somebody tried lately; False: a gap

    @property
    def title(self) -> str:
        """How people write it."""
        return f"{self.key[0]}/{self.key[1]}"

    @property
    def expires_soon(self) -> bool:
        """Tell whether the last good copy goes soon."""
        return self.expiring is not None


@dataclass(frozen=True)
class About:
    """What all claims are judged by."""

    see: Inventory
    seen: BackupsSeen
    settings: VolumeBackupManagement
    beat: Rhythm
    blind: tuple[Unseen, ...]
    schedules: Places[BackupSchedule]  # that are not paused
    perhaps: Mapping[str, Backup] = field(default_factory=dict)  # by uid of a claim: a backup that may have a good copy


def bad(made: ClaimCover, claim: Claim, about: About, todo: str) -> ClaimCover:
    """Say why there is no good copy that is new enough."""
    good, newest = made.last_good, made.newest
    verdict = Verdict.OLD if good else Verdict.NEVER
    if newest and not (newest.proof.good and newest is good) and (not good or _later(newest, good)):
        return replace(made, verdict=verdict, why=_attempt(newest, about), todo=todo or _TRY)
    saves, why, todo = _schedule_for(claim, about)
    if saves:
        since = f" since {plain(ago(good.cut_at, about.see.now))}" if good else " yet"
        return replace(made, verdict=verdict, why=f"schedule {code(saves)} has saved nothing of it{since}", todo=_TRY)
    if unread := _unread(about):
        return replace(
            made, verdict=verdict, why=f"whether a schedule is for it is not known: {unread.sentence}", todo=_TRY
        )
    return replace(made, verdict=verdict, why=why, todo=todo, covered=False)


def _unread(about: About) -> Unseen | None:
    """Give a kind of schedule that could not be read: what is not seen is no gap."""
    kinds = (about.seen.unseen.get(kind.resource) for kind in (k.VELERO_SCHEDULE, k.K8UP_SCHEDULE, k.VOLSYNC_SOURCE))
    return next((one for one in kinds if one and not one.absent), None)


def by_policy(made: ClaimCover, claim: Claim, about: About) -> ClaimCover | None:
    """Judge a claim that volume policies keep out of every schedule that catches it: on purpose, or nobody can tell.

    None where that is not so, and where this workflow itself makes the backups, without a policy (``mode: ticks``).
    """
    if about.settings.mode == TICKS_MODE:
        return None
    schedules = about.schedules.near(claim)
    if not any(one.scope.rules for one in schedules):
        return None
    found = [(one.name, _caught(one, claim, about)) for one in schedules]
    if any(how.method for _, how in found):
        return None
    unsure = next((f"schedule {plain(name)}: {how.why}" for name, how in found if how.unknown), "")
    if unsure:
        tried = made.newest is not None and made.newest.proof is not Proof.UNKNOWN
        return None if tried else replace(made, verdict=Verdict.UNKNOWN, why=unsure)
    skips = next(((name, how.skipped) for name, how in found if how.skipped), None)
    if skips is None:
        return None
    why = f"skipped by the volume policy {plain(skips[1])} of schedule {plain(skips[0])}"
    return replace(made, verdict=Verdict.LEFT_OUT, why=why, expiring=None)


_TRY = "run `create_volume_backups` now: what keeps the data from being saved is said there"
_SCHEDULE = "set `backupSchedule` and a selection that includes it, or leave it out with its annotation and a reason"


def _schedule_for(claim: Claim, about: About) -> tuple[str, str, str]:
    """Find a schedule that would save the claim's data; else say why the one that catches the claim does not."""
    reason, todo = "no backup schedule is for it", _SCHEDULE
    for schedule in about.schedules.near(claim):
        found = _caught(schedule, claim, about)
        if found.method:
            return schedule.name, "", ""
        if found.inside:
            reason, todo = f"schedule {code(schedule.name)} leaves its data out: {found.why}", found.todo or _SCHEDULE
    return "", reason, todo


def _caught(schedule: BackupSchedule, claim: Claim, about: About) -> Caught:
    return caught(schedule.scope, claim, about.see, engine=schedule.engine, agents=about.seen.node_agents)


def _attempt(copy: Copy, about: About) -> str:
    noun = "backup" if copy.backup or copy.method != SNAPSHOT else "snapshot"
    of = f"{noun} {code(copy.backup or copy.name)} ({plain(ago(copy.cut_at, about.see.now))})"
    if copy.proof.good:
        return f"its newest copy, {of}, is on the same storage, and only copies off-site count"
    why = f": {plain(copy.why, 200)}" if copy.why else ""
    return f"{of} has {_SAID[copy.proof]}{why}"


_SAID = {
    Proof.RUNNING: "not saved it yet",
    Proof.FAILED: "failed for it",
    Proof.SKIPPED: "skipped it",
    Proof.METADATA: "no data of it",
    Proof.UNKNOWN: "left no record of it",
}


def _later(one: Copy, other: Copy) -> bool:
    return (one.cut_at or NO_TIME) >= (other.cut_at or NO_TIME)
