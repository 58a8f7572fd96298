"""The real runner on the sandbox: each kind of trigger starts the action, and the recorded Slack messages are right."""

import copy
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._analysis.ledger import from_json
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.builder import as_change, as_forwarded
from robusta_volumes._sandbox.demo_script import alert
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import World
from robusta_volumes._workflows.volume_news import KEY
from worlds import PATIENCE, PLAYBOOKS, WITHOUT_TICKS, next_message, quiet, title, watched, words

Sent = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def story() -> Iterator[tuple[World, Sent]]:
    objects, sent = shop(datetime.now(UTC))
    with World(watched(objects), WITHOUT_TICKS) as world:
        yield world, sent


def test_a_warning_event_gives_cause_and_command(story: tuple[World, Sent]) -> None:
    world, sent = story
    message = next_message(world, lambda: world.runner.send_event(as_forwarded(sent["class typo"])))
    assert title(message) == 'Claim shop/cart-cache cannot bind: storage class "gp33" does not exist'
    assert "Did you mean *gp3*?" in words(message)
    assert "kubectl -n shop get pvc cart-cache" in words(message)
    assert {file.name for file in message.files} == {"cart-cache.yaml"}
    assert message.problems == []


def test_the_same_event_again_says_nothing_new(story: tuple[World, Sent]) -> None:
    world, sent = story
    next_message(world, lambda: world.runner.send_event(as_forwarded(sent["volume taken"])))
    before = len(world.slack.messages)
    for _ in range(5):
        world.runner.send_event(as_forwarded(sent["volume taken"]))
    assert [title(m) for m in quiet(world, 2.0)[before:]] == []


def test_a_normal_event_that_carries_the_cause_is_heard(story: tuple[World, Sent]) -> None:
    world, sent = story
    message = next_message(world, lambda: world.runner.send_event(as_forwarded(sent["no class"])))
    assert title(message).endswith("it names no storage class and the cluster has no default")


def test_other_normal_events_do_not_call_us(story: tuple[World, Sent]) -> None:
    world, sent = story
    before, asked = len(world.slack.messages), len(world.api.requests)
    body = as_forwarded({**sent["no class"], "reason": "ProvisioningSucceeded"})
    world.runner.send_event(body)
    assert len(quiet(world, 2.0)) == before
    assert not [r for r in world.api.requests[asked:] if "persistentvolumeclaims" in r.path]


def test_an_event_about_a_pod_names_the_volume(story: tuple[World, Sent]) -> None:
    world, sent = story
    message = next_message(world, lambda: world.runner.send_event(as_forwarded(sent["cannot mount"])))
    assert title(message) == "Pod media/thumbnailer cannot mount fonts: the folder does not exist on the node"


def test_an_event_about_a_statefulset_names_the_quota(story: tuple[World, Sent]) -> None:
    world, sent = story
    message = next_message(world, lambda: world.runner.send_event(as_forwarded(sent["quota"])))
    assert "StatefulSet ledger has 1 of 3 replicas" in title(message)
    assert "patch resourcequota storage" in words(message)


def test_an_event_looks_at_eight_lists_at_most(story: tuple[World, Sent]) -> None:
    world, sent = story
    world.api.requests.clear()
    next_message(world, lambda: world.runner.send_event(as_forwarded(sent["static mismatch"])))
    assert 0 < len([r for r in world.api.requests if "limit=" in r.path]) <= 8
    assert not [r for r in world.api.requests if "/persistentvolumeclaims/" in r.path]  # no request per object


def test_a_volume_that_is_released_is_reported_from_its_change(story: tuple[World, Sent]) -> None:
    world, sent = story
    old = {**sent["released"], "status": {"phase": "Bound"}}
    message = next_message(world, lambda: world.runner.send_event(as_change("update", sent["released"], old)))
    assert title(message).startswith("Volume pvc-ledger-2024 is Released: 80.0 GiB of payments/ledger-2024 is kept")


def test_a_deleted_volume_still_reports_when_it_is_gone(story: tuple[World, Sent]) -> None:
    world, sent = story
    message = next_message(world, lambda: world.runner.send_event(as_change("delete", sent["lost"])))
    assert title(message).startswith("Claim analytics/events has lost its volume pvc-events-2023")
    manifest = next(file for file in message.files if file.name == "pvc-events-2023.yaml")
    assert b"volumeHandle: vol-0cc33dd44" in manifest.contents


