"""Series about I/O for a real Prometheus: counters that go up evenly, gauges that stand still, and what interrupts them."""

import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prometheus_real import written

SCRAPE = 60  # seconds between samples
AFTER = 1800  # seconds that everything goes on after the end: tests take a while

Labels = dict[str, str]


@dataclass(frozen=True)
class Series:
    """One series: its value at so many seconds before the end (negative: after it); None where it is silent."""

    metric: str
    labels: Labels
    value: Callable[[int], float | None]


def counter(metric: str, per_second: float, since: int = 0, until: int = -AFTER, /, **labels: str) -> Series:
    """Give one that goes up evenly; ``since``, ``until``: seconds before the end, 0: always."""

    def value(back: int) -> float | None:
        return None if (since and back > since) or back < until else per_second * (1_000_000 - back)

    return Series(metric, labels, value)


def restarted(metric: str, per_second: float, at: int, /, **labels: str) -> Series:
    """Give one that started again from 0, so many seconds before the end."""
    return Series(metric, labels, lambda back: per_second * (at - back if back <= at else 1_000_000 - back))


def gauge(metric: str, level: float, /, **labels: str) -> Series:
    """Give one that stands still."""
    return Series(metric, labels, lambda _: level)


def info(metric: str, /, **labels: str) -> Series:
    """Give one whose labels are what matters."""
    return gauge(metric, 1, **labels)


def alternating(metric: str, levels: tuple[float, float], /, **labels: str) -> Series:
    """Give a gauge that is one thing at each other scrape, and another in between."""
    return Series(metric, labels, lambda back: levels[back // SCRAPE % 2])


def lines(told: Iterable[Series], end: datetime, hours: float) -> Iterator[str]:
    """Write samples as promtool wants them: by metric, by series, in order of time."""
    stop = int(end.timestamp())
    for one in sorted(told, key=lambda one: (one.metric, written(one.labels))):
        for back in range(int(hours * 3600), -AFTER, -SCRAPE):
            if (value := one.value(back)) is not None:
                yield f"{one.metric}{written(one.labels)} {value:.9g} {stop - back}"


def back_fill(folder: Path, told: Iterable[Series], end: datetime, hours: float = 7) -> None:
    """Put them into blocks."""
    file = folder / "io.txt"
    file.write_text("\n".join([*lines(told, end, hours), "# EOF", ""]))
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h", str(file)]
    subprocess.run([*command, str(folder / "data")], check=True, capture_output=True, timeout=120)
