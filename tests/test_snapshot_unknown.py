"""What the report on snapshots says where it may not look, or sees in part: never that something is gone, none or 0."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.target import Target
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._workflows.pvc_snapshots import pvc_snapshots
from snapshot_world import NIGHTLY, nightly, one_night, settings


def denied(*kinds: Kind, wanted: Any = NIGHTLY, target: Target | None = None) -> str:
    w = one_night()
    w.cluster.denied = frozenset(kind.resource for kind in kinds)
    return to_markdown(pvc_snapshots(w.cluster, target or Target(), wanted))


OF_DATA = Target(k.CLAIM.name, "data", "shop")


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        (k.CLAIM, "# Snapshots: which claims there are could not be read; 1 claim has one that can be restored from"),
        (k.VOLUME, "# Snapshots: the one claim has a good one within 26 h"),
        (k.SNAPSHOT_CLASS, "# Snapshots: the one claim has a good one within 26 h"),
        (k.SNAPSHOT_CONTENT, "# Snapshots: the one claim has a good one within 26 h"),
    ],
    ids=lambda one: one.plural if isinstance(one, Kind) else "",
)
def test_each_kind_that_may_not_be_read_is_named_with_its_rule(kind: Kind, title: str) -> None:
    text = denied(kind)
    assert text.startswith(f"{title}\n")
    assert f"• {kind.plural}: the runner may not list them" in text
    assert f'resources: ["{kind.plural}"]' in text
    assert "Of deleted claims" not in text
    assert "Left behind" not in text


def test_without_snapshots_there_is_no_report_but_the_rule_to_add() -> None:
    with pytest.raises(NotAllowed) as caught:
        denied(k.SNAPSHOT)
    assert "volumesnapshots" in caught.value.remedy


def test_a_claim_that_could_not_be_looked_for_is_not_called_gone() -> None:
    text = denied(k.CLAIM, target=OF_DATA)
    assert text.startswith("# Claim shop/data can be restored from 02:01 UTC, 5 h ago\n")
    assert "gone" not in text
    assert "Whether the claim is still there could not be read." in text


def test_a_schedule_by_driver_is_not_said_to_be_for_no_claim_when_volumes_may_not_be_read() -> None:
    text = denied(k.VOLUME, wanted=settings(nightly(drivers=["ebs.*"])))
    assert text.startswith("# Snapshots: for which claims they are to be taken could not be read; 1 of 1 claim has one")
    assert "`nightly` chooses claims by their drivers, which their volumes tell" in text


class OneNamespace(MemoryCluster):
    """A cluster in which some kinds may be listed in namespace shop only, not all over."""

    def __init__(self, objects: Iterable[Any], now: datetime, *kinds: Kind) -> None:
        super().__init__(objects, now=now)
        self.only_there = {kind.resource for kind in kinds}

    def find(self, kind: Kind, namespace: str | None = None, **more: Any) -> list[Any]:
        if namespace != "shop" and kind.resource in self.only_there:
            raise NotAllowed(f"cannot list {kind.resource}")
        return super().find(kind, namespace, **more)


def partly(*kinds: Kind) -> str:
    """Report where db/pg and its snapshot are there, too, and kinds may be read in shop only."""
    w = one_night()
    (made,) = w.snapshots()
    (claim,) = w.cluster.store.find(k.CLAIM)
    (content,) = w.cluster.store.find(k.SNAPSHOT_CONTENT)
    there = {"namespace": "db", "uid": "of-db"}
    objects = [
        *(w.cluster.store.find(one)[0] for one in (k.VOLUME, k.SNAPSHOT_CLASS, k.STORAGE_CLASS)),
        *(claim, made, content),
        {**claim, "metadata": {**claim["metadata"], **there, "name": "pg"}},
        {**made, "metadata": {**made["metadata"], **there}},
        {**content, "metadata": {"name": "of-db"}, "spec": {**content["spec"], "deletionPolicy": "Retain"}},
    ]
    objects[-1]["spec"]["volumeSnapshotRef"] = {"namespace": "db", "name": made["metadata"]["name"], "uid": "of-db"}
    cluster = OneNamespace(objects, w.now, *kinds)
    return to_markdown(pvc_snapshots(cluster, Target(), settings(nightly(), namespaces=["shop"])))


@pytest.mark.parametrize("kinds", [(k.CLAIM,), (k.SNAPSHOT,), (k.CLAIM, k.SNAPSHOT)], ids=str)
def test_where_only_some_namespaces_may_be_read_nothing_is_said_of_the_others(kinds: tuple[Kind, ...]) -> None:
    text = partly(*kinds)
    assert text.startswith(
        "# Snapshots of namespaces shop (reading the whole cluster is not allowed): the one claim has a good one"
    )
    assert "db/" not in text
    assert "Of deleted claims" not in text
    assert "Left behind" not in text


def test_a_snapshot_of_a_content_of_its_own_is_of_no_claim_and_none_that_was_deleted() -> None:
    w = one_night()
    w.cluster.store.create(
        {
            "apiVersion": k.SNAPSHOT.api_version,
            "kind": k.SNAPSHOT.name,
            "metadata": {"name": "imported", "namespace": "shop"},
            "spec": {"source": {"volumeSnapshotContentName": "from-elsewhere"}},
            "status": {"readyToUse": True, "boundVolumeSnapshotContentName": "from-elsewhere"},
        }
    )
    text = to_markdown(pvc_snapshots(w.cluster, Target(), NIGHTLY))
    assert "Of deleted claims" not in text
    assert "*Of no claim:* 1 snapshot was made from a content, not of a claim: shop/imported." in text


def test_the_day_of_a_slot_is_told_in_utc_too_where_it_is_another_one() -> None:
    text = to_markdown(pvc_snapshots(one_night().cluster, Target(), settings(nightly(timeZone="Asia/Tokyo"))))
    assert "Next: `nightly` 2026-03-03 02:00 JST (2026-03-02 17:00 UTC)." in text
