"""Pictures of I/O: drawn where there is something to draw; a limit far away squeezes nothing; gaps stay gaps."""

from datetime import datetime, timedelta, timezone

from robusta_volumes._report.io_chart import Panel, _pieces, heat_picture, io_picture

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
PNG = b"\x89PNG"


def course(*values: float) -> list[tuple[datetime, float]]:
    return [(NOW + place * timedelta(minutes=5), value) for place, value in enumerate(values)]


def test_a_course_is_drawn_with_its_limit() -> None:
    drawn = io_picture("shop/data", [Panel("Operations", "per second", [("reads", course(1, 2, 3))], ("limit 3", 3.0))])
    assert drawn is not None
    assert drawn.startswith(PNG)


def test_nothing_is_drawn_of_nothing() -> None:
    assert io_picture("shop/data", [Panel("Operations", "per second", [("reads", [])])]) is None
    assert io_picture("shop/data", []) is None


def test_a_time_without_measurements_is_not_bridged() -> None:
    points = [*course(1, 2, 3), *((when + timedelta(hours=2), value) for when, value in course(4, 5))]
    assert [len(piece) for piece in _pieces(points)] == [3, 2]
    assert [len(piece) for piece in _pieces(course(1))] == [1]


def test_a_week_is_drawn_with_hours_that_nobody_measured() -> None:
    values = [[float("nan")] * 24, *[[float(hour) for hour in range(24)] for _ in range(6)]]
    drawn = heat_picture("shop/data $x$ <b>", values)
    assert drawn is not None
    assert drawn.startswith(PNG)
