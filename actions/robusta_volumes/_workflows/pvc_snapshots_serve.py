"""Serve the slot of a schedule that is due: each claim once, what failed again until the deadline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from robusta_volumes._analysis.claim_selection import selected
from robusta_volumes._analysis.slots import due
from robusta_volumes._analysis.snapshot_pause import pauses
from robusta_volumes._analysis.snapshot_preflight import Preflight, preflight
from robusta_volumes._analysis.snapshot_trouble import CANNOT, PAUSED, WAITS, claim_of, pending_of, problem
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.read_points import Around
from robusta_volumes._cluster.selectors import parse_labels
from robusta_volumes._model.hooks import Hooks
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.plan import Create
from robusta_volumes._model.snapshot_run import Made
from robusta_volumes._model.snapshot_schedule import SnapshotSchedule
from robusta_volumes._model.text import count
from robusta_volumes._model.times import parse_time, stamp
from robusta_volumes._model.volume import Claim
from robusta_volumes._workflows.pvc_snapshots_hooks import Hooking, places, until_text
from robusta_volumes._workflows.pvc_snapshots_make import make, manifests
from robusta_volumes._workflows.pvc_snapshots_turn import Turn

See = Callable[[], Inventory]


@dataclass(frozen=True)
class Means:
    """What a run has at hand beside the cluster: to look at volumes, to save its memory in between, and to wait."""

    see: See
    save: Callable[[], None]
    sleep: Callable[[float], None]
    limits: Limits


def serve(cluster: Cluster, turn: Turn, means: Means, about: Around) -> None:
    """Make what is due, and note which slot is served and what failed.

    Raises ClusterError: when claims, volumes or classes cannot be read; then nothing was made and the slot is still due.
    """
    schedule, note, now = turn.schedule, turn.note, about.now
    if schedule is None:
        return
    deadline = timedelta(minutes=schedule.starting_deadline_minutes)
    found = due(schedule.schedule, schedule.time_zone, now, note.since, note.served, deadline)
    gone = note.failed if not found.slot else None  # what is told of hooks goes when they run again
    note.hooks = {name: what for name, what in note.hooks.items() if gone is not None and claim_of(name) not in gone}
    _release(cluster, turn, means, about)
    if found.slot:
        claims = _of(schedule, means.see())
        note.wanted, note.failed = len(claims), {}
        _make(cluster, turn, claims, found.slot, means, about)
    elif note.failed and note.served and now - note.served <= deadline:
        again = [claim for claim in _of(schedule, means.see()) if claim.meta.title in note.failed]
        note.failed = {}
        _make(cluster, turn, again, note.served, means, about)
    if found.slot or found.too_late:
        known = {point.slot for point in turn.points}  # served by a runner whose memory was lost
        note.missed = [*(slot.isoformat() for slot in found.missed if slot not in known), *note.missed]
        note.served = found.slot or found.missed[0]


def _of(schedule: SnapshotSchedule, see: Inventory) -> list[Claim]:
    return list(selected(schedule, see, parse_labels(schedule.selector)))


def _make(cluster: Cluster, turn: Turn, claims: list[Claim], slot: datetime, means: Means, about: Around) -> None:
    schedule, note, see = turn.schedule, turn.note, means.see()
    if schedule is None:
        return
    served = {point.claim_uid for point in turn.points if point.slot == slot}
    pending, waits = pending_of(turn.points), pauses(turn.points, means.limits)
    fit: list[Preflight] = []
    for claim in claims:
        verdict = preflight(claim, see, schedule.snapshot_class)
        title, under_way = claim.meta.title, pending.get(claim.meta.uid, 0)
        if claim.meta.uid in served:
            continue
        if not verdict.ok:
            note.failed[title] = [CANNOT, verdict.why, verdict.todo]
        elif under_way >= schedule.max_pending:
            why = f"{count(under_way, 'earlier snapshot')} not ready yet: another is not added"
            note.failed[title] = [WAITS, why, "look at what keeps the earlier one; maxPending allows more"]
        elif (pause := waits.get(claim.meta.uid)) and slot < pause.until:
            why = f"{pause.number} in a row were never ready: the next is tried from {stamp(pause.until, about.now)} on"
            todo = "repair what their errors say (kubectl describe volumesnapshot); `create_pvc_snapshots` tries one at once"
            note.failed[title] = [PAUSED, why, todo]
        elif (parse_time(note.holding.get(title)) or about.now) > about.now:
            note.failed[title] = [WAITS, "an earlier run may still be at its hooks", "nothing: the next run makes it"]
        else:
            fit.append(verdict)
    plan = manifests(fit, schedule.name, slot, dict(schedule.labels))
    if schedule.hooks and plan:
        turn.made = _make_with_hooks(cluster, turn, schedule.hooks, (plan, schedule.max_parallel), means, about)
    else:
        turn.made = make(cluster, plan, schedule.max_parallel, replace(about, now=cluster.now()))
    note.failed |= {one.claim.meta.title: problem(one.error) for one in turn.made if one.error}


def _make_with_hooks(
    cluster: Cluster,
    turn: Turn,
    hooks: Hooks,
    plan: tuple[Sequence[tuple[Claim, Create]], int],
    means: Means,
    about: Around,
) -> list[Made]:
    """Note which claims will be held before any is, so that the next run can let go what this one does not live to."""
    note = turn.note
    where = places(cluster, [claim for claim, _ in plan[0]], hooks)
    held = {title: until_text(cluster.now()) for title, place in where.items() if place.where}
    note.holding |= held
    means.save()
    hooking = Hooking(cluster, hooks, where, about, means.sleep)
    made = make(cluster, *plan, replace(about, now=cluster.now()), hooking)
    note.hooks |= hooking.troubles
    note.holding = {title: end for title, end in note.holding.items() if title not in held or title in hooking.unsure}
    return made


def _release(cluster: Cluster, turn: Turn, means: Means, about: Around) -> None:
    """Run the second hook for what an earlier run has held and may not have let go."""
    schedule, note = turn.schedule, turn.note
    over = [title for title, until in note.holding.items() if (parse_time(until) or about.now) <= about.now]
    if schedule is None or not over:
        return
    claims = [claim for claim in means.see().claims if claim.meta.title in over]
    if schedule.hooks and claims:
        where = places(cluster, claims, schedule.hooks)
        hooking = Hooking(cluster, schedule.hooks, where, about, means.sleep)
        for claim in claims:
            hooking.release(claim)
        note.hooks |= hooking.troubles
        over = [title for title in over if title not in hooking.unsure]
    note.holding = {title: until for title, until in note.holding.items() if title not in over}
