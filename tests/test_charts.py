"""A picture comes out, of one width and no larger than it must be."""

import struct
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusta_volumes._report.charts import fill_bars, stacked_bars, timeline

GI = 1024**3
TITLE = "1,930.0 GiB provisioned in 412 volumes, 61.0 GiB of it Released or Failed"


def size(png: bytes | None) -> tuple[int, int]:
    assert png
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def draw(*rows: tuple[str, Mapping[str, int]], title: str = TITLE) -> tuple[int, int]:
    return size(stacked_bars(title, rows))


@pytest.mark.parametrize(
    "rows",
    [
        [("standard", {"Bound": 300 * GI})],
        [(f"class-{n}", {"Bound": n * GI, "Released": GI, "Failed": 0, "Available": GI}) for n in range(8)],
        [("none", {"Bound": 0}), ("nothing", {})],
        [("a-class-name-that-goes-on-and-on-" * 8, {"Bound": GI, "Released": GI})],
        [],
    ],
    ids=["one row", "eight rows", "zero sizes", "a long name", "no row"],
)
def test_it_is_960_pixels_wide_whatever_it_shows(rows: list[tuple[str, dict[str, int]]]) -> None:
    width, height = draw(*rows)
    assert width == 960
    assert 80 <= height <= 640


def test_it_grows_with_its_rows_and_gets_a_legend_for_several_parts() -> None:
    one = draw(("a", {"Bound": GI}))
    assert draw(("a", {"Bound": GI}), ("b", {"Bound": GI}))[1] > one[1]
    assert draw(("a", {"Bound": GI, "Failed": GI}))[1] > one[1]
    assert draw(("a", {"Bound": GI, "Failed": 0})) == one


def test_it_is_small_enough_to_be_sent() -> None:
    picture = stacked_bars(TITLE, [(f"class-{n}", {"Bound": n * GI, "Released": GI}) for n in range(8)])
    assert picture
    assert len(picture) < 100_000


@pytest.mark.parametrize("text", ["$x$ $\\frac{", "日本語", "a\nb\tc", "", "_hidden", "%d {} \\"])
def test_foreign_text_is_drawn_as_text(text: str) -> None:
    assert draw((text, {text: GI, "Bound": GI}), title=text)[0] == 960


PARTS = st.dictionaries(st.text(max_size=12), st.integers(-1, 2**60), max_size=4)


@given(st.lists(st.tuples(st.text(max_size=30), PARTS), max_size=8))
@settings(max_examples=10, deadline=None)
def test_any_rows_make_a_picture(rows: list[tuple[str, dict[str, int]]]) -> None:
    assert size(stacked_bars(TITLE, rows))[0] == 960


def test_how_full_nodes_are_is_drawn_one_bar_each_also_beyond_the_limit() -> None:
    one = size(fill_bars("1 node with 60 % or more of the attach slots used", [("node-a1", 30, 25)]))
    two = size(fill_bars("2 nodes", [("node-a1", 25, 25), ("node-b1", 0, 0)]))
    assert (one[0], two[0]) == (960, 960)
    assert two[1] > one[1]


@pytest.mark.parametrize("days", [0, 0.01, 3, 400])
def test_a_timeline_is_drawn_whatever_its_length(days: float) -> None:
    now = datetime(2026, 3, 2, tzinfo=timezone.utc)
    marks = [(now - timedelta(days=days), "good"), (now, "under way"), (now, "something else")]
    width, height = size(timeline("Snapshots of shop/data", [("nightly", marks), ("by hand", [])], now))
    assert width == 960
    assert height < 300
    assert size(timeline("", [], now))[0] == 960
