"""Events and ticks on a cluster in memory: what is said, in which order, and what is kept quiet."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import NAME, State
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.plan import Outcome, Step
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows import remembered, ticks
from robusta_volumes._workflows.volume_events import volume_events
from robusta_volumes._workflows.volume_news import KEY
from robusta_volumes._workflows.volume_sweep import volume_sweep

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
CLAIM, POD, VOLUME = "PersistentVolumeClaim", "Pod", "PersistentVolume"
EBS = "ebs.csi.aws.com"
SCHEDULE = PersistentVolumeActions(report_schedule="0 7 * * *")


class Storage(MemoryCluster):
    """A cluster whose clock is moved by hand."""

    def __init__(self, **more: Any) -> None:
        super().__init__(now=START, name="prod", **more)
        self.minutes = 0.0

    def later(self, minutes: float) -> "Storage":
        self._now += timedelta(minutes=minutes)
        return self

    def add(self, build: Any) -> None:
        """Put what ``build`` makes, with its times relative to now, into the cluster."""
        builder = Builder(self.now())
        build(builder)
        self.store.take(builder.objects)

    def remove(self, kind: k.Kind, name: str, namespace: str = "") -> None:
        self.store.delete(kind, name, namespace or None)

    def state(self) -> State:
        return State(self, "robusta")


def frame(b: Builder) -> None:
    """A cluster with one driver on two nodes."""
    b.add("Namespace", "robusta")
    b.add("CSIDriver", EBS, api="storage.k8s.io/v1", spec={"attachRequired": True})
    b.storage_class("gp3", EBS, wait=False)
    for name in ("node-a1", "node-b1"):
        b.node(name, "eu-central-1a")
        b.add("CSINode", name, api="storage.k8s.io/v1", spec={"drivers": [{"name": EBS, "nodeID": name}]})


@pytest.fixture(autouse=True)
def _no_memory_of_other_tests() -> None:
    for memory in (remembered._in_process, ticks._in_process):  # noqa: SLF001
        memory.clear()


@pytest.fixture
def storage() -> Storage:
    """Give a healthy cluster whose first report was made a while ago."""
    made = Storage()
    made.add(frame)
    tick(made)
    tick(made.later(10))
    return made.later(60)


def event(storage: Storage, *objects: tuple[str, str, str], settings: PersistentVolumeActions = SCHEDULE) -> list[Page]:
    """Let events arrive about objects: (kind, namespace, name)."""
    targets = [Target(kind, name, namespace, trigger=Trigger.EVENT) for kind, namespace, name in objects]
    return list(volume_events(storage, targets, settings, storage.state()))


def tick(storage: Storage, settings: PersistentVolumeActions = SCHEDULE) -> list[Page]:
    return [page for page in volume_sweep(storage, settings, storage.state()) if page.noteworthy]


def titles(pages: Iterable[Page]) -> list[str]:
    return [page.title for page in pages]


def typo(*names: str, age: float = 2) -> Any:
    """Claims of a class that does not exist."""

    def build(b: Builder) -> None:
        for name in names:
            b.claim("shop", name, "8Gi", "gp33", age=age)

    return build


WRONG = 'Claim shop/cart cannot bind: storage class "gp33" does not exist'


# --- one object


def test_an_issue_is_said_once_and_its_end_under_the_same_identity(storage: Storage) -> None:
    storage.add(typo("cart"))
    (page,) = event(storage, (CLAIM, "shop", "cart"))
    assert page.title == WRONG
    assert event(storage, (CLAIM, "shop", "cart")) == []
    storage.remove(k.CLAIM, "cart", "shop")
    (end,) = event(storage, (CLAIM, "shop", "cart"))
    assert (end.title, end.failure, end.severity.word) == (f"[RESOLVED] Resolved: {WRONG}", False, "info")
    assert (end.identity, end.key) == (page.identity, page.key)
    assert (end.subject.namespace, end.subject.name) == ("shop", "cart")
    assert event(storage, (CLAIM, "shop", "cart")) == []


def test_the_end_that_no_event_tells_is_found_by_the_next_look_at_the_whole_cluster(storage: Storage) -> None:
    storage.add(typo("cart"))
    event(storage, (CLAIM, "shop", "cart"))
    storage.remove(k.CLAIM, "cart", "shop")
    assert titles(tick(storage.later(61))) == [f"[RESOLVED] Resolved: {WRONG}"]
    assert tick(storage.later(61)) == []


def test_what_may_not_be_seen_any_more_is_not_resolved(storage: Storage) -> None:
    storage.add(typo("cart"))
    event(storage, (CLAIM, "shop", "cart"))
    storage.remove(k.CLAIM, "cart", "shop")
    storage.denied = frozenset([k.STORAGE_CLASS.resource])
    assert event(storage, (CLAIM, "shop", "cart")) == []
    assert tick(storage.later(61)) == []
    storage.denied = frozenset()
    assert titles(tick(storage.later(61))) == [f"[RESOLVED] Resolved: {WRONG}"]


def test_what_is_still_wrong_with_a_neighbour_is_not_resolved(storage: Storage) -> None:
    storage.add(typo("cart", "list"))
    assert len(event(storage, (CLAIM, "shop", "cart"), (CLAIM, "shop", "list"))) == 2
    storage.remove(k.CLAIM, "list", "shop")
    storage.add(typo("other"))
    pages = event(storage, (CLAIM, "shop", "other"))
    assert [title.partition(" cannot")[0] for title in titles(pages)] == [
        "Claim shop/other",
        "[RESOLVED] Resolved: Claim shop/list",
    ]


def test_a_look_at_one_namespace_says_nothing_of_another(storage: Storage) -> None:
    storage.add(typo("cart"))
    event(storage, (CLAIM, "shop", "cart"))
    storage.remove(k.CLAIM, "cart", "shop")
    storage.add(lambda b: b.claim("db", "data", "8Gi", "gp33", age=2))
    assert titles(event(storage, (CLAIM, "db", "data"))) == [
        'Claim db/data cannot bind: storage class "gp33" does not exist'
    ]


def test_a_new_issue_leads_its_message_although_a_worse_one_is_known(storage: Storage) -> None:
    storage.add(typo("cart"))
    event(storage, (CLAIM, "shop", "cart"))
    storage.store.patch(
        k.CLAIM, "cart", "shop", {"metadata": {"deletionTimestamp": "2026-11-23T08:00:00Z", "finalizers": ["x"]}}
    )
    pages = event(storage.later(20), (CLAIM, "shop", "cart"))
    assert [WRONG in to_markdown(page) for page in pages] in ([], [True])
    assert all(page.title != WRONG for page in pages)


# --- the first report


def test_the_first_look_is_one_message_and_everything_in_it_is_known_from_then_on() -> None:
    storage = Storage()
    storage.add(frame)
    storage.add(typo("cart", "list", age=3000))
    assert event(storage, (CLAIM, "shop", "cart")) == []  # it began long ago, and nobody watched
    (page,) = tick(storage)
    text = to_markdown(page, files=False)
    assert (
        "This is the first look at this cluster. The 2 issues of today are known now; from here on only changes" in text
    )
    assert event(storage, (CLAIM, "shop", "cart"), (CLAIM, "shop", "list")) == []
    assert tick(storage.later(61)) == []


def test_a_healthy_cluster_is_told_once_that_it_is_watched() -> None:
    storage = Storage()
    storage.add(frame)
    (page,) = tick(storage)
    assert "Nothing is wrong now; from here on only changes are told" in to_markdown(page)
    assert [tick(storage.later(10)) for _ in range(3)] == [[], [], []]


def test_an_installation_that_reported_before_it_had_a_memory_gets_its_first_look(storage: Storage) -> None:
    storage.add(typo("cart"))
    storage.state().write("persistentVolumeActions.issues", {})
    (page,) = tick(storage)
    assert "This is the first look" in to_markdown(page)


# --- the report, and between reports


def test_the_report_says_what_is_new_fixed_and_still_open_since_the_last_one(storage: Storage) -> None:
    storage.add(typo("cart", "list", "stays"))
    event(storage, *((CLAIM, "shop", name) for name in ("cart", "list", "stays")))
    tick(storage.later(23 * 60))
    storage.remove(k.CLAIM, "cart", "shop")
    storage.add(typo("fresh"))
    (page,) = [p for p in tick(storage.later(24 * 60)) if p.key == "PersistentVolumeReport"]
    text = to_markdown(page, files=False)
    assert "Since the last report (2026-11-24 08:10 UTC, 24 h ago): 1 new, 1 fixed, 2 still open." in text
    assert '*New (1):* Claim shop/fresh cannot bind: storage class "gp33" does not exist' in text
    assert f"*Fixed (1):* {WRONG}" in text


def test_between_reports_one_new_issue_has_a_message_of_its_own_and_several_share_one(storage: Storage) -> None:
    storage.add(typo("cart"))
    assert titles(tick(storage.later(61))) == [WRONG]
    storage.add(typo("a", "b", "c"))
    (page,) = tick(storage.later(61))
    first = 'Claim shop/a cannot bind: storage class "gp33" does not exist'
    assert page.title == f"{first}, and 2 more new storage problems"
    assert "shop,c" in to_markdown(page)
    for name in ("a", "b"):
        storage.remove(k.CLAIM, name, "shop")
    (page,) = tick(storage.later(61))
    assert (page.title, page.failure) == (f"Fixed: {first}, and 1 more problem", False)


def test_between_two_looks_a_tick_reads_two_notes_and_nothing_else(storage: Storage) -> None:
    tick(storage)
    storage.reads.clear()
    assert tick(storage.later(10)) == []
    assert storage.reads == [k.CONFIG_MAP.resource] * 2


def test_how_often_the_whole_cluster_is_looked_at_can_be_set(storage: Storage) -> None:
    often = PersistentVolumeActions(sweep_minutes=10)
    tick(storage, often)
    storage.add(typo("cart"))
    assert titles(tick(storage.later(11), often)) == [WRONG]


# --- storms


def test_more_than_ten_messages_are_held_back_named_and_told_by_the_next_tick(storage: Storage) -> None:
    names = [f"c{n:02}" for n in range(14)]
    storage.add(typo(*names))
    pages = event(storage, *((CLAIM, "shop", name) for name in names))
    assert len(pages) == 10
    last = to_markdown(pages[-1], files=False)
    assert "*Not sent since the last message:* at least 4 more: 4 PVC-05 (Storage class does not exist)." in last
    (page,) = tick(storage.later(10))
    assert page.title.endswith(", and 3 more new storage problems")


def down(*pods: tuple[str, str]) -> Any:
    """Pods whose volumes cannot be mounted, since the driver is not registered on their node."""

    def build(b: Builder) -> None:
        for namespace, name in pods:
            b.bound(namespace, f"data-{name}", "8Gi", "gp3", EBS)
            pod = b.pod(namespace, name, [f"data-{name}"], node="node-a1", phase="Pending", age=9)
            text = (
                f'MountVolume.MountDevice failed for volume "pvc-{name}" : kubernetes.io/csi: attacher.MountDevice '
                f"failed to create newCsiDriverClient: driver name {EBS} not found in the list of registered CSI drivers"
            )
            b.event(pod, "FailedMount", text, age=8)

    return build


def test_a_driver_that_went_down_is_one_message_with_all_victims_of_all_namespaces(storage: Storage) -> None:
    pods = [("shop", "web-0"), ("shop", "web-1"), ("db", "pg-0"), ("media", "cms-0")]
    storage.add(down(*pods))
    storage.store.patch(k.CSI_NODE, "node-a1", None, {"spec": {"drivers": []}})
    (page,) = event(storage, (POD, "shop", "web-0"))
    assert page.title == f"CSI driver {EBS} does not answer on node node-a1: 4 volumes of 4 workloads cannot mount"
    text = to_markdown(page)
    assert "First: " in text
    assert "db,data-pg-0," in text
    assert event(storage, *((POD, namespace, name) for namespace, name in pods)) == []
    storage.add(down(("media", "cms-1")))
    assert event(storage, (POD, "media", "cms-1"), (POD, "media", "cms-1")) == []
    storage.add(typo("cart"))
    (other,) = event(storage, (CLAIM, "shop", "cart"))
    assert "at least 1 more: 1 later victim of driver ebs.csi.aws.com on node-a1." in to_markdown(other)


def test_a_driver_that_is_back_is_one_message_too(storage: Storage) -> None:
    storage.add(down(("shop", "web-0"), ("db", "pg-0")))
    storage.store.patch(k.CSI_NODE, "node-a1", None, {"spec": {"drivers": []}})
    (page,) = event(storage, (POD, "shop", "web-0"))
    for namespace, name in (("shop", "web-0"), ("db", "pg-0")):
        running = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        storage.store.patch(k.POD, name, namespace, {"status": running})
    assert event(storage, (POD, "shop", "web-0")) == []  # another victim may be left elsewhere
    (end,) = tick(storage.later(10))
    assert (end.title, end.identity) == (f"[RESOLVED] Resolved: {page.title}", page.identity)


def test_a_look_of_an_event_reads_eight_lists_and_one_for_many_events_the_same(storage: Storage) -> None:
    names = [f"c{n:02}" for n in range(20)]
    storage.add(typo(*names))
    storage.reads.clear()
    event(storage, *((CLAIM, "shop", name) for name in names))
    assert [r for r in storage.reads if r != k.CONFIG_MAP.resource] == [kind.resource for kind in _eight()]


def _eight() -> tuple[k.Kind, ...]:
    return (k.CLAIM, k.VOLUME, k.STORAGE_CLASS, k.CSI_DRIVER, k.NODE, k.POD, k.QUOTA, k.EVENT)


def test_events_of_many_namespaces_are_looked_at_once(storage: Storage) -> None:
    places = [f"team-{n}" for n in range(9)]
    storage.add(lambda b: [b.claim(place, "cart", "8Gi", "gp33", age=2) for place in places])
    storage.reads.clear()
    assert len(event(storage, *((CLAIM, place, "cart") for place in places))) == 9
    assert storage.reads.count(k.CLAIM.resource) == 1


# --- where nothing may be remembered


class Forgetful(Storage):
    """A cluster on which nothing may be written, until it is ``writable``."""

    writable = False

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        if self.writable:
            return super().carry_out(plan)
        return [Outcome(step, error=NotAllowed("cannot patch configmaps")) for step in plan]


def test_where_nothing_may_be_remembered_the_process_remembers() -> None:
    storage = Forgetful()
    storage.add(frame)
    assert len(tick(storage)) == 1
    storage.add(typo("cart"))
    assert titles(event(storage, (CLAIM, "shop", "cart"))) == [WRONG]
    assert event(storage, (CLAIM, "shop", "cart")) == []
    assert tick(storage.later(61)) == []


def test_what_could_not_be_written_is_written_by_the_next_tick_that_can() -> None:
    storage = Forgetful()
    storage.add(frame)
    tick(storage)
    tick(storage.later(10))
    storage.writable = True
    assert tick(storage.later(10)) == []
    assert storage.state().read(KEY)["baseline"]


def test_a_deleted_memory_starts_anew(storage: Storage) -> None:
    storage.remove(k.CONFIG_MAP, NAME, "robusta")
    storage.add(typo("cart", age=3000))
    (page,) = tick(storage)
    assert "This is the first look" in to_markdown(page)
