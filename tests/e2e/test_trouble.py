"""The real runner in trouble: each time a clear finding, and the runner lives on."""

import copy
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import as_forwarded
from robusta_volumes._sandbox.demo_script import alert
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import HELM_BLOCK, World
from worlds import WITHOUT_TICKS, forget, next_message, quiet, title, watched, words

ACTION = "persistent_volume_actions"
PREFIX = "workflows.persistentVolumeWorkflows"


def block(workflow: str, **values: object) -> dict[str, Any]:
    """Change one workflow of the Helm block."""
    changed = copy.deepcopy(HELM_BLOCK)
    changed["persistentVolumeWorkflows"][workflow].update(values)
    return changed


@pytest.fixture(scope="module")
def story() -> Iterator[tuple[World, dict[str, Any]]]:
    objects, sent = shop(datetime.now(UTC))
    with World(watched(objects), WITHOUT_TICKS) as world:
        yield world, sent


@pytest.fixture(autouse=True)
def _back_to_normal(story: tuple[World, dict[str, Any]]) -> Iterator[None]:
    yield
    world, _ = story
    world.api.faults.come_back()
    world.api.access.allow_again()
    forget(world)
    assert world.runner.alive, world.runner.tail()
    assert "Failed to execute action" not in world.runner.log.read_text()
    world.settle(HELM_BLOCK)


def test_wrong_settings_of_another_workflow_are_told_once_and_stop_nothing_else(
    story: tuple[World, dict[str, Any]],
) -> None:
    world, sent = story
    world.settle(block("pvcSnapshots", retentionDays="thirty"))
    before = len(world.slack.messages)
    world.runner.send_event(as_forwarded(sent["class typo"]))
    world.slack.wait_for(before + 2, 30)
    titles = {title(m) for m in world.slack.messages[before:]}
    assert titles == {
        'Claim shop/cart-cache cannot bind: storage class "gp33" does not exist',
        f'robusta-volumes: {PREFIX}.pvcSnapshots.retentionDays must be a whole number of days, got "thirty"',
    }
    notice = next(m for m in world.slack.messages[before:] if "retentionDays" in title(m))
    assert "Snapshots and their retention are paused; nothing will be deleted until this is fixed." in words(notice)
    message = next_message(world, lambda: world.runner.send_event(as_forwarded(sent["no class"])))
    assert "names no storage class" in title(message)
    assert len(quiet(world, 2.0)) == before + 3


def test_a_misspelt_key_of_our_own_workflow_pauses_it_and_names_the_right_key(
    story: tuple[World, dict[str, Any]],
) -> None:
    world, sent = story
    world.settle(block("persistentVolumeActions", includeDetail=True))
    message = next_message(world, lambda: world.runner.send_event(as_forwarded(sent["quota"])))
    assert "persistentVolumeActions.includeDetail is not a known key; did you mean includeDetails?" in title(message)
    again = next_message(world, lambda: world.runner.trigger(ACTION, name="uploads", namespace="shop"))
    assert "did you mean includeDetails?" in title(again)  # a person who asks is told each time
    world.runner.send_event(as_forwarded(sent["quota"]))
    assert quiet(world, 2.0)[-1] is again  # events are not


def test_wrong_settings_are_part_of_an_alert_that_meets_them(story: tuple[World, dict[str, Any]]) -> None:
    world, _ = story
    world.settle(block("pvcSnapshots", retentionDays=[1]))
    before = len(world.slack.messages)
    world.runner.send_alerts(alert(datetime.now(UTC)))
    world.slack.wait_for(before + 2, 30)
    first, second = sorted((title(m) for m in world.slack.messages[before:]), key=len)
    assert first == "db/data-pg-0: PersistentVolume is filling up."
    assert "retentionDays must be a whole number of days, got [1]" in second


def test_a_workflow_that_is_off_is_silent_and_answers_a_person_with_one_sentence(
    story: tuple[World, dict[str, Any]],
) -> None:
    world, sent = story
    world.settle(block("persistentVolumeActions", enabled=False))
    before = len(world.slack.messages)
    world.runner.send_event(as_forwarded(sent["class typo"]))
    assert len(quiet(world, 2.0)) == before
    message = next_message(world, lambda: world.runner.trigger(ACTION, name="uploads", namespace="shop"))
    assert title(message) == "persistentVolumeActions is switched off in this cluster"


