"""Stories of volumes that nobody has to look at, however busy they are, and of those of which nothing is known."""

from datetime import timedelta

from io_load import KIB, MIB, Disk, Load, between, day_and_night, flat, run
from io_stories_backend import CEPH, LONGHORN, mount, nfs
from io_stories_limits import EBS, GP3, PD, SSD, waits
from io_story_world import END, Row, Story, Vol


def _busy(row: dict[str, list[float]]) -> Row:
    return {**row, "busy": [1.0] * 288}


def _nvme() -> Vol:
    row = _busy(run(Load(flat(9000), size=4 * KIB, workers=32), Disk(flat(0.0006)), "nvme"))
    return Vol("v1", "local.csi.openebs.io", "diskstats", row, 500, pressure=waits(0.005))


def _busy_gp3() -> Vol:
    row = _busy(run(Load(flat(1500), workers=16), Disk(flat(0.0014)), "busy-gp3"))
    return Vol("v1", EBS, "diskstats", row, 200, GP3, pressure=waits(0.006))


def _busy_unpressed() -> Vol:
    """No kernel here tells of pressure."""
    row = _busy(run(Load(day_and_night(300, 1800), workers=16), Disk(flat(0.002)), "busy-2"))
    return Vol("v1", PD, "diskstats", row, 400, {"type": "pd-balanced"})


def _idle() -> Vol:
    return Vol("v1", EBS, "ebs", run(Load(flat(0.05)), Disk(SSD), "idle"), 20, GP3)


def _idle_but_late() -> Vol:
    """A write now and then, of which some wake a sleeping disk."""
    return Vol("v1", EBS, "diskstats", run(Load(flat(0.15)), Disk(between(5, 9, 0.3, 0.005)), "late"), 20, GP3)


def _reset() -> Vol:
    """Until noon the device was another volume, a slow one; its counters then began anew."""
    row = run(Load(flat(300)), Disk(between(0, 12, 0.08, 0.0015)), "reset")
    return Vol("v1", EBS, "diskstats", row, 100, GP3, reset=146, pressure=waits(0.004))


def _moved() -> Vol:
    """Attached four hours ago; before, its name was that of a volume at its limit."""
    load = Load(between(0, 19.9, 6000, 250), workers=64)
    row = run(load, Disk(SSD, iops=3000), "moved")
    return Vol("v1", EBS, "diskstats", row, 200, GP3, attached=END - timedelta(hours=4), pressure=waits(0.004))


def _just_attached() -> Vol:
    row = run(Load(flat(2990), workers=64), Disk(SSD, iops=3000), "just-now")
    return Vol("v1", EBS, "diskstats", row, 200, GP3, attached=END - timedelta(minutes=25))


def _serial_app() -> Vol:
    """One import, row by row: always one operation under way."""
    row = _busy(run(Load(flat(5000), workers=1), Disk(flat(0.0024)), "serial"))
    return Vol("v1", EBS, "diskstats", row, 500, {**GP3, "iops": "6000"}, pressure=waits(0.005))


def _ceph_fine() -> Vol:
    return Vol(
        "v1", CEPH, "ceph", run(Load(day_and_night(200, 800)), Disk(flat(0.006)), "ceph-ok"), 100, pressure=waits(0.01)
    )


def _longhorn_fine() -> Vol:
    row = dict(run(Load(flat(120)), Disk(flat(0.007)), "longhorn-ok"))
    row["degraded"] = row["read_only"] = [0.0] * 288
    return Vol("v1", LONGHORN, "longhorn", row, 100)


def _longhorn_counts() -> Vol:
    """Its replicas' disks write twice what is asked, and one of them is slow at times, which nobody feels."""
    row = run(Load(flat(120)), Disk(flat(0.006)), "longhorn-counts")
    more = {"amplification": [2.3] * 288, "backing_write_latency": [0.12] * 288}
    return Vol("v1", LONGHORN, "longhorn", {**row, **more}, 100, pressure=waits(0.01))


def _nfs_fine() -> Vol:
    return mount(nfs(Load(flat(250)), flat(0.006), flat(0.005), flat(0.0004), 0, "nfs-ok"), 0.01)


def _nfs_repeats_a_little() -> Vol:
    return mount(nfs(Load(flat(200)), flat(0.007), flat(0.005), flat(0.015), 0, "nfs-little"), 0.01)


def _one_blip() -> Vol:
    row = run(Load(flat(400)), Disk(between(14, 14.08, 0.2, 0.0015)), "blip")
    return Vol("v1", EBS, "ebs", row, 200, GP3, pressure=waits(0.003))


def _bursts() -> Vol:
    row = run(Load(lambda hour: 2500 if hour % 3 < 0.17 else 40, workers=32), Disk(SSD, iops=3000), "bursts")
    return Vol("v1", EBS, "diskstats", row, 200, GP3, pressure=waits(0.01))


