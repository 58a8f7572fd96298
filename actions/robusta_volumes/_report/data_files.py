"""The data of each claim as a wide CSV: what a message has no room for."""

from collections.abc import Sequence

from robusta_volumes._model.quantity import as_quantity
from robusta_volumes._model.usage import Use
from robusta_volumes._model.use_words import day
from robusta_volumes._model.volume import Pod
from robusta_volumes._report.data_plain import cost_of
from robusta_volumes._report.data_seen import Row, Seen
from robusta_volumes._report.page import File, csv_file
from robusta_volumes._rules.commands import patch_claim
from robusta_volumes._rules.joins import owner_of

Columns = dict[str, list[object]]
_UNKNOWN = "unknown"  # an empty cell would say that there is none


def claims_csv(seen: Seen) -> File:
    """Write one row per claim, in the order in which they fill."""
    columns = _what(seen) | (
        _use(seen) | _todo(seen) if seen.measured else {}
    )  # nothing where metrics were not asked for
    return csv_file("claims.csv", tuple(columns), zip(*columns.values(), strict=True))


def _what(seen: Seen) -> Columns:
    rows = seen.rows
    columns: Columns = {
        "namespace": [row.claim.meta.namespace for row in rows],
        "claim": [row.claim.meta.name for row in rows],
        "phase": [row.claim.phase for row in rows],
        "class": [row.claim.class_name or "" for row in rows],
        "driver": [row.volume.driver if row.volume else "" for row in rows],
        "workload": [_workloads(seen.see.pods_of.get(row.claim.meta.key, ())) for row in rows],
        "requested bytes": [row.claim.requested for row in rows],
        "provisioned bytes": [row.size if row.claim.phase == "Bound" else "" for row in rows],
    }
    if seen.prices:
        money = (cost_of(row, seen) for row in rows)
        columns[f"{seen.prices.currency} per month"] = [_UNKNOWN if one is None else f"{one:.2f}" for one in money]
    return columns


def _workloads(pods: Sequence[Pod]) -> str:
    owners = [owner_of(pod) for pod in pods]
    return " ".join(dict.fromkeys("/".join(owner) for owner in owners if owner))


def _use(seen: Seen) -> Columns:
    """Give what metrics say."""
    uses = [row.use for row in seen.rows]
    now = [use.use or Use() for use in uses]
    return {
        "used bytes": [_known(one.used if one.usable else None) for one in now],
        "usable bytes": [_known(one.usable) for one in now],
        "used %": [_percent(one.share) for one in now],
        "inodes used %": [_percent(one.inode_share) for one in now],
        "why unknown": [use.why_unknown for use in uses],
        "days of history": [use.history for use in uses],
        "pattern": [use.pattern for use in uses],
        "bytes a day": [_UNKNOWN if use.growth is None else round(use.growth) for use in uses],
        "bytes a day last week": [_UNKNOWN if use.growth_week is None else round(use.growth_week) for use in uses],
        "full on": ["" if use.full_in is None else day(use.full_in, seen.now) for use in uses],
        "full in days": [_days(use.full_in) for use in uses],
        "80 % from days": [_days(use.full_early) for use in uses],
        "80 % to days": [_days(use.full_late) for use in uses],
        "confidence": [use.confidence for use in uses],
        "sudden change on": [use.changed_on or "" for use in uses],
        "sudden change bytes": [use.change or "" for use in uses],
        "unchanged since": [use.idle_since or "" for use in uses],
        "shares a filesystem with": [" ".join("/".join(key) for key in use.shared_with) for use in uses],
    }


def _known(value: object) -> object:
    return _UNKNOWN if value is None else value


def _percent(share: float | None) -> object:
    return _UNKNOWN if share is None else round(share * 100, 1)


def _days(days: float | None) -> object:
    return "" if days is None else round(days, 1)


def _todo(seen: Seen) -> Columns:
    rows, issues = seen.rows, seen.issues_of
    return {
        "size that fits bytes": [row.use.target or "" for row in rows],
        "grow command": ["".join(grow_commands(row)) if row.use.target else "" for row in rows],
        "rules": [" ".join(issue.rule.id for issue in issues.get(row.claim.meta.key, ())) for row in rows],
    }


def grow_commands(row: Row) -> tuple[str, ...]:
    """Give the command that lets a claim grow to the size that fits; none where it needs none."""
    size = row.grows_to
    wanted = {"spec": {"resources": {"requests": {"storage": as_quantity(size)}}}} if size else {}
    return (patch_claim(row.claim, wanted),) if size else ()
