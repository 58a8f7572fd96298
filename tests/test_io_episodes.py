"""How often, how long and since when something was so."""

from datetime import timedelta

import pytest

from io_worlds import CLAIM, END, NAN, NODE, VOLUME, facts, series, window
from robusta_volumes._analysis.io_facts import volume_ios
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import Bucket, Declared, Episode, History, IoLimits, Mapped
from robusta_volumes._model.io_episodes import EPISODES
from robusta_volumes._model.io_series import IoMeasured, IoSeries, IoWindow
from robusta_volumes._model.limits import Limits

GP3 = IoLimits("gp3", "ssd", Declared(3000, "", ""), bytes=Declared(125 * 1024**2, "", ""))
HOUR, STEP = timedelta(hours=1), timedelta(minutes=5)


def test_it_is_so_now_since_the_start_of_the_last_stretch() -> None:
    io = facts({"read_ops": [2990.0] * 24 + [100.0] * 252 + [2900.0] * 12}, GP3)
    assert io.episode("iops_ceiling") == Episode(36 / 288, 2 * HOUR, END - HOUR, END, 1.0)


def test_what_is_over_has_a_last_time_and_no_since() -> None:
    io = facts({"read_ops": [2990.0] * 6 + [100.0] * 282}, GP3)
    ended = END - 282 * STEP
    assert io.episode("iops_ceiling") == Episode(6 / 288, 6 * STEP, None, ended, 0.5)


def test_what_was_not_measured_of_late_is_not_so_now() -> None:
    io = facts({"read_ops": [2990.0] * 280 + [NAN] * 8}, GP3)
    assert io.episode("iops_ceiling").since is None
    assert io.episode("iops_ceiling").share == 1


def test_a_gap_breaks_a_stretch() -> None:
    io = facts({"read_ops": [*[2990.0] * 5, NAN, *[2990.0] * 6]}, GP3, columns=12)
    assert io.episode("iops_ceiling").longest == 6 * STEP
    assert io.episode("iops_ceiling").share == 1


def test_of_throttling_the_share_is_one_of_time() -> None:
    io = facts({"iops_throttled": [0.0] * 276 + [0.6] * 12, "read_ops": 100}, GP3)
    told = io.episode("iops_throttled")
    assert told.share == pytest.approx(0.025)
    assert told.worst_hour == pytest.approx(0.6)
    assert told.since == END - HOUR
    little = facts({"iops_throttled": 0.01, "read_ops": 100}, GP3).episode("iops_throttled")
    assert little.share == pytest.approx(0.01)
    assert little.longest == timedelta()


@pytest.mark.parametrize(
    ("word", "row"),
    [
        ("bytes_ceiling", {"read_ops": 500, "read_bytes": 120 * 1024**2}),
        ("node_iops_throttled", {"node_iops_throttled": 0.5}),
        ("slow", {"read_ops": 100, "read_seconds": 1.2}),
        ("very_slow", {"read_ops": 100, "read_seconds": 2.6}),
        ("saturated", {"queue": 11}),
        ("queued", {"queue": 30, "read_ops": 1000, "read_seconds": 30}),
        ("overqueued", {"queue": 12, "read_ops": 1000}),
        ("stalled", {"pressure_some": 0.1}),
        ("badly_stalled", {"pressure_some": 0.4}),
        ("timeouts", {"requests": 10, "timeouts": 0.01}),
        ("long_ios", {"long_ios": 0.1}),
        ("degraded", {"degraded": 1}),
        ("read_only", {"read_only": 1}),
    ],
)
def test_each_word_is_met(word: str, row: dict[str, float]) -> None:
    assert word in EPISODES
    told = facts(row, GP3).episode(word)
    assert told.share > 0
    assert told.since == END - 288 * STEP


