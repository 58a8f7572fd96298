"""A command inside a container: where it runs, how its time is bounded, and what came of it.

Whoever stops listening to a command does not stop the command (kubernetes issue 89031), so the bound is set in the container,
with nothing but a POSIX shell and ``sleep``: there may be no ``timeout``, and old ones disagree about how it is called.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from robusta_volumes._model.text import quoted

KILLED = frozenset({137, 143})  # exit status of what was ended by a signal: KILL, TERM
_NO_SUCH_COMMAND = frozenset({126, 127})

# bounded SECONDS COMMAND... All helpers are children of this shell and are waited for, so that no zombie is left to a first
# process that reaps none. Between fork and exec a child still has its parent's traps and would lose a signal to them: so this
# shell traps no TERM, and a sleep is ended by KILL. 3 is the caller's standard input, which nobody else may read or keep open.
BOUNDED = """\
bounded() {
  limit=$1; shift
  "$@" </dev/null 3<&- & job=$!
  (
    trap 'test "$!" = "$job" || { kill -9 "$!"; wait "$!"; }; exit 0' TERM
    sleep "$limit" & wait "$!"
    kill "$job"
    sleep 2 & wait "$!"
    kill -9 "$job"
  ) </dev/null >/dev/null 2>&1 3<&- & guard=$!
  wait "$job" 2>/dev/null; code=$?
  kill "$guard" 2>/dev/null; wait "$guard" 2>/dev/null
  return "$code"
}
"""


@dataclass(frozen=True)
class Container:
    """One container of a pod; ``name`` "" is the pod's default one. ``allow``: as of a step in `plan`."""

    namespace: str
    pod: str
    name: str = ""
    allow: str = ""

    @property
    def title(self) -> str:
        """How people write it."""
        return f"{self.namespace}/{self.pod}" + (f", container {self.name}" if self.name else "")


@dataclass(frozen=True)
class Ran:
    """What came of a command. ``code`` None: it is not known; then ``why`` says more. ``out`` and ``err`` are foreign text."""

    code: int | None
    out: str = ""
    err: str = ""
    why: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether it did what it should."""
        return self.code == 0


def words(command: Sequence[str]) -> str:
    """Write a command for a shell, so that each word stays what it is."""
    return " ".join(quoted(word) for word in command)


def limited(command: Sequence[str], seconds: int) -> list[str]:
    """Wrap a command so that it ends after ``seconds``, whether or not somebody still listens."""
    return ["/bin/sh", "-c", f"exec 3<&0\n{BOUNDED}bounded {seconds} {words(command)}\n"]


def came_of(code: int | None, why: str, seconds: int) -> str:
    """Say in words how a command ended; "" when it went well."""
    if code == 0:
        return ""
    if code is None:
        return why or f"nobody knows what came of it: no answer in {seconds} s"
    if code in KILLED:
        return f"it was ended: it took longer than {seconds} s, or somebody killed it"
    if code in _NO_SUCH_COMMAND:
        return f"exit status {code}: there is no such command in the container, or it may not be run"
    return f"exit status {code}"
