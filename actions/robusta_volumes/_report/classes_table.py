"""Storage classes and what lies in them, as a wide CSV."""

from collections import Counter

from robusta_volumes._analysis.costs import Amount, amount, monthly
from robusta_volumes._model.driver import Capacity
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CAPACITY, CLAIM, CSI_DRIVER, STORAGE_CLASS, VOLUME
from robusta_volumes._model.prices import Prices
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.text import listing
from robusta_volumes._report.page import File, csv_file

_PHASES = ("Bound", "Available", "Released", "Failed")
_UNKNOWN = "unknown"
_PLACES = 20  # named in one cell
_IN_TREE = "kubernetes.io/"


def classes_csv(see: Inventory, prices: Prices) -> File:
    """Write one row per class, also for those that only volumes and claims name; what it costs where there are prices."""
    phases: Counter[tuple[str, str]] = Counter()
    sizes: dict[str, Amount] = {}
    for v in see.volumes:
        phases[v.class_name, v.phase] += 1
        one = amount(v.capacity, monthly(v.capacity, None, v, see, prices) if prices else None)
        sizes[v.class_name] = sizes.get(v.class_name, Amount()) + one
    claims: Counter[str] = Counter(c.class_name or "" for c in see.claims)
    asked: Counter[str] = Counter()
    for c in see.claims:
        asked[c.class_name or ""] += c.requested or 0
    names = sorted({*see.storage_class, *sizes, *claims})
    headers = (
        "class", "provisioner", "CSIDriver object", "default", "binding", "expandable", "reclaim policy", "claims",
        "requested bytes", "volumes", *_PHASES, "provisioned bytes", "free room",
        *([f"{prices.currency} per month", "of bytes"] if prices else []),
    )  # fmt: skip
    rows = []
    for name in names:
        size = sizes.get(name, Amount())
        numbers: list[object] = [size.number, *(phases[name, phase] for phase in _PHASES), size.size]
        if see.lacks(VOLUME):
            numbers = [_UNKNOWN] * len(numbers)
        own: list[object] = [_UNKNOWN, _UNKNOWN] if see.lacks(CLAIM) else [claims[name], asked[name]]
        rows.append(
            (
                name or "(no class)",
                *_about(name, see),
                *own,
                *numbers,
                _room(name, see),
                *(_money(size) if prices else ()),
            )
        )
    return csv_file("classes.csv", headers, rows)


def _about(name: str, see: Inventory) -> tuple[object, ...]:
    found = see.storage_class.get(name)
    if found is None:
        word = _UNKNOWN if see.lacks(STORAGE_CLASS) else "no such class object"
        word = word if name else ""
        return (word, "", "", "", "", "")
    return (
        found.provisioner,
        _driver_object(found.provisioner, see),
        _yes(found.is_default),
        found.binding_mode,
        _yes(found.expandable),
        found.reclaim_policy,
    )


def _driver_object(provisioner: str, see: Inventory) -> str:
    if provisioner.startswith(_IN_TREE):
        return "does not apply"
    return _UNKNOWN if see.lacks(CSI_DRIVER) else _yes(provisioner in see.driver)


def _room(name: str, see: Inventory) -> str:
    """Say how large a volume can still be made where, as far as the class's driver declares it."""
    if see.lacks(CAPACITY) or CAPACITY.resource in see.skipped:
        return _UNKNOWN
    places = see.by_class.capacities.get(name, ())
    return listing([f"{_place(one)}: {gib(one.room)}" for one in places if one.reachable], _PLACES)


def _place(room: Capacity) -> str:
    return " and ".join(f"{r.key} {r.operator} {'/'.join(r.values)}" for r in room.place) or "everywhere"


def _yes(value: bool) -> str:  # noqa: FBT001 (it is what is written)
    return "yes" if value else "no"


def _money(size: Amount) -> tuple[object, ...]:
    return (f"{size.money:.2f}", size.priced) if size.priced else ("", "")
