"""Run the performance analysis: a report that asks Robusta's own Prometheus besides the cluster."""

from collections.abc import Callable, Collection, Mapping
from functools import cache

from robusta.api import ExecutionBaseEvent

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.metric_batches import in_namespaces
from robusta_volumes._host.params import TargetParams
from robusta_volumes._host.prometheus import io_metrics, prometheus_metrics
from robusta_volumes._host.run import BUDGET, run_report
from robusta_volumes._model.io_scope import IoScope
from robusta_volumes._model.io_series import IoMeasured, IoWindow
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.target import Target
from robusta_volumes._model.usage import Key, Use
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.io_ask import Ask, Fill

KEY = "volumePerformanceAnalysis"
_SHARE = 0.6  # of a run's time for metrics: the rest is for the cluster and for the connection
PerformanceReport = Callable[[Cluster, Target, VolumePerformanceAnalysis, Ask, Fill], Page]


def run_performance(event: ExecutionBaseEvent, params: TargetParams, report: PerformanceReport) -> None:
    """Run the report for one event and publish it."""

    def look(cluster: Cluster, target: Target, settings: VolumePerformanceAnalysis) -> Page:
        seconds = min(settings.metrics_seconds, BUDGET[target.trigger] * _SHARE)
        connect = cache(lambda: io_metrics(seconds))  # once: the second look has what is left of the time

        def ask(scope: IoScope, window: IoWindow) -> IoMeasured:
            return connect().read(scope, window)

        def fill(claims: Collection[Key]) -> Mapping[Key, Use]:
            return prometheus_metrics(seconds / 4).now(in_namespaces(claims))

        return report(cluster, target, settings, ask, fill)

    run_report(event, params, KEY, look)
