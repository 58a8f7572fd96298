"""The tick: age what is too old, make what is due, look at what was made before, and speak only of what changed."""

import functools
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from robusta_volumes._analysis.snapshot_deletion import stuck
from robusta_volumes._analysis.snapshot_note import read_note
from robusta_volumes._analysis.snapshot_trouble import DELETING, Problems, awaited, change, late, paused, problem
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.points import OWN, around, points_of
from robusta_volumes._cluster.read_points import Around
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError, NotAllowed
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._report.page import Page
from robusta_volumes._report.snapshots_tick import Told, blind_page, missed_page, schedule_page, sighted_page
from robusta_volumes._workflows.pvc_snapshots_make import watched
from robusta_volumes._workflows.pvc_snapshots_quiet import is_quiet, keep_quiet
from robusta_volumes._workflows.pvc_snapshots_retain import retain
from robusta_volumes._workflows.pvc_snapshots_serve import Means, serve
from robusta_volumes._workflows.pvc_snapshots_turn import Notes, Turn, turns
from robusta_volumes._workflows.ticks import PROCESS

_WAIT = 20.0  # seconds for what was just made: most storage cuts a snapshot within them; the next tick looks again
_BLIND = "snapshots"  # the note of what concerns all schedules


@collector_paused()
def pvc_snapshot_schedule(
    cluster: Cluster,
    settings: PvcSnapshots,
    state: State,
    process: str = PROCESS,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Page]:
    """Do what is due for every schedule, and give what there is to say. Without a schedule nothing is done.

    What cannot be read is said once, and once more when it can be read again.
    """
    if not settings.schedules:
        return []
    if is_quiet(state, settings, cluster.now()):
        return []
    notes = Notes(state)
    try:
        pages = _tick(cluster, settings, notes, process, sleep)
    except ClusterError as error:
        return _blind(cluster, notes, error, process)
    return [*_sighted(cluster, notes, process), *pages]


def _tick(
    cluster: Cluster, settings: PvcSnapshots, notes: Notes, process: str, sleep: Callable[[float], None]
) -> list[Page]:
    claims = _seen(gather(cluster, kinds=(k.CLAIM,), fallback=settings.namespaces), k.CLAIM)
    about = around(cluster, settings.limits, claims.claims)
    points = points_of(cluster, about, labels=OWN, fallback=settings.namespaces)
    points = [p for p in points if claims.knows(p.namespace)]  # elsewhere a restore may read one unseen
    every = turns(points, settings, notes, about.now, process)
    pages: list[Page] = []
    most = settings.max_delete_per_run
    for turn in every:  # before anything is made, and whether or not that works: a full quota has to empty itself
        pages += retain(cluster, turn, most, about.now, process)
        most = max(0, most - len(turn.deleted.done))
        turn.save(notes)
    see = functools.cache(lambda: _with_volumes(cluster, claims))
    failure: ClusterError | None = None
    for turn in every:
        try:
            serve(cluster, turn, Means(see, functools.partial(turn.save, notes), sleep, settings.limits), about)
        except ClusterError as error:
            failure = failure or error
        turn.save(notes)
    _look_again(cluster, every, about, sleep)
    for turn in every:
        pages += _report(cluster, turn, claims, about, process, settings.limits)
        turn.save(notes)
    if failure and not pages:
        raise failure
    blind = read_note(notes.load(_BLIND), about.now, None)
    keep_quiet(notes.state, settings, every, blind, len(points) + len(claims.claims), about.now)
    return pages


def _seen(see: Inventory, *kinds: k.Kind) -> Inventory:
    """Give it back. Raises NotAllowed: when one of these kinds could not be read: nothing is decided in the dark."""
    for kind in kinds:
        if lack := see.lacks(kind):
            raise NotAllowed(f"{kind.resource}: {lack.why}", lack.remedy)
    return see


def _with_volumes(cluster: Cluster, claims: Inventory) -> Inventory:
    more = _seen(gather(cluster, kinds=(k.VOLUME, k.SNAPSHOT_CLASS)), k.VOLUME, k.SNAPSHOT_CLASS)
    return replace(claims, volumes=more.volumes, snapshot_classes=more.snapshot_classes)


def _look_again(cluster: Cluster, every: list[Turn], about: Around, sleep: Callable[[float], None]) -> None:
    """Wait a little for what was made now; put what it has become among the snapshots of its schedule."""
    made = [one for turn in every for one in turn.made]
    about = replace(about, bound=None)  # the contents were listed before these were made: theirs are not among them
    now = {one.claim.meta.uid + one.point.uid: one for one in watched(cluster, made, about, _WAIT, sleep) if one.point}
    for turn in every:
        turn.made = [now.get(one.claim.meta.uid + one.point.uid, one) if one.point else one for one in turn.made]
        known = {point.uid for point in turn.points}
        turn.points += [one.point for one in turn.made if one.point and one.point.uid not in known]


def _report(cluster: Cluster, turn: Turn, claims: Inventory, about: Around, process: str, limits: Limits) -> list[Page]:
    note, schedule = turn.note, turn.schedule
    pages: list[Page] = []
    problems: Problems = note.failed | note.hooks
    if schedule:
        problems |= late(turn.points, [claim.meta.uid for claim in claims.claims], about.now)
        problems |= paused(note.said.get("problems") or {}, note.failed, problems)
        problems |= awaited(note.said.get("problems") or {}, problems, claims.claims, turn.points)
    problems |= stuck(turn.points, about.now, timedelta(minutes=limits.deleting_minutes))
    if turn.deleted.errors:
        point, error = turn.deleted.errors[0]
        problems[f"{point.namespace}/{point.claim}{DELETING}"] = problem(error)
    content = {name: kind for name, (kind, *_) in sorted(problems.items())}
    found = change(problems, note.said.get("problems") or {})
    told = Told(schedule, note.served, note.wanted, problems, turn.points, turn.deleted.done, cluster.name, about.now)
    if found.any and note.tells("problems", content, process):
        pages.append(schedule_page(told, found))
    elif not found.any:
        note.said["problems"] = content
        note.news.pop("problems", None)
    if schedule and note.missed and note.tells("missed", list(note.missed), process):
        pages.append(missed_page(told, note.missed))
    return pages


def _blind(cluster: Cluster, notes: Notes, error: ClusterError, process: str) -> list[Page]:
    before = notes.load(_BLIND)
    note = read_note(before, cluster.now(), None)
    note.confirm(process)
    news = note.tells("error", type(error).__name__, process)
    notes.save(_BLIND, note, before)
    return [blind_page(error, cluster.name)] if news else []


def _sighted(cluster: Cluster, notes: Notes, process: str) -> list[Page]:
    before = notes.load(_BLIND)
    if not before:
        return []
    note = read_note(before, cluster.now(), None)
    note.confirm(process)
    news = bool(note.said.get("error")) and note.tells("error", "", process)
    notes.save(_BLIND, note, before)
    return [sighted_page(cluster.name)] if news else []
