"""The hooks around a snapshot, as one command in a container, so that the container itself sees to it that the post hook runs.

One exec session spans both hooks: it runs ``pre``, says so, and then waits for a line on its standard input. A line means that
the data is cut. When the runner dies or the connection breaks, the input ends, which it takes for the same; when neither comes,
it goes on after ``hold`` seconds. In each case, and when ``pre`` fails, ``post`` runs. Nothing is written to any file: the
file system may be frozen or read-only. What this cannot survive is the shell itself being killed; then whoever started it runs
``post`` once more by itself, or the next tick does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from robusta_volumes._model.in_pod import BOUNDED, words

_SCRIPT = """\
exec 3<&0 </dev/null
trap '' HUP INT PIPE
{bounded}
how=0
{pre}printf '\\n%s pre %s\\n' {mark} "$code"
if [ "$code" -eq 0 ]; then
  sleep {hold} </dev/null >/dev/null 2>&1 3<&- & timer=$!
  ( read -r line <&3; kill -9 "$timer" ) >/dev/null 2>&1 & reader=$!
  wait "$timer" 2>/dev/null; how=$?
  kill -9 "$reader" 2>/dev/null; wait "$reader" 2>/dev/null
fi
{post}printf '\\n%s post %s %s\\n' {mark} "$code" "$how"
"""


@dataclass(frozen=True)
class Said:
    """What the session has told so far. ``late``: it did not wait any longer, and ran ``post`` before it was told to."""

    pre: int | None = None
    post: int | None = None
    late: bool = False


def hook_session(pre: Sequence[str], post: Sequence[str], seconds: int, hold: int, mark: str) -> list[str]:
    """Write the command. ``seconds`` bound each hook; ``mark`` is what its own lines begin with, so that no hook can fake one."""
    script = _SCRIPT.format(
        bounded=BOUNDED, pre=_step(pre, seconds), post=_step(post, seconds), mark=words([mark]), hold=hold
    )
    return ["/bin/sh", "-c", script]


def _step(command: Sequence[str], seconds: int) -> str:
    return f"bounded {seconds} {words(command)}; code=$?\n" if command else "code=0\n"


def pre_is_over(mark: str) -> str:
    """Give the text that the session writes when ``pre`` has ended."""
    return f"\n{mark} pre "


def post_is_over(mark: str) -> str:
    """Give the text that the session writes when ``post`` has ended."""
    return f"\n{mark} post "


def read_session(out: str, mark: str) -> Said:
    """Read what a session has told."""
    said = Said()
    for line in out.splitlines():
        match line.split(" "):
            case [word, "pre", code] if word == mark and code.isdigit():
                said = Said(int(code), said.post, said.late)
            case [word, "post", code, how] if word == mark and code.isdigit():
                said = Said(said.pre, int(code), how == "0" and said.pre == 0)
    return said


def without_marks(out: str, mark: str) -> str:
    """Give what the hooks themselves have written."""
    return "\n".join(line for line in out.splitlines() if not line.startswith(mark)).strip()
