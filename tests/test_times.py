"""Timestamps as the API server writes them, and times for people."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robusta_volumes._model.times import UTC, ago, parse_time, span, stamp

NINE = datetime(2026, 11, 23, 21, 8, 44, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-23T21:08:44Z", NINE),
        ("2026-11-23T21:08:44z", NINE),
        ("2026-11-23T22:08:44+01:00", NINE),
        ("2026-11-23T16:08:44-05:00", NINE),
        ("2026-11-23T21:08:44.5Z", NINE.replace(microsecond=500_000)),
        ("2026-11-23T21:08:44.123456Z", NINE.replace(microsecond=123_456)),
        ("2026-11-23T21:08:44.123456789Z", NINE.replace(microsecond=123_456)),
        ("2026-11-23T22:08:44.123456789+01:00", NINE.replace(microsecond=123_456)),
        ("2026-11-23T21:08:44", NINE),
        (NINE, NINE),
        (NINE.replace(tzinfo=None), NINE),
    ],
)
def test_a_timestamp_is_read_with_any_zone_and_any_number_of_digits(written: object, moment: datetime) -> None:
    assert parse_time(written) == moment


@pytest.mark.parametrize(
    "written", [None, "", "yesterday", 1700000000, [], {}, "2026-13-01T00:00:00Z", "2026-11-23T21:08:60Z", "Z", "."]
)
def test_what_is_no_timestamp_is_unknown(written: object) -> None:
    assert parse_time(written) is None


def test_a_moment_before_all_time_is_unknown() -> None:
    assert parse_time("0001-01-01T00:00:00+23:00") is None


@given(st.text() | st.none() | st.integers())
def test_no_text_is_too_strange(written: object) -> None:
    moment = parse_time(written)
    assert moment is None or moment.tzinfo is not None


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_timestamp_reads_back_as_the_same_moment_in_utc(moment: datetime) -> None:
    assert parse_time(moment.isoformat()) == moment
    assert parse_time(moment.astimezone(timezone(timedelta(hours=-5))).isoformat()) == moment


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=40), "40 s"),
        (timedelta(seconds=119), "119 s"),
        (timedelta(minutes=2), "2 min"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_a_length_is_written_in_its_largest_sensible_unit(length: timedelta, words: str) -> None:
    assert span(length) == words


def test_a_moment_is_written_with_its_date_only_when_it_is_another_day() -> None:
    assert stamp(NINE, NINE + timedelta(minutes=7)) == "21:08 UTC"
    assert stamp(NINE, NINE + timedelta(days=1)) == "2026-11-23 21:08 UTC"
    assert stamp(NINE.astimezone(timezone(timedelta(hours=9))), NINE) == "21:08 UTC"


def test_a_moment_comes_with_its_distance() -> None:
    assert ago(NINE, NINE + timedelta(minutes=7)) == "21:08 UTC, 7 min ago"
    assert ago(NINE, NINE + timedelta(days=9)) == "2026-11-23 21:08 UTC, 9 d ago"


def test_a_moment_that_nobody_knows_is_unknown() -> None:
    assert ago(None, NINE) == "unknown"
