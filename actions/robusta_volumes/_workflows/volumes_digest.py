"""The weekly message over all workflows that exist."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from robusta_volumes._analysis.claim_uses import Uses, claim_uses, without_metrics
from robusta_volumes._analysis.costs import judge
from robusta_volumes._analysis.passing import without_passing
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.metrics import Metrics
from robusta_volumes._cluster.state import State
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.times import parse_time
from robusta_volumes._report.page import Page
from robusta_volumes._report.volumes_digest import Before, Filling, digest_page, identity
from robusta_volumes._workflows.measure import Asked, measure

KEY = "volumesDigestOpen"
_MOST = 2000  # problems remembered for the comparison: with their titles they fill a third of a ConfigMap at most


Ask = Callable[[Inventory], Uses]


@dataclass(frozen=True)
class Data:
    """How metrics are asked for what fills next; ``ask`` None: they are not, and ``why`` says so."""

    ask: Ask | None = None
    why: str = "metrics were not asked"
    horizon: int = 14  # days


@collector_paused()
def volumes_digest(
    cluster: Cluster, settings: PersistentVolumeActions, state: State, data: Data, *, remember: bool
) -> Page:
    """Write the digest; ``remember`` what is open for the next one. A run by hand compares but remembers nothing.

    Raises ClusterError: when the cluster does not answer or nothing may be read.
    """
    see, filling = _with_data(gather(cluster, fallback=settings.namespaces), data)
    found = judge(see, settings)
    page = digest_page(found, without_passing(see), _before(state), filling)
    if remember:
        open_now = {identity(issue): issue.title for issue in found.problems[:_MOST]}
        try:
            state.write(KEY, {"open": open_now, "when": see.now.isoformat()})
        except ClusterError:
            return page  # may not be remembered: then the next one is a first one again, and says so
    return page


def asking(metrics: Callable[[], Metrics], settings: PersistentDataAnalysis) -> Data:
    """Make the question for what fills next; ``metrics`` connects, and is called when it is asked."""
    if not settings.enabled:
        return Data(why="persistentDataAnalysis is switched off")
    if not settings.include_metrics:
        return Data(why="persistentDataAnalysis.includeMetrics is false")

    def ask(see: Inventory) -> Uses:
        claims = [c.meta.key for c in see.claims if c.phase == "Bound" and c.volume_mode != "Block"]
        asked = Asked(settings.history_days, detail=0, last_known=False, costs=False)
        return claim_uses(see, measure(metrics(), claims, asked, see.now), settings)

    return Data(ask, horizon=settings.horizon_days)


def _with_data(see: Inventory, data: Data) -> tuple[Inventory, Filling]:
    """Add what metrics say of the claims; that they gave nothing is told, and stops nothing else."""
    if data.ask is None:
        return see, Filling(None, data.why)
    try:
        uses = data.ask(see)
    except ClusterError as error:
        return without_metrics(see, str(error), error.remedy), Filling(None, str(error))
    return replace(see, uses=uses.by_claim), Filling(uses, "", data.horizon)


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
