"""What was seen and what was measured, joined: how full each claim is, what its data does, when it is full, what fits.

Everything is worked out for all claims at once, as arrays; rows become `ClaimUse` at the end.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from robusta_volumes._analysis.costs import monthly
from robusta_volumes._analysis.forecast import Outlook, outlook
from robusta_volumes._analysis.patterns import BURSTY, FORECAST_POINTS, PATTERNS
from robusta_volumes._analysis.pools import Pool, pools_of
from robusta_volumes._analysis.rollouts import rollout_at
from robusta_volumes._analysis.sizing import targets
from robusta_volumes._analysis.slopes import Ints
from robusta_volumes._analysis.totals import Coverage, Total, totals
from robusta_volumes._analysis.usage_changes import changes, months_of
from robusta_volumes._analysis.usage_rows import Floats, Rows, aligned, older, rows_of
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.kind import METRICS, POD
from robusta_volumes._model.usage import Key, Measured
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.joins import alive
from robusta_volumes._rules.telemetry import UNREPORTED, silence, size_is_a_wish

_MONTH_HOURS = 730  # as cloud price lists have it
_PERCENT = 100
_NONE, _UNSEEN = Total(""), Coverage()


@dataclass(frozen=True)
class Uses:
    """The data of everything that was seen, judged."""

    by_claim: Mapping[Key, ClaimUse] = field(default_factory=dict)
    pools: tuple[Pool, ...] = ()
    whole: Total = _NONE
    namespaces: tuple[Total, ...] = ()  # what grows most first
    classes: tuple[Total, ...] = ()
    coverage: Coverage = _UNSEEN


def claim_uses(see: Inventory, measured: Measured, settings: PersistentDataAnalysis) -> Uses:
    """Judge the data of every claim that was seen."""
    rows = rows_of(see, measured)
    shared = pools_of(see, dict(zip(rows.keys, rows.uses, strict=True)))
    by_claim = _judged(rows, see, settings)
    by_claim |= {c.meta.key: _unmeasured(c, see, measured) for c in see.claims if c.meta.key not in by_claim}
    by_claim |= _inodes(see, measured, by_claim)
    by_claim |= _in_pools(shared, by_claim)
    by_claim |= _bound_by_wishes(see, by_claim)
    by_claim |= _costs(see, by_claim, measured, settings)
    whole, namespaces, classes = totals(see, by_claim)
    return Uses(by_claim, shared, whole, namespaces, classes, _coverage(by_claim))


def without_metrics(see: Inventory, why: str, remedy: str) -> Inventory:
    """Note that metrics were asked and gave nothing: the rules that need them then know nothing, and say so."""
    return replace(see, unseen={**see.unseen, METRICS.resource: Unseen(METRICS, why, remedy)})


def _judged(rows: Rows, see: Inventory, settings: PersistentDataAnalysis) -> dict[Key, ClaimUse]:
    """Work out everything that a claim's own numbers tell."""
    if not rows.keys:
        return {}
    ahead = outlook(rows.highest, rows.lowest, rows.usable)
    lasts, fill = settings.size_days, settings.grow_percent / _PERCENT
    sizes = targets(ahead, rows.usable, rows.size, rows.asked, ahead=lasts, fill=fill)
    months, surely = months_of(rows)
    column, change = changes(rows, ahead, months, surely, settings.limits)
    told = _told(rows, ahead, column, change)
    told |= {"growth_month": _known(months), "target": _known(sizes, whole=True)}
    full = settings.limits.no_room_percent
    found = {}
    for key, use, values in zip(rows.keys, rows.uses, zip(*told.values(), strict=True), strict=True):
        one = ClaimUse(key, use, full, **dict(zip(told, values, strict=True)))
        found[key] = replace(one, rollout=rollout_at(key, one.changed_on, see)) if one.changed_on else one
    return found


def _told(rows: Rows, ahead: Outlook, column: Ints, change: Floats) -> dict[str, list[Any]]:
    """Give what is told of all rows, by the field of `ClaimUse`; numpy's own numbers are slow one by one."""
    dated = np.isfinite(ahead.full_in)
    rough = (ahead.pattern == BURSTY) | ~np.isfinite(ahead.full_late) | (ahead.points < FORECAST_POINTS)
    return {
        "history": ahead.points.tolist(),
        "pattern": [PATTERNS[each] for each in ahead.pattern.tolist()],
        "growth": _known(ahead.slope),
        "growth_week": _known(ahead.slope_week),
        "full_in": _known(ahead.full_in),
        "full_early": _known(np.where(dated, ahead.full_early, np.nan)),
        "full_late": _known(np.where(dated, ahead.full_late, np.nan)),
        "confidence": np.select([~dated, rough], ["", "low"], "good").tolist(),
        "peak": _known(ahead.p99, whole=True),
        "changed_on": [_day(rows.days, each) for each in column.tolist()],
        "change": change.astype(np.int64).tolist(),
        "idle_since": [_day(rows.days, each) for each in ahead.idle_column.tolist()],
    }


