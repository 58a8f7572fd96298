"""How much data there is and how it grows, added up by namespace and by class."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.volume import Claim

MONTH = 30  # days
QUARTER = 90
_STILL = {"no data", "too short", "empty", "idle", "flat", "cyclic"}  # what moves in these is noise, or comes back


@dataclass(frozen=True)
class Total:
    """Claims added up. A filesystem that several of them share counts once. Bytes."""

    name: str
    claims: int = 0
    measured: int = 0
    requested: int = 0
    used: int = 0  # by those that are measured
    month: float = 0.0  # growth in a month
    cost: float = 0.0  # of those that have a cost, in a month
    priced: int = 0  # so many have one

    @property
    def in_month(self) -> int:
        """What is used in a month if nothing changes."""
        return max(0, int(self.used + self.month))

    @property
    def in_quarter(self) -> int:
        """What is used in three months if nothing changes."""
        return max(0, int(self.used + self.month * QUARTER / MONTH))


@dataclass(frozen=True)
class Coverage:
    """Of how many claims something is known, and why of the others it is not."""

    claims: int = 0
    measured: int = 0
    history: int = 0  # of those, with enough days for a forecast
    days: int = 0  # the longest history
    unknown: Mapping[str, int] | None = None  # why -> claims, the most frequent first


def totals(
    see: Inventory, by_claim: Mapping[tuple[str, str], ClaimUse]
) -> tuple[Total, tuple[Total, ...], tuple[Total, ...]]:
    """Add up all claims, and those of each namespace and of each class, what grows most first."""
    whole = _sum("", see.claims, by_claim)
    spaces = [_sum(name, claims, by_claim) for name, claims in see.claims_in.items()]
    bare = tuple(c for c in see.claims if not c.class_name)
    classes = [_sum(name, claims, by_claim) for name, claims in see.by_class.claims.items()]
    classes += [_sum("", bare, by_claim)] if bare else []
    return whole, _grows_first(spaces), _grows_first(classes)


def _grows_first(found: Iterable[Total]) -> tuple[Total, ...]:
    return tuple(sorted(found, key=lambda one: (-one.month, -one.used, one.name)))


def _sum(name: str, claims: Iterable[Claim], by_claim: Mapping[tuple[str, str], ClaimUse]) -> Total:
    number = measured = requested = used = priced = 0
    month = cost = 0.0
    seen: set[tuple[str, str]] = set()  # claims whose filesystem was counted
    for claim in claims:
        number += 1
        requested += claim.requested or 0
        use = by_claim.get(claim.meta.key)
        if use is None:
            continue
        if use.cost is not None:
            cost, priced = cost + use.cost, priced + 1
        if use.use is None or use.use.used is None:
            continue
        measured += 1
        if use.key in seen:
            continue
        seen.update(use.shared_with)
        used += use.use.used
        month += (use.growth or 0.0) * MONTH if use.pattern not in _STILL else 0.0
    return Total(name, number, measured, requested, used, month, cost, priced)
