"""A benchmark beside the last one of the same: what is kept, and what is slower. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from robusta_volumes._model.benchmark import Figures, Measured, Ran, Run
from robusta_volumes._model.trial import read_as

_KEPT = 50  # classes and claims; a cluster has a handful
_SHORT = 0.9  # seconds: what ran for less says nothing exact
_ALL = 100


@dataclass(frozen=True)
class Compared:
    """One figure as it was and as it is; ``change`` in percent, above 0 where it is faster now."""

    key: str  # "iops_read_4k_qd64 read"
    before: float
    now: float
    change: float
    latency: bool = False


def key_of(run: Run) -> str:
    """Name what can be compared: runs of one claim, or of claims of one size and class."""
    return f"claim {run.namespace}/{run.claim}" if run.claim else f"class {run.class_name} {run.size}"


def figures_of(run: Run, found: Measured, node: str, now: datetime) -> Figures:
    """Keep what the next run is compared with."""
    rows = {_named(one): one for one in found.ran if one.job != "layout" and one.seconds >= _SHORT}
    return Figures(
        when=now.isoformat(timespec="seconds"),
        size=run.size,
        node=node,
        direct=found.direct,
        held=bool(run.iops or run.throughput),
        iops={name: round(one.iops, 1) for name, one in rows.items()},
        bytes={name: round(one.bytes) for name, one in rows.items()},
        p99={name: one.p99 for name, one in rows.items() if one.p99 is not None},
        mean={name: one.mean for name, one in rows.items() if one.mean is not None},
    )


def comparable(before: Figures | None, now: Figures) -> bool:
    """Tell whether both were measured alike: with or without page cache, held back or not."""
    return before is not None and (before.direct, before.held) == (now.direct, now.held)


def compared(before: Figures | None, now: Figures) -> tuple[Compared, ...]:
    """Put both side by side, the worst first: operations per second, or latency where both were held back."""
    if before is None or not comparable(before, now):
        return ()
    old, new = (before.mean, now.mean) if now.held else (before.iops, now.iops)
    found = []
    for key in new.keys() & old.keys():
        if old[key] > 0 and new[key] > 0:
            faster = old[key] / new[key] if now.held else new[key] / old[key]
            found.append(Compared(key, old[key], new[key], (faster - 1) * _ALL, latency=now.held))
    return tuple(sorted(found, key=lambda one: (one.change, one.key)))


def last_of(noted: Mapping[str, Any], key: str) -> Figures | None:
    """Read the last run of the same; None when there is none, or it cannot be understood."""
    runs = noted.get("runs")
    found = read_as(Figures, runs.get(key)) if isinstance(runs, Mapping) else None
    return found if found and all(isinstance(one, dict) for one in (found.iops, found.mean)) else None


def with_run(noted: Mapping[str, Any], key: str, figures: Figures) -> dict[str, Any]:
    """Add a run to what is kept; the oldest ones go when there are too many."""
    runs = noted.get("runs")
    kept = {**(runs if isinstance(runs, Mapping) else {}), key: asdict(figures)}
    newest = sorted(kept, key=lambda one: str((kept[one] or {}).get("when")), reverse=True)[:_KEPT]
    return {"runs": {one: kept[one] for one in newest}}


def _named(one: Ran) -> str:
    return f"{one.job} {one.way}"
