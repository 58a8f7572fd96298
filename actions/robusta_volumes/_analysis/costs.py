"""What storage costs in a month by the price table of the settings, and what of it is wasted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from robusta_volumes._analysis.assess import Assessment, Issue, assess
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.prices import Prices
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.volume import Claim, Volume

# What of the storage is paid and of no use, by the rule that finds it. Not the snapshots: their size is a bound.
_WASTE = {
    "PV-01": "Failed",
    "PV-03": "Released",
    "PV-04": "Released",
    "PV-05": "Available",
    "PV-06": "Available",
    "WA-01": "unused",
    "WA-05": "unused",
    "WA-03": "left over",
    "WA-04": "left over",
}


@dataclass(frozen=True)
class Amount:
    """So many objects, their bytes in all, and what those that have a price cost in a month."""

    number: int = 0
    size: int = 0
    money: float = 0.0
    priced: int = 0  # bytes that have a price

    def __add__(self, other: "Amount") -> "Amount":
        """Put two together."""
        return Amount(
            self.number + other.number, self.size + other.size, self.money + other.money, self.priced + other.priced
        )


def amount(size: int | None, money: float | None) -> Amount:
    """Count one object."""
    return Amount(1, size or 0, money or 0.0, (size or 0) if money is not None else 0)


def judge(see: Inventory, settings: PersistentVolumeActions) -> Assessment:
    """Put the rules to what was seen, as the settings have them, and say what waste costs."""
    found = assess(see, settings.limits, choice=settings.choice)
    return priced(found, see, replace(settings.prices, currency=settings.currency))


def priced(found: Assessment, see: Inventory, prices: Prices) -> Assessment:
    """Say in each issue about waste what it costs, where the price is known."""
    if not prices:
        return found
    issues = tuple(_with_cost(i, see, prices) if i.rule.id in _WASTE else i for i in found.issues)
    return replace(found, issues=issues, prices=prices)


def _with_cost(issue: Issue, see: Inventory, prices: Prices) -> Issue:
    volume = see.volume.get(issue.meta.name) if issue.rule.on == "PersistentVolume" else None
    claim = see.claim.get(issue.meta.key) if issue.rule.on == "PersistentVolumeClaim" else None
    money = monthly(issue.hit.size, claim, volume or (see.volume_of(claim) if claim else None), see, prices)
    if money is None:
        return issue
    return replace(issue, hit=replace(issue.hit, why=f"{issue.hit.why} It costs {prices.told(money)}.", cost=money))


def monthly(
    size: int | None, claim: Claim | None, volume: Volume | None, see: Inventory, prices: Prices
) -> float | None:
    """Give what so many bytes of a claim or volume cost in a month; None where they have no price."""
    name = (claim.class_name if claim else None) or (volume.class_name if volume else "")
    known = see.storage_class.get(name or "")
    driver = volume.driver if volume else known.provisioner if known else claim.provisioner if claim else ""
    return prices.of(size, name, driver)


def provisioned(see: Inventory, prices: Prices) -> Amount:
    """Add up all volumes."""
    total = Amount()
    for v in see.volumes:
        total += amount(v.capacity, monthly(v.capacity, None, v, see, prices) if prices else None)
    return total


def waste(issues: Iterable[Issue]) -> dict[str, Amount]:
    """Add up what is paid and of no use, by what it is, the largest first."""
    found: dict[str, Amount] = {}
    for issue in issues:
        kind = _WASTE.get(issue.rule.id)
        if kind:
            found[kind] = found.get(kind, Amount()) + amount(issue.hit.size, issue.hit.cost)
    return dict(sorted(found.items(), key=lambda one: -one[1].size))


def waste_unknown(found: Assessment) -> tuple[str, ...]:
    """Name the kinds of waste that could not be looked for."""
    blind = {one for _, ids in found.unseen.values() for one in ids}
    return tuple(dict.fromkeys(kind for one, kind in _WASTE.items() if one in blind))
