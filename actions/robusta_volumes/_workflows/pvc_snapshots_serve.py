"""Serve the slot of a schedule that is due: each claim once, what failed again until the deadline."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from robusta_volumes._analysis.claim_selection import selected
from robusta_volumes._analysis.slots import due
from robusta_volumes._analysis.snapshot_pause import pauses
from robusta_volumes._analysis.snapshot_preflight import Preflight, preflight
from robusta_volumes._analysis.snapshot_trouble import CANNOT, PAUSED, WAITS, pending_of, problem
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.read_points import Around
from robusta_volumes._cluster.selectors import parse_labels
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.snapshot_schedule import SnapshotSchedule
from robusta_volumes._model.text import count
from robusta_volumes._model.times import stamp
from robusta_volumes._model.volume import Claim
from robusta_volumes._workflows.pvc_snapshots_make import make, manifests
from robusta_volumes._workflows.pvc_snapshots_turn import Turn

See = Callable[[], Inventory]


def serve(cluster: Cluster, turn: Turn, see: See, about: Around, limits: Limits) -> None:
    """Make what is due, and note which slot is served and what failed.

    Raises ClusterError: when claims, volumes or classes cannot be read; then nothing was made and the slot is still due.
    """
    schedule, note, now = turn.schedule, turn.note, about.now
    if schedule is None:
        return
    deadline = timedelta(minutes=schedule.starting_deadline_minutes)
    found = due(schedule.schedule, schedule.time_zone, now, note.since, note.served, deadline)
    if found.slot:
        claims = _of(schedule, see())
        note.wanted, note.failed = len(claims), {}
        _make(cluster, turn, claims, found.slot, see(), about, limits)
    elif note.failed and note.served and now - note.served <= deadline:
        again = [claim for claim in _of(schedule, see()) if claim.meta.title in note.failed]
        note.failed = {}
        _make(cluster, turn, again, note.served, see(), about, limits)
    if found.slot or found.too_late:
        known = {point.slot for point in turn.points}  # served by a runner whose memory was lost
        note.missed = [*(slot.isoformat() for slot in found.missed if slot not in known), *note.missed]
        note.served = found.slot or found.missed[0]


def _of(schedule: SnapshotSchedule, see: Inventory) -> list[Claim]:
    return list(selected(schedule, see, parse_labels(schedule.selector)))


def _make(
    cluster: Cluster, turn: Turn, claims: list[Claim], slot: datetime, see: Inventory, about: Around, limits: Limits
) -> None:
    schedule, note = turn.schedule, turn.note
    if schedule is None:
        return
    served = {point.claim_uid for point in turn.points if point.slot == slot}
    pending, waits = pending_of(turn.points), pauses(turn.points, limits)
    fit: list[Preflight] = []
    for claim in claims:
        verdict = preflight(claim, see, schedule.snapshot_class)
        under_way = pending.get(claim.meta.uid, 0)
        if claim.meta.uid in served:
            continue
        if not verdict.ok:
            note.failed[claim.meta.title] = [CANNOT, verdict.why, verdict.todo]
        elif under_way >= schedule.max_pending:
            why = f"{count(under_way, 'earlier snapshot')} not ready yet: another is not added"
            note.failed[claim.meta.title] = [
                WAITS,
                why,
                "look at what keeps the earlier one; maxPending allows more",
            ]
        elif (pause := waits.get(claim.meta.uid)) and slot < pause.until:
            why = f"{pause.number} in a row were never ready: the next is tried from {stamp(pause.until, about.now)} on"
            todo = "repair what their errors say (kubectl describe volumesnapshot); `create_pvc_snapshots` tries one at once"
            note.failed[claim.meta.title] = [PAUSED, why, todo]
        else:
            fit.append(verdict)
    plan = manifests(fit, schedule.name, slot, dict(schedule.labels))
    turn.made = make(cluster, plan, schedule.max_parallel, replace(about, now=cluster.now()))
    note.failed |= {one.claim.meta.title: problem(one.error) for one in turn.made if one.error}
