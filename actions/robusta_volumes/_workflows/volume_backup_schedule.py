"""The tick: keep or serve the schedule, look at what runs and at what ended, and speak only of what changed."""

import functools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from robusta_volumes._analysis.backup_preflight import Obstacle, obstacles
from robusta_volumes._analysis.backup_shape import check_mode, data_scope
from robusta_volumes._analysis.backup_watch import (
    ITSELF,
    content,
    moved_now,
    of_schedule,
    schedule_problem,
    to_look,
    under_way,
)
from robusta_volumes._analysis.snapshot_note import Note, read_note
from robusta_volumes._analysis.snapshot_trouble import WAITS, Problems, change
from robusta_volumes._cluster.backups_own import own_backups
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.state import State
from robusta_volumes._engines.velero_write import SCHEDULE_NAME
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import Backup, BackupsSeen
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import ClusterError, NotAllowed, SettingsError
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.times import UTC
from robusta_volumes._report.notices import settings_page
from robusta_volumes._report.page import Page
from robusta_volumes._report.volume_backups_tick import (
    THE_SCHEDULE,
    backups_page,
    blocked_page,
    missed_backups_page,
    unblocked_page,
)
from robusta_volumes._workflows.pvc_snapshots_turn import Notes
from robusta_volumes._workflows.ticks import PROCESS
from robusta_volumes._workflows.volume_backups_absent import SCHEDULE, left_to_other, over
from robusta_volumes._workflows.volume_backups_by_snapshots import by_snapshots
from robusta_volumes._workflows.volume_backups_keep import keep, standing
from robusta_volumes._workflows.volume_backups_make import judged_backup, rights_of
from robusta_volumes._workflows.volume_backups_retain import retain_backups
from robusta_volumes._workflows.volume_backups_slots import serve
from robusta_volumes._workflows.volume_backups_turn import BackupTurn

KEY = "backups.schedule"  # of the tick's memory in the state
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_SEES = (k.CLAIM, k.VOLUME, k.POD, k.SNAPSHOT_CLASS)


@collector_paused()
def volume_backup_schedule(
    cluster: Cluster,
    settings: VolumeBackupManagement,
    state: State,
    process: str = PROCESS,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Page]:
    """Do what is due, and give what there is to say; what is wrong for a while is said once for its cause."""
    notes, now = Notes(state), cluster.now()
    before = notes.load(KEY)
    note = read_note(before, now, None)
    note.follow(f"{settings.backup_schedule} {settings.time_zone}", now)
    note.confirm(process)
    try:
        pages = _by_engine(cluster, settings, notes, note, process, sleep)
    except ClusterError as error:
        kind = type(error).__name__
        turn = _turn(cluster, settings, state.namespace, note, process, BackupsSeen())
        pages = _blocked(
            turn, [Obstacle(f"error {kind}", str(error), error.remedy or "look whether the API server answers")]
        )
    notes.save(KEY, note, before)
    return pages


def _by_engine(
    cluster: Cluster,
    settings: VolumeBackupManagement,
    notes: Notes,
    note: Note,
    process: str,
    sleep: Callable[[float], None],
) -> list[Page]:
    home = notes.state.namespace
    try:
        check_mode(settings)
    except SettingsError as wrong:
        news = note.tells("settings", str(wrong), process)
        return [settings_page({"volumeBackupManagement": (wrong,)}, cluster.name)] if news else []
    note.forget("settings")
    if settings.engine == "csi":
        turn = _turn(cluster, settings, home, note, process, BackupsSeen())
        return by_snapshots(turn, notes, sleep)
    seen = own_backups(cluster, settings, functools.partial(_choose, note.judged))
    turn = _turn(cluster, settings, home, note, process, seen)
    absent = seen.unseen.get(k.VELERO_BACKUP.resource)
    nothing = bool(absent and absent.absent)
    if not nothing:
        over(notes, SCHEDULE, turn.now)
    if found := _obstacles(turn):
        quiet = nothing and left_to_other(notes, SCHEDULE, turn.now)
        pages = [] if quiet else _blocked(turn, found)
        if note.agreed is None:  # nothing was promised yet, so nothing is missed
            note.since = turn.now
        return [*pages, *_look(turn, sleep)] if seen.velero else pages
    turn.pages += _blocked(turn, [])
    (serve if turn.by_ticks else keep)(turn)
    told = _look(turn, sleep)
    turn.pages += retain_backups(turn)
    return [*turn.pages, *told]


def _choose(judged: str, every: Sequence[Backup]) -> Iterable[Backup]:
    return to_look(of_schedule(BackupsSeen(backups=tuple(every)), SCHEDULE_NAME), judged)


