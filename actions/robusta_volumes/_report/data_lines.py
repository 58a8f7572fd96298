"""The data of many claims in numbers: a line for each thing, and none for what has nothing to say."""

from collections.abc import Sequence

from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.quantity import MIB, gib
from robusta_volumes._model.text import count, listing, listing_of, plain
from robusta_volumes._model.use_words import (
    amount,
    changed,
    day,
    how_full,
    percent,
    rate,
    signed,
    since_changed,
    title_of,
)
from robusta_volumes._report.data_plain import cost_line, cost_of
from robusta_volumes._report.data_seen import INODES_TOLD, Row, Seen
from robusta_volumes._report.page import Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.sparks import spark

_LINE = 260  # characters: ten of them fit a message
_PODS = 500  # characters: two pods, with how they ended and what they say
_NAMED, _PATTERNS = 3, 5
UNTOLD = frozenset({"no data", "too short"})  # patterns that say nothing of the data


def number_lines(seen: Seen) -> tuple[Text, ...]:
    """Say how many are measured, what they do, how all of it grows, and what could be smaller."""
    rows = seen.rows
    lines = [
        ("Measured", coverage(seen)),
        ("Patterns", _patterns(seen)),
        ("Sudden changes", _changes(seen)),
        ("Growth", _growth(seen)),
        ("Inodes", _inodes(seen)),
        ("Should grow", _should_grow(rows)),
        ("Too large", _too_large(seen)),
        ("Idle", _idle(rows)),
        ("Shared filesystems", _shared(seen)),
        ("Cost", cost_line(seen)),
    ]
    said = [short(f"• *{name}:* {line}", _LINE * (2 if name == "Patterns" else 1)) for name, line in lines if line]
    return (Text(short("\n".join(["*In numbers*", *said]), TEXT_LIMIT)),)


def coverage(seen: Seen) -> str:
    """Say of how many claims it is known how full they are, how far back, and why of the others it is not."""
    found = seen.uses.coverage
    days = f", {count(found.days, 'day')} of history" if found.days else ""
    young = found.measured - found.history
    short_of = f" ({count(young, 'claim')} too few days for a forecast)" if young and days else ""
    unknown = found.unknown or {}
    why = listing([f"{number:,} {plain(reason, 60)}" for reason, number in unknown.items()], _NAMED)
    rest = f"; {found.claims - found.measured:,} not: {why}" if unknown else ""
    return f"{found.measured:,} of {count(found.claims, 'claim')}{days}{short_of}{rest}"


def _patterns(seen: Seen) -> str:
    """Count the patterns, each with an example and what that looks like."""
    found: dict[str, list[Row]] = {}
    for row in seen.rows:
        if row.use.pattern not in UNTOLD:
            found.setdefault(row.use.pattern, []).append(row)
    order = sorted(found, key=lambda name: (-len(found[name]), name))
    return listing([f"{len(found[name]):,} {name} ({_example(found[name][0], seen)})" for name in order], _PATTERNS)


def _example(row: Row, seen: Seen) -> str:
    fits = row.use.use.usable if row.use.use else None
    drawn = spark(seen.measured.highest if seen.measured else None, row.use.key, fits)
    return f"{title_of(row.use)} {drawn}".rstrip()


def _changes(seen: Seen) -> str:
    rows = [row for row in seen.rows if row.use.change and changed(row.use)]
    rows.sort(key=lambda row: (-abs(row.use.change), row.use.key))
    return listing([f"{title_of(row.use)} {since_changed(row.use, seen.now)}" for row in rows if row.use.leads], _NAMED)


def _growth(seen: Seen) -> str:
    """Say what a month brings and what is used in one and in three, by namespace and by class, the most first."""
    whole = seen.uses.whole
    if not whole.measured or not whole.month:
        return ""
    said = f"{gib(whole.used)} used, {signed(whole.month)} a month: {gib(whole.in_quarter)} in three months"
    for of in (seen.uses.namespaces, seen.uses.classes):
        parts = [f"{plain(one.name or '(no class)', 40)} {signed(one.month)}" for one in of if abs(one.month) >= MIB]
        said += f"; {listing(parts, _NAMED)}" if len(parts) > 1 else ""
    return said


