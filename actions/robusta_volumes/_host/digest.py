"""Run the digest: by hand at once, on its schedule once per slot."""

from robusta.api import ExecutionBaseEvent, ScheduledExecutionEvent
from robusta.core.model.env_vars import INSTALLATION_NAMESPACE

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.state import State
from robusta_volumes._host.params import TargetParams
from robusta_volumes._host.prometheus import prometheus_metrics
from robusta_volumes._host.run import BUDGET, run_plain
from robusta_volumes._model.settings import Settings, read_settings
from robusta_volumes._model.target import Trigger
from robusta_volumes._report.notices import settings_page, switched_off_page
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.ticks import tick
from robusta_volumes._workflows.volumes_digest import Data, asking, volumes_digest

_OWNER = "persistentVolumeActions"  # its block holds the settings of the digest
_DATA = "persistentDataAnalysis"  # and this one how metrics are asked
_SHARE = 0.6  # of a run's time for metrics: the rest is for the cluster


def run_digest(event: ExecutionBaseEvent, params: TargetParams) -> None:
    """Publish the digest. With a broken or switched-off block only a person who asks gets an answer."""
    settings = read_settings(params.workflows)
    own = settings.persistent_volume_actions
    scheduled = isinstance(event, ScheduledExecutionEvent)

    def look(cluster: Cluster) -> Page | None:
        if _OWNER in settings.problems:
            return None if scheduled else settings_page({_OWNER: settings.problems[_OWNER]}, cluster.name)
        if not own.enabled:
            return None if scheduled else switched_off_page(_OWNER, cluster.name)
        state, data = State(cluster, INSTALLATION_NAMESPACE), _data(settings, scheduled=scheduled)
        if not scheduled:
            return volumes_digest(cluster, own, state, data, remember=False)
        return tick(
            state,
            "volumesDigest",
            own.digest_schedule,
            own.time_zone,
            lambda: volumes_digest(cluster, own, state, data, remember=True),
        )

    run_plain(event, params, look)


def _data(settings: Settings, *, scheduled: bool) -> Data:
    """Say how metrics are asked for what fills next."""
    ours = settings.persistent_data_analysis
    if _DATA in settings.problems:
        return Data(why=f"the settings of {_DATA} cannot be used")
    trigger = Trigger.SCHEDULE if scheduled else Trigger.MANUAL
    seconds = min(ours.metrics_seconds, BUDGET[trigger] * _SHARE)
    return asking(lambda: prometheus_metrics(seconds, ours.batch_size), ours)