def _turn(
    cluster: Cluster, settings: VolumeBackupManagement, home: str, note: Note, process: str, seen: BackupsSeen
) -> BackupTurn:
    see = functools.cache(lambda: _see(cluster, settings))
    return BackupTurn(cluster, settings, home, note, process, seen, cluster.now(), see)


def _see(cluster: Cluster, settings: VolumeBackupManagement) -> Inventory:
    see = gather(cluster, kinds=_SEES, fallback=settings.read_namespaces)
    for kind in _SEES[:2]:
        if lack := see.lacks(kind):
            raise NotAllowed(f"{kind.resource}: {lack.why}", lack.remedy)
    return see


def _obstacles(turn: BackupTurn) -> list[Obstacle]:
    """List why nothing can be made; rights are asked for what this mode writes, in Velero's namespace alone."""
    wanted = [("create", k.VELERO_BACKUP)]
    if not turn.by_ticks:
        wanted += [("create", k.VELERO_SCHEDULE), ("patch", k.VELERO_SCHEDULE)]
        lack = turn.seen.unseen.get(k.VELERO_SCHEDULE.resource)
        there = standing(turn)
        if lack:
            return [Obstacle("unseen", f"schedules of Velero: {lack.sentence}", lack.remedy)]
        if there and not there.ours:
            todo = f"rename or delete it: `kubectl -n {there.namespace} delete schedules.velero.io {there.name}`"
            return [Obstacle("name", f"a Schedule {there.name} is there that is not ours", todo)]
    rights = rights_of(turn.cluster, wanted, turn.seen.velero) if turn.seen.velero else {}
    return list(obstacles(data_scope(turn.settings), turn.seen, turn.settings.storage_location, rights))


def _blocked(turn: BackupTurn, found: Sequence[Obstacle]) -> list[Page]:
    note, kinds = turn.note, [one.kind for one in found]
    if not kinds and not note.said.get("cause") and not note.news.get("cause"):
        return []
    if not note.tells("cause", kinds, turn.process):
        return []
    return [blocked_page(turn.told, found)] if found else [unblocked_page(turn.told)]


def _look(turn: BackupTurn, sleep: Callable[[float], None]) -> list[Page]:
    """Look at what is under way and at the newest that is over; tell what is new of it."""
    note, seen = turn.note, turn.seen
    note.moved = moved_now(turn.backups, seen.copies, note.moved, turn.now)
    newest = next((one for one in turn.backups if one.phase.over), None)
    if newest and newest.name != note.judged:
        cover = judged_backup(turn.cluster, turn.settings, newest, (turn.see(), seen), sleep)
        kept = {name: one for name, one in note.failed.items() if name == THE_SCHEDULE}
        note.failed = content(cover, turn.wanted, turn.see(), seen) | kept
        note.judged, note.wanted = newest.name, len(turn.wanted)
    problems: Problems = dict(note.failed)
    if not turn.by_ticks:
        problems |= schedule_problem(standing(turn), turn.backups, turn.overdue, turn.now)
    problems |= under_way(turn.backups, note.moved, seen, turn.settings.limits, turn.now)
    if ITSELF in problems and problems.get(THE_SCHEDULE, [""])[0] == WAITS:
        del problems[THE_SCHEDULE]  # what it waits for is told of already
    return [*_changes(turn, problems), *_missed(turn)]


def _changes(turn: BackupTurn, problems: Problems) -> list[Page]:
    note = turn.note
    found = change(problems, note.said.get("problems") or {})
    kinds = {name: kind for name, (kind, *_) in sorted(problems.items())}
    if not found.any:
        note.said["problems"] = kinds
        note.news.pop("problems", None)
        return []
    if not note.tells("problems", kinds, turn.process):
        return []
    told = replace(turn.told, goods=_goods(turn) if set(problems) - {THE_SCHEDULE, ITSELF} else {})
    return [backups_page(told, problems, found, note.judged)]


def _goods(turn: BackupTurn) -> dict[str, datetime]:
    """Find when each claim's last good copy in a backup of ours was cut; looked for when there is something to tell."""
    try:
        seen = own_backups(turn.cluster, turn.settings, lambda every: every)
    except ClusterError:
        return {}
    uids = {claim.meta.uid: claim.meta.title for claim in turn.see().claims}
    found: dict[str, datetime] = {}
    for copy in seen.copies:
        name = uids.get(copy.claim_uid)
        if name and copy.proof.good and copy.cut_at and copy.cut_at > found.get(name, _NO_TIME):
            found[name] = copy.cut_at
    return found


def _missed(turn: BackupTurn) -> list[Page]:
    note = turn.note
    if note.missed and note.tells("missed", list(note.missed), turn.process):
        return [missed_backups_page(turn.told, note.missed)]
    return []
