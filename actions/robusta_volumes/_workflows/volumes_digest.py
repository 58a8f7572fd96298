"""The weekly message over all workflows that exist."""

from robusta_volumes._analysis.costs import judge
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.state import State
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.times import parse_time
from robusta_volumes._report.page import Page
from robusta_volumes._report.volumes_digest import Before, digest_page, identity

KEY = "volumesDigestOpen"
_MOST = 2000  # problems remembered for the comparison: with their titles they fill a third of a ConfigMap at most


@collector_paused()
def volumes_digest(cluster: Cluster, settings: PersistentVolumeActions, state: State, *, remember: bool) -> Page:
    """Write the digest; ``remember`` what is open for the next one. A run by hand compares but remembers nothing.

    Raises ClusterError: when the cluster does not answer or nothing may be read.
    """
    see = gather(cluster, fallback=settings.namespaces)
    found = judge(see, settings)
    page = digest_page(found, see, _before(state))
    if remember:
        open_now = {identity(issue): issue.title for issue in found.problems[:_MOST]}
        try:
            state.write(KEY, {"open": open_now, "when": see.now.isoformat()})
        except ClusterError:
            return page  # may not be remembered: then the next one is a first one again, and says so
    return page


def _before(state: State) -> Before | None:
    try:
        noted = state.read(KEY)
    except ClusterError:
        return None
    titles, when = noted.get("open"), parse_time(noted.get("when"))
    if not isinstance(titles, dict) or when is None:
        return None
    known = {str(key): str(title) for key, title in titles.items()}
    return Before(frozenset(known), known, when)