@pytest.mark.parametrize(
    ("word", "row"),
    [
        ("iops_ceiling", {"read_ops": 2800}),
        ("slow", {"read_ops": 100, "read_seconds": 0.9}),
        ("slow", {"read_ops": 0, "read_seconds": 0.9}),
        ("saturated", {"queue": 10}),
        ("queued", {"queue": 30, "read_ops": 1000, "read_seconds": 10}),
        ("overqueued", {"queue": 3, "read_ops": 10}),
        ("stalled", {"pressure_some": 0.09}),
        ("badly_stalled", {"pressure_some": 0.39, "pressure_full": 0.09}),
        ("very_slow", {"busy": 1, "read_ops": 100, "read_seconds": 2.4}),
    ],
)
def test_just_below_is_not_so(word: str, row: dict[str, float]) -> None:
    assert facts(row, GP3).episode(word) == Episode()


def test_a_spike_stands_out_from_the_median_and_is_very_slow() -> None:
    io = facts({"read_ops": 100, "read_seconds": [0.2] * 282 + [5.0] * 6}, GP3)
    assert io.episode("spike").share == pytest.approx(6 / 288)
    steady = facts({"read_ops": 100, "read_seconds": 5}, GP3)
    assert not steady.episode("spike").share, "what is always slow has no spike"


def test_without_credit_the_baseline_is_the_limit() -> None:
    gp2 = IoLimits("gp2", "ssd", Declared(300, "", "", burst=3000), buckets=(Bucket(5_400_000, 300, 3000),))
    io = facts({"read_ops": [3000.0] * 12 + [300.0] * 276, "queue": 8, "read_seconds": 8}, gp2)
    assert io.episode("at_baseline").since == END - 276 * STEP
    assert io.episode("iops_ceiling").share > 0.95
    assert io.credit is not None
    assert io.credit.left < 0.05
    bursting = facts({"read_ops": [100.0] * 287 + [1500.0], "queue": 2}, gp2)
    assert not bursting.episode("at_baseline").share
    assert bursting.stat("limit_iops").peak == pytest.approx(0.5), "with credit the burst limit is the limit"


def _week(latency: list[float], ops: list[float]) -> IoMeasured:
    week = IoWindow(END, HOUR, 168, HOUR)
    rows = {VOLUME: {"read_ops": ops, "read_seconds": [a * b for a, b in zip(latency, ops, strict=True)]}}
    heat = series(rows, 168)
    return IoMeasured(
        window(12),
        {"ebs": series({VOLUME: {"read_ops": 5}}, 12)},
        heat={"ebs": IoSeries("ebs", week, heat.keys, heat.signals)},
    )


def _history(latency: list[float], ops: list[float]) -> History:
    mapped = {CLAIM: (Mapped("ebs", VOLUME, NODE),)}
    limits = {CLAIM: {NODE: IoLimits("gp3", "ssd", Declared(1000, "", ""))}}
    history = volume_ios(Inventory(END), _week(latency, ops), mapped, limits, Limits())[CLAIM][0].history
    assert history is not None
    return history


def test_an_hour_of_spikes_is_named_when_it_comes_back() -> None:
    night = [0.05 if (hour % 24) == 14 else 0.002 for hour in range(168)]  # the column that ends at 03:00
    assert _history(night, [100.0] * 168).spike_hours == (2,)
    twice = [0.05 if hour in {14, 38} else 0.002 for hour in range(168)]
    assert _history(twice, [100.0] * 168).spike_hours == ()


def test_a_week_before_has_figures_of_its_own() -> None:
    history = _history([0.002] * 140 + [0.008] * 28, [100.0] * 168)
    assert history.before["latency"].p50 == pytest.approx(0.002)
    assert history.days == 7


def test_load_that_grows_in_a_line_meets_its_limit_in_days() -> None:
    history = _history([0.002] * 168, [100.0 * (1 + hour // 24) for hour in range(168)])
    assert history.full_in["iops"] == pytest.approx(3, rel=0.01)
    assert _history([0.002] * 168, [100.0] * 168).full_in == {}
