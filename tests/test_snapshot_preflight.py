"""Whether a claim can be snapshotted, with which class, and what to do when not."""

from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._analysis.snapshot_preflight import Preflight, preflight
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import CreateSnapshots
from robusta_volumes._model.settings import overridden
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots
from snapshot_world import Nights, Refusing, settings

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EBS = "ebs.csi.aws.com"
DEFAULT = {"annotations": {"snapshot.storage.kubernetes.io/is-default-class": "true"}}


def judged(*classes: tuple[str, str, bool], ask: str = "", **claim: Any) -> Preflight:
    """Judge one claim on EBS where there are these classes: (name, driver, default)."""
    b = Builder(NOW)
    b.bound("shop", "data", "1Gi", "gp3", EBS, **claim)
    for name, driver, default in classes:
        metadata = DEFAULT if default else {}
        b.add("VolumeSnapshotClass", name, api="snapshot.storage.k8s.io/v1", driver=driver, metadata=metadata)
    return verdict(b, ask)


def verdict(b: Builder, ask: str = "") -> Preflight:
    see = gather(MemoryCluster(b.objects, now=NOW))
    return preflight(see.claims[0], see, ask)


@pytest.mark.parametrize(
    ("classes", "ask", "expected"),
    [
        ([("csi", EBS, False)], "", "csi"),  # the only one that fits
        ([("csi", EBS, False), ("keep", EBS, True)], "", "keep"),  # the default one
        ([("csi", EBS, True), ("other", "efs.csi.aws.com", True)], "", "csi"),  # defaults of other drivers do not count
        ([("csi", EBS, True), ("keep", EBS, False)], "keep", "keep"),  # the one that was named
    ],
)
def test_the_class_is_the_named_one_the_default_one_or_the_only_one(
    classes: list[tuple[str, str, bool]], ask: str, expected: str
) -> None:
    found = judged(*classes, ask=ask)
    assert (found.ok, found.class_name) == (True, expected)


@pytest.mark.parametrize(
    ("classes", "ask", "why", "todo"),
    [
        ([], "", f"no snapshot class is for driver {EBS}", f"create a VolumeSnapshotClass for `{EBS}`"),
        (
            [("a", EBS, True), ("b", EBS, True)],
            "",
            f"several snapshot classes are the default for driver {EBS}: a, b",
            "let one alone carry `snapshot.storage.kubernetes.io/is-default-class`",
        ),
        (
            [("a", EBS, False), ("b", EBS, False)],
            "",
            f"several snapshot classes fit and none is the default for driver {EBS}: a, b",
            "name one (`snapshotClass` of the schedule, `snapshot_class` by hand)",
        ),
        ([("csi", EBS, False)], "csl", 'snapshot class "csl" does not exist', "use class `csi`"),
        ([], "csl", 'snapshot class "csl" does not exist', f"create a VolumeSnapshotClass for `{EBS}`"),
        (  # the controller would try for ever: external-snapshotter issue 1484
            [("csi", EBS, False), ("efs", "efs.csi.aws.com", False)],
            "efs",
            f"class efs is for efs.csi.aws.com, the volume is on {EBS}",
            "use class `csi`",
        ),
    ],
)
def test_a_class_that_would_never_work_is_said_before_anything_is_made(
    classes: list[tuple[str, str, bool]], ask: str, why: str, todo: str
) -> None:
    found = judged(*classes, ask=ask)
    assert (found.ok, found.why) == (False, why)
    assert todo in found.todo


def test_a_claim_that_waits_is_being_deleted_or_lost_has_nothing_to_snapshot() -> None:
    b = Builder(NOW)
    b.claim("shop", "waits", "1Gi", "gp3")
    assert verdict(b).why == "it is Pending, not Bound"
    gone = judged(("csi", EBS, True), metadata={"deletionTimestamp": b.at(1)})
    assert gone.why == "it is being deleted"


def test_a_volume_that_is_not_csi_or_not_seen_or_somebody_elses_is_said() -> None:
    b = Builder(NOW)
    b.bound("shop", "data", "1Gi", "manual", EBS)
    volume = next(o for o in b.objects if o["kind"] == "PersistentVolume")
    csi = volume["spec"].pop("csi")
    volume["spec"]["hostPath"] = {"path": "/data"}
    found = verdict(b)
    assert found.why == "its volume is hostPath, not CSI"
    assert "move the data to a CSI class" in found.todo
    volume["spec"] |= {"csi": csi, "claimRef": {**volume["spec"]["claimRef"], "name": "another"}}
    assert "belongs to another claim" in verdict(b).why
    b.objects.remove(volume)
    assert verdict(b).why == "its volume was not seen"


# --- the verdicts as a person gets them, each before anything is made


def asked(w: Nights, **params: Any) -> str:
    """Ask for snapshots of all that is there; give the page."""
    wanted = overridden(CreateSnapshots(), {"namespace": "shop", **params})
    return to_markdown(create_pvc_snapshots(w.cluster, wanted, settings(), lambda _: w.controller()))


def made(w: Nights) -> list[str]:
    return sorted(o["spec"]["source"]["persistentVolumeClaimName"] for o in w.snapshots())


