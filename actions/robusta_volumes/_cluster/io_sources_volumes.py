"""What storage itself says of its volumes. Data, no code: a source is added by describing it here."""

from datetime import timedelta

from robusta_volumes._cluster.io_source import Source, Term, rates
from robusta_volumes._model.io_scope import CEPH, EBS, LONGHORN, MAYASTOR, PORTWORX

_US, _NS = 1e-6, 1e-9  # seconds
_EBS = Source(
    EBS,
    ("volume_id",),
    {
        **rates(
            "aws_ebs_csi_",
            read_ops="read_ops_total",
            write_ops="write_ops_total",
            read_bytes="read_bytes_total",
            write_bytes="write_bytes_total",
            read_seconds="read_seconds_total",
            write_seconds="write_seconds_total",
            iops_throttled="exceeded_iops_seconds_total",
            bytes_throttled="exceeded_tp_seconds_total",
            node_iops_throttled="ec2_exceeded_iops_seconds_total",
            node_bytes_throttled="ec2_exceeded_tp_seconds_total",
        ),
        "queue": (Term("aws_ebs_csi_volume_queue_length", "mean"),),
    },
    ("volume_id", "handles"),
    across=("instance_id",),
    counter="aws_ebs_csi_read_ops_total",
)
_CEPH = Source(
    CEPH,
    ("pool", "namespace", "image"),
    {
        **rates(
            "ceph_rbd_",
            read_ops="read_ops",
            write_ops="write_ops",
            read_bytes="read_bytes",
            write_bytes="write_bytes",
        ),
        **rates("ceph_rbd_", _NS, read_seconds="read_latency_sum", write_seconds="write_latency_sum"),
    },
    ("image", "images"),
    counter="ceph_rbd_read_ops",
    least=timedelta(minutes=15),  # the manager refreshes them every five minutes
)
_REPLICAS = "longhorn_replica_info"
_LONGHORN = Source(
    LONGHORN,
    ("volume",),
    {
        "read_ops": (Term("longhorn_volume_read_iops", "mean"),),
        "write_ops": (Term("longhorn_volume_write_iops", "mean"),),
        "read_bytes": (Term("longhorn_volume_read_throughput", "mean"),),
        "write_bytes": (Term("longhorn_volume_write_throughput", "mean"),),
        "read_seconds": (Term("longhorn_volume_read_latency", "weighted", _NS, by="longhorn_volume_read_iops"),),
        "write_seconds": (Term("longhorn_volume_write_latency", "weighted", _NS, by="longhorn_volume_write_iops"),),
        "degraded": (Term("longhorn_volume_robustness", "any", where=(("state", "=~", "degraded|faulted"),)),),
        "read_only": (Term("longhorn_volume_file_system_read_only", "any"),),
        "backing_write_latency": (Term("longhorn_disk_write_latency", "below", _NS, by=_REPLICAS),),
        "amplification": (
            Term("longhorn_disk_write_iops", "amplified", by=_REPLICAS, plus=("longhorn_volume_write_iops",)),
        ),
    },
    ("volume", "handles"),
)
_MAYASTOR = Source(
    MAYASTOR,
    ("pv_name",),
    {
        **rates(
            "volume_",
            read_ops="num_read_ops",
            write_ops="num_write_ops",
            read_bytes="bytes_read",
            write_bytes="bytes_written",
        ),
        **rates("volume_", _US, read_seconds="read_latency_us", write_seconds="write_latency_us"),
    },
    ("pv_name", "volumes"),
    counter="volume_num_read_ops",
    least=timedelta(minutes=15),  # its exporter refreshes them every five minutes
)
_PORTWORX = Source(
    PORTWORX,
    ("volumename",),
    {
        "read_ops": (Term("px_volume_reads_total"), Term("px_volume_read_iops", "mean")),
        "write_ops": (Term("px_volume_writes_total"), Term("px_volume_write_iops", "mean")),
        "read_bytes": (Term("px_volume_read_bytes_total"), Term("px_volume_readthroughput", "mean")),
        "write_bytes": (Term("px_volume_written_bytes_total"), Term("px_volume_writethroughput", "mean")),
        "read_seconds": (
            Term("px_volume_dev_read_seconds_total"),
            Term("px_volume_read_latency_seconds", "weighted", by="px_volume_read_iops"),
        ),
        "write_seconds": (
            Term("px_volume_dev_write_seconds_total"),
            Term("px_volume_write_latency_seconds", "weighted", by="px_volume_write_iops"),
        ),
        "queue": (Term("px_volume_depth_io", "mean"),),
        "long_ios": (
            Term("px_volume_num_long_reads", plus=("px_volume_num_long_writes", "px_volume_num_long_flushes")),
        ),
        "degraded": (Term("px_volume_replication_status", "any"),),
    },
    ("volumename", "volumes"),
    counter="px_volume_reads_total",
)

VOLUMES = (_EBS, _CEPH, _LONGHORN, _MAYASTOR, _PORTWORX)
LATENCY = {"read": "aws_ebs_csi_read_io_latency_seconds_bucket", "write": "aws_ebs_csi_write_io_latency_seconds_bucket"}
