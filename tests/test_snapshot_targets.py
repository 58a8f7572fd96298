"""Whose snapshots a report is about: of a volume, a pod, a StatefulSet, a selection, a namespace; and how much it tells."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import CreateSnapshots
from robusta_volumes._model.errors import NotFound
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import File, Page
from robusta_volumes._report.pvc_snapshots_files import MOST_ROWS
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows.pvc_snapshots import pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots
from snapshot_world import EBS, NIGHT, NOON, Nights, nightly, settings

NIGHTLY = settings(nightly())
CLAIMS = ("data-db-0", "data-db-1", "wal-db-0", "data-db-backup-0", "uploads", "7")


def world() -> Nights:
    """A StatefulSet db of two pods with two templates, a neighbour whose claims begin alike, and a claim of nobody."""
    w = Nights(NOON, list(CLAIMS))
    b = Builder(NOON)
    template = {"spec": {"containers": [{"name": "main", "image": "db"}]}}
    wanted = {"resources": {"requests": {"storage": "10Gi"}}}
    for name, templates in (("db", ("data", "wal")), ("db-backup", ("data",)), ("cache", ())):
        claims = [{"metadata": {"name": one}, "spec": wanted} for one in templates]
        spec = {"replicas": 2, "template": template, "volumeClaimTemplates": claims}
        b.add("StatefulSet", name, "shop", api="apps/v1", spec=spec, status={})
    volumes = [{"name": n, "persistentVolumeClaim": {"claimName": n}} for n in ("data-db-0", "wal-db-0")]
    b.add("Pod", "db-0", "shop", spec={"containers": [], "volumes": volumes}, status={"phase": "Running"})
    b.add("Pod", "web-0", "shop", spec={"containers": []}, status={"phase": "Running"})
    for item in b.objects:
        w.cluster.store.create(item)
    labels = {"metadata": {"labels": {"tier": "db"}}}
    for name in ("data-db-0", "data-db-1"):
        w.cluster.store.patch(k.CLAIM, name, "shop", labels)
    w.tick(NIGHTLY)
    w.at(NIGHT)
    w.tick(NIGHTLY)
    w.move(hours=5)
    return w


def with_claims(b: Builder) -> Nights:
    """Give a world of these claims, and a class for them."""
    w = Nights(NOON, [])
    objects = [*w.cluster.store.find(k.SNAPSHOT_CLASS), *b.objects]
    w.cluster = type(w.cluster)(objects, name="prod", now=NOON)
    return w


def told(page: Page, file: str = "claims.csv") -> list[str]:
    """Give the claims of a file."""
    found = next(b.content.decode() for b in page.blocks if isinstance(b, File) and b.name == file)
    return [row["claim"] for row in csv.DictReader(io.StringIO(found))]


def report(target: Target) -> Page:
    return pvc_snapshots(world().cluster, target, NIGHTLY)


@pytest.mark.parametrize(
    ("target", "claims"),
    [
        (Target("StatefulSet", "db", "shop"), ["data-db-0", "data-db-1", "wal-db-0"]),  # not those of db-backup
        (Target("Pod", "db-0", "shop"), ["data-db-0", "wal-db-0"]),
        (Target(selector="tier=db"), ["data-db-0", "data-db-1"]),
        (Target(selector="tier!=db", namespace="shop"), ["7", "data-db-backup-0", "uploads", "wal-db-0"]),
        (Target("Namespace", "shop", "shop"), sorted(CLAIMS)),
        (Target(), sorted(CLAIMS)),
    ],
    ids=["set", "pod", "selector", "selector-and-namespace", "namespace", "cluster"],
)
def test_of_several_claims_it_is_about_exactly_theirs(target: Target, claims: list[str]) -> None:
    page = report(target)
    assert sorted(told(page)) == claims
    assert sorted(set(told(page, "snapshots.csv"))) == claims
    number = len(claims)
    assert f"all {number} claims have a good one within 26 h" in page.title


def test_of_one_claim_it_is_the_history_however_it_was_asked_for() -> None:
    w = world()
    volume = w.cluster.store.get(k.CLAIM, "uploads", "shop")["spec"]["volumeName"]
    by_claim, by_volume, by_set = (
        pvc_snapshots(w.cluster, target, NIGHTLY).title
        for target in (
            Target(k.CLAIM.name, "uploads", "shop"),
            Target(k.VOLUME.name, volume),
            Target("StatefulSet", "db-backup", "shop"),
        )
    )
    assert by_claim == by_volume
    assert by_claim.startswith("Claim shop/uploads can be restored from ")
    assert by_set.startswith("Claim shop/data-db-backup-0 can be restored from ")


def test_a_volume_that_is_gone_is_known_from_what_the_trigger_carried() -> None:
    w = world()
    given = w.cluster.store.get(k.VOLUME, w.cluster.store.get(k.CLAIM, "uploads", "shop")["spec"]["volumeName"])
    w.cluster.store.delete(k.VOLUME, given["metadata"]["name"])
    page = pvc_snapshots(w.cluster, Target(k.VOLUME.name, given["metadata"]["name"], given=(given,)), NIGHTLY)
    assert page.title.startswith("Claim shop/uploads ")


@pytest.mark.parametrize("kind", ["StatefulSet", "Pod"])
def test_what_has_no_claim_has_nothing_to_snapshot_and_what_is_not_there_is_said(kind: str) -> None:
    none = {"StatefulSet": "cache", "Pod": "web-0"}[kind]
    assert report(Target(kind, none, "shop")).title == f"{kind} shop/{none} has no claim: there is nothing to snapshot"
    with pytest.raises(NotFound):
        report(Target(kind, "nobody", "shop"))


def test_snapshots_are_taken_of_a_selection_across_namespaces_or_in_one() -> None:
    b = Builder(NOON)
    for space, name, tier in (("shop", "a", "db"), ("shop", "b", "web"), ("files", "c", "db")):
        b.bound(space, name, "1Gi", "gp3", EBS, metadata={"labels": {"tier": tier}})
    w = with_claims(b)

    def made(**asked: Any) -> list[str]:
        create_pvc_snapshots(w.cluster, CreateSnapshots(wait=0, **asked), NIGHTLY, lambda _: None)
        found = [
            f"{o['metadata']['namespace']}/{o['spec']['source']['persistentVolumeClaimName']}" for o in w.snapshots()
        ]
        w.move(minutes=2)
        return sorted(found)

    assert made(selector="tier=db", namespace="files") == ["files/c"]
    assert made(selector="tier=db") == ["files/c", "files/c", "shop/a"]
    assert made(selector="tier in (cache)") == ["files/c", "files/c", "shop/a"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"namespaces": ["team-*"]}, ["team-a/x", "team-b/x"]),
        ({"namespaces": ["team-?"], "excludeNamespaces": ["*-b"]}, ["team-a/x"]),
        ({"namespaces": ["shop", "team-[!a]"]}, ["shop/x", "team-b/x"]),
        ({"claims": ["team-*/x"]}, ["team-a/x", "team-b/x"]),
        ({"excludeNamespaces": ["*"]}, []),
    ],
)
def test_a_schedule_takes_snapshots_in_the_namespaces_that_its_globs_mean(chosen: Any, expected: list[str]) -> None:
    b = Builder(NOON)
    for space in ("shop", "team-a", "team-b", "steam-c"):
        b.bound(space, "x", "1Gi", "gp3", EBS)
    w = with_claims(b)
    wanted = settings(nightly(**({"excludeNamespaces": ["steam-c"]} | chosen)))
    w.tick(wanted)
    w.at(NIGHT)
    w.tick(wanted)
    found = [o["metadata"] for o in w.snapshots()]
    assert sorted(f"{one['namespace']}/x" for one in found) == expected


def test_of_more_than_twenty_thousand_snapshots_the_newest_are_in_the_file_and_that_is_said() -> None:
    b = Builder(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    b.bound("shop", "data", "1Gi", "gp3", EBS)
    b.bound("shop", "files", "1Gi", "gp3", EBS)
    assert MOST_ROWS == 20_000
    for number in range(MOST_ROWS + 2):
        source = {"source": {"persistentVolumeClaimName": ("data", "files")[number % 2]}}
        status = {"readyToUse": False, "creationTime": b.at(number)}
        b.add(
            "VolumeSnapshot",
            f"s{number:05}",
            "shop",
            api="snapshot.storage.k8s.io/v1",
            age=number,
            spec=source,
            status=status,
        )
    cluster = MemoryCluster(b.objects, now=b.now + timedelta(minutes=1))
    page = pvc_snapshots(cluster, Target(), NIGHTLY)
    found = next(one.content.decode() for one in page.blocks if isinstance(one, File) and one.name == "snapshots.csv")
    lines = found.splitlines()
    assert len(lines) == 1 + MOST_ROWS
    assert (lines[1].split(",")[2], lines[-1].split(",")[2]) == ("s00000", "s19999")
    assert "snapshots.csv holds the newest 20,000; a report on one namespace holds all of its own." in to_markdown(page)
