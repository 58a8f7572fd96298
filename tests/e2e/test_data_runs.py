"""The report on data through the real runner, with a real Prometheus: by hand, on schedule, and in an alert's message."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from prometheus_real import ODD, back_fill, running
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.demo_script import alert
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import World
from worlds import PLAYBOOKS, next_message, title, words

pytestmark = pytest.mark.needs("prometheus")
ALERTS = [p for p in PLAYBOOKS if p["name"] in {"DataAlerts", "VolumeAlerts"}]
TICK = [p for p in PLAYBOOKS if p["name"] == "DataReport"]
REPORT = "persistent_data_analysis"


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """Give what globalConfig says of a Prometheus that two clusters write into."""
    folder = tmp_path_factory.mktemp("prometheus")
    back_fill(folder, datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
    with running(folder) as url:
        yield {"prometheus_url": url, "prometheus_additional_labels": ODD, "add_additional_labels": True}


@pytest.fixture(scope="module")
def world(where: dict[str, object]) -> Iterator[World]:
    objects, _ = shop(datetime.now(UTC))
    with World(objects, ALERTS, more=where) as made:
        yield made


def test_by_hand_it_says_what_fills_first_and_with_which_command_it_lasts(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT))
    assert "fill within 14 days, first db/data-pg-0 on " in title(message)
    said = words(message)
    assert "*Do this:* grow it to " in said
    assert "kubectl -n db patch pvc data-pg-0 --type merge" in said
    assert "*Shared filesystems:*" in said
    assert {file.name for file in message.files} >= {"growth.png", "claims.csv"}
    assert message.problems == []


def test_one_claim_has_a_page_with_a_picture_and_its_figures(world: World) -> None:
    ask = {"name": "data-clickhouse-0", "namespace": "analytics"}
    message = next_message(world, lambda: world.runner.trigger(REPORT, **ask))
    assert title(message).startswith("analytics/data-clickhouse-0 is full on ")
    assert "growth.png" in {file.name for file in message.files}


def test_growth_that_began_with_a_rollout_is_told_with_the_revision_and_its_image(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT, name="data-pg-0", namespace="db"))
    assert "StatefulSet pg (revision 7, image postgres:17.2 instead of postgres:16.4, " in words(message)


def test_a_deployment_is_reported_by_its_claims(world: World) -> None:
    ask = {"kind": "deployment", "name": "uploads", "namespace": "shop"}
    message = next_message(world, lambda: world.runner.trigger(REPORT, **ask))
    assert title(message).startswith("shop/uploads")


def test_the_digest_says_what_fills_next(world: World) -> None:
    said = words(next_message(world, lambda: world.runner.trigger("volumes_digest")))
    assert "*What fills next:* " in said
    assert "db/data-pg-0 on " in said
    assert " claims measured)" in said


def test_with_metrics_off_nothing_is_asked_and_the_sizes_are_told(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT, include_metrics="false"))
    assert title(message).endswith("metrics are off")


def test_an_alert_is_one_message_with_the_day_and_one_next_step(world: World) -> None:
    message = next_message(world, lambda: world.runner.send_alerts(alert(datetime.now(UTC))))
    said = words(message)
    assert "*db/data-pg-0 is full on " in said
    assert "Claim db/data-pg-0 is Bound" in said
    assert said.count("*Do this:*") == 1
    assert said.count('"storage":"') == 1


def test_a_tick_sends_the_report_when_its_slot_is_due(where: dict[str, object]) -> None:
    objects, _ = shop(datetime.now(UTC))
    with World(objects, TICK, more=where) as ticking:
        ticking.slack.wait_for(1, 90)
        message = ticking.slack.messages[0]
    assert "fill within 14 days, first db/data-pg-0 on " in title(message)
