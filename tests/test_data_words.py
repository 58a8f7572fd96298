"""Days, sizes and rates of data as people read them."""

import pytest

from data_world import NOW, use
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.quantity import GIB, MIB
from robusta_volumes._model.usage import Use
from robusta_volumes._model.use_words import day, full_on, how_full, interval, moment, percent, rate, signed

KEY = ("db", "data")


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (8.0, "3 Dec"),
        (0.0, "25 Nov"),
        (60.0, "24 Jan 2027"),
    ],
)
def test_a_day_ahead_has_its_month_and_another_year_is_said(days: float, said: str) -> None:
    assert day(days, NOW) == said


@pytest.mark.parametrize(
    ("days", "said"), [(2.25, "Fri 27 Nov 14:00 UTC"), (0.0, "Wed 25 Nov 08:00 UTC"), (9.0, "4 Dec")]
)
def test_what_is_near_is_told_with_its_hour(days: float, said: str) -> None:
    assert moment(days, NOW) == said


@pytest.mark.parametrize(
    ("early", "late", "said"),
    [
        (6.0, 11.0, "1-6 Dec"),
        (3.0, 8.0, "28 Nov - 3 Dec"),
        (6.0, None, "1 Dec or later"),
        (6.0, 6.2, "1 Dec"),
        (None, None, ""),
    ],
)
def test_between_which_days_it_is_full_reads_short(early: float | None, late: float | None, said: str) -> None:
    assert interval(ClaimUse(KEY, full_early=early, full_late=late), NOW) == said


def test_the_day_on_which_it_is_full_comes_with_its_interval_and_says_when_little_is_known() -> None:
    found = ClaimUse(KEY, full_in=8.0, full_early=6.0, full_late=11.0)
    assert full_on(found, NOW) == "on 3 Dec (80 %: 1-6 Dec)"
    assert full_on(ClaimUse(KEY, full_in=8.0, confidence="low"), NOW) == "on 3 Dec (low confidence)"
    assert full_on(ClaimUse(KEY), NOW) == ""


@pytest.mark.parametrize(
    ("growth", "said"),
    [
        (2.1 * GIB, "grows 2.1 GiB a day"),
        (-3 * MIB, "shrinks 3 MiB a day"),
        (100.0, "does not grow"),
        (None, ""),
    ],
)
def test_growth_is_told_per_day_and_what_is_not_known_is_not_told(growth: float | None, said: str) -> None:
    assert rate(growth) == said


def test_what_has_room_left_is_never_told_as_all_of_it() -> None:
    assert percent(0.994) == "99 %"
    assert percent(1.0) == "100 %"
    assert percent(None) == "unknown"


def test_a_block_volume_is_not_empty() -> None:
    assert how_full(Use(0, 0, 100 * GIB)) == "not known how full"
    assert how_full(use(91, 100)) == "91 % of 100.0 GiB"


def test_amounts_carry_their_sign() -> None:
    assert signed(-2 * GIB) == "-2.0 GiB"
    assert signed(12 * GIB) == "+12.0 GiB"
