"""Stories of volumes that are slow for what lies behind them, beside them, or in the application."""

from datetime import timedelta

from io_load import KIB, Disk, Load, Profile, between, day_and_night, flat, run
from io_stories_limits import EBS, GP3, PD, SSD, waits
from io_story_world import END, NODE, Row, Story, Vol
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.io_series import PodIo
from robusta_volumes._model.usage import Use

CEPH, LONGHORN, PX = "rook-ceph.rbd.csi.ceph.com", "driver.longhorn.io", "pxd.portworx.com"


def _ebs_slow() -> Vol:
    row = run(Load(day_and_night(30, 120), workers=4), Disk(between(8, 24, 0.014, 0.0012)), "ebs-slow")
    return Vol("v1", EBS, "ebs", row, 200, GP3, pressure=waits(0.12, 8, 24))


def _ceph_slow() -> Vol:
    row = run(Load(flat(35), workers=4), Disk(flat(0.045)), "ceph-slow")
    return Vol("v1", CEPH, "ceph", row, 50, pressure=waits(0.25))


def _longhorn_slow() -> Vol:
    row = run(Load(flat(50), size=16 * KIB, workers=3), Disk(flat(0.030)), "longhorn-slow")
    return Vol("v1", LONGHORN, "longhorn", row, 20)


def _pd_slow() -> Vol:
    row = run(Load(flat(110), workers=2), Disk(between(14, 24, 0.0075, 0.0008)), "pd-slow")
    return Vol("v1", PD, "diskstats", row, 200, {"type": "pd-ssd"})


def _etcd() -> Vol:
    load = Load(flat(140), size=4 * KIB, reads=0.05, workers=4, flushes=0.9)
    row = run(load, Disk(flat(0.002), flush=flat(0.016)), "etcd")
    return Vol("v1", EBS, "diskstats", row, 50, GP3, pressure=waits(0.2))


def _postgres_log() -> Vol:
    load = Load(flat(400), size=8 * KIB, reads=0.3, workers=8, flushes=0.6)
    row = run(load, Disk(flat(0.0012), flush=flat(0.009)), "pg-log")
    return Vol("v1", PD, "diskstats", row, 200, {"type": "pd-ssd"}, pressure=waits(0.15))


def nfs(
    load: Load, took: Profile, server: Profile, lost: Profile, timeouts: float, seed: str, meta: float = 0.2
) -> Row:
    """A mount: ``took`` seconds for all, of that ``server`` from sending to answer; a share of requests is sent again."""
    row = run(load, Disk(took), seed)
    hours = [(c + 0.5) / 12 for c in range(288)]
    done = [(r + w) / (1 - meta) for r, w in zip(row["read_ops"], row["write_ops"], strict=True)]
    seconds = [n * server(h) for n, h in zip(done, hours, strict=True)]
    slept = [max(0.0, n * (took(h) - server(h)) * 0.98) for n, h in zip(done, hours, strict=True)]
    lasts = {
        name: row[name]
        for name in ("read_ops", "write_ops", "read_bytes", "write_bytes", "read_seconds", "write_seconds")
    }
    return {
        **lasts,
        "requests": done,
        "transmissions": [n * (1 + lost(h)) for n, h in zip(done, hours, strict=True)],
        "timeouts": [timeouts if 10 <= h < 10.5 else 0.0 for h in hours],
        "server_seconds": seconds,
        "queued_seconds": slept,
        "meta_requests": [n * meta for n in done],
    }


def mount(row: Row, share: float = 0.2) -> Vol:
    return Vol("v1", "nfs", "nfs", row, 500, pressure=waits(share))


def _nfs_lossy() -> Vol:
    return mount(nfs(Load(flat(120)), flat(0.090), flat(0.006), flat(0.035), 0, "nfs-loss"))


def _nfs_timeouts() -> Vol:
    return mount(nfs(Load(flat(80)), between(9, 12, 0.4, 0.006), flat(0.005), flat(0.002), 0.02, "nfs-gone"))


def _nfs_slow() -> Vol:
    return mount(nfs(Load(day_and_night(60, 200)), flat(0.065), flat(0.064), flat(0.0005), 0, "nfs-slow"))


def _nfs_slots() -> Vol:
    return mount(nfs(Load(flat(2200), workers=200), flat(0.055), flat(0.009), flat(0.0003), 0, "nfs-slots"))


_near_full = Vol("v1", EBS, "ebs", run(Load(flat(300)), Disk(SSD), "full"), 100, GP3)
ROOT_LOAD = Load(flat(900), size=32 * KIB, workers=40)


