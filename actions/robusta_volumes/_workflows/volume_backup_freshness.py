"""The watch over backups: does every claim have a good copy that is new enough? It speaks only of what changed."""

from collections.abc import Iterator
from dataclasses import replace

from robusta_volumes._analysis.backup_cover import ClaimCover, Verdict
from robusta_volumes._analysis.backup_news import kept, news, wrong
from robusta_volumes._analysis.snapshot_note import Note, read_note
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.state import State
from robusta_volumes._model.backup import CSI
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.volume_backups import absent_page
from robusta_volumes._report.volume_backups_fresh import (
    KEY,
    blind_page,
    dark_page,
    light_page,
    many_over_page,
    many_page,
    namespace_page,
    sighted_page,
    tool_page,
    well_page,
)
from robusta_volumes._report.volume_backups_seen import causes_of
from robusta_volumes._workflows.pvc_snapshots_turn import Notes
from robusta_volumes._workflows.ticks import PROCESS
from robusta_volumes._workflows.volume_backups_absent import WATCH, left_to_other, over
from robusta_volumes._workflows.volume_backups_ask import ask_velero
from robusta_volumes._workflows.volume_backups_look import Look, look

NOTE = "backups.freshness"
_NO_TOOL, _DARK, _ERROR = "no tool", "dark", "error"


@collector_paused()
def volume_backup_freshness(
    cluster: Cluster, settings: VolumeBackupManagement, state: State, home: str = "", process: str = PROCESS
) -> list[Page]:
    """Look, and give what there is to say: per namespace when it begins, when it gets worse, and when it is over.

    Where nothing makes backups that is said once; so is what cannot be read.
    """
    notes = Notes(state)
    before = notes.load(NOTE)
    note = read_note(before, cluster.now(), None)
    note.confirm(process)
    try:
        found = look(cluster, settings, home, ask=ask_velero)
    except ClusterError as error:
        pages = [blind_page(error, cluster.name)] if note.tells(_ERROR, type(error).__name__, process) else []
    else:
        if found.no_tool and settings.engine != CSI:
            pages = list(_absent(found, cluster, notes, note, process))
        else:
            over(notes, WATCH, found.see.now)
            pages = list(_pages(found, cluster, settings, note, process))
        pages = [*_sighted(note, cluster, process), *pages]
    notes.save(NOTE, note, before)
    return pages


def _sighted(note: Note, cluster: Cluster, process: str) -> Iterator[Page]:
    if note.said.get(_ERROR) and note.tells(_ERROR, "", process):
        yield sighted_page(cluster.name)
    elif not note.said.get(_ERROR):
        note.forget(_ERROR)


def _pages(found: Look, cluster: Cluster, settings: VolumeBackupManagement, note: Note, process: str) -> Iterator[Page]:
    if note.said.get(_NO_TOOL):
        if note.tells(_NO_TOOL, "", process):
            yield tool_page(cluster.name)
    else:
        note.forget(_NO_TOOL)
    yield from _dark(found, cluster, note, process)
    yield from _told(found, cluster, settings, note, process)


def _absent(found: Look, cluster: Cluster, notes: Notes, note: Note, process: str) -> Iterator[Page]:
    now = found.see.now
    note.since = now  # what was never backed up gets, once there is a tool, the time that a new installation has
    page = absent_page(Subject("Cluster", cluster.name or "cluster"), found.judged.claims, now)
    if not page.failure or left_to_other(notes, WATCH, now):
        return
    if note.tells(_NO_TOOL, "absent", process):
        yield replace(page, key=KEY, noteworthy=True)


def _dark(found: Look, cluster: Cluster, note: Note, process: str) -> Iterator[Page]:
    unknown = [one for one in found.judged.claims if one.verdict is Verdict.UNKNOWN]
    blind = [one.kind.resource for one in found.judged.blind] if unknown else []
    if blind and note.tells(_DARK, blind, process):
        yield dark_page(found.judged.blind, len(unknown), cluster.name)
    elif not blind and note.said.get(_DARK):
        if note.tells(_DARK, [], process):
            yield light_page(cluster.name)
    elif not blind:
        note.forget(_DARK)


def _told(found: Look, cluster: Cluster, settings: VolumeBackupManagement, note: Note, process: str) -> Iterator[Page]:
    judged, now = found.judged, found.see.now
    content = kept(wrong(judged, note.since), judged, note, found.see.knows)
    said = news(content, note, process, settings.limits.backup_namespaces)
    spaces: dict[str, list[ClaimCover]] = {}
    for one in judged.claims:
        if one.verdict is not Verdict.LEFT_OUT:
            spaces.setdefault(one.key[0], []).append(one)
    if said.many:
        shown = [one for one in judged.claims if one.key[1] in content.get(one.key[0], {})]
        yield many_page(shown, causes_of(found.troubles, shown), cluster.name, now)
    elif said.many_over:
        yield many_over_page(cluster.name)
    else:
        for space in said.bad:
            theirs = spaces.get(space, [])
            causes = causes_of(found.troubles, [one for one in theirs if one.key[1] in content[space]])
            yield namespace_page(space, theirs, content[space], causes, now)
        for space, names in said.well.items():
            yield well_page(space, names, spaces.get(space, []), now)
