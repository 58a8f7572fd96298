"""Run the digest: by hand at once, on its schedule once per slot."""

from robusta.api import ExecutionBaseEvent, ScheduledExecutionEvent
from robusta.core.model.env_vars import INSTALLATION_NAMESPACE

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.state import State
from robusta_volumes._host.params import TargetParams
from robusta_volumes._host.run import run_plain
from robusta_volumes._model.settings import read_settings
from robusta_volumes._report.notices import settings_page, switched_off_page
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.ticks import tick
from robusta_volumes._workflows.volumes_digest import volumes_digest

_OWNER = "persistentVolumeActions"  # its block holds the settings of the digest


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
        state = State(cluster, INSTALLATION_NAMESPACE)
        if not scheduled:
            return volumes_digest(cluster, own, state, remember=False)
        return tick(
            state,
            "volumesDigest",
            own.digest_schedule,
            own.time_zone,
            lambda: volumes_digest(cluster, own, state, remember=True),
        )

    run_plain(event, params, look)