def _inodes(seen: Seen) -> str:
    found = [(row.use.use.inode_share or 0, row) for row in seen.rows if row.use.use]
    told = sorted((one for one in found if one[0] >= INODES_TOLD), key=lambda one: (-one[0], one[1].use.key))
    said = []
    for share, row in told:
        ends = f", none left on {day(row.use.inodes_full_in, seen.now)}" if row.use.inodes_full_in is not None else ""
        said.append(f"{title_of(row.use)} {percent(share)} taken{ends}")
    return listing(said, _NAMED)


def _should_grow(rows: Sequence[Row]) -> str:
    found = [(row, size) for row in rows if (size := row.grows_to)]
    more = sum(size - (row.size or 0) for row, size in found)
    said = listing_of(found, lambda one: f"{title_of(one[0].use)} to {gib(one[1])}", _NAMED)
    return f"{said} ({signed(more)} in all; commands in claims.csv)" if said else ""


def _too_large(seen: Seen) -> str:
    found = sorted(
        ((row, (row.size or 0) - size) for row in seen.rows if (size := row.could_be) is not None),
        key=lambda one: (-one[1], one[0].use.key),
    )
    if not found:
        return ""
    money = sum((cost_of(row, seen) or 0.0) * less / (row.size or less) for row, less in found if seen.has_costs)
    saves = f", about {seen.prices.written(money)} a month" if money else ""
    names = listing_of([row for row, _ in found], _would_do, 2)
    less = sum(size for _, size in found)
    return f"{gib(less)} in {count(len(found), 'claim')}{saves}: {names}. No volume shrinks: copy into a smaller one"


def _would_do(row: Row) -> str:
    return f"{title_of(row.use)} {gib(row.size)}, would do with {gib(row.could_be)}"


def _idle(rows: Sequence[Row]) -> str:
    found = [row for row in rows if row.use.idle_since]
    found.sort(key=lambda row: (-(row.size or 0), row.use.key))
    said = listing_of(
        found, lambda row: f"{title_of(row.use)} {gib(row.size)}, unchanged since {row.use.idle_since}", _NAMED
    )
    return f"{count(len(found), 'claim')}: {said}" if said else ""


def _shared(seen: Seen) -> str:
    """Tell each filesystem that several claims share once."""
    said = []
    for pool in seen.uses.pools:
        lead = seen.uses.by_claim[pool.lead]
        grows = f", {rate(lead.growth)}" if lead.growth else ""
        claims = count(len(pool.claims), "claim")
        said.append(f"{plain(pool.name, 60)} ({claims}, {title_of(lead)} among them): {how_full(pool.use)}{grows}")
    return listing(said, _NAMED)


def growth_words(row: Row) -> str:
    """Write how a claim grows, and whether that is faster or slower of late."""
    use = row.use
    said = "" if use.pattern in UNTOLD else rate(use.growth)
    if not said or use.growth is None or use.growth_week is None or use.growth <= 0:
        return said
    faster = use.growth_week > 2 * use.growth and use.growth_week - use.growth > (row.size or 0) / 1000
    return f"{said}, {amount(use.growth_week)} a day in the last week" if faster else said


def pattern_words(use: ClaimUse) -> str:
    """Give the pattern where it says more than the growth does."""
    return "" if use.pattern in {*UNTOLD, "flat"} else use.pattern


def pods_line(row: Row, seen: Seen) -> str:
    """Tell on a line of its own what pods suffer from a full claim; "" when none does."""
    issues = seen.issues_of.get(row.claim.meta.key, ())
    hurts = next((issue.hit.hurts for issue in issues if issue.hit.hurts), "")
    return f"\n*Its pods:* {short(hurts, _PODS)}" if hurts else ""
