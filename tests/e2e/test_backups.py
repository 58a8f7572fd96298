"""Backups through the real runner: who lacks a good copy, once when it begins, once when it is over, and what an alert says."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CLAIM, CONFIG_MAP
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_kinds import K8UP, VELERO, VOLSYNC
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.demo_script import alert
from robusta_volumes._sandbox.story_backups import backups
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import World
from robusta_volumes._workflows.volume_backup_freshness import NOTE
from worlds import PLAYBOOKS, next_message, quiet, title, words

REPORT, WATCH = "volume_backup_management", "volume_backup_freshness"
TICK = [p for p in PLAYBOOKS if p["name"] in {"BackupFreshness", "BackupAlerts"}]
SOON = {"INITIAL_SCHEDULE_DELAY_SEC": "2"}


def watched_for_long(now: datetime) -> dict[str, Any]:
    """What is remembered of a cluster whose backups are watched since a month."""
    memory = MemoryCluster(now=now)
    State(memory, "robusta").write(NOTE, {"since": (now - timedelta(days=30)).isoformat()})
    return memory.store.get(CONFIG_MAP, STATE, "robusta")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    now = datetime.now(UTC)
    store = Store([*backups(now), watched_for_long(now)], finalizers=True)
    server = ApiServer(store, more=(*VELERO, *K8UP, *VOLSYNC))
    with World((), TICK, server=server, env=SOON) as made:
        made.slack.wait_for(4, 60)
        yield made


def test_the_tick_tells_each_namespace_once(world: World) -> None:
    told = [title(message) for message in quiet(world)]
    assert sorted(told) == sorted(
        [
            "Claim finance/ledger-2025 has no good copy within 14 d: the last one, off-site, is 17 d old",
            "Claim blog/posts has no good copy within 2 d: the last one, off-site, is 4 d old",
            "2 of 2 claims in namespace labs have no good copy that is new enough",
            "3 of 7 claims in namespace store have no good copy that is new enough",
        ]
    )
    assert [problem for message in world.slack.messages for problem in message.problems] == []
    again = words(next_message(world, lambda: world.runner.trigger(WATCH)))
    assert "volumeBackupManagement: nothing to tell" in again


def test_what_is_saved_again_is_told_to_be_over(world: World) -> None:
    now = datetime.now(UTC)
    ledger = world.api.store.get(CLAIM, "ledger-2025", "finance")
    velero = VeleroBuilder(Builder(now))
    spec = {"includedNamespaces": ["finance"], "snapshotMoveData": True}
    made = velero.backup(30, schedule="weekly", took=20, spec=spec)
    velero.upload(made, ledger, total=2**30)
    for one in velero.b.objects:
        world.api.store.create(one)
    message = next_message(world, lambda: world.runner.trigger(WATCH))
    assert message.text.startswith("[RESOLVED]")
    assert title(message) == "Backups of namespace finance: no claim lacks a good copy any more"


def test_completed_and_empty_is_the_title_of_the_report_with_tables_and_a_picture(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT, namespace="store"))
    assert title(message).endswith("is Completed, but 3 of 7 claims of namespace store have no data in it")
    said = words(message)
    assert "defaultVolumesToFsBackup: true" in said, said
    assert "no running pod mounts it" in said
    assert {file.name for file in message.files} == {"backups.png", "claims.csv", "backups.csv"}
    assert message.problems == []


def test_a_claim_has_a_history_with_its_own_picture(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT, name="sessions", namespace="store"))
    assert title(message).startswith("Claim store/sessions: last good copy ")
    assert title(message).endswith("off-site (Velero)")
    assert {file.name for file in message.files} == {"copies.png", "copies.csv"}


def test_a_selector_chooses_claims_by_their_labels(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT, selector="no=such"))
    assert title(message) == "Backups of the selection no=such: there is no claim"


def test_an_alert_says_in_its_own_message_which_copy_there_is(world: World) -> None:
    message = next_message(world, lambda: world.runner.send_alerts(alert(datetime.now(UTC), "store", "sessions")))
    said = words(message)
    assert "PersistentVolume is filling up." in said
    assert "*Claim store/sessions: last good copy " in said
    assert "restore_volume_backup" in said


def test_a_cluster_without_any_tool_is_told_once_and_no_namespace_is_blamed() -> None:
    objects, _ = shop(datetime.now(UTC))
    with World(objects, TICK, env=SOON) as bare:
        bare.slack.wait_for(1, 60)
        (message,) = quiet(bare)
        assert title(message) == "Nothing in this cluster makes backups: it has no Velero, K8up or VolSync"
        assert "install Velero" in words(message)
        again = words(next_message(bare, lambda: bare.runner.trigger(WATCH)))
        assert "nothing to tell" in again
