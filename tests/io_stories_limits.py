"""Stories of volumes that are held back by a limit: their own, their machine's, or the one below their burst credit."""

from dataclasses import replace

from io_load import KIB, MIB, Disk, Load, Profile, between, day_and_night, flat, run
from io_story_world import Row, Story, Vol

EBS, PD, AZURE = "ebs.csi.aws.com", "pd.csi.storage.gke.io", "disk.csi.azure.com"
GP3 = {"type": "gp3"}
SSD = flat(0.0015)


def waits(share: float, from_hour: float = 0, to_hour: float = 24) -> Row:
    """What the pod's pressure shows: so much of the time some task waits, a third of that all of them."""
    some = [share if from_hour <= (c + 0.5) / 12 < to_hour else share / 50 for c in range(288)]
    return {"pressure_some": some, "pressure_full": [value / 3 for value in some]}


def _gp3_iops() -> Vol:
    row = run(Load(flat(5200), workers=48), Disk(SSD, iops=3000), "gp3-iops")
    return Vol("v1", EBS, "ebs", row, 200, GP3, pressure=waits(0.3))


def _gp3_iops_batch() -> Vol:
    load = Load(between(9, 13, 6000, 300), size=16 * KIB, workers=64)
    row = run(load, Disk(SSD, iops=3000), "gp3-iops-batch")
    return Vol("v1", EBS, "diskstats", row, 200, GP3, pressure=waits(0.4, 9, 13))


def _gp3_iops_provisioned() -> Vol:
    row = run(Load(day_and_night(2000, 14_000), size=8 * KIB, reads=0.2, workers=128), Disk(SSD, iops=6000), "gp3-6000")
    return Vol("v1", EBS, "ebs", row, 500, {**GP3, "iops": "6000", "throughput": "400"})


def _gp3_bytes() -> Vol:
    load = Load(between(1, 7, 900, 60), size=256 * KIB, reads=0.9, workers=16)
    row = run(load, Disk(SSD, iops=3000, bytes=125 * MIB), "gp3-bytes")
    return Vol("v1", EBS, "ebs", row, 300, GP3, pressure=waits(0.35, 1, 7))


def _gp3_bytes_seen_by_node() -> Vol:
    load = Load(flat(700), size=256 * KIB, reads=0.1, workers=24)
    row = run(load, Disk(SSD, iops=3000, bytes=125 * MIB), "gp3-bytes-node")
    return Vol("v1", EBS, "diskstats", row, 300, GP3)


def _gp2_large() -> Vol:
    row = run(Load(flat(4500), size=8 * KIB, workers=64), Disk(SSD, iops=3072), "gp2-1tib")
    return Vol("v1", EBS, "diskstats", row, 1024, {"type": "gp2"}, pressure=waits(0.3))


def _burst(base: float, size: float, burst: float, asked: Profile, per: str, op: float, seed: str) -> Row:
    """A day with a bucket of credit: as fast as its burst limit until it is empty, then at its baseline with a queue."""
    free, held = (
        run(Load(asked, op, workers=32), Disk(SSD, iops=most) if per == "iops" else Disk(SSD, bytes=most), seed)
        for most in (burst, base)
    )
    found: dict[str, list[float]] = {name: [] for name in free}
    credit = size
    names = ("read_ops", "write_ops") if per == "iops" else ("read_bytes", "write_bytes")
    for column in range(288):
        done = sum(free[name][column] for name in names)
        took = held if credit < (done - base) * 300 else free  # a whole step is fast only on credit for all of it
        done = sum(took[name][column] for name in names)
        credit = min(size, max(0.0, credit + (base - done) * 300))
        for name, values in took.items():
            found[name].append(values[column])
    return found


def _gp2_empty() -> Vol:
    row = _burst(300, 5.4e6, 3000, between(10, 24, 1200, 80), "iops", 8 * KIB, "gp2-empty")
    return Vol("v1", EBS, "diskstats", row, 100, {"type": "gp2"}, pressure=waits(0.5, 12, 24))


