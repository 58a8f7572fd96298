"""What a rule is, and what it says when it fires."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._rules.links import LINKS


@dataclass(frozen=True)
class Fix:
    """One way out: a sentence, and the command to paste. ``destroys`` marks what cannot be undone."""

    text: str
    command: str = ""
    destroys: bool = False


@dataclass(frozen=True)
class Hit:
    """What a rule says of one object. ``says`` completes "Claim shop/data ..."; ``why`` is the evidence."""

    says: str
    why: str
    fixes: tuple[Fix, ...] = ()
    since: datetime | None = None
    victims: tuple[str, ...] = ()  # "Pod shop/web-0"
    claims: tuple[tuple[str, str], ...] = ()  # claims concerned besides the subject itself
    volumes: tuple[str, ...] = ()  # volumes concerned besides the subject itself
    size: int | None = None  # bytes at stake
    severity: Severity | None = None  # when it differs from the rule's
    hurts: str = ""  # what pods suffer from it, in short sentences, as far as ``why`` holds it
    cost: float | None = None  # of that in a month, once the settings' prices were looked at


Check = Callable[[Any, Inventory, Limits], Hit | None]


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong. The check's docstring says why it matters."""

    id: str
    severity: Severity
    title: str
    on: str  # the kind of object it looks at
    needs: tuple[Kind, ...]  # kinds without which the answer is "unknown"
    fix: str  # the remedy in one sentence, for the reference
    check: Check
    fallback: bool = False  # looked at only when no other rule fired on the object
    advice: bool = False  # nothing is broken: no event or alert is answered with it, and no verdict changes
    of_cluster: bool = False  # asked when a whole cluster is looked at: it would be said again in each namespace
    only: tuple[str, ...] = ()  # of claims: what of their I/O must be measured, or have been so, some of it at least

    @property
    def why(self) -> str:
        """Why it matters, in one paragraph."""
        return " ".join((self.check.__doc__ or "").split())

    @property
    def links(self) -> tuple[str, ...]:
        """Where to read more: pages of Kubernetes or of the driver's project."""
        return LINKS.get(self.id) or LINKS.get(self.id.partition("-")[0], ())


def rule(  # noqa: PLR0913 (each names a field of the rule)
    id: str,  # noqa: A002 (the word that users read and write)
    severity: Severity,
    title: str,
    *,
    on: str,
    fix: str,
    needs: tuple[Kind, ...] = (),
    fallback: bool = False,
    advice: bool = False,
    of_cluster: bool = False,
    only: tuple[str, ...] = (),
) -> Callable[[Check], Rule]:
    """Make a rule of a check. It registers nothing: `robusta_volumes._rules.catalogue` lists the modules."""

    def make(check: Check) -> Rule:
        return Rule(id, severity, title, on, needs, fix, check, fallback, advice, of_cluster, only)

    return make
