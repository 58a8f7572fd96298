"""A cluster with data: claims, and what metrics say of them, written by hand."""

from array import array
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import nan

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Grid, Key, Measured, Use
from robusta_volumes._sandbox.builder import Builder

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
EBS = "ebs.csi.aws.com"
SOURCE = "Prometheus at http://prometheus:9090"


def use(used: float, of: float, inodes: float = 0.04) -> Use:
    """Say how full a filesystem is, in GiB."""
    return Use(int(used * GIB), int((of - used) * GIB), int(of * GIB), 1_000_000, int(inodes * 1_000_000), at=NOW)


def daily(history: Mapping[Key, list[float]], days: int = 30) -> Grid:
    """Write GiB of each day, the last of them today, as metrics answer."""
    values = array("d")
    for row in history.values():
        values.extend([nan] * (days - len(row)) + [size * GIB for size in row])
    return Grid(tuple(history), NOW - timedelta(days=days - 1), timedelta(days=1), days, values)


def measured(history: Mapping[Key, list[float]], sizes: Mapping[Key, float], **more: object) -> Measured:
    """Let the last day of each history be now; the floor of a day lies 1 % below its peak."""
    now = {key: use(row[-1], sizes[key]) for key, row in history.items()}
    lowest = {key: [size * 0.99 for size in row] for key, row in history.items()}
    given = {"queries": 8, "seconds": 1.2, "source": SOURCE, **more}
    return Measured(now=now, highest=daily(history), lowest=daily(lowest), **given)  # type: ignore[arg-type]  # by name


def line(start: float, more: float, days: int = 30) -> list[float]:
    """Grow by so many GiB a day, with a little noise."""
    return [start + more * day + (0.1 if day % 3 == 0 else -0.05) for day in range(days)]


def shop() -> Builder:
    """Three claims on a driver that can grow them, one block volume, one NFS share of two claims."""
    b = Builder(NOW)
    for name in ("shop", "db"):
        b.add("Namespace", name)
    b.node("node-a", "eu-1a")
    b.storage_class("gp3", EBS)
    b.storage_class("nfs", "nfs.csi.k8s.io", grow=False)
    for space, name, size in (("db", "data-pg-0", "100Gi"), ("shop", "uploads", "50Gi"), ("shop", "cache", "20Gi")):
        b.bound(space, name, size, "gp3", EBS)
        b.pod(space, f"{name}-pod", [name], node="node-a")
    return b


def cluster_of(b: Builder) -> MemoryCluster:
    return MemoryCluster(b.objects, name="prod", now=NOW)


def answers(found: Measured) -> Callable[[Inventory], Measured]:
    """Answer whatever is asked."""
    return lambda _: found


def never(_: Inventory) -> Measured:
    message = "metrics were asked"
    raise AssertionError(message)
