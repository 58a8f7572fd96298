"""What size fits a volume: from what it held, and what it is expected to hold in 90 days."""

import numpy as np

from robusta_volumes._analysis.forecast import Outlook
from robusta_volumes._analysis.slopes import Floats

AHEAD = 90  # days that a new size should last
FILL = 0.75  # how full it may be then: room for what nobody foresaw, and below every alert
GIB = 2**30
_MONTH = 30  # daily points without which no smaller size is advised


def targets(
    outlook: Outlook,
    usable: Floats,
    capacity: Floats,
    requested: Floats,
    saving: float = 0.3,
    smallest: float = GIB,
    *,
    ahead: int = AHEAD,
    fill: float = FILL,
) -> Floats:
    """Give the size that fits each claim in bytes, ``(n,)``, whole GiB; NaN: keep what there is.

    Larger than the volume when what it will hold needs it. Smaller only after 30 days of data, when at least the share
    ``saving`` of the volume would be saved, and never below ``smallest``. ``capacity`` is that of the volume. In ``ahead``
    days it should be full to the share ``fill``.
    """
    held = needed(outlook, ahead)
    lost = np.where((capacity > usable) & (usable > 0), capacity / np.where(usable > 0, usable, 1.0), 1.0)
    lost = np.minimum(lost, 1.25)  # what a filesystem keeps for itself; more is a filesystem that was not grown yet
    fit = np.maximum(np.ceil(held * lost / fill / GIB) * GIB, smallest)
    has = np.fmax(capacity, requested)
    grow = (fit > has) & np.isfinite(outlook.full_in)
    shrink = (fit <= has * (1 - saving)) & (outlook.points >= _MONTH)
    return np.where(np.isfinite(fit) & (grow | shrink), fit, np.nan)


def needed(outlook: Outlook, ahead: int = AHEAD) -> Floats:
    """Give the bytes that each claim is expected to hold at most within ``ahead`` days, ``(n,)``."""
    rate = np.where(outlook.factor > 1, np.log(outlook.factor) / 10, 0.0)
    days = np.where(rate > 0, np.expm1(np.minimum(rate * ahead, 2.0)) / np.where(rate > 0, rate, 1.0), ahead)
    grown = outlook.level + np.maximum(outlook.slope_high, 0.0) * days
    grows = np.isfinite(outlook.full_early) | (
        outlook.slope_low > 0
    )  # slow growth has no date, and goes on all the same
    return np.asarray(np.fmax(outlook.p99, np.where(grows, grown, outlook.level)))
