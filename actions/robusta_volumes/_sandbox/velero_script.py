"""How the Velero of the sandbox behaves: bytes that take a while, fail or stall, backups that get stuck, locations that are gone.

script = VeleroScript()
script.uploads.on(Moving(stalls_at=0.5), namespace="shop", claim="data-*")
script.stuck.append("nightly-*")
script.unavailable["default"] = "rpc error: code = Unknown desc = no such bucket"
"""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Moving:
    """How the data of one claim is moved; turns count from the first one of its data mover, and it has one at each step."""

    turns: int = 2  # that the bytes take
    error: str = ""  # what it says when it fails, halfway
    stalls_at: float | None = None  # the share of the bytes after which none move any more; None: it does not stall
    size: int | None = None  # bytes; None: half of the claim's capacity; 0: the volume is empty


class MovingRules:
    """Which claims' data moves how; what was said last counts."""

    def __init__(self) -> None:
        self._rules: list[tuple[tuple[str, str], Moving]] = []

    def on(self, moving: Moving, *, namespace: str = "*", claim: str = "*") -> None:
        """Move like this from now on; the words may hold ``*``. For a restore, the claim is the new one."""
        self._rules.insert(0, ((namespace, claim), moving))

    def of(self, namespace: str, claim: str) -> Moving:
        """Give what counts for a claim."""
        matching = (m for words, m in self._rules if all(map(fnmatchcase, (namespace, claim), words)))
        return next(matching, Moving())


@dataclass
class VeleroScript:
    """The behaviour of a Velero. Names of backups and restores may hold ``*``; lists may be changed while it runs."""

    uploads: MovingRules = field(default_factory=MovingRules)
    downloads: MovingRules = field(default_factory=MovingRules)
    stuck: list[str] = field(default_factory=list)  # those that stay InProgress for ever
    failing: dict[str, str] = field(default_factory=dict)  # those that are Failed, and the reason
    errors: dict[str, int] = field(default_factory=dict)  # those with so many errors about other objects
    unavailable: dict[str, str] = field(default_factory=dict)  # locations that cannot be reached, and what is said
    concurrent: int = 1  # backups at once; the others are Queued

    def is_stuck(self, name: str) -> bool:
        """Tell whether a backup or restore stays as it is once it is InProgress."""
        return any(fnmatchcase(name, word) for word in self.stuck)

    def failure(self, name: str) -> str:
        """Give the reason why it fails; "": it does not."""
        return next((why for word, why in self.failing.items() if fnmatchcase(name, word)), "")

    def other_errors(self, name: str) -> int:
        """Count the errors about objects that are no claims."""
        return sum(number for word, number in self.errors.items() if fnmatchcase(name, word))
