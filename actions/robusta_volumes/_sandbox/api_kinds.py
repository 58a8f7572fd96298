"""What the sandbox's API server serves: the kinds of a plain Kubernetes, and the discovery documents that say so."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import ALL_KINDS, BACKUP_KINDS, SNAPSHOT, SNAPSHOT_CLASS, SNAPSHOT_CONTENT, Kind

# group/version: kinds that a cluster serves beside those that we touch; "-" marks those without a namespace.
_MORE = {
    "v1": "Service=services Endpoints=endpoints Secret=secrets ServiceAccount=serviceaccounts"
    " ReplicationController=replicationcontrollers PodTemplate=podtemplates",
    "autoscaling/v2": "HorizontalPodAutoscaler=horizontalpodautoscalers",
    "policy/v1": "PodDisruptionBudget=poddisruptionbudgets",
    "networking.k8s.io/v1": "Ingress=ingresses NetworkPolicy=networkpolicies",
    "coordination.k8s.io/v1": "Lease=leases",
    "events.k8s.io/v1": "Event=events",
    "rbac.authorization.k8s.io/v1": "-ClusterRole=clusterroles -ClusterRoleBinding=clusterrolebindings",
    "apiextensions.k8s.io/v1": "-CustomResourceDefinition=customresourcedefinitions",
    "authorization.k8s.io/v1": "-SelfSubjectAccessReview=selfsubjectaccessreviews"
    " -SelfSubjectRulesReview=selfsubjectrulesreviews",
}
_SHORT = {
    "persistentvolumeclaims": "pvc",
    "persistentvolumes": "pv",
    "pods": "po",
    "nodes": "no",
    "namespaces": "ns",
    "events": "ev",
    "resourcequotas": "quota",
    "limitranges": "limits",
    "configmaps": "cm",
    "services": "svc",
    "storageclasses": "sc",
    "volumesnapshots": "vs",
    "volumesnapshotclasses": "vsclass",
    "volumesnapshotcontents": "vsc",
    "deployments": "deploy",
    "statefulsets": "sts",
    "daemonsets": "ds",
    "replicasets": "rs",
    "cronjobs": "cj",
}
_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]
_PLAIN_STATUS = {"configmaps", "secrets", "events", "storageclasses", "endpoints", "serviceaccounts", "leases"}
_PLAIN_STATUS |= {"volumesnapshotclasses"}
# Groups of CRDs with a status subresource. Velero's have none: whoever may write its Backups may write their phase.
_WITH_STATUS = {"snapshot.storage.k8s.io", "k8up.io", "volsync.backube"}


def _more() -> list[Kind]:
    kinds = []
    for group_version, words in _MORE.items():
        group, _, version = group_version.rpartition("/")
        for word in words.split():
            name, _, plural = word.lstrip("-").partition("=")
            kinds.append(Kind(group, version, name, plural, not word.startswith("-")))
    return kinds


BUILT_IN: tuple[Kind, ...] = (*ALL_KINDS, *_more())
# For ``more``: a cluster of 2020, whose snapshot API has the version that nothing serves any longer.
ONLY_V1BETA1 = tuple(replace(kind, version="v1beta1") for kind in (SNAPSHOT, SNAPSHOT_CLASS, SNAPSHOT_CONTENT))
# For ``more``: what the custom resource definitions of backup tools add.
VELERO, K8UP, VOLSYNC = (
    tuple(kind for kind in BACKUP_KINDS if kind.group == group) for group in ("velero.io", "k8up.io", "volsync.backube")
)
_CORE_GROUPS = {kind.group for kind in BUILT_IN if kind.group != "snapshot.storage.k8s.io"}


def built_in(group: str) -> bool:
    """Tell whether Kubernetes itself serves the group; groups of CRDs behave differently in small ways."""
    return group in _CORE_GROUPS


def has_status(kind: Kind) -> bool:
    """Tell whether the kind has a status subresource: writes to the object then leave its status alone."""
    return kind.plural not in _PLAIN_STATUS and (built_in(kind.group) or kind.group in _WITH_STATUS)


class Catalog:
    """The kinds that are served: built in, of CRDs (``more``), and those that the store holds; less ``absent``.

    ``absent`` takes kinds, groups (``snapshot.storage.k8s.io``), group/versions, or resources as errors write them.
    """

    def __init__(self, store: Store, absent: Iterable[Kind | str] = (), more: Iterable[Kind] = ()) -> None:
        self._store = store
        self._absent = {item if isinstance(item, str) else item.resource for item in absent}
        self._fixed = (*BUILT_IN, *more)

    def add(self, more: Iterable[Kind]) -> None:
        """Serve more kinds from now on."""
        self._fixed = (*self._fixed, *more)

    def kinds(self) -> list[Kind]:
        """Give every kind that is served now."""
        known = {(kind.group, kind.plural): kind for kind in (*self._store.kinds(), *self._fixed)}
        return [kind for kind in known.values() if not self._is_absent(kind)]

    def find(self, group: str, version: str, plural: str) -> Kind | None:
        """Give the kind of a path, or None when it is not served in that version."""
        for kind in self.kinds():
            if (kind.group, kind.version, kind.plural) == (group, version, plural):
                return kind
        return None

    def serves(self, group: str, version: str) -> bool:
        """Tell whether anything is served under this group and version."""
        return any((kind.group, kind.version) == (group, version) for kind in self.kinds())

    def _is_absent(self, kind: Kind) -> bool:
        return bool({kind.resource, kind.group or "core", kind.api_version, kind.plural} & self._absent)

    def groups(self) -> list[Object]:
        """Give the APIGroup objects, without the core group."""
        served = sorted({(kind.group, kind.version) for kind in self.kinds() if kind.group})
        return [_group(name, [v for _, v in pairs]) for name, pairs in groupby(served, key=lambda pair: pair[0])]

    def resources(self, group: str, version: str) -> Object:
        """Give the APIResourceList of one group and version."""
        here = [kind for kind in self.kinds() if (kind.group, kind.version) == (group, version)]
        listed = [entry for kind in sorted(here, key=lambda kind: kind.plural) for entry in _resources(kind)]
        group_version = f"{group}/{version}" if group else version
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed}


def _group(name: str, versions: Sequence[str]) -> Object:
    entries = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": entries, "preferredVersion": entries[0]}


def _resources(kind: Kind) -> list[Object]:
    review = kind.group == "authorization.k8s.io"
    entry: Object = {
        "name": kind.plural,
        "singularName": kind.name.lower(),
        "namespaced": kind.namespaced,
        "kind": kind.name,
        "verbs": ["create"] if review else _VERBS,
    }
    if kind.plural in _SHORT and kind.group != "events.k8s.io":
        entry["shortNames"] = [_SHORT[kind.plural]]
    if review or not has_status(kind):
        return [entry]
    status = {"name": f"{kind.plural}/status", "singularName": "", "namespaced": kind.namespaced, "kind": kind.name}
    return [entry, status | {"verbs": ["get", "patch", "update"]}]
