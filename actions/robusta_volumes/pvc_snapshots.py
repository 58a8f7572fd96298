"""pvcSnapshots: CSI snapshots on schedule and by hand, and what is kept of them."""

from functools import partial

from robusta.api import ExecutionBaseEvent, action
from robusta.core.model.env_vars import INSTALLATION_NAMESPACE

from robusta_volumes._host.change import run_change
from robusta_volumes._host.params import (
    CreateSnapshotsParams,
    PruneSnapshotsParams,
    PvcSnapshotsParams,
    RestoreSnapshotParams,
    SnapshotScheduleParams,
)
from robusta_volumes._host.run import run_report
from robusta_volumes._host.tick import run_tick
from robusta_volumes._model.asked import CreateSnapshots, PruneSnapshots, RestoreSnapshot
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._workflows.pvc_snapshot_schedule import pvc_snapshot_schedule as work
from robusta_volumes._workflows.pvc_snapshots import pvc_snapshots as report
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots as create
from robusta_volumes._workflows.pvc_snapshots_prune import prune_pvc_snapshots as prune
from robusta_volumes._workflows.pvc_snapshots_restore import restore_pvc_snapshot as restore


@action
def pvc_snapshots(event: ExecutionBaseEvent, params: PvcSnapshotsParams) -> None:
    """Report which claims have a good snapshot, which lack one and why, when the next is due, and what becomes of each.

    Reads only. By hand for the cluster, with a namespace, or with name and namespace for the history of one claim; on a
    schedule and on alerts.
    """
    run_report(event, params, "pvcSnapshots", partial(report, home=INSTALLATION_NAMESPACE))


@action
def create_pvc_snapshots(event: ExecutionBaseEvent, params: CreateSnapshotsParams) -> None:
    """Take a snapshot of a claim (name and namespace), of a namespace, or of a selector; dry_run=true only shows the plan.

    Says first which claims cannot be snapshotted and why, waits a short while, and calls ready only what is ready.
    """
    run_change(event, params, "pvcSnapshots", "create_pvc_snapshots", CreateSnapshots(), create, CLAIM.name)


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
    run_change(event, params, "pvcSnapshots", "prune_pvc_snapshots", PruneSnapshots(), prune, CLAIM.name)


@action
def restore_pvc_snapshot(event: ExecutionBaseEvent, params: RestoreSnapshotParams) -> None:
    """Restore a snapshot, or the newest good one of a claim, into a new claim: name, namespace. dry_run=false does it.

    The claim that the snapshot was taken of is never touched; how to switch over is told.
    """
    run_change(event, params, "pvcSnapshots", "restore_pvc_snapshot", RestoreSnapshot(), restore, CLAIM.name)
