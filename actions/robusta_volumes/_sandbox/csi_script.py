"""How the storage of the sandbox behaves: ready after a while, an error first, silence, a deletion that gets stuck.

script = CsiScript(drivers=["hostpath.csi.k8s.io"])
script.snapshots.on(Behaviour(ready=3), namespace="shop", claim="data-*")
script.restores.on(Behaviour(error="rpc error: code = Internal desc = no space", errors=2))
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

ALWAYS = 10**9  # turns; nobody waits for that many


@dataclass(frozen=True)
class Behaviour:
    """How a driver answers; turns count from the first call about one object, and the controllers make one at each step."""

    cut: int = 1  # the turn at which the snapshot is taken; until then the driver has not answered at all
    ready: int = 1  # the turn at which it can be used, or at which the restored volume is there
    error: str = ""  # what the driver says instead, as gRPC writes it: "rpc error: code = Internal desc = ..."
    errors: int = ALWAYS  # for so many turns; those of ``cut`` and ``ready`` count afterwards
    silent: bool = False  # never answers, as where the sidecar is absent
    delete_error: str = ""  # what it says to a deletion, which is stuck meanwhile
    delete_errors: int = ALWAYS  # for so many turns
    size: int | None = None  # bytes that it tells as the restore size; None: those of the volume; 0: it does not know
    leaks: bool = False  # a finished restore leaves its finalizer on the snapshot

    def stage(self, turn: int) -> str:
        """Tell what the driver says at a turn: ``error``, ``asked`` (no answer yet), ``cut`` or ``ready``."""
        failing = self.errors if self.error else 0
        if turn <= failing:
            return "error"
        if turn - failing >= self.ready:
            return "ready"
        return "cut" if turn - failing >= self.cut else "asked"


class Rules:
    """Which objects get which behaviour; what was said last counts."""

    def __init__(self) -> None:
        self._rules: list[tuple[tuple[str, str, str], Behaviour]] = []

    def on(self, behaviour: Behaviour, *, namespace: str = "*", claim: str = "*", class_name: str = "*") -> None:
        """Behave like this from now on; the words may hold ``*``. For a restore, claim and class are those of the new one."""
        self._rules.insert(0, ((namespace, claim, class_name), behaviour))

    def of(self, namespace: str, claim: str, class_name: str) -> Behaviour:
        """Give the behaviour for a claim and a class."""
        asked = (namespace, claim, class_name)
        matching = (b for words, b in self._rules if all(map(fnmatchcase, asked, words)))
        return next(matching, Behaviour())


class CsiScript:
    """The behaviour of all drivers. ``drivers``: those that are installed, with their sidecars; None: all."""

    def __init__(self, drivers: Iterable[str] | None = None) -> None:
        self.drivers = None if drivers is None else set(drivers)
        self.snapshots, self.restores = Rules(), Rules()

    def runs(self, driver: str) -> bool:
        """Tell whether the driver is installed: nobody answers for one that is not."""
        return self.drivers is None or driver in self.drivers