def test_without_details_a_message_holds_verdict_and_issues_only(story: tuple[World, dict[str, Any]]) -> None:
    world, sent = story
    world.settle(block("persistentVolumeActions", includeDetails=False))
    message = next_message(world, lambda: world.runner.send_event(as_forwarded(sent["class typo"])))
    assert message.files == []
    assert "Facts" not in words(message)
    assert "Did you mean *gp3*?" in words(message)
    overview = next_message(world, lambda: world.runner.trigger(ACTION, namespace="shop"))
    assert {file.name for file in overview.files} == {"issues.csv"}
    assert "Capacity" not in words(overview)


def test_missing_permissions_become_unknown_with_the_rule_to_paste(story: tuple[World, dict[str, Any]]) -> None:
    world, _ = story
    world.api.access.deny([("list", "storageclasses", None), ("list", "volumeattachments", None)])
    message = next_message(world, lambda: world.runner.trigger(ACTION, namespace="shop"))
    text = words(message)
    assert "storageclasses: the runner may not list them" in text
    assert '- apiGroups: ["storage.k8s.io"]\n  resources: ["storageclasses"]\n  verbs: ["get", "list"]' in text
    assert "gp33" not in title(message)  # without the classes nobody can say that this one does not exist


def test_when_nothing_may_be_read_the_finding_says_so(story: tuple[World, dict[str, Any]]) -> None:
    world, _ = story
    world.api.access.deny([("list", "persistentvolumeclaims", None), ("list", "persistentvolumes", None)])
    message = next_message(world, lambda: world.runner.trigger(ACTION))
    assert "neither claims nor volumes can be read" in title(message)
    assert 'resources: ["persistentvolumeclaims"]' in words(message)


def test_a_cluster_wide_list_that_is_refused_falls_back_to_the_namespaces_in_the_settings() -> None:
    objects, _ = shop(datetime.now(UTC))
    everywhere = ["persistentvolumes", "nodes", "storageclasses", "csidrivers", "namespaces"]
    rules = [
        {"apiGroups": ["*"], "resources": everywhere, "verbs": ["*"]},
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"], "namespaces": ["shop", "db", "robusta"]},
    ]
    server = ApiServer(Store(objects), access=Access(rules=rules))
    workflows = block("persistentVolumeActions", namespaces=["shop", "db"])
    with World((), WITHOUT_TICKS, server=server, workflows=workflows) as world:
        message = next_message(world, lambda: world.runner.trigger(ACTION))
        assert "Looked at: namespaces shop, db (reading the whole cluster is not allowed)" in words(message)
        assert "volumeattachments: the runner may not list them" in words(message)
        assert world.slack.messages[-1].problems == []


def test_an_api_server_that_goes_away_in_the_middle_gives_a_finding(story: tuple[World, dict[str, Any]]) -> None:
    world, _ = story
    world.api.faults.drop(path="/storageclasses|/pods|/nodes|/persistentvolumes", times=None)
    message = next_message(world, lambda: world.runner.trigger(ACTION, namespace="shop"))
    assert title(message).startswith("Looking at namespace shop failed")
    assert "that does not mean that it is well" in words(message)


def test_too_many_requests_are_waited_for(story: tuple[World, dict[str, Any]]) -> None:
    world, _ = story
    world.api.faults.too_many(1, path="/persistentvolumeclaims", times=1)
    message = next_message(world, lambda: world.runner.trigger(ACTION, name="uploads", namespace="shop"))
    assert "Claim shop/uploads is Bound" in title(message)


def test_a_cluster_without_snapshots_says_that_they_were_not_looked_at() -> None:
    objects, _ = shop(datetime.now(UTC))
    kept = [o for o in objects if not o["kind"].startswith("VolumeSnapshot")]
    with World((), WITHOUT_TICKS, server=ApiServer(Store(kept), absent=["snapshot.storage.k8s.io"])) as world:
        message = next_message(world, lambda: world.runner.trigger(ACTION, namespace="db"))
        assert "volumesnapshots: this cluster does not serve them" in words(message)
