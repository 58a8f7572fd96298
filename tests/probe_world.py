"""A cluster in which pods tell what recorded kernels told, for looks at a volume's I/O."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contents_world import NOON, objects, pod
from io_probe_text import disk, pair
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.asked_performance import ProbeVolumeIo
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.settings import read_settings
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.shell import PodShell
from robusta_volumes._workflows.probe_volume_io import probe_volume_io

ASKED = ProbeVolumeIo("data-pg-0", "db")
PG = pod("data-pg-0", "pg-0")
MODES = ["ReadWriteMany"]
# ten seconds of 3,120 writes/s of 8 KiB, 12 ms each, 1 in 9 merged, 20 flushes/s at 6 ms, of a device that others use, too
BEFORE = {
    "diskstats": disk(500, 0, 8000, 900, 90_000, 10, 1_440_000, 900_000, 0, 80_000, 4_000_000, 0, 0, 0, 0, 100, 600),
    "cgio": "259:3 rbytes=4096 wbytes=8192 rios=1 wios=2\n",
    "cgpsi": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=900\n",
    "nodepsi": "some avg10=0.00 avg60=0.00 avg300=0.00 total=5000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=4000000\n",
}


def after(reads: int, writes: int, wait: int, **more: Any) -> dict[str, str]:
    """Write the second sample: so many operations in ten seconds, each of so many milliseconds.

    ``own``: the container's writes among them; ``stall``: percent of the time in which its tasks waited; ``flush``: ms of one.
    """
    ops, own, stall = reads + writes, int(more.get("own", 0)), int(more.get("stall", 0))
    flushes, flush = (200, int(more["flush"])) if "flush" in more else (0, 0)
    counters = (
        500 + reads, 0, 8000 + reads * 16, 900 + reads * wait, 90_000 + writes, 10 + writes // 8, 1_440_000 + writes * 16,
        900_000 + writes * wait, 3, 80_000 + (9_800 if ops else 0), 4_000_000 + ops * wait, 0, 0, 0, 0, 100 + flushes,
        600 + flushes * flush,
    )  # fmt: skip
    total = f"avg10=0.00 avg60=0.00 avg300=0.00 total={1000 + stall * 100_000}"
    return {
        "diskstats": disk(*counters),
        "cgio": f"259:3 rbytes=4096 wbytes={8192 + own * 8192} rios=1 wios={2 + own}\n",
        "cgpsi": f"some {total}\nfull {total.replace(str(1000 + stall * 100_000), str(900 + stall * 30_000))}\n",
        "nodepsi": BEFORE["nodepsi"].replace("total=5000000", "total=6100000"),
    }


BUSY = pair(BEFORE, after(0, 31_200, 1, own=3744))
SLOW = pair(BEFORE, after(300, 3120, 120, own=3000, stall=45))
OTHERS = pair(BEFORE, after(300, 31_200, 40, own=374))
LATE = pair(BEFORE, after(30, 90, 140, own=90))
FLUSHES = pair(BEFORE, after(0, 3120, 1, own=3120, flush=60))
IDLE = pair(BEFORE, BEFORE)
WAITING = pair(BEFORE, {**after(0, 0, 0, stall=60), "diskstats": BEFORE["diskstats"]})


class Told(PodShell):
    """A shell that tells what was written down for a pod; a pod of which nothing was has no shell."""

    def __init__(self, root: Path, texts: Mapping[str, str]) -> None:
        super().__init__(root)
        self.texts = texts
        self.asked: list[tuple[str, Sequence[str]]] = []

    def here(self, where: Any, command: Sequence[str]) -> list[str]:
        self.asked.append((where.pod, command))
        return ["/usr/bin/printf", "%s", self.texts[where.pod]] if where.pod in self.texts else ["/no/such/shell"]


def settings(**block: Any) -> VolumePerformanceAnalysis:
    """Read the block as a values file gives it."""
    found = read_settings({"persistentVolumeWorkflows": {"volumePerformanceAnalysis": block}})
    assert not found.problems, found.problems
    return found.volume_performance_analysis


def cluster(shell: PodShell | None, *pods: dict[str, Any], **more: Any) -> MemoryCluster:
    """Make a cluster with one claim that these pods have."""
    return MemoryCluster(objects(*(pods or [PG])), name="prod", now=NOON, shell=shell, **more)


def on_node(name: str, node: str, **more: Any) -> dict[str, Any]:
    """Write a pod on another node that has the same claim."""
    made = pod("data-pg-0", name, **more)
    made["spec"]["nodeName"] = node
    return made


def probe(found: MemoryCluster, asked: ProbeVolumeIo = ASKED, **block: Any) -> Page:
    """Look."""
    return probe_volume_io(found, asked, settings(**block))