def waiting(w: Nights, hours: float, status: dict[str, Any] | None = None) -> None:
    """Add a snapshot of somebody's that was made so long ago; nobody has touched it, but for the status."""
    o = {
        "apiVersion": k.SNAPSHOT.api_version,
        "kind": k.SNAPSHOT.name,
        "metadata": {"name": f"old-{hours}", "namespace": "shop"},
        "spec": {"volumeSnapshotClassName": "csi", "source": {"persistentVolumeClaimName": "data"}},
        **({"status": status} if status else {}),
    }
    w.move(hours=-hours)
    w.cluster.store.create(o)
    w.move(hours=hours)


BOUND = {"boundVolumeSnapshotContentName": "snapcontent-old", "readyToUse": False}


def test_where_no_controller_touches_snapshots_none_is_added_and_the_sign_is_named() -> None:
    w = Nights(NOW, ["data"])
    waiting(w, 3)
    text = asked(w, name="data")
    assert "no snapshot controller seems to run: none has touched shop/old-3, made 3 h ago" in text
    assert "kubectl get pods -A | grep snapshot-controller" in text
    assert len(w.snapshots()) == 1


def test_where_a_driver_has_no_sidecar_none_is_added_and_the_sign_is_named() -> None:
    w = Nights(NOW, ["data"])
    waiting(w, 3, BOUND)
    text = asked(w, name="data")
    assert f"the snapshotter of driver {EBS} does not answer: shop/old-3, made 3 h ago, got no word of it" in text
    assert "kubectl -n shop delete volumesnapshot old-3" in text
    assert len(w.snapshots()) == 1


@pytest.mark.parametrize(
    "status",
    [
        {**BOUND, "error": {"message": "too many snapshots"}},
        {**BOUND, "creationTime": "2026-03-01T11:00:00Z"},
        {**BOUND, "readyToUse": True},
    ],
    ids=["an error", "cut", "ready"],
)
def test_a_newer_one_that_was_answered_shows_that_somebody_is_there(status: dict[str, Any]) -> None:
    for old in (None, BOUND):
        w = Nights(NOW, ["data"])
        waiting(w, 3, old)
        waiting(w, 2, status)
        assert asked(w, name="data").startswith("# Snapshot of shop/data is ready\n")


def test_one_that_was_made_a_moment_ago_is_no_sign_of_anything() -> None:
    w = Nights(NOW, ["data"])
    waiting(w, 0.01)
    w.ready = lambda o: not o["metadata"]["name"].startswith("old")
    assert asked(w, name="data").startswith("# Snapshot of shop/data is ready\n")


def test_a_quota_lets_as_many_be_made_as_it_has_room_for_and_the_others_say_so() -> None:
    w = Nights(NOW, ["a", "b", "c"])
    count = f"count/{k.SNAPSHOT.resource}"
    meta = {"name": "snaps", "namespace": "shop"}
    amounts = {"hard": {count: "10"}, "used": {count: "9"}}
    w.cluster.store.create({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "status": amounts})
    text = asked(w)
    assert "| shop/b | quota snaps allows 10 snapshots in the namespace, and 9 are there |" in text
    assert f"raise {count}: kubectl -n shop edit resourcequota snaps" in text
    assert made(w) == ["a"]


def test_every_claim_gets_its_own_verdict_and_those_that_are_fit_are_made() -> None:
    w = Nights(NOW, ["fine", "leaves", "moved", "other"])
    kinds = (k.CLAIM, k.VOLUME, k.SNAPSHOT_CLASS)
    objects = [o for kind in kinds for o in w.cluster.store.find(kind)]
    leaves = next(o for o in objects if o["metadata"]["name"] == "leaves")
    leaves["metadata"] = {**leaves["metadata"], "deletionTimestamp": "2026-03-01T11:00:00Z"}
    w.cluster = Refusing(objects, now=NOW)
    store = w.cluster.store
    for o in store.find(k.VOLUME):
        spec, of = o["spec"], o["spec"]["claimRef"]["name"]
        if of == "moved":
            rest = {key: value for key, value in spec.items() if key != "csi"}
            store.replace({**o, "spec": {**rest, "nfs": {"server": "s", "path": "/"}}})
        if of == "other":
            store.replace({**o, "spec": {**spec, "csi": {**spec["csi"], "driver": "efs.csi.aws.com"}}})
    text = asked(w)
    assert made(w) == ["fine"]
    for name, why in (
        ("leaves", "it is being deleted"),
        ("moved", "its volume is nfs, not CSI"),
        ("other", "no snapshot class is for driver efs.csi.aws.com"),
    ):
        assert f"| shop/{name} | {why}" in text
    assert "class csi is for ebs.csi.aws.com, the volume is on efs.csi.aws.com" in asked(w, snapshot_class="csi")


def test_a_claim_that_is_named_says_why_though_it_is_not_bound() -> None:
    w = Nights(NOW, [])
    b = Builder(NOW)
    b.claim("shop", "waits", "1Gi", "gp3")
    w.cluster.store.create(b.objects[0])
    assert "# No snapshot of shop/waits was made: it is Pending, not Bound\n" in asked(w, name="waits")
