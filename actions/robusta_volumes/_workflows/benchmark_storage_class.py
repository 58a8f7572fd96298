"""Try a storage class with fio, on a claim made for it: planned, begun, followed, told, and taken away again.

One at a time in a cluster, noted in the state. A run that is not over when its time is up goes on in its pod, and whoever runs
the action next tells the result; what a run left that died the next one removes, by its labels.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from robusta_volumes._analysis.benchmark_compare import comparable, compared, figures_of, key_of, last_of, with_run
from robusta_volumes._analysis.benchmark_plan import decide, run_of
from robusta_volumes._analysis.benchmark_verdict import verdict
from robusta_volumes._analysis.benchmark_wanted import Wanted
from robusta_volumes._analysis.decision import Decision
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.read_holders import holders_of
from robusta_volumes._cluster.state import State
from robusta_volumes._engines.benchmark_pod import NOBODY, benchmark_claim, benchmark_pod, run_name
from robusta_volumes._engines.fio_job import most_written
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import check_given
from robusta_volumes._model.asked_benchmark import BenchmarkStorageClass
from robusta_volumes._model.benchmark import Ended, Measured, Run
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotFound, Unavailable
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.plan import Create, Step
from robusta_volumes._model.quantity import as_quantity
from robusta_volumes._report.benchmark_storage_class import Beside, act_of, nothing_page, result_page, running_page
from robusta_volumes._report.changes import Act, failed_page, plan_page, refused_page
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._workflows.benchmark_busy import AskIo, busy, declared
from robusta_volumes._workflows.benchmark_run import KEY, Kit, begin, check_rights, follow, noted_run, put_away
from robusta_volumes._workflows.benchmark_sweep import WORD, sweep, sweep_old
from robusta_volumes._workflows.volume_backups_verify import own_user

LAST = "performance.benchmarks"  # in the state: figures of the last runs, to compare with
FOLLOW = 200.0  # seconds that one run of the action follows it; the rest is for looking before, and cleaning up after
_KINDS = (k.STORAGE_CLASS, k.CLAIM, k.VOLUME, k.NODE, k.QUOTA, k.LIMIT_RANGE)


class Tools(NamedTuple):
    """What a benchmark is done with. ``home``: Robusta's own namespace."""

    home: str
    sleep: Callable[[float], None] = time.sleep
    follow: float = FOLLOW
    ask: AskIo | None = None  # asks metrics about I/O; None: there is nobody to ask


def benchmark_storage_class(
    cluster: Cluster, asked: BenchmarkStorageClass, settings: VolumePerformanceAnalysis, state: State, tools: Tools
) -> Page:
    """Go on with what is under way; else plan a benchmark, or run it.

    Raises SettingsError: when a param is missing. ClusterError: when the cluster does not answer, or something is not allowed.
    """
    if page := _under_way(cluster, settings, state, tools):
        return page
    if asked.claim:
        check_given(asked, "namespace")
    try:
        wanted = _wanted(cluster, asked, settings, tools)
    except NotFound:
        known = [str(at(o, "metadata", "name")) for o in cluster.find(k.CLAIM, asked.namespace)]
        return missing_page(Subject(k.CLAIM.name, asked.claim, asked.namespace), "Claim", known, asked=True)
    run, found = _planned(wanted)
    act = act_of(run, as_quantity(asked.size.amount) if asked.size else "")
    if found.refusals:
        return refused_page(act, found)
    if asked.dry_run:
        return plan_page(act, found)
    check_rights(cluster, run)
    error, left = begin(cluster, run, found.steps, state, tools.sleep)
    if error is None:
        return _go_on(cluster, run, settings, state, tools)
    return _not_begun(act, error, left)


def benchmark_tick(cluster: Cluster, settings: VolumePerformanceAnalysis, state: State, tools: Tools) -> list[Page]:
    """Tell the result of a benchmark that is over, and remove what those left that died; nothing is begun.

    Raises ClusterError: when the cluster does not answer.
    """
    noted = state.read(KEY)
    run = noted_run(noted)
    if run and not noted.get("told"):
        page = _ended(cluster, run, settings, state, tools)
        return [page] if page else []
    _under_way(cluster, settings, state, tools)  # what would not go was told: now it may
    sweep_old(cluster, tools.home)
    return []


