"""A benchmark under way: begun, followed, and read when its pod has ended. Whoever comes next can go on with it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from robusta_volumes._analysis.benchmark_guards import IMAGE
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.state import State
from robusta_volumes._engines.benchmark_pod import CONTAINER
from robusta_volumes._engines.fio_read import read_measured
from robusta_volumes._model import kind as k
from robusta_volumes._model.benchmark import Ended, Measured, Run
from robusta_volumes._model.errors import ClusterError, Conflict, NotAllowed, NotFound
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.performance_settings import Benchmark
from robusta_volumes._model.plan import Step
from robusta_volumes._model.rights import allowing
from robusta_volumes._model.text import cited, plain
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.trial import read_as, written
from robusta_volumes._workflows.benchmark_sweep import WORD, is_ours, sweep
from robusta_volumes._workflows.pvc_snapshots_restore import last_warning
from robusta_volumes._workflows.volume_contents_pod import HOPELESS, OVER, waiting, why_ended, why_not_started

KEY = "performance.benchmark"
_PAUSE = 2.0  # seconds between two looks
_LATE = timedelta(minutes=2)  # after its deadline nobody waits for a pod any more: its node is gone
_AGAIN = "run it again"
_RIGHTS = (("create", k.POD), ("delete", k.POD), ("get", k.POD_LOG))
_CLAIM_RIGHTS = (("create", k.CLAIM), ("delete", k.CLAIM))
_REFUSED: Mapping[str, tuple[str, str]] = {
    "nofio": ("the image has no fio", f"set `benchmark.image` to one that has: {IMAGE}"),
    "space": ("less than three times the file is free ({} KiB)", "lower `benchmark.fileSize`, or give a larger size"),
    "full": ("its filesystem is {} % full: it may be the disk of a node", "make room, or raise `benchmark.mostFull`"),
    "pressure": (
        "its node waits for I/O {} % of the time: it would hurt, and be measured, too",
        "run it when it is quiet",
    ),
    "link": ("`.robusta-fio` is a link there, which is not followed", "see whose it is, and remove it"),
    "denied": ("user {} may not write there", "try the class instead of a claim: a new volume is given to that user"),
    "io": ("fio cannot write there in any way", "see what the application says of this volume: it may be read-only"),
}


@dataclass(frozen=True)
class Kit:
    """What it is done with. ``until``: seconds that one run follows it."""

    settings: Benchmark
    sleep: Callable[[float], None]
    until: float


def check_rights(cluster: Cluster, run: Run) -> None:
    """Raise NotAllowed: when something of it may not be made, read or deleted; then nothing is made that would stay."""
    for verb, kind in _RIGHTS if run.claim else (*_RIGHTS, *_CLAIM_RIGHTS):
        if not cluster.allowed(verb, kind, run.namespace):
            raise NotAllowed(
                f"the runner may not {verb} {kind.resource} in {plain(run.namespace)}, and nothing is made that would stay",
                allowing(kind, verb, run.namespace, word=WORD),
            )


def begin(
    cluster: Cluster, run: Run, steps: Sequence[Step], state: State, sleep: Callable[[float], None]
) -> tuple[ClusterError | None, tuple[str, ...]]:
    """Note the run, then make the claim and the pod. What is refused takes all of it back; gives also what would not go.

    Of several runners that begin at once one does: the note is the lock of all benchmarks.

    Raises ClusterError: when it cannot be noted, or another one is under way; then nothing is made.
    """
    other = False

    def note(there: dict[str, Any]) -> Mapping[str, Any]:
        nonlocal other
        other = bool(there.get("run"))
        return there if other else {"run": written(run)}

    state.update(KEY, note)
    if other:
        raise Conflict("another benchmark has begun just now", "Wait until it is over; one runs at a time.")
    for step in steps:
        (outcome,) = cluster.carry_out([step])
        if outcome.error:
            left = sweep(cluster, run, sleep).left
            put_away(state, run, left=left)
            return outcome.error, left
    return None, ()


def put_away(state: State, run: Run, *, left: Sequence[str]) -> None:
    """Forget a run that is over; what of it is ``left`` is remembered, so that the next one takes it away."""

    def note(there: dict[str, Any]) -> Mapping[str, Any]:
        if noted_run(there) != run:
            return there
        return {"run": written(run), "told": True} if left else {}

    state.update(KEY, note)


def noted_run(there: Mapping[str, Any]) -> Run | None:
    """Read the run that is under way, or that has left something."""
    return read_as(Run, there.get("run"))


def follow(cluster: Cluster, run: Run, kit: Kit) -> Ended | None:
    """Look until its pod has ended, or cannot; None: it goes on.

    Raises ClusterError: when the cluster does not answer; then the next one goes on.
    """
    waited = 0.0
    while True:
        try:
            pod = cluster.get(k.POD, run.name, run.namespace)
        except NotFound:
            return Ended(why="its pod is not there: it was interrupted, or somebody deleted it", todo=_AGAIN)
        if not is_ours(pod, run.id):
            return Ended(why=f"pod {run.name} is there, and this run has not made it", todo="see whose it is")
        if ended := _seen(cluster, run, pod, kit, waited):
            return replace(ended, node=str(at(pod, "spec", "nodeName") or run.node))
        if waited >= kit.until:
            return None
        kit.sleep(_PAUSE)
        waited += _PAUSE


def _seen(cluster: Cluster, run: Run, pod: Object, kit: Kit, waited: float) -> Ended | None:
    phase, (reason, words) = at(pod, "status", "phase"), waiting(pod)
    if phase in OVER:
        return _over(cluster, run, pod)
    if reason in HOPELESS:
        todo = "" if reason == "CreateContainerConfigError" else "see that `benchmark.image` can be pulled there"
        return Ended(why=f"its pod cannot start: {reason} {cited(words)}", todo=todo or _AGAIN)
    made = parse_time(at(pod, "metadata", "creationTimestamp"))
    age = max(waited, (cluster.now() - made).total_seconds() if made else 0.0)
    start = kit.settings.start_seconds
    if phase != "Running" and age >= start:
        why = f"its pod did not start within {start} s: {why_not_started(cluster, pod)}{_of_claim(cluster, run)}"
        return Ended(why=why, todo="remove what it waits for, or raise `benchmark.startSeconds`")
    deadline = at(pod, "spec", "activeDeadlineSeconds")
    if isinstance(deadline, int) and age > start + deadline + _LATE.total_seconds():
        node = plain(at(pod, "spec", "nodeName") or "unknown")
        return Ended(why=f"its pod did not end in time: node {node} seems to be gone", todo=_AGAIN)
    return None


def _of_claim(cluster: Cluster, run: Run) -> str:
    """Say what was last said of a claim that is not Bound; "" when nothing was."""
    with suppress(ClusterError):
        said = last_warning(cluster, read.claim(cluster.get(k.CLAIM, run.tried, run.namespace)))
        return f"; of its claim it is said: {cited(said, 300)}" if said else ""
    return ""


def _over(cluster: Cluster, run: Run, pod: Mapping[str, Any]) -> Ended:
    text = cluster.logs(Container(run.namespace, run.name, CONTAINER, WORD))
    found = read_measured(text)
    if found.refused:
        return _refused(found)
    if found.ran:
        return Ended(measured=found)
    ended = why_ended(pod) if at(pod, "status", "phase") == "Failed" else "it ended"
    said = f", and said {cited(found.said, 300)}" if found.said else ""
    return Ended(measured=found, why=f"fio gave no result: {plain(ended)}{said}", todo=_AGAIN)


def _refused(found: Measured) -> Ended:
    word, _, rest = found.refused.partition(" ")
    if rest == "unknown":
        return Ended(measured=found, why="how much is free there cannot be told", todo="try a class with a filesystem")
    why, todo = _REFUSED.get(word, (f"it did not begin: {plain(found.refused)}", _AGAIN))
    return Ended(measured=found, why=why.format(plain(rest, 40)), todo=todo)
