"""Whether retention keeps up: what is made in a day, and what is due, against what the ticks of a day may delete."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from robusta_volumes._analysis.snapshot_pace import TICKS_A_DAY, Pace, slots_a_day
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Target
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._workflows.pvc_snapshots import pvc_snapshots
from snapshot_world import NOON, Nights, nightly, old_nights, settings

OFTEN = {"name": "often", "schedule": "*/5 * * * *", "retentionDays": 1}


def made() -> Nights:
    """Two claims, each snapshotted a minute ago."""
    w = Nights(NOON, ["orders", "files"])
    w.tick(settings(OFTEN))
    w.move(minutes=5)
    w.tick(settings(OFTEN))
    w.move(minutes=1)
    return w


def test_what_is_made_faster_than_it_may_be_deleted_is_said_with_the_setting_to_change() -> None:
    page = pvc_snapshots(made().cluster, Target(), settings(OFTEN, maxDeletePerRun=1))
    assert page.title.endswith("; retention falls behind")
    assert (page.severity, page.noteworthy) == (Severity.MEDIUM, True)
    assert (
        "*Do this:* set `maxDeletePerRun` to 3 or more: 576 snapshots a day are made, and 288 a day may be deleted (1 every "
        "five minutes), so more and more stay beyond their time."
    ) in to_markdown(page)


@pytest.mark.parametrize("most", [2, 20], ids=["just enough", "the default"])
def test_where_it_keeps_up_nothing_is_said(most: int) -> None:
    page = pvc_snapshots(made().cluster, Target(), settings(OFTEN, maxDeletePerRun=most))
    assert "maxDeletePerRun" not in to_markdown(page)
    assert not page.noteworthy


def test_a_report_on_a_part_does_not_judge_what_the_whole_needs() -> None:
    wanted = settings(OFTEN, maxDeletePerRun=1)
    page = pvc_snapshots(made().cluster, Target("Namespace", "shop", "shop"), wanted)
    assert "maxDeletePerRun" not in to_markdown(page)


def test_ten_thousand_claims_a_night_are_too_many_for_the_default() -> None:
    pace = Pace(most=20, due=0, made=10_000)
    assert pace.a_day == 5_760
    assert pace.behind
    assert pace.enough == 44
    assert not Pace(most=pace.enough, due=0, made=10_000).behind


def test_a_backlog_that_a_day_does_not_clear_is_one_though_little_is_made() -> None:
    assert Pace(most=20, due=6_000, made=100).behind
    assert not Pace(most=20, due=5_000, made=100).behind


def test_who_lets_nothing_be_deleted_wants_it_so_and_is_told_what_waits() -> None:
    assert not Pace(most=0, due=6_000, made=6_000).behind
    w, _ = old_nights(12)
    page = to_markdown(pvc_snapshots(w.cluster, Target(), settings(nightly(retentionDays=9), maxDeletePerRun=0)))
    assert "2 snapshots would go, and stay: `maxDeletePerRun` is 0." in page
    assert "will go with the next run" not in page


@pytest.mark.parametrize(
    ("schedule", "a_day"),
    [("0 2 * * *", 1.0), ("*/5 * * * *", 288.0), ("0 * * * *", 24.0), ("0 2 * * 1-5", 5 / 7), ("0 2 * * 0", 1 / 7)],
)
def test_slots_are_counted_over_a_week_since_days_differ(schedule: str, a_day: float) -> None:
    assert slots_a_day(schedule, "UTC", NOON) == pytest.approx(a_day)


def test_the_tick_comes_as_often_as_the_playbook_says() -> None:
    file = Path(__file__).parents[1] / "playbooks" / "pvc_snapshots.yaml"
    playbooks = yaml.safe_load(file.read_text())["customPlaybooks"]
    (tick,) = [p for p in playbooks if any("pvc_snapshot_schedule" in action for action in p["actions"])]
    delay = tick["triggers"][0]["on_schedule"]["fixed_delay_repeat"]["seconds_delay"]
    assert timedelta(seconds=delay) * TICKS_A_DAY == timedelta(days=1)
