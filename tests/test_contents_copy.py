"""A volume that cannot be mounted a second time is looked at in a copy, of which nothing stays; the volume is not touched."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contents_world import MIB, NOON, objects, pod, postgres, settings, snapshot_class, write
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._engines.inspector_pod import inspector_name
from robusta_volumes._model.asked import VolumeContents
from robusta_volumes._model.contents import Inspector
from robusta_volumes._model.errors import NotAllowed, Unavailable
from robusta_volumes._model.kind import CLAIM, NODE, POD, QUOTA, SNAPSHOT, SNAPSHOT_CLASS, STORAGE_CLASS, VOLUME
from robusta_volumes._model.plan import Create, Delete, Outcome
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Button, Page
from robusta_volumes._sandbox.csi_script import Behaviour, CsiScript
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._workflows.volume_contents import volume_contents

IMAGE = "registry.example/busybox:1.36.1"
DRIVER = "ebs.csi.aws.com"
AUTO = VolumeContents(name="data-pg-0", namespace="db")
ASKED = VolumeContents(name="data-pg-0", namespace="db", way="snapshot")
HOLDS = "db/data-pg-0 holds 5.5 MiB in 7 files: 73 % is in pg_wal"
ONE_POD = {"spec": {"accessModes": ["ReadWriteOncePod"]}, "status": {"accessModes": ["ReadWriteOncePod"]}}


class World:
    """A cluster whose storage and kubelet take a step whenever the run sleeps."""

    def __init__(self, tmp_path: Path, kind: type[MemoryCluster] = MemoryCluster) -> None:
        self.volume = postgres(tmp_path / "volume")
        self.cluster = kind([*objects(pod("data-pg-0", "pg-0")), snapshot_class()], name="prod", now=NOON)
        self.store = self.cluster.store
        self.script = CsiScript()
        self.storage = CsiStorage(self.store, self.script)
        self.kubelet = PodRunner(self.store, folders={("db", "data-pg-0"): self.volume})
        self.cluster.written = self.kubelet.logs

    def step(self, _: float = 0) -> None:
        self.storage.step()
        self.kubelet.step()

    def look(self, asked: VolumeContents = ASKED, sleep: Callable[[float], None] | None = None, **more: Any) -> Page:
        return volume_contents(self.cluster, asked, settings(**more), IMAGE, sleep or self.step)

    @property
    def ours(self) -> list[str]:
        """What is there after the storage has done what is left to do."""
        for _ in range(3):
            self.step()
        kinds = (POD, CLAIM, SNAPSHOT)
        return [f"{o['kind']} {o['metadata']['name']}" for k in kinds for o in self.store.find(k, labels=LABEL)]


LABEL = "robusta-volumes.dev/inspects"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.kubelet.close()


def name_of(world: World) -> str:
    uid = str(world.store.get(CLAIM, "data-pg-0", "db")["metadata"]["uid"])
    return inspector_name(Inspector("db", "data-pg-0", uid))


def data(world: World) -> str:
    """Write down the claim and its volume, but for what Kubernetes counts."""
    claim, volumes = world.store.get(CLAIM, "data-pg-0", "db"), world.store.find(VOLUME)
    for item in (claim, *volumes):
        item["metadata"].pop("resourceVersion", None)
        item["metadata"].pop("finalizers", None)
    return json.dumps([claim, volumes], sort_keys=True)


def test_a_copy_tells_the_same_and_nothing_of_it_stays_and_the_volume_is_as_it_was(world: World) -> None:
    before = data(world)
    page = world.look()
    assert page.title == HOLDS
    said = to_markdown(page)
    assert (
        "Looked at from a pod of our own over a copy, made from a snapshot that was taken for it; deleted since."
        in said
    )
    assert world.ours == []
    assert world.storage.stored == {}
    assert data(world) == before


def test_what_is_made_has_one_name_and_our_labels_and_no_schedule_takes_a_snapshot_of_it(world: World) -> None:
    made: dict[str, Any] = {}

    def see(_: float) -> None:
        for kind in (SNAPSHOT, CLAIM, POD):
            made.update((kind.name, o) for o in world.store.find(kind, labels=LABEL))
        world.step()

    world.look(sleep=see)
    assert {o["metadata"]["name"] for o in made.values()} == {name_of(world)}
    assert set(made) == {"VolumeSnapshot", "PersistentVolumeClaim", "Pod"}
    assert all(o["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "robusta-volumes" for o in made.values())
    claim, snapshot = made["PersistentVolumeClaim"], made["VolumeSnapshot"]
    assert claim["metadata"]["annotations"]["robusta-volumes.dev/snapshot"] == "false"
    assert claim["spec"]["dataSource"]["name"] == name_of(world)
    assert snapshot["spec"]["source"] == {"persistentVolumeClaimName": "data-pg-0"}
    assert "robusta-volumes.dev/self" not in snapshot["metadata"]["annotations"]  # so no retention counts or prunes it
    assert made["Pod"]["spec"]["volumes"][0]["persistentVolumeClaim"] == {"claimName": name_of(world)}
    assert made["Pod"]["spec"]["containers"][0]["volumeMounts"][0]["readOnly"] is True


def test_a_volume_for_one_pod_alone_whose_pod_has_no_shell_is_looked_at_in_a_copy_unasked(world: World) -> None:
    world.store.patch(CLAIM, "data-pg-0", "db", ONE_POD)
    page = world.look(AUTO)
    assert page.title == HOLDS
    assert "a pod of our own: only one pod may have it, and pod pg-0 does" in to_markdown(page)


def test_a_volume_that_a_node_holds_which_does_not_answer_is_looked_at_in_a_copy(world: World) -> None:
    ready = {"type": "Ready", "status": "Unknown"}
    world.store.create(
        {"apiVersion": "v1", "kind": NODE.name, "metadata": {"name": "node-a"}, "status": {"conditions": [ready]}}
    )
    said = to_markdown(world.look(AUTO))
    assert HOLDS in said
    assert "pod `pg-0` is on node node-a, which does not answer" in said


def test_a_volume_that_a_pod_of_ours_can_mount_is_not_copied_unless_it_is_asked_for(world: World) -> None:
    assert "in a copy" not in to_markdown(world.look(VolumeContents("data-pg-0", "db", dry_run=True)))


def test_a_plan_names_all_that_would_be_made_and_its_button_asks_for_the_same(world: World) -> None:
    page = world.look(VolumeContents("data-pg-0", "db", way="snapshot", dry_run=True))
    name = name_of(world)
    said = to_markdown(page)
    assert "1. in a copy: a snapshot (class `csi`) and a claim of 10.0 GiB from it (class `gp3`)" in said
    assert f"looked into by a pod of our own. All three are called `{name}` in `db`, and are deleted after" in said
    (button,) = [b for b in page.blocks if isinstance(b, Button)]
    assert button.params["way"] == "snapshot"
    assert world.ours == []


def test_names_that_are_no_text_come_through_a_copy_as_well(world: World) -> None:
    write(world.volume, b"<!channel> $(touch pwned)\n`x` \xff", 9 * MIB)
    said = to_markdown(world.look())
    assert "\u2039!channel\u203a $(touch pwned) 'x' \ufffd" in said
    assert not list(world.volume.rglob("pwned"))


REFUSED: dict[str, tuple[Callable[[World], object], dict[str, Any], str, str]] = {
    "no-class": (
        lambda w: w.store.delete(SNAPSHOT_CLASS, "csi"), {},
        f"no snapshot class is for driver {DRIVER}", f"create a VolumeSnapshotClass for `{DRIVER}`",
    ),
    "retained-snapshots": (
        lambda w: w.store.patch(SNAPSHOT_CLASS, "csi", None, {"deletionPolicy": "Retain"}), {},
        "snapshot class csi keeps the data of deleted snapshots (Retain): the copy would stay", "`deletionPolicy: Delete`",
    ),
    "retained-volumes": (
        lambda w: w.store.patch(STORAGE_CLASS, "gp3", None, {"reclaimPolicy": "Retain"}), {},
        "storage class gp3 keeps its volumes (Retain): the copy would stay", "`restore_pvc_snapshot`",
    ),
    "too-large": (
        lambda _: None, {"copySize": 9},
        "the copy would take 10.0 GiB, and at most 9.0 GiB may", "raise `contents.copySize`",
    ),
    "quota": (
        lambda w: w.store.create({
            "apiVersion": "v1", "kind": QUOTA.name, "metadata": {"name": "storage", "namespace": "db"},
            "spec": {"hard": {"requests.storage": "15Gi"}},
            "status": {"hard": {"requests.storage": "15Gi"}, "used": {"requests.storage": "10Gi"}},
        }), {},
        "quota storage has no room for 10.0 GiB more", "raise requests.storage",
    ),
    "right": (
        lambda w: setattr(w.cluster, "denied", frozenset({"volumesnapshots.snapshot.storage.k8s.io"})), {},
        "the runner may not create volumesnapshots.snapshot.storage.k8s.io in db",
        "permissions -n db --allow contents,copies | kubectl apply -f -",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "more", "why", "todo"), REFUSED.values(), ids=REFUSED)
def test_where_a_copy_cannot_be_or_would_stay_none_is_made(
    world: World, make: Callable[[World], object], more: dict[str, Any], why: str, todo: str
) -> None:
    make(world)
    page = world.look(**more)
    said = to_markdown(page)
    assert f"Nobody can look into a copy of db/data-pg-0: {why}" in said
    assert todo in said
    assert to_markdown(world.look(VolumeContents("data-pg-0", "db", way="snapshot", dry_run=True), **more)).count(why)
    world.cluster.denied = frozenset()
    assert world.ours == []


def test_of_several_snapshot_classes_one_is_taken_that_keeps_nothing(world: World) -> None:
    default = {"snapshot.storage.kubernetes.io/is-default-class": "true"}
    retained = snapshot_class("a-keeps", "Retain")
    retained["metadata"]["annotations"] = default
    world.store.create(retained)
    assert "class `csi`" in to_markdown(world.look(VolumeContents("data-pg-0", "db", way="snapshot", dry_run=True)))


def test_a_snapshot_that_does_not_get_ready_is_told_with_the_drivers_words_and_removed(world: World) -> None:
    words = "rpc error: code = Internal desc = <!channel> no `room`"
    world.script.snapshots.on(Behaviour(error=words), namespace="db")
    said = to_markdown(world.look(copySeconds=20))
    assert "its snapshot was not ready within 20 s" in said
    assert "no 'room'" in said
    assert "<!channel>" not in said
    assert world.ours == []


def test_a_copy_that_is_not_made_is_told_with_the_provisioners_words_and_removed(world: World) -> None:
    world.script.restores.on(Behaviour(error="rpc error: code = ResourceExhausted desc = pool is full"), namespace="db")
    page = world.look(copySeconds=20)
    said = to_markdown(page)
    assert "it did not start within 20 s" in said
    assert "pool is full" in said
    assert "*Do this:*" in said
    held = f"left behind: VolumeSnapshot db/{name_of(world)} (deleted, and held by its provisioner until that lets go of it)"
    assert held in said
    assert world.ours == [f"VolumeSnapshot {name_of(world)}"]
    assert world.store.get(SNAPSHOT, name_of(world), "db")["metadata"]["deletionTimestamp"]


def test_two_runs_do_not_copy_one_claim_at_once(world: World) -> None:
    seen: list[str] = []

    def second(_: float) -> None:
        if not seen:
            seen.append(world.look().title)
        world.step()

    assert world.look(sleep=second).title == HOLDS
    assert seen == ["Nobody can look into a copy of db/data-pg-0: another run looks into one just now"]
    assert world.ours == []


def test_a_claim_of_that_name_that_is_not_ours_is_neither_used_nor_removed(world: World) -> None:
    name = name_of(world)
    made = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "db"}}
    world.store.create({**made, "spec": {"accessModes": ["ReadWriteOnce"]}, "status": {"phase": "Bound"}})
    assert f"there is a claim {name} already" in to_markdown(world.look())
    assert world.store.get(CLAIM, name, "db")


@pytest.mark.parametrize("kind", [SNAPSHOT, CLAIM, POD], ids=lambda kind: kind.plural)
def test_what_a_run_that_died_has_left_is_removed_by_the_next_one(world: World, kind: Any) -> None:
    class Died(BaseException):
        pass

    def die(_: float) -> None:
        if world.store.find(kind, labels=LABEL):
            world.cluster.denied = frozenset({SNAPSHOT.resource, CLAIM.resource, POD.resource})
            raise Died
        world.step()

    with pytest.raises(Died):
        world.look(sleep=die)
    world.cluster.denied = frozenset()
    assert any(kind.name in one for one in world.ours)
    left = [o for one in (POD, CLAIM, SNAPSHOT) for o in world.store.find(one, labels=LABEL)]
    later = NOON + timedelta(minutes=20)
    rest = [o for one in (VOLUME, CLAIM, SNAPSHOT, POD, STORAGE_CLASS, SNAPSHOT_CLASS) for o in world.store.find(one)]
    assert left
    after = MemoryCluster(rest, name="prod", now=later)
    storage = CsiStorage(after.store)
    kubelet = PodRunner(after.store, folders=world.kubelet.folders)
    after.written = kubelet.logs

    def step(_: float) -> None:
        storage.step()
        kubelet.step()

    volume_contents(after, VolumeContents("data-pg-0", "db", way="pod"), settings(), IMAGE, step)
    for _ in range(4):
        step(0)
    assert [o["metadata"]["name"] for one in (POD, CLAIM, SNAPSHOT) for o in after.store.find(one, labels=LABEL)] == []
    assert after.store.get(CLAIM, "data-pg-0", "db")["status"]["phase"] == "Bound"


def test_what_could_not_be_removed_is_named(tmp_path: Path) -> None:
    class Stubborn(MemoryCluster):
        def carry_out(self, plan: Any) -> list[Outcome]:
            no = NotAllowed("cannot delete")
            stays = [s for s in plan if isinstance(s, Delete) and s.kind is SNAPSHOT]
            return [Outcome(s, error=no) for s in stays] if stays else super().carry_out(plan)

    world = World(tmp_path, Stubborn)
    page = world.look()
    assert page.title == HOLDS
    assert f"left behind: VolumeSnapshot db/{name_of(world)} (the next run removes it)" in to_markdown(page)


def test_a_snapshot_that_nobody_knows_whether_it_was_made_is_removed(tmp_path: Path) -> None:
    class Unsure(MemoryCluster):
        def carry_out(self, plan: Any) -> list[Outcome]:
            done = super().carry_out(plan)
            return [Outcome(o.step, error=Unavailable("no answer")) if isinstance(o.step, Create) else o for o in done]

    world = World(tmp_path, Unsure)
    assert world.look().title == "Nobody can look into a copy of db/data-pg-0: no answer"
    assert world.ours == []


def test_the_title_tells_why_nobody_could_look_not_what_was_left_behind(world: World) -> None:
    world.script.restores.on(Behaviour(error="rpc error: code = ResourceExhausted desc = pool is full"), namespace="db")
    title = world.look(copySeconds=20).title
    assert title.startswith("Nobody can look into db/data-pg-0: a copy: it did not start within 20 s")
