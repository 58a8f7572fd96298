"""Look at a volume's I/O from a container that has it."""

from contextlib import closing
from dataclasses import replace

from robusta_volumes._analysis.io_probe import measured
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._engines.io_probe_read import NOTHING, read_probe
from robusta_volumes._engines.io_probe_script import END, EXTRA_SECONDS, MOST, probe_command
from robusta_volumes._model.contents import Exec
from robusta_volumes._model.errors import ClusterError, NotAllowed
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.io_probe import Heard
from robusta_volumes._model.io_probe_row import ProbeRow
from robusta_volumes._model.text import code, plain, quoted
from robusta_volumes._workflows.volume_contents_exec import NO_SHELL, has_no_shell, silence

_GRACE = 8  # seconds: the way there and back


def probe_in_container(cluster: Cluster, row: ProbeRow, way: Exec, seconds: int) -> ProbeRow:
    """Add to a row what one container tells, or why it tells nothing."""
    where = f"pod {plain(way.pod)}, container {plain(way.container)}"
    try:
        heard = _asked(cluster, way, seconds, way.path if row.look.block else "")
    except ClusterError as error:
        refused = (*row.refused, error) if isinstance(error, NotAllowed) else row.refused
        return replace(
            row, tried=(*row.tried, f"{where}: {plain(error.message)}"), refused=refused, todo=error.remedy or row.todo
        )
    if heard.probed is None:
        return replace(row, tried=(*row.tried, f"{where}: {plain(heard.why)}"), todo=heard.todo or row.todo)
    io = measured(heard.probed, way.path, block=row.look.block)
    seen = f"pod {code(way.pod)}, container {code(way.container)}"
    return replace(
        row, io=io, way=seen, pod=way.pod, container=way.container, raw=heard.probed.raw, todo=io.todo or row.todo
    )


def _asked(cluster: Cluster, way: Exec, seconds: int, device: str) -> Heard:
    """Run the command. It is bounded in the container: to stop listening would not stop it.

    Raises ClusterError: when it cannot even be started.
    """
    where = Container(way.namespace, way.pod, way.container, "probe")
    with closing(cluster.execute(where, probe_command(seconds, device), MOST)) as process:
        process.wait(seconds + EXTRA_SECONDS + _GRACE, f"\n{END}")
        heard = read_probe(process.out)
        if heard.probed or heard.why != NOTHING:
            return heard
        if has_no_shell(process):
            return Heard(why=NO_SHELL, todo=_by_hand(way, seconds))
        return Heard(why=silence(process))


def _by_hand(way: Exec, seconds: int) -> str:
    """Say how a person looks who may add a container: the counters of devices are those of the whole node."""
    names = f"-n {quoted(way.namespace)} {quoted(way.pod)} --target={quoted(way.container)}"
    script = f"grep -F {quoted(way.path)} /proc/1/mountinfo; cat /proc/diskstats; sleep {seconds}; cat /proc/diskstats"
    return (
        "look by hand from a debug container, which stays listed in the pod until the pod goes: "
        f"{code(f'kubectl debug -it {names} --image=busybox --profile=general -- sh -c {quoted(script)}')}"
    )
