"""Daily use in, a date of full out: what a person would read off the same picture."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusta_volumes._analysis.forecast import Outlook, outlook
from robusta_volumes._analysis.patterns import PATTERNS

G = float(2**30)
DAY = np.arange(30)
NOISE = np.random.default_rng(11).normal(0, 1, 30)
SHAPES: dict[str, Any] = {
    "steady growth": 50 + DAY + 0.1 * NOISE,
    "idle": 50 + 0 * DAY,
    "flat": 50 + 0.3 * NOISE,
    "accelerating": 20 + 10 * 1.06**DAY,
    "sawtooth": 60 + (DAY % 5) * 4,
    "step": np.where(DAY > 20, 70, 30) + 0.1 * NOISE,
    "shrinking": 80 - DAY + 0.1 * NOISE,
    "empty": 0.01 + 0 * DAY,
    "too short": np.where(DAY < 26, np.nan, 50 + DAY),
    "no data": np.nan * DAY,
}


def judged(gib: Any, usable: float = 100, swing: float = 0.02) -> Outlook:
    top = np.atleast_2d(np.asarray(gib, dtype=np.float64)) * G
    return outlook(top, top - swing * G, np.full(len(top), usable * G))


def fields_of(said: Outlook) -> dict[str, Any]:
    return {name: getattr(said, name) for name in said.__dataclass_fields__}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_called_by_its_name(name: str) -> None:
    assert PATTERNS[judged(SHAPES[name]).pattern[0]] == name


@pytest.mark.parametrize("length", [8, 14, 30, 90])
def test_a_level_with_noise_is_called_flat_and_not_by_what_chance_looks_like(length: int) -> None:
    noise = np.random.default_rng(length).normal(0, 1, (1000, length))
    called = [PATTERNS[each] for each in judged(50 + noise).pattern]
    assert np.isin(called, ["flat", "idle", "bursty", "too short"]).mean() >= 0.95
    assert np.isin(called, ["sawtooth", "step", "shrinking"]).mean() <= 0.05


@pytest.mark.parametrize(("period", "length"), [(2, 14), (2, 30), (2, 90), (3, 14), (3, 30), (3, 90), (5, 30), (5, 90)])
def test_a_sawtooth_keeps_its_name_under_noise_however_often_it_falls(period: int, length: int) -> None:
    source = np.random.default_rng(period)
    teeth = (np.arange(length) + source.integers(0, period, (200, 1))) % period * (20 / period)
    called = judged(40 + teeth + source.normal(0, 0.5, (200, length))).pattern
    assert (called == PATTERNS.index("sawtooth")).mean() >= 0.95


@pytest.mark.parametrize("length", [8, 14, 30, 90])
def test_a_step_keeps_its_name_and_its_day_under_noise(length: int) -> None:
    source = np.random.default_rng(length)
    on = source.integers(3, length - 3, 200)
    said = judged(40 + 15.0 * (np.arange(length) >= on[:, None]) + source.normal(0, 1, (200, length)))
    assert (said.pattern == PATTERNS.index("step")).mean() >= 0.9
    assert (said.step_column == on).mean() >= 0.9


def test_a_slow_fall_keeps_its_name_under_noise() -> None:
    falls = 80 - 0.3 * DAY + np.random.default_rng(3).normal(0, 1, (200, 30))
    assert (judged(falls).pattern == PATTERNS.index("shrinking")).mean() >= 0.9


def test_a_date_stays_with_the_name_of_what_it_was_made_of() -> None:
    noisy = 70 + 0.4 * DAY + np.random.default_rng(5).normal(0, 3, (500, 30))
    said = judged(noisy)
    never = np.isin(said.pattern, [PATTERNS.index(one) for one in ("flat", "shrinking", "cyclic", "idle", "empty")])
    assert np.isfinite(said.full_in[~never & (noisy[:, -1] < 100)]).any()
    assert not np.isfinite(said.full_in[never & (noisy[:, -1] < 100)]).any()


def test_a_gib_a_day_with_21_free_is_full_in_three_weeks() -> None:
    said = judged(50 + DAY)
    assert said.slope[0] == pytest.approx(G)
    assert said.full_in[0] == pytest.approx(21)


def test_the_interval_encloses_the_date_and_widens_with_noise() -> None:
    calm, rough = judged(50 + DAY + 0.2 * NOISE), judged(50 + DAY + 2 * NOISE)
    assert calm.full_early[0] <= calm.full_in[0] <= calm.full_late[0]
    assert rough.full_late[0] - rough.full_early[0] > 2 * (calm.full_late[0] - calm.full_early[0])


@pytest.mark.parametrize("name", ["idle", "flat", "sawtooth", "step", "shrinking", "empty"])
def test_what_does_not_grow_has_no_date(name: str) -> None:
    assert judged(SHAPES[name]).full_in[0] == np.inf


def test_a_volume_that_is_full_is_full_today() -> None:
    assert judged(100 + 0 * DAY).full_in[0] == 0


def test_without_data_the_date_is_unknown_and_not_never() -> None:
    assert np.isnan(judged(SHAPES["no data"]).full_in[0])


def test_four_days_give_a_pattern_of_too_short_and_still_a_date_within_reach() -> None:
    said = judged(np.where(DAY < 26, np.nan, 65 + DAY))
    assert said.points[0] == 4
    assert said.full_in[0] == pytest.approx(6)


def test_a_gap_is_no_zero() -> None:
    assert judged(np.where(DAY % 3 == 1, np.nan, 50 + DAY)).full_in[0] == pytest.approx(21)


def test_a_new_filesystem_starts_a_new_history() -> None:
    said = judged(np.where(DAY < 15, 90, 2 + (DAY - 15)))
    assert said.points[0] == 15
    assert said.slope[0] == pytest.approx(G)


def test_a_resize_moves_the_date_and_not_the_slope() -> None:
    small, large = judged(50 + DAY, usable=100), judged(50 + DAY, usable=120)
    assert small.slope[0] == large.slope[0]
    assert large.full_in[0] - small.full_in[0] == pytest.approx(20)


def test_an_import_among_steady_growth_is_no_trend() -> None:
    said = judged(20 + DAY + np.where(DAY >= 12, 15, 0))
    assert said.step_column[0] == 12
    assert said.slope[0] == pytest.approx(G)
    assert PATTERNS[said.pattern[0]] == "steady growth"


def test_growth_that_began_last_week_counts_and_not_the_quiet_weeks_before() -> None:
    said = judged(40 + 0.05 * NOISE + 2 * np.maximum(DAY - 20, 0))
    assert said.slope[0] == pytest.approx(2 * G, rel=0.15)
    assert said.full_in[0] == pytest.approx(21, rel=0.15)


def test_growth_that_ended_last_week_has_no_date() -> None:
    assert judged(40 + 0.05 * NOISE + 2 * np.minimum(DAY, 20)).full_in[0] == np.inf


def test_a_leak_under_a_sawtooth_is_full_when_its_peaks_are() -> None:
    said = judged(40 + (DAY % 5) * 4 + 0.8 * DAY)
    assert PATTERNS[said.pattern[0]] == "sawtooth"
    assert said.slope[0] == pytest.approx(0.8 * G)
    assert said.full_in[0] == pytest.approx((100 - (40 + 16 + 0.8 * 29)) / 0.8)


def test_growth_that_doubles_every_twelve_days_is_full_when_it_says_and_not_as_a_line_would() -> None:
    doubling = np.log(2) / 12
    said = judged(30 + 5 * np.exp(doubling * DAY))
    true = np.log(70 / 5) / doubling - 29
    line = (100 - (30 + 5 * np.exp(doubling * 29))) / (5 * doubling * np.exp(doubling * 15))
    assert said.full_in[0] == pytest.approx(true, rel=0.1)
    assert line > 2 * true


def test_a_few_large_days_in_a_month_are_bursty_and_their_mean_goes_on() -> None:
    said = judged(30 + np.cumsum(np.isin(DAY, (3, 9, 16, 22)) * 10.0))
    assert PATTERNS[said.pattern[0]] == "bursty"
    assert said.full_in[0] == pytest.approx(30 / (40 / 29))
    assert said.full_late[0] - said.full_early[0] > 10


def test_what_lies_beyond_three_times_the_history_is_not_dated() -> None:
    assert judged(np.where(DAY < 20, np.nan, 50 + 0.5 * DAY)).full_in[0] == np.inf
    assert judged(50 + 0.5 * DAY).full_in[0] == pytest.approx(71)


def test_the_benchmark_finds_what_fills_in_two_weeks_and_little_else() -> None:
    script = Path(__file__).parents[1] / "benchmarks" / "forecast_quality.py"
    told = subprocess.run(
        [sys.executable, str(script), "--seeds", "8,9", "--each", "30", "--only", "tuned"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    (ours,) = (line for line in told.splitlines() if line.startswith("ours"))
    (theirs,) = (line for line in told.splitlines() if line.startswith("predict_linear"))
    precision, recall, f1 = (float(each) for each in ours.split()[1].split("/"))
    assert min(precision, recall) > 0.8
    assert f1 > 0.85
    assert float(theirs.split()[3].split("/")[2]) < f1 - 0.2


def rows_of(seed: int) -> Any:
    """Give a month of a mixed lot of volumes."""
    source = np.random.default_rng(seed)
    return 50 + np.cumsum(source.normal(0.3, source.choice([0.1, 1, 4], 12)[:, None], (12, 30)), axis=1)


def same(ours: Outlook, theirs: Outlook, order: Any = slice(None)) -> None:
    for name, value in fields_of(theirs).items():
        np.testing.assert_array_equal(fields_of(ours)[name][order], value, err_msg=name)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.permutations(range(12)))
def test_the_order_of_claims_changes_nothing(seed: int, order: list[int]) -> None:
    rows = rows_of(seed)
    same(judged(rows), judged(rows[order]), order)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([2.0, 8.0, 0.5]))
def test_in_other_units_the_slopes_are_scaled_and_the_dates_stay(seed: int, factor: float) -> None:
    rows = rows_of(seed)
    plain, scaled = judged(rows), judged(rows * factor, usable=100 * factor, swing=0.02 * factor)
    np.testing.assert_array_equal(plain.slope * factor, scaled.slope)
    np.testing.assert_array_equal(plain.full_in, scaled.full_in)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 15))
def test_days_without_samples_before_the_first_change_nothing(seed: int, days: int) -> None:
    rows = rows_of(seed)
    plain, padded = judged(rows), judged(np.hstack([np.full((12, days), np.nan), rows]))
    np.testing.assert_array_equal(plain.full_in, padded.full_in)
    np.testing.assert_array_equal(plain.pattern, padded.pattern)
    np.testing.assert_array_equal(plain.slope, padded.slope)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(20, 90))
def test_noise_around_a_level_is_never_given_a_date(seed: int, level: float) -> None:
    assert judged(level + np.random.default_rng(seed).normal(0, 0.15, 30)).full_in[0] == np.inf


def test_asked_twice_it_says_the_same() -> None:
    same(judged(rows_of(1)), judged(rows_of(1)))
