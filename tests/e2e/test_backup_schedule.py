"""Backups by schedule through the real runner: the plan first, then the night, judged; one by hand; and what is too many goes."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import VELERO_BACKUP, VELERO_DELETE
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_kinds import VELERO
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.velero_script import VeleroScript
from robusta_volumes._sandbox.velero_server import VeleroServer
from robusta_volumes._sandbox.world import World
from robusta_volumes._workflows.volume_backup_schedule import KEY
from worlds import PATIENCE, next_message, title, velero_shop, words

TICK = "volume_backup_schedule"
NOTHING = "volumeBackupManagement: nothing to tell"
BLOCK: dict[str, Any] = {"backupSchedule": "0 * * * *", "mode": "ticks", "keepLast": 30}


def memory_of(world: World) -> State:
    cluster = MemoryCluster()
    cluster.store = world.api.store
    return State(cluster, "robusta")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    now = datetime.now(UTC)
    server = ApiServer(Store(velero_shop(now).objects, finalizers=True), more=VELERO)
    workflows = {"persistentVolumeWorkflows": {"volumeBackupManagement": BLOCK}}
    with VeleroServer(server.store, VeleroScript()), World((), [], server=server, workflows=workflows) as made:
        yield made


def ours(world: World) -> list[dict[str, Any]]:
    return world.api.store.find(VELERO_BACKUP, labels="robusta-volumes.dev/slot")


def test_the_first_slot_tells_the_plan_and_makes_nothing(world: World) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    memory_of(world).write(KEY, {"since": yesterday, "times_of": "0 * * * * UTC"})
    message = next_message(world, lambda: world.runner.trigger(TICK))
    assert title(message).endswith("on: 2 claims, at most 20.0 GiB a night")
    assert "shop/data" in words(message)
    assert ours(world) == []
    assert NOTHING in words(next_message(world, lambda: world.runner.trigger(TICK)))


def test_the_next_slot_makes_the_backup_once_and_a_good_one_is_no_message(world: World) -> None:
    noted = memory_of(world).read(KEY)
    served = datetime.fromisoformat(noted["served"]) - timedelta(hours=1)
    memory_of(world).write(KEY, {**noted, "served": served.isoformat()})  # an hour has gone by
    for _ in range(2):
        assert NOTHING in words(next_message(world, lambda: world.runner.trigger(TICK)))
    ended = time.monotonic() + PATIENCE
    while ours(world)[0].get("status", {}).get("phase") != "Completed" and time.monotonic() < ended:
        time.sleep(0.2)
    assert NOTHING in words(next_message(world, lambda: world.runner.trigger(TICK)))
    (made,) = ours(world)
    assert made["spec"]["snapshotMoveData"] is True
    assert memory_of(world).read(KEY)["judged"] == made["metadata"]["name"]


def test_one_by_hand_is_judged_by_each_claim(world: World) -> None:
    before = len(world.slack.messages)
    world.runner.trigger("create_volume_backups", namespace="shop", name="data", wait="30")
    world.slack.wait_for(before + 1, PATIENCE + 30)
    message = world.slack.messages[before]
    assert title(message) == "Backup of shop/data is done: data of 1 of 1 claim in it"
    assert "shop/files" in words(message)  # Velero selects by namespace, so that is in it, too


def test_a_prune_shows_the_plan_and_deletes_nothing(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger("prune_volume_backups", keep_last="1"))
    assert title(message) == "Prune of backups: would delete 0 of 1 backup (dry run)"
    assert world.api.store.find(VELERO_DELETE) == []
    assert [problem for one in world.slack.messages for problem in one.problems] == []
