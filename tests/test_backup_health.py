"""What is wrong with the tools that make backups, in the words of a report."""

from datetime import datetime
from typing import Any

import pytest

from backup_objects import NOON, World, settings
from robusta_volumes._analysis.backup_health import Trouble, troubles
from robusta_volumes._analysis.backup_rhythm import rhythm
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.times import UTC

NEVER = "Velero's schedule `velero/weekly` is on and has finished nothing for two intervals: it has never finished one"


def found(world: World, **block: Any) -> list[Trouble]:
    wanted = settings(**block)
    return list(troubles(backups_of(world.cluster, wanted), wanted, NOON))


def said(world: World, **block: Any) -> list[str]:
    return [one.sentence for one in found(world, **block)]


def healthy() -> World:
    world = World("orders")
    world.location()
    world.schedule()
    world.backup()
    world.pod("velero-1", deploy="velero")
    world.pod("node-agent-1", name="node-agent")
    return world


def test_nothing_is_said_of_a_velero_that_does_its_work() -> None:
    assert said(healthy()) == []


def test_nothing_is_said_where_no_tool_is_installed() -> None:
    world = World("orders")
    world.absent = ("backups.velero.io",)
    assert said(world) == []


def test_what_may_not_be_read_is_no_trouble() -> None:
    world = healthy()
    world.denied = ("backups.velero.io", "backupstoragelocations.velero.io", "pods")
    assert said(world) == []


def test_a_server_that_is_not_ready_and_agents_that_are_away() -> None:
    world = World("orders")
    world.location()
    world.pod("velero-1", ready=False, deploy="velero")
    assert said(world) == [
        "no node agent of Velero is ready: no data can be moved off-site",
        "Velero's server is not ready in namespace velero",
    ]
    assert said(world, moveData=False) == ["Velero's server is not ready in namespace velero"]


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (
            {"phase": "Unavailable", "message": "AccessDenied: bucket b"},
            'storage location `default` is not available, last looked at 11:59 UTC, 36 s ago: it says "AccessDenied: bucket b"',
        ),
        (
            {"spec": {"accessMode": "ReadOnly"}},
            "storage location `default` is read-only: no backup is written, and no old one removed",
        ),
        ({"spec": {"default": False}}, "Velero has no default storage location"),
    ],
)
def test_a_storage_location_that_takes_no_backup(location: dict[str, Any], expected: str) -> None:
    world = World("orders")
    world.location(**location)
    world.pod("velero-1", deploy="velero")
    world.pod("node-agent-1", name="node-agent")
    assert said(world) == [expected]


def test_a_storage_location_that_the_settings_name_must_be_there() -> None:
    (one,) = found(healthy(), storageLocation="offsite")
    assert one.sentence == "storage location `offsite`, which the settings name, does not exist"
    assert one.todo == "set `storageLocation` to one of: default"


def test_a_schedule_that_says_enabled_while_one_stuck_backup_stops_it() -> None:
    world = healthy()
    world.b.objects = [o for o in world.b.objects if o["kind"] != "Backup"]
    world.backup("nightly-0", hours=130)
    world.backup("nightly-1", hours=106, phase="InProgress")
    assert said(world) == [
        (
            "Velero's schedule `velero/nightly` is on and has finished nothing for two intervals: the last one that finished"
            " is of 2026-03-05 02:00 UTC, 5 d ago; it waits for `nightly-1`, which is InProgress since 2026-03-06 02:00 UTC,"
            " 4 d ago"
        ),
    ]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"age": 48 * 60}, []),  # two nights have not passed since it was made
        ({"cron": "@every 5h", "age": 10 * 60}, []),
        ({"cron": "@every 5h", "age": 12 * 60}, [NEVER]),
        ({"cron": "@sometimes"}, []),  # not known how long it may be silent
        ({"spec": {"paused": True}}, ["Velero's schedule `velero/weekly` is paused: it makes nothing"]),
        (
            {"phase": "FailedValidation", "status": {"validationErrors": ["invalid schedule: 99"]}},
            ['Velero\'s schedule `velero/weekly` is refused: "invalid schedule: 99"'],
        ),
        (
            {"cron": "CRON_TZ=Europe/Paris 0 3 * * *"},
            [NEVER],
        ),
    ],
)
def test_what_is_said_of_a_schedule(schedule: dict[str, Any], expected: list[str]) -> None:
    world = healthy()
    world.schedule("weekly", **schedule)
    assert said(world) == expected