def _gp2_empty_by_metrics() -> Vol:
    row = dict(_burst(150, 5.4e6, 3000, flat(600), "iops", 8 * KIB, "gp2-empty-2"))
    row["iops_throttled"] = [0.0] * 288  # the driver counts its own limit, not credit, on this kind
    return Vol("v1", EBS, "ebs", row, 50, {"type": "gp2"})


def _st1_empty() -> Vol:
    base, burst = 20 * MIB, 125 * MIB
    row = _burst(base, 0.5 * 1024**4, burst, between(2, 24, 150, 5), "bytes", 512 * KIB, "st1-empty")
    return Vol("v1", EBS, "diskstats", row, 512, {"type": "st1"}, pressure=waits(0.5, 4, 24))


def _pd_balanced() -> Vol:
    row = run(Load(flat(6000), workers=48), Disk(flat(0.0008), iops=3600), "pd-iops")
    return Vol("v1", PD, "diskstats", row, 100, {"type": "pd-balanced"}, pressure=waits(0.3))


def _pd_ssd_bytes() -> Vol:
    load = Load(between(8, 18, 700, 100), size=512 * KIB, reads=0.8, workers=16)
    row = run(load, Disk(flat(0.0012), iops=9000, bytes=288 * MIB), "pd-ssd-bytes")
    return Vol("v1", PD, "diskstats", row, 100, {"type": "pd-ssd"})


def _hyperdisk() -> Vol:
    row = run(Load(flat(5000), size=8 * KIB, workers=64), Disk(flat(0.0007), iops=3000), "hyperdisk")
    parameters = {"type": "hyperdisk-balanced", "provisioned-iops-on-create": "3000"}
    return Vol("v1", PD, "diskstats", row, 100, parameters)


def _azure_v2() -> Vol:
    row = run(Load(flat(4500), workers=64), Disk(flat(0.0008), iops=3000), "azure-v2")
    return Vol("v1", AZURE, "diskstats", row, 256, {"skuName": "PremiumV2_LRS", "cachingMode": "None"})


def _azure_premium_bytes() -> Vol:
    load = Load(flat(1400), size=256 * KIB, reads=0.05, workers=32)
    row = run(load, Disk(flat(0.003), iops=7500, bytes=250e6), "azure-p40")
    return Vol(
        "v1", AZURE, "diskstats", row, 2048, {"skuName": "Premium_LRS", "cachingMode": "None"}, pressure=waits(0.25)
    )


def _azure_standard() -> Vol:
    row = run(Load(between(6, 20, 900, 50), size=8 * KIB, workers=16), Disk(flat(0.004), iops=500), "azure-e40")
    return Vol("v1", AZURE, "diskstats", row, 2048, {"skuName": "StandardSSD_LRS", "cachingMode": "None"})


def _machine_by_driver() -> Vol:
    row = dict(run(Load(flat(2600), size=8 * KIB, workers=40), Disk(SSD, iops=1900), "m5-large"))
    row["node_iops_throttled"] = row["iops_throttled"]
    row["iops_throttled"] = [0.0] * 288
    return Vol("v1", EBS, "ebs", row, 200, GP3, pressure=waits(0.3))


def _machine_by_sum() -> tuple[Vol, ...]:
    """Three volumes share 3,600 IOPS of an m5.large, none of them near its own 3,000."""
    return tuple(
        Vol(f"v{n}", EBS, "diskstats", run(Load(flat(1900), workers=24), Disk(SSD, iops=1190), f"sum-{n}"), 200, GP3)
        for n in (1, 2, 3)
    )


def _machine_bytes() -> tuple[Vol, ...]:
    load = Load(flat(420), size=128 * KIB, workers=16)
    return tuple(
        Vol(f"v{n}", EBS, "diskstats", run(load, Disk(SSD, bytes=40e6), f"bytes-{n}"), 200, GP3) for n in (1, 2)
    )


