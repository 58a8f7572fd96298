"""Restore a claim from a backup: look, plan, and, when that was asked for, have Velero do it and follow it."""

import time
from collections.abc import Callable

from robusta_volumes._analysis.backup_restore import BackupRestore, decide
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.points import around, points_of
from robusta_volumes._engines.velero_restore import (
    RESTORE_LABEL,
    read_restore,
    restore_manifest,
    restore_name,
)
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import check_given
from robusta_volumes._model.asked_restores import RestoreBackup
from robusta_volumes._model.backup import Copy
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import AlreadyExists, ClusterError, NotAllowed, NotFound
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.restore_run import RestoreRun
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.backup_restore import (
    ACTION,
    act_of,
    no_backup_page,
    restored_page,
    skipped_page,
    snapshot_page,
)
from robusta_volumes._report.changes import failed_page, plan_page, refused_page
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._workflows.volume_backups_infos import with_infos
from robusta_volumes._workflows.volume_backups_source import copies_of, not_known, restore_of, seen_of

_PAUSE, _FOLLOW = 2.0, 60.0  # seconds between two looks; and in all: a person waits
_ATTEMPTS = 20  # names that are tried


def restore_volume_backup(
    cluster: Cluster,
    asked: RestoreBackup,
    settings: VolumeBackupManagement,
    sleep: Callable[[float], None] = time.sleep,
) -> Page:
    """Have a claim restored from a backup, or show how it would be. Asking again follows the restore that was asked for.

    Raises SettingsError: when a param is missing. ClusterError: when the cluster does not answer, or backups may not be read.
    """
    check_given(asked, "name", "namespace")
    into = asked.into_namespace or asked.namespace
    see, seen = seen_of(cluster, settings, (asked.namespace, into))
    seen = with_infos(cluster, settings, see, seen)
    mine = copies_of(seen, asked.namespace, asked.name, see)
    chosen = _chosen(asked, mine)
    if chosen is None:
        if not asked.backup and (snapshot := _snapshot(cluster, asked, settings)):
            return snapshot_page(asked, snapshot.name)
        claims = {c.claim for c in seen.copies if c.namespace == asked.namespace}
        claims |= {c.meta.name for c in see.claims_in.get(asked.namespace, ())}
        return no_backup_page(
            Subject(k.CLAIM.name, asked.name, asked.namespace),
            ACTION,
            asked.backup,
            [c.backup for c in mine if c.proof.good],
            sorted(claims - {""}),
            not_known(seen, mine),
        )
    return _carried_out(cluster, asked, restore_of(chosen, seen, see, into, pods=asked.pods), seen.velero, sleep)


def _carried_out(
    cluster: Cluster, asked: RestoreBackup, wanted: BackupRestore, velero: str, sleep: Callable[[float], None]
) -> Page:
    name, under_way = _restore_of(cluster, velero, wanted)
    act = act_of(wanted, velero)
    if under_way is None:
        found = decide(wanted, lambda one: _manifest(one, velero, name))
        if found.refusals:
            return refused_page(act, found)
        if asked.dry_run:
            return plan_page(act, found)
        (outcome,) = cluster.carry_out(found.steps)
        if outcome.error and not isinstance(outcome.error, AlreadyExists):
            return failed_page(act, outcome.error)
    run = _followed(cluster, velero, name, sleep)
    claim = _claim(cluster, wanted)
    if run.over and claim is not None and claim.meta.labels.get(RESTORE_LABEL) != name:
        return skipped_page(act, wanted, run, velero)
    return restored_page(act, wanted, run, claim, velero)


def _chosen(asked: RestoreBackup, mine: list[Copy]) -> Copy | None:
    """Find the copy in that backup, or the newest one that data can be restored from; several volumes make one claim."""
    if asked.backup:
        return next((c for c in mine if c.backup == asked.backup), None)
    return next((c for c in mine if c.proof.good), None)


def _manifest(wanted: BackupRestore, velero: str, name: str) -> Object:
    copy = wanted.copy
    return restore_manifest(velero, name, copy.backup, copy.namespace, wanted.into, wanted.labels, pods=wanted.pods)


def _restore_of(cluster: Cluster, velero: str, wanted: BackupRestore) -> tuple[str, RestoreRun | None]:
    """Find the restore that this is about, or a name for a new one: what is over and has left no claim is done with."""
    copy, there = wanted.copy, _claim(cluster, wanted)
    for attempt in range(1, _ATTEMPTS):
        name = restore_name(copy.claim, copy.backup, copy.namespace, wanted.into, attempt)
        try:
            run = read_restore(cluster.get(k.VELERO_RESTORE, name, velero))
        except NotFound:
            return name, None
        if not run.over or (there and there.meta.labels.get(RESTORE_LABEL) == name):
            return name, run
    raise NotAllowed(
        f"it was restored {_ATTEMPTS - 1} times already",
        f"Delete the Restore objects of {copy.claim} in namespace {velero} that are over.",
    )


def _followed(cluster: Cluster, velero: str, name: str, sleep: Callable[[float], None]) -> RestoreRun:
    """Look until it is over, or as long as a person waits."""
    waited = 0.0
    while True:
        run = read_restore(cluster.get(k.VELERO_RESTORE, name, velero))
        if run.over or waited >= _FOLLOW:
            return run
        sleep(_PAUSE)
        waited += _PAUSE


def _claim(cluster: Cluster, wanted: BackupRestore) -> Claim | None:
    try:
        return read.claim(cluster.get(k.CLAIM, wanted.copy.claim, wanted.into))
    except NotFound:
        return None


def _snapshot(cluster: Cluster, asked: RestoreBackup, settings: VolumeBackupManagement) -> Point | None:
    """Find the newest good snapshot of the claim, where those can be read."""
    try:
        points = points_of(cluster, around(cluster, settings.limits, contents=False), asked.namespace)
    except ClusterError:
        return None
    good = [p for p in points if p.claim == asked.name and p.good and p.when]
    return max(good, key=lambda p: str(p.when), default=None)
