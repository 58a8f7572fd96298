"""Backups, whoever made them: what one run was to save, and what is proven of each claim's data in it.

A backup's phase proves nothing of a volume: Velero calls one Completed that skipped every volume. What counts is a `Copy`: the
evidence that one claim's data was moved. https://velero.io/docs/main/api-types/backup/
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from robusta_volumes._model.inventory import Unseen
from robusta_volumes._model.volume_policy import VolumePolicy

VELERO, CSI, K8UP, VOLSYNC = "velero", "csi", "k8up", "volsync"
EXCLUDED = "velero.io/exclude-from-backup"  # label "true": Velero leaves the object out
ITEM_TIMEOUT, SNAPSHOT_TIMEOUT = timedelta(hours=4), timedelta(minutes=10)  # Velero's own, where nobody says another
_LABEL, _KEPT, _HASH = 63, 57, 6  # characters: what a label holds, and how Velero shortens a longer name


def velero_label(name: str) -> str:
    """Write a backup's name as Velero does in a label: a long one is cut, with a hash behind it."""
    if len(name) <= _LABEL:
        return name
    return name[:_KEPT] + hashlib.sha256(name.encode()).hexdigest()[:_HASH]


class Proof(Enum):
    """What is known of a claim's data in one backup."""

    MOVED = "off-site"  # all bytes lie outside the cluster's storage
    SNAPSHOT = "same storage"  # a snapshot: lost together with the storage
    RUNNING = "running"
    FAILED = "failed"
    SKIPPED = "skipped"  # the tool said that it left the data out, and why
    METADATA = "metadata only"  # the claim is in the backup, its data is not
    UNKNOWN = "unknown"  # the tool leaves nothing behind that would tell

    @property
    def good(self) -> bool:
        """Tell whether data can be restored from it."""
        return self in (Proof.MOVED, Proof.SNAPSHOT)


class Copy(NamedTuple):
    """The evidence about one claim's data in one backup. A named tuple, because a cluster has hundreds of thousands of them."""

    engine: str  # velero | csi | k8up | volsync
    namespace: str
    claim: str
    claim_uid: str  # "": the tool does not say; a re-created claim has another one, and these copies are not its own
    proof: Proof
    cut_at: datetime | None  # when the data was fixed: age counts from here, never from when it was finished
    backup: str = ""  # name of the backup that it belongs to; "": it stands for itself
    backup_uid: str = ""
    name: str = ""  # of the object that is the evidence
    method: str = ""  # "data mover" | "file-system backup" | "snapshot" | "restic" | ...
    ended: datetime | None = None
    done: int | None = None  # bytes moved so far
    total: int | None = None  # bytes to move
    expires: datetime | None = None  # None: never, or not known
    why: str = ""  # what was said last, for people
    owner: str = ""  # who made it: a schedule's name, or a tool that is not ours
    proven: datetime | None = None  # when a restore of it was last seen to work
    volume: str = ""  # file-system backup: the pod's volume, where the claim is not known yet

    @property
    def claim_key(self) -> tuple[str, str]:
        """(namespace, claim)."""
        return self.namespace, self.claim


class Phase(Enum):
    """How far a backup is, whatever its tool calls it."""

    UNOBSERVED = "not seen by its server yet"
    WAITING = "queued"
    RUNNING = "running"
    DONE = "done"  # as its tool says; whether data is in it, its copies say
    PARTIAL = "partly failed"
    FAILED = "failed"
    REFUSED = "refused"  # its spec or its storage location cannot be used
    DELETING = "being deleted"

    @property
    def over(self) -> bool:
        """Tell whether nothing more will happen."""
        return self in (Phase.DONE, Phase.PARTIAL, Phase.FAILED, Phase.REFUSED)


@dataclass(frozen=True)
class Scope:
    """What a backup selects, as Velero's BackupSpec has it; empty lists select everything."""

    namespaces: tuple[str, ...] = ()  # with *
    without_namespaces: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    without_resources: tuple[str, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)  # a LabelSelector
    any_labels: tuple[Mapping[str, Any], ...] = ()  # LabelSelectors, one of which must fit
    moves_data: bool = False  # snapshots are uploaded off-site
    snapshots: bool = True  # volumes are snapshotted; false saves objects only, unless by file system
    by_file_system: bool = False  # volumes of running pods are read file by file
    policy: str = ""  # name of the ConfigMap with volume policies
    rules: VolumePolicy | None = None  # what it says; None: it was not looked at
    claims: tuple[str, ...] = ()  # names of the only claims that it saves: VolSync alone selects so

    @property
    def key(self) -> tuple[object, ...]:
        """What can be looked up in a dict: a scope itself has dicts in it, which have no hash."""
        chooses = (self.labels, self.any_labels, self.rules)
        selects = repr(chooses) if any(chooses) else ""
        names = self.namespaces, self.without_namespaces, self.resources, self.without_resources, self.claims
        return (*names, selects, self.moves_data, self.snapshots, self.by_file_system, self.policy)