def _beside(share: float) -> Vol:
    """A folder on its node's disk, which another pod keeps busy: the disk's own figures are those of both."""
    row = run(ROOT_LOAD, Disk(flat(0.038)), f"neighbour-{share}")
    return Vol("v1", "rancher.io/local-path", "diskstats", row, 20, folder="/opt/local-path/a", pressure=waits(0.3))


def _pods(own: float, other: float) -> tuple[PodIo, ...]:
    return (
        PodIo(NODE, "shop", "pod-v1", "/dev/sda", ("8", "0"), own, own * 32 * KIB),
        PodIo(NODE, "batch", "etl-0", "/dev/sda", ("8", "0"), other, other * 32 * KIB),
    )


def _rebuild() -> Vol:
    row = dict(
        run(Load(day_and_night(80, 260), size=16 * KIB, workers=16), Disk(between(10, 17, 0.036, 0.004)), "rebuild")
    )
    row["degraded"] = [1.0 if 10 <= (c + 0.5) / 12 < 17 else 0.0 for c in range(288)]
    return Vol("v1", LONGHORN, "longhorn", row, 100, pressure=waits(0.3, 10, 17))


def _dying_replicas() -> Vol:
    row = dict(run(Load(flat(150), size=64 * KIB, workers=600), Disk(between(15, 18, 2.6, 0.02)), "dying"))
    row["degraded"] = [0.0] * 288
    return Vol("v1", LONGHORN, "longhorn", row, 100, pressure=waits(0.7, 15, 18))


def _slow_disk_below() -> Vol:
    row = dict(run(Load(flat(150), size=64 * KIB), Disk(flat(0.022)), "below"), backing_write_latency=[0.16] * 288)
    return Vol("v1", LONGHORN, "longhorn", row, 100, pressure=waits(0.2))


def _px_hangs() -> Vol:
    row = dict(run(Load(flat(150), workers=8), Disk(flat(0.019)), "px"))
    row["long_ios"] = [0.03 if 9 <= (c + 0.5) / 12 < 12 else 0.0 for c in range(288)]
    row["degraded"] = [0.0] * 288
    return Vol("v1", PX, "portworx", row, 100, pressure=waits(0.15))


def _px_saturated() -> Vol:
    row = dict(run(Load(flat(1600), size=16 * KIB, workers=64), Disk(flat(0.011)), "px-full"))
    row["degraded"] = row["long_ios"] = [0.0] * 288
    return Vol("v1", PX, "portworx", row, 100, pressure=waits(0.25))


def _own_queue() -> Vol:
    """Sixty-four workers on a pool that serves what it can: it has no limit, and they wait for one another."""
    row = run(Load(flat(9000), workers=64), Disk(flat(0.003), iops=2500), "own-queue")
    return Vol("v1", CEPH, "ceph", row, 100, pressure=waits(0.35))


def _own_queue_gp3() -> Vol:
    """A volume of 16,000 IOPS, of which a scan with a hundred readers gets 5,000."""
    row = run(Load(flat(9000), reads=0.95, workers=100), Disk(SSD, iops=5000), "own-queue-gp3")
    return Vol("v1", EBS, "diskstats", row, 500, {**GP3, "iops": "16000", "throughput": "1000"}, pressure=waits(0.3))


def _slow_writes() -> Vol:
    load = Load(flat(160), size=8 * KIB, reads=0.7, workers=8)
    row = run(load, Disk(flat(0.0015), write_latency=flat(0.030)), "sync")
    return Vol("v1", LONGHORN, "longhorn", row, 100, pressure=waits(0.15))


def _hdd() -> Vol:
    row = run(Load(flat(90), size=8 * KIB, workers=3), Disk(flat(0.042)), "hdd")
    return Vol("v1", EBS, "diskstats", row, 2048, {"type": "st1"}, pressure=waits(0.3))


def _hdd_full() -> Vol:
    """Eight workers on a disk whose head moves a hundred times a second."""
    row = run(Load(flat(300), size=8 * KIB, workers=8), Disk(flat(0.012), iops=110), "hdd-full")
    return Vol("v1", EBS, "diskstats", row, 2048, {"type": "st1"}, pressure=waits(0.4))


def _nightly() -> Vol:
    """A backup at two in the morning, each night, reads all it can."""
    night = between(2, 3, 0.12, 0.0025)
    row = run(Load(flat(150), size=16 * KIB, workers=24), Disk(night), "nightly")
    hours = run(Load(flat(150), size=16 * KIB, workers=24), Disk(lambda h: night(h % 24)), "week", 168, 168)
    return Vol("v1", EBS, "ebs", row, 200, GP3, week=hours, pressure=waits(0.4, 2, 3))


