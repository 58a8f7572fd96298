"""The growth of what fills first is drawn: one claim large, several one under the other; and in ten characters of a line."""

import struct
from collections.abc import Sequence
from datetime import timedelta
from math import nan

import pytest

from data_of import days
from data_world import EBS, NOW, answers, cluster_of, line, measured, shop
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.target import Target
from robusta_volumes._model.usage import Key
from robusta_volumes._report.data_pictures import points
from robusta_volumes._report.growth_chart import Forecast, Growth, growth_picture, growth_pictures
from robusta_volumes._report.page import File
from robusta_volumes._report.sparks import spark
from robusta_volumes._workflows.persistent_data_analysis import persistent_data_analysis

CLAIM = ("db", "data-pg-0")


def height(png: bytes | None) -> int:
    """Give how high a picture is; it is 960 wide always."""
    assert png
    wide, high = struct.unpack(">II", png[16:24])
    assert wide == 960
    return int(high)


def growth(title: str = "db/data-pg-0", size: float = 100) -> Growth:
    used = points(days({CLAIM: line(27, 2.1)}), CLAIM)
    ahead = Forecast(NOW + timedelta(days=20), 130 * GIB, 120 * GIB, 140 * GIB)
    resized = [(used[0][0], 80.0 * GIB), (used[9][0], size * GIB)]
    return Growth(title, used, resized, ahead, [(used[20][0], "+2.0 GiB")])


def drawn(claims: int, filling: float = 2.0) -> list[bytes]:
    """Report on so many claims of 100 GiB that hold 40 now and fill; give the pictures of the growth."""
    b = shop()
    history: dict[Key, list[float]] = {}
    for number in range(claims):
        b.bound("db", f"pg-{number}", "100Gi", "gp3", EBS)
        history["db", f"pg-{number}"] = line(80 - 29 * filling, filling)
    found = measured(history, dict.fromkeys(history, 100.0))
    page = persistent_data_analysis(cluster_of(b), Target(), PersistentDataAnalysis(), answers(found))
    return [block.content for block in page.blocks if isinstance(block, File) and block.name == "growth.png"]


def test_one_claim_has_a_picture_of_its_own() -> None:
    assert 300 < height(growth_picture(growth(), NOW)) < 500


def test_several_are_one_under_the_other_and_five_fit_the_screen_of_a_phone() -> None:
    one, two, five = (height(growth_pictures("What fills first", [growth()] * n, NOW)) for n in (1, 2, 5))
    assert one < two < five < 1300
    assert five - two == pytest.approx(3 * (two - one), abs=4)


def test_a_report_draws_the_five_that_fill_first_and_no_more() -> None:
    heights = [height(drawn(claims)[0]) for claims in (2, 5, 8)]
    assert heights[0] < heights[1] == heights[2]


def test_where_nothing_fills_nothing_is_drawn() -> None:
    assert drawn(3, filling=0.01) == []


def test_what_has_no_history_is_left_out() -> None:
    alone = growth_pictures("", [growth()], NOW)
    assert height(growth_pictures("", [growth(), Growth("new", [])], NOW)) == height(alone)
    assert growth_pictures("", [Growth("new", [])], NOW) is None
    assert growth_picture(Growth("new", []), NOW) is None


@pytest.mark.parametrize("name", ["$x$ $\\frac{", "日本語", "a" * 300, ""])
def test_foreign_names_are_drawn_as_text(name: str) -> None:
    assert height(growth_pictures(name, [growth(name), growth()], NOW)) > 300


@pytest.mark.parametrize(
    ("history", "looks"),
    [
        ([0.0, 25, 50, 75, 100], "▁▃▅▇█"),
        ([60.0] * 30, "▅▅▅▅▅▅▅▅▅▅"),
        (line(27, 2.1), "▃▃▄▅▅▆▆▆▇█"),
        ([nan] * 15 + [10.0] * 15, "▁▁▁▁▁"),
        ([10.0] * 9 + [nan] * 6 + [10.0] * 15, "▁▁▁··▁▁▁▁▁"),
        ([99.0, 120.0], "██"),
    ],
    ids=["to the top", "flat", "grows", "young", "a gap", "beyond what fits now"],
)
def test_a_history_is_ten_characters_as_high_as_what_fits(history: Sequence[float], looks: str) -> None:
    assert spark(days({CLAIM: history}), CLAIM, 100 * GIB) == looks


def test_what_is_not_known_is_not_drawn() -> None:
    assert spark(None, CLAIM, 1.0) == ""
    assert spark(days({CLAIM: [1.0]}), ("other", "claim"), 1.0) == ""
    assert spark(days({CLAIM: [1.0]}), CLAIM, None) == ""
    assert spark(days({CLAIM: [nan] * 30}), CLAIM, 1.0) == ""
