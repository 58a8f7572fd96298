"""What a GiB costs in a month, as the settings have it. What has no price is unknown; it is not free."""

from collections.abc import Mapping
from dataclasses import dataclass

from robusta_volumes._model.checks import amount, got
from robusta_volumes._model.quantity import GIB

_PENNY = 0.01  # what costs less than half of it would read 0.00
_MOST = 1_000_000.0  # of any currency for one GiB: more is a slip of the finger
_UNIT = "money per GiB and month"


@dataclass(frozen=True)
class Prices:
    """Money per GiB and month, by storage class or driver."""

    per_gib: tuple[tuple[str, float], ...] = ()
    currency: str = "USD"

    def __bool__(self) -> bool:
        """Tell whether anything has a price."""
        return bool(self.per_gib)

    def of(self, size: int | None, class_name: str | None, driver: str) -> float | None:
        """Give what so many bytes cost in a month: by their class, else by their driver; None when that is not known."""
        table = dict(self.per_gib)
        price = table.get(class_name or "", table.get(driver))
        return None if price is None or size is None else price * size / GIB

    def told(self, money: float, but: str = "") -> str:
        """Write money for people: "about 4.80 USD a month (your price table)"; ``but`` says what is not in it."""
        return f"about {self.written(money)} a month (your price table{f'; {but}' if but else ''})"

    def written(self, money: float) -> str:
        """Write an amount: "4.80 USD"; what is small but not nothing is no 0.00."""
        if 0 < money < _PENNY / 2:
            return f"less than {_PENNY} {self.currency}"
        return f"{money:,.2f} {self.currency}"


NONE = Prices()


def prices(value: object) -> Prices:
    """Read a block such as ``{gp3: 0.08, efs.csi.aws.com: 0.30}``.

    Raises ValueError: with what is allowed.
    """
    if isinstance(value, Prices):
        return value
    if not isinstance(value, Mapping):
        message = f"must be a block of storage classes or drivers with prices such as gp3: 0.08, {got(value)}"
        raise ValueError(message)  # noqa: TRY004 (one kind of error for everything that a user can write)
    read: dict[str, float] = {}
    for key, price in value.items():
        name = key.strip() if isinstance(key, str) else ""
        if not name:
            message = f"must name storage classes or drivers, {got(key)} as one of them"
            raise ValueError(message)
        try:
            read[name] = amount(price, _UNIT, _MOST)
        except ValueError as wrong:
            message = f"{name} {wrong}"
            raise ValueError(message) from wrong
    return Prices(tuple(read.items()))


def currency(value: object) -> str:
    """Read what the prices are in: a short word such as USD, EUR or €.

    Raises ValueError: with what is allowed.
    """
    word = value.strip() if isinstance(value, str) else ""
    if word.isprintable() and 0 < len(word) <= len("US dollars") and not set(word) & set("<>*_`~|[]()"):
        return word
    message = f"must be a short word such as USD, {got(value)}"
    raise ValueError(message)
