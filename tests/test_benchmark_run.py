"""A benchmark from the plan to the last thing that is taken away, also where it dies in between, and never more than its own."""

import json
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmark_world import ASKED, GO, HOME, NOON, World, answer
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._engines.benchmark_pod import run_name
from robusta_volumes._model.asked_benchmark import BenchmarkStorageClass
from robusta_volumes._model.benchmark import Run
from robusta_volumes._model.errors import Conflict, NotAllowed, QuotaExceeded, Unavailable
from robusta_volumes._model.io_scope import IoScope
from robusta_volumes._model.io_series import IoMeasured, IoSeries, IoWindow
from robusta_volumes._model.kind import CLAIM, POD, VOLUME
from robusta_volumes._model.plan import Create, Outcome, Step
from robusta_volumes._model.size import size
from robusta_volumes._model.trial import written
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import File, Page
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.csi_script import Behaviour
from robusta_volumes._workflows.benchmark_run import begin

NAME = run_name(HOME, "gp3", "", "")
RUN = Run("20260301t120000z-x", NAME, HOME, "gp3", 2**30, NOON.isoformat(), 64, 1, 200)
IN_CLAIM = BenchmarkStorageClass(claim="data-pg-0", namespace="db", dry_run=False)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.fio()
    yield made
    made.kubelet.close()


def said(page: Page) -> str:
    return to_markdown(page)


def clean(world: World) -> bool:
    """Nothing of a benchmark is there, and nothing of anybody else's is gone."""
    world.step()  # what is deleted goes when its finalizers do
    mine = world.cluster.store.get(CLAIM, "data-pg-0", "db")["status"]["phase"] == "Bound"
    return mine and (world.ours, world.volumes, world.state.read("performance.benchmark")) == ([], 0, {})


def test_the_plan_makes_nothing(world: World) -> None:
    page = world.run(ASKED)
    assert page.title == "Plan: try storage class gp3 with fio"
    assert "It writes at most 1.0 GiB" in said(page)
    assert clean(world)


@pytest.mark.needs("fio")
def test_a_class_is_tried_for_real_and_nothing_of_it_stays(tmp_path: Path) -> None:
    world = World(tmp_path)
    page = world.run()
    assert page.title.startswith("Benchmark of storage class gp3: ")
    assert "The pod, the claim and its volume are gone." in said(page)
    assert [one.name for one in page.blocks if isinstance(one, File)] == ["benchmark.csv", "fio.json"]
    assert clean(world)
    assert list((tmp_path / "volumes" / HOME / NAME).iterdir()) == []


def test_the_pod_may_do_nothing_but_write_into_its_claim(world: World) -> None:
    world.run(replace(GO, node="node-b"), pullSecrets=["regcred"])
    (pod,) = world.kubelet.manifests
    spec = pod["spec"]
    (container,) = spec["containers"]
    assert (spec["automountServiceAccountToken"], spec["restartPolicy"]) == (False, "Never")
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65534,
        "runAsGroup": 65534,
        "fsGroup": 65534,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["requests"] == {"cpu": "500m", "memory": "256Mi"}
    assert spec["activeDeadlineSeconds"] > 180
    assert "node-b" in str(spec["affinity"])
    assert spec["imagePullSecrets"] == [{"name": "regcred"}]
    assert set(pod["metadata"]["labels"]) == {"app.kubernetes.io/managed-by", "robusta-volumes.dev/benchmark"}


def test_on_openshift_the_namespace_says_as_whom_it_runs(world: World) -> None:
    notes = {"metadata": {"annotations": {"openshift.io/sa.scc.uid-range": "1000680000/10000"}}}
    world.cluster.store.patch(
        replace(CLAIM, name="Namespace", plural="namespaces", namespaced=False), HOME, None, notes
    )
    world.run()
    assert "runAsUser" not in str(world.kubelet.manifests)
    assert "fsGroup" not in str(world.kubelet.manifests)


def test_a_claim_of_that_name_that_somebody_else_made_is_never_deleted(tmp_path: Path) -> None:
    """Robusta's disk_benchmark deletes it: its name is fixed, and it deletes by name whatever comes of the creation."""
    b = Builder(NOON)
    theirs = b.bound(HOME, NAME, "10Gi", "gp3", "ebs.csi.aws.com")
    world = World(tmp_path, b.objects)
    world.fio()
    page = world.run()
    assert page.title == f'Storage class gp3 was not tried: persistentvolumeclaims "{NAME}" already exists'
    assert world.cluster.store.get(CLAIM, NAME, HOME)["metadata"]["uid"] == theirs["metadata"]["uid"]
    assert (world.ours, world.state.read("performance.benchmark")) == ([], {})


