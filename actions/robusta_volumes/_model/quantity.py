"""Kubernetes quantities ("10Gi") and how sizes are written for people."""

import re
from decimal import ROUND_UP, Decimal, InvalidOperation
from functools import lru_cache

_QUANTITY = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([KMGTPE]i|[munkMGTPE]))?$", re.ASCII)
_FACTOR: dict[str, Decimal] = {
    **{unit: Decimal(10) ** exponent for unit, exponent in zip("num", (-9, -6, -3), strict=True)},
    **{unit: Decimal(1000) ** (n + 1) for n, unit in enumerate("kMGTPE")},
    **{unit + "i": Decimal(1024) ** (n + 1) for n, unit in enumerate("KMGTPE")},
}
GIB = 1024**3
MIB = 1024**2
_MOST = 2**63 - 1  # the API server caps every quantity here
_DIGITS = 19  # of _MOST


@lru_cache(maxsize=4096)  # a cluster has few sizes, each written thousands of times
def parse_quantity(text: str | float) -> int:
    """Read a quantity as whole units (bytes), rounded away from zero and capped at 2^63-1 as the API server does.

    Format: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

    Raises ValueError: when it is not a quantity.
    """
    match = _QUANTITY.match(str(text).strip())
    if not match:
        message = f"{text!r} is not a quantity such as 10Gi"
        raise ValueError(message)
    number, exponent, unit = match.groups()
    try:
        written = Decimal(number + (exponent or ""))
    except InvalidOperation as error:
        message = f"{text!r} is not a quantity such as 10Gi"
        raise ValueError(message) from error
    if written.adjusted() > _DIGITS:  # 1e999999999 would be a number of a gigabyte
        return (_MOST if written > 0 else -_MOST) if written else 0
    if written.adjusted() < -_DIGITS:
        return 0 if not written else 1 if written > 0 else -1
    value = int((written * _FACTOR.get(unit or "", Decimal(1))).to_integral_value(rounding=ROUND_UP))
    return max(-_MOST, min(_MOST, value))


def bytes_of(text: object) -> int | None:
    """Read a quantity that an API object holds: None when it is absent or unreadable."""
    if not isinstance(text, str | int | float):
        return None
    try:
        return parse_quantity(text)
    except ValueError:
        return None


def number_of(value: object) -> int | None:
    """Read a whole number that an API object holds, as a number or as text; None when it is absent or none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def gib(size: int | None) -> str:
    """Write bytes for people: GiB with one decimal, MiB or bytes when it would read 0.0; "unknown" for None."""
    if size is None:
        return "unknown"
    if 0 < size < MIB // 10:  # "storage: 10", where 10Gi was meant
        return "1 byte" if size == 1 else f"{size:,} bytes"
    if 0 < size < GIB // 10:
        return f"{size / MIB:.1f} MiB"
    return f"{size / GIB:,.1f} GiB"


def as_quantity(size: int) -> str:
    """Write bytes as the shortest exact binary quantity, to be pasted into a manifest."""
    for power, unit in ((4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return str(size)
