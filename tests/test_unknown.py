"""What could not be read is said as unknown: never as healthy, never as 0, and never as missing."""

from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from kubernetes.client import ApiClient, Configuration

from robusta_volumes._cluster.cluster import Object, Slim
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import NotAllowed, OutOfTime, rbac_rule
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions

BEFORE = Path(__file__).parent / "clusters" / "before"
PVC, PV = "PersistentVolumeClaim", "PersistentVolume"
WHY = "the runner may not list"


class Limited(MemoryCluster):
    """A cluster that is read one namespace at a time only, or in which the time runs out before some kinds."""

    may: frozenset[str] | None = None
    late: frozenset[Kind] = frozenset()

    def find(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = "", slim: Slim | None = None
    ) -> list[Object]:
        if kind in self.late:
            raise OutOfTime(f"no time left of 8 s: list {kind.resource} was not tried", "Ask for less.")
        if self.may is not None and kind.namespaced and namespace not in self.may:
            raise NotAllowed(f"cannot list {kind.resource}", rbac_rule(kind, "list"))
        return super().find(kind, namespace, labels=labels, fields=fields, slim=slim)


def seen(
    target: Target,
    *,
    denied: Iterable[Kind] = (),
    may: Iterable[str] | None = None,
    late: Iterable[Kind] = (),
    settings: PersistentVolumeActions = PersistentVolumeActions(),  # noqa: B008 (frozen)
) -> Page:
    """Report on the recorded cluster with less than all of it in sight."""
    cluster = Limited.from_dump(BEFORE, name="recorded")
    assert isinstance(cluster, Limited)
    cluster.denied = frozenset(kind.resource for kind in denied)
    cluster.may = None if may is None else frozenset(may)
    cluster.late = frozenset(late)
    return persistent_volume_actions(cluster, target, settings)


def text(page: Page) -> str:
    return to_markdown(page, files=False)


def test_a_selection_is_looked_for_in_the_namespaces_that_may_be_read() -> None:
    settings = PersistentVolumeActions(namespaces=("shop", "tight"))
    page = seen(Target(selector="app=orders-db"), may=("shop", "tight"), settings=settings)
    assert "of 3 claims" in text(page)
    assert "namespaces shop, tight (reading the whole cluster is not allowed)" in text(page)


def test_a_selection_reads_the_claims_once() -> None:
    cluster = MemoryCluster.from_dump(BEFORE, name="recorded")
    persistent_volume_actions(cluster, Target(selector="app"), PersistentVolumeActions())
    assert cluster.reads.count(k.CLAIM.resource) == 1


def test_a_selection_among_claims_that_may_not_be_read_is_unknown() -> None:
    page = seen(Target(selector="app=orders-db"), denied=[k.CLAIM])
    assert page.title == (
        f"The claims of the selection app=orders-db could not be looked at: {WHY} persistentvolumeclaims"
    )
    assert "which of them belong to it only its claims tell" in text(page)
    assert "0 of 0" not in text(page)


def test_claims_that_may_not_be_read_are_neither_none_nor_healthy() -> None:
    page = seen(Target("Namespace", "default", "default"), denied=[k.CLAIM])
    assert page.title == f"The claims of namespace default could not be looked at: {WHY} persistentvolumeclaims"
    assert page.severity == Severity.LOW
    assert page.noteworthy
    assert "Claims are unknown: " in text(page)
    assert "0 of 0" not in text(page)
    assert "There are no volumes." in text(page)
    assert "healthy" not in text(page)


def test_volumes_that_may_not_be_read_are_not_without_problems() -> None:
    page = seen(Target("Namespace", "shop", "shop"), denied=[k.VOLUME])
    assert (
        f"have no problem of their own, as far as could be looked at. Volumes are unknown: {WHY} persistentvolumes."
        in text(page)
    )
    assert "0 of 0" not in text(page)


@pytest.mark.parametrize(
    ("kind", "target", "what"),
    [
        (k.CLAIM, Target(PVC, "nosuch", "shop"), "Claim shop/nosuch"),
        (k.CLAIM, Target(PVC, "uploads", "shop"), "Claim shop/uploads"),
        (k.VOLUME, Target(PV, "nosuch"), "Volume nosuch"),
        (k.POD, Target("Pod", "nosuch", "shop"), "Pod shop/nosuch"),
        (k.STATEFUL_SET, Target("StatefulSet", "nosuch", "shop"), "StatefulSet shop/nosuch"),
    ],
)
def test_an_object_that_may_not_be_read_is_not_said_to_be_well(kind: Kind, target: Target, what: str) -> None:
    page = seen(target, denied=[kind])
    assert page.title == f"{what} could not be looked at: {WHY} {kind.plural}"
    assert page.severity == Severity.LOW
    assert "that does not mean that it is well" in text(page)
    assert "no problem" not in text(page)
    assert f'resources: ["{kind.plural}"]' in text(page)


