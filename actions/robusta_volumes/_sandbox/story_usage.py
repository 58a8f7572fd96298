"""The story "shop", its data: how full each volume was and is, as the kubelets would have measured it.

Times are days before now, so that the same story can end at any hour. Each volume shows one thing: a pod that moved to
another node, a resize, a gap, a disk shared by claims, one that nobody mounts any more.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_GIB = 2**30
_BLOCK = 4096
_RESERVED = 0.02  # of a filesystem: what root alone may use
_WEEK = 7.0
NEVER = -1.0  # days before now: until when something lasts that has not ended
DAYS = 31.0  # how far back it is told
SHARED = 1024.0  # GiB of the filesystem that several claims are folders of

Days = Callable[[float], float]  # days before now -> GiB, or inodes


@dataclass(frozen=True)
class Told:
    """What is measured of one claim. ``nodes``: where its pod was, the latest first, each until so many days before now."""

    namespace: str
    name: str
    size: Days  # GiB of the filesystem
    used: Days  # GiB
    nodes: tuple[tuple[str, float], ...] = (("node-a1", 0.0),)
    missing: tuple[tuple[float, float], ...] = ()  # nothing was measured from, until (days before now)
    everywhere: tuple[str, ...] = ()  # nodes that measure it at the same time
    inodes: float = 6_553_600
    inodes_used: Days = field(default=lambda _: 40_000)
    abnormal: bool = False

    def series(self, back: float) -> Iterator[tuple[str, dict[str, int]]]:
        """Give what each node measures so many days before now, by metric."""
        at = max(back, 0.0)  # after now all stands still: questions come a moment later
        if any(since >= at > until for since, until in self.missing):
            return
        where = next((node for node, until in reversed(self.nodes) if at >= until), "")
        for node in self.everywhere or ((where,) if where else ()):
            yield node, self._values(at)

    def _values(self, back: float) -> dict[str, int]:
        size, used = self.size(back), self.used(back)
        values = {
            "used_bytes": used,
            "available_bytes": max(0.0, size * (1 - _RESERVED) - used) if used else 0.0,
            "capacity_bytes": size,
        }
        bytes_ = {name: int(value * _GIB) // _BLOCK * _BLOCK for name, value in values.items()}
        more = {"inodes": int(self.inodes), "inodes_used": int(self.inodes_used(back))} if self.inodes else {}
        return {**bytes_, **more, **({"health_status_abnormal": 1} if self.abnormal else {})}


def flat(level: float, swing: float = 0.0, period: float = 1.0) -> Days:
    """Stay at a level, with a season."""
    return lambda back: level + swing * math.sin(2 * math.pi * back / period)


def grows(now: float, a_day: float, before: float | None = None, since: float = 0.0, swing: float = 0.0) -> Days:
    """Grow to ``now``; until ``since`` days before it at another rate."""

    def level(back: float) -> float:
        late = min(back, since) if before is not None else back
        rest = (back - late) * (before or 0.0)
        return now - late * a_day - rest + swing * math.sin(2 * math.pi * back)

    return level


def steps(*levels: tuple[float, float]) -> Days:
    """Jump: (until so many days before now, level), the latest first."""
    return lambda back: next(level for until, level in reversed(levels) if back >= until)


def saw(low: float, high: float, period: float) -> Days:
    """Fill and be emptied."""
    return lambda back: low + (high - low) * (1 - (back % period) / period)


def usage() -> tuple[Told, ...]:
    """Tell it all."""
    return (*_databases(), *_others(), *_files(), *_gone())


def _databases() -> Iterator[Told]:
    moved = (("node-b1", 0.0), ("node-a1", 10.0))
    yield Told("db", "data-pg-0", flat(100), grows(89, 2.1, 0.5, 6), moved)
    yield Told("db", "data-pg-1", flat(100), grows(52, 0.8, swing=0.3))
    yield Told("db", "data-pg-2", flat(100), flat(30, 0.4))
    for n in range(3):
        yield Told("db", f"data-redis-{n}", flat(10), flat(2.0 + n / 4, 0.2))
        yield Told("shop", f"data-kafka-{n}", flat(50), saw(18 + n, 41, 4.0))
        yield Told("payments", f"data-vault-{n}", flat(10), flat(0.5))
    yield Told("analytics", "data-clickhouse-0", steps((0.0, 250), (5.0, 200)), grows(214, 4.0))
    yield Told("analytics", "data-clickhouse-1", flat(250), steps((0.0, 150), (9.0, 88)))
    for n in (2, 3):
        yield Told("analytics", f"data-clickhouse-{n}", flat(250), flat(110, 12, _WEEK))


def _others() -> Iterator[Told]:
    yield Told("shop", "data-search-0", flat(80), steps((0.0, 19), (3.0, 61)))
    yield Told("shop", "data-search-1", flat(80), grows(58, 0.6), abnormal=True)
    yield Told("monitoring", "data-prometheus-0", flat(200), grows(168, 3.0))
    yield Told("monitoring", "data-prometheus-1", flat(200), saw(96, 120, 0.25))
    for n in range(3):
        gap = ((12.0, 9.0),) if n == 2 else ()  # noqa: PLR2004 (the last of three)
        yield Told("monitoring", f"data-loki-{n}", flat(150), grows(70 + n, 1.2), missing=gap)
    yield Told("monitoring", "grafana", flat(5), flat(2.1), inodes=327_680, inodes_used=grows(304_000, 3_000))
    yield Told("ci", "nightly-export", flat(20), saw(2, 14, _WEEK))
    yield Told("media", "license", flat(1), flat(0.02))
    yield Told("payments", "data-ledger-0", flat(40), grows(21, 0.3))


def _files() -> Iterator[Told]:
    """Folders of one filesystem: each claim shows all of it, from each node that mounts it."""
    nodes = ("node-a1", "node-b1")
    for namespace, name in (("shop", "uploads"), ("media", "originals"), ("media", "renders")):
        yield Told(namespace, name, flat(SHARED), grows(760, 2.0), everywhere=nodes, inodes=2.0**53)


def _gone() -> Iterator[Told]:
    """Nobody mounts these any more."""
    yield Told("shop", "old-catalog", flat(60), flat(33), missing=((8.2, NEVER),))
    yield Told("shop", "import-2023", flat(150), flat(122), missing=((20.5, NEVER),))
