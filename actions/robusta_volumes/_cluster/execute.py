"""Run a command in a container to its end, within a time that holds in the container too."""

from collections.abc import Sequence
from contextlib import closing

from robusta_volumes._cluster.cluster import MOST_OUTPUT, Cluster
from robusta_volumes._model.in_pod import Container, Ran, came_of, limited

_GRACE = 8  # seconds beyond the command's own: two until it is killed, and the way there and back


def run(cluster: Cluster, where: Container, command: Sequence[str], seconds: int, most: int = MOST_OUTPUT) -> Ran:
    """Give what came of it.

    Raises ClusterError: when it cannot even be started. The container needs /bin/sh and sleep.
    """
    with closing(cluster.execute(where, limited(command, seconds), most)) as process:
        process.wait(seconds + _GRACE)
        return Ran(process.code, process.out, process.err, came_of(process.code, process.why, seconds))
