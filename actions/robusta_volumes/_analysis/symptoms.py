"""An issue as far as speaking of it goes, and how much is said."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from robusta_volumes._analysis.ledger import Incident
from robusta_volumes._model.severity import Severity


@dataclass(frozen=True)
class Symptom:
    """One issue. ``cause`` is its own id, or that of the story that it belongs to; ``story`` is the title of that.

    An issue that tells of many victims by itself is one symptom for each: rule/kind/namespace/name#victim.
    """

    id: str
    severity: Severity
    title: str
    cause: str
    since: datetime | None = None
    story: str = ""
    family: frozenset[str] = frozenset()  # what suffers beside its object: "Pod/shop/web-0"

    @property
    def rule(self) -> str:
        """The rule's id."""
        return rule_of(self.id)

    @property
    def object(self) -> str:
        """Kind/namespace/name."""
        return object_of(self.id)


def issue_of(symptom: str) -> str:
    """Give the id of the issue that a symptom is of."""
    return symptom.partition("#")[0]


def rule_of(issue: str) -> str:
    """Give the rule of a symptom's id."""
    return issue.partition("/")[0]


def object_of(issue: str) -> str:
    """Give the object of a symptom's id: kind/namespace/name."""
    return issue_of(issue).partition("/")[2]


def is_story(cause: str) -> bool:
    """Tell whether a cause has many victims: it then starts with a word, and not with the id of a rule."""
    return cause[:1].islower()


def _nobody(_: str) -> bool:
    return False


@dataclass(frozen=True)
class Voice:
    """How much is said."""

    most: int = 10  # event-driven messages per WINDOW
    least: Severity = Severity.MEDIUM  # what is less bad waits for the report
    fresh: timedelta = timedelta(minutes=15)  # how young an issue is told before the first report
    stands_in: Callable[[str], bool] = _nobody  # rules that say little, because a better one may not have looked


@dataclass(frozen=True)
class Tell:
    """One message. ``member`` is the issue that it leads with; of what is resolved only the incident is left."""

    cause: str
    incident: Incident
    member: str = ""
    along: tuple[str, ...] = ()  # causes of what else is new about the same object
    resolved: bool = False


Held = tuple[tuple[str, int], ...]  # what was not sent since the last message: (cause or rule, how many)
