"""A month of nightly backups against a Velero that works, is restarted, is down for two days, and lives through summer time."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.times import UTC, parse_time
from robusta_volumes._workflows.volume_backup_schedule import volume_backup_schedule
from velero_world import VeleroWorld

PARIS = ZoneInfo("Europe/Paris")  # summer time begins on 28 March 2027: there is no 02:30 that night
START, DAYS = datetime(2027, 3, 8, 12, 0, tzinfo=UTC), 30
DOWN = (datetime(2027, 3, 16, 12, 0, tzinfo=UTC), datetime(2027, 3, 18, 12, 0, tzinfo=UTC))
SERVER = "velero-7d9f8c6b5-x2x7k"
OVER = "[RESOLVED] Backups: what had failed is saved; 1 claim cannot be"
NONE = "Backups: Velero did not make the backup of 01:30 UTC"
AWAY = (
    "Backups: `robusta-volumes-20270317013000` was not picked up for 30 min: is Velero running?"
    " No pod of Velero's server is ready."
)
SAID = {
    "ticks": [
        ("03-17 02:00", AWAY),
        ("03-18 03:00", "Backups: 1 run was missed"),
        ("03-18 12:00", OVER),
    ],
    # summer time: Velero makes none in a night without 02:30, and nobody is told that it should have
    "velero": [("03-17 02:00", NONE), ("03-18 12:00", OVER)],
}
FIRST = "Backups from 2027-03-10 01:30 UTC (2027-03-10 02:30 CET) on: 2 claims, at most 4.0 GiB a night; 1 claim would not be"
MONTH = [date(2027, 3, 9) + timedelta(days=n) for n in range(DAYS)]


class Month:
    """The shop through a month: a tick every half hour, every seventh one twice, every fortieth by another process."""

    def __init__(self, mode: str) -> None:
        block = {"mode": mode, "backupSchedule": "30 2 * * *", "timeZone": "Europe/Paris", "namespaces": ["shop"]}
        found = read_settings({"persistentVolumeWorkflows": {"volumeBackupManagement": block}})
        assert not found.problems, found.problems
        self.settings = found.volume_backup_management
        self.on = VeleroWorld()
        self.on.now = START
        self.cluster = MemoryCluster(name="prod", now=START)
        self.cluster.store = self.on.store
        self.said: list[tuple[datetime, str]] = []

    def move(self, seconds: float) -> None:
        self.on.later(seconds=seconds)
        self.cluster._now = self.on.now  # noqa: SLF001 (a test's clock)
        if DOWN[0] <= self.on.now < DOWN[1] and not self.on.velero.down:
            self.on.velero.stop()
            self._server("False")
        elif self.on.now >= DOWN[1] and self.on.velero.down:
            self.on.velero.restart()
            self._server("True")
        self.on.velero.step()

    def _server(self, ready: str) -> None:
        status = {"conditions": [{"type": "Ready", "status": ready}]}
        self.on.store.patch(k.POD, SERVER, "velero", {"status": status})

    def tick(self, process: str) -> None:
        pages = volume_backup_schedule(self.cluster, self.settings, State(self.cluster, "robusta"), process, self.move)
        self.said += [(self.on.now, page.title) for page in pages]

    def pass_by(self) -> "Month":
        number = 0
        while self.on.now < START + timedelta(days=DAYS):
            number += 1
            self.move(1800)
            if self._open():
                self.on.velero.settle(12)
            for _ in range(2 if number % 7 == 0 else 1):
                self.tick(f"runner-{number // 40}")
        return self

    def _open(self) -> bool:
        return bool(self.on.store.find(k.VELERO_BACKUP, fields="status.completionTimestamp="))

    @property
    def nights(self) -> Counter[date]:
        """Count the backups of each night, by the clock of Paris."""
        began = (parse_time(o["status"].get("startTimestamp")) for o in self.backups)
        return Counter(at.astimezone(PARIS).date() for at in began if at)

    @property
    def backups(self) -> list[dict[str, Any]]:
        return self.on.store.find(k.VELERO_BACKUP)


@pytest.fixture(scope="module", params=["ticks", "velero"])
def month(request: pytest.FixtureRequest) -> Month:
    return Month(request.param).pass_by()


def said(month: Month) -> list[tuple[str, str]]:
    return [(f"{at:%m-%d %H:%M}", title) for at, title in month.said]


def test_no_night_has_two_backups_whatever_ticks_and_restarts_there_were(month: Month) -> None:
    assert max(month.nights.values()) == 1


def test_every_night_has_one_but_those_when_velero_was_down_or_skips_the_hour(month: Month) -> None:
    plan_first = MONTH[0]  # the first slot publishes the plan
    skipped: list[date] = {"ticks": [], "velero": [date(2027, 3, 28)]}[month.settings.mode]
    missing = [night for night in MONTH if night not in month.nights]
    assert missing == [plan_first, date(2027, 3, 17), *skipped]


def test_all_of_them_are_over_and_hold_what_can_be_saved(month: Month) -> None:
    phases = Counter(o["status"]["phase"] for o in month.backups)
    assert phases == {"Completed": len(month.nights)}
    per_backup = Counter(o["metadata"]["labels"]["velero.io/backup-name"] for o in month.on.store.find(k.VELERO_UPLOAD))
    assert set(per_backup.values()) == {2}


def test_a_month_of_ticks_says_what_changed_and_nothing_twice(month: Month) -> None:
    told = said(month)
    assert told[:2] == [
        ("03-09 01:30", FIRST),
        ("03-10 02:00", "Backups: data of 2 of 3 claims saved, 1 cannot be saved"),
    ]
    assert told[2:] == SAID[month.settings.mode]


def test_while_velero_is_down_nothing_is_called_resolved(month: Month) -> None:
    down = [title for at, title in month.said if DOWN[0] <= at < DOWN[1]]
    assert down
    assert [title for title in down if "RESOLVED" in title or "claims saved" in title] == []
