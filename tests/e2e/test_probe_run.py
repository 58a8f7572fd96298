"""What a volume does now, through the real runner: a real shell reads this machine's counters while fio works on a real disk."""

import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from contents_world import objects, pod
from own_disk import NAME, Disk, own_disk
from robusta_volumes._cluster.store import Store
from robusta_volumes._sandbox.api_exec import PodExec
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.shell import PodShell
from robusta_volumes._sandbox.world import World
from worlds import next_message, title, words

ASK = {"name": "data-pg-0", "namespace": "db"}
SETTINGS = {"persistentVolumeWorkflows": {"volumePerformanceAnalysis": {"probe": {"seconds": 5}}}}
pytestmark = [pytest.mark.needs("fio"), pytest.mark.needs(NAME)]


class OnDisk(PodShell):
    """A shell that sees the disk mounted, as the container does whose volume it is."""

    enter: tuple[str, ...] = ()

    def here(self, where: Any, command: Sequence[str]) -> list[str]:
        return [*self.enter, *super().here(where, command)]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    with own_disk(tmp_path_factory.mktemp("disk")) as made:
        yield made


@pytest.fixture(scope="module")
def access() -> Access:
    return Access()


@pytest.fixture(scope="module")
def world(disk: Disk, access: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    shell = OnDisk(tmp_path_factory.mktemp("pods"))
    shell.enter = disk.enter
    store = Store(objects(pod("data-pg-0", "pg-0", path=disk.mounted)))
    server = ApiServer(store, access=access, routes=PodExec(store, access, shell).routes)
    with World((), [], server=server, workflows=SETTINGS) as made:
        yield made


def test_beside_a_load_it_is_told_how_much_and_how_long_each_takes(world: World, disk: Disk) -> None:
    about = [
        f"--filename={disk.folder / 'load'}",
        "--size=64M",
        "--rw=randwrite",
        "--bs=4k",
        "--direct=1",
        "--ioengine=psync",
    ]
    command = [*disk.enter, "fio", "--name=w", *about, "--rate_iops=700", "--time_based", "--runtime=60"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as load:
        message = next_message(world, lambda: world.runner.trigger("probe_volume_io", **ASK))
        load.terminate()
    assert title(message).startswith("Claim db/data-pg-0: ")
    assert " writes/s, " in title(message)
    said = words(message)
    assert "from pod `pg-0`, container `app` on node `node-a`" in said
    assert "One short window is a snapshot, not a trend." in said
    assert {file.name for file in message.files} == {"probe.csv", "probe.txt"}


def test_without_any_right_the_command_that_gives_it_is_told(world: World, access: Access) -> None:
    access.deny([("create", "pods/exec", None)])
    message = next_message(world, lambda: world.runner.trigger("probe_volume_io", **ASK))
    access.allow_again()
    assert title(message) == "Nobody can tell what claim db/data-pg-0 does: the runner lacks the right to look there"
    assert "permissions -n db --allow probe | kubectl apply -f -" in words(message)


def test_a_plan_runs_nothing(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger("probe_volume_io", dry_run=True, **ASK))
    assert title(message) == "Plan: look at the I/O of claim db/data-pg-0"


def test_a_param_that_is_missing_is_asked_for(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger("probe_volume_io", namespace="db"))
    assert "name is needed: the claim; or give pod, for all claims of that pod" in words(message) + title(message)
