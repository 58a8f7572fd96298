"""A month of backups by schedule through the real runner, whose clock is moved: a kill, an outage of Velero, a clock change.

Robusta's own scheduler ticks, and starts again as soon as a tick is over; at each moment somebody starts one by hand besides.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from moved_clock import NAME, MovedClock, moved_clock
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.times import UTC, parse_time
from robusta_volumes._sandbox.api_kinds import VELERO
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.velero_server import VeleroServer
from robusta_volumes._sandbox.world import World
from worlds import PATIENCE, title, velero_shop, words

pytestmark = pytest.mark.needs(NAME)

PARIS = ZoneInfo("Europe/Paris")
TICK = [
    {
        "name": "BackupSchedule",
        "triggers": [{"on_schedule": {"fixed_delay_repeat": {"repeat": -1, "seconds_delay": 0}}}],
        "actions": [{"volume_backup_schedule": {}}],
    }
]
DAYS = 31
AFTER = [timedelta(minutes=minutes) for minutes in (5, 35.5, 65)]  # after each slot: when the clock stops for a while
NOON = timedelta(hours=11)  # after a slot
AWAY, BACK = 9, 11  # days: Velero goes away at noon, and comes back
KILLED = {"ticks": 5, "velero": AWAY + 1}  # day: at noon the runner is killed; it starts when the next slot is over
STARTS = {
    "velero": datetime(2027, 3, 8, 12, 0, tzinfo=UTC),  # on 28 March there is no 02:30 in Paris
    "ticks": datetime(2027, 10, 11, 12, 0, tzinfo=UTC),  # on 31 October there are two
}
NOTHING = "volumeBackupManagement: nothing to tell"


@dataclass
class Month:
    """What is seen of it: the backups and what was moved for them, and what was said on which day."""

    mode: str
    folder: Path
    said: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    heard: int = 0

    @property
    def start(self) -> datetime:
        return STARTS[self.mode]

    def slot(self, day: int) -> datetime:
        """When it is 02:30 in Paris; as much later as the clock jumps when there is no 02:30."""
        local = (self.start + timedelta(days=day + 1)).astimezone(PARIS)
        return local.replace(hour=2, minute=30).astimezone(UTC)

    def pass_by(self) -> "Month":
        """Live through it."""
        block = {"mode": self.mode, "backupSchedule": "30 2 * * *", "timeZone": "Europe/Paris"}
        workflows = {"persistentVolumeWorkflows": {"volumeBackupManagement": block}}
        with ExitStack() as stack:
            self.clock: MovedClock = stack.enter_context(moved_clock(self.folder, self.start))
            server = ApiServer(
                Store(velero_shop(self.start).objects, clock=self.clock.now, finalizers=True), more=VELERO
            )
            self.velero = VeleroServer(server.store)
            env = {**self.clock.env, "INITIAL_SCHEDULE_DELAY_SEC": "0"}
            self.world = stack.enter_context(World((), TICK, server=server, workflows=workflows, env=env))
            for day in range(DAYS):
                self._day(day)
            self.backups = server.store.find(k.VELERO_BACKUP)
            self.uploads = server.store.find(k.VELERO_UPLOAD)
        return self

    def _day(self, day: int) -> None:
        for after in AFTER:
            self._moment(self.slot(day) + after, start=after == AFTER[1])
        if day in {AWAY, BACK, KILLED[self.mode]}:
            if day in {AWAY, BACK}:
                self._velero(up=day == BACK)
            self._moment(self.slot(day) + NOON)
            if day == KILLED[self.mode]:
                self.world.runner.stop(at_once=True)

    def _moment(self, now: datetime, *, start: bool = False) -> None:
        self.clock.set(now)
        self.velero.settle(12)
        if start and not self.world.runner.alive:
            self.world.runner.start()  # its scheduler ticks already
        if self.world.runner.alive:
            self.world.runner.trigger("volume_backup_schedule")  # at the same time as the scheduler's ticks
            self._tick()
        self.velero.settle(12)
        if self.world.runner.alive:
            self._tick()  # so that none that looked before is under way when the clock is moved
        self._hear(now)

    def _velero(self, *, up: bool) -> None:
        (self.velero.restart if up else self.velero.stop)()
        (pod,) = self.world.api.store.find(k.POD, "velero", labels="deploy=velero")
        status = {"conditions": [{"type": "Ready", "status": str(up)}]}
        self.world.api.store.patch(k.POD, pod["metadata"]["name"], "velero", {"status": status})

    def _tick(self) -> None:
        """Wait until a tick has begun and ended; the one that is under way does not count."""
        before, until = self._over(), time.monotonic() + PATIENCE
        while self._over() < before + 2:
            assert time.monotonic() < until, self.world.runner.tail()
            time.sleep(0.01)

    def _over(self) -> int:
        """Count the ticks that are over: Robusta notes each in a ConfigMap of its own."""
        return sum(seen.method == "PUT" and "scheduled-jobs" in seen.path for seen in self.world.api.requests)

    def _hear(self, now: datetime) -> None:
        for message in self.world.slack.messages[self.heard :]:
            self.heard += 1
            self.problems += message.problems
            if NOTHING not in words(message):
                over = "[RESOLVED] " if message.text.startswith("[RESOLVED]") else ""
                self.said.append((f"{now:%m-%d}", over + title(message)))


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Month]:
    """Both at the same time: each waits for its runner most of the time."""
    with ThreadPoolExecutor(len(STARTS)) as pool:
        made = [Month(mode, tmp_path_factory.mktemp(mode)) for mode in STARTS]
        return {month.mode: month for month in pool.map(Month.pass_by, made)}


@pytest.fixture(params=["ticks", "velero"])
def month(request: pytest.FixtureRequest, months: dict[str, Month]) -> Month:
    return months[request.param]


def test_by_ticks_each_slot_has_one_backup_though_the_night_of_the_clock_change_has_two_times_of_that_name(
    months: dict[str, Month],
) -> None:
    month = months["ticks"]
    made = [o["metadata"]["name"] for o in month.backups]
    plan_first, no_server = 0, AWAY + 2  # the slot before is still waiting for the server
    served = [month.slot(day) for day in range(DAYS) if day not in {plan_first, no_server}]
    assert sorted(made) == [f"robusta-volumes-{slot:%Y%m%d%H%M}00" for slot in served]


def test_what_became_due_while_the_runner_was_dead_is_made_once_and_late(months: dict[str, Month]) -> None:
    month = months["ticks"]
    slot = month.slot(KILLED["ticks"] + 1)
    (late,) = [o for o in month.backups if o["metadata"]["name"] == f"robusta-volumes-{slot:%Y%m%d%H%M}00"]
    made = parse_time(late["metadata"]["creationTimestamp"])
    assert made
    assert timedelta(minutes=35) < made - slot < timedelta(minutes=45)


def test_by_veleros_schedule_each_night_has_one_backup_but_those_that_velero_cannot_serve(
    months: dict[str, Month],
) -> None:
    month = months["velero"]
    began = [parse_time(o["metadata"]["creationTimestamp"]) for o in month.backups]
    nights = Counter(at.astimezone(PARIS).date() for at in began if at)
    every = [month.slot(day).astimezone(PARIS).date() for day in range(DAYS)]
    assert set(nights.values()) == {1}
    assert [night for night in every if night not in nights] == [
        every[0],  # the plan comes first
        every[AWAY + 1],  # no server; when it is back it makes one, that of the day
        date(2027, 3, 28),  # no 02:30
    ]


def test_all_backups_are_over_and_hold_both_claims_once(month: Month) -> None:
    assert {o["status"]["phase"] for o in month.backups} == {"Completed"}
    per_backup = Counter(o["metadata"]["labels"]["velero.io/backup-name"] for o in month.uploads)
    assert per_backup == {o["metadata"]["name"]: 2 for o in month.backups}


SAVED = "[RESOLVED] Backups: every claim is saved again"
NONE = "Backups: Velero did not make the backup of 01:30 UTC"
PLAN = "Backups from 2027-{} (2027-{}) on: 2 claims, at most 20.0 GiB a night"
NOT_TAKEN = (
    "Backups: `robusta-volumes-20271022003000` was not picked up for 30 min: is Velero running?"
    " No pod of Velero's server is ready."
)
SAID = {
    "velero": [
        ("03-09", PLAN.format("03-10 01:30 UTC", "03-10 02:30 CET")),
        ("03-19", NONE),
        ("03-20", SAVED),  # and nobody is blamed for the night that has no 02:30
    ],
    "ticks": [
        ("10-12", PLAN.format("10-13 00:30 UTC", "10-13 02:30 CEST")),
        ("10-22", NOT_TAKEN),
        ("10-23", "Backups: 1 run was missed"),
        ("10-23", SAVED),
    ],
}


def test_a_trouble_is_told_once_and_once_when_it_is_over_whoever_ticks_at_the_same_time(month: Month) -> None:
    assert month.said == SAID[month.mode]
    assert month.problems == []
