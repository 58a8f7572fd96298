"""How a volume would be looked into; or why nobody can, and what would help."""

from collections.abc import Sequence

from robusta_volumes._model.contents import Copy, Debug, Exec, Inspector, Ways
from robusta_volumes._model.errors import ClusterError, NotAllowed
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.rights import account_in, role_command
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code
from robusta_volumes._report.page import Button, Page, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.volume_contents import ACTION, About, page_about

_SAID = 120  # characters of a reason in a title; all of it is in the text
_BY_HAND = "look by hand from a pod that mounts it: `du -xk -d 2 PATH | sort -rn | head`"


def plan_page(about: About, way: Ways) -> Page:
    """Tell how it would be looked at."""
    steps = [f"from {code(e.pod)}, container {code(e.container)}, at {code(e.path)}{_part(e)}" for e in way.execs]
    if way.inspector:
        steps.append(f"with a pod of our own in {code(about.claim.meta.namespace)}{_plan(way.inspector)}")
    if way.copy:
        steps.append(_copy(way.copy))
    if way.debug:
        steps.append(_debug(way.debug))
    if not steps:
        return unseen_page(
            about, "", way.todo, [w for w in (way.no_exec, way.no_inspector, way.no_copy, way.no_debug) if w]
        )
    tried = "It would be looked at so" if len(steps) == 1 else "It would be tried in this order, until one works"
    lines = [f"{number}. {step}" for number, step in enumerate(steps, start=1)]
    text = "\n".join(
        [
            f"Nothing was looked at yet. {tried}:",
            *lines,
            "It reads every folder once, at low priority; the volume's users may feel it.",
        ]
    )
    meta = about.claim.meta
    asked = {"name": meta.name, "namespace": meta.namespace, "dry_run": "false"}
    if not (way.execs or way.inspector):
        asked |= {"way": "debug"} if way.debug else {"way": "snapshot"}
    button = Button("Look now", ACTION, asked)
    return page_about(about, f"Plan: look what is in {about.title}", [Text(text), button], "plan")


def unseen_page(
    about: About, why: str, todo: str, tried: Sequence[str] = (), refused: ClusterError | None = None
) -> Page:
    """Tell why nobody can look, and what would help."""
    said = why or (tried[-1] if tried else "there is no way to")
    if isinstance(refused, NotAllowed):
        said = "the runner lacks the right to look there"
    title = f"Nobody can look into {about.title}: {short(said, _SAID)}"
    lines = [*_todo(about, todo, refused), *(f"• {short(one, 300)}" for one in tried if one not in title)]
    return page_about(about, title, [Text(short("\n".join(lines), TEXT_LIMIT))], "unseen", Severity.LOW)


def _todo(about: About, todo: str, refused: ClusterError | None) -> list[str]:
    if isinstance(refused, NotAllowed):
        home, account = account_in(refused.message)
        command = role_command([about.claim.meta.namespace], ["contents"], account, home)
        return [f"*Do this:* allow it in that namespace alone, by a Role:\n```{command}```"]
    if not todo and refused and refused.remedy:
        says, _, command = refused.remedy.partition("\n")
        return [f"*Do this:* {short(says, 400)}" + (f"\n```{short(command, 1500)}```" if command else "")]
    return [f"*Do this:* {todo or _BY_HAND}"]


def _debug(way: Debug) -> str:
    user = f" as user {way.user}" if way.user is not None else ""
    return (
        f"from a container that is added to pod {code(way.pod)}{user}: it mounts the volume {code(way.volume)} read-only and "
        "ends by itself. *It stays listed in that pod until the pod goes:* Kubernetes takes none out again"
    )


def _copy(way: Copy) -> str:
    """Say what is made, and that it goes: it costs room, and the snapshot is one that others see for a while."""
    size, place = gib(way.size), code(way.claim.meta.namespace)
    made = (
        f"a snapshot (class {code(way.snapshot_class)}) and a claim of {size} from it (class {code(way.storage_class)})"
    )
    return (
        f"in a copy: {made}, both called {code(way.name)} in {place}, looked into by a pod of our own; all three are deleted "
        "after. The volume itself is not mounted"
    )


def _part(e: Exec) -> str:
    return f" (only the folder {code(e.sub_path)} of the volume)" if e.sub_path else ""


def _plan(way: Inspector) -> str:
    node = f" on node {code(way.node)}" if way.node else ""
    user = f", as user {way.user}" if way.user is not None else ""
    return f"{node}{user}: it mounts the claim read-only, tells what it saw in its log, and is deleted"
