"""The real runner with params that cannot be used, and with a workflow that is off: told once, or not at all."""

import copy
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.builder import as_forwarded
from robusta_volumes._sandbox.demo_script import alert
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import HELM_BLOCK, World, global_config
from worlds import PLAYBOOKS, WITHOUT_TICKS, next_message, quiet, title, words

ACTION = "persistent_volume_actions"
OURS = [p for p in WITHOUT_TICKS if any(ACTION in action for action in p["actions"])]
OFF = copy.deepcopy(HELM_BLOCK)
OFF["persistentVolumeWorkflows"]["persistentVolumeActions"]["enabled"] = False


def with_params(playbooks: list[Any], **params: object) -> list[Any]:
    """Write params below our action in every playbook."""
    changed = copy.deepcopy(playbooks)
    for playbook in changed:
        for action in playbook["actions"]:
            action[ACTION] = {**(action.get(ACTION) or {}), **params}
    return changed


@pytest.fixture(scope="module")
def story() -> Iterator[tuple[World, dict[str, Any]]]:
    objects, sent = shop(datetime.now(UTC))
    with World(objects, OURS) as world:
        yield world, sent


@pytest.fixture(autouse=True)
def _lives_on(story: tuple[World, dict[str, Any]]) -> Iterator[None]:
    yield
    world, _ = story
    assert world.runner.alive, world.runner.tail()
    assert "Failed to execute action" not in world.runner.log.read_text()
    world.settle(HELM_BLOCK)


def configure(world: World, playbooks: list[Any], workflows: dict[str, Any], **more: object) -> None:
    """Change playbooks and globalConfig in the running runner."""
    config = {**global_config(workflows), **more}
    world.runner.configure({**world.config, "active_playbooks": playbooks, "global_config": config})
    world.runner.reload()


def every_event(world: World, sent: dict[str, Any]) -> None:
    for name in ("class typo", "no class", "quota"):
        world.runner.send_event(as_forwarded(sent[name]))


def test_a_wrong_param_in_a_playbook_is_told_once_and_not_with_every_event(story: tuple[World, dict[str, Any]]) -> None:
    world, sent = story
    before = len(world.slack.messages)
    configure(world, with_params(OURS, include_details="perhaps"), HELM_BLOCK)
    every_event(world, sent)
    (message,) = quiet(world)[before:]
    assert title(message).startswith(f"{ACTION} was not run: action param include_details must be true or false")
    assert "playbook" in words(message)


def test_a_wrong_param_of_a_workflow_that_is_off_is_no_message(story: tuple[World, dict[str, Any]]) -> None:
    world, sent = story
    before = len(world.slack.messages)
    configure(world, with_params(OURS, include_details="maybe"), OFF)
    every_event(world, sent)
    assert len(quiet(world)) == before


def test_a_workflow_that_is_off_adds_nothing_to_an_alert(story: tuple[World, dict[str, Any]]) -> None:
    world, _ = story
    configure(world, OURS, OFF)
    before = len(world.slack.messages)
    world.api.requests.clear()
    world.runner.send_alerts(alert(datetime.now(UTC)))
    assert len(quiet(world)) == before
    assert not [r for r in world.api.requests if "persistentvolume" in r.path]
    world.settle(HELM_BLOCK)  # the very same alert is enriched once the workflow is on
    message = next_message(world, lambda: world.runner.send_alerts(alert(datetime.now(UTC))))
    assert title(message) == "db/data-pg-0: PersistentVolume is filling up."


def test_a_workflow_that_is_off_has_no_scheduled_report(story: tuple[World, dict[str, Any]]) -> None:
    world, _ = story
    ticking = [copy.deepcopy(p) for p in PLAYBOOKS if p["name"] == "VolumeReport"]
    ticking[0]["triggers"][0]["on_schedule"]["fixed_delay_repeat"]["seconds_delay"] = 1
    before = len(world.slack.messages)
    world.api.requests.clear()
    configure(world, ticking, OFF)
    assert len(quiet(world, 5.0)) == before
    assert "on_schedule" in ticking[0]["triggers"][0]
    assert not [r for r in world.api.requests if "persistentvolume" in r.path]
    configure(world, ticking, HELM_BLOCK)  # the very same tick reports once the workflow is on
    world.slack.wait_for(before + 1, 30)
    assert "storage problems in the cluster" in title(world.slack.messages[before])


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"namepace": "shop"}, "action param namepace is not a known param; did you mean namespace?"),
        ({"name": "uploads", "namespace": "shop", "include_detials": "false"}, "did you mean include_details?"),
        ({"namespace": "shop", "includeDetails": "false"}, "did you mean include_details?"),
    ],
)
def test_a_misspelt_param_is_not_silently_ignored(
    story: tuple[World, dict[str, Any]], params: dict[str, str], says: str
) -> None:
    world, _ = story
    message = next_message(world, lambda: world.runner.trigger(ACTION, **params))
    assert title(message).startswith(f"{ACTION} was not run: ")
    assert title(message).endswith(says)


def test_a_key_of_the_global_config_is_nobodys_misspelt_param(story: tuple[World, dict[str, Any]]) -> None:
    world, _ = story
    configure(world, OURS, HELM_BLOCK, names="mine", timezone="UTC", cluster_zone="b", grafana_url="http://g")
    message = next_message(world, lambda: world.runner.trigger(ACTION, name="uploads", namespace="shop"))
    assert title(message).startswith("Claim shop/uploads is Bound")
