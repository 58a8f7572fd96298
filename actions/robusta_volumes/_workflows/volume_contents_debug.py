"""Look into a volume from a container that is added to a pod which has it, for images without a shell.

Kubernetes never takes such a container out of its pod again: it has ended, but it stands there until the pod goes. So this is
done only for who asks for it, and said each time.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from robusta_volumes._analysis.contents_ladder import debug_of
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at, block, blocks
from robusta_volumes._engines.contents_read import read_contents
from robusta_volumes._engines.contents_script import EXTRA_SECONDS, contents_command
from robusta_volumes._engines.inspector_pod import DEBUG, PATH, debug_container
from robusta_volumes._model.contents import Debug, Looked
from robusta_volumes._model.errors import Conflict
from robusta_volumes._model.holder import Holder
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.kind import POD, POD_EPHEMERAL, POD_LOG
from robusta_volumes._model.plan import Patch
from robusta_volumes._model.rights import role_command
from robusta_volumes._model.text import cited, code, plain
from robusta_volumes._workflows.volume_contents_exec import new_mark
from robusta_volumes._workflows.volume_contents_pod import HOPELESS, PAUSE, Kit

_RIGHTS = (("patch", POD_EPHEMERAL), ("get", POD_LOG))
_WORDS = ("contents", "debug")
_IMAGE = (
    "set `contents.image` to an image with `sh`, `find`, `stat` and `awk` that this pod can pull with its own Secrets; "
    "`contents.pullSecrets` do not count here"
)
_ENDED = "run it again; the container ends by itself and stays listed in the pod"


def debug_in(
    cluster: Cluster, namespace: str, holders: Sequence[Holder], lost: set[str], *, own_user: bool
) -> Debug | Looked:
    """Choose the pod, or say why there is none, or what right lacks. Nothing is changed."""
    found = debug_of(holders, lost=lost, own_user=own_user)
    if isinstance(found, str):
        return Looked(why=found)
    for verb, kind in _RIGHTS:
        if not cluster.allowed(verb, kind, namespace):
            why = f"the runner may not {verb} {kind.resource} in {plain(namespace)}"
            return Looked(why=why, todo=f"allow it in that namespace alone: {code(role_command([namespace], _WORDS))}")
    return found


def look_with_debug(
    cluster: Cluster, way: Debug, kit: Kit, old_before: datetime, sleep: Callable[[float], None]
) -> Looked:
    """Add the container, wait until it has ended, read what it wrote.

    Raises ClusterError: when it cannot be added, or the pod cannot be read any more.
    """
    pod = cluster.get(POD, way.pod, way.namespace)
    there = blocks(pod, "spec", "ephemeralContainers")
    names = [str(c.get("name")) for c in there]
    mine = [name for name in names if name.startswith(DEBUG)]
    if any(not _state(pod, name).get("terminated") for name in mine):
        return Looked(why="another run looks from that pod just now", todo="run it again in a minute")
    name = next(n for i in range(1, len(names) + 2) if (n := f"{DEBUG}{i}") not in names)
    mark = new_mark()
    command = contents_command(PATH, mark, int(old_before.timestamp()), kit.seconds)
    added = [*there, debug_container(way, name, kit.image, command)]
    version = str(at(pod, "metadata", "resourceVersion") or "")
    changes = {"spec": {"ephemeralContainers": added}}
    (done,) = cluster.carry_out(
        [Patch(POD_EPHEMERAL, way.pod, way.namespace, changes, "looks into a volume of that pod", version)]
    )
    if isinstance(done.error, Conflict):
        return Looked(why="the pod changed meanwhile", todo="run it again; nothing was added")
    if done.error:
        raise done.error
    waited = _wait(cluster, way, name, kit, sleep)
    looked = read_contents(cluster.logs(Container(way.namespace, way.pod, name)), mark) if not waited.why else waited
    return looked if looked.found or not waited.why else waited


def _wait(cluster: Cluster, way: Debug, name: str, kit: Kit, sleep: Callable[[float], None]) -> Looked:
    """Wait until it has ended; say why it has not."""
    waited, most = 0.0, kit.start + kit.seconds + EXTRA_SECONDS
    while True:
        state = _state(cluster.get(POD, way.pod, way.namespace), name)
        if at(state, "terminated") is not None:
            return Looked()
        reason, words = at(state, "waiting", "reason") or "", at(state, "waiting", "message") or ""
        if reason in HOPELESS:
            return Looked(why=f"it cannot start: {plain(reason)} {cited(words)}", todo=_IMAGE)
        if at(state, "running") is None and waited >= kit.start:
            said = f": {plain(reason)} {cited(words)}" if reason or words else ""
            return Looked(why=f"it did not start within {kit.start} s{said}", todo=_ENDED)
        if waited >= most:
            return Looked(why=f"it did not end within {most} s", todo=_ENDED)
        sleep(PAUSE)
        waited += PAUSE


def _state(pod: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    statuses = blocks(pod, "status", "ephemeralContainerStatuses")
    return next((block(s, "state") for s in statuses if s.get("name") == name), {})
