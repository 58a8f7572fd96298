"""What each workflow needs from the API server: kind, verbs, where, and which feature it is for.

The permissions in ``helm-values/`` and the doctor's questions come from here; tests hold it against what the code asks.
"""

from collections.abc import Mapping

from robusta_volumes._model import kind as k
from robusta_volumes._model.need import Change, Need
from robusta_volumes._model.needs_backups import BACKUP_CHANGES, BACKUP_LOOKS

__all__ = ["CHANGES", "LOOKS", "NEEDS", "READ", "Change", "Need"]

READ = ("get", "list")

_STATE = Need(
    k.CONFIG_MAP, ("get", "create", "patch"), "remembers what was announced, across restarts", own=True, allow="state"
)
_VELERO = "install Velero for backups off-site, or set volumeBackupManagement.enabled: false"
_OURS = "finds what is ours and would stay when you leave"

# By Helm key; what belongs to no workflow by its action, written the same way.
NEEDS: Mapping[str, tuple[Need, ...]] = {
    "persistentVolumeActions": (
        Need(k.CLAIM, READ, "every report: claims"),
        Need(k.VOLUME, READ, "every report: volumes"),
        Need(k.STORAGE_CLASS, READ, "why a claim is Pending, and whether it can grow"),
        Need(k.CSI_DRIVER, READ, "whether the driver of a class is installed"),
        Need(k.CSI_NODE, READ, "attach limits, and drivers missing on a node"),
        Need(k.CAPACITY, READ, "free capacity that a driver declares"),
        Need(k.ATTACHMENT, READ, "where a volume is attached"),
        Need(k.ATTRIBUTES_CLASS, READ, "changes of volume attributes"),
        Need(k.NODE, READ, "volumes on nodes that are gone"),
        Need(
            k.NAMESPACE,
            READ,
            "namespaces that are being deleted with their claims, and the nearest name of one that does not exist",
        ),
        Need(k.POD, READ, "who uses a claim, and why it cannot start"),
        Need(k.DEPLOYMENT, READ, "claims that are parked, not unused"),
        Need(k.STATEFUL_SET, READ, "left-over claims, replicas that a quota stops"),
        Need(k.DAEMON_SET, READ, "claims that are parked, not unused"),
        Need(k.REPLICA_SET, READ, "claims that are parked, not unused"),
        Need(k.JOB, READ, "claims that are parked, not unused"),
        Need(k.CRON_JOB, READ, "claims that are parked, not unused"),
        Need(k.QUOTA, READ, "storage quotas that refuse claims"),
        Need(k.LIMIT_RANGE, READ, "size limits that refuse claims"),
        Need(k.SNAPSHOT, READ, "snapshots that failed"),
        Need(k.SNAPSHOT_CONTENT, READ, "snapshots that are left over on the backend"),
        Need(k.SNAPSHOT_CLASS, READ, "why a snapshot fails"),
        Need(k.EVENT, READ, "causes that stand in events only"),
        _STATE,
    ),
    "pvcSnapshots": (
        Need(k.CLAIM, READ, "which claims are to have snapshots, and which are being restored"),
        Need(k.VOLUME, READ, "whether a claim can be snapshotted"),
        Need(k.SNAPSHOT_CLASS, READ, "which class fits a claim's driver"),
        Need(k.SNAPSHOT, READ, "which snapshots there are, and how old"),
        Need(k.SNAPSHOT_CONTENT, READ, "whether a snapshot is bound to its data, and what Retain left behind"),
        Need(k.STORAGE_CLASS, READ, "which class a snapshot can be restored with"),
        Need(k.QUOTA, READ, "whether there is room for a restored claim"),
        Need(k.LIMIT_RANGE, READ, "whether a restored claim may have its size"),
        Need(k.EVENT, READ, "what a restore waits for"),
        Need(k.POD, READ, "the claims of a pod, and whether one waits for a restored claim"),
        Need(k.STATEFUL_SET, READ, "the claims of a StatefulSet"),
        _STATE,
    ),
    "persistentDataAnalysis": (
        Need(k.CLAIM, READ, "which claims there are, and how large"),
        Need(k.VOLUME, READ, "what they lie on, so whether their use can be known"),
        Need(k.STORAGE_CLASS, READ, "whether a claim can grow"),
        Need(k.CSI_DRIVER, READ, "whether a volume is a disk of its own"),
        Need(k.NODE, READ, "filesystems that fail on a node"),
        Need(k.ATTACHMENT, READ, "on which node a volume can be looked into"),
        Need(k.NAMESPACE, READ, "as which users pods may run that look into a volume"),
        Need(k.POD, READ, "who uses a claim, and who suffers when it is full"),
        Need(k.DEPLOYMENT, READ, "the workload that a claim belongs to"),
        Need(k.STATEFUL_SET, READ, "the workload that a claim belongs to, and its template"),
        Need(k.DAEMON_SET, READ, "the workload that a claim belongs to"),
        Need(k.REPLICA_SET, READ, "rollouts that coincide with a change of growth"),
        Need(k.CONTROLLER_REVISION, READ, "rollouts of StatefulSets and DaemonSets, beside a change of growth"),
        Need(k.JOB, READ, "the workload that a claim belongs to"),
        Need(k.CRON_JOB, READ, "the workload that a claim belongs to"),
        Need(k.QUOTA, READ, "whether a quota has room for a larger claim"),
        Need(k.CAPACITY, READ, "whether a thin pool can hold what it promised"),
        Need(k.SNAPSHOT, READ, "which snapshot still has what a claim lost"),
        Need(k.SNAPSHOT_CLASS, READ, "whether a volume can be looked at in a copy"),
        Need(k.LIMIT_RANGE, READ, "whether a copy to look into may have its size"),
        Need(k.EVENT, READ, "filesystems that fail, and growth that is refused"),
        _STATE,
    ),
    "volumeBackupManagement": (
        Need(k.CLAIM, READ, "which claims are to be backed up"),
        Need(k.VOLUME, READ, "how a claim's data can be backed up"),
        Need(k.POD, READ, "whether a pod runs through which files are read, and whether Velero runs"),
        Need(k.NAMESPACE, READ, "whether the namespace for restore tests is there"),
        Need(k.STATEFUL_SET, READ, "the claims of a StatefulSet"),
        Need(k.SNAPSHOT, READ, "snapshots of a claim, which are copies on the same storage"),
        Need(k.SNAPSHOT_CONTENT, READ, "whether a snapshot is bound to its data"),
        Need(k.SNAPSHOT_CLASS, READ, "which driver a snapshot that is to be tested is on"),
        Need(k.EVENT, READ, "what the claim of a test waits for"),
        Need(k.VELERO_BACKUP, READ, "which backups there are, and how they ended", without=_VELERO),
        Need(k.VELERO_SCHEDULE, READ, "whether Velero's schedules work", without="-"),
        Need(k.VELERO_LOCATION, READ, "whether the place where backups go can be reached", without="-"),
        Need(k.VELERO_UPLOAD, READ, "what proves that a snapshot's data went off-site", without="-"),
        Need(k.VELERO_POD_VOLUME, READ, "what proves that a volume's files went off-site", without="-"),
        Need(k.VELERO_RESTORE, READ, "what became of a restore, and of a test", without="-"),
        Need(k.STORAGE_CLASS, READ, "which class a backup is restored with"),
        Need(k.QUOTA, READ, "whether there is room for a restored claim"),
        Need(k.LIMIT_RANGE, READ, "whether a restored claim may have its size"),
        Need(k.VELERO_DELETE, READ, "which backups are being deleted", without="-"),
        Need(k.K8UP_BACKUP, READ, "backups that K8up makes", without="-"),
        Need(k.K8UP_SCHEDULE, READ, "when K8up is to back up", without="-"),
        Need(k.K8UP_SNAPSHOT, READ, "what proves a claim's data in a backup of K8up", without="-"),
        Need(k.VOLSYNC_SOURCE, READ, "what VolSync copies, and when it last did", without="-"),
        _STATE,
    ),
    "volumePerformanceAnalysis": (
        Need(k.CLAIM, READ, "which claims there are, and what they ask of their volume"),
        Need(k.VOLUME, READ, "which volume a claim has, by the name that metrics know it by"),
        Need(k.STORAGE_CLASS, READ, "what a volume of a class may do"),
        Need(k.ATTRIBUTES_CLASS, READ, "what a volume was asked to do while it is used"),
        Need(k.ATTACHMENT, READ, "on which node a volume is, since when, and as which device"),
        Need(k.NODE, READ, "what a machine may do, and under which address it is measured"),
        Need(k.POD, READ, "who uses a claim, where, and who else uses the same disk"),
        Need(k.DEPLOYMENT, READ, "the workload that a claim belongs to"),
        Need(k.STATEFUL_SET, READ, "the workload that a claim belongs to, and its template"),
        Need(k.DAEMON_SET, READ, "the workload that a claim belongs to"),
        Need(k.REPLICA_SET, READ, "the workload that a claim belongs to"),
        Need(k.JOB, READ, "the workload that a claim belongs to"),
        Need(k.CRON_JOB, READ, "the workload that a claim belongs to"),
        Need(k.SNAPSHOT, READ, "snapshots that were cut while a volume was slow"),
        Need(k.EVENT, READ, "what happened while a volume was slow"),
        _STATE,
    ),
    "robustaVolumesLeftovers": (
        Need(k.CLAIM, READ, _OURS),
        Need(k.POD, READ, _OURS),
        Need(k.JOB, READ, _OURS),
        Need(k.SNAPSHOT, READ, _OURS),
        Need(k.SNAPSHOT_CONTENT, READ, _OURS),
        Need(k.ROLE, READ, _OURS),
        Need(k.ROLE_BINDING, READ, _OURS),
    ),
}

