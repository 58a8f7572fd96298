"""A claim comes back from a backup, and copies are proven, through the real runner: by a Velero that restores real folders, and
by a CSI driver where there is no Velero. The tick of the tests comes by every second meanwhile, and leaves alone what somebody
else follows.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._engines.csi_snapshots import restore_manifest, trial_manifest
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_kinds import VELERO
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.velero_server import VeleroServer
from robusta_volumes._sandbox.world import World
from robusta_volumes._workflows.volume_backups_trial import VERIFIED
from robusta_volumes._workflows.volume_backups_verify import KEY
from worlds import PATIENCE, PLAYBOOKS, next_message, title, words

EVERY_SECOND = [{"on_schedule": {"fixed_delay_repeat": {"repeat": -1, "seconds_delay": 1}}}]
EBS, SCRATCH = "ebs.csi.aws.com", "robusta-volumes-verify"
TICK = [{**p, "triggers": EVERY_SECOND} for p in PLAYBOOKS if p["name"] == "BackupVerify"]
ASK = {"name": "data-pg-0", "namespace": "db"}
ORDERS, LOST = {"name": "orders", "namespace": "shop"}, "orders-verify-lost"


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
    with VeleroServer(kubelet.store, filled=filled), kubelet, World((), TICK, server=server, workflows={}) as made:
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


def test_on_a_schedule_the_next_claim_is_proven_by_itself_and_a_good_test_is_told(
    world: World, kubelet: PodRunner
) -> None:
    (backup,) = kubelet.store.find(k.VELERO_BACKUP)
    kubelet.store.patch(
        k.VELERO_BACKUP, backup["metadata"]["name"], "velero", {"metadata": {"annotations": {VERIFIED: None}}}
    )
    cluster = MemoryCluster()
    cluster.store = kubelet.store
    an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    State(cluster, "robusta").write(KEY, {"slot": an_hour_ago})  # a schedule that is new waits for its next slot
    block = {"verify": {"schedule": "0 * * * *"}}
    workflows = {"persistentVolumeWorkflows": {"volumeBackupManagement": block}}
    message = next_message(world, lambda: world.settle(workflows))
    world.settle({})
    assert title(message).startswith("The backup of db/data-pg-0 can be restored: 5 files, ")
    assert made(kubelet) == []
    (backup,) = kubelet.store.find(k.VELERO_BACKUP)
    assert VERIFIED in backup["metadata"]["annotations"]


# --- snapshots, in a cluster in which no backup tool is installed


def shop() -> list[dict[str, object]]:
    """A shop whose claim has a snapshot of last night, of a class that waits for the first pod."""
    b = Builder(datetime.now(UTC))
    b.add("Namespace", "shop", status={"phase": "Active"})
    b.storage_class("fast", EBS)
    b.bound("shop", "orders", "1Gi", "fast", EBS)
    b.add("VolumeSnapshotClass", "drop", api="snapshot.storage.k8s.io/v1", driver=EBS, deletionPolicy="Delete")
    spec = {"volumeSnapshotClassName": "drop", "source": {"persistentVolumeClaimName": "orders"}}
    b.add("VolumeSnapshot", "orders-1", "shop", api="snapshot.storage.k8s.io/v1", age=600, spec=spec)
    claim = restore_manifest(LOST, "shop", "orders-1", "1Gi", "fast", ("ReadWriteOnce",), "Filesystem")
    forgotten = trial_manifest("orders", claim)
    forgotten["metadata"] |= {"uid": "lost", "creationTimestamp": b.at(180)}
    return [*b.objects, forgotten]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> PodRunner:
    data = tmp_path_factory.mktemp("orders")
    for number in range(7):
        (data / f"{number}.dat").write_bytes(b"x" * 4096)
    return PodRunner(Store(shop(), finalizers=True), Access(), folders={("shop", "orders"): data})


@pytest.fixture(scope="module")
def without_velero(node: PodRunner) -> Iterator[World]:
    server = ApiServer(node.store, access=node.access, routes=node.routes)
    tick = [p for p in PLAYBOOKS if p["name"] == "BackupVerify"]
    env = {"INITIAL_SCHEDULE_DELAY_SEC": "2"}
    with node, CsiStorage(node.store), World((), tick, server=server, workflows={}, env=env) as made:
        yield made
    node.close()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)


def of_test(node: PodRunner) -> list[str]:
    """Name what a test of a snapshot has made and not taken away."""
    found = [*node.store.find(k.CLAIM, "shop", labels=f"{ours.VERIFIES}=true"), *node.store.find(k.POD, "shop")]
    return [o["metadata"]["name"] for o in found]


def test_what_a_forgotten_test_of_a_snapshot_made_is_taken_away_by_the_tick(
    without_velero: World, node: PodRunner
) -> None:
    without_velero.slack.wait_for(1, PATIENCE)
    (message,) = without_velero.slack.messages
    assert title(message) == "Removed what a forgotten test of the snapshot of shop/orders had left"
    until(lambda: of_test(node) == [])
    assert node.store.get(k.CLAIM, "orders", "shop")


def test_without_the_right_to_test_snapshots_nothing_is_made(without_velero: World, node: PodRunner) -> None:
    node.access.deny([("create", "pods", None)])
    trigger = without_velero.runner.trigger
    message = next_message(without_velero, lambda: trigger("verify_volume_backup", dry_run="false", **ORDERS))
    node.access.allow_again()
    assert title(message) == "The snapshot of shop/orders was not tested: the runner may not create pods in shop"
    assert "permissions -n shop --allow snapshot-test | kubectl apply -f -" in words(message)
    assert of_test(node) == []


def test_a_snapshot_is_proven_without_velero_and_nothing_of_the_test_stays(
    without_velero: World, node: PodRunner
) -> None:
    trigger = without_velero.runner.trigger
    message = next_message(without_velero, lambda: trigger("verify_volume_backup", **ORDERS))
    assert title(message).startswith("Plan: test the snapshot of shop/orders as of ")
    message = next_message(without_velero, lambda: trigger("verify_volume_backup", dry_run="false", **ORDERS))
    assert title(message).startswith("The snapshot of shop/orders can be restored: 7 files, ")
    assert "is still on the same storage" in words(message)
    until(lambda: of_test(node) == [])  # the finalizers of Kubernetes take their time
    snapshot = node.store.get(k.SNAPSHOT, "orders-1", "shop")
    uid = node.store.get(k.CLAIM, "orders", "shop")["metadata"]["uid"]
    assert list(json.loads(snapshot["metadata"]["annotations"][VERIFIED])) == [uid]
