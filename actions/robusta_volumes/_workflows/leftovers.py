"""Everything of ours in a cluster, by our label: what somebody who leaves should look at, and how to remove it."""

from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError, NotInstalled
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.volume import Meta
from robusta_volumes._report.leftovers import leftovers_page
from robusta_volumes._report.page import Page

OURS = "app.kubernetes.io/managed-by=robusta-volumes"
# The kinds that any version of ours has ever made.
MADE: tuple[Kind, ...] = (k.CONFIG_MAP, k.CLAIM, k.POD, k.JOB, k.SNAPSHOT, k.SNAPSHOT_CONTENT)


def leftovers(cluster: Cluster, namespace: str | None = None) -> Page:
    """List what carries our label, in one namespace or in all. What may not be listed is said."""
    found: list[tuple[Kind, Meta]] = []
    unseen: dict[str, str] = {}
    for kind in MADE:
        try:
            found += [(kind, read.meta(o)) for o in cluster.find(kind, namespace, labels=OURS)]
        except NotInstalled:
            continue  # nothing of a kind that is not there
        except ClusterError as error:
            unseen[kind.resource] = str(error)
    return leftovers_page(found, unseen, cluster.name, OURS)
