"""What a snapshot report says beyond its claims: snapshots of none, contents left over, and what could not be read."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from robusta_volumes._analysis.left_contents import Left
from robusta_volumes._analysis.snapshot_cover import Cover
from robusta_volumes._model.inventory import Unseen
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.times import span
from robusta_volumes._report.page import Block, Text
from robusta_volumes._report.rights import remedies, to_paste

_FEW = 3


def last_good(cover: Cover, now: datetime) -> str:
    """Say when the last good one was cut: "2 d ago", "never"."""
    good = cover.last_good
    if good is None:
        return "never"
    return f"{span(now - good.when)} ago" if good.when else "at a time that is not known"


def of_deleted(covers: Sequence[Cover], now: datetime) -> str:
    """Tell of the snapshots whose claim is gone."""
    gone = [c for c in covers if not c.there and c.known and c.points]
    if not gone:
        return ""
    number = sum(len(c.points) for c in gone)
    sizes = [p.size for c in gone for p in c.points]
    size = gib(sum(s or 0 for s in sizes)) if any(sizes) else "unknown size"
    some = f", and {count(sizes.count(None), 'other')} of unknown size" if any(sizes) and None in sizes else ""
    goods = {c.title: f"last good {last_good(c, now)}" if c.last_good else "none good" for c in gone}
    names = [f"{plain(c.title)} ({count(len(c.points), 'snapshot')}, {goods[c.title]})" for c in gone]
    back = " The last good one of each stays until somebody deletes it; `restore_pvc_snapshot` brings it back as a new claim."
    return (
        f"*Of deleted claims:* {count(number, 'snapshot')} of {count(len(gone), 'claim')} ({size} to restore{some}): "
        f"{listing(names, _FEW)}.{back if any(c.last_good for c in gone) else ''}"
    )


def of_none(loose: Sequence[Point]) -> str:
    """Tell of the snapshots that were made from a content that was there, so of no claim."""
    if not loose:
        return ""
    were = "was" if len(loose) == 1 else "were"
    names = listing([f"{plain(p.namespace)}/{plain(p.name)}" for p in loose], _FEW)
    return (
        f"*Of no claim:* {count(len(loose), 'snapshot')} {were} made from a content, not of a claim: {names}. "
        "robusta-volumes never deletes them."
    )


def left_behind(left: Sequence[Left]) -> str:
    """Count what Retain left, by driver."""
    if not left:
        return ""
    lines = []
    for one in left:
        known = one.number - one.unknown
        size = gib(one.size) if known else "unknown size"
        more = f" and {one.unknown} of unknown size" if known and one.unknown else ""
        lines.append(f"• {plain(one.driver)}: {count(one.number, 'content')}, {size}{more}")
    total = sum(one.number for one in left)
    return (
        f"*Left behind by Retain:* {count(total, 'snapshot content')} whose snapshot is gone; the storage still holds, and "
        "perhaps bills, them. robusta-volumes never deletes them.\n"
        + "\n".join(lines)
        + "\nTo see them: `kubectl get volumesnapshotcontents | grep Retain`"
    )


def unable(covers: Sequence[Cover]) -> str:
    """Tell of the claims outside every schedule that could not be snapshotted if somebody wished."""
    why: dict[str, list[str]] = {}
    for one in covers:
        if one.cannot and not one.rhythms:
            why.setdefault(one.cannot.why, []).append(plain(one.title))
    lines = [f"• {listing(names, _FEW)}: {reason}" for reason, names in list(why.items())[:_FEW]]
    more = f"\n• and {len(why) - _FEW} other reasons, in claims.csv" if len(why) > _FEW else ""
    total = sum(len(names) for names in why.values())
    return f"*Cannot be snapshotted* ({total}, in no schedule):\n" + "\n".join(lines) + more if lines else ""


def not_looked_at(unseen: Mapping[str, Unseen]) -> tuple[Block, ...]:
    """Say what could not be read, and the rules that would let it be read."""
    if not unseen:
        return ()
    lines = [f"• {one.kind.plural}: {plain(one.why, 160)}" for _, one in sorted(unseen.items())]
    rules, _ = remedies(one.remedy for _, one in sorted(unseen.items()) if one.remedy)
    return (Text("*Not looked at, so not known:*\n" + "\n".join(lines)), *to_paste(rules))
