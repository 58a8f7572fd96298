"""What it costs to join and judge the backups of a large cluster: a record for each claim and night, of three engines.

The pages of JSON are written in the same process, and what that costs is left out. Each measurement is a process of its own:

  bare    each page of claims, volumes, backups and copies is given to json.loads, nothing kept
  read    the same, read into what we understand, all of it kept
  judge   with all that in hand: copies joined with claims and backups, every claim and backup judged; its own cost alone

`make bench` runs this; the figures of a run stand in docs/performance.md.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from _backups_of import BackupCluster

from robusta_volumes._analysis.backup_cover import Judged, Verdict, judge
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.points import around, points_of
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import BackupsSeen
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.times import UTC

SIZES = ((1_000, 60), (10_000, 60))
NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
SETTINGS = VolumeBackupManagement()
READ = (
    k.CLAIM, k.VOLUME, k.VELERO_BACKUP, k.VELERO_SCHEDULE, k.VELERO_LOCATION, k.VELERO_UPLOAD, k.K8UP_SNAPSHOT,
    k.SNAPSHOT_CONTENT, k.SNAPSHOT,
)  # fmt: skip


def bare(cluster: BackupCluster) -> dict[str, Any]:
    """Parse each page; keep nothing."""
    for kind in READ:
        for page in cluster.pages(kind):
            json.loads(page)
    return {}


def read(cluster: BackupCluster) -> dict[str, Any]:
    """Read all and keep it."""
    with collector_paused():
        _, seen, points = _look(cluster)
    return {"records": len(seen.copies) + len(points)}


def judged(cluster: BackupCluster) -> dict[str, Any]:
    """Join and judge; what reading costs is told by ``read``."""
    with collector_paused():
        see, seen, points = _look(cluster)
        start, before = time.process_time(), _rss()
        found = judge(see, seen, points, SETTINGS, "robusta")
        told = {"cpu": time.process_time() - start, "more": _rss() - before, "records": len(seen.copies) + len(points)}
    _check(found, cluster)
    return told


def _look(cluster: BackupCluster) -> tuple[Inventory, BackupsSeen, list[Point]]:
    see = gather(cluster, kinds=(k.CLAIM, k.VOLUME))
    seen = backups_of(cluster, SETTINGS, see.claims)
    return see, seen, points_of(cluster, around(cluster, SETTINGS.limits, see.claims))


def _check(found: Judged, cluster: BackupCluster) -> None:
    """A figure counts only where the verdict is right."""
    fresh = sum(one.verdict is Verdict.FRESH for one in found.claims)
    third = (cluster.claims + 2) // 3
    runs = {(run.covered, run.of) for run in found.backups}
    engines = {engine for one in found.claims for engine in one.engines}
    if fresh != cluster.claims or runs != {(third, cluster.claims)} or engines != {"velero", "csi", "k8up"}:
        raise SystemExit(f"judged wrongly: {fresh} fresh, {runs}, {engines}")
    if len(found.backups) != cluster.each or len(found.backups[0].missing) != cluster.claims - third:
        raise SystemExit("the backups were judged wrongly")


MODES: dict[str, Callable[[BackupCluster], dict[str, Any]]] = {"bare": bare, "read": read, "judge": judged}


def _rss() -> float:
    """Give the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(mode: str, claims: int, nights: int) -> None:
    """Run one mode and print its figures as JSON."""
    cluster = BackupCluster(claims, nights, NOW)
    start = time.process_time()
    told = MODES[mode](cluster)
    cpu = time.process_time() - start - cluster.writing
    print(json.dumps({"cpu": cpu, "rss": _rss(), **told}))


def main() -> int:
    """Print the table."""
    print(" claims  records  mode    CPU s  peak MiB")
    for claims, nights in SIZES:
        for mode in MODES:
            done = subprocess.run(  # noqa: S603 (this very script)
                [sys.executable, __file__, mode, str(claims), str(nights)],
                stdout=subprocess.PIPE,
                check=True,
                env={**os.environ, "MPLBACKEND": "Agg"},
            )
            told = json.loads(done.stdout)
            more = f"  (judging alone: {told['more']:.0f})" if "more" in told else ""
            print(f"{claims:7,} {claims * nights:8,}  {mode:6} {told['cpu']:6.2f} {told['rss']:9.0f}{more}", flush=True)
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