def _regression(iops: float, before: float, now: float, seed: str) -> Vol:
    """Since four days each operation takes longer, at the load of always."""
    row = run(Load(flat(iops), workers=64), Disk(flat(now)), seed)
    hours = run(Load(flat(iops), workers=64), Disk(between(0, 72, before, now)), seed, 168, 168)
    return Vol("v1", EBS, "ebs", row, 200, {**GP3, "iops": "6000"}, week=hours, pressure=waits(0.15))


def _stalled_elsewhere() -> Vol:
    row = run(Load(flat(0.2)), Disk(SSD), "elsewhere")
    return Vol("v1", EBS, "ebs", row, 50, GP3, pressure=waits(0.35))


def _read_only() -> Vol:
    row = dict(run(Load(flat(20), reads=1.0), Disk(flat(0.003)), "ro"))
    row["read_only"] = [1.0 if c > 200 else 0.0 for c in range(288)]
    return Vol("v1", LONGHORN, "longhorn", row, 20)


def _full() -> dict[tuple[str, str], ClaimUse]:
    return {("shop", "v1"): ClaimUse(("shop", "v1"), Use(used=99 * 1024**3, available=1024**3, capacity=100 * 1024**3))}


def _node_waits() -> Vol:
    row = run(Load(flat(400), workers=16), Disk(flat(0.0012)), "node-waits")
    return Vol("v1", "rancher.io/local-path", "diskstats", row, 20, folder="/opt/local-path/a", pressure=waits(0.08))


def _attached_to_slow() -> Vol:
    """Attached six hours ago, and slow since then; before, the device was another's and idle."""
    load = Load(between(18, 24, 90, 0.0), workers=4)
    row = run(load, Disk(flat(0.017)), "attached-slow")
    return Vol("v1", EBS, "diskstats", row, 200, GP3, attached=END - timedelta(hours=6))


STORIES = (
    Story("EBS answers in 14 ms at 100 IOPS", "backend slow at low load", (_ebs_slow(),)),
    Story("Ceph answers in 45 ms at 35 IOPS", "backend slow at low load", (_ceph_slow(),)),
    Story("Longhorn over a slow network", "backend slow at low load", (_longhorn_slow(),)),
    Story("pd-ssd since the afternoon", "backend slow at low load", (_pd_slow(),)),
    Story("attached six hours ago, slow since", "backend slow at low load", (_attached_to_slow(),)),
    Story("etcd on gp3", "flush-bound", (_etcd(),)),
    Story("the log of PostgreSQL on pd-ssd", "flush-bound", (_postgres_log(),)),
    Story("NFS over a lossy path", "NFS requests lost", (_nfs_lossy(),)),
    Story("NFS server that was away for a while", "NFS requests lost", (_nfs_timeouts(),)),
    Story("NFS server with slow disks", "NFS server slow", (_nfs_slow(),)),
    Story("NFS client without slots", "NFS client slots", (_nfs_slots(),)),
    Story("a folder beside an ETL job", "noisy neighbour", (_beside(0.1),), pods=_pods(90, 800)),
    Story("a folder beside a job that does a little more", "noisy neighbour", (_beside(0.3),), pods=_pods(280, 610)),
    Story("Longhorn rebuilds for seven hours", "replica rebuild", (_rebuild(),)),
    Story("Longhorn on disks that are overrun", "replicas time out", (_dying_replicas(),)),
    Story("Longhorn on a spinning disk", "replicas time out", (_slow_disk_below(),)),
    Story("Portworx with operations that hang", "operations hang", (_px_hangs(),)),
    Story("Portworx with a long queue", "saturated", (_px_saturated(),)),
    Story("Ceph under sixty-four workers", "own queue", (_own_queue(),)),
    Story("gp3 under a scan with a hundred readers", "own queue", (_own_queue_gp3(),)),
    Story("Longhorn writes to a far replica", "writes slow", (_slow_writes(),)),
    Story("a database on st1", "small operations on HDD", (_hdd(),)),
    Story("a database with eight workers on st1", "small operations on HDD", (_hdd_full(),)),
    Story("a backup each night at two", "latency spikes", (_nightly(),)),
    Story("gp3 since four days, little load", "slower than before", (_regression(200, 0.005, 0.014, "r1"),)),
    Story("gp3 since four days, much load", "slower than before", (_regression(1300, 0.005, 0.013, "r2"),)),
    Story("a pod that waits for another disk", "pod waits for I/O", (_stalled_elsewhere(),)),
    Story("Longhorn went read-only", "read-only", (_read_only(),)),
    Story("a filesystem without room", "full", (_near_full,), uses=_full()),
    Story(
        "a node that waits for others",
        "node waits for others",
        (_node_waits(),),
        pods=_pods(60, 150),
        node_pressure=0.4,
    ),
)