def _under_way(cluster: Cluster, settings: VolumePerformanceAnalysis, state: State, tools: Tools) -> Page | None:
    """Go on with what is noted; None where nothing is, or what was left of it is gone now."""
    noted = state.read(KEY)
    run = noted_run(noted)
    if run is None:
        return None
    if not noted.get("told"):
        return _go_on(cluster, run, settings, state, tools)
    if left := sweep(cluster, run, tools.sleep).left:
        why = "what an earlier benchmark has made would not go"
        return nothing_page(run, Ended(why=why, todo="let the runner delete it, or do it by hand", left=left))
    put_away(state, run, left=())
    return None


def _not_begun(act: Act, error: ClusterError, left: tuple[str, ...]) -> Page:
    """Say what refused it. Raises ClusterError: when a permission lacks, or nobody knows what was made."""
    if left:
        error.message += f". Left behind: {', '.join(left)}"
    if isinstance(error, NotAllowed | Unavailable):
        raise error
    return failed_page(act, error)


def _wanted(
    cluster: Cluster, asked: BenchmarkStorageClass, settings: VolumePerformanceAnalysis, tools: Tools
) -> Wanted:
    """Look at what is needed to decide.

    Raises ClusterError: when the claim or the pods cannot be read.
    """
    namespace = asked.namespace or tools.home
    others = sweep_old(cluster, namespace) if not asked.dry_run else ()
    see = gather(cluster, namespace=namespace, kinds=_KINDS)
    wanted = Wanted(asked, settings.benchmark, namespace, see, others=others, own_user=own_user(cluster, namespace))
    if not asked.claim:
        return wanted
    claim = read.claim(cluster.get(k.CLAIM, asked.claim, namespace))
    attached, ios = _attached(cluster, claim.volume_name), busy(cluster, claim.meta.key, settings, tools.ask)
    return replace(wanted, claim=claim, holders=holders_of(cluster, claim), attached=attached, ios=ios)


def _attached(cluster: Cluster, volume: str) -> str:
    try:
        found = cluster.find(k.ATTACHMENT, slim=read.attachment)
    except ClusterError:
        return ""
    return next((a.node for a in found if a.volume_name == volume and a.attached), "")


def _planned(wanted: Wanted) -> tuple[Run, Decision]:
    place = wanted.node or wanted.asked.zone
    run = run_of(wanted, run_name(wanted.namespace, wanted.class_name, wanted.asked.claim, place))
    plan, settings = wanted.plan, wanted.settings
    users = [h.user for h in wanted.holders if h.user]
    groups = tuple(dict.fromkeys(h.group for h in wanted.holders if h.group is not None))
    user = (users[0] if users else NOBODY) if wanted.own_user else None
    pod = benchmark_pod(run, plan, settings.image, settings.pull_secrets, user=user, groups=groups)
    steps: list[Step] = [Create(pod, "runs fio in it, and is deleted after", WORD)]
    if not run.claim:
        steps.insert(0, Create(benchmark_claim(run), "is tried, and deleted after", WORD))
    return run, decide(wanted, run, most_written(plan), steps)


def _go_on(cluster: Cluster, run: Run, settings: VolumePerformanceAnalysis, state: State, tools: Tools) -> Page:
    return _ended(cluster, run, settings, state, tools) or running_page(run, cluster.now())


def _ended(cluster: Cluster, run: Run, settings: VolumePerformanceAnalysis, state: State, tools: Tools) -> Page | None:
    """Follow it; when it is over keep its figures, take all away, and only then forget it. None: it goes on."""
    ended = follow(cluster, run, Kit(settings.benchmark, tools.sleep, tools.follow))
    if ended is None:
        return None
    limits = (
        declared(cluster, (run.namespace, run.tried), ended.node, settings)
        if ended.measured and ended.measured.ran
        else None
    )
    beside = _kept(state, run, ended, cluster) if ended.measured and ended.measured.ran else None
    swept = sweep(cluster, run, tools.sleep)
    ended = replace(ended, left=swept.left, stays=swept.stays)
    put_away(state, run, left=swept.left)
    if beside is None or ended.measured is None:
        return nothing_page(run, ended)
    beside = replace(beside, declared=limits)
    said = verdict(run, ended.measured, limits, beside.changes, settings.limits)
    return result_page(run, ended, ended.measured, said, beside, cluster.now())


def _kept(state: State, run: Run, ended: Ended, cluster: Cluster) -> Beside:
    """Keep the figures, and put them beside those of the last run of the same."""
    key, found = key_of(run), ended.measured or Measured()
    now = figures_of(run, found, ended.node, cluster.now())
    before = last_of(state.read(LAST), key)
    state.update(LAST, lambda there: with_run(there, key, now))
    return Beside(None, before, compared(before, now), comparable(before, now))