def _pool() -> tuple[Vol, ...]:
    """Two disks of 200 GiB may do 5,400 IOPS together, each alone 4,200."""
    disk = Disk(flat(0.0009), iops=2660)
    return tuple(
        Vol(
            f"v{n}", PD, "diskstats", run(Load(flat(3600), workers=32), disk, f"pool-{n}"), 200, {"type": "pd-balanced"}
        )
        for n in (1, 2)
    )


def _near_and_fine() -> Vol:
    row = run(Load(flat(2550), size=8 * KIB, workers=32), Disk(SSD, iops=3000, jitter=0.02), "near")
    return Vol("v1", EBS, "ebs", row, 200, GP3, pressure=waits(0.004))


def _short_peak() -> Vol:
    """Twenty minutes at the limit, which a batch of the night does not mind."""
    row = run(Load(between(3, 3.34, 3400, 500), workers=6), Disk(SSD, iops=3000), "short-peak")
    return Vol("v1", EBS, "diskstats", row, 200, GP3, pressure=waits(0.005))


def _draining() -> Vol:
    """It lives on its credit since two hours, and is fast."""
    row = _burst(300, 5.4e6, 3000, between(22.6, 24, 1100, 100), "iops", 8 * KIB, "draining")
    return Vol("v1", EBS, "diskstats", row, 100, {"type": "gp2"}, pressure=waits(0.004))


STORIES = (
    Story("gp3 asked for 5,200 IOPS all day", "IOPS ceiling", (_gp3_iops(),)),
    Story("gp3 in a batch of four hours, seen by its node only", "IOPS ceiling", (_gp3_iops_batch(),)),
    Story("gp3 of 6,000 IOPS at noon", "IOPS ceiling", (_gp3_iops_provisioned(),)),
    Story("gp3 read for a backup of six hours", "throughput ceiling", (_gp3_bytes(),)),
    Story("gp3 written from end to end, seen by its node only", "throughput ceiling", (_gp3_bytes_seen_by_node(),)),
    Story("gp2 of 1 TiB has no bucket any more", "IOPS ceiling", (_gp2_large(),)),
    Story("gp2 of 100 GiB after noon", "burst credit used up", (_gp2_empty(),)),
    Story("gp2 of 50 GiB, by the driver's metrics", "burst credit used up", (_gp2_empty_by_metrics(),)),
    Story("st1 read all day", "burst credit used up", (_st1_empty(),)),
    Story("pd-balanced of 100 GiB", "IOPS ceiling", (_pd_balanced(),)),
    Story("pd-ssd with large files by day", "throughput ceiling", (_pd_ssd_bytes(),)),
    Story("Hyperdisk with what comes for free", "IOPS ceiling", (_hyperdisk(),)),
    Story("Premium SSD v2 as it is made", "IOPS ceiling", (_azure_v2(),)),
    Story("P40 written in large blocks", "throughput ceiling", (_azure_premium_bytes(),)),
    Story("E40 with its 500 IOPS", "IOPS ceiling", (_azure_standard(),)),
    Story("m5.large, and the driver says so", "machine limit", (_machine_by_driver(),), "m5.large"),
    Story("m5.large with three volumes", "machine limit", _machine_by_sum(), "m5.large"),
    Story("m5.large with two volumes of large blocks", "machine limit", _machine_bytes(), "m5.large"),
    Story("two pd-balanced on one machine", "shared limit of the machine", _pool(), "n2-standard-8"),
    Story("gp3 at 85 % of its limit", "healthy", (_near_and_fine(),), also=("PERF-03",)),
    Story("gp3 at its limit for twenty minutes of the night", "healthy", (_short_peak(),)),
    Story("gp2 that lives on its credit", "healthy", (_draining(),), also=("PERF-08",)),
    Story(
        "gp3 whose own limit nobody reaches, on a machine with room",
        "healthy",
        (replace(_near_and_fine(), row=run(Load(day_and_night(100, 1500)), Disk(SSD, iops=3000), "room")),),
    ),
)
