"""The words of `robusta_volumes._model.io.VolumeIo.episodes`: what was so for some time, by the thresholds named."""

from collections.abc import Mapping

# Of words that end in "throttled" a share is one of time, not of samples: `Episode.share` is the mean of the signal and
# `worst_hour` its highest mean over an hour. Of all others a sample either is so or is not.
EPISODES: Mapping[str, str] = {
    "iops_throttled": "the volume's own limit of operations held it back",
    "bytes_throttled": "the volume's own limit of bytes held it back",
    "node_iops_throttled": "the machine's limit of operations held it back",
    "node_bytes_throttled": "the machine's limit of bytes held it back",
    "iops_ceiling": "limit_iops at io_ceiling_percent or more",
    "bytes_ceiling": "limit_bytes at io_ceiling_percent or more",
    "node_iops_full": "all volumes of the machine at io_machine_percent of its limit of operations or more",
    "node_bytes_full": "all volumes of the machine at io_machine_percent of its limit of bytes or more",
    "pool_iops_full": "all disks of one type on the machine at io_shared_cap_percent of what they may do together",
    "pool_bytes_full": "the same in bytes",
    "at_baseline": "no credit left, within io_baseline_percent of the baseline, and more than io_waiting in flight",
    "slow": "latency at the family's high value or above",
    "slow_at_low_load": "slow, with less than io_low_queue in flight and less than io_low_load_percent of each known limit",
    "very_slow": "latency at the family's very high value or above",
    "queued": "queue at io_queued or more, and latency within io_little_percent of queue divided by operations",
    "saturated": "queue above io_saturated_queue",
    "overqueued": "more in flight than one for each io_ops_per_queued operations a second, and more than io_queued",
    "stalled": "pressure_some at io_stall_percent or more",
    "badly_stalled": "pressure_full at io_stall_full_percent, or pressure_some at io_stall_most_percent, or more",
    "spike": "latency at io_spike_times of its median or more, and at the family's very high value or above",
    "timeouts": "an NFS request ran into a major timeout",
    "long_ios": "the backend itself called an operation too long",
    "degraded": "a replica is missing or rebuilt",
    "read_only": "the filesystem is read-only",
}
