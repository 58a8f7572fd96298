"""What it costs to turn a cluster's I/O into facts: 10,000 volumes, 96 columns of 15 minutes, 12 signals."""

import resource
import time
from array import array
from datetime import datetime, timedelta

import numpy as np

from robusta_volumes._analysis.io_facts import volume_ios
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import Bucket, Declared, IoLimits, Mapped
from robusta_volumes._model.io_series import IoMeasured, IoSeries, IoWindow
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.times import UTC

VOLUMES, COLUMNS, NODES = 10_000, 96, 500
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SIGNALS = (
    *("read_ops", "write_ops", "read_bytes", "write_bytes", "read_seconds", "write_seconds", "queue", "busy"),
    *("iops_throttled", "bytes_throttled", "node_iops_throttled", "node_bytes_throttled"),
)


def measured() -> IoMeasured:
    """Make up a cluster: some busy, one in fifty held back, a tenth without samples for a while."""
    chance = np.random.default_rng(1)
    shape = (VOLUMES, COLUMNS)
    ops = chance.lognormal(4, 1.5, shape)
    scale = {"ops": 1.0, "bytes": 16384.0, "seconds": 0.002, "queue": 0.004, "busy": 0.0005}
    window = IoWindow(NOW, timedelta(minutes=15), COLUMNS, timedelta(minutes=15))
    signals: dict[str, array[float]] = {}
    for signal in SIGNALS:
        factor = scale.get(signal.rpartition("_")[2], 0.00002)
        values = ops * factor * chance.uniform(0.7, 1.3, shape)
        if signal.endswith("throttled"):
            values[np.arange(VOLUMES) % 50 > 0] = 0.0  # one in fifty is held back at times
        values[::10, :20] = np.nan
        row = array("d")
        row.frombytes(values.tobytes())
        signals[signal] = row
    keys = tuple((f"vol-{at}",) for at in range(VOLUMES))
    return IoMeasured(window, {"ebs": IoSeries("ebs", window, keys, signals)})


def main() -> None:
    """Print the figures."""
    io = measured()
    limits = IoLimits(
        "gp2",
        "ssd",
        Declared(300, "3 x 100 GiB", "class", burst=3000),
        bytes=Declared(128 * 1024**2, "", "class"),
        node_iops=Declared(20000, "", "machine"),
        node_bytes=Declared(500 * 1024**2, "", "machine"),
        op_bytes=256 * 1024,
        buckets=(Bucket(5_400_000, 300, 3000),),
    )
    claims = [("shop", f"claim-{at}") for at in range(VOLUMES)]
    nodes = [f"worker-{at % NODES}" for at in range(VOLUMES)]
    mapped = {
        claim: (Mapped("ebs", (f"vol-{at}",), nodes[at], "nvme1n1", "exact", since=NOW - timedelta(days=3)),)
        for at, claim in enumerate(claims)
    }
    allowed = {claim: {nodes[at]: limits} for at, claim in enumerate(claims)}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, clock = time.process_time(), time.perf_counter()
    with collector_paused():  # as the workflow does
        found = volume_ios(Inventory(NOW), io, mapped, allowed, Limits())
    spent, took = time.process_time() - started, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = sum(len(one.stats) for ios in found.values() for one in ios)
    lasted = sum(len(one.episodes) for ios in found.values() for one in ios)
    print(f"{VOLUMES:,} volumes x {COLUMNS} columns x {len(SIGNALS)} signals: {told:,} statistics, {lasted:,} episodes")
    print(
        f"  CPU {spent:.2f} s, wall {took:.2f} s, peak RSS {peak / 1024:.0f} MiB ({(peak - before) / 1024:.0f} MiB more)"
    )


if __name__ == "__main__":
    main()
