"""Retention in a tick: nothing goes before people were told of the policy, and nothing when it looks like a mistake."""

from datetime import datetime

from robusta_volumes._analysis.prune_plan import from_note, to_note, was_agreed
from robusta_volumes._analysis.slots import next_slot
from robusta_volumes._analysis.snapshot_note import LONGEST
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._report.page import Page
from robusta_volumes._report.snapshots_prune import first_plan_page, refused_prune_page
from robusta_volumes._workflows.pvc_snapshots_delete import delete
from robusta_volumes._workflows.pvc_snapshots_turn import Turn


def retain(cluster: Cluster, turn: Turn, most: int, now: datetime, process: str) -> tuple[Page, ...]:
    """Delete what the policy of a turn no longer keeps, at most so many; or say why not."""
    note, plan = turn.note, turn.plan
    if not plan.removed:
        note.forget("refused")
        return ()
    if plan.refusal:
        news = note.tells("refused", plan.refused_for, process)
        return (refused_prune_page(plan, cluster.name, now),) if news else ()
    note.forget("refused")
    if not _agreed(turn, now):
        return _published(cluster, turn, most, now, process)
    note.agreed, note.waiting, note.until = to_note(turn.policy), None, None
    note.forget("plan")
    turn.deleted = delete(cluster, plan, most)
    return ()


def _agreed(turn: Turn, now: datetime) -> bool:
    """Tell whether the policy was there before, is milder, or was published and has waited."""
    note, wanted = turn.note, to_note(turn.policy)
    if was_agreed(turn.plan, turn.policy, from_note(note.agreed), now):
        return True
    told = note.waiting == wanted and note.said.get("plan") == wanted
    return told and note.until is not None and now >= note.until


def _published(cluster: Cluster, turn: Turn, most: int, now: datetime, process: str) -> tuple[Page, ...]:
    note, wanted = turn.note, to_note(turn.policy)
    if note.waiting != wanted or note.until is None:
        note.waiting, note.until = wanted, _one_interval(turn, now)
    if not note.tells("plan", wanted, process):
        return ()
    return (first_plan_page(turn.plan, most, note.until, cluster.name, now),)


def _one_interval(turn: Turn, now: datetime) -> datetime:
    if turn.schedule is None:
        return now + LONGEST
    return min(next_slot(turn.schedule.schedule, turn.schedule.time_zone, now), now + LONGEST)
