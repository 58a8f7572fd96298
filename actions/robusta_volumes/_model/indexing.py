"""How indexes over what was seen are built."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import TypeVar

from robusta_volumes._model.times import UTC
from robusta_volumes._model.volume import Event

_T = TypeVar("_T")
_K = TypeVar("_K", bound=Hashable)


def newest(event: Event) -> datetime:
    """Give the key that sorts events by time; one without a time is the oldest."""
    return event.last or event.first or datetime.min.replace(tzinfo=UTC)


def many(pairs: Iterable[tuple[_K, _T]]) -> dict[_K, tuple[_T, ...]]:
    """Collect values by key, in their order."""
    found: dict[_K, list[_T]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return {key: tuple(values) for key, values in found.items()}


def sets(pairs: Iterable[tuple[_K, str]]) -> dict[_K, frozenset[str]]:
    """Collect names by key, each once."""
    return {key: frozenset(names) for key, names in many(pairs).items()}
