"""Restore a snapshot into a new claim: look, plan, and, when that was asked for, make it and follow it until it is Bound."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from robusta_volumes._analysis.snapshot_cover import newest_first
from robusta_volumes._analysis.snapshot_restore import Restore, decide, waits
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.points import around
from robusta_volumes._cluster.read_points import Around, bound_of, snapshot_point
from robusta_volumes._engines.csi_snapshots import restore_manifest
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import RestoreSnapshot, check_given
from robusta_volumes._model.errors import ClusterError, NotAllowed
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.quantity import as_quantity
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.text import count
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.changes import failed_page, plan_page, refused_page
from robusta_volumes._report.page import Page
from robusta_volumes._report.snapshot_restore import (
    act_of,
    lost_sight_page,
    no_snapshot_page,
    restored_page,
    swap_steps,
)

_PAUSE, _FOLLOW = 2.0, 60.0  # seconds between two looks; and in all: a person waits
_KINDS = (k.CLAIM, k.STORAGE_CLASS, k.QUOTA, k.LIMIT_RANGE)


def restore_pvc_snapshot(
    cluster: Cluster, asked: RestoreSnapshot, settings: PvcSnapshots, sleep: Callable[[float], None] = time.sleep
) -> Page:
    """Make a new claim from a snapshot, or show how it would be made.

    Raises SettingsError: when a param is missing. ClusterError: when the cluster does not answer.
    """
    check_given(asked, "name", "namespace")
    see = gather(cluster, namespace=asked.namespace, kinds=_KINDS)
    if lack := see.lacks(k.CLAIM):
        raise NotAllowed(f"claims: {lack.why}; whether the new name is free is not known", lack.remedy)
    about = around(cluster, settings.limits, see.claims, contents=False)
    snapshots = [(snapshot_point(o, about), o) for o in cluster.find(k.SNAPSHOT, asked.namespace)]
    chosen = _chosen(asked, snapshots)
    if chosen is None:
        return _nothing(asked, [point for point, _ in snapshots], see)
    wanted = wanted_of(cluster, asked, chosen, about, see)
    found, act = decide(wanted, manifest_of), act_of(wanted)
    if found.refusals:
        return refused_page(act, found)
    if asked.dry_run:
        page = plan_page(act, found)
        return replace(page, blocks=(*page.blocks, *swap_steps(wanted)))
    (outcome,) = cluster.carry_out(found.steps)
    if outcome.error:
        return failed_page(act, outcome.error)
    try:
        claim, said = _followed(cluster, wanted, sleep)
    except ClusterError as error:
        return lost_sight_page(act, wanted, str(error))
    return restored_page(act, wanted, claim, said)


def _chosen(asked: RestoreSnapshot, snapshots: list[tuple[Point, Object]]) -> tuple[Point, Object] | None:
    """Find the snapshot of that name, or the newest good one of the claim of that name."""
    named = next((pair for pair in snapshots if pair[0].name == asked.name), None)
    if named:
        return named
    good = {p.name: (p, o) for p, o in snapshots if p.claim == asked.name and p.good}
    newest = newest_first(point for point, _ in good.values())
    return good[newest[0].name] if newest else None


def _nothing(asked: RestoreSnapshot, points: list[Point], see: Inventory) -> Page:
    own = [p for p in points if p.claim == asked.name]
    claims = sorted({p.claim for p in points} | {c.meta.name for c in see.claims})
    states = f"none of its {count(len(own), 'snapshot')} is ready" if own else "it has no snapshot"
    return no_snapshot_page(asked, [p.name for p in points], claims, states)


def wanted_of(
    cluster: Cluster, asked: RestoreSnapshot, chosen: tuple[Point, Object], about: Around, see: Inventory
) -> Restore:
    """Gather what is known of the data: its claim, and what the snapshot's content says of driver, mode and size."""
    point, raw = chosen
    source = see.claim.get((point.namespace, point.claim))
    if source and point.claim_uid and point.claim_uid != source.meta.uid:
        source = None  # another one of the same name
    content = _content(cluster, str(at(raw, "status", "boundVolumeSnapshotContentName") or ""))
    if content:
        owner = {str(at(content, "metadata", "name")): bound_of(content)}
        point = snapshot_point(raw, replace(about, bound=owner))
    driver = str(at(content, "spec", "driver") or "") or _driver_of(cluster, point.class_name)
    mode = str(at(content, "spec", "sourceVolumeMode") or "")
    return Restore(point, asked.new_name, asked.storage_class, source, driver, mode, see)


def _content(cluster: Cluster, name: str) -> Object:
    try:
        return cluster.get(k.SNAPSHOT_CONTENT, name) if name else {}
    except ClusterError:
        return {}  # not allowed to look: then what the snapshot itself says counts


def _driver_of(cluster: Cluster, class_name: str) -> str:
    try:
        return str(cluster.get(k.SNAPSHOT_CLASS, class_name).get("driver") or "") if class_name else ""
    except ClusterError:
        return ""


def manifest_of(wanted: Restore) -> dict[str, Any]:
    """Write the claim of a restore."""
    point, size = wanted.point, as_quantity(wanted.size or 0)
    return restore_manifest(
        wanted.name, point.namespace, point.name, size, wanted.storage_class, wanted.modes, wanted.mode
    )


def _followed(cluster: Cluster, wanted: Restore, sleep: Callable[[float], None]) -> tuple[Claim, str]:
    """Look until it is Bound, or as long as there is sense in it; give it, and what was last said of it."""
    waited = 0.0
    while True:
        claim = read.claim(cluster.get(k.CLAIM, wanted.name, wanted.point.namespace))
        if claim.phase != "Pending" or waits(wanted) or waited >= _FOLLOW:
            return claim, last_warning(cluster, claim)
        sleep(_PAUSE)
        waited += _PAUSE


def last_warning(cluster: Cluster, claim: Claim) -> str:
    """Give what was last said of a claim that is not Bound; "" of one that is."""
    if claim.phase == "Bound":
        return ""
    about = f"involvedObject.kind={k.CLAIM.name},involvedObject.name={claim.meta.name}"
    see = gather(cluster, namespace=claim.meta.namespace, kinds=(k.EVENT,), only={k.EVENT.resource: about})
    events = see.events_of(k.CLAIM.name, *claim.meta.key, claim.meta.uid)
    return next((event.message for event in events if event.type == "Warning"), "")
