"""pvcSnapshots: CSI snapshots on schedule and by hand, and what is kept of them."""

from robusta.api import ExecutionBaseEvent, action

from robusta_volumes._host.change import run_change
from robusta_volumes._host.params import CreateSnapshotsParams, PruneSnapshotsParams, SnapshotScheduleParams
from robusta_volumes._host.tick import run_tick
from robusta_volumes._model.asked import CreateSnapshots, PruneSnapshots
from robusta_volumes._workflows.pvc_snapshot_schedule import pvc_snapshot_schedule as work
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots as create
from robusta_volumes._workflows.pvc_snapshots_prune import prune_pvc_snapshots as prune


@action
def create_pvc_snapshots(event: ExecutionBaseEvent, params: CreateSnapshotsParams) -> None:
    """Take a snapshot of a claim (name and namespace), of a namespace, or of a selector; dry_run=true only shows the plan.

    Says first which claims cannot be snapshotted and why, waits a short while, and calls ready only what is ready.
    """
    run_change(event, params, "pvcSnapshots", "create_pvc_snapshots", CreateSnapshots(), create)


@action
def pvc_snapshot_schedule(event: ExecutionBaseEvent, params: SnapshotScheduleParams) -> None:
    """Make the snapshots that the schedules of the settings say are due, delete those that are too old, tell what changed.

    A tick: run it every few minutes. Which slot is due, and whether it was served, it decides from the cluster itself.
    """
    run_tick(event, params, "pvcSnapshots", work)


@action
def prune_pvc_snapshots(event: ExecutionBaseEvent, params: PruneSnapshotsParams) -> None:
    """Delete the snapshots that the settings no longer keep: schedule, namespace. Shows the plan; dry_run=false carries it out.

    Gives a reason for every snapshot that is kept or removed. The last good one of a claim always stays.
    """
    run_change(event, params, "pvcSnapshots", "prune_pvc_snapshots", PruneSnapshots(), prune)
