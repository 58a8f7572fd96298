"""What became of snapshots that a run made or deleted."""

from dataclasses import dataclass

from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.volume import Claim


@dataclass(frozen=True)
class Made:
    """What became of one claim: a snapshot, or the error."""

    claim: Claim
    point: Point | None = None
    error: ClusterError | None = None
    adopted: bool = False  # it was there: made by an earlier run for the same slot


@dataclass(frozen=True)
class Deleted:
    """What became of a plan: the deleted ones, those that were changed or gone meanwhile, and what was refused."""

    done: tuple[Point, ...] = ()
    gone: tuple[Point, ...] = ()
    errors: tuple[tuple[Point, ClusterError], ...] = ()
    left: int = 0  # not tried: the most of one run, or too many errors
