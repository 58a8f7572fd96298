"""What speaks against a benchmark, one reason after the other, and what the plan says where nothing does."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from benchmark_world import IMAGE, NOON, objects
from robusta_volumes._analysis.benchmark_guards import refusals, unsure
from robusta_volumes._analysis.benchmark_plan import decide, run_of
from robusta_volumes._analysis.benchmark_wanted import Wanted
from robusta_volumes._cluster import read
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked_benchmark import BenchmarkStorageClass
from robusta_volumes._model.asked_benchmark import size as benchmark_size
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.holder import Holder
from robusta_volumes._model.io import Mapped, Stats, VolumeIo
from robusta_volumes._model.performance_settings import Benchmark
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.size import size
from robusta_volumes._model.usage import Use
from robusta_volumes._sandbox.builder import Builder

KINDS = (k.STORAGE_CLASS, k.CLAIM, k.VOLUME, k.NODE, k.QUOTA, k.LIMIT_RANGE)
GP3 = BenchmarkStorageClass(name="gp3")
IN_CLAIM = BenchmarkStorageClass(claim="data-pg-0", namespace="db")
SET = Benchmark(image=IMAGE, allow_existing=True)
USER = Holder("db", "pg-0", "app", "/data", phase="Running", node="node-a")


def wanted(
    asked: BenchmarkStorageClass = GP3,
    settings: Benchmark = SET,
    *more: dict[str, Any],
    denied: Sequence[str] = (),
    **known: Any,
) -> Wanted:
    """Look at the cluster as the action does."""
    cluster = MemoryCluster([*objects(), *more], now=NOON, denied=denied)
    namespace = asked.namespace or "robusta"
    see = gather(cluster, namespace=namespace, kinds=KINDS)
    if asked.claim:
        claim = read.claim(cluster.get(k.CLAIM, asked.claim, namespace))
        known = {"claim": claim, "holders": (USER,), **known}
    if "uses" in known:
        see = replace(see, uses=known.pop("uses"))
    return Wanted(asked, settings, namespace, see, **known)


def io(**stats: float) -> VolumeIo:
    return VolumeIo(Mapped(), stats={name: Stats(now=value) for name, value in stats.items()})


def quota(**hard: str) -> dict[str, Any]:
    b = Builder(NOON)
    keys = {key.replace("__", ".").replace("_", "-"): value for key, value in hard.items()}
    used = {key: "0" if "storage" in key else value for key, value in keys.items()}
    return b.add("ResourceQuota", "team", "robusta", spec={"hard": keys}, status={"hard": keys, "used": used})


def limit_range(**limits: str) -> dict[str, Any]:
    spec = {"limits": [{"type": "PersistentVolumeClaim", **{key: {"storage": v} for key, v in limits.items()}}]}
    return Builder(NOON).add("LimitRange", "sizes", "robusta", spec=spec)


def node(name: str, *, ready: bool = True, cordoned: bool = False) -> dict[str, Any]:
    status = {"conditions": [{"type": "Ready", "status": str(ready)}]}
    return Builder(NOON).add("Node", name, spec={"unschedulable": cordoned}, status=status)


def of_claim(**changes: Any) -> Any:
    found = wanted(IN_CLAIM).claim
    assert found is not None
    return replace(found, **changes)


TABLE: dict[str, tuple[Wanted, str, str]] = {
    "no image": (wanted(settings=Benchmark()), "`benchmark.image` is not set", "docker build"),
    "no such class": (wanted(BenchmarkStorageClass(name="gp33")), 'storage class "gp33" does not exist', "name=gp3"),
    "no class and no default": (wanted(BenchmarkStorageClass()), "no storage class is named", "name=gp3, local"),
    "volumes by hand": (wanted(BenchmarkStorageClass(name="local")), "class local makes no volumes", "claim=NAME"),
    "no such node": (wanted(replace(GP3, node="node-c")), 'there is no node "node-c"', "node=node-"),
    "cordoned": (
        wanted(replace(GP3, node="old"), SET, node("old", cordoned=True)),
        "node old is cordoned",
        "give another node",
    ),
    "node down": (wanted(replace(GP3, node="old"), SET, node("old", ready=False)), "node old is not ready", "another"),
    "no such zone": (wanted(replace(GP3, zone="eu-1x")), 'no node is in zone "eu-1x"', "zone=eu-1a, eu-1b"),
    "quota of bytes": (
        wanted(GP3, SET, quota(requests__storage="5Gi")),
        "quota team has no room for 10.0 GiB",
        "raise",
    ),
    "quota of claims": (
        wanted(GP3, SET, quota(persistentvolumeclaims="3")),
        "quota team allows no further claim",
        "raise persistentvolumeclaims",
    ),
    "too large": (wanted(GP3, SET, limit_range(max="5Gi")), "limit range sizes allows claims up to 5.0 GiB", "less"),
    "below the least": (
        wanted(GP3, SET, limit_range(min="20Gi")),
        "limit range sizes allows no claim below 20.0",
        "larger",
    ),
    "too small for a file": (wanted(replace(GP3, size=size("100Mi"))), "the claim is too small", "size=10Gi"),
    "may write too little": (
        wanted(settings=replace(SET, most_written=1)),
        "at most 1 GiB may be written, which is too little",
        "`benchmark.mostWritten` to 2",
    ),
    "another at work": (
        wanted(others=["robusta/storage-benchmark-1"]),
        "benchmark robusta/storage-benchmark-1",
        "wait",
    ),
    "existing not allowed": (
        wanted(IN_CLAIM, Benchmark(image=IMAGE)),
        "existing claims are not tried",
        "try the class instead",
    ),
    "raw device": (wanted(IN_CLAIM, claim=of_claim(volume_mode="Block")), "it is a raw block device", "class instead"),
    "not bound": (wanted(IN_CLAIM, claim=of_claim(phase="Lost")), "the claim is Lost", "class instead"),
    "read only": (wanted(IN_CLAIM, claim=of_claim(modes_granted=("ReadOnlyMany",))), "it can only be read", "instead"),
    "one pod alone": (
        wanted(IN_CLAIM, claim=of_claim(modes_granted=("ReadWriteOncePod",))),
        "only one pod may have it, and pod pg-0 does",
        "class instead",
    ),
    "Windows": (wanted(IN_CLAIM, holders=(replace(USER, windows=True),)), "a Windows pod uses it", "class instead"),
    "another node": (
        wanted(replace(IN_CLAIM, node="node-b")),
        "the volume is on node node-a, not on node-b",
        "node=node-a",
    ),
    "full": (
        wanted(IN_CLAIM, uses={("db", "data-pg-0"): ClaimUse(("db", "data-pg-0"), Use(9 * GIB, GIB, 10 * GIB))}),
        "it is 90 % full",
        "class instead",
    ),
    "at its limit": (wanted(IN_CLAIM, ios=(io(limit_iops=0.7),)), "it uses 70 % of its limit just now", "quiet"),
    "under pressure": (
        wanted(IN_CLAIM, ios=(io(pressure_some=0.2),)),
        "its pod waits for I/O 20 % of the time",
        "quiet",
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_nothing_is_made_where(case: str) -> None:
    asked, says, fix = TABLE[case]
    found = refusals(asked)
    assert found, case
    assert found[0].says.startswith(says)
    assert any(fix in f"{one.text} {one.command}" for one in found[0].fixes)


def test_where_nothing_speaks_against_it_nothing_does() -> None:
    assert refusals(wanted()) == ()
    assert refusals(wanted(IN_CLAIM, ios=(io(limit_iops=0.3, pressure_some=0.01),))) == ()


def test_what_cannot_be_looked_at_stops_nothing_and_is_said() -> None:
    found = wanted(denied=["storageclasses.storage.k8s.io", "resourcequotas", "nodes"])
    assert refusals(found) == ()
    assert [one.unseen.kind.plural for one in unsure(found)] == ["storageclasses", "resourcequotas", "nodes"]


def test_the_default_class_is_tried_where_none_is_named() -> None:
    b = Builder(NOON)
    b.storage_class("std", "ebs.csi.aws.com")
    b.objects[0]["metadata"]["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    assert wanted(BenchmarkStorageClass(), SET, *b.objects).class_name == "std"


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        (GP3, {}, 1024),
        (replace(GP3, size=size("2Gi")), {}, 409),
        (IN_CLAIM, {}, 1024),
        (IN_CLAIM, {"uses": {("db", "data-pg-0"): ClaimUse(("db", "data-pg-0"), Use(8 * GIB, 2 * GIB))}}, 409),
    ],
    ids=["as set", "small claim", "use not known", "little free"],
)
def test_the_file_takes_at_most_a_fifth_of_what_is_free(
    asked: BenchmarkStorageClass, known: dict[str, Any], expected: int
) -> None:
    assert wanted(asked, **known).plan.file == expected


def notes(found: Wanted) -> str:
    return "\n".join(decide(found, run_of(found, "storage-benchmark-0"), 20_000, ()).notes)


def test_the_plan_says_what_it_costs_and_whom_it_hurts() -> None:
    assert "It writes at most 19.5 GiB: that uses up burst credit, wears disks" in notes(wanted())
    said = notes(wanted(IN_CLAIM))
    assert "Pod `pg-0` will feel it." in said
    assert "Held to 1,000 IOPS and 50 MiB/s in each section" in said
    assert "How busy it is was not measured" in said


@pytest.mark.parametrize("text", ["+20%", "much", "0"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a size"):
        benchmark_size(text)


def test_a_volume_that_many_nodes_may_have_is_tried_anywhere_and_one_for_a_node_where_it_is() -> None:
    assert wanted(IN_CLAIM).node == "node-a"
    assert wanted(IN_CLAIM, holders=(), attached="node-b").node == "node-b"
    assert wanted(IN_CLAIM, claim=of_claim(modes_granted=("ReadWriteMany",))).node == ""
