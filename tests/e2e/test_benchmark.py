"""A storage class is tried through the real runner: planned, with real fio, after a runner that died, not without the right."""

import contextlib
import threading
import time
import urllib.error
from collections.abc import Iterator

import pytest

from benchmark_world import HOME, IMAGE, NOON, objects
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.benchmark import Run
from robusta_volumes._model.kind import CLAIM, POD
from robusta_volumes._model.ours import BENCHMARKS
from robusta_volumes._model.trial import written
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.world import World
from worlds import PATIENCE, next_message, title, words

ACTION = "benchmark_storage_class"
SMALL = {"allowExisting": True, "image": IMAGE, "size": 1, "seconds": 1, "mostWritten": 4, "mostFull": 99}
BLOCK = {"persistentVolumeWorkflows": {"volumePerformanceAnalysis": {"benchmark": SMALL}}}


@pytest.fixture(scope="module")
def kubelet(tmp_path_factory: pytest.TempPathFactory) -> PodRunner:
    store = Store(objects(), finalizers=True)
    return PodRunner(store, Access(), fresh=tmp_path_factory.mktemp("volumes"))


@pytest.fixture(scope="module")
def world(kubelet: PodRunner) -> Iterator[World]:
    server = ApiServer(kubelet.store, access=kubelet.access, routes=kubelet.routes)
    with kubelet, CsiStorage(kubelet.store), World((), [], server=server, workflows=BLOCK) as made:
        yield made
    kubelet.close()


def ours(kubelet: PodRunner) -> int:
    return sum(len(kubelet.store.find(kind, labels=BENCHMARKS)) for kind in (POD, CLAIM))


def until_gone(kubelet: PodRunner) -> None:
    """What is deleted goes when its finalizers do."""
    end = time.monotonic() + PATIENCE
    while ours(kubelet):
        assert time.monotonic() < end, "something of the benchmark stays"
        time.sleep(0.1)


def test_the_plan_says_what_would_be_written_and_makes_nothing(world: World, kubelet: PodRunner) -> None:
    message = next_message(world, lambda: world.runner.trigger(ACTION, name="gp3"))
    assert title(message) == "Plan: try storage class gp3 with fio"
    assert "It writes at most 4.0 GiB" in words(message)
    assert ours(kubelet) == 0


def test_without_a_prometheus_nobody_knows_how_busy_a_claim_is_and_that_is_said(
    world: World, kubelet: PodRunner
) -> None:
    asked = {"claim": "data-pg-0", "namespace": "db"}
    message = next_message(world, lambda: world.runner.trigger(ACTION, **asked))
    assert title(message) == "Plan: try claim db/data-pg-0 with fio"
    assert "Pod `pg-0` will feel it." in words(message)
    assert "How busy it is was not measured" in words(message)
    assert ours(kubelet) == 0


def test_without_the_right_the_command_that_gives_it_is_told(world: World, kubelet: PodRunner) -> None:
    kubelet.access.deny([("create", "pods", None)])
    message = next_message(world, lambda: world.runner.trigger(ACTION, name="gp3", dry_run=False))
    kubelet.access.allow_again()
    assert "permissions -n robusta --allow benchmark | kubectl apply -f -" in words(message)
    assert ours(kubelet) == 0


@pytest.mark.needs("fio")
def test_a_class_is_tried_and_nothing_of_it_stays(world: World, kubelet: PodRunner) -> None:
    message = next_message(world, lambda: world.runner.trigger(ACTION, name="gp3", dry_run=False))
    assert title(message).startswith("Benchmark of storage class gp3: ")
    assert "Written: " in words(message)
    assert "This is the first run of its kind" in words(message)
    until_gone(kubelet)
    assert kubelet.fresh
    assert [file.name for file in kubelet.fresh.rglob("*") if file.is_file()] == []


def test_a_runner_that_dies_in_the_middle_leaves_a_pod_and_the_next_run_tells_its_result(
    world: World, kubelet: PodRunner
) -> None:
    kubelet.slow = True
    done = threading.Thread(target=_asked, args=(world,))
    done.start()
    end = time.monotonic() + PATIENCE
    while not any(
        (pod.get("status") or {}).get("phase") == "Running" for pod in kubelet.store.find(POD, labels=BENCHMARKS)
    ):
        assert time.monotonic() < end
        time.sleep(0.1)
    world.runner.stop()
    done.join(PATIENCE)
    (left,) = kubelet.store.find(POD, labels=BENCHMARKS)
    kubelet.logs[HOME, left["metadata"]["name"]] = "@@ refused full 93\n"
    kubelet.store.patch(POD, left["metadata"]["name"], HOME, {"status": {"phase": "Failed"}})
    world.runner.start()
    message = next_message(world, lambda: world.runner.trigger(ACTION, name="gp3"))
    assert "its filesystem is 93 % full: it may be the disk of a node" in title(message)
    assert "The pod, the claim and its volume are gone." in words(message)
    until_gone(kubelet)
    assert kubelet.store.get(CLAIM, "data-pg-0", "db")["status"]["phase"] == "Bound"


def test_on_a_schedule_it_is_told_that_one_was_interrupted_and_nothing_begins() -> None:
    store = Store(objects(), finalizers=True)
    there = MemoryCluster(now=NOON)
    there.store = store
    run = Run("died", "storage-benchmark-0", HOME, "gp3", 2**30, NOON.isoformat(), 64, 1, 200)
    State(there, HOME).write("performance.benchmark", {"run": written(run)})
    trigger = {"on_schedule": {"fixed_delay_repeat": {"repeat": 1, "seconds_delay": 0}}}
    playbook = {"name": "benchmarks", "triggers": [trigger], "actions": [{ACTION: {}}]}
    with World((), [playbook], server=ApiServer(store), workflows=BLOCK) as world:
        (message,) = world.slack.wait_for(1, PATIENCE)
        assert title(message).startswith("Storage class gp3 was not tried: its pod is not there")
    assert [o for kind in (POD, CLAIM) for o in store.find(kind, labels=BENCHMARKS)] == []


def _asked(world: World) -> None:
    with contextlib.suppress(urllib.error.URLError, OSError):
        world.runner.trigger(ACTION, name="gp3", dry_run=False)
