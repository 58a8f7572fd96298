"""Nights of snapshots through the real runner: ticks of the schedule, what is too old, the report, a restore, and an alert."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CLAIM, SNAPSHOT
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox import story_nights
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.csi_script import Behaviour, CsiScript
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.demo_script import alert
from robusta_volumes._sandbox.story_shop import CEPH, EBS, LONGHORN
from robusta_volumes._sandbox.world import World
from worlds import PATIENCE, PLAYBOOKS, next_message, quiet, title, words

NIGHTS = [p for p in PLAYBOOKS if p["name"].startswith("Snapshot") or p["name"] == "VolumeAlerts"]
LEDGER = {"name": "ledger", "namespace": "erp"}
NOTHING = "pvcSnapshots: nothing to tell"
NOTE = "snapshots.schedule.nightly"


def objects(now: datetime) -> list[dict[str, Any]]:
    """The story of the demo, with the classes that it needs."""
    b = Builder(now)
    for name, driver in (("gp3", EBS), ("ceph-block", CEPH), ("longhorn", LONGHORN)):
        b.storage_class(name, driver)
    b.storage_class("gp3-now", EBS, wait=False)
    for name, driver in (("ebs", EBS), ("ceph", CEPH)):
        b.add("VolumeSnapshotClass", name, api="snapshot.storage.k8s.io/v1", driver=driver, deletionPolicy="Delete")
    return [*b.objects, *story_nights.nights(now)]


@pytest.fixture(scope="module")
def script() -> CsiScript:
    made = CsiScript()
    made.snapshots.on(Behaviour(error=story_nights.THROTTLED), namespace="archive")
    return made


@pytest.fixture(scope="module")
def world(script: CsiScript) -> Iterator[World]:
    now = datetime.now(UTC)
    block = {"persistentVolumeWorkflows": {"pvcSnapshots": {"schedules": story_nights.schedules(now)}}}
    server = ApiServer(Store(objects(now), finalizers=True))
    with CsiStorage(server.store, script), World((), NIGHTS, server=server, workflows=block) as made:
        yield made


def held(world: World) -> int:
    return len(world.api.store.find(SNAPSHOT, "erp"))


def memory_of(world: World) -> State:
    cluster = MemoryCluster()
    cluster.store = world.api.store
    return State(cluster, "robusta")


def tick(world: World, messages: int = 1) -> list[str]:
    """Tick by hand; give what it says."""
    before = len(world.slack.messages)
    world.runner.trigger("pvc_snapshot_schedule")
    world.slack.wait_for(before + messages, PATIENCE)
    return [title(m).partition(" from ")[0] for m in world.slack.messages[before:]]


def test_the_first_ticks_tell_what_failed_what_is_late_what_will_go_and_who_lacks_one(world: World) -> None:
    world.slack.wait_for(4, PATIENCE)
    said = " | ".join(sorted(title(m) for m in quiet(world, 2.0)))
    assert len(world.slack.messages) == 4, said
    assert 'Snapshots "evening": 1 not ready in time' in said
    assert ": 1 of 3 made, 1 failed, 1 cannot be snapshotted" in said
    assert 'Snapshots "nightly": 6 of 32 snapshots will be deleted from ' in said
    assert "Snapshots: " in said  # the daily report, due at once after the installation
    assert held(world) == 33  # one was made, none deleted


def test_before_the_interval_is_over_another_tick_deletes_nothing_and_says_nothing_new(world: World) -> None:
    assert tick(world) == [NOTHING]
    assert held(world) == 33


def test_after_it_a_tick_carries_out_the_plan_and_in_the_room_that_it_makes_the_next_serves_who_had_failed(
    world: World,
) -> None:
    memory = memory_of(world)
    over = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    memory.write(NOTE, {**memory.read(NOTE), "until": over})  # as if the day had gone by
    said = tick(world)
    if said == [NOTHING]:  # the quota was still full when the tick made what is due: the storage deletes meanwhile
        while held(world) > 33 - 6:
            quiet(world, 0.2)
        said = tick(world)
    assert said == ['Snapshots "nightly": what had failed is made; 1 claim cannot be snapshotted']
    assert held(world) == 33 - 6 + 1


def test_a_late_one_that_becomes_ready_is_taken_back(world: World, script: CsiScript) -> None:
    script.snapshots.on(Behaviour(), namespace="archive")
    while not all((o.get("status") or {}).get("readyToUse") for o in world.api.store.find(SNAPSHOT, "archive")):
        quiet(world, 0.2)
    assert tick(world) == ['Snapshots "evening": every claim has its snapshot again']


def test_the_report_by_hand_names_who_lacks_one_and_shows_the_history_of_a_claim(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger("pvc_snapshots"))
    assert title(message) == "Snapshots: 3 of 4 claims have a good one within 26 h; 1 does not"
    assert "*Do this:* erp/search: create a VolumeSnapshotClass for `driver.longhorn.io`" in words(message)
    one = next_message(world, lambda: world.runner.trigger("pvc_snapshots", kind="pvc", **LEDGER))
    assert title(one).startswith("Claim erp/ledger can be restored from ")
    assert sorted(f.name for f in one.files) == ["snapshots.csv", "snapshots.png"]


def test_a_restore_is_a_plan_first_then_a_new_claim_that_is_followed_until_it_is_bound(world: World) -> None:
    asked = {**LEDGER, "storage_class": "gp3-now", "new_name": "ledger-back"}
    plan = next_message(world, lambda: world.runner.trigger("restore_pvc_snapshot", **asked))
    assert title(plan).startswith("Plan: restore erp/ledger as of ")
    assert {o["metadata"]["name"] for o in world.api.store.find(CLAIM, "erp")} == {"invoices", "ledger", "search"}
    done = next_message(world, lambda: world.runner.trigger("restore_pvc_snapshot", **asked, dry_run=False))
    assert title(done).startswith("Claim erp/ledger-back holds the data of ")
    made = world.api.store.get(CLAIM, "ledger-back", "erp")
    assert (made["status"]["phase"], made["spec"]["resources"]["requests"]["storage"]) == ("Bound", "100Gi")


def test_an_alert_about_a_claim_is_one_message_that_says_from_when_it_could_be_restored(world: World) -> None:
    before = len(world.slack.messages)
    message = next_message(world, lambda: world.runner.send_alerts(alert(datetime.now(UTC), "erp", "ledger")))
    assert len(quiet(world, 2.0)) == before + 1
    assert title(message) == "erp/ledger: PersistentVolume is filling up."
    said = words(message)
    volume, _, snapshots = said.partition("*Claim erp/ledger can be restored from ")
    assert "*Claim erp/ledger is Bound: 100.0 GiB*" in volume
    assert "`restore_pvc_snapshot` brings it back as a new claim" in snapshots
    assert [f.name for f in message.files] == ["ledger.yaml"]
