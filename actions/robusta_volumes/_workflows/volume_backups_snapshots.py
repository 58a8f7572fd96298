"""The snapshots that can be tested by a restore, and the plan of one such test. Nothing is made here."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from robusta_volumes._analysis.snapshot_cover import newest_first
from robusta_volumes._analysis.snapshot_restore import Restore, decide
from robusta_volumes._analysis.snapshot_verify import (
    SAME_STORAGE,
    WORD,
    SnapshotTest,
    may_not,
    newest_ready,
    refusals,
    without,
)
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.points import around, points_of
from robusta_volumes._cluster.read_points import Around, snapshot_point
from robusta_volumes._engines.csi_snapshots import trial_manifest, trial_name
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import RestoreSnapshot
from robusta_volumes._model.asked_restores import VerifyBackup
from robusta_volumes._model.backup import Backup, Copy
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import NotAllowed, NotFound, NotInstalled
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.trial import SNAPSHOT, Trial
from robusta_volumes._workflows.pvc_snapshots_restore import manifest_of, wanted_of

_RIGHTS = (
    *((verb, kind) for kind in (k.CLAIM, k.POD) for verb in ("create", "delete")),
    ("get", k.POD_LOG),
    ("patch", k.SNAPSHOT),
)


def snapshot_test(
    cluster: Cluster, asked: VerifyBackup, settings: VolumeBackupManagement, see: Inventory
) -> SnapshotTest | None:
    """Plan the test of the newest good snapshot of a claim, or of the one that is named; None when there is none.

    Raises ClusterError: when snapshots or claims may not be read, or the cluster does not answer.
    """
    about = around(cluster, settings.limits, see.claims, contents=False)
    found = [(snapshot_point(o, about), o) for o in cluster.find(k.SNAPSHOT, asked.namespace)]
    mine = {p.name: (p, o) for p, o in found if p.claim == asked.name}
    named = mine.get(asked.backup)
    if asked.backup:
        return planned_test(cluster, named, about, see, settings) if named else None
    newest = newest_first(point for point, _ in mine.values() if point.good)
    return planned_test(cluster, mine[newest[0].name], about, see, settings) if newest else None


def planned_test(
    cluster: Cluster, chosen: tuple[Point, Object], about: Around, see: Inventory, settings: VolumeBackupManagement
) -> SnapshotTest:
    """Plan the test of a snapshot, or say all that speaks against it.

    Raises ClusterError: when claims may not be read, or the cluster does not answer.
    """
    if lack := see.lacks(k.CLAIM):
        raise NotAllowed(f"claims: {lack.why}; whether a name for the test's is free is not known", lack.remedy)
    point, _ = chosen
    name = trial_name(point.claim, point.uid)
    asked = RestoreSnapshot(point.name, point.namespace, new_name=name)
    wanted = wanted_of(cluster, asked, chosen, about, without(see, point.namespace, name))
    found = decide(wanted, _manifest)
    against = refusals(wanted, see, settings.verify)
    lacks = None if against or found.refusals else _lacking(cluster, point.namespace)
    if lacks:
        against = (may_not(*lacks, point.namespace),)
    if against or found.refusals:
        return SnapshotTest(wanted, replace(found, refusals=(*found.refusals, *against), steps=()), bool(lacks))
    gone = "Afterwards all that the test has made is deleted, and the snapshot carries when it was proven."
    notes = (*found.notes[:1], gone, SAME_STORAGE)
    steps = tuple(replace(step, allow=WORD) for step in found.steps)
    return SnapshotTest(
        wanted, replace(found, steps=steps, notes=notes, command="")
    )  # by hand nothing would be taken away again


def newest_tests(
    cluster: Cluster, settings: VolumeBackupManagement, see: Inventory, backups: Iterable[Backup]
) -> list[Copy]:
    """List the newest good snapshot of each claim; none where these may not be read: then backups alone are tested."""
    if see.lacks(k.CLAIM):
        return []
    try:
        about = around(cluster, settings.limits, see.claims)
        return newest_ready(points_of(cluster, about, fallback=settings.read_namespaces), see, backups)
    except (NotAllowed, NotInstalled):
        return []


def listed_test(cluster: Cluster, copy: Copy, see: Inventory, settings: VolumeBackupManagement) -> SnapshotTest | None:
    """Plan the test of a snapshot that was listed; None when it is gone.

    Raises ClusterError: when the cluster does not answer.
    """
    about = around(cluster, settings.limits, see.claims, contents=False)
    try:
        o = cluster.get(k.SNAPSHOT, copy.name, copy.namespace)
    except NotFound:
        return None
    return planned_test(cluster, (snapshot_point(o, about), o), about, see, settings)


def _lacking(cluster: Cluster, namespace: str) -> tuple[str, str] | None:
    """Find the first right that a test in this namespace lacks: (verb, resource)."""
    return next(((verb, kind.resource) for verb, kind in _RIGHTS if not cluster.allowed(verb, kind, namespace)), None)


def _manifest(wanted: Restore) -> Mapping[str, Any]:
    return trial_manifest(wanted.point.claim, manifest_of(wanted))


def trial_of_snapshot(test: SnapshotTest, now: datetime, by: str) -> Trial:
    """Put a test down as the state keeps it."""
    point = test.wanted.point
    source = test.wanted.source
    return Trial(
        point.namespace,
        point.claim,
        source.meta.uid if source else point.claim_uid,
        point.name,
        point.uid,
        point.namespace,
        point.namespace,
        test.wanted.name,
        now.isoformat(),
        point.when.isoformat() if point.when else "",
        None,
        by,
        SNAPSHOT,
    )
