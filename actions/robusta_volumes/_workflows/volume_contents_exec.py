"""Look into a volume from a container that has it."""

import secrets
from contextlib import closing
from datetime import datetime

from robusta_volumes._cluster.cluster import Cluster, Process
from robusta_volumes._engines.contents_read import NOTHING, read_contents
from robusta_volumes._engines.contents_script import EXTRA_SECONDS, contents_command
from robusta_volumes._model.contents import Exec, Looked
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.text import code, quoted

NO_SHELL = "there is no shell in it"
_NO_SHELL = frozenset({126, 127})
_GRACE = 8  # seconds: the way there and back


def look_in_container(cluster: Cluster, way: Exec, old_before: datetime, seconds: int) -> Looked:
    """Look from a running container. Every command in it is bounded there: to stop listening would not stop it.

    Raises ClusterError: when it cannot even be started.
    """
    mark = new_mark()
    command = contents_command(way.path, mark, int(old_before.timestamp()), seconds)
    with closing(cluster.execute(Container(way.namespace, way.pod, way.container, "contents"), command)) as process:
        process.wait(seconds + EXTRA_SECONDS + _GRACE, f"\n{mark} done")
        looked = read_contents(process.out, mark)
        if looked.found or looked.why != NOTHING:
            return looked
        if has_no_shell(process):
            return Looked(why=NO_SHELL, todo=_by_hand(way))
        return Looked(why=silence(process))


def has_no_shell(process: Process) -> bool:
    """Tell whether a command could not start because the container has no shell."""
    return process.code in _NO_SHELL or "executable file not found" in process.why + process.err


def silence(process: Process) -> str:
    """Say how a command ended that told nothing."""
    return process.why or f"the command told nothing{_status(process.code)}"


def _by_hand(way: Exec) -> str:
    """Say how a person sees the volume of a container that has no shell: from one beside it, through its process."""
    names = f"-n {quoted(way.namespace)} {quoted(way.pod)} --target={quoted(way.container)}"
    start = code(f"kubectl debug -it {names} --image=busybox --profile=general")
    return (
        f"look by hand from a debug container: {start}, then {code('du -xk -d 2 ' + quoted(f'/proc/1/root{way.path}'))}"
    )


def new_mark() -> str:
    """Make the word that begins each line of ours."""
    return f"v{secrets.token_hex(10)}"


def _status(code: int | None) -> str:
    return "" if code is None else f", exit status {code}"
