"""Claims, volumes and what uses them, as we understand it: bytes, aware datetimes; None where the object does not say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from robusta_volumes._model.claim_template import ClaimTemplate
from robusta_volumes._model.pod_container import PodContainer
from robusta_volumes._model.requirement import Labels, Requirement


@dataclass(frozen=True, slots=True)  # a cluster has hundreds of thousands of them
class Meta:
    """What every object has."""

    name: str
    namespace: str = ""
    uid: str = ""
    created: datetime | None = None
    deleted: datetime | None = None
    finalizers: tuple[str, ...] = ()
    labels: Labels = field(default_factory=dict)
    annotations: Labels = field(default_factory=dict)
    owner: tuple[str, str] | None = None  # (kind, name) of the controller

    @property
    def key(self) -> tuple[str, str]:
        """(namespace, name)."""
        return self.namespace, self.name

    @property
    def title(self) -> str:
        """How people write it: ``namespace/name``, or the name alone."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True)
class Condition:
    """One entry of ``status.conditions`` that is True."""

    type: str
    reason: str
    message: str
    since: datetime | None


@dataclass(frozen=True)
class Claim:
    """A PersistentVolumeClaim."""

    meta: Meta
    phase: str  # Pending | Bound | Lost
    class_name: str | None  # None: nobody said; "": a static volume is asked for
    volume_name: str
    requested: int | None
    capacity: int | None
    modes_asked: tuple[str, ...]
    modes_granted: tuple[str, ...]
    volume_mode: str
    conditions: tuple[Condition, ...] = ()
    resize_status: str = ""  # status.allocatedResourceStatuses.storage
    source: tuple[str, str] | None = None  # (kind, name) of the data source
    selector: Mapping[str, object] | None = None
    provisioner: str = ""  # annotation volume.kubernetes.io/storage-provisioner
    selected_node: str = ""  # annotation volume.kubernetes.io/selected-node
    source_namespace: str = ""  # of the data source; "": the claim's own
    applied: int | None = None  # the size in the manifest that kubectl applied last
    asked_at: datetime | None = None  # when the requested size was last changed
    attributes_class: str = ""  # spec.volumeAttributesClassName
    attributes_now: str = ""  # status.currentVolumeAttributesClassName
    modify_status: str = ""  # status.modifyVolumeStatus.status: Pending | InProgress | Infeasible
    health: tuple[Condition, ...] = ()  # what the driver reports: Inaccessible | DataLoss | Degraded


@dataclass(frozen=True)
class ClaimRef:
    """``spec.claimRef`` of a volume; without uid it is a reservation that nobody has taken yet."""

    namespace: str
    name: str
    uid: str

    @property
    def key(self) -> tuple[str, str]:
        """(namespace, name)."""
        return self.namespace, self.name


@dataclass(frozen=True)
class Volume:
    """A PersistentVolume."""

    meta: Meta
    phase: str  # Pending | Available | Bound | Released | Failed
    reason: str
    message: str
    phase_since: datetime | None
    class_name: str
    capacity: int | None
    modes: tuple[str, ...]
    volume_mode: str
    reclaim_policy: str
    claim_ref: ClaimRef | None
    source: str  # the volume plugin: "csi", "nfs", "hostPath", "local", ...
    driver: str  # the CSI driver's name, else the plugin's
    backend: str  # where the data lies, for people: "nfs 10.0.0.7:/export/a"
    attributes_class: str = ""  # spec.volumeAttributesClassName
    node_affinity: tuple[tuple[Requirement, ...], ...] = ()  # or-ed terms of and-ed requirements
    maker: str = ""  # the provisioner that made it; "" when people did
    handle: str = ""  # the driver's own name of it: spec.csi.volumeHandle, or what an in-tree plugin has instead
    attributes: Labels = field(default_factory=dict)  # spec.csi.volumeAttributes that cannot hold a secret, lower case
    mount_options: tuple[str, ...] = ()


