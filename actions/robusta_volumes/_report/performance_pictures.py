"""The pictures of a report on one claim: its course with limit lines, and its week by the hour."""

from collections.abc import Sequence

from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.io_words import bytes_rate, number, took
from robusta_volumes._report.io_chart import Panel, Points, heat_picture, io_picture
from robusta_volumes._report.page import File
from robusta_volumes._report.performance_seen import Seen

_MIB, _MILLI = 1024**2, 1000
_PERCENT = 100


def pictures(seen: Seen) -> tuple[File, ...]:
    """Draw the first row's course and week; nothing where nothing is known of it."""
    if not seen.rows or not seen.drawn.lines:
        return ()
    row = seen.rows[0]
    course = io_picture(f"{row.name}: what it did", _panels(row.io, seen))
    week = (
        heat_picture(f"{row.name}: operations per second by hour and weekday", seen.drawn.heat)
        if seen.drawn.heat
        else None
    )
    files = (("io.png", course), ("week.png", week))
    return tuple(File(f"{row.claim.meta.name}-{name}", content) for name, content in files if content)


def _panels(io: VolumeIo, seen: Seen) -> list[Panel]:
    lines, limits = seen.drawn.lines, io.limits
    minutes = int(io.step.total_seconds() // 60)

    def of(*wanted: tuple[str, str], times: float = 1.0) -> list[tuple[str, Points]]:
        return [(name, [(when, value * times) for when, value in lines.get(signal, ())]) for signal, name in wanted]

    iops = (f"limit {number(limits.iops.value)}", limits.iops.value) if limits.iops else None
    rate = (f"limit {bytes_rate(limits.bytes.value)}", limits.bytes.value / _MIB) if limits.bytes else None
    high = (f"high for this kind: {took(io.expected[0])}", io.expected[0] * _MILLI) if io.expected else None
    panels = [
        Panel("Operations", "per second", of(("read_ops", "reads"), ("write_ops", "writes")), iops),
        Panel("Throughput", "MiB/s", of(("read_bytes", "read"), ("write_bytes", "written"), times=1 / _MIB), rate),
        Panel(
            f"Latency, means of {minutes} minutes",
            "ms",
            of(("read_latency", "reads"), ("write_latency", "writes"), ("flush_latency", "flushes"), times=_MILLI),
            high,
        ),
        Panel("Operations in flight", "mean", of(("queue", ""))),
        Panel(
            "Pod waits for I/O",
            "percent",
            of(("pressure_some", "some task"), ("pressure_full", "all tasks"), times=_PERCENT),
        ),
    ]
    return [panel for panel in panels if _moves(panel.lines)]


def _moves(lines: Sequence[tuple[str, Points]]) -> bool:
    """Tell whether a panel has anything to show."""
    return any(value for _, points in lines for _, value in points)
