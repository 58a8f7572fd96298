"""What is wrong with the backups of our schedule now: those under way, and the newest that is over. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._analysis.backup_runs import BackupCover
from robusta_volumes._analysis.backup_scope import caught
from robusta_volumes._analysis.snapshot_trouble import CANNOT, Problems
from robusta_volumes._model.backup import Backup, BackupSchedule, BackupsSeen, Copy, Phase, Proof
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.text import cited, code, plain
from robusta_volumes._model.times import UTC, parse_time, span, stamp
from robusta_volumes._model.volume import Claim

ITSELF = "the backup"  # whom a problem is about that is no claim's
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_SERVER = "look whether Velero runs: `kubectl -n {} get pods`"
_STUCK = "kubectl -n {0} get datauploads,podvolumebackups -l velero.io/backup-name={1}"
Moved = Mapping[str, Sequence[Any]]


def of_schedule(seen: BackupsSeen, schedule: str) -> list[Backup]:
    """List the backups that our schedule made, newest first; none that a storage location brought back."""
    own = [one for one in seen.backups if one.ours and one.schedule == schedule and not one.synced]
    return sorted(own, key=lambda one: (one.slot or one.when or _NO_TIME, one.name), reverse=True)


def to_look(backups: Sequence[Backup], judged: str) -> list[Backup]:
    """Choose the backups whose copies are to be read: those under way, and the newest that is over unless it was judged."""
    newest = next((one for one in backups if one.phase.over), None)
    running = [one for one in backups if one.phase is Phase.RUNNING]
    return running + ([newest] if newest and newest.name != judged else [])


def moved_now(running: Iterable[Backup], copies: Iterable[Copy], before: Moved, now: datetime) -> dict[str, list[Any]]:
    """Note how many bytes each backup under way has moved, and since when it is so many: two looks tell whether they move."""
    done = {one.name: 0 for one in running if one.phase is Phase.RUNNING}
    for copy in copies:
        if copy.backup in done:
            done[copy.backup] += copy.done or 0
    found: dict[str, list[Any]] = {}
    for name, number in done.items():
        old = before.get(name)
        same = bool(old) and len(old or ()) == 2 and (old or ())[0] == number  # noqa: PLR2004 (bytes, and since when)
        found[name] = list(old or ()) if same else [number, now.isoformat()]
    return found


def under_way(backups: Iterable[Backup], moved: Moved, seen: BackupsSeen, limits: Limits, now: datetime) -> Problems:
    """Find what is wrong with those that are not over: never picked up, standing still, longer than Velero itself allows."""
    for one in backups:
        if one.phase.over or one.phase is Phase.DELETING:
            continue
        found = _stuck(one, moved, seen, limits, now)
        if found:
            return {ITSELF: found}
    return {}


def _stuck(one: Backup, moved: Moved, seen: BackupsSeen, limits: Limits, now: datetime) -> list[str]:
    age = now - (one.when or now)
    name, space = code(one.name), plain(one.namespace)
    if one.phase is Phase.UNOBSERVED:
        if age <= timedelta(minutes=limits.backup_unobserved_minutes):
            return []
        server = " No pod of Velero's server is ready." if seen.server is False else ""
        return [
            "unobserved",
            f"{name} was not picked up for {span(age)}: is Velero running?{server}",
            _SERVER.format(space),
        ]
    look = f"see which volume it waits for: `{_STUCK.format(space, plain(one.name))}`"
    long = age > timedelta(hours=limits.backup_stuck_hours) + one.more
    if one.started is None:  # taken up, and perhaps long after it was made: it does not run yet
        todo = f"look what Velero works on: `kubectl -n {space} get backups.velero.io`"
        return ["unobserved", f"{name} waits in Velero's queue for {span(age)}", todo] if long else []
    if long:
        why = f"{name} runs for {span(age)}, longer than Velero lets data be moved; while it does, no other one starts"
        return ["long", why, f"{look}; restarting Velero's server ends it as failed"]
    number, since = (moved.get(one.name) or [0, ""])[:2]
    still = now - (parse_time(since) or now)
    if (
        one.phase is Phase.RUNNING
        and still >= timedelta(minutes=limits.backup_stalled_minutes) + one.more_for_snapshots
    ):
        return [
            "stalled",
            f"{name} stands still: no byte was moved for {span(still)} (so far {gib(int(number))})",
            look,
        ]
    return []


def schedule_problem(
    there: BackupSchedule | None, backups: Sequence[Backup], slot: datetime | None, now: datetime
) -> Problems:
    """Find why Velero's Schedule makes nothing; ``slot`` is one that it should have served by now."""
    if there is None:
        return {}
    name = plain(there.name)
    if there.phase_text == "FailedValidation":
        todo = f"see what it says: `kubectl -n {there.namespace} describe schedules.velero.io {name}`"
        return {ITSELF: ["refused", f"Velero refuses the Schedule {code(name)}: {cited(there.why, 300)}", todo]}
    if there.paused:
        todo = f"`velero schedule unpause {name}`, or set `volumeBackupManagement.enabled: false`"
        return {ITSELF: ["paused", f"somebody has paused the Schedule {code(name)}: no backup is made", todo]}
    if slot and not any((one.slot or one.when or _NO_TIME) >= slot for one in backups):
        running = next((one for one in backups if not one.phase.over), None)
        why = f"Velero did not make the backup of {stamp(slot, now)}"
        if running:
            why += f"; {code(running.name)} is not over, and while it runs no other one starts"
        return {ITSELF: ["no backup", why, _SERVER.format(plain(there.namespace))]}
    return {}


def content(cover: BackupCover, wanted: Iterable[Claim], see: Inventory, seen: BackupsSeen) -> Problems:
    """Find the claims whose data is not in a backup that is over, whatever its phase says."""
    backup = cover.backup
    name = code(backup.name)
    if backup.phase in (Phase.FAILED, Phase.REFUSED):
        word = "was refused by Velero" if backup.phase is Phase.REFUSED else "failed"
        why = f"{name} {word}: {plain(backup.why, 300)}" if backup.why else f"{name} {word}, and no reason is given"
        return {ITSELF: ["failed", why, f"see why: `velero backup logs {plain(backup.name)}`"]}
    missing = {one.uid: one for one in cover.missing}
    found: Problems = {}
    for claim in wanted:
        one = missing.get(claim.meta.uid)
        if one is None:
            how = caught(backup.scope, claim, see, agents=seen.node_agents)
            if how.inside or (claim.meta.created and backup.when and claim.meta.created > backup.when):
                continue
            found[claim.meta.title] = [CANNOT, how.why, how.todo]
        elif one.proof is Proof.SKIPPED:
            found[claim.meta.title] = [CANNOT, one.why, one.todo.replace("defaultVolumesToFsBackup", "byFileSystem")]
        elif one.proof in (Proof.FAILED, Proof.METADATA):
            todo = one.todo or f"see why: `velero backup describe {plain(backup.name)} --details`"
            found[claim.meta.title] = [one.proof.value, plain(one.why, 300) or one.proof.value, todo]
    return found
