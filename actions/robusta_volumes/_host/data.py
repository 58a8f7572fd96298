"""Run the data analysis: a report that asks Robusta's own Prometheus besides the cluster."""

from collections.abc import Callable
from typing import Any

from robusta.api import ExecutionBaseEvent

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._host.params import TargetParams
from robusta_volumes._host.run import run_report
from robusta_volumes._model.errors import Unavailable
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.target import Target
from robusta_volumes._model.usage import Measured
from robusta_volumes._report.page import Page

KEY = "persistentDataAnalysis"
DataReport = Callable[[Cluster, Target, Any, Callable[[Inventory], Measured]], Page]


def run_data(event: ExecutionBaseEvent, params: TargetParams, report: DataReport) -> None:
    """Run the report for one event and publish it."""

    def ask(_: Inventory) -> Measured:
        raise Unavailable("this version asks no Prometheus yet", "set `includeMetrics: false`")

    run_report(event, params, KEY, lambda cluster, target, settings: report(cluster, target, settings, ask))
