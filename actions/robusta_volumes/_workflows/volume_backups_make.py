"""Make one backup, exactly once, and look at what is in it."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from robusta_volumes._analysis.backup_cover import BackupCover, judge_backup
from robusta_volumes._analysis.backup_preflight import Rights
from robusta_volumes._cluster.backups_own import own_backups
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.read_velero import backup as read_backup
from robusta_volumes._model import ours
from robusta_volumes._model.backup import Backup, BackupsSeen
from robusta_volumes._model.backup_run import MadeBackup
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import AlreadyExists, ClusterError, Unavailable
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import VELERO_BACKUP, Kind
from robusta_volumes._model.plan import Create
from robusta_volumes._model.volume import Claim
from robusta_volumes._workflows.volume_backups_ask import ask_velero
from robusta_volumes._workflows.volume_backups_infos import with_infos_of

_PAUSE = 2.0  # seconds between two looks at what was made
_OWN_LABELS = (ours.MANAGED_BY, ours.SCHEDULE, ours.SLOT)


def rights_of(cluster: Cluster, wanted: Iterable[tuple[str, Kind]], namespace: str) -> Rights:
    """Ask what is allowed in Velero's namespace; what nobody can tell counts as allowed: the API server will say it."""
    found = {}
    for verb, kind in wanted:
        try:
            found[verb, kind.resource] = cluster.allowed(verb, kind, namespace)
        except ClusterError:
            found[verb, kind.resource] = True
    return found


def make_backup(cluster: Cluster, manifest: Mapping[str, Any], why: str) -> MadeBackup:
    """Make it; one that is there already under its name, and is the one that was meant, is taken for made."""
    name, namespace = str(manifest["metadata"]["name"]), str(manifest["metadata"]["namespace"])
    (outcome,) = cluster.carry_out([Create(manifest, why)])
    if outcome.answer is not None:
        return MadeBackup(name, read_backup(outcome.answer))
    if not isinstance(outcome.error, AlreadyExists | Unavailable):
        return MadeBackup(name, error=outcome.error)
    try:  # it is there already, or nobody knows whether it was made: look
        there = cluster.get(VELERO_BACKUP, name, namespace)
    except ClusterError:
        return MadeBackup(name, error=outcome.error)
    found = read_backup(there)
    labels, wanted = (there.get("metadata") or {}).get("labels") or {}, manifest["metadata"]["labels"]
    if found.synced or any(labels.get(key) != wanted.get(key) for key in _OWN_LABELS):
        todo = f"Delete that backup (`velero backup delete {name}`), or let the other cluster use another bucket or prefix."
        return MadeBackup(name, error=AlreadyExists(f"{name} is there and not ours", todo))
    return MadeBackup(name, found, adopted=True)


def watch_backup(
    cluster: Cluster,
    settings: VolumeBackupManagement,
    name: str,
    claims: Iterable[Claim],
    seconds: float,
    sleep: Callable[[float], None],
) -> tuple[Backup | None, BackupsSeen]:
    """Look until it is over or the time is; give it with what was moved for it.

    Raises ClusterError: when nothing answers at the last look.
    """
    theirs = tuple(claims)
    while True:
        seen = own_backups(cluster, settings, lambda every: [one for one in every if one.name == name], theirs)
        found = next((one for one in seen.backups if one.name == name), None)
        if seconds <= 0 or (found and found.phase.over):
            return found, seen
        sleep(min(_PAUSE, seconds))
        seconds -= _PAUSE


def judged_backup(
    cluster: Cluster,
    settings: VolumeBackupManagement,
    backup: Backup,
    look: tuple[Inventory, BackupsSeen],
    sleep: Callable[[float], None],
) -> BackupCover:
    """Judge one backup by what was moved for it, and by Velero's own list of its volumes where that is switched on."""
    see, seen = look
    seen = with_infos_of(cluster, settings, see, seen, backup, partial(ask_velero, sleep=sleep))
    return judge_backup(backup, see, seen)