def test_a_pod_of_that_name_stays_too_and_the_claim_that_was_made_goes(tmp_path: Path) -> None:
    b = Builder(NOON)
    b.pod(HOME, NAME, [])
    world = World(tmp_path, b.objects)
    assert "already exists" in world.run().title
    assert world.cluster.store.get(POD, NAME, HOME)
    assert clean(world)


def test_a_copy_of_our_claim_that_somebody_restored_under_another_name_is_not_ours(world: World) -> None:
    seen: list[dict[str, Any]] = []

    def copied(_: float) -> None:
        if not seen:
            seen.append(world.cluster.store.get(CLAIM, NAME, HOME))
            meta = {**seen[0]["metadata"], "name": "restored", "uid": "another"}
            world.cluster.store.create({**seen[0], "metadata": meta})
        world.step()

    world.run(sleep=copied)
    world.later(hours=2)
    world.run(ASKED)
    world.run()
    assert world.cluster.store.get(CLAIM, "restored", HOME)


class Refusing(MemoryCluster):
    """Refuses to make what its quota has no room for."""

    refused = "Pod"

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        """Write, or refuse."""
        if any(isinstance(s, Create) and s.manifest["kind"] == self.refused for s in plan):
            return [Outcome(s, error=QuotaExceeded("exceeded quota: compute", "Raise the quota.")) for s in plan]
        return super().carry_out(plan)


@pytest.mark.parametrize("kind", ["PersistentVolumeClaim", "Pod"])
def test_what_a_quota_refuses_takes_back_what_was_made_before(tmp_path: Path, kind: str) -> None:
    class Quota(Refusing):
        refused = kind

    world = World(tmp_path, kind=Quota)
    page = world.run(sleep=world.step)
    assert page.title == "Storage class gp3 was not tried: exceeded quota: compute"
    assert clean(world)


def test_a_pod_that_is_not_scheduled_is_given_up_with_the_words_of_the_scheduler(world: World) -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/2 nodes: 2 Insufficient cpu"}
    world.kubelet.stuck = {"phase": "Pending", "conditions": [condition]}
    page = world.run(follow=300.0)
    assert 'its pod did not start within 120 s: "0/2 nodes: 2 Insufficient cpu"' in page.title
    assert clean(world)


def test_a_volume_that_is_not_made_is_given_up_with_the_words_of_its_driver(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.storage.script.restores.on(Behaviour(error="rpc error: code = ResourceExhausted desc = no capacity in eu-1a"))
    page = world.run(follow=300.0)
    assert "did not start within 120 s" in page.title
    assert "no capacity in eu-1a" in said(page)
    assert clean(world)


def test_an_image_that_cannot_be_pulled_is_named_with_the_setting(world: World) -> None:
    waiting = {"name": "fio", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}}
    world.kubelet.stuck = {"phase": "Pending", "containerStatuses": [waiting]}
    page = world.run()
    assert "ImagePullBackOff" in page.title
    assert "`benchmark.image`" in said(page)
    assert clean(world)


def test_what_is_not_over_in_time_goes_on_and_the_next_run_tells_it(world: World) -> None:
    world.kubelet.slow = True
    assert world.run(follow=10.0).title == "Storage class gp3 is being tried"
    assert len(world.ours) == 2
    assert (
        world.run(ASKED, follow=2.0).title == "Storage class gp3 is being tried"
    )  # also where another one is asked for
    world.kubelet.close()
    world.kubelet.slow = False
    world.cluster.store.patch(POD, NAME, HOME, {"status": {"phase": "Succeeded"}})
    world.kubelet.logs[HOME, NAME] = "@@ engine libaio 1\n" + json.dumps(answer())
    assert world.run(ASKED).title.startswith("Benchmark of storage class gp3: 3,000 IOPS, 125 MiB/s")
    assert clean(world)


def test_on_a_schedule_none_begins_and_the_result_of_one_is_told_once(world: World) -> None:
    assert world.tick() == []
    world.kubelet.slow = True
    world.run(follow=10.0)
    assert world.tick() == []  # it goes on
    world.kubelet.close()
    world.kubelet.slow = False
    world.cluster.store.patch(POD, NAME, HOME, {"status": {"phase": "Succeeded"}})
    world.kubelet.logs[HOME, NAME] = json.dumps(answer())
    (page,) = world.tick()
    assert page.title.startswith("Benchmark of storage class gp3: 3,000 IOPS")
    assert world.tick() == []
    assert clean(world)


