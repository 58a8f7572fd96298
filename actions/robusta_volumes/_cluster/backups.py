"""One look at the backups of a cluster, whoever makes them: a fixed number of paged lists. What may not be read says why."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from robusta_volumes._cluster import read_other_backups, read_policies, read_velero, read_velero_copies
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at, block, blocks
from robusta_volumes._cluster.gather import GIVE_UP_AFTER, missed
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import K8UP, VELERO, VOLSYNC, Backup, BackupSchedule, BackupsSeen, Copy, Location
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotAuthenticated, OutOfTime, Unavailable
from robusta_volumes._model.inventory import Unseen
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.volume import Claim

USUAL = "velero"  # the namespace that Velero's own installer makes


class Look:
    """The state of one look: what could not be read, and whether anything answers."""

    def __init__(self, cluster: Cluster, fallback: Sequence[str]) -> None:
        """Ask ``cluster``; where all namespaces may not be read, those of ``fallback`` one by one."""
        self.cluster = cluster
        self.fallback = tuple(fallback)
        self.unseen: dict[str, Unseen] = {}
        self.silent = 0

    def take(
        self,
        kind: Kind,
        slim: Callable[[Object], Any],
        namespace: str = "",
        fallback: Sequence[str] = (),
        labels: str = "",
    ) -> list[Any]:
        """List a kind; note why when that is not possible. Raises ClusterError: when nothing answers."""
        try:
            return self._list(kind, slim, namespace, fallback or self.fallback, labels)
        except (NotAuthenticated, Unavailable) as error:
            self.silent += not isinstance(error, OutOfTime)
            if isinstance(error, NotAuthenticated) or self.silent >= GIVE_UP_AFTER:
                raise
            self.unseen[kind.resource] = missed(kind, error)
        except ClusterError as error:
            self.unseen[kind.resource] = missed(kind, error)
        return []

    def has(self, kind: Kind) -> bool:
        """Tell whether a kind was read."""
        return kind.resource not in self.unseen

    def serves(self, kind: Kind) -> bool:
        """Tell whether the cluster may serve a kind."""
        unseen = self.unseen.get(kind.resource)
        return not (unseen and unseen.absent)

    def _list(
        self, kind: Kind, slim: Callable[[Object], Any], namespace: str, fallback: Sequence[str], labels: str
    ) -> list[Any]:
        try:
            return self.cluster.find(kind, namespace or None, labels=labels, slim=slim)
        except NotAllowed:
            if namespace or not fallback:
                raise
            return [found for one in fallback for found in self.cluster.find(kind, one, labels=labels, slim=slim)]


def backups_of(cluster: Cluster, settings: VolumeBackupManagement, claims: Iterable[Claim] = ()) -> BackupsSeen:
    """Look at the backups of all tools that are known here; ``claims`` give names where a copy says a uid only.

    Raises ClusterError: when nothing answers. What may not be read, or is not served, stands in ``unseen``.
    """
    look = Look(cluster, settings.read_namespaces)
    found = _velero(look, settings, {claim.meta.uid: claim.meta.name for claim in claims})
    others = _others(look)
    together = {key: (*found.get(key, ()), *value) for key, value in others.items()}
    installed = found.pop("installed", frozenset()) | _installed(look)
    return BackupsSeen(**{**found, **together}, installed=installed, unseen=look.unseen)


def _others(look: Look) -> dict[str, tuple[Any, ...]]:
    """Read what K8up and VolSync did; K8up's runs come first, as Velero's do."""
    backups: list[Backup] = look.take(k.K8UP_BACKUP, read_other_backups.k8up_backup)
    schedules: list[BackupSchedule | None] = []
    copies: list[list[Copy]] = []
    if look.serves(k.K8UP_BACKUP):
        runs = read_other_backups.Runs(backups)

        def snapshot(o: Object) -> list[Copy]:
            return read_other_backups.k8up_copies(o, runs)

        schedules += look.take(k.K8UP_SCHEDULE, read_other_backups.k8up_schedule)
        copies += look.take(k.K8UP_SNAPSHOT, snapshot)
    for schedule, theirs in look.take(k.VOLSYNC_SOURCE, _source):
        schedules.append(schedule)
        copies.append(theirs)
    return {
        "backups": tuple(backups),
        "schedules": tuple(one for one in schedules if one),
        "copies": tuple(copy for theirs in copies for copy in theirs),
    }


def _source(o: Object) -> tuple[BackupSchedule | None, list[Copy]]:
    return read_other_backups.volsync_schedule(o), read_other_backups.volsync_copies(o)


def _installed(look: Look) -> frozenset[str]:
    """Name the tools beside Velero whose kinds were read."""
    kinds = {K8UP: k.K8UP_BACKUP, VOLSYNC: k.VOLSYNC_SOURCE}
    return frozenset(tool for tool, kind in kinds.items() if look.has(kind))


def _velero(look: Look, settings: VolumeBackupManagement, claims: Mapping[str, str]) -> dict[str, Any]:
    """Read Velero's objects. Backups come first: where one is over by then, so is all that was moved for it."""
    where, usual = settings.velero_namespace, (USUAL, *settings.read_namespaces)
    backups: list[Backup] = look.take(k.VELERO_BACKUP, read_velero.backup, where, usual)
    if not look.serves(k.VELERO_BACKUP):
        return {}
    schedules = look.take(k.VELERO_SCHEDULE, read_velero.schedule, where, usual)
    locations = look.take(k.VELERO_LOCATION, read_velero.location, where, usual)
    deleting = frozenset(filter(None, look.take(k.VELERO_DELETE, read_velero.deletion, where, usual)))
    backups, schedules = read_policies.with_policies(look.cluster, backups, schedules, look.unseen)
    known = read_velero_copies.Known(backups, deleting, whole=look.has(k.VELERO_BACKUP))

    def upload(o: Object) -> Copy:
        return read_velero_copies.upload(o, known)

    def pod_volume(o: Object) -> Copy:
        return read_velero_copies.pod_volume(o, known, claims)

    copies = look.take(k.VELERO_UPLOAD, upload, where, usual)
    copies += look.take(k.VELERO_POD_VOLUME, pod_volume, where, usual)
    namespace = where or velero_namespace(locations, [*backups, *schedules])
    server, agents = pods_of(look, namespace) if namespace else (None, None)
    return {
        "velero": namespace,
        "backups": tuple(backups),
        "copies": tuple(copies),
        "schedules": tuple(schedules),
        "locations": tuple(locations),
        "deleting": deleting,
        "installed": frozenset([VELERO] if look.has(k.VELERO_BACKUP) or namespace else []),
        "server": server,
        "node_agents": agents,
    }