def test_an_alert_about_a_claim_that_may_not_be_read_does_not_say_that_nothing_else_is_wrong() -> None:
    page = seen(Target(PVC, "uploads", "shop", trigger=Trigger.ALERT), denied=[k.CLAIM])
    assert "could not be looked at" in page.title
    assert "no other problem" not in text(page)


@pytest.mark.parametrize(("trigger", "words"), [(Trigger.ALERT, "for an alert"), (Trigger.EVENT, "on an event")])
def test_what_an_event_or_an_alert_does_not_read_is_named(trigger: Trigger, words: str) -> None:
    page = seen(Target(PVC, "data-orders-db-0", "shop", trigger=trigger))
    assert (
        f"*Not read {words}:* attachments, CSI nodes, workloads, limit ranges, snapshots."
        " Run `persistent_volume_actions` by hand to look at them, too."
    ) in text(page)
    assert "Not read" not in text(seen(Target(PVC, "data-orders-db-0", "shop")))


def test_an_alert_claims_nothing_about_what_was_not_read() -> None:
    page = seen(Target(PVC, "data-orders-db-0", "shop", trigger=Trigger.ALERT))
    assert "what was read of its objects shows no other problem" in text(page)


def test_where_all_was_seen_nothing_is_hedged_and_else_it_is() -> None:
    assert "\nNothing is wrong with it.\n" in text(seen(Target(PV, "pv1")))
    assert "\nNothing is wrong in what could be looked at.\n" in text(seen(Target(PV, "pv1"), denied=[k.POD]))


def test_a_report_for_which_the_time_ran_out_holds_what_was_read_by_then() -> None:
    late = set(k.ALL_KINDS) - {k.CLAIM, k.VOLUME, k.STORAGE_CLASS, k.CSI_DRIVER}
    page = seen(Target(), late=late)
    assert 'storage class "csi-hq" does not exist' in text(page)
    assert "pods, replicasets, resourcequotas, " in text(page)
    assert ": the time of this run was used up before; Ask for less. (rules " in text(page)
    with pytest.raises(OutOfTime):
        seen(Target(), late=[k.VOLUME])


def test_a_real_cluster_that_answers_slowly_is_reported_as_far_as_it_got() -> None:
    """A server that takes 0.3 s for each list, and 2 s for the whole run."""
    objects, _ = shop(datetime.now(UTC))
    with ApiServer(Store(objects)) as server:
        server.faults.slow(0.3)
        config = Configuration(host=server.url)
        with closing(ApiClient(config)) as client:
            cluster = LiveCluster(client, "slow", deadline=2)
            page = persistent_volume_actions(cluster, Target(), PersistentVolumeActions())
    assert page.title.endswith("in the cluster")
    assert text(page).count("the time of this run was used up before; The cluster answers slowly: ask for less") == 1
    assert "0 of 0" not in text(page)


def test_events_of_a_volume_that_come_too_late_do_not_cost_its_report() -> None:
    page = seen(Target(PV, "pv1"), may=["t1"])
    assert page.title.startswith("Claim t1/pvc1 is Bound: 1.0 GiB")
    assert f"events: {WHY} them" in text(page)


def test_a_volumes_name_given_with_a_namespace_is_recognised() -> None:
    page = seen(Target(PVC, "pv1", "shop"))
    assert page.title == "Claim shop/pv1 does not exist"
    assert "There is a volume of that name: run it again with kind `pv`." in text(page)
    assert "volume of that name" not in text(seen(Target(PVC, "upload", "shop")))


def test_the_title_of_many_problems_starts_with_the_worst() -> None:
    page = seen(Target())
    first, rest = page.title.split(", and ")
    assert first.startswith("Volume on-gone-node lies on node node-that-left, which is gone")
    assert rest.endswith(" more storage problems in the cluster")
    assert len(page.title) <= 170
    assert "problems: " in text(page).split("\n\n")[2]


def test_a_selection_may_compare_numbers_as_kubectl_does() -> None:
    cluster = MemoryCluster(
        [
            {"apiVersion": "v1", "kind": PVC, "metadata": {"name": name, "namespace": "a", "labels": {"tier": tier}}}
            for name, tier in (("one", "1"), ("two", "2"), ("word", "x"))
        ]
    )
    target = Target(selector="tier>1")
    page = persistent_volume_actions(cluster, target, PersistentVolumeActions())
    assert "of 1 claim " in text(page)
