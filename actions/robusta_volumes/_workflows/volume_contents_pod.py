"""Look into a volume with a pod of our own, and leave nothing behind: not even when this run dies in the middle.

Its name is the lock of its claim. It ends by itself, is deleted by whoever made it, and what a dead run left is deleted by
the next one.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at, blocks
from robusta_volumes._engines.contents_read import read_contents
from robusta_volumes._engines.contents_script import EXTRA_SECONDS, contents_command
from robusta_volumes._engines.inspector_pod import CONTAINER, PATH, inspector_name, inspector_pod
from robusta_volumes._model.contents import Inspector, Looked
from robusta_volumes._model.errors import AlreadyExists, ClusterError, NotAllowed, NotFound, Unavailable
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.kind import EVENT, POD
from robusta_volumes._model.ours import INSPECTS, MANAGED_BY, OURS
from robusta_volumes._model.plan import Create, Delete, Outcome
from robusta_volumes._model.rights import allowing
from robusta_volumes._model.text import cited, count, plain
from robusta_volumes._model.times import parse_time
from robusta_volumes._workflows.volume_contents_exec import new_mark

PAUSE = 1.0  # seconds between two looks at the pod
_LATE = timedelta(seconds=60)  # after its deadline, or its end, nobody reads it any more
OVER = frozenset({"Succeeded", "Failed"})
HOPELESS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError"}
)
_IMAGE = (
    "set `contents.image` to an image with `sh`, `find`, `stat` and `awk` that the nodes can pull (busybox will do), and "
    "`contents.pullSecrets` if it needs one"
)
_ROOM = "remove what it waits for, and run it again; the pod is deleted"
_AGAIN = "run it again; the pod is deleted"
MINE = f"{MANAGED_BY}={OURS},{INSPECTS}"


@dataclass(frozen=True)
class Kit:
    """What the pod is made with."""

    image: str
    pull_secrets: tuple[str, ...]
    seconds: int
    most: int  # such pods at once, of all that may be listed
    start: int = 45  # seconds until it must run: an image to pull, a volume to attach


def look_with_pod(
    cluster: Cluster, way: Inspector, kit: Kit, old_before: datetime, sleep: Callable[[float], None]
) -> Looked:
    """Make the pod, wait for it, read its log, delete it.

    Raises ClusterError: when it cannot be made or read.
    """
    if not cluster.allowed("delete", POD, way.namespace):  # else it would stay
        raise NotAllowed(
            f"the runner may not delete pods in {plain(way.namespace)}, and none is made that would stay",
            allowing(POD, "delete", way.namespace, word=way.allow),
        )
    if busy := full(cluster, way.namespace, kit.most):
        return busy
    mark = new_mark()
    command = contents_command(PATH, mark, int(old_before.timestamp()), kit.seconds)
    deadline = kit.start + kit.seconds + EXTRA_SECONDS + 30
    manifest = inspector_pod(way, kit.image, kit.pull_secrets, command, deadline)
    (made,) = cluster.carry_out([Create(manifest, "looks into a volume", way.allow)])
    if isinstance(made.error, AlreadyExists):
        return Looked(why="another run looks into it just now; run it again in a minute", busy=True)
    if made.error and not isinstance(made.error, Unavailable):
        raise made.error
    try:
        looked = _read(cluster, way, kit, mark, made, sleep)
    except BaseException:
        _remove(cluster, way)
        raise
    return replace(looked, left=_remove(cluster, way))


def _read(
    cluster: Cluster, way: Inspector, kit: Kit, mark: str, made: Outcome, sleep: Callable[[float], None]
) -> Looked:
    """Wait until the pod has ended, and read what it wrote."""
    if made.error:  # nobody knows whether it was made: then it is deleted all the same
        raise made.error
    waited = wait_for(cluster, way, kit, sleep)
    looked = read_contents(_log(cluster, way), mark)
    return looked if looked.found or not waited.why else waited


def _remove(cluster: Cluster, way: Inspector) -> tuple[str, ...]:
    """Delete the pod; name it when it stays. It ends by itself, and the next run deletes it."""
    name = inspector_name(way)
    error: ClusterError | None
    try:
        error = _delete(cluster, cluster.get(POD, name, way.namespace)).error
    except ClusterError as unseen:
        error = unseen
    if error is None or isinstance(error, NotFound):
        return ()
    return (f"{POD.name} {plain(way.namespace)}/{name} (it ends by itself, and the next run removes it)",)


def full(cluster: Cluster, namespace: str, most: int) -> Looked | None:
    """Say that so many pods of ours are at work that no further one is made."""
    working, where = sweep(cluster, namespace)
    if working < most:
        return None
    others = f"{count(working, 'pod')} of ours {'looks' if working == 1 else 'look'} into volumes {where} just now"
    todo = "run it again in a minute, or raise `contents.podsAtOnce`"
    return Looked(why=f"{others}, and at most {most} may", todo=todo, busy=True)


def sweep(cluster: Cluster, namespace: str) -> tuple[int, str]:
    """Delete what runs that died have left, and tell how many are at work, and where that was counted."""
    where = "of the cluster"
    try:
        found = cluster.find(POD, labels=MINE)
    except NotAllowed:
        found, where = cluster.find(POD, namespace, labels=MINE), f"of namespace {plain(namespace)}"
    alive = [pod for pod in found if not _left(pod, cluster.now())]
    for pod in found:
        if _left(pod, cluster.now()):
            _delete(cluster, pod)
    return sum(at(pod, "status", "phase") not in OVER for pod in alive), where


def _left(pod: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether nobody waits for a pod of ours any more."""
    made = parse_time(at(pod, "metadata", "creationTimestamp"))
    deadline = at(pod, "spec", "activeDeadlineSeconds")
    ends = [
        parse_time(at(s, "state", "terminated", "finishedAt")) for s in blocks(pod.get("status"), "containerStatuses")
    ]
    ended = [end for end in ends if end]
    if ended and at(pod, "status", "phase") in OVER and now > max(ended) + _LATE:
        return True
    return bool(made and isinstance(deadline, int) and now > made + timedelta(seconds=deadline) + _LATE)


