"""Run a benchmark of a storage class: one at a time, with the time that it may take."""

import threading
from typing import Any

from robusta.api import ExecutionBaseEvent
from robusta.core.model.env_vars import INSTALLATION_NAMESPACE

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.state import State
from robusta_volumes._host.change import run_change
from robusta_volumes._host.params import TargetParams
from robusta_volumes._host.prometheus import io_metrics
from robusta_volumes._host.run import trigger_of
from robusta_volumes._host.tick import run_tick
from robusta_volumes._model.asked_benchmark import BenchmarkStorageClass
from robusta_volumes._model.io_scope import IoScope
from robusta_volumes._model.io_series import IoMeasured, IoWindow
from robusta_volumes._model.kind import STORAGE_CLASS
from robusta_volumes._model.target import Trigger
from robusta_volumes._report.benchmark_storage_class import ACTION
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.benchmark_storage_class import Tools, benchmark_storage_class, benchmark_tick

_KEY = "volumePerformanceAnalysis"
_MORE = 150.0  # seconds beyond the usual: with them a run ends before Robusta gives an action up
_METRICS = 20.0  # seconds for how busy an existing claim is
_one = threading.Lock()  # two that follow the same run would both take it away


def run_benchmark(event: ExecutionBaseEvent, params: TargetParams) -> None:
    """Try one class, or go on with what is under way; on a schedule only the latter, and what died is taken away."""
    if trigger_of(event) == Trigger.SCHEDULE:
        run_tick(event, params, _KEY, _tick)
        return
    asked = BenchmarkStorageClass()
    run_change(event, params, _KEY, ACTION, asked, _run, STORAGE_CLASS.name, more=lambda _: _MORE)


def _run(cluster: Cluster, asked: BenchmarkStorageClass, settings: Any) -> Page:
    with _one:
        state = State(cluster, INSTALLATION_NAMESPACE)
        return benchmark_storage_class(cluster, asked, settings, state, Tools(INSTALLATION_NAMESPACE, ask=_ask))


def _tick(cluster: Cluster, settings: Any, state: State) -> list[Page]:
    if not _one.acquire(blocking=False):
        return []  # somebody follows it, and tells its result
    try:
        return benchmark_tick(cluster, settings, state, Tools(INSTALLATION_NAMESPACE, follow=0.0))
    finally:
        _one.release()


def _ask(scope: IoScope, window: IoWindow) -> IoMeasured:
    return io_metrics(_METRICS).read(scope, window)
