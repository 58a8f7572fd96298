"""Claims that are full, or will be: bytes and inodes, now and by the forecast."""

from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import METRICS, POD, STORAGE_CLASS, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing
from robusta_volumes._model.use_words import full_on, moment, percent
from robusta_volumes._model.volume import Claim, Pod
from robusta_volumes._rules.pod_trouble import FULL, evidence, failed, not_ready, suffering
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.usage_facts import (
    at_least,
    by_days,
    by_share,
    changed,
    left,
    measured,
    state,
    volume_size,
)
from robusta_volumes._rules.usage_fixes import LOOK, grow_fixes

_NEEDS = (METRICS, VOLUME, STORAGE_CLASS, POD)
_MORE = Fix("when it is full of small files, delete or pack them: run action volume_contents to see where they are")


@rule(
    "US-01",
    Severity.MEDIUM,
    "Volume is nearly full",
    on="PersistentVolumeClaim",
    needs=_NEEDS,
    fix="Grow the claim to the size that the report works out, or free space.",
)
def nearly_full(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """Databases stop and queues refuse when the last block is gone. Blocks kept for root are not counted as room."""
    use = measured(claim, see)
    how_bad = by_share(use.use.share, limits) if use and use.use else None
    if use is None or use.use is None or how_bad is None or _stops_pods(claim, use, see, limits):
        return None
    soon = by_days(use.full_in, limits, use.confidence)
    if soon is not None and soon > how_bad and how_bad < Severity.CRITICAL:
        return None  # US-02 says it with its date
    return Hit(
        f"is {percent(use.use.share)} full: {left(use)}",
        f"{state(use, see)}{changed(use)}",
        grow_fixes(claim, use, see, limits),
        claims=use.shared_with,
        size=volume_size(claim, see),
        severity=how_bad,
    )


@rule(
    "US-02",
    Severity.MEDIUM,
    "Volume will be full soon",
    on="PersistentVolumeClaim",
    needs=_NEEDS,
    fix="Grow the claim before that day, or stop what makes it grow.",
)
def fills_up(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """Told in time it is a small change by day. The date follows the growth of a month of daily maxima, not of six hours."""
    use = measured(claim, see)
    how_bad = by_days(use.full_in, limits, use.confidence) if use else None
    if use is None or use.use is None or how_bad is None or at_least(use.use.share, limits.no_room_percent):
        return None
    full = by_share(use.use.share, limits)
    if full is not None and full >= how_bad:
        return None  # US-01 says it, with the same date
    return Hit(
        f"is full {full_on(use, see.now)} if nothing changes",
        f"{state(use, see)}{changed(use)}",
        grow_fixes(claim, use, see, limits),
        claims=use.shared_with,
        size=volume_size(claim, see),
        severity=how_bad,
    )


def _inodes_full(use: ClaimUse, limits: Limits) -> Severity | None:
    return by_share(use.use.inode_share, limits) if use.use else None


@rule(
    "US-03",
    Severity.MEDIUM,
    "Volume has hardly any inodes left",
    on="PersistentVolumeClaim",
    needs=_NEEDS,
    fix="Delete small files; where the filesystem gets more inodes by growing (ext4), grow the claim.",
)
def inodes_nearly_full(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """No file can be made without a free inode, however many bytes are free: it looks like a full disk that is half empty."""
    use = measured(claim, see)
    how_bad = _inodes_full(use, limits) if use else None
    if use is None or use.use is None or how_bad is None:
        return None
    free = (use.use.inodes or 0) - (use.use.inodes_used or 0)
    when = f" None left on {moment(use.inodes_full_in, see.now)}." if use.inodes_full_in is not None else ""
    return Hit(
        f"has used {percent(use.use.inode_share)} of its inodes: room for {count(max(0, free), 'file')}",
        f"{count(use.use.inodes_used or 0, 'file')} and folders in {percent(use.use.share)} of its bytes.{when}",
        (_MORE, *_more_inodes(claim, use, see, limits)),
        claims=use.shared_with,
        size=volume_size(claim, see),
        severity=how_bad,
    )


@rule(
    "US-04",
    Severity.MEDIUM,
    "Volume will have no inodes left soon",
    on="PersistentVolumeClaim",
    needs=_NEEDS,
    fix="Find what makes so many files; where the filesystem gets more inodes by growing (ext4), grow the claim.",
)
def inodes_fill_up(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """Caches, sessions and mail folders make files for ever; most alerts look at bytes only."""
    use = measured(claim, see)
    how_bad = by_days(use.inodes_full_in if use else None, limits)
    if use is None or use.use is None or use.inodes_full_in is None or how_bad is None or _inodes_full(use, limits):
        return None
    return Hit(
        f"has no inodes left on {moment(use.inodes_full_in, see.now)} if nothing changes",
        f"{percent(use.use.inode_share)} of {count(use.use.inodes or 0, 'inode')} used; bytes: {percent(use.use.share)}.",
        (_MORE, *_more_inodes(claim, use, see, limits)),
        claims=use.shared_with,
        size=volume_size(claim, see),
    )


def _more_inodes(claim: Claim, use: ClaimUse, see: Inventory, limits: Limits) -> tuple[Fix, ...]:
    """Say how growing helps: ext4 makes inodes with every block group, XFS as it needs them."""
    found = [fix for fix in grow_fixes(claim, use, see, limits) if fix is not LOOK]
    return tuple(Fix(f"or, where growing brings inodes (ext4): {fix.text}", fix.command) for fix in found[:1])


def _stops_pods(claim: Claim, use: ClaimUse, see: Inventory, limits: Limits) -> bool:
    """Tell whether there is no room left and pods that mount it do not work."""
    return bool(use.use and at_least(use.use.share, limits.no_room_percent) and suffering(claim, see, limits))


@rule(
    "US-05",
    Severity.CRITICAL,
    "Volume is full and its pods do not work",
    on="PersistentVolumeClaim",
    needs=_NEEDS,
    fix="Make room at once: grow the claim, then restart what does not recover by itself.",
)
def full_and_down(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """No forecast but an incident: writes fail now, and what restarts may not come back before there is room."""
    use = measured(claim, see)
    if use is None or use.use is None or not _stops_pods(claim, use, see, limits):
        return None
    pods = suffering(claim, see, limits)
    down = not_ready(claim, see)
    idle = f"Not ready: {listing([p.meta.name for p in down], 3)}." if down else ""
    hurts = f"{idle} {evidence(pods, see, limits, FULL)}".strip()
    return Hit(
        f"is full ({percent(use.use.share)}), and {_stopped(pods, down, see, limits)}",
        f"{hurts} {state(use, see)}{changed(use)}".strip(),
        grow_fixes(claim, use, see, limits),
        victims=tuple(f"Pod {p.meta.title}" for p in pods),
        claims=use.shared_with,
        size=volume_size(claim, see),
        hurts=hurts,
    )


def _stopped(pods: tuple[Pod, ...], down: tuple[Pod, ...], see: Inventory, limits: Limits) -> str:
    """Say what pods suffer, the worst of it: they do not work, or were started again, or cannot write."""
    again = tuple(p for p in pods if failed(p, see, limits))
    worst = down or again or pods
    one, many = "cannot write", "cannot write"
    if down:
        one, many = "does not work", "do not work"
    elif again:
        one, many = "was started again", "were started again"
    if len(worst) > 1:
        return f"{count(len(worst), 'pod')} that need it {many}"
    return f"pod {worst[0].meta.name} that needs it {one}"


RULES = (nearly_full, fills_up, inodes_nearly_full, inodes_fill_up, full_and_down)
