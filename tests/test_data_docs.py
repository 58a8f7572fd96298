"""The page about the data analysis: its params are taken, its defaults are the defaults, its messages are those that are said."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from robusta_volumes._analysis.patterns import FORECAST_POINTS, PATTERNS
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.settings import camel

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "persistent-data-analysis.md").read_text()
SAID = "\n".join(file.read_text() for file in sorted((ROOT / "tests" / "pages" / "data").glob("*.md")))
SOURCE = "\n".join(file.read_text() for file in sorted((ROOT / "actions" / "robusta_volumes" / "_report").glob("*.py")))
MESSAGES = re.findall(r"^\| `([^`]+)` \|", PAGE.partition("## What each message means")[2], re.MULTILINE)
_FIXED = 7  # letters of a message that stand in it whatever it is about


@pytest.mark.parametrize("message", MESSAGES)
def test_what_is_listed_as_a_message_is_in_a_page_or_in_the_code(message: str) -> None:
    parts = [part.strip(" :(") for part in re.split(r"\.\.\.|\d+|\(", message)]
    fixed = [part for part in parts if len(part) >= _FIXED]
    assert fixed, message
    assert [part for part in fixed if part not in SAID and part not in SOURCE] == []


def test_the_params_that_are_shown_are_taken() -> None:
    asked = PAGE.partition("## Ask by hand")[2].partition("A schedule sends")[0]
    shown = set(re.findall(r"(\w+)=", asked)) - {"app"}
    known = {one.name for one in fields(PersistentDataAnalysis)} | {"name", "namespace", "kind", "selector"}
    assert shown - known == set()
    assert {"include_metrics", "horizon_days", "selector"} <= shown


def test_the_keys_that_are_named_are_keys() -> None:
    keys = {camel(one.name) for one in fields(PersistentDataAnalysis)}
    named = {"includeMetrics", "horizonDays", "reportSchedule", "kubeletFallback", "batchSize"}
    assert named <= keys
    assert all(f"`{key}" in PAGE for key in named)


def test_each_pattern_is_explained_and_the_numbers_are_those_of_the_code() -> None:
    for pattern in PATTERNS:
        assert f"| {pattern} |" in PAGE
    assert f"fewer than {FORECAST_POINTS} days of history" in PAGE
    assert f"{Limits().no_room_percent} %" in PAGE


LABELS = sorted(
    {*re.findall(r"^• \*([^*]+):\*", SAID, re.MULTILINE), *re.findall(r"^\| ([A-Z][^|]+) \|", SAID, re.MULTILINE)}
)
EXPLAINED = PAGE.partition("### Every other figure")[2].partition("`claims.csv` has")[0]
PLAIN = {
    "Claims",
    "Provisioned",
    "Namespaces",
    "Classes",
    "Growing now",
    "Unused",
}  # what the API says, without metrics


def test_each_figure_of_a_message_is_explained() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", EXPLAINED, re.MULTILINE)
    explained = {name for row in rows for name in row.split(", ")}
    assert len(LABELS) > 20
    assert set(LABELS) - explained - PLAIN == set()


def test_the_limits_in_the_explanations_are_the_defaults() -> None:
    limits = Limits()
    assert f"more than {limits.loss_percent} % of the volume within a day" in EXPLAINED
    assert f"makes {limits.faster_percent} % of the volume in a month" in EXPLAINED
    assert limits.faster_times == 2
    assert "twice as much at least" in EXPLAINED