def test_an_alert_is_enriched_and_its_title_says_which_claim(story: tuple[World, Sent]) -> None:
    world, _ = story
    message = next_message(world, lambda: world.runner.send_alerts(alert(datetime.now(UTC))))
    assert title(message) == "db/data-pg-0: PersistentVolume is filling up."
    assert "Prometheus Alert Firing" in words(message)
    assert '"storage":"150Gi"' in words(message)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"name": "uploads", "namespace": "shop"}, "Claim shop/uploads is Bound: 200.0 GiB, no problem found"),
        ({"name": "nfs-tmp"}, "Volume nfs-tmp could not be reclaimed"),
        ({"kind": "pv", "name": "nfs-tmp"}, "Volume nfs-tmp could not be reclaimed"),
        (
            {"kind": "PersistentVolumeClaim", "name": "events", "namespace": "analytics"},
            "Claim analytics/events has lost",
        ),
        ({"kind": "pod", "name": "encoder-b", "namespace": "media"}, "Pod media/encoder-b cannot start"),
        (
            {"kind": "sts", "name": "ledger", "namespace": "payments"},
            "Storage quota storage in namespace payments is full",
        ),
        ({"namespace": "db"}, "storage problems in namespace db"),
        ({"kind": "sc", "name": "gp3"}, "storage problems in storage class gp3"),
        ({"kind": "node", "name": "node-a1"}, "on node node-a1"),
        ({"selector": "app=data-redis-0"}, "The claim of the selection app=data-redis-0 is healthy"),
        ({"selector": "app=data-pg-0"}, "Snapshot db/pg-before-upgrade is no protection for data-pg-0"),
        ({"namespace": "monitoring"}, "of namespace monitoring are healthy"),
        ({}, "storage problems in the cluster"),
        ({"name": "uplods", "namespace": "shop"}, "Claim shop/uplods does not exist"),
        ({"name": "nfs-tmpp"}, "Volume nfs-tmpp does not exist"),
        ({"namespace": "shoop"}, "Namespace shoop does not exist"),
        (
            {"kind": "banana", "name": "x"},
            "must be pvc, pv, pod, deployment, statefulset, daemonset, job, cronjob, namespace, storageclass, node or cluster",
        ),
        (
            {"name": "uploads", "namespace": "shop", "include_details": "perhaps"},
            "include_details must be true or false",
        ),
    ],
)
def test_by_hand(story: tuple[World, Sent], params: dict[str, str], says: str) -> None:
    world, _ = story
    message = next_message(world, lambda: world.runner.trigger("persistent_volume_actions", **params))
    assert says in title(message)
    assert message.problems == []


def test_a_missing_target_suggests_the_nearest_names(story: tuple[World, Sent]) -> None:
    world, _ = story
    ask = {"name": "kafka-data", "namespace": "shop", "kind": "pvc"}
    message = next_message(world, lambda: world.runner.trigger("persistent_volume_actions", **ask))
    assert "data-kafka-0" in words(message)


def test_no_message_broke_a_limit_of_slack_and_the_runner_lives(story: tuple[World, Sent]) -> None:
    world, _ = story
    assert [p for m in world.slack.messages for p in m.problems] == []
    assert world.runner.alive
    assert "Traceback" not in world.runner.log.read_text()


def test_the_scheduled_report_comes_once_and_not_again_after_a_restart() -> None:
    objects, _ = shop(datetime.now(UTC))
    with World(objects, [p for p in PLAYBOOKS if p["name"] == "VolumeReport"]) as world:
        world.slack.wait_for(1, 30)
        assert "storage problems in the cluster" in title(world.slack.messages[0])
        assert {"issues.csv", "classes.csv", "volumes.csv", "capacity.png"} == {
            f.name for f in world.slack.messages[0].files
        }
        world.runner.configure(_ticking(world.config))
        world.runner.reload()  # later ticks of the same process know that it was sent
        _wait_until_sure(world)
        world.runner.stop()
        world.runner.start()
        assert len(quiet(world, 6.0)) == 1


def _ticking(config: dict[str, Any]) -> dict[str, Any]:
    fast = copy.deepcopy(config)
    fast["active_playbooks"][0]["triggers"][0]["on_schedule"]["fixed_delay_repeat"]["seconds_delay"] = 2
    return fast


def _wait_until_sure(world: World) -> None:
    """Wait until it is remembered of everything that it was sent: from then on a restart repeats nothing."""
    cluster = MemoryCluster()
    cluster.store = world.api.store
    state = State(cluster, "robusta")
    deadline = time.monotonic() + PATIENCE
    while True:
        ledger = from_json(state.read(KEY))
        unsure = [one for one in (*ledger.open.values(), *ledger.over.values()) if one.by]
        if ledger.baseline and not unsure and state.read("persistentVolumeActions").get("announced"):
            return
        assert time.monotonic() < deadline, f"{len(unsure)} are not sure\n{world.runner.tail()}"
        time.sleep(0.2)
