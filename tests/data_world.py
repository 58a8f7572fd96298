"""A cluster with data: claims, and what metrics say of them, written by hand."""

from array import array
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from math import nan

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Grid, Key, Measured, Use
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows.data_metrics import Ask

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
    """Let the last day of each history be now; the floor of a day lies 20 MiB below its peak."""
    now = {key: use(row[-1], sizes[key]) for key, row in history.items()}
    lowest = {key: [size - 0.02 for size in row] for key, row in history.items()}
    given = {"queries": 8, "seconds": 1.2, "source": SOURCE, **more}
    return Measured(now=now, highest=daily(history), lowest=daily(lowest), **given)  # type: ignore[arg-type]  # by name


def line(start: float, more: float, days: int = 30) -> list[float]:
    """Grow by so many GiB a day, with a little noise."""
    return [start + more * (day + (day * 7 % 5 - 2) * 0.4) for day in range(days)]


def shop() -> Builder:
    """Three claims on a driver that can grow them."""
    b = Builder(NOW)
    for name in ("shop", "db"):
        b.add("Namespace", name)
    b.node("node-a", "eu-1a")
    b.storage_class("gp3", EBS)
    for space, name, size in (("db", "data-pg-0", "100Gi"), ("shop", "uploads", "50Gi"), ("shop", "cache", "20Gi")):
        b.bound(space, name, size, "gp3", EBS)
        b.pod(space, f"{name}-pod", [name], node="node-a")
    return b


def saw(low: float, high: float, every: int, days: int = 30) -> list[float]:
    """Fill up and be emptied, again and again."""
    return [low + (high - low) * (day % every) / (every - 1) for day in range(days)]


STORY: Mapping[Key, list[float]] = {
    ("db", "data-pg-0"): line(27.0, 2.1),
    ("shop", "uploads"): [*line(14, 0.05, 24), *line(30, 0.05, 6)],
    ("shop", "cache"): saw(4, 14, 6),
    ("shop", "archive"): [120.0] * 30,
    ("shop", "thumbs"): [9.0] * 30,
    ("shop", "warehouse"): line(40, 0.01),
    ("mail", "spool"): line(7.0, 0.1, 30),
    ("mail", "queue"): line(1.0, 0.31, 30),
    ("team", "share-a"): line(600, 1.0),
    ("team", "share-b"): line(600, 1.0),
    ("new", "fresh"): line(1, 0.5, 2),
}
SIZES: Mapping[Key, float] = {
    ("db", "data-pg-0"): 100,
    ("shop", "uploads"): 50,
    ("shop", "cache"): 20,
    ("shop", "archive"): 200,
    ("shop", "thumbs"): 20,
    ("shop", "warehouse"): 500,
    ("mail", "spool"): 10,
    ("mail", "queue"): 20,
    ("team", "share-a"): 1000,
    ("team", "share-b"): 1000,
    ("new", "fresh"): 10,
}


def story() -> tuple[Builder, Measured]:
    """Claims of each kind: two that fill, one that is full, a step, a sawtooth, idle, too large, shared, not measurable."""
    b = shop()
    for space in ("mail", "team", "new", "vm"):
        b.add("Namespace", space)
    b.storage_class("nfs", "nfs.csi.k8s.io", grow=False)
    for space, name, size in (
        ("shop", "archive", "200Gi"),
        ("shop", "thumbs", "20Gi"),
        ("shop", "warehouse", "500Gi"),
        ("mail", "spool", "10Gi"),
        ("mail", "queue", "20Gi"),
        ("new", "fresh", "10Gi"),
    ):
        b.bound(space, name, size, "gp3", EBS)
        b.pod(space, f"{name}-pod", [name], node="node-a", **({"phase": "Pending"} if name == "spool" else {}))
    for name in ("share-a", "share-b"):
        b.bound("team", name, "50Gi", "nfs", "nfs.csi.k8s.io", mode="ReadWriteMany")
        b.pod("team", f"{name}-pod", [name], node="node-a")
    b.bound("vm", "disk", "40Gi", "gp3", EBS)
    for made in b.objects[-2:]:  # the claim and its volume
        made["spec"]["volumeMode"] = "Block"
    b.pod("vm", "vm-pod", ["disk"], node="node-a")
    b.bound("shop", "unmounted", "30Gi", "gp3", EBS)
    found = measured(STORY, SIZES)
    thumbs = ("shop", "thumbs")
    now = {**found.now, thumbs: use(STORY[thumbs][-1], 20, inodes=0.93)}
    files = daily({thumbs: [(640_000 + 10_000 * day) / GIB for day in range(30)]})  # counts, not bytes
    return b, replace(found, now=now, inodes=files)


def cluster_of(b: Builder) -> MemoryCluster:
    return MemoryCluster(b.objects, name="prod", now=NOW)


def answers(found: Measured) -> Ask:
    """Answer whatever is asked."""
    return lambda _, __: found


def never(_: Inventory, __: Collection[Key]) -> Measured:
    message = "metrics were asked"
    raise AssertionError(message)
