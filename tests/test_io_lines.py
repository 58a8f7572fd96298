"""The course of a volume as points: since it is where it is, with latencies worked out, and nothing where nothing was."""

import math
from array import array
from datetime import datetime, timedelta, timezone

from robusta_volumes._analysis.io_lines import heat, lines
from robusta_volumes._model.io import Mapped
from robusta_volumes._model.io_series import IoMeasured, IoSeries, IoWindow

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)  # a Monday
NAN = float("nan")
KEY = ("vol-1",)


def measured(columns: int = 4, **signals: list[float]) -> IoMeasured:
    window = IoWindow(NOW, columns=columns)
    series = IoSeries(
        "ebs",
        window,
        (("vol-0",), KEY),
        {name: array("d", [0.0] * columns + values) for name, values in signals.items()},
    )
    return IoMeasured(window, {"ebs": series})


def test_each_signal_has_its_points_at_the_ends_of_its_steps() -> None:
    found = lines(measured(read_ops=[1.0, 2.0, NAN, 4.0]), Mapped("ebs", KEY))
    assert [(f"{when:%H:%M}", value) for when, value in found["read_ops"]] == [
        ("11:45", 1.0),
        ("11:50", 2.0),
        ("12:00", 4.0),
    ]


def test_latency_is_time_by_operations_and_unknown_where_there_were_none() -> None:
    found = lines(measured(write_ops=[100.0, 0.0, 50.0, 0.05], write_seconds=[1.0, 0.0, 1.0, 5.0]), Mapped("ebs", KEY))
    assert [value for _, value in found["write_latency"]] == [0.01, 0.02]


def test_what_was_before_the_present_attachment_is_of_another_volume() -> None:
    found = lines(measured(read_ops=[9.0, 9.0, 1.0, 2.0]), Mapped("ebs", KEY, since=NOW - timedelta(minutes=10)))
    assert [value for _, value in found["read_ops"]] == [1.0, 2.0]


def test_a_volume_that_nothing_speaks_for_has_no_course() -> None:
    assert lines(measured(read_ops=[1.0] * 4), Mapped()) == {}
    assert lines(measured(read_ops=[1.0] * 4), Mapped("ebs", ("vol-9",))) == {}
    assert heat(measured(read_ops=[1.0] * 4), Mapped("ebs", KEY)) is None


def test_the_week_by_the_hour_counts_both_directions_in_the_hour_in_which_they_were_done() -> None:
    window = IoWindow(NOW, timedelta(hours=1), 2, timedelta(hours=1))
    series = IoSeries(
        "ebs", window, (KEY,), {"read_ops": array("d", [1.0, 2.0]), "write_ops": array("d", [10.0, 20.0])}
    )
    found = heat(IoMeasured(window, heat={"ebs": series}), Mapped("ebs", KEY))
    assert found is not None
    assert (found[0][10], found[0][11]) == (11.0, 22.0)
    assert all(math.isnan(cell) for cell in (found[0][12], found[6][11]))
