"""A Prometheus that is not there, refuses, is empty, young, or hangs: through the real runner each is a clear finding in time."""

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from metric_server import MetricServer, Question, Reply, Row, answering, ok, refused
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.demo_script import alert
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import World
from worlds import PLAYBOOKS, next_message, title, words

ALERTS = [p for p in PLAYBOOKS if p["name"] == "DataAlerts"]
REPORT = "persistent_data_analysis"
GIB = 2**30
CLAIM = {"namespace": "db", "persistentvolumeclaim": "data-pg-0"}
NOW = {"used_bytes": 60 * GIB, "available_bytes": 40 * GIB, "capacity_bytes": 100 * GIB}
_DAY = 86_400


class Mood:
    """What the server does at the moment."""

    def __init__(self) -> None:
        self.now = "empty"

    def answer(self, question: Question) -> Reply | Iterator[bytes]:
        if self.now == "web page":
            return 404, b"<!doctype html><title>Grafana</title>"
        if self.now == "credentials":
            return refused(401, "unauthorized", "who are you?")
        if self.now == "hangs":
            return drips()
        return two_days(question) if self.now == "young" else ok([])


def drips() -> Iterator[bytes]:
    """Say now and then a little, and never come to the point."""
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
    for _ in range(600):
        time.sleep(0.2)
        yield b" "


def two_days(question: Question) -> Reply:
    """Know the claim of the alert since yesterday."""
    form = question.form
    if "step" in form:
        end = float(form["end"])
        days: list[Row] = [{"metric": CLAIM, "values": [[end - _DAY, str(58 * GIB)], [end, str(60 * GIB)]]}]
        return ok(days if "used_bytes" in question.query else [])
    if "kubelet_volume_stats" not in question.query or "health" in question.query:
        return ok([])
    names = {f"kubelet_volume_stats_{name}": value for name, value in NOW.items()}
    at = time.time()
    rows: list[Row] = [
        {"metric": {"__name__": name, **CLAIM}, "value": [at, str(number)]} for name, number in names.items()
    ]
    return ok(rows)


@pytest.fixture(scope="module")
def mood() -> Mood:
    return Mood()


@pytest.fixture(scope="module")
def server(mood: Mood) -> Iterator[MetricServer]:
    with answering(mood.answer) as made:
        yield made


@pytest.fixture(scope="module")
def world(server: MetricServer) -> Iterator[World]:
    objects, _ = shop(datetime.now(UTC))
    with World(objects, ALERTS, more={"prometheus_url": server.url}) as made:
        yield made


@pytest.mark.parametrize(
    ("what", "says", "todo"),
    [
        ("web page", "How full the volumes of the cluster are is not known: ", "globalConfig.prometheus_url"),
        ("credentials", "How full the volumes of the cluster are is not known: ", "globalConfig.prometheus_auth"),
        ("empty", "How full the volumes of the cluster are is not known: nothing measures them", "scrape the kubelets"),
        ("hangs", "How full the volumes of the cluster are is not known: ", "*Do this:*"),
    ],
)
def test_what_prometheus_lacks_is_said_with_what_to_do(
    world: World, mood: Mood, what: str, says: str, todo: str
) -> None:
    mood.now = what
    began = time.monotonic()
    message = next_message(world, lambda: world.runner.trigger(REPORT, metrics_seconds="5"))
    assert time.monotonic() - began < 20
    assert title(message).startswith(says)
    assert todo in words(message)
    assert "does not mean that all is well" in words(message)
    assert message.problems == []


def test_two_days_of_history_are_told_as_too_few_and_not_as_well(world: World, mood: Mood) -> None:
    mood.now = "young"
    message = next_message(world, lambda: world.runner.trigger(REPORT, namespace="db"))
    assert title(message) == "No forecast for the volumes of namespace db yet: 2 days of history, 7 days are needed"
    assert "Nothing to do" not in words(message)


def test_an_alert_waits_no_longer_than_its_budget_for_a_prometheus_that_hangs(world: World, mood: Mood) -> None:
    mood.now = "hangs"
    began = time.monotonic()
    message = next_message(world, lambda: world.runner.send_alerts(alert(datetime.now(UTC))))
    assert time.monotonic() - began < 30
    assert "How full db/data-pg-0 is and will be is not known" in words(message)


def test_with_metrics_off_no_question_is_asked(world: World, server: MetricServer, mood: Mood) -> None:
    mood.now = "young"
    before = len(server.asked)
    message = next_message(world, lambda: world.runner.trigger(REPORT, include_metrics="false"))
    assert title(message).endswith("metrics are off")
    assert len(server.asked) == before
