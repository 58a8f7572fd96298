"""Which claims a schedule is for."""

from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._analysis.claim_selection import selected
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.selectors import parse_labels
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.builder import Builder
from snapshot_world import nightly, settings

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def chosen(**schedule: Any) -> list[str]:
    """Select among five claims of three namespaces, two classes and two drivers."""
    b = Builder(NOW)
    b.bound("shop", "orders", "1Gi", "gp3", "ebs.csi.aws.com", metadata={"labels": {"tier": "db"}})
    b.bound("shop", "cache", "1Gi", "gp3", "ebs.csi.aws.com", metadata=noted("false"))
    b.bound("shop-test", "orders", "1Gi", "gp3", "ebs.csi.aws.com")
    b.bound("files", "uploads", "1Gi", "efs", "efs.csi.aws.com", metadata=noted("nightly, hourly"))
    b.claim("files", "waits", "1Gi", "efs")
    see = gather(MemoryCluster(b.objects, now=NOW))
    (one,) = settings(nightly(**schedule)).schedules
    return [claim.meta.title for claim in selected(one, see, parse_labels(one.selector))]


def noted(choice: str) -> dict[str, Any]:
    return {"annotations": {"robusta-volumes.dev/snapshot": choice}}


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({}, ["shop/orders", "shop-test/orders", "files/uploads", "files/waits"]),
        ({"namespaces": ["shop*"]}, ["shop/orders", "shop-test/orders", "files/uploads"]),
        ({"namespaces": ["shop*"], "excludeNamespaces": ["*-test"]}, ["shop/orders", "files/uploads"]),
        ({"claims": ["orders"]}, ["shop/orders", "shop-test/orders", "files/uploads"]),
        ({"claims": ["shop/*"]}, ["shop/orders", "files/uploads"]),
        ({"selector": "tier=db"}, ["shop/orders", "files/uploads"]),
        ({"selector": "tier!=db", "namespaces": ["shop"]}, ["files/uploads"]),
        ({"storageClasses": ["efs"]}, ["files/uploads", "files/waits"]),
        ({"drivers": ["ebs.*"]}, ["shop/orders", "shop-test/orders", "files/uploads"]),
        ({"optIn": True}, ["files/uploads"]),
        ({"name": "weekly"}, ["shop/orders", "shop-test/orders", "files/waits"]),
    ],
)
def test_what_is_left_out_selects_nothing_away_and_the_claims_own_word_counts_first(
    schedule: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(chosen(**schedule)) == sorted(expected)
