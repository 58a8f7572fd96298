"""A load and a device, as a day of measured series: what is asked arrives with noise, what is done follows from the device.

A closed loop: ``workers`` each have one operation in flight. Below the limit operations take the device's own time; at the
limit they wait, and latency is what Little's law says: operations in flight divided by operations per second.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

COLUMNS, HOURS = 288, 24
KIB, MIB = 1024.0, 1024.0**2
Profile = Callable[[float], float]  # hour of the day before the end (0 to 24) -> value
Series = Mapping[str, list[float]]


def flat(value: float) -> Profile:
    """The same at any hour."""
    return lambda hour: value  # noqa: ARG005


def between(first: float, last: float, then: float, else_: float) -> Profile:
    """One value from one hour to another, else another."""
    return lambda hour: then if first <= hour < last else else_


def day_and_night(low: float, high: float) -> Profile:
    """Office hours: low in the night, high by day, in one ramp."""
    return lambda hour: low + (high - low) * max(0.0, 1 - abs(hour - 13) / 8)


@dataclass(frozen=True)
class Load:
    """What an application asks for."""

    iops: Profile
    size: float = 8 * KIB
    reads: float = 0.5  # share
    workers: float = 8  # that may have an operation in flight at once
    flushes: float = 0.0  # per write


_MILLISECOND = flat(0.001)


@dataclass(frozen=True)
class Disk:
    """What a device does with it."""

    latency: Profile = _MILLISECOND  # of its own, seconds
    iops: float = 1e9
    bytes: float = 1e9
    write_latency: Profile | None = None  # where writes take another time
    flush: Profile = _MILLISECOND  # seconds
    jitter: float = 0.08


def run(load: Load, disk: Disk, seed: str, columns: int = COLUMNS, hours: float = HOURS) -> dict[str, list[float]]:
    """Give the day's series: all that a disk of a node shows, and the share of time in which its limits held it back."""
    dice = random.Random(seed)  # noqa: S311 (no secret: the same series each time)
    found: dict[str, list[float]] = {}
    for column in range(columns):
        hour = (column + 0.5) * hours / columns
        for name, value in _moment(load, disk, hour, dice).items():
            found.setdefault(name, []).append(value)
    return found


def _moment(load: Load, disk: Disk, hour: float, dice: random.Random) -> dict[str, float]:
    asked = load.iops(hour) * dice.lognormvariate(0, disk.jitter)
    reads = disk.latency(hour) * dice.lognormvariate(0, disk.jitter)
    writes = (disk.write_latency or disk.latency)(hour) * dice.lognormvariate(0, disk.jitter)
    own = load.reads * reads + (1 - load.reads) * writes
    most = min(disk.iops, disk.bytes / load.size)
    held = asked > most
    done = min(asked, most * dice.uniform(0.985, 1.0), load.workers / own)
    took = max(own, load.workers / done) if held and done > 0 else own
    waits = took - own  # both directions wait alike
    read_ops, write_ops = done * load.reads, done * (1 - load.reads)
    queue = done * took
    flushes = write_ops * load.flushes
    return {
        "read_ops": read_ops,
        "write_ops": write_ops,
        "read_bytes": read_ops * load.size,
        "write_bytes": write_ops * load.size,
        "read_seconds": read_ops * (reads + waits),
        "write_seconds": write_ops * (writes + waits),
        "queue": queue,
        "busy": min(1.0, 1 - 0.3679**queue if queue < 5 else 1.0),
        "merged_writes": write_ops * 0.1,
        "flushes": flushes,
        "flush_seconds": flushes * disk.flush(hour) * dice.lognormvariate(0, disk.jitter),
        "iops_throttled": (1 - most / asked) if held and most == disk.iops else 0.0,
        "bytes_throttled": (1 - most / asked) if held and most != disk.iops else 0.0,
    }
