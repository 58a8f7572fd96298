"""What it costs to plan the snapshots of a large cluster: slots, retention and freshness, and the whole report and tick.

The pages of JSON are written in the same process, and what that costs is left out. Each measurement is a process of its own:

  bare    each page of claims, volumes, classes, contents and snapshots is given to json.loads, nothing kept
  read    the same, read into what we understand, all of it kept
  plan    with all that in hand: which slot is due, what retention removes, what each claim lacks; its own cost alone
  report  `pvc_snapshots` for the whole cluster: read, plan, write the page and its files
  tick    `pvc_snapshot_schedule` when a slot is served and nothing is due
  quiet   the tick after it

`make bench` runs this; the figures of a run stand in docs/performance.md.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from _snapshots_of import SnapshotCluster

from robusta_volumes._analysis.slots import due
from robusta_volumes._analysis.snapshot_cover import covers
from robusta_volumes._analysis.snapshot_note import read_note
from robusta_volumes._analysis.snapshot_trouble import late, pending_of
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.points import around, points_of
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._workflows.pvc_snapshot_schedule import pvc_snapshot_schedule
from robusta_volumes._workflows.pvc_snapshots import pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_turn import Notes, turns

SIZES = ((1_000, 30), (10_000, 30))
NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
READ = (k.CLAIM, k.VOLUME, k.SNAPSHOT_CLASS, k.SNAPSHOT_CONTENT, k.SNAPSHOT)


def settings(days: int = 30) -> PvcSnapshots:
    """Give the schedule of the documentation. Of 30 nights, 30 days keep all; 29 let the oldest go, of each claim."""
    nightly = {"name": "nightly", "schedule": "0 2 * * *", "retentionDays": days, "keepWeekly": 4}
    block = {"persistentVolumeWorkflows": {"pvcSnapshots": {"schedules": [nightly]}}}
    return read_settings(block).pvc_snapshots


def bare(cluster: SnapshotCluster) -> dict[str, Any]:
    """Parse each page; keep nothing."""
    for kind in READ:
        for page in cluster.pages(kind):
            cluster.bytes += len(page)
            json.loads(page)
    return {"bytes": cluster.bytes}


def read(cluster: SnapshotCluster) -> dict[str, Any]:
    """Read all and keep it."""
    with collector_paused():
        _, points = _look(cluster)
    return {"points": len(points)}


def plan(cluster: SnapshotCluster) -> dict[str, Any]:
    """Plan; what reading costs is told by ``read``."""
    with collector_paused():
        see, points = _look(cluster)
        wanted, start, before = settings(29), time.process_time(), _rss()
        _planned(cluster, see, points, wanted)
        return {"cpu": time.process_time() - start, "more": _rss() - before}


def _look(cluster: SnapshotCluster) -> tuple[Inventory, list[Point]]:
    see = gather(cluster, kinds=(k.CLAIM, k.VOLUME, k.SNAPSHOT_CLASS))
    return see, points_of(cluster, around(cluster, settings().limits, see.claims))


def _planned(cluster: SnapshotCluster, see: Inventory, points: list[Point], wanted: PvcSnapshots) -> None:
    (schedule,) = wanted.schedules
    note = read_note({}, see.now, NOW - timedelta(days=7))
    found = due(schedule.schedule, schedule.time_zone, see.now, note.since, None, timedelta(hours=24))
    (turn,) = turns(points, wanted, Notes(State(cluster, "robusta")), see.now, "bench")
    served = {point.claim_uid for point in turn.points if point.slot == found.slot}
    pending, trouble = pending_of(turn.points), late(points, [c.meta.uid for c in see.claims], see.now)
    judged = covers(see, points, wanted, {})
    every = cluster.claims
    if (len(served), len(turn.plan.removed), sum(c.wanted for c in judged)) != (every, every, every):
        raise SystemExit(f"planned wrongly: {len(served)} served, {len(turn.plan.removed)} go")
    if pending or trouble or any(c.why for c in judged):
        raise SystemExit("the plan found fault with a healthy cluster")


def report(cluster: SnapshotCluster) -> dict[str, Any]:
    """Write the whole report."""
    return {"said": pvc_snapshots(cluster, Target(), settings()).title}


def tick(cluster: SnapshotCluster) -> dict[str, Any]:
    """Tick once."""
    pvc_snapshot_schedule(cluster, settings(), State(cluster, "robusta"), "bench", lambda _: None)
    return {"objects": cluster.objects}


def quiet(cluster: SnapshotCluster) -> dict[str, Any]:
    """Tick twice; the cost of the second."""
    tick(cluster)
    cluster.noon += timedelta(minutes=5)
    cluster.objects, wrote, start = 0, cluster.writing, time.process_time()
    tick(cluster)
    return {"objects": cluster.objects, "cpu": time.process_time() - start - (cluster.writing - wrote)}


MODES: dict[str, Callable[[SnapshotCluster], dict[str, Any]]] = {
    "bare": bare, "read": read, "plan": plan, "report": report, "tick": tick, "quiet": quiet,
}  # fmt: skip


def _rss() -> float:
    """Give the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(mode: str, claims: int, each: int) -> None:
    """Run one mode and print its figures as JSON."""
    cluster = SnapshotCluster(claims, each, NOW)
    start = time.process_time()
    told = MODES[mode](cluster)
    cpu = time.process_time() - start - cluster.writing
    print(json.dumps({"cpu": cpu, "rss": _rss(), **told}))


def main() -> int:
    """Print the table."""
    print(" claims  snapshots  mode     CPU s  peak MiB  beyond bare")
    for claims, each in SIZES:
        base = 0.0
        for mode in MODES:
            done = subprocess.run(  # noqa: S603 (this very script)
                [sys.executable, __file__, mode, str(claims), str(each)],
                stdout=subprocess.PIPE,
                check=True,
                env={**os.environ, "MPLBACKEND": "Agg"},
            )
            told = json.loads(done.stdout)
            base = base or told["rss"]
            more = f"  (planning alone: {told['more']:.0f})" if "more" in told else ""
            size = f"{told['rss']:9.0f} {told['rss'] - base:12.0f}{more}"
            print(
                f"{claims:7,} {claims * each:10,}  {mode:6} {told['cpu']:7.2f} {size}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
