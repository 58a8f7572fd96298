"""The ledger of what was told, kept in the state; in this process alone where that may not be written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from robusta_volumes._analysis.ledger import TITLE, Ledger, Said, as_told, from_json, to_json
from robusta_volumes._analysis.symptoms import Tell
from robusta_volumes._cluster.state import State
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._report.page import Page

_T = TypeVar("_T")
_in_process: dict[str, dict[str, Any]] = {}  # stands in for the state where that may not be written


def ledger_of(state: State, key: str) -> Ledger:
    """Read the ledger."""
    if key in _in_process:
        return from_json(_in_process[key])
    try:
        return from_json(state.read(key))
    except ClusterError:
        return Ledger()


def is_kept_here_alone(key: str) -> bool:
    """Tell whether the ledger still has to be written: the last time that was not possible."""
    return key in _in_process


def decide(state: State, key: str, look: Callable[[Ledger], tuple[Ledger, _T]]) -> _T:
    """Let ``look`` decide with the ledger as it is now, and keep the ledger that it gives; nobody else decides meanwhile.

    Where it may not be kept, this process remembers it: then a restart repeats messages, but a storm does not.
    """
    decided: list[_T] = []

    def change(before: dict[str, Any]) -> dict[str, Any]:
        after, said = look(from_json(_in_process.get(key, before)))
        decided.append(said)
        kept.append(to_json(after))
        return kept[-1]

    kept: list[dict[str, Any]] = []
    try:
        state.update(key, change)
    except ClusterError:
        if not kept:
            change({})
        _in_process[key] = kept[-1]
    else:
        _in_process.pop(key, None)
    return decided[-1]


@dataclass(frozen=True)
class Told:
    """A message as it was made. ``members`` is what it names beyond what was known when it was decided on."""

    tell: Tell
    page: Page
    members: frozenset[str] = frozenset()


def keep_told(state: State, key: str, told: Iterable[Told]) -> None:
    """Remember what messages say, where it is more than was known when they were decided on."""
    more = {
        one.tell.cause: Said(one.page.title, one.members or known, known)
        for one in told
        if not one.tell.resolved
        and (
            (known := one.tell.incident.members) != (one.members or known)
            or _titled(one.page) != one.tell.incident.title
        )
    }
    if more:
        decide(state, key, lambda ledger: (as_told(ledger, more), None))


def _titled(page: Page) -> str:
    return page.title[:TITLE]