def _known(values: Floats, *, whole: bool = False) -> list[Any]:
    """Give numbers of Python's own, None where one is not finite."""
    finite = np.isfinite(values)
    numbers = np.where(finite, values, 0.0)
    said = (numbers.astype(np.int64) if whole else numbers).tolist()
    return said if finite.all() else [one if known else None for one, known in zip(said, finite.tolist(), strict=True)]


def _day(days: Sequence[date], column: int) -> date | None:
    return days[column] if 0 <= column < len(days) else None


def _unmeasured(claim: Claim, see: Inventory, measured: Measured) -> ClaimUse:
    """Say of a claim that nothing measures why, and what was known last."""
    return ClaimUse(claim.meta.key, last=measured.last_known.get(claim.meta.key), why_unknown=_why(claim, see))


def _why(claim: Claim, see: Inventory) -> str:
    """Say why it is not known how full a claim is: "on a block volume", "mounted by no pod"."""
    volume = see.volume_of(claim)
    if claim.phase != "Bound":
        return "not bound"
    if claim.volume_mode == "Block":
        return "on a block volume"
    if volume is not None and (known := silence(volume)):
        return known
    if not see.lacks(POD) and not any(alive(p) and p.node for p in see.pods_of.get(claim.meta.key, ())):
        return "mounted by no pod"
    return UNREPORTED


def _inodes(see: Inventory, measured: Measured, by_claim: Mapping[Key, ClaimUse]) -> dict[Key, ClaimUse]:
    """Say when the inodes of those whose history of inodes was asked for are used up."""
    grid = measured.inodes
    if grid is None:
        return {}
    known = [u for key in grid.keys if (u := by_claim.get(key)) and u.use and u.use.inode_share is not None]
    if not known:
        return {}
    counts = aligned(grid, [u.key for u in known])
    counts[older(grid, counts, [see.claim[u.key] for u in known], see)] = np.nan
    most = np.array([u.use.inodes if u.use else None for u in known], dtype=np.float64)
    ahead = outlook(counts, counts, most)
    return {u.key: replace(u, inodes_full_in=when) for u, when in zip(known, _known(ahead.full_in), strict=True)}


def _in_pools(shared: Sequence[Pool], by_claim: Mapping[Key, ClaimUse]) -> dict[Key, ClaimUse]:
    """Let claims of one filesystem say the same: what the one with the longest history says."""
    found = {}
    for pool in shared:
        best = max((by_claim[key] for key in pool.claims), key=lambda use: use.history)
        for key in pool.claims:
            others = tuple(other for other in pool.claims if other != key)
            found[key] = replace(best, key=key, use=by_claim[key].use, shared_with=others, target=None)
    return found


def _bound_by_wishes(see: Inventory, by_claim: Mapping[Key, ClaimUse]) -> dict[Key, ClaimUse]:
    """Advise no size where a claim's size holds nothing."""
    found = {}
    for claim in see.claims:
        volume, use = see.volume_of(claim), by_claim[claim.meta.key]
        why = size_is_a_wish(volume) if volume else ""
        if why:
            found[claim.meta.key] = replace(use, wish=why, target=None)
    return found


def _costs(
    see: Inventory, by_claim: Mapping[Key, ClaimUse], measured: Measured, settings: PersistentDataAnalysis
) -> dict[Key, ClaimUse]:
    """Say what a claim costs in a month: as OpenCost has it, else by the price table."""
    prices = replace(settings.prices, currency=settings.currency)
    if not prices and not measured.hourly_cost:
        return {}
    found = {}
    for claim in see.claims:
        volume, use = see.volume_of(claim), by_claim[claim.meta.key]
        hourly = measured.hourly_cost.get(claim.volume_name)
        size = (volume.capacity if volume else None) or claim.capacity
        money = hourly * _MONTH_HOURS if hourly is not None else monthly(size, claim, volume, see, prices)
        if money is not None:
            by_list = hourly is None
            found[claim.meta.key] = replace(
                use,
                cost=money,
                cost_from="price table" if by_list else "OpenCost",
                currency=prices.currency if by_list else "",
            )
    return found


def _coverage(by_claim: Mapping[Key, ClaimUse]) -> Coverage:
    uses = by_claim.values()
    known = [use for use in uses if use.use is not None]
    why = Counter(use.why_unknown for use in uses if use.use is None)
    return Coverage(
        claims=len(by_claim),
        measured=len(known),
        history=sum(use.history >= FORECAST_POINTS for use in known),
        days=max((use.history for use in known), default=0),
        unknown=dict(why.most_common()),
    )
