"""The report on performance through the real runner, with a real Prometheus: by hand, on an alert, on schedule, in trouble."""

import subprocess
from collections.abc import Iterator
from datetime import datetime

import pytest

from prometheus_real import running
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.demo_performance import disk_alert
from robusta_volumes._sandbox.story_io import Series, series_of, shop_io
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import World
from worlds import PLAYBOOKS, next_message, quiet, title, words

pytestmark = pytest.mark.needs("prometheus")
ALERTS = [p for p in PLAYBOOKS if p["name"] == "DiskAlerts"]
TICK = [p for p in PLAYBOOKS if p["name"] == "PerformanceReport"]
REPORT = "volume_performance_analysis"
STEP, HOURS = 60, 26  # seconds between scrapes; how far back
KAFKA = {"name": "data-kafka-0", "namespace": "shop"}
LIMIT = "Claim shop/data-kafka-0 is at its limit of operations"


def samples(series: Series, end: datetime) -> Iterator[str]:
    """Write the story as the driver's counters and its gauge, and a while beyond: questions come a moment later."""
    stop = int(end.timestamp())
    for (metric, handle), rate in sorted(series.items()):
        total = 0.0
        for at in range(stop - HOURS * 3600, stop + 1800, STEP):
            value = rate(max(0.0, (stop - at) / 3600))
            total += value * STEP
            yield f'{metric}{{volume_id="{handle}"}} {value if metric.endswith("length") else total} {at}'
    yield "# EOF\n"


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """Give what globalConfig says of a Prometheus that has the story of the shop in it."""
    folder = tmp_path_factory.mktemp("prometheus")
    now = datetime.now(UTC)
    objects, _ = shop(now)
    (folder / "samples.txt").write_text("\n".join(samples(series_of(shop_io(), objects), now)))
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h"]
    subprocess.run(
        [*command, str(folder / "samples.txt"), str(folder / "data")], check=True, capture_output=True, timeout=300
    )
    with running(folder) as url:
        yield {"prometheus_url": url}


@pytest.fixture(scope="module")
def world(where: dict[str, object]) -> Iterator[World]:
    objects, _ = shop(datetime.now(UTC))
    with World(objects, ALERTS, more=where) as made:
        yield made


def test_a_volume_at_its_limit_is_told_with_the_figure_and_the_command(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT, **KAFKA))
    assert title(message).startswith(LIMIT)
    said = words(message)
    assert "*Do this:*" in said
    assert "kubectl" in said
    assert {file.name for file in message.files} >= {"data-kafka-0-io.png", "data-kafka-0-io.csv", "queries.promql"}
    assert message.problems == []


def test_a_busy_volume_that_nobody_waits_for_is_healthy(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT, name="data-pg-0", namespace="db"))
    assert title(message).startswith("db/data-pg-0 is healthy: ")


def test_the_cluster_is_told_worst_first_and_what_is_not_known_with_its_switch(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT))
    assert title(message).startswith(LIMIT)
    said = words(message)
    assert "not known" in said
    assert "metrics.serviceMonitor.enabled=true" in said
    assert "performance.csv" in {file.name for file in message.files}
    assert message.problems == []


def test_a_node_is_told_by_its_volumes(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT, kind="node", name="node-a1"))
    assert title(message).startswith(LIMIT)


def test_without_io_metrics_nothing_is_asked(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT, include_io_metrics="false", **KAFKA))
    assert title(message) == "shop/data-kafka-0: 3,000 IOPS and 125 MiB/s allowed (gp3); what it does was not asked"


def test_an_alert_about_a_disk_is_answered_with_the_volumes_of_its_node(world: World) -> None:
    address = next(o["status"]["addresses"][0]["address"] for o in shop(datetime.now(UTC))[0] if o["kind"] == "Node")
    message = next_message(world, lambda: world.runner.send_alerts(disk_alert(datetime.now(UTC), address)))
    assert LIMIT in words(message)


def test_a_tick_sends_the_report_when_its_slot_is_due_and_only_once(where: dict[str, object]) -> None:
    objects, _ = shop(datetime.now(UTC))
    with World(objects, TICK, more=where) as ticking:
        ticking.slack.wait_for(1, 90)
        assert title(ticking.slack.messages[0]).startswith(LIMIT)
        assert len(quiet(ticking)) == 1


def test_a_prometheus_that_is_not_there_is_told_with_what_to_do() -> None:
    objects, _ = shop(datetime.now(UTC))
    with World(objects, [], more={"prometheus_url": "http://127.0.0.1:9"}) as lonely:
        message = next_message(lonely, lambda: lonely.runner.trigger(REPORT, **KAFKA))
    assert title(message).startswith("Whether shop/data-kafka-0 is slow is not known: ")
    assert "prometheus_url" in words(message)
