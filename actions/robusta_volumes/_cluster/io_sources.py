"""All metrics about I/O that anything is asked of: series by source, and what tells which device is what. Data, no code."""

from robusta_volumes._cluster.io_sources_nodes import NODES
from robusta_volumes._cluster.io_sources_volumes import LATENCY, VOLUMES

__all__ = ["LATENCY", "SERIES"]
SERIES = (*VOLUMES, *NODES)

POD_CLAIMS = "kube_pod_spec_volumes_persistentvolumeclaims_info"  # of kube-state-metrics
DISK_INFO, MAPPER_INFO, UNAME = "node_disk_info", "node_disk_device_mapper_info", "node_uname_info"
FILESYSTEM, NODE_PRESSURE = "node_filesystem_size_bytes", "node_pressure_io_waiting_seconds_total"
HANDLES = ("csi_volume_node_device_info", "csiaddons_volume_node_device_info")  # of csi-addons, as proposed
POD_OPS, POD_BYTES = ("container_fs_reads_total", "container_fs_writes_total"), "container_blkio_device_usage_total"
# calls to drivers: (histogram without its ending, label of the driver, label of the call, label of how it ended, what is well)
CALLS = (
    ("csi_operations_seconds", "driver_name", "method_name", "grpc_status_code", "OK"),
    ("csi_sidecar_operations_seconds", "driver_name", "method_name", "grpc_status_code", "OK"),
    ("storage_operation_duration_seconds", "volume_plugin", "operation_name", "status", "success"),
)
NAMES = frozenset(name for source in SERIES for name in source.metrics) | {
    *(POD_CLAIMS, DISK_INFO, MAPPER_INFO, FILESYSTEM, NODE_PRESSURE, POD_BYTES),
    *HANDLES,
    *POD_OPS,
    *LATENCY.values(),
    *(f"{call[0]}_count" for call in CALLS),
}