def _st1_streams() -> Vol:
    row = run(Load(flat(45), size=1 * MIB, workers=4), Disk(flat(0.018)), "streams")
    return Vol("v1", EBS, "diskstats", row, 2048, {"type": "st1"}, pressure=waits(0.015))


def _flushes_fast() -> Vol:
    load = Load(flat(300), size=4 * KIB, reads=0.1, flushes=0.9)
    return Vol("v1", PD, "diskstats", run(load, Disk(flat(0.0007), flush=flat(0.0011)), "f"), 200, {"type": "pd-ssd"})


def _deep_and_fast() -> Vol:
    """Twelve operations in flight at 20,000 IOPS: each is done in 0.6 ms."""
    row = run(Load(flat(20_000), size=4 * KIB, workers=64), Disk(flat(0.0006)), "deep")
    return Vol("v1", "local.csi.openebs.io", "diskstats", row, 500, pressure=waits(0.01))


def _faster_than_before() -> Vol:
    row = run(Load(flat(300)), Disk(flat(0.002)), "faster")
    hours = run(Load(flat(300)), Disk(between(0, 72, 0.006, 0.002)), "faster", 168, 168)
    return Vol("v1", EBS, "ebs", row, 200, GP3, week=hours)


def _slower_and_fine() -> Vol:
    """From 0.5 to 1.2 ms: twice as long, and nobody can feel it."""
    row = run(Load(flat(300)), Disk(flat(0.0012)), "slower")
    hours = run(Load(flat(300)), Disk(between(0, 72, 0.0005, 0.0012)), "slower", 168, 168)
    return Vol("v1", EBS, "ebs", row, 200, GP3, week=hours, pressure=waits(0.004))


def _short_of_cpu() -> Vol:
    row = run(Load(flat(60)), Disk(SSD), "cpu")
    return Vol("v1", EBS, "diskstats", row, 200, GP3, pressure={**waits(0.004), "cpu_throttled": [0.5] * 288})


def _short_of_memory() -> Vol:
    row = run(Load(flat(900), reads=0.95), Disk(SSD), "memory")
    return Vol("v1", EBS, "ebs", row, 200, GP3, pressure={**waits(0.015), "memory_pressure": [0.2] * 288})


def _only_pods() -> Vol:
    row = run(Load(flat(300)), Disk(SSD), "pods")
    return Vol("v1", "csi.vsphere.vmware.com", "cadvisor", row, 100)


def _nobody() -> Vol:
    return Vol("v1", "cephfs.csi.ceph.com", "", {}, 100)


STORIES = (
    Story("NVMe busy all day", "healthy", (_nvme(),), also=("PERF-15",)),
    Story("gp3 busy all day", "healthy", (_busy_gp3(),), also=("PERF-15",)),
    Story("pd-balanced busy all day, without pressure", "healthy", (_busy_unpressed(),)),
    Story("nobody uses it", "idle", (_idle(),), also=("PERF-44",)),
    Story("nobody uses it, and what is done is late", "idle", (_idle_but_late(),)),
    Story("the counter began anew at noon", "healthy", (_reset(),)),
    Story("moved here four hours ago", "healthy", (_moved(),)),
    Story("attached 25 minutes ago", "unknown", (_just_attached(),), also=("PERF-43",)),
    Story("an import that does one thing at a time", "healthy", (_serial_app(),), also=("PERF-20",)),
    Story("Ceph as it should be", "healthy", (_ceph_fine(),)),
    Story("Longhorn as it should be", "healthy", (_longhorn_fine(),)),
    Story("Longhorn with much bookkeeping", "healthy", (_longhorn_counts(),), also=("PERF-34", "PERF-35")),
    Story("NFS as it should be", "healthy", (_nfs_fine(),)),
    Story("NFS that repeats one request in seventy", "healthy", (_nfs_repeats_a_little(),), also=("PERF-29",)),
    Story("five bad minutes of a day", "healthy", (_one_blip(),)),
    Story("a batch every three hours", "healthy", (_bursts(),)),
    Story("st1 with what it is made for", "healthy", (_st1_streams(),)),
    Story("many flushes that are fast", "healthy", (_flushes_fast(),)),
    Story("deep queue on a fast disk", "healthy", (_deep_and_fast(),)),
    Story("faster than a week ago", "healthy", (_faster_than_before(),)),
    Story("slower than a week ago, by what nobody feels", "healthy", (_slower_and_fine(),)),
    Story("a pod that is short of CPU", "healthy", (_short_of_cpu(),), also=("PERF-18",)),
    Story("a pod that is short of memory", "healthy", (_short_of_memory(),), also=("PERF-19",)),
    Story("only what its pod does is known", "unknown", (_only_pods(),)),
    Story("CephFS, which nobody measures", "unknown", (_nobody(),)),
)
