"""How the settings about messages are read: how many, how bad, how often."""

from robusta_volumes._model.checks import got, whole
from robusta_volumes._model.severity import Severity

_MOST = 1000  # messages within ten minutes: nobody reads more
_SHORTEST = 10  # minutes: the tick of our playbook
_DAY = 1440  # minutes
_WORDS = tuple(one.word for one in sorted(Severity, reverse=True) if one is not Severity.INFO)


def messages(value: object) -> int:
    """Read a number of messages; 0 is none."""
    return whole(value, "messages", 0, _MOST)


def minutes(value: object) -> int:
    """Read an interval between two looks at the whole cluster."""
    return whole(value, "minutes", _SHORTEST, _DAY)


def lowest(value: object) -> str:
    """Read the severity from which on something is a message."""
    if isinstance(value, str) and value.strip().lower() in _WORDS:
        return value.strip().lower()
    message = f"must be one of {', '.join(_WORDS)}, {got(value)}"
    raise ValueError(message)
