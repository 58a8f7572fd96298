"""The first pod of a restored claim: a class that waits for one gives it no volume before, and Velero moves no byte until then.

Velero's data mover gives up after half an hour. https://velero.io/docs/main/csi-snapshot-data-movement/
"""

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at
from robusta_volumes._engines.inspector_pod import inspector_name, inspector_pod
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup_settings import Verify
from robusta_volumes._model.contents import Inspector
from robusta_volumes._model.errors import AlreadyExists, ClusterError, Unavailable
from robusta_volumes._model.plan import Create
from robusta_volumes._model.text import cited
from robusta_volumes._model.trial import Result, unjudged
from robusta_volumes._model.volume import Claim


def waits(cluster: Cluster, claim: Claim) -> bool:
    """Tell whether a claim has no volume yet and its class may wait for a pod; where the class may not be read, it may."""
    if claim.phase != "Pending" or not claim.class_name:
        return False
    try:
        found = cluster.get(k.STORAGE_CLASS, claim.class_name)
    except ClusterError:
        return True
    return bool(at(found, "volumeBindingMode") == "WaitForFirstConsumer")


def bring_first_pod(cluster: Cluster, way: Inspector, image: str, verify: Verify) -> Result | None:
    """Start a pod that uses the claim and ends as soon as it has started; gives why that cannot be."""
    pod = inspector_pod(way, image, verify.pull_secrets, ("true",), verify.minutes * 60)
    pod["metadata"]["name"] = f"{inspector_name(way)}-first"
    (made,) = cluster.carry_out([Create(pod, "gives the claim a volume: its class waits for a pod", way.allow)])
    if made.error is None or isinstance(made.error, AlreadyExists | Unavailable):  # the next look tries again
        return None
    return unjudged(
        f"its class waits for a pod, which could not be made: {cited(made.error.message)}", made.error.remedy
    )