@dataclass(frozen=True)
class Backup:
    """One run of a backup tool."""

    engine: str
    namespace: str  # where the object lies, not what it saves
    name: str
    uid: str = ""
    phase: Phase = Phase.UNOBSERVED
    phase_text: str = ""  # in its tool's own word
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    expires: datetime | None = None
    schedule: str = ""
    location: str = ""
    scope: Scope = Scope()
    errors: int = 0
    warnings: int = 0
    snapshots_tried: int = 0  # CSI and native ones, by the tool's own count
    snapshots_made: int = 0
    why: str = ""  # failure reason or validation errors, for people
    ours: bool = False  # it carries our label
    slot: datetime | None = None  # which slot of our schedule it serves
    held: bool = False  # somebody asked to keep it
    resource_version: str = ""
    deleted: datetime | None = None
    proven: Mapping[str, datetime] = field(default_factory=dict)  # claim uid -> when a restore was seen to work
    annotations: Mapping[str, str] = field(default_factory=dict)
    item_timeout: timedelta = ITEM_TIMEOUT  # how long Velero lets the data of one claim be moved
    snapshot_timeout: timedelta = SNAPSHOT_TIMEOUT  # how long it waits for one snapshot to be cut

    @property
    def more_for_snapshots(self) -> timedelta:
        """How much longer than usual it may wait for a snapshot, by its own spec."""
        return max(self.snapshot_timeout - SNAPSHOT_TIMEOUT, timedelta(0))

    @property
    def more(self) -> timedelta:
        """How much longer than usual it may take, by its own spec."""
        return max(self.item_timeout - ITEM_TIMEOUT, timedelta(0)) + self.more_for_snapshots

    @property
    def when(self) -> datetime | None:
        """Give the time that its age counts from."""
        return self.started or self.created

    @property
    def synced(self) -> bool:
        """Tell whether its object was made after it had ended: a storage location brought it, most often of another cluster."""
        return bool(self.created and self.ended and self.created > self.ended)


@dataclass(frozen=True)
class BackupSchedule:
    """A schedule of a backup tool."""

    engine: str
    namespace: str
    name: str
    uid: str = ""
    cron: str = ""  # five fields; as CRON_TZ says, in `time_zone`
    time_zone: str = "UTC"
    paused: bool = False
    phase_text: str = ""
    last: datetime | None = None  # when it last started a backup
    scope: Scope = Scope()
    ttl_hours: float | None = None
    why: str = ""  # validation errors
    created: datetime | None = None
    ours: bool = False
    resource_version: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)  # spec as it stands, to show a difference


@dataclass(frozen=True)
class Location:
    """Where backups go: a BackupStorageLocation."""

    namespace: str
    name: str
    default: bool = False
    read_only: bool = False
    available: bool | None = None  # None: its server has not said
    why: str = ""
    provider: str = ""
    bucket: str = ""
    validated: datetime | None = None
    authority: str = ""  # PEM of the certificate authority that it names for its server


@dataclass(frozen=True)
class BackupsSeen:
    """Everything about backups that was seen at one moment."""

    velero: str = ""  # the namespace where Velero is; "": none was found
    backups: tuple[Backup, ...] = ()
    copies: tuple[Copy, ...] = ()
    schedules: tuple[BackupSchedule, ...] = ()
    locations: tuple[Location, ...] = ()
    installed: frozenset[str] = frozenset()  # engines whose kinds this cluster serves
    node_agents: frozenset[str] | None = None  # nodes where Velero's node agent runs; None: not known
    server: bool | None = None  # whether a pod of Velero's server is Ready; None: not known
    deleting: frozenset[str] = frozenset()  # names of backups that a DeleteBackupRequest waits for
    unseen: Mapping[str, Unseen] = field(default_factory=dict)  # by resource name, as in an inventory
    infos: Mapping[str, str] = field(default_factory=dict)  # by uid: why a backup's own list was not read; "": it was
