"""A cluster in which a storage class can be tried: volumes are folders, and fio is real or a program that answers like it."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.asked_benchmark import BenchmarkStorageClass
from robusta_volumes._model.benchmark import SECTIONS
from robusta_volumes._model.kind import CLAIM, POD, VOLUME
from robusta_volumes._model.ours import BENCHMARKS
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.times import UTC
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._workflows.benchmark_busy import AskIo
from robusta_volumes._workflows.benchmark_storage_class import Tools, benchmark_storage_class, benchmark_tick

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOME, IMAGE = "robusta", "registry.example/fio:3.33"
ASKED = BenchmarkStorageClass(name="gp3")
GO = BenchmarkStorageClass(name="gp3", dry_run=False)


def settings(limits: dict[str, Any] | None = None, **benchmark: Any) -> VolumePerformanceAnalysis:
    """Read the block as a values file gives it: short sections on a small file."""
    given = {"image": IMAGE, "size": 1, "seconds": 1, "mostWritten": 1, "mostFull": 99, **benchmark}
    block = {"benchmark": given, "limits": limits or {}}
    found = read_settings({"persistentVolumeWorkflows": {"volumePerformanceAnalysis": block}})
    assert not found.problems, found.problems
    return found.volume_performance_analysis


def objects(policy: str = "Delete") -> list[dict[str, Any]]:
    """Two nodes, two classes, a claim of somebody else's that a pod uses."""
    b = Builder(NOON)
    for namespace in (HOME, "db"):
        b.add("Namespace", namespace, status={"phase": "Active"})
    b.node("node-a", "eu-1a")
    b.node("node-b", "eu-1b")
    b.storage_class("gp3", "ebs.csi.aws.com", policy=policy)
    b.storage_class("local", "kubernetes.io/no-provisioner")
    b.bound("db", "data-pg-0", "10Gi", "gp3", "ebs.csi.aws.com")
    b.pod("db", "pg-0", ["data-pg-0"], node="node-a")
    return b.objects


def answer(speed: float = 1.0, *, without: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """Write what fio says of a volume of 3,000 IOPS and 125 MiB/s, or so many times as fast."""
    jobs = []
    for name in SECTIONS:
        if name in without:
            continue
        iops, size = (400, 4096) if name.startswith(("lat", "sync")) else (3000, 4096)
        iops, size = (125, 1024**2) if name.startswith(("bw", "layout")) else (iops, size)
        late = 1e9 / iops / speed * int(name.rpartition("qd")[2] if "qd" in name else 1)  # Little's law
        one = {
            "total_ios": 45_000,
            "iops": iops * speed,
            "bw_bytes": iops * size * speed,
            "io_bytes": 60 * 1024**2,
            "runtime": 15_000,
            "iops_mean": iops * speed,
            "iops_stddev": iops * speed / 50,
            "iops_samples": 30,
            "lat_ns": {"mean": late},
            "clat_ns": {"percentile": {f"{p}.000000": late * (p / 50) for p in (50, 95, 99)}},
        }
        ways = ("read", "write") if "mixed" in name else ("read",) if "read" in name else ("write",)
        jobs.append({"jobname": name, "error": 0, **dict.fromkeys(ways, one)})
    return {"fio version": "fio-3.33", "jobs": jobs, "disk_util": [{"name": "nvme1n1"}], **more}


class World:
    """Storage and kubelet take a step whenever the run sleeps."""

    def __init__(
        self,
        tmp_path: Path,
        more: "list[dict[str, Any]] | None" = None,
        *,
        policy: str = "Delete",
        kind: type[MemoryCluster] = MemoryCluster,
        **given: Any,
    ) -> None:
        self.cluster = kind([*objects(policy), *(more or [])], name="prod", now=NOON, **given)
        self.storage = CsiStorage(self.cluster.store)
        self.kubelet = PodRunner(self.cluster.store, fresh=tmp_path / "volumes", programs=str(tmp_path / "bin"))
        self.folder = tmp_path
        self.cluster.written = self.kubelet.logs
        self.state = State(self.cluster, HOME)

    def fio(self, says: dict[str, Any] | None = None, before: str = "") -> None:
        """Put a fio there that answers at once; without one, that of this machine is run."""
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "answer.json").write_text(json.dumps(answer() if says is None else says))
        script = f'case "$*" in *name=try*) exit 0 ;; esac\n{before}\ncat {folder}/answer.json'
        (folder / "fio").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "fio").chmod(0o755)

    def step(self, _: float = 0) -> None:
        """Let everything take one turn."""
        self.storage.step()
        self.kubelet.step()

    def run(
        self,
        asked: BenchmarkStorageClass = GO,
        sleep: Callable[[float], None] | None = None,
        follow: float = 60.0,
        ask: AskIo | None = None,
        **more: Any,
    ) -> Page:
        """Run the action once."""
        tools = Tools(HOME, sleep or self.step, follow, ask)
        return benchmark_storage_class(self.cluster, asked, settings(**more), self.state, tools)

    def tick(self, **more: Any) -> list[Page]:
        """Run the action as a schedule does."""
        return benchmark_tick(self.cluster, settings(**more), self.state, Tools(HOME, self.step, 0.0))

    def later(self, **time: float) -> None:
        """Let time go by."""
        self.cluster._now = self.cluster.now() + timedelta(**time)  # noqa: SLF001 (its clock)

    @property
    def ours(self) -> list[str]:
        """What there is of benchmarks."""
        found = [*self.cluster.store.find(POD, labels=BENCHMARKS), *self.cluster.store.find(CLAIM, labels=BENCHMARKS)]
        return [f"{o['kind']} {o['metadata']['namespace']}/{o['metadata']['name']}" for o in found]

    @property
    def volumes(self) -> int:
        """How many volumes there are beside that of the claim."""
        return len(self.cluster.store.find(VOLUME)) - 1