CHANGES: tuple[Change, ...] = (
    Change("expand_persistent_volume_claim", Need(k.CLAIM, ("patch",), "grows claims", allow="expand")),
    Change(
        "set_volume_reclaim_policy",
        Need(k.VOLUME, ("patch",), "sets what becomes of a volume's data", allow="volumes"),
    ),
    Change(
        "release_persistent_volume",
        Need(k.VOLUME, ("patch",), "gives a kept volume back to a claim", allow="volumes"),
    ),
    Change("create_pvc_snapshots", Need(k.SNAPSHOT, ("create",), "takes snapshots", allow="snapshots")),
    Change(
        "pvc_snapshot_schedule",
        Need(k.SNAPSHOT, ("create", "delete"), "takes snapshots and deletes its own old ones", allow="snapshots"),
        ticks=True,
    ),
    Change(
        "pvc_snapshot_schedule",
        Need(k.POD_EXEC, ("create", "get"), "runs the hooks of a schedule in the pods that use a claim", allow="hooks"),
        ticks=True,
    ),
    Change("prune_pvc_snapshots", Need(k.SNAPSHOT, ("delete",), "deletes our own old snapshots", allow="snapshots")),
    Change(
        "volume_contents",
        Need(k.POD_EXEC, ("create", "get"), "looks what is in a volume, from a pod that has it", allow="contents"),
    ),
    Change(
        "volume_contents",
        Need(k.POD, ("create", "delete"), "looks from a pod of our own where none that runs can", allow="contents"),
    ),
    Change("volume_contents", Need(k.POD_LOG, ("get",), "reads what a pod of our own has seen", allow="contents")),
    Change(
        "volume_contents",
        Need(
            k.POD_EPHEMERAL, ("patch",), "adds a container to a pod that has a volume, to look into it", allow="debug"
        ),
    ),
    Change(
        "volume_contents",
        Need(k.SNAPSHOT, ("create", "delete"), "takes a snapshot to look into, and removes it", allow="copies"),
    ),
    Change(
        "volume_contents",
        Need(k.CLAIM, ("create", "delete"), "makes a copy of a claim to look into, and removes it", allow="copies"),
    ),
    Change(
        "probe_volume_io",
        Need(
            k.POD_EXEC,
            ("create", "get"),
            "reads the kernel's counters of I/O in a pod that has a volume",
            allow="probe",
        ),
    ),
    Change(
        "probe_volume_io",
        Need(
            k.POD_PROXY,
            ("get",),
            "reads metrics of node_exporter, where no pod with the volume tells",
            allow="exporter",
        ),
    ),
    Change(
        "benchmark_storage_class",
        Need(
            k.CLAIM, ("create", "delete"), "makes a claim to try its storage class, and removes it", allow="benchmark"
        ),
    ),
    Change(
        "benchmark_storage_class",
        Need(k.POD, ("create", "delete"), "runs fio in a claim, and removes the pod", allow="benchmark"),
    ),
    Change("benchmark_storage_class", Need(k.POD_LOG, ("get",), "reads what fio has measured", allow="benchmark")),
    Change("restore_pvc_snapshot", Need(k.CLAIM, ("create",), "restores snapshots into new claims", allow="restore")),
    *BACKUP_CHANGES,
)

# What is read only where somebody allowed it, since more can stand in it than storage; nothing of it changes anything.
LOOKS: tuple[Change, ...] = (
    Change(
        "persistent_data_analysis",
        Need(k.POD_LOG, ("get",), "what pods with full or failing volumes say of their disks", allow="logs"),
    ),
    *BACKUP_LOOKS,
)
