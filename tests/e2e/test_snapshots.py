"""Snapshots through the real runner: a tick that makes what is due, one by hand, and the plan of a prune."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from robusta_volumes._analysis.slots import last_slot
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CONFIG_MAP, SNAPSHOT
from robusta_volumes._model.ours import slot_text
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.csi_script import CsiScript
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.world import World
from worlds import PATIENCE, PLAYBOOKS, next_message, title, words

DRIVER = "hostpath.csi.k8s.io"
HOURLY = {"name": "hourly", "schedule": "0 * * * *", "maxParallel": 2}
BLOCK = {"persistentVolumeWorkflows": {"pvcSnapshots": {"schedules": [HOURLY]}}}
TICK = [p for p in PLAYBOOKS if p["name"] == "SnapshotSchedule"]


def objects() -> list[dict[str, Any]]:
    """Two claims that can be snapshotted, one that cannot, and a schedule that is known since before its last slot."""
    now = datetime.now(UTC)
    b = Builder(now)
    b.add("Namespace", "shop")
    b.storage_class("fast", DRIVER)
    b.storage_class("old", "old.example")
    b.bound("shop", "orders", "1Gi", "fast", DRIVER)
    b.bound("shop", "files", "1Gi", "fast", DRIVER)
    b.bound("shop", "ledger", "1Gi", "old", "old.example")
    b.add("VolumeSnapshotClass", "drop", api="snapshot.storage.k8s.io/v1", driver=DRIVER, deletionPolicy="Delete")
    memory = MemoryCluster(now=now)
    since = last_slot(HOURLY["schedule"], "UTC", now) - timedelta(minutes=30)  # type: ignore[arg-type]  # a text
    State(memory, "robusta").write("snapshots.schedule.hourly", {"since": since.isoformat()})
    return [*b.objects, memory.store.get(CONFIG_MAP, STATE, "robusta")]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    server = ApiServer(Store(objects(), finalizers=True))
    env = {"INITIAL_SCHEDULE_DELAY_SEC": "2"}
    with (
        CsiStorage(server.store, CsiScript()),
        World((), TICK, server=server, workflows=BLOCK, env=env) as made,
    ):
        yield made


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)


def of_the_slot(world: World) -> dict[str, bool]:
    """Give the claims with a snapshot of the schedule, and whether it is ready."""
    found = world.api.store.find(SNAPSHOT, labels="robusta-volumes.dev/schedule=hourly")
    return {
        o["spec"]["source"]["persistentVolumeClaimName"]: bool((o.get("status") or {}).get("readyToUse")) for o in found
    }


def test_the_tick_makes_what_is_due_once_and_tells_of_the_one_that_cannot_be(world: World) -> None:
    until(lambda: of_the_slot(world) == {"orders": True, "files": True})
    world.slack.wait_for(1, PATIENCE)
    message = world.slack.messages[0]
    assert title(message).endswith("2 of 3 made, 1 cannot be snapshotted")
    assert "no snapshot class is for driver old.example" in words(message)
    slot = slot_text(last_slot("0 * * * *", "UTC", datetime.now(UTC)))
    assert all(
        o["metadata"]["labels"]["robusta-volumes.dev/slot"] <= slot for o in world.api.store.find(SNAPSHOT, "shop")
    )
    again = words(next_message(world, lambda: world.runner.trigger("pvc_snapshot_schedule")))
    assert "pvcSnapshots: nothing to tell" in again
    assert len(world.api.store.find(SNAPSHOT)) == 2


def test_one_by_hand_is_called_ready_when_it_is(world: World) -> None:
    ask = {"name": "orders", "namespace": "shop"}
    message = next_message(world, lambda: world.runner.trigger("create_pvc_snapshots", **ask))
    assert title(message) == "Snapshot of shop/orders is ready"


def test_a_prune_shows_its_plan_and_deletes_nothing(world: World) -> None:
    before = len(world.api.store.find(SNAPSHOT))
    message = next_message(world, lambda: world.runner.trigger("prune_pvc_snapshots", schedule="hourly"))
    assert title(message) == 'Prune of "hourly": would remove 0 of 2 snapshots (dry run)'
    assert len(world.api.store.find(SNAPSHOT)) == before