@pytest.mark.parametrize(
    ("hours", "phase", "expected"),
    [
        (0.02, "", []),
        (0.2, "", ["nobody has taken up backup `by-hand` for 12 min: is Velero running?"]),
        (5, "InProgress", []),
        (7, "InProgress", ["backup `by-hand` is InProgress for 7 h"]),
        (7, "Queued", ["backup `by-hand` is Queued for 7 h"]),
    ],
)
def test_a_backup_that_nobody_takes_up_or_that_never_ends(hours: float, phase: str, expected: list[str]) -> None:
    world = healthy()
    world.backup("by-hand", hours=hours, phase=phase, schedule="")
    assert said(world) == expected


@pytest.mark.parametrize(
    ("spec", "hours", "expected"),
    [
        ({"itemOperationTimeout": "12h0m0s"}, 13, []),
        ({"itemOperationTimeout": "12h0m0s"}, 15, ["backup `by-hand` is InProgress for 15 h"]),
        ({"csiSnapshotTimeout": "3h10m0s"}, 8, []),
        ({"itemOperationTimeout": "0s", "csiSnapshotTimeout": "0s"}, 7, ["backup `by-hand` is InProgress for 7 h"]),
        # a shorter one bounds what is moved asynchronously, not the backup: files are read within another one
        ({"itemOperationTimeout": "1h0m0s"}, 5, []),
    ],
)
def test_a_backup_that_allows_itself_more_time_is_stuck_later(
    spec: dict[str, str], hours: float, expected: list[str]
) -> None:
    world = healthy()
    world.backup("by-hand", hours=hours, phase="InProgress", schedule="", spec=spec)
    assert said(world) == expected


def test_the_newest_backup_of_a_schedule_that_failed_says_why_and_an_older_one_is_history() -> None:
    world = healthy()
    world.backup("nightly-2", hours=5, phase="FailedValidation", status={"validationErrors": ["no such location"]})
    assert said(world) == ['backup `nightly-2` was refused (07:00 UTC, 5 h ago): "no such location"']
    world.backup("nightly-3", hours=2)
    assert said(world) == []


def test_a_location_that_nothing_of_ours_uses_is_a_small_matter() -> None:
    world = healthy()
    other = world.location("Unavailable", spec={"default": False})
    other["metadata"]["name"] = "archive"
    (one,) = found(world)
    assert (one.subject, one.severity) == ("archive", Severity.LOW)


def test_the_worst_comes_first_and_each_has_a_next_step() -> None:
    world = healthy()
    world.schedule("weekly", spec={"paused": True})
    world.backup("nightly-2", hours=5, phase="Failed", status={"failureReason": "restarted"})
    both = found(world)
    assert [one.kind for one in both] == ["failed", "schedule paused"]
    assert all(one.todo for one in both)


@pytest.mark.parametrize(
    ("hours", "schedule", "expected"),
    [
        (5, "", ["backup `by-hand` failed (07:00 UTC, 5 h ago), and no reason is given"]),
        (72, "", []),  # history: nobody waits for it any more
        (72, "a-schedule-that-was-deleted", []),
    ],
)
def test_a_backup_that_no_schedule_makes_again_and_that_failed_is_told_of_while_it_is_news(
    hours: float, schedule: str, expected: list[str]
) -> None:
    world = healthy()
    world.backup("by-hand", hours=hours, phase="Failed", schedule=schedule)
    assert said(world) == expected


def test_of_velero_is_not_asked_what_a_clock_change_skips() -> None:
    """In the night of 29 March 2026 Paris has no 02:30: two nights are three days for Velero, for a tick of ours two."""
    monday = datetime(2026, 3, 30, 0, 0, tzinfo=UTC)
    block = {"backupSchedule": "30 2 * * *", "timeZone": "Europe/Paris"}
    by_velero, by_ticks = (rhythm(settings(**block, mode=mode), monday) for mode in ("velero", "ticks"))
    assert (by_velero.within.days, by_ticks.within.days) == (3, 2)
    assert by_velero.last.isoformat() == "2026-03-28T01:30:00+00:00"
    assert by_ticks.last.isoformat() == "2026-03-29T01:30:00+00:00"
