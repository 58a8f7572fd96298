"""Delete what a plan removes: oldest first, each only if it is still the one that was judged."""

from collections.abc import Sequence

from robusta_volumes._analysis.prune_plan import PrunePlan
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._model.errors import ClusterError, Conflict, NotFound
from robusta_volumes._model.kind import SNAPSHOT
from robusta_volumes._model.plan import Delete
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.snapshot_run import Deleted

_ENOUGH = 3  # errors after which the rest is left alone


def steps(plan: PrunePlan, most: int) -> list[tuple[Point, Delete]]:
    """Write the deletions of one run."""
    where = {point.uid: number for number, point in enumerate(plan.points)}
    return [
        (
            point,
            Delete(
                SNAPSHOT,
                point.name,
                point.namespace,
                plan.decisions.why(where[point.uid]),
                point.uid,
                point.resource_version or None,
            ),
        )
        for point in plan.removed[:most]
    ]


def delete(cluster: Cluster, plan: PrunePlan, most: int) -> Deleted:
    """Carry out at most so many deletions of a plan."""
    done: list[Point] = []
    gone: list[Point] = []
    errors: list[tuple[Point, ClusterError]] = []
    todo: Sequence[tuple[Point, Delete]] = steps(plan, most)
    for point, step in todo:
        (outcome,) = cluster.carry_out([step])
        if outcome.error is None:
            done.append(point)
        elif isinstance(outcome.error, NotFound | Conflict):
            gone.append(point)  # another run was faster, or somebody changed it: the next run judges it afresh
        else:
            errors.append((point, outcome.error))
        if len(errors) == _ENOUGH:
            break
    tried = len(done) + len(gone) + len(errors)
    return Deleted(tuple(done), tuple(gone), tuple(errors), len(plan.removed) - tried)
