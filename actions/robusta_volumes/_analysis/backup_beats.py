"""How often each claim is to be saved: by the schedule that saves it, whose it is. Pure.

A claim that a weekly schedule of somebody covers is not too old after two days. Where several cover it, the most frequent one
counts; one that is younger than what it promises does so only where there is no other.
"""

from datetime import datetime, timedelta

from robusta_volumes._analysis.backup_places import Places
from robusta_volumes._analysis.backup_rhythm import Rhythm, rhythm, rhythm_of_words
from robusta_volumes._analysis.backup_scope import SNAPSHOT, caught
from robusta_volumes._model.backup import BackupSchedule, BackupsSeen
from robusta_volumes._model.backup_settings import TICKS_MODE, VolumeBackupManagement
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.volume import Claim


class Beats:
    """The rhythm of every claim. Schedules are looked up by what they can reach."""

    def __init__(self, see: Inventory, seen: BackupsSeen, settings: VolumeBackupManagement) -> None:
        """Sort the schedules that make backups; those whose times cannot be read tell nothing."""
        self.see, self.seen, self.settings = see, seen, settings
        self.own = rhythm(settings, see.now)
        self.serves = settings.mode == TICKS_MODE or settings.engine == "csi"  # ours has no object of Velero's
        self.places: Places[tuple[BackupSchedule, Rhythm]] = Places()
        known: dict[tuple[str, str], Rhythm | None] = {}
        for schedule in seen.schedules:
            if schedule.paused or schedule.phase_text == "FailedValidation":
                continue
            times = schedule.cron, schedule.time_zone
            if times not in known:
                known[times] = rhythm_of_words(*times, see.now, settings.max_age)
            if beat := known[times]:
                self.places.file(schedule.scope, (schedule, beat))

    @property
    def longest(self) -> timedelta:
        """How old a good copy of any claim may be at most."""
        return max([self.own.within, *(beat.within for _, beat in self.places.all)])

    def of(self, claim: Claim) -> Rhythm:
        """Give the rhythm of one claim: that of the settings where no schedule that is seen saves it."""
        found = [self.own] if self.serves else []
        young: list[Rhythm] = []
        for schedule, beat in self.places.near(claim):
            if self._saves(schedule, claim):
                (young if _is_young(schedule, beat, self.see.now) else found).append(beat)
        return min(found or young or [self.own], key=lambda beat: beat.two)

    def _saves(self, schedule: BackupSchedule, claim: Claim) -> bool:
        how = caught(schedule.scope, claim, self.see, engine=schedule.engine, agents=self.seen.node_agents)
        return bool(how.method) and not (self.settings.offsite_only and how.method == SNAPSHOT)


def _is_young(schedule: BackupSchedule, beat: Rhythm, now: datetime) -> bool:
    return bool(schedule.created and now - schedule.created <= beat.within)
