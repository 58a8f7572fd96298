"""How long the whole-cluster report takes: gather, judge, write, for growing numbers of claims in memory.

One line per size: claims, objects, seconds and CPU seconds for each part, peak memory of the process. The objects are
made first and do not count. `make bench` runs this; the figures of a run stand in docs/performance.md.
"""

import resource
import sys
import time
from datetime import datetime

from robusta_volumes._analysis.assess import assess
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.times import UTC
from robusta_volumes._report.page import Subject
from robusta_volumes._report.volumes_overview import overview_page
from robusta_volumes._sandbox.builder import Builder

SIZES = (100, 1_000, 10_000)
PODS_PER_CLAIM = 3
CSI = "ebs.csi.aws.com"


def cluster_of(claims: int) -> MemoryCluster:
    """Build a cluster of bound claims, each with its volume and three pods of which one uses it."""
    b = Builder(datetime.now(UTC))
    b.add("CSIDriver", CSI, api="storage.k8s.io/v1", spec={})
    b.storage_class("gp3", CSI)
    for n in range(claims):
        namespace = f"team-{n % 50}"
        b.bound(namespace, f"data-{n}", "10Gi", "gp3", CSI)
        for m in range(PODS_PER_CLAIM):
            b.pod(namespace, f"app-{n}-{m}", [f"data-{n}"] if m == 0 else [], node="node-a1")
    return MemoryCluster(b.objects, name="bench")


def main() -> int:
    """Print one line per size."""
    print("claims objects | gather s  judge s  write s | CPU s | peak MiB")
    for claims in SIZES:
        cluster = cluster_of(claims)
        cpu, start = time.process_time(), time.perf_counter()
        see = gather(cluster)
        gathered = time.perf_counter()
        found = assess(see, Limits())
        judged = time.perf_counter()
        overview_page("the cluster", Subject("Cluster", "bench"), found, see)
        written = time.perf_counter()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        objects = len(see.claims) + len(see.volumes) + len(see.pods)
        print(
            f"{claims:6,} {objects:7,} | {gathered - start:8.2f} {judged - gathered:8.2f} {written - judged:8.2f} "
            f"| {time.process_time() - cpu:5.2f} | {peak:8.0f}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
