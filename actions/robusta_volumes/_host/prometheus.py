"""The Prometheus that Robusta is configured for, whatever its provider, asked within a time limit."""

from collections.abc import Callable, Collection
from typing import Any

from pydantic.v1 import ValidationError
from robusta.core.exceptions import NoPrometheusUrlFound
from robusta.core.model.base_params import PrometheusParams
from robusta.integrations.prometheus.utils import get_prometheus_connect

from robusta_volumes._cluster.in_time import in_time
from robusta_volumes._cluster.live_io import LiveIo
from robusta_volumes._cluster.live_metrics import LiveMetrics
from robusta_volumes._cluster.live_prometheus import LivePrometheus
from robusta_volumes._cluster.live_prometrix import PrometrixTransport
from robusta_volumes._cluster.metric_batches import BATCH
from robusta_volumes._cluster.metric_questions import Transport
from robusta_volumes._host.own import global_config
from robusta_volumes._model.errors import Invalid, Unavailable

_CONNECT = 15.0  # seconds: it may have to look for a Service, and to ask a provider for credentials


def prometheus_metrics(seconds: float, batch: int = BATCH) -> LiveMetrics:
    """Connect as Robusta does; all questions together may take ``seconds``.

    The runner's configuration decides, never the params of a run: whoever may run an action must not choose where the
    credentials are sent. Raises Unavailable, Invalid: when there is no Prometheus to ask.
    """
    params = prometheus_params()
    labels = params.prometheus_additional_labels if params.add_additional_labels else None
    return LiveMetrics(connected(params), seconds, labels=labels, batch=batch)


def io_metrics(seconds: float) -> LiveIo:
    """Connect as Robusta does, to ask about I/O; as for `prometheus_metrics`, the runner's configuration decides.

    Raises Unavailable, Invalid: when there is no Prometheus to ask.
    """
    params = prometheus_params()
    labels = params.prometheus_additional_labels if params.add_additional_labels else None
    return LiveIo(connected(params), seconds, labels=labels)


class Present:
    """Asks which metrics are there, over the same connection that reports use."""

    def present(self, names: Collection[str]) -> set[str]:
        """Give those of ``names`` that have samples now. Raises ClusterError: when no usable answer came."""
        return LivePrometheus(connected(prometheus_params())).present(names)


def prometheus_params() -> PrometheusParams:
    """Read what `globalConfig` says of Prometheus. Raises Invalid: when Robusta cannot use it."""
    try:
        return PrometheusParams(**global_config())
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        raise Invalid(
            f"`globalConfig.{key}` is not what Robusta expects", "correct it: Robusta's log says how"
        ) from None


def connected(params: PrometheusParams) -> Transport:
    """Let prometrix find the server and the credentials. Raises Unavailable: when it does not."""
    job: Callable[[], Any] = lambda: get_prometheus_connect(params)  # noqa: E731 (typed, as the job that it is)
    made = in_time([job], _CONNECT, 1)[0]
    if isinstance(made, NoPrometheusUrlFound):
        raise Unavailable("no Prometheus is known, and none was found", "set `globalConfig.prometheus_url`")
    if made is None or isinstance(made, Exception):
        why = f"({type(made).__name__})" if made else f"within {_CONNECT:.0f} s"
        raise Unavailable(
            f"no connection to Prometheus could be made {why}",
            "set `globalConfig.prometheus_url`, and look at the provider's credentials in the runner's environment",
        )
    return PrometrixTransport(made)