def test_on_a_schedule_what_is_an_hour_old_and_noted_nowhere_is_removed(world: World) -> None:
    world.kubelet.slow = True
    world.run(follow=4.0)
    world.state.write("performance.benchmark", {})
    assert world.tick() == []
    assert len(world.ours) == 2
    world.later(minutes=61)
    world.tick()
    assert clean(world)


class Died(BaseException):
    """The runner is gone."""


class Dying(MemoryCluster):
    """Dies at a write, before or after it is done."""

    at, after, writes = -1, False, 0

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        """Write, or die."""
        self.writes += 1
        if self.writes - 1 == self.at and not self.after:
            raise Died
        done = super().carry_out(plan)
        if self.writes - 1 == self.at:
            raise Died
        return done


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(7))
def test_wherever_a_run_dies_the_next_ones_leave_nothing(tmp_path: Path, write: int, *, after: bool) -> None:
    world = World(tmp_path, kind=Dying)
    world.fio()
    cluster = world.cluster
    assert isinstance(cluster, Dying)
    cluster.at, cluster.after = write, after
    died = False
    try:
        world.run()
    except Died:
        died = True
    assert died == (cluster.writes > write)
    cluster.at = -1
    pages = [world.run() for _ in range(2)]
    assert any(page.title.startswith("Benchmark of storage class gp3") for page in pages)
    assert clean(world)


def test_a_run_writes_not_more_often_than_it_dies_in_the_test_above(tmp_path: Path) -> None:
    world = World(tmp_path, kind=Dying)
    world.fio()
    world.run()
    assert isinstance(world.cluster, Dying)
    assert world.cluster.writes == 7


def test_what_a_run_left_whose_note_is_lost_is_removed_when_it_is_an_hour_old(world: World) -> None:
    world.kubelet.slow = True
    world.run(follow=4.0)
    world.state.write("performance.benchmark", {})
    page = world.run()
    assert page.title == f"Storage class gp3 was not tried: benchmark {HOME}/{NAME} is under way"
    world.kubelet.close()
    world.kubelet.slow = False
    world.later(minutes=61)
    world.run(replace(GO, zone="eu-1a"))
    assert clean(world)


def test_a_run_that_begins_while_another_runner_begins_one_makes_nothing(world: World) -> None:
    other = {"run": {**written(RUN), "id": "of-the-other"}}
    with pytest.raises(Conflict, match="another benchmark has begun just now"):
        begin(world.cluster, RUN, (), _Quick(world, other), world.step)
    assert world.ours == []


class _Quick(State):
    """Another runner writes between our look and our note."""

    def __init__(self, world: World, other: dict[str, Any]) -> None:
        super().__init__(world.cluster, HOME)
        self.write("performance.benchmark", other)


def test_what_may_not_be_deleted_is_not_made(tmp_path: Path) -> None:
    world = World(tmp_path, denied=["persistentvolumeclaims"])
    with pytest.raises(NotAllowed) as refused:
        world.run()
    assert "permissions -n robusta --allow benchmark | kubectl apply -f -" in refused.value.remedy
    assert world.ours == []


class Holding(MemoryCluster):
    """Lets nothing be deleted."""

    held = True

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        """Write; deleting is refused."""
        if self.held and not any(isinstance(s, Create) or hasattr(s, "changes") for s in plan):
            return [Outcome(s, error=NotAllowed("pods is forbidden", "Allow it.")) for s in plan]
        return super().carry_out(plan)


def test_what_would_not_go_is_told_once_and_taken_away_by_the_next_run(tmp_path: Path) -> None:
    world = World(tmp_path, kind=Holding)
    world.fio()
    page = world.run()
    assert "*Still there*, and removed by the next run" in said(page)
    assert f"Pod {HOME}/{NAME} (pods is forbidden)" in said(page)
    assert "would not go" in world.run(ASKED).title
    assert isinstance(world.cluster, Holding)
    world.cluster.held = False
    assert world.run(ASKED).title == "Plan: try storage class gp3 with fio"
    assert clean(world)


def test_where_a_class_keeps_its_volumes_it_is_said_before_and_after(tmp_path: Path) -> None:
    world = World(tmp_path, policy="Retain")
    world.fio()
    assert "Class gp3 keeps its volumes (Retain)" in said(world.run(ASKED))
    assert "stays and costs money (Retain): `kubectl delete pv pvc-" in said(world.run())
    world.step()
    assert (world.ours, world.volumes) == ([], 1)


def slowed(world: World) -> None:
    world.fio(answer(0.5))


