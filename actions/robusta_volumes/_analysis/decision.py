"""What comes of a request to change something: the plan, or why there is none. Pure."""

from dataclasses import dataclass

from robusta_volumes._model.inventory import Unseen
from robusta_volumes._model.plan import Step
from robusta_volumes._rules.rule import Fix


@dataclass(frozen=True)
class Refusal:
    """Why something is not done, as the end of "... was not changed: ", and the ways out.

    ``by_force``: whoever asked may insist.
    """

    says: str
    why: str
    fixes: tuple[Fix, ...] = ()
    by_force: bool = False


@dataclass(frozen=True)
class Change:
    """One thing as it is and as it will be."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Unsure:
    """A kind that could not be looked at, and what is therefore not known."""

    unseen: Unseen
    unknown: str


@dataclass(frozen=True)
class Decision:
    """The plan, when there are no ``refusals``; without steps everything is as it was asked for already."""

    steps: tuple[Step, ...] = ()
    command: str = ""  # that does the same by hand
    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()  # what to know before
    unsure: tuple[Unsure, ...] = ()

    @property
    def by_force(self) -> bool:
        """True when whoever asked may insist."""
        return bool(self.refusals) and all(r.by_force for r in self.refusals)
