"""Make snapshots, several at once; one that fails never stops the others, and none is made twice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

from robusta_volumes._analysis.snapshot_preflight import Preflight
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.points import OWN, points_of
from robusta_volumes._cluster.read_points import Around, snapshot_point
from robusta_volumes._engines.csi_snapshots import snapshot_manifest
from robusta_volumes._model import ours
from robusta_volumes._model.errors import AlreadyExists, ClusterError, Unavailable
from robusta_volumes._model.kind import SNAPSHOT
from robusta_volumes._model.plan import Create
from robusta_volumes._model.restore_point import State
from robusta_volumes._model.snapshot_run import Made
from robusta_volumes._model.volume import Claim

_SETTLED = frozenset({State.READY, State.LATE, State.TERMINATING})
_PAUSE = 2.0  # seconds between two looks at what was made


def manifests(
    fit: Iterable[Preflight],
    schedule: str,
    slot: datetime,
    labels: Mapping[str, str] | None = None,
    *,
    retain: bool = False,
) -> list[tuple[Claim, Create]]:
    """Plan one snapshot for each claim that can have one."""
    why = f"run {ours.slot_text(slot)} of {schedule}" if schedule else "asked for by hand"
    return [
        (p.claim, Create(snapshot_manifest(p.claim, schedule, slot, p.class_name, labels=labels, retain=retain), why))
        for p in fit
    ]


def make(
    cluster: Cluster,
    plan: Sequence[tuple[Claim, Create]],
    parallel: int,
    about: Around,
    each: Callable[[Claim, Callable[[], Made]], Made] = lambda _, make_it: make_it(),
) -> list[Made]:
    """Carry out a plan, at most ``parallel`` at a time; ``each`` may do something around it."""

    def one(pair: tuple[Claim, Create]) -> Made:
        return each(pair[0], lambda: _make(cluster, *pair, about))

    if parallel == 1 or len(plan) < 2:  # noqa: PLR2004 (one needs no help)
        return [one(pair) for pair in plan]
    with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="snapshots") as several:
        return list(several.map(one, plan))


def _make(cluster: Cluster, claim: Claim, step: Create, about: Around) -> Made:
    (outcome,) = cluster.carry_out([step])
    if outcome.answer is not None:
        return Made(claim, snapshot_point(outcome.answer, about))
    error = outcome.error
    if not isinstance(error, AlreadyExists | Unavailable):
        return Made(claim, error=error)
    name = str(step.manifest["metadata"]["name"])
    try:  # it is there already, or nobody knows whether it was made: look
        found = cluster.get(SNAPSHOT, name, claim.meta.namespace)
    except ClusterError:
        return Made(claim, error=error)
    if not _is_it(found, step.manifest):
        return Made(claim, error=AlreadyExists(f"{name} is there and not ours", "Delete or rename that snapshot."))
    return Made(claim, snapshot_point(found, about), adopted=True)


def _is_it(found: Object, wanted: Mapping[str, Any]) -> bool:
    """Tell whether this is the snapshot that we meant to make: our labels, this claim by uid, this slot."""
    meta = found.get("metadata") or {}
    labels, notes = meta.get("labels") or {}, meta.get("annotations") or {}
    own = {key: value for key, value in wanted["metadata"]["labels"].items() if key in _OWN_LABELS}
    return all(labels.get(key) == value for key, value in own.items()) and notes.get(ours.SELF) == meta.get("name")


_OWN_LABELS = frozenset({ours.MANAGED_BY, ours.SCHEDULE, ours.SLOT, ours.CLAIM_UID})


def watched(
    cluster: Cluster, made: Sequence[Made], about: Around, seconds: float, sleep: Callable[[float], None]
) -> list[Made]:
    """Look again until all are ready or the time is over; what cannot be looked at stays as it was.

    What the snapshot itself says counts: the contents that ``about`` knows were listed before these were made.
    """
    left = seconds
    now = list(made)
    while left > 0 and any(one.point and one.point.state not in _SETTLED for one in now):
        sleep(min(_PAUSE, left))
        left -= _PAUSE
        slots = {ours.slot_text(one.point.slot) for one in now if one.point and one.point.slot}
        labels = f"{OWN},{ours.SLOT} in ({','.join(sorted(slots))})"
        spaces = {one.claim.meta.namespace for one in now if one.point}
        try:
            seen = points_of(
                cluster,
                replace(about, now=cluster.now(), bound=None),
                next(iter(spaces)) if len(spaces) == 1 else None,
                labels=labels,
                fallback=sorted(spaces),
            )
        except ClusterError:
            return now
        found = {point.uid: point for point in seen}
        now = [replace(one, point=found.get(one.point.uid, one.point)) if one.point else one for one in now]
    return now
