"""What nodes say: of their disks, of their NFS mounts, and of what pods do. Data, no code."""

from robusta_volumes._cluster.io_source import Source, Term, rates
from robusta_volumes._cluster.promql import Group
from robusta_volumes._model.io_scope import CADVISOR, DISKSTATS, NFS, PSI

_DISKSTATS = Source(
    DISKSTATS,
    ("instance", "device"),
    rates(
        "node_disk_",
        read_ops="reads_completed_total",
        write_ops="writes_completed_total",
        read_bytes="read_bytes_total",
        write_bytes="written_bytes_total",
        read_seconds="read_time_seconds_total",
        write_seconds="write_time_seconds_total",
        merged_writes="writes_merged_total",
        flushes="flush_requests_total",
        flush_seconds="flush_requests_time_seconds_total",
        busy="io_time_seconds_total",
        queue="io_time_weighted_seconds_total",
    ),
    ("instance", "instances"),
    where=(("device", "!~", "loop.*|ram.*|zram.*|sr[0-9]+|fd[0-9]+"),),
    counter="node_disk_writes_completed_total",
)
_CALLS = "node_mountstats_nfs_operations_"
_READ: Group = (("operation", "=", "READ"),)
_WRITE: Group = (("operation", "=", "WRITE"),)
_COMMIT: Group = (("operation", "=", "COMMIT"),)
_META: Group = (("operation", "=~", "GETATTR|LOOKUP|ACCESS"),)
_NFS = Source(
    NFS,
    ("instance", "export"),
    {
        "read_ops": (Term(f"{_CALLS}requests_total", where=_READ),),
        "write_ops": (Term(f"{_CALLS}requests_total", where=_WRITE),),
        "flushes": (Term(f"{_CALLS}requests_total", where=_COMMIT),),
        "meta_requests": (Term(f"{_CALLS}requests_total", where=_META),),
        "requests": (Term(f"{_CALLS}requests_total"),),
        "transmissions": (Term(f"{_CALLS}transmissions_total"),),
        "timeouts": (Term(f"{_CALLS}major_timeouts_total"),),
        "read_seconds": (Term(f"{_CALLS}request_time_seconds_total", where=_READ),),
        "write_seconds": (Term(f"{_CALLS}request_time_seconds_total", where=_WRITE),),
        "flush_seconds": (Term(f"{_CALLS}request_time_seconds_total", where=_COMMIT),),
        "server_seconds": (Term(f"{_CALLS}response_time_seconds_total"),),
        "queued_seconds": (Term(f"{_CALLS}queue_time_seconds_total"),),
        "read_bytes": (Term("node_mountstats_nfs_total_read_bytes_total"),),
        "write_bytes": (Term("node_mountstats_nfs_total_write_bytes_total"),),
    },
    ("instance", "instances"),
    across=("protocol", "mountaddr", "operation"),
    counter=f"{_CALLS}requests_total",
)
_IN_A_POD: Group = (("pod", "!=", ""), ("container", "!=", ""))
_BLKIO = "container_blkio_device_usage_total"
_CADVISOR = Source(
    CADVISOR,
    ("namespace", "pod"),
    {
        "read_ops": (Term("container_fs_reads_total"),),
        "write_ops": (Term("container_fs_writes_total"),),
        "read_bytes": (Term(_BLKIO, where=(("operation", "=", "Read"),)), Term("container_fs_reads_bytes_total")),
        "write_bytes": (Term(_BLKIO, where=(("operation", "=", "Write"),)), Term("container_fs_writes_bytes_total")),
    },
    ("pod", "pods"),
    across=("container", "device", "major", "minor"),
    where=_IN_A_POD,
    counter="container_fs_writes_total",
)
_PSI = Source(
    PSI,
    ("namespace", "pod"),
    {
        **rates(
            "container_pressure_",
            pressure_some="io_waiting_seconds_total",
            pressure_full="io_stalled_seconds_total",
            memory_pressure="memory_waiting_seconds_total",
        ),
        "cpu_throttled": (
            Term("container_cpu_cfs_throttled_periods_total", "share", by="container_cpu_cfs_periods_total"),
        ),
    },
    ("pod", "pods"),
    where=_IN_A_POD,  # the worst container speaks for its pod
)

NODES = (_DISKSTATS, _NFS, _CADVISOR, _PSI)
