"""Run the data analysis: a report that asks Robusta's own Prometheus besides the cluster."""

from collections.abc import Callable

from robusta.api import ExecutionBaseEvent

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.kubelet_metrics import KubeletMetrics
from robusta_volumes._host.params import TargetParams
from robusta_volumes._host.prometheus import prometheus_metrics
from robusta_volumes._host.run import BUDGET, run_report
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.target import Target
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.data_metrics import Ask, asking

KEY = "persistentDataAnalysis"
_SHARE = 0.6  # of a run's time for metrics: the rest is for the cluster and for the connection
DataReport = Callable[[Cluster, Target, PersistentDataAnalysis, Ask], Page]


def run_data(event: ExecutionBaseEvent, params: TargetParams, report: DataReport) -> None:
    """Run the report for one event and publish it."""

    def look(cluster: Cluster, target: Target, settings: PersistentDataAnalysis) -> Page:
        seconds = min(settings.metrics_seconds, BUDGET[target.trigger] * _SHARE)
        ask = asking(
            lambda: prometheus_metrics(seconds, settings.batch_size),
            target,
            settings,
            lambda nodes: KubeletMetrics(cluster, nodes, seconds / 2),
        )
        return report(cluster, target, settings, ask)

    run_report(event, params, KEY, look)
