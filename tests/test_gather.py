"""One look at a cluster: a fixed number of requests, and what may not be read says why."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from robusta_volumes._cluster.cluster import Object, Slim
from robusta_volumes._cluster.gather import EVERYTHING, NEIGHBOURHOOD, gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.errors import ClusterError, Invalid, NotAllowed, NotAuthenticated, Unavailable, rbac_rule
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CAPACITY, CLAIM, EVENT, NODE, POD, SNAPSHOT, STORAGE_CLASS, VOLUME, Kind
from robusta_volumes._model.times import UTC

RECORDED = Path(__file__).parent / "clusters" / "before"
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
# One list for each kind; of a whole cluster's events one for each of fourteen causes.
REQUESTS = len(EVERYTHING) + 13


def item(kind: str, name: str, namespace: str = "", **more: Any) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, **more}


class OwnNamespaces(MemoryCluster):
    """A cluster on which namespaced kinds may be read one namespace at a time only, and only in some."""

    may: frozenset[str] = frozenset({"shop", "tight"})

    def find(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = "", slim: Slim | None = None
    ) -> list[Object]:
        if not kind.namespaced or namespace not in self.may:
            self.reads.append(kind.resource)
            raise NotAllowed(f"cannot list {kind.resource}", rbac_rule(kind, "list"))
        return super().find(kind, namespace, labels=labels, fields=fields, slim=slim)


class Failing(MemoryCluster):
    """A cluster that answers lists of some kinds with an error."""

    def __init__(self, errors: Mapping[Kind, ClusterError]) -> None:
        super().__init__(now=NOON)
        self.errors = errors

    def find(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = "", slim: Slim | None = None
    ) -> list[Object]:
        found = super().find(kind, namespace, labels=labels, fields=fields, slim=slim)
        if kind in self.errors:
            raise self.errors[kind]
        return found


@pytest.fixture(scope="module")
def recorded() -> Inventory:
    return gather(MemoryCluster.from_dump(RECORDED, name="prod"))


def test_a_recorded_cluster_is_seen_as_a_whole(recorded: Inventory) -> None:
    assert recorded.unseen == {}
    assert recorded.skipped == frozenset()
    assert (recorded.cluster, recorded.scope) == ("prod", "the whole cluster")
    assert len(recorded.claims) > 20
    assert recorded.volumes
    assert recorded.pods
    assert recorded.workloads
    assert recorded.events


def test_what_belongs_together_is_joined(recorded: Inventory) -> None:
    bound = [claim for claim in recorded.claims if claim.phase == "Bound"]
    assert bound
    for claim in bound:
        volume = recorded.volume_of(claim)
        assert volume
        assert recorded.claim_of(volume) == claim
    assert any(recorded.pods_of.get(claim.meta.key) for claim in bound)
    assert any(recorded.workloads_of.values())
    assert any(recorded.attachments_of.values())
    assert any(recorded.snapshots_of.values())
    assert recorded.quotas_in["tight"]


def test_events_of_an_object_come_newest_first_and_only_of_this_very_one(recorded: Inventory) -> None:
    event = next(one for one in recorded.events if one.uid)
    found = recorded.events_of(event.kind, event.namespace, event.name, event.uid)
    assert event in found
    times = [one.last or one.first or NOON for one in found]
    assert times == sorted(times, reverse=True)
    assert event not in recorded.events_of(event.kind, event.namespace, event.name, "another-uid")


@pytest.mark.parametrize("size", [0, 1, 300])
def test_the_number_of_requests_does_not_depend_on_the_number_of_objects(size: int) -> None:
    claims = [item("PersistentVolumeClaim", f"c{n}", "shop") for n in range(size)]
    pods = [item("Pod", f"p{n}", "shop") for n in range(size)]
    cluster = MemoryCluster([*claims, *pods], now=NOON)
    assert len(gather(cluster).claims) == size
    assert len(cluster.reads) == REQUESTS


def test_a_namespace_is_looked_at_with_one_request_for_each_kind() -> None:
    objects = [
        item("PersistentVolumeClaim", "a", "shop"),
        item("PersistentVolumeClaim", "b", "other"),
        item("Node", "n"),
    ]
    cluster = MemoryCluster(objects, now=NOON)
    see = gather(cluster, namespace="shop")
    assert [claim.meta.name for claim in see.claims] == ["a"]
    assert [node.meta.name for node in see.nodes] == ["n"]
    assert see.scope == "namespace shop"
    assert len(cluster.reads) == len(EVERYTHING)


def test_the_free_room_that_drivers_declare_is_read_from_their_own_namespace_whatever_is_looked_at() -> None:
    room = item("CSIStorageCapacity", "c", "topolvm-system", storageClassName="topolvm", capacity="3Gi")
    look = gather(MemoryCluster([{**room, "apiVersion": "storage.k8s.io/v1"}], now=NOON), namespace="shop")
    assert [pool.class_name for pool in look.capacities] == ["topolvm"]


def test_where_only_some_namespaces_may_be_read_the_free_room_is_unknown_rather_than_half_known() -> None:
    see = gather(OwnNamespaces([item("PersistentVolumeClaim", "a", "shop")], now=NOON), fallback=("shop", "tight"))
    assert see.lacks(CAPACITY)


def test_an_event_driven_look_asks_eight_lists_and_says_what_it_left_out() -> None:
    cluster = MemoryCluster(now=NOON)
    see = gather(cluster, namespace="shop", kinds=NEIGHBOURHOOD)
    assert len(cluster.reads) == len(NEIGHBOURHOOD) == 8
    assert SNAPSHOT.resource in see.skipped
    assert POD.resource not in see.skipped


def test_claims_are_listed_before_volumes_so_that_a_missing_volume_is_really_gone() -> None:
    for kinds in (EVERYTHING, NEIGHBOURHOOD):
        cluster = MemoryCluster(now=NOON)
        gather(cluster, kinds=kinds)
        assert cluster.reads.index(CLAIM.resource) < cluster.reads.index(VOLUME.resource)


def test_only_a_selected_part_of_a_kind_is_asked_for() -> None:
    cluster = MemoryCluster([item("PersistentVolume", "a"), item("PersistentVolume", "b")], now=NOON)
    see = gather(cluster, only={VOLUME.resource: "metadata.name=b"})
    assert [volume.meta.name for volume in see.volumes] == ["b"]


def test_a_kind_that_may_not_be_read_is_unseen_with_the_rule_to_paste() -> None:
    see = gather(MemoryCluster(now=NOON, denied=["pods", "storageclasses.storage.k8s.io"]))
    reason = see.lacks(STORAGE_CLASS)
    assert reason
    assert reason.why == "the runner may not list them"
    assert reason.remedy == (
        '- apiGroups: ["storage.k8s.io"]\n  resources: ["storageclasses"]\n  verbs: ["get", "list"]'
    )
    assert set(see.unseen) == {"pods", "storageclasses.storage.k8s.io"}
    assert see.lacks(CLAIM) is None


def test_a_kind_that_the_cluster_does_not_have_says_so_and_asks_for_no_permission() -> None:
    reason = gather(MemoryCluster(now=NOON, absent=[SNAPSHOT.resource])).lacks(SNAPSHOT)
    assert reason
    assert (reason.why, reason.remedy) == ("this cluster does not serve them", "")


def test_any_other_refusal_is_unseen_in_the_clusters_own_words() -> None:
    reason = gather(Failing({NODE: Invalid("field label not supported", "Correct the selector.")})).lacks(NODE)
    assert reason
    assert (reason.why, reason.remedy) == ("field label not supported", "Correct the selector.")


def test_where_the_whole_cluster_is_refused_the_given_namespaces_are_read_and_named() -> None:
    objects = [
        item("PersistentVolumeClaim", name, space) for name, space in (("a", "shop"), ("b", "tight"), ("c", "x"))
    ]
    event = item(
        "Event", "e", "shop", involvedObject={"kind": "PersistentVolumeClaim", "name": "a", "namespace": "shop"}
    )
    see = gather(OwnNamespaces([*objects, event], now=NOON), fallback=("shop", "tight"))
    assert [claim.meta.title for claim in see.claims] == ["shop/a", "tight/b"]
    assert len(see.events) == 1
    assert see.scope == "namespaces shop, tight (reading the whole cluster is not allowed)"
    assert see.lacks(VOLUME)
    assert see.lacks(CLAIM) is None


def test_a_namespace_that_is_refused_too_leaves_the_kind_unseen_rather_than_half_seen() -> None:
    objects = [item("PersistentVolumeClaim", "a", "shop"), item("PersistentVolume", "v")]
    with pytest.raises(NotAllowed):
        gather(OwnNamespaces(objects, now=NOON), fallback=("shop", "secret"))


def test_without_claims_and_volumes_there_is_nothing_to_say_but_both_rules() -> None:
    with pytest.raises(NotAllowed) as caught:
        gather(MemoryCluster(now=NOON, denied=[CLAIM.resource, VOLUME.resource]))
    assert caught.value.remedy == f"{rbac_rule(CLAIM, 'list')}\n{rbac_rule(VOLUME, 'list')}"


@pytest.mark.parametrize("error", [Unavailable("no answer within 10 s"), NotAuthenticated("Unauthorized")])
@pytest.mark.parametrize("kind", [CLAIM, VOLUME])
def test_no_answer_about_claims_or_volumes_is_an_error(kind: Kind, error: ClusterError) -> None:
    cluster = Failing({kind: error})
    with pytest.raises(type(error)):
        gather(cluster)
    assert cluster.reads[-1] == kind.resource


def test_no_answer_about_one_other_kind_is_unseen_and_about_two_gives_up() -> None:
    away = Unavailable("no answer within 10 s", "Look at the API server.")
    reason = gather(Failing({EVENT: away})).lacks(EVENT)
    assert reason
    assert (reason.why, reason.remedy) == ("no answer within 10 s", "Look at the API server.")
    with pytest.raises(Unavailable):
        gather(Failing({POD: away, NODE: away}))


def test_credentials_that_are_not_accepted_are_not_tried_on_every_kind() -> None:
    with pytest.raises(NotAuthenticated):
        gather(Failing({NODE: NotAuthenticated("Unauthorized")}))
