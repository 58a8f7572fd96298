"""What is wrong with the tools that make backups: their server, where they write to, their schedules. Pure.

A tool tells nobody: a schedule says Enabled while the backup that it waits for has been stuck for a month.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from robusta_volumes._analysis.backup_rhythm import rhythm, rhythm_of_words
from robusta_volumes._analysis.backup_runs import newest_of
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import VELERO, VOLSYNC, Backup, BackupSchedule, BackupsSeen, Location, Phase
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, plain, quoted
from robusta_volumes._model.times import ago, span

_FINISHED = (Phase.DONE, Phase.PARTIAL)
_NOT_YET = (Phase.WAITING, Phase.RUNNING)
FAILED = "failed"  # a kind of trouble: with one backup, and the claims that it was for
_NEVER = "it has never finished one"


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong, and what to do. ``kind`` and ``subject`` stay the same as long as it lasts."""

    kind: str
    subject: str
    sentence: str
    todo: str
    severity: Severity = Severity.HIGH
    backup: str = ""  # the backup that is the cause, and is not told of once more


Runs = dict[tuple[str, str, str], list[Backup]]  # by engine, namespace and schedule


def troubles(seen: BackupsSeen, settings: VolumeBackupManagement, now: datetime) -> tuple[Trouble, ...]:
    """List what is wrong, the worst first. What could not be read is no trouble here: the report says so elsewhere."""
    runs: Runs = {}
    for backup in seen.backups:
        runs.setdefault((backup.engine, backup.namespace, backup.schedule), []).append(backup)
    found = [
        *_server(seen, settings),
        *_locations(seen, settings, now),
        *(one for schedule in seen.schedules for one in _schedule(schedule, runs, seen, settings, now)),
        *(one for backup in seen.backups for one in _open(backup, seen, settings, now)),
        *(one for backup in _told_of(seen, settings, now) for one in _failed(backup, now)),
    ]
    told = {one.backup for one in found}
    found = [one for one in found if one.kind != "stuck" or one.subject not in told]
    return tuple(sorted(found, key=lambda t: (-t.severity, t.kind, t.subject)))


def _server(seen: BackupsSeen, settings: VolumeBackupManagement) -> Iterator[Trouble]:
    if not seen.velero:
        return
    look = f"kubectl -n {quoted(seen.velero)} get pods"
    if seen.server is False:
        yield Trouble("server", seen.velero, f"Velero's server is not ready in namespace {plain(seen.velero)}", look)
    asked = settings.move_data or settings.by_file_system
    moves = asked or any(s.scope.moves_data or s.scope.by_file_system for s in seen.schedules if s.engine == VELERO)
    if moves and seen.node_agents is not None and not seen.node_agents:
        said = "no node agent of Velero is ready: no data can be moved off-site"
        yield Trouble("node agent", seen.velero, said, f"{look}; install it with `velero install --use-node-agent`")


def _locations(seen: BackupsSeen, settings: VolumeBackupManagement, now: datetime) -> Iterator[Trouble]:
    if not seen.velero or seen.unseen.get(k.VELERO_LOCATION.resource):
        return
    used = {backup.location for backup in newest_of(seen.backups)} | {settings.storage_location}
    for one in seen.locations:
        yield from _location(one, now, used=one.default or one.name in used)
    wanted = settings.storage_location
    names = [one.name for one in seen.locations]
    if wanted and wanted not in names:
        said = f"storage location {code(wanted)}, which the settings name, does not exist"
        yield Trouble("location", wanted, said, f"set `storageLocation` to one of: {plain(', '.join(names) or 'none')}")
    elif not wanted and not any(one.default for one in seen.locations):
        said = "Velero has no default storage location" if names else "Velero has no storage location to write to"
        todo = "mark one with `velero backup-location set NAME --default`, or name it as `storageLocation`"
        yield Trouble("location", "default", said, todo if names else "create one: `velero backup-location create`")


def _location(one: Location, now: datetime, *, used: bool) -> Iterator[Trouble]:
    severity = Severity.HIGH if used else Severity.LOW
    look = f"kubectl -n {quoted(one.namespace)} describe backupstoragelocation {quoted(one.name)}"
    if one.available is False:
        said = f": it says {cited(one.why, 200)}" if one.why else ""
        since = f", last looked at {plain(ago(one.validated, now))}" if one.validated else ""
        sentence = f"storage location {code(one.name)} is not available{since}{said}"
        yield Trouble("location", one.name, sentence, look, severity)
    elif one.read_only:
        sentence = f"storage location {code(one.name)} is read-only: no backup is written, and no old one removed"
        yield Trouble("location", one.name, sentence, "set its `accessMode` to ReadWrite", severity)


def _schedule(
    schedule: BackupSchedule, runs: Runs, seen: BackupsSeen, settings: VolumeBackupManagement, now: datetime
) -> Iterator[Trouble]:
    name = f"{_TOOL.get(schedule.engine, schedule.engine)} schedule {code(f'{schedule.namespace}/{schedule.name}')}"
    subject = f"{schedule.engine}/{schedule.namespace}/{schedule.name}"
    if schedule.phase_text == "FailedValidation" or (schedule.why and schedule.engine == VELERO):
        yield Trouble(
            "schedule refused", subject, f"{name} is refused: {cited(schedule.why, 200)}", "correct what it names"
        )
    elif schedule.paused:
        yield Trouble("schedule paused", subject, f"{name} is paused: it makes nothing", _UNPAUSE, Severity.MEDIUM)
    else:
        theirs = runs.get((schedule.engine, schedule.namespace, schedule.name), ())
        yield from _silent(schedule, theirs, (name, subject), seen, settings, now)


