"""A pod without a shell gets a container that looks, only for who asks for it: it is never taken out again, and that is said."""

from pathlib import Path
from typing import Any

import pytest

from contents_world import MIB, NOON, objects, pod, postgres, settings, write
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.asked import VolumeContents
from robusta_volumes._model.errors import Conflict, Refused
from robusta_volumes._model.kind import POD
from robusta_volumes._model.plan import Outcome
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Button, Page
from robusta_volumes._sandbox.api_status import StatusError
from robusta_volumes._sandbox.ephemeral import EphemeralRunner, added_to
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._workflows.volume_contents import volume_contents

IMAGE = "registry.example/busybox:1.36.1"
ASKED = VolumeContents(name="data-pg-0", namespace="db", way="debug")
STAYS = "Kubernetes takes none out again"


class World:
    """A cluster whose kubelet runs what is added to a pod whenever the run sleeps."""

    def __init__(self, tmp_path: Path, kind: type[MemoryCluster] = MemoryCluster) -> None:
        self.volume = postgres(tmp_path / "volume")
        self.cluster = kind(objects(pod("data-pg-0", "pg-0", sub_path="pgdata")), name="prod", now=NOON)
        kubelet = PodRunner(self.cluster.store, folders={("db", "data-pg-0"): self.volume})
        self.runner = EphemeralRunner(kubelet)
        self.cluster.written = kubelet.logs

    def look(self, asked: VolumeContents = ASKED, **more: Any) -> Page:
        return volume_contents(self.cluster, asked, settings(**more), IMAGE, lambda _: self.runner.step())

    @property
    def added(self) -> list[str]:
        found = self.cluster.store.get(POD, "pg-0", "db")["spec"].get("ephemeralContainers") or ()
        return [c["name"] for c in found]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_added_container_sees_the_whole_volume_and_the_message_says_that_it_stays(world: World) -> None:
    page = world.look()
    assert page.title == "db/data-pg-0 holds 5.5 MiB in 7 files: 73 % is in pg_wal"
    assert STAYS in to_markdown(page)
    assert "Looked at from a container that was added to pod `pg-0`" in to_markdown(page)
    assert world.added == ["volume-contents-1"]


def test_it_can_do_nothing_but_read_that_volume(world: World) -> None:
    world.look()
    (made,) = world.runner.manifests
    assert made["volumeMounts"] == [{"name": "v", "mountPath": "/v", "readOnly": True}]
    assert made["image"] == IMAGE
    assert made["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        "runAsUser": 999,
    }
    assert "resources" not in made


def test_it_is_never_added_unasked(world: World) -> None:
    world.cluster.denied = frozenset({"pods/exec", "pods/log"})
    world.look(VolumeContents("data-pg-0", "db"))
    assert world.added == []


def test_a_plan_says_that_it_stays_and_adds_nothing(world: World) -> None:
    page = world.look(VolumeContents("data-pg-0", "db", way="debug", dry_run=True))
    said = to_markdown(page)
    assert "1. from a container that is added to pod `pg-0` as user 999: it mounts the volume `v` read-only" in said
    assert STAYS in said
    assert next(b for b in page.blocks if isinstance(b, Button)).params["way"] == "debug"
    assert world.added == []


def test_without_the_right_nothing_is_added_and_the_command_that_gives_it_is_told(world: World) -> None:
    world.cluster.denied = frozenset({"pods/ephemeralcontainers"})
    said = to_markdown(world.look())
    assert "the runner may not patch pods/ephemeralcontainers in db" in said
    assert "permissions -n db --allow contents,debug | kubectl apply -f -" in said
    assert world.added == []


def test_a_second_look_adds_a_second_one_and_none_while_the_first_runs(world: World) -> None:
    world.look()
    world.look()
    assert world.added == ["volume-contents-1", "volume-contents-2"]
    running = [{"name": name, "state": {"running": {}}} for name in world.added]
    world.cluster.store.patch(POD, "pg-0", "db", {"status": {"ephemeralContainerStatuses": running}})
    assert "another run looks from that pod just now" in to_markdown(world.look())
    assert len(world.added) == 2


def test_what_others_have_added_stays_as_it_is(world: World) -> None:
    theirs = {"name": "debugger-x", "image": "busybox"}
    world.cluster.store.patch(POD, "pg-0", "db", {"spec": {"ephemeralContainers": [theirs]}})
    ended = [{"name": "debugger-x", "state": {"terminated": {}}}]
    world.cluster.store.patch(POD, "pg-0", "db", {"status": {"ephemeralContainerStatuses": ended}})
    assert world.look().title.startswith("db/data-pg-0 holds")
    assert world.cluster.store.get(POD, "pg-0", "db")["spec"]["ephemeralContainers"][0] == theirs


def test_names_that_are_no_text_come_through(world: World) -> None:
    write(world.volume, b"<!channel> $(touch pwned)\n`x` \xff", 9 * MIB)
    said = to_markdown(world.look())
    assert "\u2039!channel\u203a $(touch pwned) 'x' \ufffd" in said
    assert not list(world.volume.rglob("pwned"))


def test_an_image_that_cannot_be_pulled_is_told(world: World) -> None:
    world.runner.stuck = {"waiting": {"reason": "ImagePullBackOff", "message": "<!channel> no such image"}}
    said = to_markdown(world.look())
    assert "an added container: it cannot start: ImagePullBackOff" in said
    assert "<!channel>" not in said
    assert "that this pod can pull with its own Secrets" in said


@pytest.mark.parametrize(
    ("error", "says"),
    [(Conflict("changed"), "the pod changed meanwhile"), (Refused("violates PodSecurity"), "violates PodSecurity")],
    ids=["conflict", "refused"],
)
def test_a_container_that_is_refused_is_told(tmp_path: Path, error: Exception, says: str) -> None:
    class Refusing(MemoryCluster):
        def carry_out(self, plan: Any) -> list[Outcome]:
            return [Outcome(step, error=error) for step in plan]  # type: ignore[arg-type]  # a ClusterError

    assert says in to_markdown(World(tmp_path, Refusing).look())


def test_without_a_pod_that_runs_there_is_none_to_add_it_to(world: World) -> None:
    world.cluster.store.patch(POD, "pg-0", "db", {"status": {"phase": "Pending"}})
    assert "no pod that uses it runs on a node that answers" in world.look().title


@pytest.mark.parametrize(
    "added",
    [
        [],
        [{"name": "a"}, {"name": "b", "volumeMounts": [{"name": "no"}]}],
        [{"name": "a"}, {"name": "b", "resources": {}}],
    ],
    ids=["taken-out", "unknown-volume", "resources"],
)
def test_the_sandbox_refuses_what_kubernetes_refuses(added: list[dict[str, Any]]) -> None:
    old: dict[str, Any] = {
        "metadata": {"name": "p"},
        "spec": {"ephemeralContainers": [{"name": "a"}], "volumes": [{"name": "v"}]},
    }
    with pytest.raises(StatusError):
        added_to(old, {**old, "spec": {**old["spec"], "ephemeralContainers": added}})
