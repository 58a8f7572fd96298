"""All that a report on performance is written from, and the order in which volumes are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from robusta_volumes._analysis.assess import Assessment
from robusta_volumes._analysis.io_cause import HEALTHY, IDLE, UNKNOWN, Verdict
from robusta_volumes._analysis.io_lines import Points
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.indexing import many
from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.io import Mapped, VolumeIo
from robusta_volumes._model.io_series import IoMeasured
from robusta_volumes._model.target import Trigger
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._report.page import Subject

KEY = "VolumePerformance"
SLOW, NEAR = "slow", "near a limit"
STATES = (SLOW, NEAR, HEALTHY, IDLE, UNKNOWN)
_ORDER = (SLOW, NEAR, UNKNOWN, HEALTHY, IDLE)
NEAR_RULES = frozenset({"PERF-03", "PERF-04"})
_NOTHING = VolumeIo(Mapped())


@dataclass(frozen=True)
class Row:
    """One claim with its volume, what is known of its I/O, and what is made of it."""

    claim: Claim
    volume: Volume | None
    ios: Sequence[VolumeIo]
    verdict: Verdict

    @property
    def io(self) -> VolumeIo:
        """What is known on the node where it is worst."""
        return self.verdict.io or (self.ios[0] if self.ios else _NOTHING)

    @cached_property
    def state(self) -> str:
        """One of `STATES`: slow is what somebody has to do something about, for whatever cause."""
        if self.verdict.bad:
            return SLOW
        near = any(issue.rule.id in NEAR_RULES for issue in self.verdict.others)
        return NEAR if near and self.verdict.word != UNKNOWN else self.verdict.word

    @property
    def name(self) -> str:
        """Namespace and name of the claim."""
        return self.claim.meta.title

    @property
    def slow(self) -> bool:
        """Tell whether somebody has to do something about it."""
        return self.state == SLOW


@dataclass(frozen=True)
class Drawn:
    """The course of one volume: what pictures and the file of its series are made from."""

    lines: Mapping[str, Points] = field(default_factory=dict)
    heat: Sequence[Sequence[float]] | None = None


@dataclass(frozen=True)
class Seen:
    """All that a report is written from. ``measured`` is None where metrics were not asked for."""

    subject: Subject
    scope: str  # "the cluster", "namespace shop", "shop/data"
    see: Inventory
    found: Assessment
    verdicts: Mapping[Key, Verdict] = field(default_factory=dict)
    measured: IoMeasured | None = None
    failure: ClusterError | None = None  # why metrics gave nothing at all
    drawn: Drawn = Drawn()
    trigger: Trigger = Trigger.MANUAL
    hours: int = 24  # that were asked for
    metrics_off: bool = False
    zone: str = "UTC"

    @property
    def now(self) -> datetime:
        """When it was looked."""
        return self.see.now

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Give the claims that can do I/O: what is slow first, the worst of it before."""
        ios = self.see.io or {}
        rows = [
            Row(claim, self.see.volume_of(claim), ios.get(claim.meta.key, ()), self.verdicts[claim.meta.key])
            for claim in self.see.claims
            if claim.meta.key in self.verdicts
        ]
        return tuple(sorted(rows, key=_worst_first))

    @cached_property
    def by_state(self) -> Mapping[str, tuple[Row, ...]]:
        """Give the rows of each state."""
        return many((row.state, row) for row in self.rows)

    def of(self, state: str) -> tuple[Row, ...]:
        """Give the rows of one state."""
        return self.by_state.get(state, ())

    @property
    def blind(self) -> bool:
        """Tell whether nothing was measured at all though it was asked for."""
        return not self.metrics_off and bool(self.rows) and not any(row.io.known for row in self.rows)


def _worst_first(row: Row) -> tuple[object, ...]:
    worst = row.verdict.primary.severity if row.verdict.primary else -1
    iops = row.io.stat("limit_iops").p95 or 0.0
    return (
        _ORDER.index(row.state),
        -worst,
        -iops,
        -(row.io.stat("iops").p95 or 0.0),
        row.claim.meta.key,
    )
