"""Whether a claim can be snapshotted, with which class, and what to do when not."""

from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._analysis.snapshot_preflight import Preflight, preflight
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.builder import Builder

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
            f"a, b are each the default class for driver {EBS}",
            "name one as snapshotClass, or leave one default",
        ),
        ([("a", EBS, False), ("b", EBS, False)], "", f"a, b fit and none is the default for driver {EBS}", "name one"),
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
    assert found.why == "its volume is hostPath, not CSI: it cannot be snapshotted"
    assert "move the data to a CSI class" in found.todo
    volume["spec"] |= {"csi": csi, "claimRef": {**volume["spec"]["claimRef"], "name": "another"}}
    assert "belongs to another claim" in verdict(b).why
    b.objects.remove(volume)
    assert verdict(b).why == "its volume was not seen"
