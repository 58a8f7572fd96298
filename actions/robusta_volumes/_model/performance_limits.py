"""The thresholds of volume performance. Reasons without a named source are engineering judgement: override them."""

from dataclasses import dataclass

from robusta_volumes._model.limit import limit

_MILLI = 1000
FAMILIES: dict[str, str] = {  # of `robusta_volumes._model.io.IoLimits.family`, and the threshold's name
    "sub-ms": "io_sub_ms",
    "ssd": "io_ssd",
    "hdd": "io_hdd",
    "replicated": "io_replicated",
    "nfs": "io_nfs",
    "local": "io_local",
    "": "io_unknown",
}


@dataclass(frozen=True)
class PerformanceLimits:
    """What counts as slow, as near to a limit, and as waiting too long."""

    io_samples: int = limit(
        12, "samples", "fewer means of five minutes are less than an hour: nothing is judged by them"
    )

    io_idle_ops_per_minute: int = limit(
        30, "operations", "a minute at the 95th percentile: what does less is idle, and its latency is chance"
    )
    io_throttled_percent: int = limit(
        10, "percent", "of an hour in which a limit of the volume held it back: six minutes are no accident"
    )
    io_throttled_most_percent: int = limit(50, "percent", "of an hour: what waits half of the time is its limit's work")
    io_ceiling_percent: int = limit(
        95, "percent", "of a declared limit: a mean of five minutes that high has stood at the limit in between"
    )
    io_ceiling_share_percent: int = limit(5, "percent", "of the samples at that height: more than an hour of a day")
    io_ceiling_most_percent: int = limit(25, "percent", "of the samples: six hours of a day at the limit")
    io_near_percent: int = limit(80, "percent", "of a limit: less than a fifth of headroom is the time to plan")
    io_headroom_percent: int = limit(25, "percent", "above what is needed: what a new limit should leave free")
    io_trend_fit_percent: int = limit(
        50, "percent", "of the variance that a straight line explains: a date from less is a guess"
    )
    io_machine_throttled_percent: int = limit(
        5, "percent", "of the time in which the machine held the volume back: its other volumes wait as well"
    )
    io_machine_percent: int = limit(90, "percent", "of what a machine may do with all its volumes together")
    io_machine_minutes: int = limit(30, "minutes", "so long small machines may burst: after it that is the limit")
    io_shared_cap_percent: int = limit(90, "percent", "of what all disks of one type on a machine may do together")

    io_credit_percent: int = limit(30, "percent", "of burst credit left and falling: the rest goes faster than it came")
    io_credit_hours: int = limit(6, "hours", "until burst credit is empty: less than a night")
    io_baseline_percent: int = limit(10, "percent", "around the baseline: who has no credit runs within that of it")
    io_baseline_minutes: int = limit(15, "minutes", "at the baseline without credit: three samples are no chance")
    io_waiting: int = limit(1, "operations", "in flight: with more than one something waits at the baseline")

    io_sub_ms_high_ms: int = limit(3, "milliseconds", "disks made for less than one; three are outside their design")
    io_sub_ms_very_high_ms: int = limit(
        10, "milliseconds", "three times the high value of disks made for less than one"
    )
    io_ssd_high_ms: int = limit(10, "milliseconds", "the makers of these disks say single digits")
    io_ssd_very_high_ms: int = limit(25, "milliseconds", "two and a half times the upper design value of SSD classes")
    io_hdd_high_ms: int = limit(30, "milliseconds", "a head moves in ten; three moves are a queue")
    io_hdd_very_high_ms: int = limit(100, "milliseconds", "three times the high value of spinning disks")
    io_replicated_high_ms: int = limit(15, "milliseconds", "a write crosses the network to each replica and back")
    io_replicated_very_high_ms: int = limit(50, "milliseconds", "three times the high value of replicated storage")
    io_nfs_high_ms: int = limit(20, "milliseconds", "network, server and its disk; most servers answer within ten")
    io_nfs_very_high_ms: int = limit(100, "milliseconds", "people notice a tenth of a second at each file")
    io_local_high_ms: int = limit(2, "milliseconds", "an SSD in the machine answers within a tenth of one")
    io_local_very_high_ms: int = limit(10, "milliseconds", "an SSD in the machine that needs ten is worn or overloaded")
    io_unknown_high_ms: int = limit(
        30, "milliseconds", "the mildest of all families: what nothing is known of is not called slow by a guess"
    )
    io_unknown_very_high_ms: int = limit(100, "milliseconds", "the mildest of all families, for the same reason")

    io_low_load_percent: int = limit(30, "percent", "of the limits: below it the load explains no latency")
    io_low_queue: int = limit(2, "operations", "in flight: below it nothing waits behind the volume's own work")
    io_queued: int = limit(4, "operations", "in flight: from here latency may be the queue's own length")
    io_little_percent: int = limit(
        30, "percent", "of difference at which latency still is queue divided by rate (Little's law)"
    )
    io_saturated_queue: int = limit(10, "operations", "in flight: the node mixin's alert NodeDiskIOSaturation, too")
    io_saturated_minutes: int = limit(30, "minutes", "the same alert waits so long")
    io_ops_per_queued: int = limit(
        500,
        "operations",
        "a second for each one in flight: Google asks for a queue of one per 500; longer ones only wait",
    )
    io_busy_percent: int = limit(
        80, "percent", "of the time with one operation in flight: an application that never rests"
    )
    io_very_busy_percent: int = limit(
        90, "percent", "of the time with one operation in flight: looks full, and need not be"
    )
    io_serial_percent: int = limit(
        150, "percent", "of one operation in flight: an application that does one thing after the other"
    )
    io_serial_ops_percent: int = limit(20, "percent", "of the limit: what such an application gets out of a volume")

    io_small_kib: int = limit(16, "KiB", "an operation: pages of databases; limits of operations are met first")
    io_small_ops_percent: int = limit(60, "percent", "of the limit of operations, from where small ones matter")
    io_small_bytes_percent: int = limit(20, "percent", "of the limit of bytes, below which operations are too small")
    io_hdd_small_kib: int = limit(64, "KiB", "an operation: AWS says that st1 and sc1 are for larger ones")
    io_large_kib: int = limit(128, "KiB", "an operation: files read and written from end to end")
    io_large_bytes_percent: int = limit(60, "percent", "of the limit of bytes, from where large operations matter")
    io_large_ops_percent: int = limit(30, "percent", "of the limit of operations, below which those are no matter")
    io_mix_percent: int = limit(80, "percent", "of the operations in one direction: what helps depends on it")
    io_mix_mib: int = limit(1, "MiB", "a second: the mix of less matters to nobody")
    io_write_slower_times: int = limit(5, "times", "writes slower than reads: replication or sync, no busy disk")
    io_flushes: int = limit(50, "flushes", "a second: each waits until the media has it")
    io_flush_percent: int = limit(50, "percent", "of writes: every other write is followed by a wait")

    io_stall_percent: int = limit(10, "percent", "of the time some task waits for I/O: people begin to notice")
    io_stall_full_percent: int = limit(10, "percent", "of the time all tasks wait for I/O: nothing else is done then")
    io_stall_most_percent: int = limit(40, "percent", "of the time some task waits for I/O: storage sets the pace")
    io_stall_minutes: int = limit(15, "minutes", "of such waiting: less is a start or a backup")
    io_no_stall_percent: int = limit(2, "percent", "of the time: below it nobody waits for I/O, however busy a disk is")
    io_node_stall_percent: int = limit(20, "percent", "of the time some task of the node waits for I/O")
    io_own_percent: int = limit(30, "percent", "of the operations on the device: who does less is not the cause")
    io_neighbour_percent: int = limit(50, "percent", "of the operations on the device by one other pod")
    io_cpu_throttled_percent: int = limit(
        25, "percent", "of the CPU periods cut short: the pod waits for CPU, not disks"
    )
    io_cpu_busy_percent: int = limit(50, "percent", "of the time the device is busy, below which CPU is the bottleneck")
    io_memory_percent: int = limit(
        10, "percent", "of the time some task waits for memory: pages are read again and again"
    )

    io_spike_times: int = limit(5, "times", "the median latency: a spike, no load of the day")
    io_spike_percent: int = limit(2, "percent", "of the samples: half an hour of a day; fewer are an accident")
    io_spike_days: int = limit(3, "days", "with a spike at the same hour: something is scheduled then")
    io_regression_times: int = limit(2, "times", "the median latency of the same hours a week ago")
    io_regression_load_percent: int = limit(25, "percent", "of difference in load at which latencies can be compared")
    io_bursty_times: int = limit(10, "times", "the mean at the peak")
    io_bursty_mean_percent: int = limit(20, "percent", "of the limit in the mean, below which a load comes in bursts")
    io_unused_percent: int = limit(10, "percent", "of what is paid for: nine tenths were never asked for")
    io_unused_days: int = limit(7, "days", "of history before somebody pays too much: each weekday was seen once")

    io_repeated_percent: int = limit(1, "percent", "of NFS requests sent again: a sound network repeats none")
    io_repeated_most_percent: int = limit(5, "percent", "of NFS requests sent again: each waits for a timeout first")
    io_meta_percent: int = limit(70, "percent", "of NFS requests that only ask for names and attributes")
    io_replica_timeout_ms: int = limit(
        2000, "milliseconds", "Longhorn gives up a replica after eight seconds of silence"
    )
    io_backing_ms: int = limit(100, "milliseconds", "of a disk below replicas: the slowest one decides for all")
    io_amplified_percent: int = limit(
        180, "percent", "of the writes that replicas need: the rest is bookkeeping of the storage system"
    )
    io_mount_seconds: int = limit(30, "seconds", "to mount a volume, at the 95th percentile: it takes a few")
    io_attach_seconds: int = limit(60, "seconds", "to attach a disk, at the 95th percentile: clouds need ten to thirty")
    io_provision_seconds: int = limit(120, "seconds", "to make a volume, at the 95th percentile")
    io_operations_failed_percent: int = limit(
        5, "percent", "of a driver's calls: a retry is normal, one in twenty is not"
    )
    benchmark_reached_percent: int = limit(
        90, "percent", "of a declared limit: a benchmark that comes so near reaches it"
    )
    benchmark_missed_percent: int = limit(
        70,
        "percent",
        "of the declared limits of IOPS and of throughput both: what holds it back is not the volume's limit",
    )
    benchmark_noise_percent: int = limit(
        30,
        "percent",
        "standard deviation by mean of a section's operations per second: one figure does not describe it",
    )
    benchmark_fell_percent: int = limit(
        30, "percent", "that the last third of a section is slower than its first: burst credit or a cache is used up"
    )
    benchmark_worse_percent: int = limit(
        20, "percent", "slower than the last run: two runs of the same disk differ by some percent"
    )
    benchmark_commit_ms: int = limit(
        10, "milliseconds", "at the 99th percentile of a commit: etcd asks for less, and databases feel it"
    )

    io_probe_ops: int = limit(20, "operations", "in one live look of some seconds: of fewer the mean latency is chance")

    def high_latency(self, family: str) -> tuple[float, float]:
        """Give, in seconds, from where the mean latency of this family is high, and from where very high."""
        head = FAMILIES.get(family, FAMILIES[""])
        high, very = getattr(self, f"{head}_high_ms"), getattr(self, f"{head}_very_high_ms")
        return high / _MILLI, very / _MILLI
