"""The size that somebody wants a claim to have: so many bytes, or so many percent more than it has."""

import re
from dataclasses import dataclass

from robusta_volumes._model.quantity import GIB, parse_quantity

_PERCENT = re.compile(r"\+\s*([0-9]{1,4})\s*%")
_MOST = 1000  # percent: more is a slip of the finger
_WHOLE = 100


@dataclass(frozen=True)
class Size:
    """``amount`` is in bytes, or in percent of today's size when it is ``relative``."""

    amount: int
    relative: bool = False

    def beyond(self, today: int) -> int:
        """Give the bytes that are wanted, where there are ``today``; percent are rounded up to whole GiB."""
        if not self.relative:
            return self.amount
        return -(-today * (_WHOLE + self.amount) // (_WHOLE * GIB)) * GIB


def size(value: object) -> Size:
    """Read "160Gi" or "+20%".

    Raises ValueError: with what is allowed.
    """
    text = "" if isinstance(value, bool) else str(value).strip()
    wrong = f'must be a size such as 160Gi, or more of what there is such as +20%, got "{text}"'
    if found := _PERCENT.fullmatch(text):
        percent = int(found[1])
        if not 1 <= percent <= _MOST:
            raise ValueError(f'must be from +1% to +{_MOST}%, got "{text}"')
        return Size(percent, relative=True)
    if text.startswith(("+", "-")):
        raise ValueError(wrong)
    try:
        amount = parse_quantity(text)
    except ValueError as error:
        raise ValueError(wrong) from error
    if amount <= 0:
        raise ValueError(wrong)
    return Size(amount)


def largest(value: object) -> str:
    """Read a bound on sizes such as 1Ti; "" or null means none.

    Raises ValueError: with what is allowed.
    """
    text = "" if value is None else str(value).strip()
    if not text:
        return ""
    try:
        if not isinstance(value, bool) and parse_quantity(text) > 0:
            return text
    except ValueError:
        pass
    raise ValueError(f'must be a size such as 1Ti, or empty for no bound, got "{text}"')
