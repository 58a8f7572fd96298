"""Snapshots that Velero does not move, through the real runner: unknown, until its own list of the volumes is read."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import VELERO_BACKUP, VELERO_DOWNLOAD
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_kinds import VELERO
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.velero_downloads import FileServer
from robusta_volumes._sandbox.velero_script import VeleroScript
from robusta_volumes._sandbox.velero_server import VeleroServer
from robusta_volumes._sandbox.world import World
from worlds import PATIENCE, next_message, title, velero_shop, words

REPORT, WATCH = "volume_backup_management", "volume_backup_freshness"
BLOCK: dict[str, Any] = {"persistentVolumeWorkflows": {"volumeBackupManagement": {}}}
READS: dict[str, Any] = {"persistentVolumeWorkflows": {"volumeBackupManagement": {"readVolumeInfos": True}}}


def objects(now: datetime) -> list[dict[str, Any]]:
    meta = {"name": "nightly-1", "namespace": "velero", "labels": {"velero.io/schedule-name": "nightly"}}
    spec = {"includedNamespaces": ["shop"], "snapshotMoveData": False}
    return [*velero_shop(now).objects, {"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": meta, "spec": spec}]


@pytest.fixture(scope="module")
def files() -> Iterator[FileServer]:
    with FileServer() as made:
        yield made


@pytest.fixture(scope="module")
def world(files: FileServer) -> Iterator[World]:
    server = ApiServer(Store(objects(datetime.now(UTC)), finalizers=True), more=VELERO)
    velero = VeleroServer(server.store, VeleroScript(), files=files)
    with velero, World((), [], server=server, workflows=BLOCK) as made:
        ended = time.monotonic() + PATIENCE
        while (server.store.get(VELERO_BACKUP, "nightly-1", "velero").get("status") or {}).get("phase") != "Completed":
            assert time.monotonic() < ended
            time.sleep(0.1)
        yield made


def ask(world: World, action: str) -> tuple[str, str]:
    message = next_message(
        world, lambda: world.runner.trigger(action, **({} if action == WATCH else {"namespace": "shop"}))
    )
    return title(message), words(message)


def test_by_itself_nothing_is_asked_and_the_step_is_named(world: World, files: FileServer) -> None:
    said, text = ask(world, REPORT)
    assert "could not be seen" in said or "not known" in text, (said, text)
    assert "readVolumeInfos: true" in next_message(
        world, lambda: world.runner.trigger(REPORT, namespace="shop", name="data")
    ).text + words(world.slack.messages[-1])
    assert files.asked == []


def test_the_tick_reads_the_list_and_the_report_counts_the_snapshots(world: World, files: FileServer) -> None:
    world.settle(READS)
    ask(world, WATCH)
    assert files.asked == [("/bucket/backups/nightly-1/nightly-1-volumeinfo.json.gz", 200)]
    said, text = ask(world, REPORT)
    assert said == "Backups of namespace shop: all 2 claims have a good copy within 2 d", text
    assert "Only on the same storage" in text
    ask(world, WATCH)
    assert len(files.asked) == 1  # a list is read once
    assert world.api.store.find(VELERO_DOWNLOAD) == []  # and the requests were taken back


def test_the_signature_stands_in_no_message_and_in_no_log(world: World, files: FileServer) -> None:
    told = "".join(words(message) for message in world.slack.messages)
    assert files.signature not in told + world.runner.log.read_text()
