"""What is known of the data of one claim, judged: how full, what it does, when it is full, what size fits."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from robusta_volumes._model.limits import Limits
from robusta_volumes._model.usage import Key, Use


@dataclass(frozen=True)
class ClaimUse:
    """The data of one claim. Times are days from now; None: not known, or not to be expected."""

    key: Key
    use: Use | None = None  # now; None: nothing measures it
    full_percent: int = Limits.no_room_percent  # of what it can hold; from here on it is called full
    last: Use | None = None  # the last known, of a claim that nothing measures now
    history: int = 0  # daily points
    pattern: str = "no data"  # one of `_analysis/patterns.PATTERNS`
    growth: float | None = None  # bytes a day; negative when it shrinks
    growth_week: float | None = None  # bytes a day over the last week, to compare with
    growth_month: float | None = None  # bytes a day over all of the history, whatever the forecast follows
    full_in: float | None = None  # days
    full_early: float | None = None  # days; 80 % of the cases lie between this and the next
    full_late: float | None = None  # days; None with full_early given: beyond what is forecast
    confidence: str = ""  # "", "low", "good"
    inodes_full_in: float | None = None  # days
    peak: int | None = None  # bytes, the 99th percentile of daily maxima
    changed_on: date | None = None  # day of a sudden step, or since when growth differs
    change: int = 0  # bytes of that step, negative for a loss
    rollout: str = ""  # what was rolled out within a day of that: "Deployment shop/web (ReplicaSet web-5d8, ...)"
    idle_since: date | None = None  # the last day on which its use changed, when it is idle
    target: int | None = None  # bytes: the size that fits, when it should grow or could be smaller
    shared_with: tuple[Key, ...] = ()  # claims that share the same filesystem
    why_unknown: str = ""  # why nothing measures it: "block volume", ...
    wish: str = ""  # why nothing holds it to its size, so that growing the claim would give it no room
    cost: float | None = None  # money a month for what is provisioned, an estimate
    cost_from: str = ""  # "OpenCost" or "price table"
    currency: str = ""  # of the price table; OpenCost does not say

    @cached_property
    def leads(self) -> bool:
        """Tell whether it stands for its filesystem: of several claims that share one, the first does."""
        return all(self.key < other for other in self.shared_with)

    def money(self, amount: float) -> str:
        """Write money with where it comes from: "4.80 USD by your price table"."""
        unit = f" {self.currency}" if self.currency else ""
        return f"{amount:,.2f}{unit} {'as OpenCost has it' if self.cost_from == 'OpenCost' else 'by your price table'}"
