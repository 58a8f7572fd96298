"""Delete by hand what the settings no longer keep: the same plan for the dry run and for the real one."""

from datetime import datetime

from robusta_volumes._analysis.prune_plan import BY_HAND, PrunePlan, plan_prune, policy_of
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.points import OWN, around, points_of
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import PruneSnapshots
from robusta_volumes._model.errors import ClusterError, NotAllowed, SettingsError
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.text import nearest
from robusta_volumes._report.page import Page
from robusta_volumes._report.snapshots_prune import prune_plan_page, pruned_page
from robusta_volumes._workflows.pvc_snapshots_delete import delete


def prune_pvc_snapshots(cluster: Cluster, asked: PruneSnapshots, settings: PvcSnapshots) -> Page:
    """Show what would go, or delete it.

    Raises SettingsError: when there is no such schedule. ClusterError: when the cluster does not answer.
    """
    names = [schedule.name for schedule in settings.schedules]
    if asked.schedule and asked.schedule not in names:
        near = nearest(asked.schedule, names, most=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names) or 'none'}"
        raise SettingsError(
            "action param schedule", f'names no schedule of the settings, got "{asked.schedule}"; {hint}'
        )
    claims = gather(cluster, namespace=asked.namespace or None, kinds=(k.CLAIM,), fallback=settings.namespaces)
    if lack := claims.lacks(k.CLAIM):
        raise NotAllowed(f"claims: {lack.why}; whether a restore reads a snapshot is not known", lack.remedy)
    about = around(cluster, settings.limits, claims.claims)
    found = points_of(cluster, about, asked.namespace or None, labels=OWN, fallback=settings.namespaces)
    found = [p for p in found if claims.knows(p.namespace)]  # elsewhere a restore may read one unseen
    plans = _plans(found, asked, settings, about.now)
    most = settings.max_delete_per_run
    if asked.dry_run:
        return prune_plan_page(plans, _params(asked), most, cluster.name, about.now)
    done: list[Point] = []
    errors: list[tuple[Point, ClusterError]] = []
    gone = left = 0
    for plan in plans:
        if plan.refusal:
            continue
        became = delete(cluster, plan, most - len(done))
        done += became.done
        errors += became.errors
        gone, left = gone + len(became.gone), left + became.left
    return pruned_page(plans, done, gone, left, errors, cluster.name, about.now)


def _plans(found: list[Point], asked: PruneSnapshots, settings: PvcSnapshots, now: datetime) -> list[PrunePlan]:
    plans = []
    for schedule in (*settings.schedules, None):
        name = schedule.name if schedule else BY_HAND
        if asked.schedule and name != asked.schedule:
            continue
        own = [p for p in found if p.schedule == name]
        if schedule is None and asked.by_hand:
            own = [p._replace(follows_schedule=True) for p in own]
        if not own:
            continue
        plan = plan_prune(name, own, policy_of(settings, schedule), now)
        plans.append(PrunePlan(name, plan.decisions, plan.removed) if asked.confirm else plan)
    return plans


def _params(asked: PruneSnapshots) -> dict[str, str]:
    given = {
        "schedule": asked.schedule,
        "namespace": asked.namespace,
        "by_hand": "true" if asked.by_hand else "",
        "confirm": "true" if asked.confirm else "",
    }
    return {key: value for key, value in given.items() if value}
