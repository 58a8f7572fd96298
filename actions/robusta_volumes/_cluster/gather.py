"""One look at a cluster's storage: a fixed number of paged lists, joined. What may not be read says why."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from robusta_volumes._cluster import (
    read,
    read_claims,
    read_classes,
    read_nodes,
    read_pods,
    read_revisions,
    read_snapshots,
)
from robusta_volumes._cluster.cluster import Cluster, Object, Slim
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import (
    ClusterError,
    NotAllowed,
    NotAuthenticated,
    NotInstalled,
    OutOfTime,
    Unavailable,
    rbac_rule,
)
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.text import plain

WORKLOADS = (k.DEPLOYMENT, k.STATEFUL_SET, k.DAEMON_SET, k.REPLICA_SET, k.JOB, k.CRON_JOB)
# Claims come before volumes: a claim that is Bound names a volume that existed before, so that a volume missing from the
# later list is really gone.
EVERYTHING: tuple[Kind, ...] = (
    k.CLAIM,
    k.VOLUME,
    k.STORAGE_CLASS,
    k.CSI_DRIVER,
    k.CSI_NODE,
    k.CAPACITY,
    k.ATTACHMENT,
    k.ATTRIBUTES_CLASS,
    k.NODE,
    k.POD,
    *WORKLOADS,
    k.QUOTA,
    k.LIMIT_RANGE,
    k.SNAPSHOT,
    k.SNAPSHOT_CONTENT,
    k.SNAPSHOT_CLASS,
    k.NAMESPACE,
    k.EVENT,
)
# An event-driven run looks at eight lists at most, so that a storm of events does not become a storm of requests.
NEIGHBOURHOOD: tuple[Kind, ...] = (
    k.CLAIM,
    k.VOLUME,
    k.STORAGE_CLASS,
    k.CSI_DRIVER,
    k.NODE,
    k.POD,
    k.QUOTA,
    k.EVENT,
)
_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    k.CLAIM.resource: ("claims", read.claim),
    k.VOLUME.resource: ("volumes", read.volume),
    k.STORAGE_CLASS.resource: ("classes", read_classes.storage_class),
    k.CSI_DRIVER.resource: ("drivers", read_nodes.driver),
    k.CSI_NODE.resource: ("csi_nodes", read_nodes.csi_node),
    k.CAPACITY.resource: ("capacities", read_classes.capacity),
    k.ATTACHMENT.resource: ("attachments", read.attachment),
    k.ATTRIBUTES_CLASS.resource: ("attributes_classes", read_classes.attributes_class),
    k.NODE.resource: ("nodes", read_nodes.node),
    k.POD.resource: ("pods", read_pods.pod),
    k.QUOTA.resource: ("quotas", read.quota),
    k.LIMIT_RANGE.resource: ("limit_ranges", lambda o: read_claims.limit_range(o, read.meta(o))),
    k.SNAPSHOT.resource: ("snapshots", read_snapshots.snapshot),
    k.SNAPSHOT_CLASS.resource: ("snapshot_classes", read.named),
    k.SNAPSHOT_CONTENT.resource: ("contents", read_snapshots.content),
    k.NAMESPACE.resource: ("namespaces", read.named),
    k.EVENT.resource: ("events", read.event),
    k.CONTROLLER_REVISION.resource: ("revisions", read_revisions.revision),
    **{kind.resource: ("workloads", read_pods.workload) for kind in WORKLOADS},
}
_SLIM: dict[str, Slim] = {
    k.CLAIM.resource: read_claims.slim_claim,
    k.POD.resource: read_pods.slim_pod,
    k.CONTROLLER_REVISION.resource: read_revisions.slim_revision,
    **{kind.resource: read_pods.slim_workload for kind in WORKLOADS},
}
# Of a whole cluster's events only those about storage: the others are most of them.
_STORAGE_EVENTS = (
    "involvedObject.kind=PersistentVolumeClaim",
    "involvedObject.kind=PersistentVolume",
    "involvedObject.kind=StatefulSet,reason=FailedCreate",
    "involvedObject.kind=Pod,reason=FailedMount",
    "involvedObject.kind=Pod,reason=FailedAttachVolume",
    "involvedObject.kind=Pod,reason=FailedMapVolume",
    "involvedObject.kind=Pod,reason=VolumePermissionChangeInProgress",
    "involvedObject.kind=Pod,reason=SELinuxLabelConflict",
    "involvedObject.kind=Pod,reason=SELinuxChangePolicyConflict",
    "involvedObject.kind=Pod,reason=MultipleSELinuxLabels",
    "involvedObject.kind=Pod,reason=VolumeConditionAbnormal",
    "involvedObject.kind=Node,reason=IOError",
    "involvedObject.kind=Node,reason=Ext4Error",
    "involvedObject.kind=Node,reason=FilesystemIsReadOnly",
)
GIVE_UP_AFTER = 2  # kinds without an answer: the API server is away, and each further one would cost a whole deadline


def selectors_of(kind: Kind) -> tuple[str, ...]:
    """Give the field selectors with which a whole cluster is asked for a kind, one list each; "" asks for all of it."""
    return _STORAGE_EVENTS if kind == k.EVENT else ("",)


def missed(kind: Kind, error: ClusterError) -> Unseen:
    """Say why a kind could not be read, and what would let it be read."""
    if isinstance(error, NotAllowed):
        return Unseen(kind, "the runner may not list them", rbac_rule(kind, "list"))
    if isinstance(error, NotInstalled):
        return Unseen(kind, "this cluster does not serve them", "", absent=True)
    if isinstance(error, OutOfTime):
        return Unseen(kind, "the time of this run was used up before", error.remedy)
    return Unseen(kind, plain(error, 200), error.remedy)


class _Look:
    """The state of one look: what was found, what was not."""

    def __init__(
        self, cluster: Cluster, namespace: str | None, fallback: Sequence[str], keep: Callable[[Object], bool] | None
    ) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.fallback = tuple(fallback)
        self.keep = keep
        self.kept: list[Object] = []
        self.found: dict[str, list[Any]] = {}
        self.unseen: dict[str, Unseen] = {}
        self.partly = False
        self.silent = 0

    def take(self, kind: Kind, fields: str = "") -> None:
        """List one kind and keep it; note why when that is not possible."""
        name, convert = _FIELDS[kind.resource]
        try:
            objects = self._list(kind, fields)
        except (NotAuthenticated, Unavailable) as error:
            self.silent += not isinstance(
                error, OutOfTime
            )  # it costs nothing, and what was read by then is worth telling
            if kind in {k.CLAIM, k.VOLUME} or self.silent >= GIVE_UP_AFTER or isinstance(error, NotAuthenticated):
                raise
            self._miss(kind, error)
        except ClusterError as error:
            self._miss(kind, error)
        else:
            self.found.setdefault(name, []).extend(objects if self.keep is None else map(convert, objects))
            self.kept += [o for o in objects if self.keep and self.keep(o)]

    def _miss(self, kind: Kind, error: ClusterError) -> None:
        self.unseen[kind.resource] = missed(kind, error)

    def _list(self, kind: Kind, fields: str) -> list[Any]:
        """List a kind: small, or, where no object is to be kept as it is, read at once, so that no page is held twice."""
        slim = _SLIM.get(kind.resource) if self.keep else _FIELDS[kind.resource][1]
        where = self.namespace if k.in_a_role(kind) else None
        selectors = selectors_of(kind) if where is None and not fields else (fields,)
        found: list[Any] = []
        for selector in selectors:
            try:
                found += self.cluster.find(kind, where, fields=selector, slim=slim)
            except NotAllowed:
                if not (k.in_a_role(kind) and where is None and self.fallback):
                    raise
                for namespace in self.fallback:
                    found += self.cluster.find(kind, namespace, fields=selector, slim=slim)
                self.partly = True
        return found


def gather(
    cluster: Cluster,
    *,
    namespace: str | None = None,
    kinds: Iterable[Kind] = EVERYTHING,
    fallback: Sequence[str] = (),
    only: "dict[str, str] | None" = None,
    keep: Callable[[Object], bool] | None = None,
) -> Inventory:
    """Look at a cluster, or at one namespace of it.

    ``fallback`` names the namespaces to read one by one where a list over the whole cluster is refused; ``only`` gives
    a field selector by resource, ``keep`` chooses the objects to hold on to as they are.

    Raises ClusterError: when nothing answers, or when neither claims nor volumes may be read.
    """
    look = _Look(cluster, namespace, fallback, keep)
    wanted = tuple(kinds)
    for kind in wanted:
        look.take(kind, (only or {}).get(kind.resource, ""))
    if {k.CLAIM.resource, k.VOLUME.resource} <= look.unseen.keys():
        reasons = [look.unseen[k.CLAIM.resource], look.unseen[k.VOLUME.resource]]
        raise NotAllowed(
            f"neither claims nor volumes can be read: {reasons[0].why}",
            "\n".join(reason.remedy for reason in reasons if reason.remedy),
        )
    scope = f"namespace {namespace}" if namespace else "the whole cluster"
    if look.partly:
        scope = f"namespaces {', '.join(fallback)} (reading the whole cluster is not allowed)"
    objects: dict[str, Any] = {name: tuple(found) for name, found in look.found.items()}
    return Inventory(
        now=cluster.now(),
        cluster=cluster.name,
        scope=scope,
        unseen=look.unseen,
        kept=tuple(look.kept),
        looked_in=frozenset([namespace]) if namespace else frozenset(fallback) if look.partly else None,
        skipped=frozenset(kind.resource for kind in EVERYTHING if kind not in wanted),
        **objects,
    )
