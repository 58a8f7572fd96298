"""The story "shop", its I/O: what each EBS volume did in the last week, as the driver's own counters would have told it.

Times are hours before now, so that the same story can end at any moment.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from robusta_volumes._sandbox.builder import Object

Hours = Callable[[float], float]  # hours before now -> what it is then
_KIB = 1024
_BUSY_SINCE, _DAY, _WEEK = 6.3, 24.0, 168.0
_PREFIX = "aws_ebs_csi_"


@dataclass(frozen=True)
class Told:
    """What one volume does: operations per second, bytes per operation, seconds per operation, shares of the time."""

    namespace: str
    name: str
    reads: Hours
    writes: Hours
    read_size: int = 16 * _KIB
    write_size: int = 16 * _KIB
    read_takes: Hours = lambda _: 0.0007
    write_takes: Hours = lambda _: 0.0009
    held_back: Hours = lambda _: 0.0

    def rates(self) -> Mapping[str, Hours]:
        """Give the metrics of the driver: of counters what they grow by in a second, of the queue what it is."""
        counters: dict[str, Hours] = {
            "read_ops_total": self.reads,
            "write_ops_total": self.writes,
            "read_bytes_total": lambda h: self.reads(h) * self.read_size,
            "write_bytes_total": lambda h: self.writes(h) * self.write_size,
            "read_seconds_total": lambda h: self.reads(h) * self.read_takes(h),
            "write_seconds_total": lambda h: self.writes(h) * self.write_takes(h),
            "exceeded_iops_seconds_total": self.held_back,
            "exceeded_tp_seconds_total": lambda _: 0.0,
            "ec2_exceeded_iops_seconds_total": lambda _: 0.0,
            "ec2_exceeded_tp_seconds_total": lambda _: 0.0,
            "volume_queue_length": lambda h: self.reads(h) * self.read_takes(h) + self.writes(h) * self.write_takes(h),
        }
        return {_PREFIX + name: rate for name, rate in counters.items()}


def wave(mean: float, swing: float, period: float = _DAY) -> Hours:
    """Go up and down around a mean."""
    return lambda hours: mean + swing * math.sin(2 * math.pi * hours / period)


def since(hours: float, now: Hours, before: Hours) -> Hours:
    """Be another thing since so many hours."""
    return lambda back: now(back) if back <= hours else before(back)


def shop_io() -> tuple[Told, ...]:
    """Tell it all; what is not told of was not measured."""
    return (
        Told(
            "shop",
            "data-kafka-0",
            reads=wave(38, 6, 3),
            writes=since(_BUSY_SINCE, wave(2935, 24, 0.7), wave(900, 240)),
            write_size=6 * _KIB,
            write_takes=since(_BUSY_SINCE, wave(0.0178, 0.002, 0.9), wave(0.0012, 0.0002)),
            held_back=since(_BUSY_SINCE, wave(0.62, 0.08, 0.8), wave(0.0, 0.0)),
        ),
        Told("shop", "data-kafka-1", wave(40, 8), wave(860, 200), write_size=6 * _KIB),
        Told("shop", "data-kafka-2", wave(42, 9), wave(910, 220), write_size=6 * _KIB),
        Told("analytics", "data-clickhouse-0", wave(415, 12), wave(30, 9), read_size=256 * _KIB),
        Told("analytics", "data-clickhouse-1", wave(180, 60), wave(22, 8), read_size=256 * _KIB),
        Told("db", "data-pg-0", wave(420, 160), wave(610, 190, _WEEK)),
        Told("db", "data-pg-1", wave(210, 80), wave(590, 150)),
        Told("db", "data-pg-2", wave(0.2, 0.1), wave(0.4, 0.2)),
        Told("monitoring", "data-prometheus-0", wave(35, 20), wave(140, 30), write_size=48 * _KIB),
    )


Series = Mapping[tuple[str, str], Hours]  # (metric, volume id) -> what it does


def series_of(told: Iterable[Told], objects: Iterable[Object]) -> Series:
    """Give the story's series for the volumes that these objects hold."""
    handles = {
        (o["spec"]["claimRef"]["namespace"], o["spec"]["claimRef"]["name"]): o["spec"]["csi"]["volumeHandle"]
        for o in objects
        if o["kind"] == "PersistentVolume" and o["spec"].get("csi") and o["spec"].get("claimRef")
    }
    return {
        (metric, handles[one.namespace, one.name]): rate
        for one in told
        if (one.namespace, one.name) in handles
        for metric, rate in one.rates().items()
    }
