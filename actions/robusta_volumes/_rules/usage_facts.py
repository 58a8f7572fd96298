"""What the rules about use share: what is measured of a claim, how bad that is, and how it is told."""

from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.use_words import amount, full_on, how_full, rate
from robusta_volumes._model.volume import Claim

_PERCENT = 100
_UNTOLD = {"no data", "too short"}  # patterns that say nothing of the data


def measured(claim: Claim, see: Inventory) -> ClaimUse | None:
    """Give what is known of a claim's use; None when nothing is, or when another claim speaks for its filesystem."""
    return see.speaking.get(claim.meta.key)


def at_least(share: float | None, percent: int) -> bool:
    """Tell whether a share is known and not less than so many percent."""
    return share is not None and share * _PERCENT >= percent


def by_share(share: float | None, limits: Limits) -> Severity | None:
    """Say how bad it is to be so full; None when it is not."""
    if at_least(share, limits.no_room_percent):
        return Severity.CRITICAL
    if at_least(share, limits.nearly_full_percent):
        return Severity.HIGH
    return Severity.MEDIUM if at_least(share, limits.full_percent) else None


def by_days(days: float | None, limits: Limits, confidence: str = "good") -> Severity | None:
    """Say how bad it is to be full in so many days; None when it is not. What is not certain wakes nobody."""
    if days is None or days > limits.fills_days:
        return None
    if days > limits.fills_soon_days or confidence == "low":
        return Severity.MEDIUM
    return Severity.HIGH if days > limits.fills_now_days else Severity.CRITICAL


def state(use: ClaimUse, see: Inventory) -> str:
    """Say how full it is, how it grows and until when it lasts, in one sentence."""
    grows = rate(use.growth)
    known = grows and use.pattern not in _UNTOLD
    parts = [f"{how_full(use.use)} used", f"{grows} ({use.pattern})" if known else grows]
    when = full_on(use, see.now)
    said = ", ".join(part for part in parts if part)
    return f"{said}; full {when}{_shared(use)}." if when else f"{said}{_shared(use)}."


def _shared(use: ClaimUse) -> str:
    if not use.shared_with:
        return ""
    names = [plain("/".join(key), 80) for key in use.shared_with]
    return f". {count(len(names), 'other claim')} on the same filesystem: {listing(names, 3)}"


def changed(use: ClaimUse) -> str:
    """Name the rollout that coincides with a change: " Rolled out then: ..."; "" when none is known."""
    return f" Rolled out then: {use.rollout}." if use.rollout else ""


def left(use: ClaimUse) -> str:
    """Say how much room is left: "9.0 GiB left"."""
    free = use.use.available if use.use else None
    return f"{amount(free)} left" if free else "nothing left" if free == 0 else "room left not known"


def volume_size(claim: Claim, see: Inventory) -> int | None:
    """Give the bytes that are paid for."""
    volume = see.volume_of(claim)
    return (volume.capacity if volume else None) or claim.capacity


def sizes(claim: Claim, see: Inventory) -> str:
    """Write what is paid for."""
    return gib(volume_size(claim, see))
