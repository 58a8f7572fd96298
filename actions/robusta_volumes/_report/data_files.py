"""The data of each claim as a wide CSV: what a message has no room for."""

from robusta_volumes._model.quantity import as_quantity
from robusta_volumes._model.usage import Use
from robusta_volumes._model.use_words import day
from robusta_volumes._report.data_plain import cost_of
from robusta_volumes._report.data_seen import Row, Seen
from robusta_volumes._report.page import File, csv_file
from robusta_volumes._rules.commands import patch_claim
from robusta_volumes._rules.joins import owner_of

Cells = dict[str, object]
_UNKNOWN = "unknown"  # an empty cell would say that there is none


def claims_csv(seen: Seen) -> File:
    """Write one row per claim, in the order in which they fill."""
    rows = [_what(row, seen) | _use(row, seen) | _todo(row, seen) for row in seen.rows]
    headers = tuple(rows[0]) if rows else ("namespace", "claim")
    return csv_file("claims.csv", headers, (row.values() for row in rows))


def _what(row: Row, seen: Seen) -> Cells:
    claim = row.claim
    owners = [owner_of(pod) for pod in seen.see.pods_of.get(claim.meta.key, ())]
    cells: Cells = {
        "namespace": claim.meta.namespace,
        "claim": claim.meta.name,
        "phase": claim.phase,
        "class": claim.class_name or "",
        "driver": row.volume.driver if row.volume else "",
        "workload": " ".join(dict.fromkeys("/".join(owner) for owner in owners if owner)),
        "requested bytes": claim.requested,
        "provisioned bytes": row.size if claim.phase == "Bound" else "",
    }
    if seen.prices:
        money = cost_of(row, seen)
        cells[f"{seen.prices.currency} per month"] = _UNKNOWN if money is None else f"{money:.2f}"
    return cells


def _use(row: Row, seen: Seen) -> Cells:
    """Give what metrics say; nothing where they were not asked for."""
    if seen.measured is None:
        return {}
    use, now = row.use, row.use.use or Use()
    return {
        "used bytes": _known(now.used if now.usable else None),
        "usable bytes": _known(now.usable),
        "used %": _known(None if now.share is None else round(now.share * 100, 1)),
        "inodes used %": _known(None if now.inode_share is None else round(now.inode_share * 100, 1)),
        "why unknown": use.why_unknown,
        "days of history": use.history,
        "pattern": use.pattern,
        "bytes a day": _known(None if use.growth is None else round(use.growth)),
        "bytes a day last week": _known(None if use.growth_week is None else round(use.growth_week)),
        "full on": "" if use.full_in is None else day(use.full_in, seen.now),
        "full in days": "" if use.full_in is None else round(use.full_in, 1),
        "80 % from days": "" if use.full_early is None else round(use.full_early, 1),
        "80 % to days": "" if use.full_late is None else round(use.full_late, 1),
        "confidence": use.confidence,
        "sudden change on": use.changed_on or "",
        "sudden change bytes": use.change or "",
        "unchanged since": use.idle_since or "",
        "shares a filesystem with": " ".join("/".join(key) for key in use.shared_with),
    }


def _known(value: object) -> object:
    return _UNKNOWN if value is None else value


def _todo(row: Row, seen: Seen) -> Cells:
    if seen.measured is None:
        return {}
    rules = " ".join(issue.rule.id for issue in seen.issues_of.get(row.claim.meta.key, ()))
    return {"size that fits bytes": row.use.target or "", "grow command": "".join(grow_commands(row)), "rules": rules}


def grow_commands(row: Row) -> tuple[str, ...]:
    """Give the command that lets a claim grow to the size that fits; none where it needs none."""
    size = row.grows_to
    wanted = {"spec": {"resources": {"requests": {"storage": as_quantity(size)}}}} if size else {}
    return (patch_claim(row.claim, wanted),) if size else ()
