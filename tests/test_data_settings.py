"""The block persistentDataAnalysis: its bounds are said, and a price table need not stand twice."""

from typing import Any

import pytest

from robusta_volumes._model.data_settings import Contents, PersistentDataAnalysis
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.settings import Settings, read_settings

PATH = "workflows.persistentVolumeWorkflows.persistentDataAnalysis"


def read(**workflows: Any) -> Settings:
    return read_settings({"persistentVolumeWorkflows": workflows})


def said(found: Settings) -> list[str]:
    return [str(error) for errors in found.problems.values() for error in errors]


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("historyDays", 2, "must be at least 3 days, got 2"),
        ("historyDays", 365, "must be at most 90 days, got 365"),
        ("horizonDays", 181, "must be at most 180 days, got 181"),
        ("batchSize", 10, "must be at least 50 claims, got 10"),
        ("growPercent", 99, "must be at most 95 percent, got 99"),
        ("metricsSeconds", 600, "must be at most 280 seconds, got 600"),
        ("contents", True, "must be a block of keys, got true"),
        ("contents", {"imge": "busybox"}, "has no key imge; did you mean image?"),
        (
            "contents",
            {"image": "busybox; id"},
            'image must be an image such as registry.example.com/busybox:1.36 or busybox@sha256:..., got "busybox; id"',
        ),
        ("contents", {"seconds": 1}, "seconds must be at least 5 seconds, got 1"),
        (
            "contents",
            {"pullSecrets": ["My Secret"]},
            'pullSecrets must be a list of names of Secrets, got "My Secret" is none',
        ),
        ("contents", {"pullSecrets": 7}, "pullSecrets must be a list of names of Secrets, got 7"),
    ],
)
def test_what_cannot_be_used_is_said_with_what_is_allowed(key: str, value: object, sentence: str) -> None:
    assert said(read(persistentDataAnalysis={key: value})) == [f"{PATH}.{key} {sentence}"]


def test_how_contents_are_looked_at_is_a_block_of_its_own_and_what_is_left_out_stays() -> None:
    found = read(persistentDataAnalysis={"contents": {"image": "registry.local/busybox:1.36", "pullSecrets": "a, b.c"}})
    assert said(found) == []
    assert found.persistent_data_analysis.contents == Contents("registry.local/busybox:1.36", ("a", "b.c"), 60)


def test_a_price_table_at_the_first_workflow_counts_for_the_data_too() -> None:
    found = read(persistentVolumeActions={"prices": {"gp3": 0.08}, "currency": "EUR"})
    assert dict(found.persistent_data_analysis.prices.per_gib) == {"gp3": 0.08}
    assert found.persistent_data_analysis.currency == "EUR"


def test_its_own_price_table_counts_before_that_of_the_first_workflow() -> None:
    found = read(persistentVolumeActions={"prices": {"gp3": 0.08}}, persistentDataAnalysis={"prices": {"gp3": 0.1}})
    assert dict(found.persistent_data_analysis.prices.per_gib) == {"gp3": 0.1}


@pytest.mark.parametrize(
    ("horizon", "limit", "days"),
    [(14, 14, 14), (30, 14, 30), (14, 21, 21), (30, 21, 21)],
    ids=["defaults", "a longer horizon", "a threshold of its own", "the threshold counts before the horizon"],
)
def test_what_fills_within_the_horizon_is_a_problem_unless_a_threshold_says_otherwise(
    horizon: int, limit: int, days: int
) -> None:
    ours = PersistentDataAnalysis(horizon_days=horizon, limits=Limits(fills_days=limit))
    assert ours.thresholds == Limits(fills_days=days)
