"""What a volume held and how it grows in, the size that fits out."""

from typing import Any

import numpy as np
import pytest

from robusta_volumes._analysis.forecast import outlook
from robusta_volumes._analysis.sizing import targets

G = float(2**30)
DAY = np.arange(30)
NOISE = np.random.default_rng(12).normal(0, 0.05, 30)


def size(gib: Any, usable: float = 100, volume: float = 0, asked: float = 0) -> float:
    """Give the size in GiB for a volume of 100 GiB that held this."""
    top = np.atleast_2d(np.asarray(gib, dtype=np.float64)) * G
    can = np.array([usable * G])
    has = np.array([(volume or usable) * G])
    wants = np.array([asked * G]) if asked else has
    return float(targets(outlook(top, top - 0.01 * G, can), can, has, wants)[0]) / G


def test_what_grows_by_a_gib_a_day_gets_room_for_three_months_and_a_quarter_more() -> None:
    assert size(50 + DAY) == np.ceil((79 + 90) / 0.75)


def test_what_uses_a_third_and_stays_there_could_be_smaller() -> None:
    assert size(30 + NOISE) == pytest.approx(41)


def test_what_saves_little_is_kept() -> None:
    assert np.isnan(size(60 + NOISE))


def test_nothing_smaller_is_advised_before_a_month_is_known() -> None:
    assert np.isnan(size(np.where(DAY < 5, np.nan, 30 + NOISE)))


def test_what_grows_slowly_is_not_cut_to_what_it_holds_today() -> None:
    assert not size(20 + 0.2 * DAY + 0.1 * NOISE) < 55


def test_the_highest_days_count_and_not_the_last() -> None:
    assert size(np.where(DAY % 7 == 3, 50.0, 10.0) + NOISE) >= 66


def test_what_a_filesystem_keeps_for_itself_is_added() -> None:
    assert size(50 + DAY, usable=100, volume=110) == np.ceil((79 + 90) * 1.1 / 0.75)


def test_a_size_that_was_asked_for_already_is_not_asked_for_again() -> None:
    assert np.isnan(size(50 + DAY, asked=230))


def test_without_data_the_size_is_kept() -> None:
    assert np.isnan(size(np.nan * DAY))