_TOOL = {VELERO: "Velero's", "k8up": "K8up's", VOLSYNC: "VolSync's"}
_UNPAUSE = "set `spec.paused: false` if that is not meant"


def _silent(
    schedule: BackupSchedule,
    theirs: Sequence[Backup],
    names: tuple[str, str],
    seen: BackupsSeen,
    settings: VolumeBackupManagement,
    now: datetime,
) -> Iterator[Trouble]:
    """Find a schedule that is on and has finished nothing for two intervals."""
    if seen.unseen.get(k.VELERO_BACKUP.resource) and schedule.engine == VELERO:
        return
    beat = rhythm_of_words(schedule.cron, schedule.time_zone, now)
    if beat is None:
        return
    within = beat.within
    if schedule.created and now - schedule.created <= within:
        return
    name, subject = names
    last = _last(schedule, theirs)
    if last and now - last <= within:
        return
    stuck = max((b for b in theirs if b.phase in _NOT_YET), key=lambda b: b.name, default=None)
    said = f"the last one that finished is of {plain(ago(last, now))}" if last else _NEVER
    todo = "look at its newest backup"
    if stuck:
        said += (
            f"; it waits for {code(stuck.name)}, which is {plain(stuck.phase_text)} since {plain(ago(stuck.when, now))}"
        )
        todo = _unstick(stuck, settings, seen)
    elif schedule.engine == VELERO:
        todo = f"kubectl -n {quoted(schedule.namespace)} logs deploy/velero"
    sentence = f"{name} is on and has finished nothing for two intervals: {said}"
    yield Trouble("schedule silent", subject, sentence, todo, backup=stuck.name if stuck else "")


def _last(schedule: BackupSchedule, theirs: Iterable[Backup]) -> datetime | None:
    """Give when the newest one was cut that finished. VolSync keeps no runs, but says when it last succeeded."""
    done = [b.when for b in theirs if b.phase in _FINISHED and b.when]
    done += [schedule.last] if schedule.engine == VOLSYNC and schedule.last else []
    return max(done, default=None)


def _open(backup: Backup, seen: BackupsSeen, settings: VolumeBackupManagement, now: datetime) -> Iterator[Trouble]:
    """Look at a backup that is not over: nobody took it up, or it takes too long."""
    limits, age = settings.limits, now - backup.when if backup.when else timedelta(0)
    name = f"backup {code(backup.name)}"
    if backup.phase is Phase.UNOBSERVED and age > timedelta(minutes=limits.backup_unobserved_minutes):
        said = f"nobody has taken up {name} for {span(age)}: is {_SERVER.get(backup.engine, 'its server')} running?"
        yield Trouble(
            "not taken up", backup.name, said, f"kubectl -n {quoted(seen.velero or backup.namespace)} get pods"
        )
    elif backup.phase in _NOT_YET and age > timedelta(hours=limits.backup_stuck_hours) + backup.more:
        said = f"{name} is {plain(backup.phase_text or backup.phase.value)} for {span(age)}"
        yield Trouble("stuck", backup.name, said, _unstick(backup, settings, seen))


_SERVER = {VELERO: "Velero", "k8up": "the operator of K8up"}


def _unstick(backup: Backup, settings: VolumeBackupManagement, seen: BackupsSeen) -> str:
    space = quoted(settings.velero_namespace or seen.velero or backup.namespace)
    if backup.engine != VELERO:
        return f"kubectl -n {quoted(backup.namespace)} get jobs,pods"
    return (
        f"look what it waits for: kubectl -n {space} get datauploads,podvolumebackups | grep {quoted(backup.name)}; a restart"
        f" of the server fails it and frees the schedule: kubectl -n {space} rollout restart deploy/velero"
    )


def _told_of(seen: BackupsSeen, settings: VolumeBackupManagement, now: datetime) -> Iterator[Backup]:
    """Give the newest backup of each schedule; of those that none makes again, what is no older than a good copy may be."""
    there = {(schedule.engine, schedule.namespace, schedule.name) for schedule in seen.schedules}
    since = now - rhythm(settings, now).within
    for backup in newest_of(seen.backups):
        if (backup.engine, backup.namespace, backup.schedule) in there or (backup.when and backup.when >= since):
            yield backup


def line_of(backup: Backup) -> str:
    """Name the line that a backup stands in: the one of its schedule, or its own."""
    return f"{backup.engine}/{backup.namespace}/{backup.schedule or backup.name}"


def _failed(backup: Backup, now: datetime) -> Iterator[Trouble]:
    """Look at the newest backup of a schedule that is over; what a claim lacks in one that ended is said of the claim."""
    if backup.phase not in (Phase.FAILED, Phase.REFUSED):
        return
    word = "was refused" if backup.phase is Phase.REFUSED else "failed"
    why = f": {cited(backup.why, 200)}" if backup.why else ", and no reason is given"
    said = f"backup {code(backup.name)} {word} ({plain(ago(backup.when, now))}){why}"
    look = f"velero backup describe {quoted(backup.name)} --details"
    other = f"kubectl -n {quoted(backup.namespace)} describe backup.{backup.engine}.io {quoted(backup.name)}"
    yield Trouble(FAILED, line_of(backup), said, look if backup.engine == VELERO else other)
