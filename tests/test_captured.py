"""What the rules say of a real cluster with problems made on purpose, recorded before and after things went worse.

The tables are exact: what is not in them is healthy, and no rule may say a word about it.
"""

from functools import cache
from pathlib import Path

import pytest

from robusta_volumes._analysis.assess import Assessment, assess
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import EVENT
from robusta_volumes._model.limits import Limits

RECORDED = Path(__file__).parent / "clusters"

# rule, object
IN_BOTH = """
PV-06   PersistentVolume         reserved-for-ghost
PV-11   PersistentVolume         on-gone-node
PVC-03  PersistentVolumeClaim    broken/no-class
PVC-05  PersistentVolumeClaim    broken/class-typo
PVC-06  PersistentVolumeClaim    broken/driver-missing
PVC-08  PersistentVolumeClaim    broken/waits-for-pod
PVC-09  PersistentVolumeClaim    broken/pod-cannot-schedule
PVC-11  PersistentVolumeClaim    broken/static-no-match
PVC-12  PersistentVolumeClaim    broken/volume-taken
PVC-16  ResourceQuota            tight/storage
PVC-18  Pod                      broken/refers-to-nothing
AT-03   Pod                      broken/rwop-b
AT-11   Pod                      broken/cannot-mount
SF-01   PersistentVolumeClaim    shop/data-orders-db-0
SF-01   PersistentVolumeClaim    tight/data-too-big-0
SC-01   StorageClass             csi-hp
SC-03   StorageClass             cloud-ssd
SF-06   VolumeSnapshot           broken/no-such-claim
SF-06   VolumeSnapshot           broken/not-bound
SF-06   VolumeSnapshot           broken/not-csi
SF-06   VolumeSnapshot           shop/class-missing
SF-06   VolumeSnapshot           shop/no-default-class
SF-06   VolumeSnapshot           shop/wrong-driver
US-08   PersistentVolume         missing-folder
US-08   PersistentVolume         pvc-43bc5044-a203-43a4-acc1-b434710a58cb
US-14   PersistentVolume         missing-folder
US-15   PersistentVolume         pvc-fe1271ee-2115-4e33-ad0c-02680899ae02
WA-01   PersistentVolumeClaim    shop/nobody-uses-me
WA-01   PersistentVolumeClaim    shop/raw-block
WA-01   PersistentVolumeClaim    t1/dyn
WA-01   PersistentVolumeClaim    t1/restored
WA-02   PersistentVolumeClaim    shop/report-scratch
"""
BEFORE = """
US-08   PersistentVolume         will-fail
WA-01   PersistentVolumeClaim    broken/lost
WA-01   PersistentVolumeClaim    broken/to-fail
WA-01   PersistentVolumeClaim    broken/to-release
"""
AFTER = """
PV-01   PersistentVolume         will-fail
PV-03   PersistentVolume         will-be-released
PVC-01  PersistentVolumeClaim    broken/lost
PVC-20  PersistentVolumeClaim    shop/uploads
RS-03   PersistentVolumeClaim    shop/nobody-uses-me
RS-10   StatefulSet              shop/orders-db
SC-05   StorageClass             fixed-size
WA-03   PersistentVolumeClaim    shop/data-orders-db-1
WA-03   PersistentVolumeClaim    shop/data-orders-db-2
"""
EXPECTED = {"before": IN_BOTH + BEFORE, "after": IN_BOTH + AFTER}


@cache
def _seen(state: str) -> Inventory:
    return gather(MemoryCluster.from_dump(RECORDED / state))


@cache
def _found(state: str) -> Assessment:
    return assess(_seen(state), Limits())


def _rows(table: str) -> set[tuple[str, ...]]:
    return {tuple(line.split()) for line in table.splitlines() if line}


@pytest.mark.parametrize("state", EXPECTED)
def test_every_problem_that_was_made_is_named_and_nothing_else_is(state: str) -> None:
    fired = [(issue.rule.id, issue.rule.on, issue.meta.title) for issue in _found(state).issues]
    assert len(fired) == len(set(fired))
    assert set(fired) == _rows(EXPECTED[state])


@pytest.mark.parametrize("state", EXPECTED)
def test_the_recording_holds_every_kind_so_no_rule_had_to_pass(state: str) -> None:
    assert {resource: ids for resource, (_, ids) in _found(state).unseen.items() if ids} == {}


