"""What several volumes share: one filesystem, or a pool that cannot hold them all when they are full."""

import re

from robusta_volumes._model.driver import Capacity
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CAPACITY, CLAIM, METRICS, STORAGE_CLASS, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.volume import Claim, StorageClass, Volume
from robusta_volumes._rules.class_facts import driver_of
from robusta_volumes._rules.class_places import pools_of, room_at
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.usage_facts import measured, state

_PERCENT = 100
_THIN = re.compile(r"thin", re.IGNORECASE)
_THIN_DRIVERS = ("driver.longhorn.io", "linstor.csi.linbit.com", "san.csi.ibm.com")


@rule(
    "US-07",
    Severity.INFO,
    "Several claims share one filesystem",
    on="PersistentVolumeClaim",
    advice=True,
    needs=(METRICS, VOLUME),
    fix="Watch the filesystem, not the claims: when it is full, all of them are.",
)
def shares_filesystem(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Each of them shows the use of all, so one full share looks like many full volumes. It is told once, for all of them."""
    use = measured(claim, see)
    if use is None or use.use is None or not use.shared_with:
        return None
    volume = see.volume_of(claim)
    where = f" ({plain(volume.backend, 80)})" if volume else ""
    return Hit(
        f"and {count(len(use.shared_with), 'other claim')} share one filesystem{where}",
        f"{state(use, see)} Each of these claims shows this use; none of them has it for itself.",
        (Fix("watch that filesystem, and grow it where it is; the size of a claim holds nothing here"),),
        claims=use.shared_with,
        size=use.use.capacity,
    )


@rule(
    "SC-11",
    Severity.MEDIUM,
    "Thin pool has promised more than it has",
    on="StorageClass",
    of_cluster=True,
    needs=(METRICS, CAPACITY, CLAIM, VOLUME, STORAGE_CLASS),
    fix="Add storage to the pool, or move volumes away, before it is full: all its volumes fail together.",
)
def overcommitted(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:
    """A thin volume takes blocks when they are written. When its pool has none left, all volumes on it stop at once."""
    if not is_thin(one) or see.uses is None:
        return None
    worst: tuple[float, Capacity, int, int] | None = None
    for pool in pools_of(one, see):
        here = [v for v in see.volumes if v.phase == "Bound" and v.driver == driver_of(one) and _lies_in(v, pool)]
        open_ = [(v.capacity or 0) - used for v in here if (used := _used(v, see)) is not None]
        claimed, free = sum(max(0, rest) for rest in open_), pool.free or 0
        if claimed * _PERCENT > free * limits.overcommit_percent and open_:
            ratio = claimed / max(free, 1)
            worst = max(worst or (0.0, pool, 0, 0), (ratio, pool, claimed, len(open_)), key=lambda found: found[0])
    if worst is None:
        return None
    _, pool, claimed, number = worst
    names = [c.meta.title for c in see.by_class.claims.get(one.meta.name, ())]
    return Hit(
        f"has promised {gib(claimed)} more than is written, and {gib(pool.free)} are left",
        f"{count(number, 'volume')} of {plain(driver_of(one), 80)} whose use is known may still take {gib(claimed)}; "
        f"the pool has {room_at(pool)}. Claims of the class: {listing(names, 3)}.",
        (
            Fix("add storage to the pool, or move volumes to another one"),
            Fix("watch the pool itself: see its driver's metrics"),
        ),
        claims=tuple(c.meta.key for c in see.by_class.claims.get(one.meta.name, ())),
        size=claimed,
    )


def is_thin(one: StorageClass) -> bool:
    """Tell whether a class is known to give volumes that take their blocks only when they are written."""
    words = (f"{key}={value}" for key, value in one.parameters.items() if str(value).lower() not in {"no", "false"})
    return one.provisioner.endswith(_THIN_DRIVERS) or any(_THIN.search(word) for word in words)


def _used(volume: Volume, see: Inventory) -> int | None:
    use = (see.uses or {}).get(volume.claim_ref.key) if volume.claim_ref else None
    return use.use.used if use and use.use else None


def _lies_in(volume: Volume, pool: Capacity) -> bool:
    """Tell whether a volume lies in a pool's place; where one of them does not say, it may."""
    place = {(r.key, r.values) for r in pool.place}
    if not place or not volume.node_affinity:
        return True
    return any(place <= {(r.key, r.values) for r in term} for term in volume.node_affinity)


RULES = (shares_filesystem, overcommitted)
