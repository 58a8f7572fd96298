"""A claim comes back from a backup, and a backup is proven, through the real runner and a Velero that restores real folders."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_kinds import VELERO
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.velero_server import VeleroServer
from robusta_volumes._sandbox.world import World
from robusta_volumes._workflows.volume_backups_trial import VERIFIED
from worlds import next_message, title, words

EBS, SCRATCH = "ebs.csi.aws.com", "robusta-volumes-verify"
ASK = {"name": "data-pg-0", "namespace": "db"}


def story() -> list[dict[str, object]]:
    """A database whose last backup moved its data, and a namespace to test in."""
    b = Builder(datetime.now(UTC))
    velero = VeleroBuilder(b)
    velero.installed()
    for namespace in ("db", SCRATCH):
        b.add("Namespace", namespace, status={"phase": "Active"})
    b.storage_class("gp3", EBS, wait=False)
    claim = b.bound("db", "data-pg-0", "10Gi", "gp3", EBS)
    velero.upload(velero.backup(600, schedule="nightly"), claim)
    return b.objects


@pytest.fixture(scope="module")
def kubelet(tmp_path_factory: pytest.TempPathFactory) -> PodRunner:
    data = tmp_path_factory.mktemp("data")
    for number in range(5):
        (data / f"{number}.dat").write_bytes(b"x" * 4096)
    return PodRunner(Store(story()), Access(), folders={("db", "data-pg-0"): data})


@pytest.fixture(scope="module")
def world(kubelet: PodRunner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    empty = tmp_path_factory.mktemp("empty")

    def filled(source: tuple[str, str], target: tuple[str, str], data: bool) -> None:  # noqa: FBT001 (as it is called)
        kubelet.folders[target] = kubelet.folders[source] if data else empty

    server = ApiServer(kubelet.store, access=kubelet.access, routes=kubelet.routes, more=VELERO)
    with VeleroServer(kubelet.store, filled=filled), kubelet, World((), [], server=server, workflows={}) as made:
        yield made
    kubelet.close()


def made(kubelet: PodRunner) -> list[str]:
    """Name what a test has made and not taken away."""
    kinds = ((k.CLAIM, SCRATCH), (k.POD, SCRATCH))
    return [o["metadata"]["name"] for kind, where in kinds for o in kubelet.store.find(kind, where)]


def test_a_restore_is_planned_first(world: World, kubelet: PodRunner) -> None:
    message = next_message(
        world, lambda: world.runner.trigger("restore_volume_backup", into_namespace="db-restored", **ASK)
    )
    assert title(message).startswith("Plan: restore db/data-pg-0 as of ")
    assert kubelet.store.find(k.VELERO_RESTORE) == []


def test_it_comes_back_beside_the_claim_and_never_over_it(world: World, kubelet: PodRunner) -> None:
    trigger = world.runner.trigger
    refused = next_message(world, lambda: trigger("restore_volume_backup", dry_run="false", **ASK))
    assert title(refused) == "db/data-pg-0 was not restored: there is a claim db/data-pg-0 already"
    message = next_message(
        world, lambda: trigger("restore_volume_backup", into_namespace="db-restored", dry_run="false", **ASK)
    )
    assert title(message).startswith("Claim db-restored/data-pg-0 holds the data of ")
    assert kubelet.folders["db-restored", "data-pg-0"] == kubelet.folders["db", "data-pg-0"]


def test_a_backup_is_proven_and_nothing_of_the_test_stays(world: World, kubelet: PodRunner) -> None:
    message = next_message(world, lambda: world.runner.trigger("verify_volume_backup", dry_run="false", **ASK))
    assert title(message).startswith("The backup of db/data-pg-0 can be restored: 5 files, ")
    assert made(kubelet) == []
    (backup,) = kubelet.store.find(k.VELERO_BACKUP)
    uid = kubelet.store.get(k.CLAIM, "data-pg-0", "db")["metadata"]["uid"]
    assert list(json.loads(backup["metadata"]["annotations"][VERIFIED])) == [uid]


def test_an_empty_backup_does_not_stand_its_test(world: World, kubelet: PodRunner, tmp_path: Path) -> None:
    kept = kubelet.folders["db", "data-pg-0"]
    kubelet.folders["db", "data-pg-0"] = tmp_path
    try:
        message = next_message(world, lambda: world.runner.trigger("verify_volume_backup", dry_run="false", **ASK))
    finally:
        kubelet.folders["db", "data-pg-0"] = kept
    assert title(message).startswith("The backup of db/data-pg-0 failed its test: the restored volume holds no file")
    assert "Do this:" in words(message)
    assert made(kubelet) == []
