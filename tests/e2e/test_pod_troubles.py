"""A full volume whose pods suffer, through the real runner: what ended and what a log says of its disk is in the message."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from metric_server import Question, Reply, Row, answering, ok
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_logs import PodLogs
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import World
from worlds import next_message, title, words

REPORT = "persistent_data_analysis"
CLAIM = {"namespace": "db", "persistentvolumeclaim": "data-pg-0"}
FULL = {"used_bytes": 100 * 2**30, "available_bytes": 0, "capacity_bytes": 100 * 2**30}
LOG = "password=hunter2\nPANIC:  could not write to file: No space left on device\n"


def full(question: Question) -> Reply:
    """Know one claim, which is full, and nothing of yesterday."""
    if "step" in question.form or "kubelet_volume_stats" not in question.query or "health" in question.query:
        return ok([])
    rows: list[Row] = [
        {"metric": {"__name__": f"kubelet_volume_stats_{name}", **CLAIM}, "value": [time.time(), str(number)]}
        for name, number in FULL.items()
    ]
    return ok(rows)


def crashing() -> list[dict[str, Any]]:
    """Give the shop, in which pg-0 ended a minute ago and was started again."""
    now = datetime.now(UTC)
    objects, _ = shop(now)
    pod = next(o for o in objects if (o["kind"], o["metadata"]["name"]) == ("Pod", "pg-0"))
    volume = pod["spec"]["volumes"][0]["name"]
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": volume, "mountPath": "/data"}]
    ended = (now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    last = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": ended}}
    pod["status"]["containerStatuses"] = [{"name": "main", "restartCount": 4, "lastState": last}]
    return list(objects)


@pytest.fixture(scope="module")
def access() -> Access:
    return Access()


@pytest.fixture(scope="module")
def world(access: Access) -> Iterator[World]:
    routes = PodLogs(access, {("db", "pg-0"): "ready\n"}, {("db", "pg-0"): LOG}).routes
    server = ApiServer(Store(crashing()), access=access, routes=routes)
    with answering(full) as metrics, World([], [], server=server, more={"prometheus_url": metrics.url}) as made:
        yield made


def test_a_full_volume_whose_pod_ends_again_is_told_with_the_words_of_its_log_and_none_else(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT))
    said = words(message)
    assert title(message).startswith("db/data-pg-0 is full")
    assert "*Its pods:* Container main of pg-0 was started again 4 times, it ended last " in said
    assert 'says "No space left on device" (1 line).' in said
    assert not any(
        "hunter2" in text for text in (said, *(file.text for file in message.files if hasattr(file, "text")))
    )
    assert message.problems == []


def test_where_logs_may_not_be_read_the_message_says_so_and_which_role_allows_it(world: World, access: Access) -> None:
    access.deny([("get", "pods/log", None)])
    said = words(next_message(world, lambda: world.runner.trigger(REPORT)))
    assert "*Its pods:* Container main of pg-0 was started again 4 times" in said
    assert "No space left" not in said
    assert said.count("pods/log: the runner may not read them in db") == 1
    assert "permissions -n db --allow logs" in said
