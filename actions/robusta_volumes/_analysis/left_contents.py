"""Snapshot contents that Retain left behind: their snapshot is gone, the backend's copy and its cost are not. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from robusta_volumes._model.inventory import Inventory

_VELERO = "velero.io/backup-name"  # Velero keeps them so on purpose


@dataclass(frozen=True)
class Left:
    """Those of one driver. ``unknown``: how many of them do not say their size."""

    driver: str
    number: int
    size: int
    unknown: int


def left_contents(see: Inventory, snapshots: Iterable[str], namespace: str = "") -> tuple[Left, ...]:
    """Count them by driver; ``snapshots`` are the uids of those that are there. Those of a namespace, where one is named."""
    there = set(snapshots)
    found: dict[str, list[int | None]] = {}
    for one in see.contents:
        kept = one.policy == "Retain" and one.snapshot_uid and one.snapshot_uid not in there
        if kept and not one.meta.deleted and _VELERO not in one.meta.labels and namespace in {"", one.snapshot[0]}:
            found.setdefault(one.driver, []).append(one.size or None)
    return tuple(
        Left(driver, len(sizes), sum(size or 0 for size in sizes), sizes.count(None))
        for driver, sizes in sorted(found.items())
    )
