"""The Kubernetes kinds that we touch, and how their paths are written."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind as an API server serves it."""

    group: str
    version: str
    name: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """``v1`` for the core group, else ``group/version``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The name that RBAC and error messages use: ``plural`` or ``plural.group``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """Build the URL path of the collection, or of one object; a subresource stands behind the object."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        plural, _, below = self.plural.partition("/")
        return f"{root}{scope}/{plural}" + (f"/{name}" if name else "") + (f"/{below}" if below else "")


CLAIM = Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims")
VOLUME = Kind("", "v1", "PersistentVolume", "persistentvolumes", namespaced=False)
POD = Kind("", "v1", "Pod", "pods")
POD_EXEC = Kind("", "v1", "Pod", "pods/exec")  # as RBAC names it; it is no kind of its own, so it is not in ALL_KINDS
POD_EPHEMERAL = Kind("", "v1", "Pod", "pods/ephemeralcontainers")  # the same
POD_PROXY = Kind("", "v1", "Pod", "pods/proxy")  # the same
POD_LOG = Kind("", "v1", "Pod", "pods/log")  # the same
NODE = Kind("", "v1", "Node", "nodes", namespaced=False)
NODE_PROXY = Kind("", "v1", "Node", "nodes/proxy", namespaced=False)  # as RBAC names it; no kind of its own
NAMESPACE = Kind("", "v1", "Namespace", "namespaces", namespaced=False)
EVENT = Kind("", "v1", "Event", "events")
QUOTA = Kind("", "v1", "ResourceQuota", "resourcequotas")
LIMIT_RANGE = Kind("", "v1", "LimitRange", "limitranges")
CONFIG_MAP = Kind("", "v1", "ConfigMap", "configmaps")
STORAGE_CLASS = Kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", namespaced=False)
CSI_DRIVER = Kind("storage.k8s.io", "v1", "CSIDriver", "csidrivers", namespaced=False)
CSI_NODE = Kind("storage.k8s.io", "v1", "CSINode", "csinodes", namespaced=False)
CAPACITY = Kind("storage.k8s.io", "v1", "CSIStorageCapacity", "csistoragecapacities")
ATTACHMENT = Kind("storage.k8s.io", "v1", "VolumeAttachment", "volumeattachments", namespaced=False)
ATTRIBUTES_CLASS = Kind("storage.k8s.io", "v1", "VolumeAttributesClass", "volumeattributesclasses", namespaced=False)
DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments")
STATEFUL_SET = Kind("apps", "v1", "StatefulSet", "statefulsets")
DAEMON_SET = Kind("apps", "v1", "DaemonSet", "daemonsets")
REPLICA_SET = Kind("apps", "v1", "ReplicaSet", "replicasets")
CONTROLLER_REVISION = Kind("apps", "v1", "ControllerRevision", "controllerrevisions")
JOB = Kind("batch", "v1", "Job", "jobs")
CRON_JOB = Kind("batch", "v1", "CronJob", "cronjobs")
SNAPSHOT = Kind("snapshot.storage.k8s.io", "v1", "VolumeSnapshot", "volumesnapshots")
SNAPSHOT_CLASS = Kind("snapshot.storage.k8s.io", "v1", "VolumeSnapshotClass", "volumesnapshotclasses", namespaced=False)
SNAPSHOT_CONTENT = Kind(
    "snapshot.storage.k8s.io", "v1", "VolumeSnapshotContent", "volumesnapshotcontents", namespaced=False
)

ROLE = Kind("rbac.authorization.k8s.io", "v1", "Role", "roles")
ROLE_BINDING = Kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings")

# Of tools that make backups. Their names are common words that several groups use, so they are not in BY_NAME.
VELERO_BACKUP = Kind("velero.io", "v1", "Backup", "backups")
VELERO_SCHEDULE = Kind("velero.io", "v1", "Schedule", "schedules")
VELERO_RESTORE = Kind("velero.io", "v1", "Restore", "restores")
VELERO_LOCATION = Kind("velero.io", "v1", "BackupStorageLocation", "backupstoragelocations")
VELERO_DELETE = Kind("velero.io", "v1", "DeleteBackupRequest", "deletebackuprequests")
VELERO_DOWNLOAD = Kind("velero.io", "v1", "DownloadRequest", "downloadrequests")
VELERO_POD_VOLUME = Kind("velero.io", "v1", "PodVolumeBackup", "podvolumebackups")
VELERO_UPLOAD = Kind("velero.io", "v2alpha1", "DataUpload", "datauploads")
VELERO_DATA_DOWNLOAD = Kind("velero.io", "v2alpha1", "DataDownload", "datadownloads")
VELERO_POD_RESTORE = Kind("velero.io", "v1", "PodVolumeRestore", "podvolumerestores")
K8UP_BACKUP = Kind("k8up.io", "v1", "Backup", "backups")
K8UP_SCHEDULE = Kind("k8up.io", "v1", "Schedule", "schedules")
K8UP_SNAPSHOT = Kind("k8up.io", "v1", "Snapshot", "snapshots")
VOLSYNC_SOURCE = Kind("volsync.backube", "v1alpha1", "ReplicationSource", "replicationsources")
BACKUP_KINDS: tuple[Kind, ...] = (
    VELERO_BACKUP,
    VELERO_SCHEDULE,
    VELERO_RESTORE,
    VELERO_LOCATION,
    VELERO_DELETE,
    VELERO_DOWNLOAD,
    VELERO_POD_VOLUME,
    VELERO_UPLOAD,
    VELERO_DATA_DOWNLOAD,
    VELERO_POD_RESTORE,
    K8UP_BACKUP,
    K8UP_SCHEDULE,
    K8UP_SNAPSHOT,
    VOLSYNC_SOURCE,
)

METRICS = Kind("", "", "Metrics", "metrics")  # no kind of the API: what is known of use, for rules that need it
IO_METRICS = Kind("", "", "IoMetrics", "io metrics")  # the same: what is known of I/O, measured over time
IO = Kind("", "", "Io", "io")  # the same: that anybody asks how fast volumes are, with or without metrics

ALL_KINDS: tuple[Kind, ...] = (
    CLAIM,
    VOLUME,
    POD,
    NODE,
    NAMESPACE,
    EVENT,
    QUOTA,
    LIMIT_RANGE,
    CONFIG_MAP,
    STORAGE_CLASS,
    CSI_DRIVER,
    CSI_NODE,
    CAPACITY,
    ATTACHMENT,
    ATTRIBUTES_CLASS,
    DEPLOYMENT,
    STATEFUL_SET,
    DAEMON_SET,
    REPLICA_SET,
    CONTROLLER_REVISION,
    JOB,
    CRON_JOB,
    SNAPSHOT,
    SNAPSHOT_CLASS,
    SNAPSHOT_CONTENT,
    ROLE,
    ROLE_BINDING,
)
BY_NAME: dict[str, Kind] = {kind.name: kind for kind in ALL_KINDS}
BY_GROUP_AND_NAME: dict[tuple[str, str], Kind] = {(kind.group, kind.name): kind for kind in (*ALL_KINDS, *BACKUP_KINDS)}


def in_a_role(kind: Kind) -> bool:
    """Tell whether Roles in some namespaces can allow what we read of a kind.

    They cannot for what lies in no namespace, nor for the free room of drivers: those write it into their own namespace,
    about the whole cluster, and a part of it is worth less than none.
    """
    return kind.namespaced and kind != CAPACITY
