"""persistentVolumeActions: status, capacity, access modes and issues of volumes."""

from robusta.api import ExecutionBaseEvent, action

from robusta_volumes._host.change import run_change
from robusta_volumes._host.params import (
    ExpandParams,
    PersistentVolumeActionsParams,
    ReleaseParams,
    SetPolicyParams,
)
from robusta_volumes._host.run import run_report
from robusta_volumes._host.watch import Watch
from robusta_volumes._model.asked import Expand, Release, SetPolicy
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._workflows.change_volume import release_volume, set_reclaim_policy
from robusta_volumes._workflows.expand_claim import expand_claim
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions as report
from robusta_volumes._workflows.volume_events import volume_events
from robusta_volumes._workflows.volume_sweep import volume_sweep


@action
def persistent_volume_actions(event: ExecutionBaseEvent, params: PersistentVolumeActionsParams) -> None:
    """Report on a volume, a namespace or the whole cluster: status, capacity, access modes, issues with cause and fix.

    Reads only. Runs on volume, claim and Kubernetes events, on alerts, on a schedule, and by hand with name, namespace,
    kind or selector. Of events and ticks only changes are told.
    """
    run_report(event, params, "persistentVolumeActions", report, watch=Watch(volume_events, volume_sweep))


@action
def expand_persistent_volume_claim(event: ExecutionBaseEvent, params: ExpandParams) -> None:
    """Let a claim grow: name, namespace and size (160Gi or +20%). Shows the plan; dry_run=false carries it out.

    Follows the growth to its end, or says what it waits for.
    """
    run_change(
        event, params, "persistentVolumeActions", "expand_persistent_volume_claim", Expand(), expand_claim, CLAIM.name
    )


@action
def set_volume_reclaim_policy(event: ExecutionBaseEvent, params: SetPolicyParams) -> None:
    """Set what becomes of a volume's data when its claim is deleted: Retain or Delete. Shows the plan; dry_run=false does it.

    The volume is given by name, or as the claim's name and namespace.
    """
    run_change(event, params, "persistentVolumeActions", "set_volume_reclaim_policy", SetPolicy(), set_reclaim_policy)


@action
def release_persistent_volume(event: ExecutionBaseEvent, params: ReleaseParams) -> None:
    """Give a volume whose claim is gone back to a claim of that name, or to another that is named. dry_run=false does it."""
    run_change(event, params, "persistentVolumeActions", "release_persistent_volume", Release(), release_volume)