@pytest.mark.parametrize(
    ("then", "title", "beside"),
    [
        (slowed, "slower than the last time", "3,000 → 1,500 IOPS (-50 %)"),
        (lambda _: None, "", "3,000 → 3,000 IOPS (+0 %)"),
    ],
    ids=["half as fast", "the same"],
)
def test_a_run_is_compared_with_the_last_one(
    world: World, then: Callable[[World], None], title: str, beside: str
) -> None:
    assert "This is the first run of its kind" in said(world.run())
    then(world)
    world.later(days=1)
    page = world.run()
    assert title in page.title
    assert beside in said(page)


def test_a_run_of_another_size_is_not_compared(world: World) -> None:
    world.run()
    assert "This is the first run of its kind" in said(world.run(replace(GO, size=size("2Gi"))))


def test_a_part_of_the_sections_is_a_result_that_says_what_it_lacks(world: World) -> None:
    world.fio(answer(without=["sync_write_4k", "bw_write_1m_qd16"]))
    page = world.run()
    assert "Without a result: 4 KiB commits, 1 MiB writes (16 at once). The others count." in said(page)


def test_what_fio_says_instead_of_a_result_is_told(world: World) -> None:
    world.fio({}, before="echo 'fio: file hash not empty on exit' >&2; exit 1")
    page = world.run()
    assert page.title.startswith("Storage class gp3 was not tried: fio gave no result")
    assert "file hash not empty on exit" in said(page)
    assert clean(world)


def test_an_existing_claim_is_left_alone_unless_the_settings_allow_it(world: World) -> None:
    assert world.run(IN_CLAIM).title == "Claim db/data-pg-0 was not tried: existing claims are not tried"
    assert world.kubelet.manifests == []


def test_in_an_existing_claim_its_data_stays_and_our_folder_goes(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("16")
    world.kubelet.folders["db", "data-pg-0"] = folder
    (tmp_path / "bin" / "df").write_text("#!/bin/sh\necho head; echo /dev/x 9000000 100000 8900000 2% /v\n")
    (tmp_path / "bin" / "df").chmod(0o755)
    page = world.run(IN_CLAIM, allowExisting=True, existingPressure=99, mostWritten=4)
    assert page.title.startswith("Benchmark of claim db/data-pg-0: ")
    assert "Each section was held to 1,000 IOPS and 50 MiB/s: latencies count" in said(page)
    assert "The pod and its folder are gone." in said(page)
    (pod,) = world.kubelet.manifests
    assert "fsGroup" not in str(pod)  # it would change the owner of every file
    assert "node-a" in str(pod["spec"]["affinity"])
    assert [one.name for one in folder.iterdir()] == ["PG_VERSION"]
    assert clean(world)


def asked_of(world: World, iops: float) -> Callable[[IoScope, IoWindow], IoMeasured]:
    """Answer as the driver of EBS does, of the volume of that claim."""
    volume = world.cluster.store.get(CLAIM, "data-pg-0", "db")["spec"]["volumeName"]
    handle = world.cluster.store.get(VOLUME, volume)["spec"]["csi"]["volumeHandle"]

    def ask(scope: IoScope, window: IoWindow) -> IoMeasured:
        assert handle in scope.handles
        rates = {"read_ops": iops, "write_ops": 0.0, "read_bytes": iops * 4096, "write_bytes": 0.0}
        signals = {name: array("d", [value] * window.columns) for name, value in rates.items()}
        return IoMeasured(window, {"ebs": IoSeries("ebs", window, ((handle,),), signals)}, present=frozenset({"ebs"}))

    return ask


@pytest.mark.parametrize(("iops", "share"), [(2400.0, "80 %"), (1200.0, "")], ids=["busy", "quiet"])
def test_an_existing_claim_that_is_busy_is_left_alone(world: World, iops: float, share: str) -> None:
    asked = replace(IN_CLAIM, dry_run=True)
    page = world.run(asked, ask=asked_of(world, iops), allowExisting=True, mostWritten=4)
    assert (f"it uses {share} of its limit just now" in page.title) == bool(share)
    assert "How busy it is was not measured" not in said(page)


def test_metrics_that_do_not_answer_stop_nothing_and_it_is_said_that_nobody_measured(world: World) -> None:
    def silent(_: IoScope, __: IoWindow) -> IoMeasured:
        raise Unavailable("no answer")

    page = world.run(replace(IN_CLAIM, dry_run=True), ask=silent, allowExisting=True, mostWritten=4)
    assert page.title == "Plan: try claim db/data-pg-0 with fio"
    assert "How busy it is was not measured" in said(page)
