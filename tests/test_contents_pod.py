"""The pod that looks into a volume where no running pod can: what it is, that it tells the same, and that nothing stays."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contents_world import MIB, NOON, objects, pod, postgres, settings, write
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._engines.inspector_pod import inspector_name, inspector_pod
from robusta_volumes._model.asked import VolumeContents
from robusta_volumes._model.contents import Inspector
from robusta_volumes._model.errors import NotAllowed, QuotaExceeded, Unavailable
from robusta_volumes._model.kind import ATTACHMENT, CLAIM, NAMESPACE, POD
from robusta_volumes._model.plan import Create, Delete, Outcome
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._workflows.volume_contents import volume_contents

ASKED = VolumeContents(name="data-pg-0", namespace="db")
IMAGE = "registry.example/busybox:1.36.1"
BACK_OFF = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}
UNSCHEDULED = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes: 3 exceed max volume count"}


class World:
    """A cluster whose kubelet takes a step whenever the run sleeps."""

    def __init__(self, tmp_path: Path, *pods: dict[str, Any], kind: type[MemoryCluster] = MemoryCluster) -> None:
        self.cluster = kind(objects(*pods), name="prod", now=NOON)
        self.kubelet = PodRunner(self.cluster.store, folders={("db", "data-pg-0"): postgres(tmp_path / "volume")})
        self.cluster.written = self.kubelet.logs

    def look(self, asked: VolumeContents = ASKED, sleep: Callable[[float], None] | None = None, **more: Any) -> Page:
        return volume_contents(self.cluster, asked, settings(**more), IMAGE, sleep or (lambda _: self.kubelet.step()))

    @property
    def ours(self) -> list[str]:
        return [o["metadata"]["name"] for o in self.cluster.store.find(POD, labels="robusta-volumes.dev/inspects")]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.kubelet.close()


def test_a_claim_that_no_pod_uses_is_looked_into_by_a_pod_of_ours_that_is_gone_after(world: World) -> None:
    page = world.look()
    assert page.title == "db/data-pg-0 holds 5.5 MiB in 7 files: 73 % is in pg_wal"
    assert (
        "Looked at from a pod of our own, deleted since. Tried before: a running pod: no pod uses it."
        in to_markdown(page)
    )
    assert (len(world.kubelet.manifests), world.ours) == (1, [])


def test_names_that_are_no_text_come_through_a_log_as_well(world: World, tmp_path: Path) -> None:
    write(tmp_path / "volume", b"a\nb\xff $(touch pwned)", 9 * MIB)
    said = to_markdown(world.look())
    assert "| a b\ufffd $(touch pwned) | 9.0 MiB |" in said


def test_the_pod_can_do_nothing_but_read(world: World) -> None:
    world.look()
    (made,) = world.kubelet.manifests
    spec = made["spec"]
    (container,) = spec["containers"]
    assert container["image"] == IMAGE
    assert container["volumeMounts"] == [{"name": "v", "mountPath": "/v", "readOnly": True}]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert (spec["restartPolicy"], spec["automountServiceAccountToken"]) == ("Never", False)
    assert spec["activeDeadlineSeconds"] == 45 + 60 + 25 + 30
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65534,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert "fsGroup" not in str(made)
    assert made["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "robusta-volumes"


def test_it_runs_as_the_pod_that_uses_the_claim_on_its_node(tmp_path: Path) -> None:
    world = World(tmp_path, pod("data-pg-0", "pg-0"))
    world.look(VolumeContents("data-pg-0", "db", way="pod"), image="own/image:1", pullSecrets=["regcred"])
    spec = world.kubelet.manifests[0]["spec"]
    assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["supplementalGroups"]) == (999, [998])
    node = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert node["nodeSelectorTerms"][0]["matchFields"][0]["values"] == ["node-a"]
    assert (spec["containers"][0]["image"], spec["imagePullSecrets"]) == ("own/image:1", [{"name": "regcred"}])


def test_without_a_pod_it_goes_where_the_volume_is_attached(world: World) -> None:
    volume = next(o for o in objects() if o["kind"] == "PersistentVolume")["metadata"]["name"]
    spec = {"attacher": "ebs", "nodeName": "node-b", "source": {"persistentVolumeName": volume}}
    kind = {"apiVersion": ATTACHMENT.api_version, "kind": ATTACHMENT.name}
    world.cluster.store.create({**kind, "metadata": {"name": "va"}, "spec": spec, "status": {"attached": True}})
    world.look()
    assert "'node-b'" in str(world.kubelet.manifests[0]["spec"]["affinity"])


def test_where_openshift_gives_the_user_none_is_set(world: World) -> None:
    note = {"openshift.io/sa.scc.uid-range": "1000680000/10000"}
    world.cluster.store.patch(NAMESPACE, "db", None, {"metadata": {"annotations": note}})
    world.look()
    (made,) = world.kubelet.manifests
    (container,) = made["spec"]["containers"]
    for context in (made["spec"]["securityContext"], container["securityContext"]):
        assert {"runAsUser", "runAsGroup", "fsGroup"} & set(context) == set()


def test_a_volume_for_one_pod_alone_that_is_in_use_gets_no_second_pod(tmp_path: Path) -> None:
    world = World(tmp_path, pod("data-pg-0", "pg-0"))
    one = {"spec": {"accessModes": ["ReadWriteOncePod"]}, "status": {"accessModes": ["ReadWriteOncePod"]}}
    world.cluster.store.patch(CLAIM, "data-pg-0", "db", one)
    page = world.look(VolumeContents("data-pg-0", "db", way="pod"))
    assert page.title.endswith("only one pod may have it, and pod pg-0 does")
    assert world.kubelet.manifests == []


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (
            {"phase": "Pending", "containerStatuses": [{"name": "look", "state": BACK_OFF}]},
            'it cannot start: ImagePullBackOff "Back-off pulling image"',
        ),
        (
            {"phase": "Pending", "conditions": [UNSCHEDULED]},
            'it did not start within 45 s: "0/3 nodes: 3 exceed max volume count"',
        ),
        ({"phase": "Pending"}, 'it did not start within 45 s: FailedAttachVolume "Multi-Attach error"'),
        ({"phase": "Failed", "reason": "Evicted"}, 'it failed: "Evicted"'),
    ],
    ids=["image", "schedule", "attach", "evicted"],
)
def test_a_pod_that_does_not_start_says_what_it_waits_for_and_is_deleted(
    world: World, status: dict[str, Any], why: str
) -> None:
    world.kubelet.stuck = status
    name = inspector_name(Inspector("db", "data-pg-0", _uid(world)))
    about = {"kind": "Pod", "namespace": "db", "name": name}
    world.cluster.store.create({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "db"}, "type": "Warning",
        "reason": "FailedAttachVolume", "message": "Multi-Attach error", "involvedObject": about,
        "lastTimestamp": "2026-03-01T11:59:00Z",
    })  # fmt: skip
    page = world.look()
    assert page.title == f"Nobody can look into db/data-pg-0: a pod of our own: {why}"
    assert world.ours == []


def _uid(world: World) -> str:
    return str(world.cluster.store.get(CLAIM, "data-pg-0", "db")["metadata"]["uid"])


def manifest(number: int, created: timedelta) -> dict[str, Any]:
    """Write a pod of ours for some other claim, made so long ago."""
    made = inspector_pod(Inspector("db", f"other-{number}", f"uid-{number}"), IMAGE, (), ["true"], 160)
    made["metadata"] |= {"uid": f"u{number}", "creationTimestamp": (NOON - created).strftime("%Y-%m-%dT%H:%M:%SZ")}
    return made


def test_two_runs_do_not_look_into_one_claim_at_once(world: World) -> None:
    seen: list[str] = []

    def second(_: float) -> None:
        if not seen:
            seen.append(world.look().title)
        world.kubelet.step()

    assert world.look(sleep=second).title.startswith("db/data-pg-0 holds")
    assert seen == [
        "Nobody can look into db/data-pg-0: a pod of our own: another run looks into it just now; run it again in a minute"
    ]
    assert world.ours == []


def test_three_pods_are_enough_for_a_cluster_unless_the_settings_allow_more(world: World) -> None:
    world.cluster.store.take([manifest(number, timedelta(seconds=10)) for number in range(3)])
    page = world.look()
    assert page.title.endswith("3 pods of ours look into volumes of the cluster just now, and at most 3 may")
    assert "*Do this:* run it again in a minute, or raise `contents.podsAtOnce`" in to_markdown(page)
    assert len(world.ours) == 3
    assert world.look(podsAtOnce=4).title.startswith("db/data-pg-0 holds")


def test_where_one_namespace_alone_may_be_listed_the_pods_of_that_one_are_counted(tmp_path: Path) -> None:
    class OneNamespace(MemoryCluster):
        def find(self, kind: Any, namespace: str | None = None, **more: Any) -> list[Any]:
            if kind is POD and namespace is None:
                raise NotAllowed("cannot list pods")
            return super().find(kind, namespace, **more)

    world = World(tmp_path, kind=OneNamespace)
    elsewhere = manifest(2, timedelta(seconds=10))
    elsewhere["metadata"]["namespace"] = "web"
    world.cluster.store.take([manifest(1, timedelta(seconds=10)), elsewhere])
    page = world.look(podsAtOnce=1)
    assert page.title.endswith("1 pod of ours looks into volumes of namespace db just now, and at most 1 may")
    assert world.look(podsAtOnce=2).title.startswith("db/data-pg-0 holds")


def test_an_image_can_be_named_by_its_digest(world: World) -> None:
    digest = f"registry.example/busybox@sha256:{'0a' * 32}"
    world.look(image=digest)
    assert world.kubelet.manifests[0]["spec"]["containers"][0]["image"] == digest


def test_what_a_run_that_died_has_left_is_removed_by_the_next_one_and_what_works_is_left(world: World) -> None:
    world.cluster.store.take([manifest(1, timedelta(minutes=5)), manifest(2, timedelta(seconds=20))])
    assert world.look().title.startswith("db/data-pg-0 holds")
    assert world.ours == [inspector_name(Inspector("db", "other-2", "uid-2"))]


@pytest.mark.parametrize(("age", "stays"), [(10, True), (90, False)], ids=["just-ended", "ended-long-ago"])
def test_what_has_ended_is_left_to_the_run_that_waits_for_it_for_a_minute(world: World, age: int, stays: bool) -> None:  # noqa: FBT001 (a column of the table)
    other = manifest(1, timedelta(seconds=age + 20))
    ended = {"terminated": {"finishedAt": (NOON - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")}}
    other["status"] = {"phase": "Succeeded", "containerStatuses": [{"name": "look", "state": ended}]}
    world.cluster.store.take([other])
    world.look()
    assert (len(world.ours) == 1) is stays


def test_a_run_that_dies_in_the_middle_leaves_a_pod_that_the_next_one_takes_away(world: World) -> None:
    class Died(BaseException):
        pass

    def die(_: float) -> None:
        world.cluster.denied = frozenset({"pods"})  # nothing can be done any more, not even a delete
        raise Died

    with pytest.raises(Died):
        world.look(sleep=die)
    world.cluster.denied = frozenset()
    assert len(world.ours) == 1
    later = MemoryCluster(world.cluster.store.find(POD) + objects(), name="prod", now=NOON + timedelta(minutes=5))
    kubelet = PodRunner(later.store, folders=world.kubelet.folders)
    later.written = kubelet.logs
    page = volume_contents(later, ASKED, settings(), IMAGE, lambda _: kubelet.step())
    assert page.title.startswith("db/data-pg-0 holds")
    assert later.store.find(POD) == []


def test_a_pod_that_nobody_knows_whether_it_was_made_is_deleted(tmp_path: Path) -> None:
    class Unsure(MemoryCluster):
        def carry_out(self, plan: Any) -> list[Outcome]:
            done = super().carry_out(plan)
            return [Outcome(o.step, error=Unavailable("no answer")) if isinstance(o.step, Create) else o for o in done]

    world = World(tmp_path, kind=Unsure)
    assert world.look().title == "Nobody can look into db/data-pg-0: a pod of our own: no answer"
    assert world.ours == []


def test_a_quota_or_a_missing_right_is_told_with_what_lifts_it(tmp_path: Path, world: World) -> None:
    class Full(MemoryCluster):
        def carry_out(self, plan: Any) -> list[Outcome]:
            error = QuotaExceeded("exceeded quota: pods", "Raise it: kubectl edit resourcequota pods -n db")
            return [Outcome(step, error=error) for step in plan]

    said = to_markdown(World(tmp_path, kind=Full).look())
    assert "a pod of our own: exceeded quota: pods" in said
    assert "*Do this:* Raise it: kubectl edit resourcequota pods -n db" in said
    world.cluster.denied = frozenset({"pods/log"})
    said = to_markdown(world.look())
    assert "permissions -n db --allow contents | kubectl apply -f -" in said
    assert world.ours == []


def test_a_plan_tells_of_the_pod_and_makes_none(world: World) -> None:
    said = to_markdown(world.look(VolumeContents("data-pg-0", "db", dry_run=True)))
    assert "1. with a pod of our own in `db`, as user 65534: it mounts the claim read-only" in said
    assert world.kubelet.manifests == []


def test_where_no_pod_may_be_deleted_none_is_made(tmp_path: Path) -> None:
    class Keeping(MemoryCluster):
        def allowed(self, verb: str, kind: Any, namespace: str | None = None, name: str = "") -> bool:  # noqa: ARG002 (the protocol's)
            return verb != "delete"

    world = World(tmp_path, kind=Keeping)
    said = to_markdown(world.look())
    assert "a pod of our own: the runner may not delete pods in db, and none is made that would stay" in said
    assert "permissions -n db --allow contents | kubectl apply -f -" in said
    assert world.kubelet.manifests == []


@pytest.mark.parametrize("log", ["well", "hangs"])
def test_a_pod_that_could_not_be_deleted_is_named(tmp_path: Path, log: str) -> None:
    class Stubborn(MemoryCluster):
        def carry_out(self, plan: Any) -> list[Outcome]:
            no = Unavailable("no answer")
            return (
                [Outcome(s, error=no) for s in plan]
                if plan and isinstance(plan[0], Delete)
                else super().carry_out(plan)
            )

    world = World(tmp_path, kind=Stubborn)
    world.kubelet.slow = log == "hangs"
    said = to_markdown(world.look(seconds=5))
    assert said.startswith("# db/data-pg-0 holds" if log == "well" else "# Nobody can look into db/data-pg-0")
    name = inspector_name(
        Inspector("db", "data-pg-0", str(world.cluster.get(CLAIM, "data-pg-0", "db")["metadata"]["uid"]))
    )
    assert f"left behind: Pod db/{name} (it ends by itself, and the next run removes it)" in said
    assert "deleted since" not in said
    world.kubelet.close()