def _delete(cluster: Cluster, pod: Mapping[str, Any]) -> Outcome:
    meta = pod["metadata"]
    (done,) = cluster.carry_out(
        [Delete(POD, meta["name"], meta["namespace"], "it has told what it saw", uid=meta["uid"])]
    )
    return done


def wait_for(cluster: Cluster, way: Inspector, kit: Kit, sleep: Callable[[float], None]) -> Looked:
    """Wait until the pod has ended; say why it has not.

    Raises ClusterError: when it cannot be read.
    """
    waited, most = 0.0, kit.start + kit.seconds + EXTRA_SECONDS
    while True:
        pod = cluster.get(POD, inspector_name(way), way.namespace)
        phase, (reason, words) = at(pod, "status", "phase"), waiting(pod)
        if phase in OVER:
            return Looked(why="" if phase == "Succeeded" else f"it failed: {cited(why_ended(pod))}", todo=_AGAIN)
        if reason in HOPELESS:
            todo = "" if reason == "CreateContainerConfigError" else _IMAGE
            return Looked(why=f"it cannot start: {reason} {cited(words)}", todo=todo)
        if phase != "Running" and waited >= kit.start:
            return Looked(why=f"it did not start within {kit.start} s: {why_not_started(cluster, pod)}", todo=_ROOM)
        if waited >= most:
            return Looked(why=f"it did not end within {most} s", todo=_AGAIN)
        sleep(PAUSE)
        waited += PAUSE


def waiting(pod: Mapping[str, Any]) -> tuple[str, str]:
    """Give the reason and the message of a container that cannot start; empty where none waits."""
    for status in blocks(pod.get("status"), "containerStatuses"):
        waiting = at(status, "state", "waiting")
        if isinstance(waiting, Mapping):
            return str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    return "", ""


def why_ended(pod: Mapping[str, Any]) -> str:
    """Say in a word why it failed."""
    ended = [at(s, "state", "terminated", "reason") for s in blocks(pod.get("status"), "containerStatuses")]
    return str(
        at(pod, "status", "reason") or next((e for e in ended if e), "") or at(pod, "status", "message") or "Failed"
    )


def why_not_started(cluster: Cluster, pod: Mapping[str, Any]) -> str:
    """Say what it waits for: the scheduler's words, else the newest warning about it."""
    for condition in blocks(pod.get("status"), "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return cited(condition.get("message") or condition.get("reason") or "not scheduled")
    warnings: list[Object] = []
    with suppress(ClusterError):
        meta = pod["metadata"]
        fields = f"involvedObject.name={meta['name']}"
        warnings = [o for o in cluster.find(EVENT, meta["namespace"], fields=fields) if o.get("type") == "Warning"]
    if warnings:
        newest = max(warnings, key=lambda o: str(o.get("lastTimestamp") or o.get("eventTime") or ""))
        return f"{newest.get('reason')} {cited(newest.get('message') or '')}"
    return waiting(pod)[0] or "no reason is given"


def _log(cluster: Cluster, way: Inspector) -> str:
    with suppress(NotFound):
        return cluster.logs(Container(way.namespace, inspector_name(way), CONTAINER, way.allow))
    return ""