@dataclass(frozen=True)
class StorageClass:
    """A StorageClass."""

    meta: Meta
    provisioner: str
    binding_mode: str
    reclaim_policy: str
    expandable: bool
    is_default: bool
    parameters: Labels = field(default_factory=dict)  # those that cannot hold a secret or the name of one
    topologies: tuple[tuple[Requirement, ...], ...] = ()  # allowedTopologies: or-ed terms of and-ed requirements


@dataclass(frozen=True)
class Pod:
    """A Pod, as far as storage goes."""

    meta: Meta
    node: str
    phase: str
    claims: tuple[str, ...]  # names in its namespace, those of ephemeral volumes included
    ready: bool
    waiting: str  # message of PodScheduled=False; "" when scheduled
    started: datetime | None
    uses: tuple[str, ...] = ()  # how each of ``claims`` is used: w(ritten), r(ead only), d(evice), "" not at all
    reason: str = ""  # why it failed
    images: tuple[str, ...] = ()  # last parts of its images' names: "postgres"; of pods that name claims only
    volumes: tuple[str, ...] = ()  # the names under which the pod knows its ``claims``
    health: tuple[tuple[str, Condition], ...] = ()  # (name of the volume, what the driver on its node reports)
    containers: tuple[PodContainer, ...] = ()  # those that mount one of ``claims``
    runtime: str = ""  # spec.runtimeClassName: "gvisor", "kata-qemu"


@dataclass(frozen=True)
class Workload:
    """A pod template: Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob."""

    kind: str
    meta: Meta
    claims: tuple[str, ...]
    replicas: int
    ready: int
    templates: tuple[ClaimTemplate, ...] = ()
    first_ordinal: int = 0
    when_scaled: str = "Retain"
    when_deleted: str = "Retain"
    overlaps: bool = False  # an update starts a second pod before the first has ended
    classes: tuple[str, ...] = ()  # those that its pods' ephemeral volumes name


@dataclass(frozen=True)
class Attachment:
    """A VolumeAttachment."""

    meta: Meta
    attacher: str
    node: str
    volume_name: str
    attached: bool
    attach_error: str
    detach_error: str
    error_code: int | None = None  # the driver's gRPC code of the newer of the two errors
    metadata: Labels = field(default_factory=dict)  # status.attachmentMetadata, lower case: devicepath, lun, ...


@dataclass(frozen=True)
class Node:
    """A Node."""

    meta: Meta
    ready: bool
    schedulable: bool
    version: str = ""  # the kubelet's, e.g. "v1.33.4"
    changed: datetime | None = None  # when it became, or stopped to be, ready
    taints: tuple[str, ...] = ()  # keys of those that keep pods away
    address: str = ""  # InternalIP
    troubles: tuple[Condition, ...] = ()  # conditions about filesystems and disks, as a problem detector sets them


@dataclass(frozen=True)
class Named:
    """An object of which only the identity and a word or two matter: a CSIDriver, a snapshot class with its driver."""

    meta: Meta
    driver: str = ""
    policy: str = ""  # of a snapshot class: what becomes of the data when a snapshot is deleted


@dataclass(frozen=True)
class CsiNode:
    """A CSINode: driver name -> how many volumes it can attach here (None: no limit declared)."""

    meta: Meta
    drivers: Mapping[str, int | None]
    topology_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by driver: labels that place a volume
    health: tuple[tuple[str, Condition], ...] = ()  # (driver, StorageUnreachable | StorageDegraded)


@dataclass(frozen=True)
class Quota:
    """A ResourceQuota: storage amounts in bytes, counts as numbers."""

    meta: Meta
    hard: Mapping[str, int]
    used: Mapping[str, int]


@dataclass(frozen=True)
class Snapshot:
    """A VolumeSnapshot."""

    meta: Meta
    claim: str
    class_name: str | None
    ready: bool
    error: str
    cut: datetime | None  # status.creationTime
    size: int | None


@dataclass(frozen=True)
class Event:
    """A Kubernetes Event about one object."""

    kind: str
    namespace: str
    name: str
    uid: str
    type: str  # Normal | Warning
    reason: str
    message: str
    count: int
    first: datetime | None
    last: datetime | None