@pytest.mark.parametrize("namespace", ["shop", "broken", "t1", "tight"])
def test_what_is_said_of_classes_and_kinds_of_volumes_is_said_of_the_cluster_not_of_each_namespace(
    namespace: str,
) -> None:
    see = gather(MemoryCluster.from_dump(RECORDED / "after"), namespace=namespace)
    said = {issue.rule.id for issue in assess(see, Limits()).issues}
    assert see.classes
    assert said
    assert {id_ for id_ in said if id_.startswith(("SC-", "US-")) or id_ == "PV-17"} == set()


HEALTHY = {
    "before": """
        PersistentVolumeClaim  shop/data-orders-db-0  mounted by its StatefulSet
        PersistentVolumeClaim  shop/data-orders-db-1  mounted by its StatefulSet
        PersistentVolumeClaim  shop/data-orders-db-2  mounted by its StatefulSet
        PersistentVolumeClaim  shop/uploads           mounted by its Deployment
        PersistentVolumeClaim  t1/pvc1                static, bound and mounted
        PersistentVolumeClaim  t1/loc                 local, bound and mounted
        PersistentVolumeClaim  tight/data-too-big-0   mounted; only its siblings were refused
        Pod                    shop/orders-db-0       could not be scheduled at first, runs now
    """,
    "after": """
        PersistentVolumeClaim  shop/data-orders-db-0  is expanded online: the node is about to follow
        PersistentVolumeClaim  t1/pvc1                static, bound and mounted
        PersistentVolumeClaim  t1/loc                 local, bound and mounted
        Pod                    shop/orders-db-0       its volume grows while it runs
    """,
}


@pytest.mark.parametrize(
    ("state", "kind", "title"),
    [(state, *line.split()[:2]) for state, table in HEALTHY.items() for line in table.strip().splitlines()],
)
def test_a_healthy_object_is_there_and_left_alone(state: str, kind: str, title: str) -> None:
    see = _seen(state)
    there = {("PersistentVolumeClaim", c.meta.title) for c in see.claims} | {("Pod", p.meta.title) for p in see.pods}
    assert (kind, title) in there
    found = (i for i in _found(state).issues if not i.rule.advice)
    assert [i.title for i in found if (i.rule.on, i.meta.title) == (kind, title)] == []


@pytest.mark.parametrize("state", EXPECTED)
def test_pods_that_had_trouble_at_first_and_are_ready_now_are_left_alone(state: str) -> None:
    events = MemoryCluster.from_dump(RECORDED / state).find(EVENT, fields="involvedObject.kind=Pod")
    failures = (e["involvedObject"] for e in events if e["reason"].startswith("Failed"))
    troubled = {f"{about['namespace']}/{about['name']}" for about in failures}
    recovered = troubled & {pod.meta.title for pod in _seen(state).pods if pod.ready}
    assert {"shop/orders-db-0", "broken/rwop-a", "t1/p1"} <= recovered
    assert recovered & {i.meta.title for i in _found(state).issues if i.rule.on == "Pod"} == set()


@pytest.mark.parametrize(
    ("rule", "title", "says"),
    [
        ("PVC-05", "broken/class-typo", 'cannot bind: storage class "csi-hq" does not exist'),
        ("PVC-06", "broken/driver-missing", "cannot bind: storage driver ebs.csi.aws.com is not installed"),
        ("PVC-09", "broken/pod-cannot-schedule", "cannot bind: pod needs-gpu-node cannot be scheduled"),
        ("PVC-12", "broken/volume-taken", "cannot bind: volume pv1 belongs to t1/pvc1"),
        ("PVC-16", "tight/storage", "is full: StatefulSet too-big has 1 of 3 replicas"),
        ("AT-03", "broken/rwop-b", "cannot start: rwop-a holds claim only-one-pod, which allows one pod"),
        ("AT-11", "broken/cannot-mount", "cannot mount missing-folder: the folder does not exist on the node"),
        ("PV-01", "will-fail", "could not be reclaimed: 1.0 GiB of broken/to-fail is left over"),
        ("PV-03", "will-be-released", "is Released: 1.0 GiB of broken/to-release is kept but unreachable"),
        ("PVC-01", "broken/lost", "has lost its volume will-be-lost: 1.0 GiB cannot be reached"),
        ("RS-03", "shop/nobody-uses-me", "has grown to 5.0 GiB on disk only: no pod mounts it"),
    ],
)
def test_the_cause_is_the_one_that_was_made(rule: str, title: str, says: str) -> None:
    assert says in [i.hit.says for i in _found("after").issues if (i.rule.id, i.meta.title) == (rule, title)]
