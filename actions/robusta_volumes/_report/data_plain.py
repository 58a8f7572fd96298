"""What the API alone knows of data: how much is requested and provisioned, where, and which claims are the largest."""

from collections import Counter
from collections.abc import Iterable

from robusta_volumes._analysis.costs import Amount, amount, monthly
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._report.charts import COLOURS, stacked_bars
from robusta_volumes._report.data_seen import Row, Seen
from robusta_volumes._report.page import Block, File, Table, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._rules.growth import growing

_LARGEST = 6  # claims in the message; all are in the file
_NAMED = 3
_BARS = 8  # namespaces of the picture
_LINE = 240
_REST = "other classes"
UNUSED = "Unused"  # condition of a claim since Kubernetes 1.36


def plain_lines(seen: Seen) -> tuple[Block, ...]:
    """Say what is requested and provisioned, by namespace and class, and what it costs."""
    rows = seen.rows
    if not rows:
        return ()
    sizes = [(row, row.size or 0) for row in rows if row.claim.phase == "Bound"]
    lines = [
        ("Claims", _claims(rows)),
        ("Provisioned", _provisioned(seen)),
        ("Namespaces", _by((plain(row.claim.meta.namespace, 40), size) for row, size in sizes)),
        ("Classes", _by((plain(row.claim.class_name or "(no class)", 40), size) for row, size in sizes)),
        ("Growing now", _growing(rows)),
        ("Unused", _unused(rows)),
        ("Cost", cost_line(seen)),
    ]
    said = [short(f"• *{name}:* {line}", _LINE) for name, line in lines if line]
    blocks: list[Block] = [Text(short("\n".join(["*What the API knows*", *said]), TEXT_LIMIT))]
    return (*blocks, *_largest(seen), *_picture(rows))


def _claims(rows: tuple[Row, ...]) -> str:
    phases = Counter(row.claim.phase for row in rows)
    said = ", ".join(f"{number:,} {plain(phase, 30)}" for phase, number in phases.most_common())
    return f"{len(rows):,}: {said}" if len(phases) > 1 else said


def _provisioned(seen: Seen) -> str:
    asked = sum(row.claim.requested or 0 for row in seen.rows)
    return f"{gib(seen.provisioned)}; {gib(asked)} requested"


def _by(parts: Iterable[tuple[str, int]]) -> str:
    totals: Counter[str] = Counter()
    for name, size in parts:
        totals[name] += size
    said = [f"{name} {gib(size)}" for name, size in totals.most_common()]
    return listing(said, _NAMED) if len(said) > 1 else ""


def _growing(rows: tuple[Row, ...]) -> str:
    going = [row for row in rows if growing(row.claim)]
    said = [f"{plain(r.claim.meta.title, 60)} from {gib(r.claim.capacity)} to {gib(r.claim.requested)}" for r in going]
    return listing(said, _NAMED) if said else ""


def _unused(rows: tuple[Row, ...]) -> str:
    """Name the claims that no pod uses, since when, where Kubernetes says it."""
    found = [(c.since, row) for row in rows for c in row.claim.conditions if c.type == UNUSED]
    said = [f"{plain(row.claim.meta.title, 60)}{f' since {since:%Y-%m-%d}' if since else ''}" for since, row in found]
    return listing(said, _NAMED) if said else ""


def cost_line(seen: Seen) -> str:
    """Say what the claims cost in a month, by OpenCost where it measures, else by the price table; an estimate."""
    if not seen.has_costs:
        return ""
    total = Amount()
    sources = set()
    for row in seen.rows:
        total += amount(row.size, cost_of(row, seen))
        sources.add(row.use.cost_from)
    if not total.priced:
        return ""
    without = total.size - total.priced
    but = f"; {gib(without)} have no price" if without else ""
    by = "OpenCost" if "OpenCost" in sources else "your price table"
    return f"about {seen.prices.written(total.money)} a month, an estimate ({by}{but})"


def cost_of(row: Row, seen: Seen) -> float | None:
    """Give what a claim costs in a month; None where it has no price."""
    if row.use.cost is not None or row.claim.phase != "Bound":
        return row.use.cost
    return monthly(row.size, row.claim, row.volume, seen.see, seen.prices)


def _largest(seen: Seen) -> tuple[Block, ...]:
    rows = sorted(seen.rows, key=lambda row: (-(row.size or 0), row.claim.meta.key))
    if len(rows) < 2 or seen.see.lacks(CLAIM):  # noqa: PLR2004 (a table of one says what the title says)
        return ()
    shown = tuple((short(plain(row.claim.meta.title), 44), _size(row)) for row in rows[:_LARGEST])
    title = f"Largest claims ({_LARGEST} of {len(rows)}, all in claims.csv)" if len(rows) > _LARGEST else "Claims"
    return (Table(("claim", "size, class"), shown, title),)


def _size(row: Row) -> str:
    claim = row.claim
    state = "" if claim.phase == "Bound" else f", {plain(claim.phase, 20)}"
    return f"{gib(row.size)}, {plain(claim.class_name or 'no class', 40)}{state}"


def _named(rows: Iterable[Row]) -> dict[str, str]:
    """Name the largest classes: as many as there are colours; the others are drawn as one."""
    sizes: Counter[str] = Counter()
    for row in rows:
        sizes[row.claim.class_name or ""] += row.size or 0
    most = len(COLOURS) if len(sizes) <= len(COLOURS) else len(COLOURS) - 1
    return {name: name or "(no class)" for name, _ in sizes.most_common(most)}


def _picture(every: tuple[Row, ...]) -> tuple[Block, ...]:
    """Draw what is provisioned: what is not bound has nothing."""
    rows = [row for row in every if row.claim.phase == "Bound"]
    names = _named(rows)
    parts: dict[str, dict[str, int]] = {}
    for row in rows:
        of = parts.setdefault(row.claim.meta.namespace, {})
        name = names.get(row.claim.class_name or "", _REST)
        of[name] = of.get(name, 0) + (row.size or 0)
    if len(parts) < 2:  # noqa: PLR2004 (one bar shows nothing)
        return ()
    order = sorted(parts, key=lambda name: (-sum(parts[name].values()), name))
    total = sum(sum(of.values()) for of in parts.values())
    of_all = f" ({_BARS} of {len(order)} namespaces)" if len(order) > _BARS else ""
    title = f"{gib(total)} provisioned for {count(len(rows), 'bound claim')}, by namespace and class{of_all}"
    png = stacked_bars(title, [(name, parts[name]) for name in order[:_BARS]])
    return (File("provisioned.png", png),) if png else ()
