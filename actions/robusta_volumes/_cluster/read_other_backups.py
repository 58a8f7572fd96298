"""Objects of K8up and VolSync become backups, copies and schedules. Pure. We only read what these two do.

https://docs.k8up.io/ (k8up.io/v1) and https://volsync.readthedocs.io/ (volsync.backube/v1alpha1)
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime
from sys import intern
from typing import Any

from robusta_volumes._cluster.fields import at, block, blocks, strings
from robusta_volumes._cluster.read_velero import zoned
from robusta_volumes._model.backup import K8UP, VOLSYNC, Backup, BackupSchedule, Copy, Phase, Proof, Scope
from robusta_volumes._model.times import go_span, parse_time

_DATA = "/data/"  # where K8up mounts the claims that it saves
_LOCAL = ("/", "local:")  # a restic repository in a volume of this very cluster
_BACKUPS = ("restic", "rclone")  # movers of VolSync that keep what they copied
_MIRRORS = ("rsync", "rsyncTLS", "syncthing", "external")
_CREDENTIALS = re.compile(r"://[^/@\s]+@")


def k8up_backup(o: Mapping[str, Any]) -> Backup:
    """Read a Backup of K8up: one run over the claims of its namespace."""
    m, status = block(o, "metadata"), block(o, "status")
    states = {str(c.get("type")): c for c in blocks(status, "conditions") if c.get("status") == "True"}
    phase, said = _k8up_phase(states, status)
    space, ended = intern(str(m.get("namespace") or "")), states.get("Completed", {})
    created = parse_time(m.get("creationTimestamp"))
    return Backup(
        K8UP,
        space,
        str(m.get("name") or ""),
        str(m.get("uid") or ""),
        phase,
        said,
        created=created,
        started=created if phase is not Phase.UNOBSERVED else None,
        ended=parse_time(ended.get("lastTransitionTime")),
        schedule=str(block(m, "labels").get("k8up.io/schedule-name") or _owner(m)),
        scope=k8up_scope(space, block(o, "spec")),
        why=str(ended.get("message") or "") if phase is Phase.FAILED else "",
        resource_version=str(m.get("resourceVersion") or ""),
        deleted=parse_time(m.get("deletionTimestamp")),
    )


def _k8up_phase(states: Mapping[str, Mapping[str, Any]], status: Mapping[str, Any]) -> tuple[Phase, str]:
    if "Completed" in states:
        failed = states["Completed"].get("reason") == "Failed"
        return (Phase.FAILED, "Failed") if failed else (Phase.DONE, "Succeeded")
    if status.get("started") is True or "Progressing" in states:
        return Phase.RUNNING, "Progressing"
    return Phase.UNOBSERVED, ""


def _owner(m: Mapping[str, Any]) -> str:
    owners = (str(r.get("name")) for r in blocks(m, "ownerReferences") if r.get("kind") == "Schedule")
    return next(owners, "")


def k8up_scope(namespace: str, spec: Mapping[str, Any]) -> Scope:
    """Read what a BackupSpec of K8up selects."""
    return Scope((namespace,), any_labels=blocks(spec, "labelSelectors"), moves_data=True)


def k8up_schedule(o: Mapping[str, Any]) -> BackupSchedule | None:
    """Read a Schedule of K8up; None for one that makes no backups, but checks or prunes."""
    m, spec = block(o, "metadata"), block(o, "spec")
    backup = block(spec, "backup")
    if not backup.get("schedule"):
        return None
    space = intern(str(m.get("namespace") or ""))
    return BackupSchedule(
        K8UP,
        space,
        str(m.get("name") or ""),
        str(m.get("uid") or ""),
        str(backup["schedule"]),
        scope=k8up_scope(space, backup),
        created=parse_time(m.get("creationTimestamp")),
    )


class Runs:
    """The runs of K8up by namespace: its snapshots do not say to which they belong, but their time does."""

    def __init__(self, backups: Iterable[Backup]) -> None:
        """Sort them by their start."""
        self.of: dict[str, list[tuple[datetime, Backup]]] = {}
        for one in sorted((b for b in backups if b.when), key=lambda b: (b.when, b.name)):
            if one.when:
                self.of.setdefault(one.namespace, []).append((one.when, one))

    def at(self, namespace: str, when: datetime | None) -> Backup | None:
        """Find the run under way at a time."""
        theirs = self.of.get(namespace)
        if not theirs or when is None:
            return None
        place = bisect_right(theirs, when, key=lambda pair: pair[0]) - 1
        run = theirs[place][1] if place >= 0 else None
        return run if run and (run.ended is None or when <= run.ended) else None


def k8up_copies(o: Mapping[str, Any], runs: Runs) -> list[Copy]:
    """Read a Snapshot of K8up: the proof of each claim whose folder it holds; dumps of applications are no claims."""
    m, spec = block(o, "metadata"), block(o, "spec")
    space, cut = intern(str(m.get("namespace") or "")), parse_time(spec.get("date"))
    claims = {path[len(_DATA) :].partition("/")[0] for path in strings(spec.get("paths")) if path.startswith(_DATA)}
    local = str(spec.get("repository") or "").startswith(_LOCAL)
    run = runs.at(space, cut) if claims else None
    return [
        Copy(
            K8UP,
            space,
            intern(claim),
            "",
            Proof.SNAPSHOT if local else Proof.MOVED,
            cut,
            run.name if run else "",
            run.uid if run else "",
            str(m.get("name") or ""),
            "restic",
            why="its repository lies in a volume of this cluster" if local else "",
            owner=run.schedule if run else "",
        )
        for claim in sorted(claims - {""})
    ]


def volsync_schedule(o: Mapping[str, Any]) -> BackupSchedule | None:
    """Read a ReplicationSource as a schedule; None for one that is triggered by hand."""
    m, spec = block(o, "metadata"), block(o, "spec")
    written = at(spec, "trigger", "schedule")
    if not written or not any(spec.get(mover) for mover in _BACKUPS):
        return None
    zone, cron = zoned(str(written))
    space = intern(str(m.get("namespace") or ""))
    return BackupSchedule(
        VOLSYNC,
        space,
        str(m.get("name") or ""),
        str(m.get("uid") or ""),
        cron,
        zone,
        spec.get("paused") is True,
        last=parse_time(at(o, "status", "lastSyncTime")),
        scope=Scope((space,), claims=(str(spec.get("sourcePVC") or ""),), moves_data=True),
        created=parse_time(m.get("creationTimestamp")),
    )


def volsync_copies(o: Mapping[str, Any]) -> list[Copy]:
    """Read a ReplicationSource: its last success, and a later attempt that failed or runs.

    lastSyncTime is when it was done, so that its data was cut as much earlier as it took.
    """
    m, spec, status = block(o, "metadata"), block(o, "spec"), block(o, "status")
    mover = next((name for name in (*_BACKUPS, *_MIRRORS) if spec.get(name)), "")
    space, claim, name = str(m.get("namespace") or ""), str(spec.get("sourcePVC") or ""), str(m.get("name") or "")
    if not claim or not mover:
        return []
    found: list[Copy] = []
    ended, took = parse_time(status.get("lastSyncTime")), go_span(status.get("lastSyncDuration"))
    base = Copy(VOLSYNC, space, claim, "", Proof.MOVED, None, name=name, method=mover, owner=name)
    if ended:
        cut = ended - took if took else ended
        why = (
            ""
            if mover in _BACKUPS
            else f"a mirror by {mover}: where it lies is not known here, and it keeps no history"
        )
        found.append(base._replace(proof=Proof.UNKNOWN if why else Proof.MOVED, cut_at=cut, ended=ended, why=why))
    state = next((c for c in blocks(status, "conditions") if c.get("type") == "Synchronizing"), {})
    since = parse_time(status.get("lastSyncStartTime")) or parse_time(state.get("lastTransitionTime"))
    failed = at(status, "latestMoverStatus", "result") == "Failed" or state.get("reason") == "Error"
    if failed:
        found.append(base._replace(proof=Proof.FAILED, cut_at=since or ended, why=_why(status, state)))
    elif state.get("reason") == "SyncInProgress":
        found.append(base._replace(proof=Proof.RUNNING, cut_at=since))
    return found


def _why(status: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """Give the line of the mover's log that says why it gave up; credentials in an address are left out."""
    lines = str(at(status, "latestMoverStatus", "logs") or "").splitlines()
    fatal = next((line for line in reversed(lines) if line.lower().startswith(("fatal", "error"))), "")
    said = fatal or (str(state.get("message") or "") if state.get("reason") == "Error" else "")
    return _CREDENTIALS.sub("://…@", said) or "its mover failed, and its log does not say why"
