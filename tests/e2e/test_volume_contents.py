"""What is in a volume, through the real runner: from a pod that has it, with a pod of our own, and after a runner that died."""

import contextlib
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contents_world import MIB, PATH, objects, pod, postgres, snapshot_class, write
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CLAIM, POD, SNAPSHOT
from robusta_volumes._model.ours import INSPECTS
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_exec import PodExec
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.ephemeral import EphemeralRunner
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.shell import PodShell
from robusta_volumes._sandbox.world import World
from worlds import PATIENCE, next_message, title, words

ASK = {"name": "data-pg-0", "namespace": "db"}
HOLDS = "db/data-pg-0 holds 9.5 MiB in 8 files: 42 % is in pg_wal"


@pytest.fixture(scope="module")
def kubelet(tmp_path_factory: pytest.TempPathFactory) -> PodRunner:
    volume = postgres(tmp_path_factory.mktemp("volume"))
    write(volume, b"\n$(touch pwned) '\"\xff", 4 * MIB)
    store = Store([*objects(pod("data-pg-0", "pg-0")), snapshot_class()], finalizers=True)
    return PodRunner(store, Access(), folders={("db", "data-pg-0"): volume})


@pytest.fixture(scope="module")
def world(kubelet: PodRunner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    shell = PodShell(tmp_path_factory.mktemp("pods"))
    shell.mounts["db", "pg-0"] = {PATH: kubelet.folders["db", "data-pg-0"]}
    routes = [*PodExec(kubelet.store, kubelet.access, shell).routes, *kubelet.routes]
    server = ApiServer(kubelet.store, access=kubelet.access, routes=routes)
    env = {"IMAGE_REGISTRY": "registry.internal/mirror"}
    with (
        kubelet,
        EphemeralRunner(kubelet),
        CsiStorage(kubelet.store),
        World((), [], server=server, workflows={}, env=env) as made,
    ):
        yield made
    kubelet.close()


def ours(kubelet: PodRunner) -> list[str]:
    return [o["metadata"]["name"] for o in kubelet.store.find(POD, labels=INSPECTS)]


def phases(kubelet: PodRunner) -> list[str]:
    return [(o.get("status") or {}).get("phase", "Pending") for o in kubelet.store.find(POD, labels=INSPECTS)]


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)


def test_a_pod_that_has_the_volume_is_asked(world: World, kubelet: PodRunner) -> None:
    message = next_message(world, lambda: world.runner.trigger("volume_contents", **ASK))
    assert title(message) == HOLDS
    assert "Looked at from pod `pg-0`, container `app`." in words(message)
    assert "select slot_name, active from pg_replication_slots;" in words(message)
    assert kubelet.manifests == []


def test_a_pod_of_our_own_tells_the_same_and_is_gone(world: World, kubelet: PodRunner) -> None:
    message = next_message(world, lambda: world.runner.trigger("volume_contents", way="pod", **ASK))
    assert title(message) == HOLDS
    assert "Looked at from a pod of our own, deleted since." in words(message)
    assert ours(kubelet) == []
    assert kubelet.manifests[-1]["spec"]["containers"][0]["image"] == "registry.internal/mirror/busybox:1.36.1"


def test_without_any_right_the_command_that_gives_it_is_told(world: World, kubelet: PodRunner) -> None:
    kubelet.access.deny([("create", "pods/exec", None), ("create", "pods", None)])
    message = next_message(world, lambda: world.runner.trigger("volume_contents", **ASK))
    kubelet.access.allow_again()
    assert title(message).startswith("Nobody can look into db/data-pg-0: the runner lacks the right to look there")
    assert "permissions -n db --allow contents | kubectl apply -f -" in words(message)


def test_a_runner_that_dies_in_the_middle_leaves_a_pod_and_the_next_run_removes_it(
    world: World, kubelet: PodRunner
) -> None:
    kubelet.slow = True
    done = threading.Thread(target=_asked, args=(world,))
    done.start()
    until(lambda: phases(kubelet) == ["Running"])
    world.runner.stop()
    done.join(PATIENCE)
    (left,) = kubelet.store.find(POD, labels=INSPECTS)
    assert left["spec"]["activeDeadlineSeconds"] == 160  # by then the kubelet ends it, whoever else is there
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    left["metadata"]["creationTimestamp"] = long_ago.strftime("%Y-%m-%dT%H:%M:%SZ")
    kubelet.store.take([left])
    until(lambda: phases(kubelet) == ["Failed"])
    kubelet.slow = False
    world.runner.start()
    message = next_message(world, lambda: world.runner.trigger("volume_contents", way="pod", **ASK))
    assert title(message) == HOLDS
    assert ours(kubelet) == []


def test_a_copy_is_looked_at_where_that_is_asked_for_and_nothing_of_it_stays(world: World, kubelet: PodRunner) -> None:
    message = next_message(world, lambda: world.runner.trigger("volume_contents", way="snapshot", dry_run=True, **ASK))
    assert "in a copy: a snapshot (class `csi`) and a claim of 10.0 GiB from it (class `gp3`)" in words(message)
    message = next_message(world, lambda: world.runner.trigger("volume_contents", way="snapshot", **ASK))
    assert title(message) == HOLDS
    assert "over a copy, made from a snapshot that was taken for it; deleted since." in words(message)
    claim = kubelet.manifests[-1]["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"]
    assert claim.startswith("volume-contents-")
    until(lambda: [o for kind in (CLAIM, SNAPSHOT, POD) for o in kubelet.store.find(kind, labels=INSPECTS)] == [])
    assert kubelet.store.get(CLAIM, "data-pg-0", "db")["status"]["phase"] == "Bound"


def test_without_the_right_to_make_a_copy_none_is_made_and_the_command_that_gives_it_is_told(
    world: World, kubelet: PodRunner
) -> None:
    kubelet.access.deny([("create", "volumesnapshots", None)])
    message = next_message(world, lambda: world.runner.trigger("volume_contents", way="snapshot", **ASK))
    kubelet.access.allow_again()
    assert "the runner may not create volumesnapshots.snapshot.storage.k8s.io in db" in words(message)
    assert "permissions -n db --allow contents,copies | kubectl apply -f -" in words(message)


def test_a_container_is_added_to_the_pod_where_that_is_asked_for_and_it_is_said_that_it_stays(
    world: World, kubelet: PodRunner
) -> None:
    message = next_message(world, lambda: world.runner.trigger("volume_contents", way="debug", **ASK))
    assert title(message) == HOLDS
    assert "Kubernetes takes none out again: it stays listed there until the pod goes" in words(message)
    (made,) = kubelet.store.get(POD, "pg-0", "db")["spec"]["ephemeralContainers"]
    assert made["image"] == "registry.internal/mirror/busybox:1.36.1"


def _asked(world: World) -> None:
    with contextlib.suppress(urllib.error.URLError, OSError):
        world.runner.trigger("volume_contents", way="pod", **ASK)


def test_nothing_that_a_name_says_was_done(kubelet: PodRunner) -> None:
    folder: Path = kubelet.folders["db", "data-pg-0"]
    assert not list(folder.rglob("pwned"))
    assert not Path("pwned").exists()
