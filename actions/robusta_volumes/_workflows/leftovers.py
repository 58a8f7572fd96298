"""Everything of ours in a cluster, by our label: what somebody who leaves should look at, and how to remove it."""

from collections.abc import Iterable, Sequence

from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotFound, NotInstalled
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.rights import HOME
from robusta_volumes._model.text import listing
from robusta_volumes._model.volume import Meta
from robusta_volumes._report.leftovers import leftovers_page
from robusta_volumes._report.page import Page

OURS = "app.kubernetes.io/managed-by=robusta-volumes"
# The kinds that any version of ours has ever made, or printed for somebody to apply. DownloadRequests are left to Velero, which
# deletes each ten minutes after it has answered it.
MADE: tuple[Kind, ...] = (
    k.VELERO_SCHEDULE,  # first: it goes on without us
    k.CONFIG_MAP,
    k.CLAIM,
    k.POD,
    k.JOB,
    k.SNAPSHOT,
    k.SNAPSHOT_CONTENT,
    k.ROLE,
    k.ROLE_BINDING,
    k.VELERO_RESTORE,
    k.VELERO_DELETE,
    k.VELERO_BACKUP,
)


def leftovers(cluster: Cluster, home: str = HOME, namespaces: Sequence[str] = ()) -> Page:
    """List what carries our label, in the whole cluster. What may not be listed is said, with what would allow it.

    ``home`` is Robusta's own namespace; ``namespaces`` are those to look into where the cluster may not be read.
    """
    found: list[tuple[Kind, Meta]] = []
    unseen: dict[str, tuple[str, str]] = {}
    for kind in MADE:
        try:
            objects: Iterable[Object] = cluster.find(kind, labels=OURS)
        except NotInstalled:
            continue  # nothing of a kind that is not there
        except NotAllowed as error:
            objects, unseen[kind.resource] = _inside(cluster, kind, home, namespaces, error)
        except ClusterError as error:
            objects, unseen[kind.resource] = (), (str(error), error.remedy)
        found += [(kind, read.meta(o)) for o in objects]
    return leftovers_page(found, {name: reason for name, reason in unseen.items() if reason[0]}, cluster.name, OURS)


def _inside(
    cluster: Cluster, kind: Kind, home: str, namespaces: Sequence[str], refusal: NotAllowed
) -> tuple[list[Object], tuple[str, str]]:
    """Look where reading is allowed though the whole cluster may not be listed; give what is there, and what lacks.

    The one ConfigMap that we make is read by its name: that needs no more than keeping it.
    """
    try:
        if kind == k.CONFIG_MAP:
            return _by_name(cluster, home), ("", "")
        if kind.namespaced and namespaces:
            objects = [o for place in namespaces for o in cluster.find(kind, place, labels=OURS)]
            return objects, (f"looked at in {listing(list(namespaces))} only", "")
    except ClusterError as error:
        return [], (str(error), error.remedy)
    return [], (str(refusal), refusal.remedy)


def _by_name(cluster: Cluster, home: str) -> list[Object]:
    try:
        return [cluster.get(k.CONFIG_MAP, STATE, home)]
    except NotFound:
        return []