def velero_namespace(locations: Sequence[Location], others: Sequence[Backup | BackupSchedule]) -> str:
    """Tell where Velero is: where most of its storage locations are, or else of its other objects; "" when nothing shows it."""
    places = Counter(one.namespace for one in (locations or others))
    return places.most_common(1)[0][0] if places else ""


class _Pod(NamedTuple):
    node: str
    agent: bool
    server: bool
    ready: bool


def pods_of(look: Look, namespace: str) -> tuple[bool | None, frozenset[str] | None]:
    """Tell whether Velero's server is ready, and on which nodes its agent is; None for what is not known."""
    pods: list[_Pod] = look.take(k.POD, _pod, namespace)
    if not look.has(k.POD):
        return None, None
    return any(p.server and p.ready for p in pods), frozenset(p.node for p in pods if p.agent and p.ready and p.node)


def _pod(o: Object) -> _Pod:
    labels = block(o, "metadata", "labels")
    role = str(labels.get("name") or labels.get("role") or "")
    agent = role.startswith("node-agent") or role == "restic"
    server = not agent and "velero" in {role, labels.get("deploy")}
    ready = any(c.get("type") == "Ready" and c.get("status") == "True" for c in blocks(o, "status", "conditions"))
    return _Pod(str(at(o, "spec", "nodeName") or ""), agent, server, ready)
