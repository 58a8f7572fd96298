"""Many volumes in numbers: a line for each thing, and none for what has nothing to say."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from robusta_volumes._analysis.assess import Assessment, Issue
from robusta_volumes._analysis.costs import Amount, provisioned, waste, waste_unknown
from robusta_volumes._model.attach_slots import Slots
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, NODE, STORAGE_CLASS, VOLUME
from robusta_volumes._model.prices import Prices
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._report.in_use import access_line, attachment_line, resize_line, slots_line
from robusta_volumes._report.page import Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short

_LINE = 240  # characters: twelve of them fit a message
_NAMED = 3  # classes, causes
_ADVISED = 2
_PHASES = ("Bound", "Pending", "Available", "Released", "Lost", "Failed")


def overview_lines(found: Assessment, see: Inventory, slots: Sequence[Slots], kind: str) -> Text | None:
    """Say how many there are, how they are, what they cost and what is going on; None where there is nothing.

    ``kind`` is what the report is about: of a node its attach slots are told always, of the cluster its classes.
    """
    lines = [
        ("Claims", _claims(see)),
        ("Volumes", _volumes(see)),
        ("Capacity", _capacity(see, found.prices)),
        ("Pending", _pending(found, see)),
        ("Access", access_line(found, see)),
        ("Resizing", resize_line(see)),
        ("Attachments", attachment_line(see)),
        ("Attach slots", slots_line(slots, of_node=kind == NODE.name)),
        ("Waste", waste_line(found)),
        ("Advice", _advice(found)),
        ("Classes", _classes(see) if kind == "Cluster" else ""),
    ]
    said = [short(f"• *{name}:* {line}", _LINE) for name, line in lines if line]
    return Text(short("\n".join(["*In numbers*", *said]), TEXT_LIMIT)) if said else None


def _tally(phases: Iterable[str]) -> str:
    numbers = Counter(phases)
    order = sorted(numbers, key=lambda p: (_PHASES.index(p) if p in _PHASES else len(_PHASES), p))
    return _summed([f"{numbers[p]:,} {plain(p, 30)}" for p in order], numbers.total())


def _summed(parts: Sequence[str], total: int) -> str:
    """Put the sum before several parts; of one it would say the same twice."""
    return parts[0] if len(parts) == 1 else f"{total:,}: {', '.join(parts)}"


def _claims(see: Inventory) -> str:
    if see.lacks(CLAIM) or not see.claims:
        return ""
    asked = sum(c.requested or 0 for c in see.claims)
    return f"{_tally(c.phase for c in see.claims)}; {gib(asked)} requested"


def _volumes(see: Inventory) -> str:
    """Count volumes by phase, and of each phase by reclaim policy where both occur."""
    if see.lacks(VOLUME) or not see.volumes:
        return ""
    policies: dict[str, Counter[str]] = defaultdict(Counter)
    for v in see.volumes:
        policies[v.phase][v.reclaim_policy] += 1
    order = sorted(policies, key=lambda p: (_PHASES.index(p) if p in _PHASES else len(_PHASES), p))
    parts = [f"{policies[p].total():,} {plain(p, 30)} ({_by_policy(policies[p])})" for p in order]
    return _summed(parts, len(see.volumes))


def _by_policy(numbers: Mapping[str, int]) -> str:
    if len(numbers) == 1:
        return plain(next(iter(numbers)), 30)
    return ", ".join(f"{number:,} {plain(policy, 30)}" for policy, number in sorted(numbers.items()))


def _capacity(see: Inventory, prices: Prices) -> str:
    if see.lacks(VOLUME) or not see.volumes:
        return ""
    sizes: Counter[str] = Counter()
    for v in see.volumes:
        sizes[v.class_name or "(no class)"] += v.capacity or 0
    total = provisioned(see, prices)
    by_class = [f"{plain(name, 40)} {gib(size)}" for name, size in sizes.most_common()]
    classes = f"; {listing(by_class, _NAMED)}" if len(by_class) > 1 else ""
    return f"{gib(total.size)} provisioned{_costs(total, prices)}{classes}"


def _costs(total: Amount, prices: Prices) -> str:
    """Say what so much costs; of what has no price it is not known, and that is said."""
    if not prices:
        return ""
    if not total.priced:
        return ", cost unknown (nothing of it is in your price table)"
    without = total.size - total.priced
    return f", {prices.told(total.money, f'{gib(without)} have no price' if without else '')}"


def _pending(found: Assessment, see: Inventory) -> str:
    """Count the claims that are Pending by cause: a Pending claim is never reported without one."""
    waiting = {c.meta.key for c in see.claims if c.phase == "Pending"}
    if not waiting:
        return ""
    cause: dict[tuple[str, str], Issue] = {}
    for issue in (i for i in found.issues if not i.rule.advice):
        own = (issue.meta.key,) if issue.rule.on == CLAIM.name else ()
        for key in waiting.intersection((*own, *issue.hit.claims)):
            if key not in cause or (own and cause[key].rule.on != CLAIM.name):
                cause[key] = issue
    groups: dict[str, list[str]] = defaultdict(list)
    for key in sorted(waiting):
        words = f"{cause[key].rule.title[:1].lower()}{cause[key].rule.title[1:]}" if key in cause else "cause not found"
        groups[words].append("/".join(key))
    order = sorted(groups, key=lambda words: -len(groups[words]))
    said = [f"{len(groups[w])} x {w}" if len(groups[w]) > 1 else f"{plain(groups[w][0], 60)} ({w})" for w in order]
    return f"{count(len(waiting), 'claim')}: {'; '.join(said[:_NAMED])}{_more(len(said))}"


def _more(number: int) -> str:
    return f" and {count(number - _NAMED, 'more cause')}" if number > _NAMED else ""


def waste_line(found: Assessment) -> str:
    """Add up what is paid and of no use, by what it is; "" where there is none. What could not be looked for is said."""
    parts, blind = waste(found.issues), waste_unknown(found)
    unknown = f"{', '.join(blind)}: could not be looked for" if blind else ""
    if not parts:
        return unknown
    total = Amount()
    for part in parts.values():
        total += part
    kinds = ", ".join(f"{gib(a.size)} {kind} ({a.number:,})" for kind, a in parts.items())
    said = f"{gib(total.size)}{_costs(total, found.prices)}: {kinds}"
    return f"{said}; {unknown}" if unknown else said


def _advice(found: Assessment) -> str:
    """Count what is not broken but could be lost."""
    names: dict[str, list[str]] = defaultdict(list)
    for issue in found.advice:
        names[issue.rule.title].append(plain(issue.meta.title, 60))
    order = sorted(names, key=lambda title: -len(names[title]))
    said = [f"{title[:1].lower()}{title[1:]} ({listing(names[title], 1)})" for title in order]
    return f"nothing of it is broken: {listing(said, _ADVISED)}" if said else ""


def _classes(see: Inventory) -> str:
    if see.lacks(STORAGE_CLASS) or not see.classes:
        return ""
    defaults = [plain(c.meta.name, 40) for c in see.classes if c.is_default]
    fixed = [c for c in see.classes if not c.expandable]
    said = f"{len(see.classes)}, {f'default {listing(defaults, 2)}' if defaults else 'none of them the default'}"
    return f"{said}, {len(fixed)} cannot be expanded (classes.csv)" if fixed else f"{said} (classes.csv)"
