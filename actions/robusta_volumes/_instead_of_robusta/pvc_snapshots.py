"""The action of Robusta's own pvc_snapshots module, under its name and with its params, done the way of ours."""

from robusta.api import ExecutionBaseEvent, action

from robusta_volumes._host.change import run_change
from robusta_volumes._host.params import CreateSnapshotsParams
from robusta_volumes._model.asked import CreateSnapshots
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshot as create


@action
def create_pvc_snapshot(event: ExecutionBaseEvent, params: CreateSnapshotsParams) -> None:
    """Take a snapshot of one claim: name, and namespace, which is "default" when it is left out.

    In the place of Robusta's own action of this name; takes what create_pvc_snapshots takes, too.
    """
    run_change(event, params, "pvcSnapshots", "create_pvc_snapshot", CreateSnapshots(), create, CLAIM.name)
