"""All that a report on data is written from, and the order in which claims are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from robusta_volumes._analysis.assess import Assessment, Issue
from robusta_volumes._analysis.claim_uses import Uses
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.prices import NONE, Prices
from robusta_volumes._model.target import Trigger
from robusta_volumes._model.usage import Measured
from robusta_volumes._model.use_words import is_full
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._report.page import Subject

KEY = "PersistentDataReport"
_FULL_RULES = frozenset({"US-01", "US-02", "US-03", "US-04"})  # nearly full, will be full; the same of inodes
INODES_TOLD = 0.5  # share of the inodes from which on they are worth a line; a smaller filesystem has fewer


@dataclass(frozen=True)
class Row:
    """One claim with its volume and what is known of its data."""

    claim: Claim
    volume: Volume | None
    use: ClaimUse

    @cached_property
    def size(self) -> int | None:
        """What is paid for: the volume's size, else the claim's, in bytes."""
        sizes = (self.volume.capacity if self.volume else None, self.claim.capacity, self.claim.requested)
        return next((size for size in sizes if size is not None), None)

    @property
    def grows_to(self) -> int | None:
        """The size that it should be grown to, in bytes; None when what it has is enough or nothing is known."""
        target, size = self.use.target, self.size
        return target if target and size and target > size and not self.use.wish else None

    @cached_property
    def could_be(self) -> int | None:
        """The smaller size that would do, in bytes; None when it needs what it has or nothing is known."""
        target, size = self.use.target, self.size
        crowded = self.use.use is not None and (self.use.use.inode_share or 0) >= INODES_TOLD
        return target if target and size and target < size and not crowded else None


@dataclass(frozen=True)
class Seen:
    """All that a report is written from. ``measured`` is None where metrics were not asked for."""

    subject: Subject
    scope: str  # "the cluster", "namespace shop", "shop/data"
    see: Inventory
    found: Assessment
    uses: Uses = field(default_factory=Uses)
    measured: Measured | None = None
    failure: ClusterError | None = None  # why metrics gave nothing at all
    horizon: int = 14  # days
    days: int = 30  # of history that were asked for
    prices: Prices = NONE
    trigger: Trigger = Trigger.MANUAL

    @property
    def now(self) -> datetime:
        """When it was looked."""
        return self.see.now

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Give the claims, what is full first, then what fills first, then by how full they are."""
        uses = self.uses.by_claim
        rows = [
            Row(claim, self.see.volume_of(claim), uses.get(claim.meta.key, ClaimUse(claim.meta.key)))
            for claim in self.see.claims
        ]
        return tuple(sorted(rows, key=_fills_first))

    @property
    def provisioned(self) -> int:
        """Bytes that the claims have; what is not bound has nothing."""
        return sum(row.size or 0 for row in self.rows if row.claim.phase == "Bound")

    @cached_property
    def known(self) -> tuple[Row, ...]:
        """The claims of which it is known how full they are."""
        return tuple(row for row in self.rows if row.use.use is not None and row.use.use.share is not None)

    @cached_property
    def full(self) -> tuple[Row, ...]:
        """The claims without room; of a filesystem that several share the one that stands for it."""
        return tuple(row for row in self.rows if is_full(row.use) and row.use.leads)

    @cached_property
    def filling(self) -> tuple[Row, ...]:
        """The claims that are not full yet and will be within the horizon."""
        soon = (row for row in self.rows if row.use.full_in is not None and row.use.full_in <= self.horizon)
        return tuple(row for row in soon if not is_full(row.use) and row.use.leads)

    @property
    def crowded(self) -> tuple[Row, ...]:
        """The claims that will be out of inodes within the horizon, the first first."""
        found = (row for row in self.rows if row.use.inodes_full_in is not None and row.use.leads)
        soon = [row for row in found if (row.use.inodes_full_in or 0) <= self.horizon]
        return tuple(sorted(soon, key=lambda row: (row.use.inodes_full_in, row.use.key)))

    @cached_property
    def has_costs(self) -> bool:
        """True when something has a price: by OpenCost, or by the table of the settings."""
        return bool(self.prices) or any(row.use.cost is not None for row in self.rows)

    @property
    def unjudged(self) -> bool:
        """True when something is full, or will be, and the rules that say so may not see what they need: it is told still."""
        blind = {rule for _, rules in self.found.unseen.values() for rule in rules}
        return not blind.isdisjoint(_FULL_RULES) and bool(self.full or self.filling or self.crowded)

    @property
    def fullest(self) -> Row | None:
        """The fullest of those of which that is known."""
        return max(self.known, key=lambda row: (row.use.use and row.use.use.share) or 0.0, default=None)

    @property
    def no_history(self) -> bool:
        """True when only what is now is known, of all: kubelets keep no history, and a question for it may fail."""
        return self.measured is not None and self.measured.highest is None

    @property
    def unmeasured(self) -> bool:
        """True when nothing at all is known of how full claims are, although it was asked."""
        return self.measured is not None and not self.known

    @cached_property
    def issues_of(self) -> Mapping[Key, tuple[Issue, ...]]:
        """Give the problems by claim, the worst first."""
        found: dict[Key, tuple[Issue, ...]] = {}
        for issue in self.found.problems:
            own = (issue.meta.key,) if issue.rule.on == "PersistentVolumeClaim" else ()
            for key in {*own, *issue.hit.claims}:
                found[key] = (*found.get(key, ()), issue)
        return found


def _fills_first(row: Row) -> tuple[bool, float, float, Key]:
    use = row.use
    share = use.use.share if use.use else None
    return not is_full(use), use.full_in if use.full_in is not None else 1e9, -(share or 0.0), row.claim.meta.key
