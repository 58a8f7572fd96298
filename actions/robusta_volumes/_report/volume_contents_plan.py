"""How a volume would be looked into; or why nobody can, and what would help."""

from collections.abc import Sequence

from robusta_volumes._model.contents import Copy, Debug, Exec, Inspector, Ways
from robusta_volumes._model.errors import ClusterError, NotAllowed
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.rights import account_in, role_command
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, plain
from robusta_volumes._report.page import Button, Page, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.volume_contents import ACTION, About, page_about

_SAID = 120  # characters of a reason in a title; all of it is in the text
A_COPY, ADDED = "a copy: ", "an added container: "  # how a reason begins, by the way that was in vain
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
            _felt(way),
        ]
    )
    meta = about.claim.meta
    asked = {"name": meta.name, "namespace": meta.namespace, "dry_run": "false"}
    if not (way.execs or way.inspector):
        asked |= {"way": "debug"} if way.debug else {"way": "snapshot"}
    button = Button("Look now", ACTION, asked)
    return page_about(about, _titled(about, way), [Text(text), button], "plan")


def _titled(about: About, way: Ways) -> str:
    """Say in the title what is not the usual way."""
    if way.execs or way.inspector:
        return f"Plan: look what is in {about.title}"
    if way.debug:
        return f"Plan: look what is in {about.title}, from a container added to pod {plain(way.debug.pod)}"
    return f"Plan: look what is in a copy of {about.title}"


def _felt(way: Ways) -> str:
    if way.copy and not (way.execs or way.inspector):
        return "It reads every folder of the copy once; the volume's users feel no more than the snapshot."
    return "It reads every folder once, at low priority; the volume's users may feel it."


def unseen_page(
    about: About, why: str, todo: str, tried: Sequence[str] = (), refused: ClusterError | None = None
) -> Page:
    """Tell why nobody can look, and what would help."""
    said = why or (tried[-1] if tried else "there is no way to")
    if isinstance(refused, NotAllowed):
        said = "the runner lacks the right to look there"
    what, reason = about.title, said
    if len(tried) == 1 and said.startswith(A_COPY):
        what, reason = f"a copy of {about.title}", said.removeprefix(A_COPY)
    if len(tried) == 1 and said.startswith(ADDED):
        what, reason = f"{about.title} from an added container", said.removeprefix(ADDED)
    title = f"Nobody can look into {what}: {short(reason, _SAID)}"
    more = [one for one in tried if one not in title and (one != said or reason not in title)]
    lines = [*_todo(about, todo, refused), *(f"• {short(one, 300)}" for one in more)]
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
        f"in a copy: {made}, looked into by a pod of our own. All three are called {code(way.name)} in {place}, and are deleted "
        "after; the volume itself is not mounted"
    )


def _part(e: Exec) -> str:
    return f" (only the folder {code(e.sub_path)} of the volume)" if e.sub_path else ""


def _plan(way: Inspector) -> str:
    node = f" on node {code(way.node)}" if way.node else ""
    user = f", as user {way.user}" if way.user is not None else ""
    return f"{node}{user}: it mounts the claim read-only, tells what it saw in its log, and is deleted"
