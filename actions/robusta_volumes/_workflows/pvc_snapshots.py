"""Report on snapshots: of the cluster, a namespace, a selection, or the history of one claim."""

from collections.abc import Sequence
from dataclasses import replace

from robusta_volumes._analysis.claim_selection import LabelTest
from robusta_volumes._analysis.left_contents import Left, left_contents
from robusta_volumes._analysis.snapshot_cover import Cover, Key, covers, newest_first, rhythm
from robusta_volumes._analysis.snapshot_fate import Fates
from robusta_volumes._analysis.snapshot_pace import pace
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.points import around, points_of
from robusta_volumes._cluster.read_points import Bound
from robusta_volumes._cluster.selectors import parse_labels
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import NotAllowed, NotInstalled
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._report.page import Page
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._report.pvc_snapshots import Seen, absent_page, no_claims_page, overview_page
from robusta_volumes._report.pvc_snapshots_alert import alert_page, in_short
from robusta_volumes._report.pvc_snapshots_claim import claim_page
from robusta_volumes._workflows.claims_of import claims_of, subject_of
from robusta_volumes._workflows.pvc_snapshots_turn import known_since

# Contents before snapshots: then a content whose snapshot is missing from the later list has really lost it.
_KINDS = (k.CLAIM, k.VOLUME, k.SNAPSHOT_CLASS, k.SNAPSHOT_CONTENT)


@collector_paused()
def pvc_snapshots(cluster: Cluster, target: Target, settings: PvcSnapshots, home: str = "") -> Page:
    """Report which claims have a good snapshot, which lack one and why, and what becomes of each.

    ``home`` is the namespace where the tick keeps since when it knows each schedule: none is asked for what it could not do.

    Raises ClusterError: when the cluster does not answer, or snapshots may not be read.
    """
    namespace, of = claims_of(cluster, target)
    try:
        see, points = _look(cluster, namespace, settings)
    except NotInstalled as error:
        page = absent_page(subject_of(cluster, target, namespace), error, scheduled=bool(settings.schedules))
        return in_short(page) if target.trigger is Trigger.ALERT else page
    tests = parse_labels(target.selector)
    since = known_since(cluster, home, settings)
    every = covers(see, points, settings, {s.name: parse_labels(s.selector) for s in settings.schedules}, since)
    chosen = tuple(cover for cover in every if _chosen(cover, see, of, tests))
    if not chosen and of is not None and not see.lacks(k.CLAIM):
        return _missing(cluster, target, see)
    keys, narrow = {(c.namespace, c.claim) for c in chosen}, of is not None or bool(tests)
    fates = Fates(points, settings, see.now)
    seen = Seen(
        subject_of(cluster, target, namespace),
        _scope(target, see),
        chosen,
        newest_first(p for p in points if (p.namespace, p.claim) in keys),
        fates,
        see.now,
        tuple(rhythm(schedule, settings, see.now, since.get(schedule.name)) for schedule in settings.schedules),
        () if narrow else _left(see, points, namespace),
        () if narrow else tuple(p for p in points if not p.claim),
        see.unseen,
        not (see.lacks(k.VOLUME) or see.lacks(k.SNAPSHOT_CLASS)),
        not see.lacks(k.CLAIM),
        tuple(s.name for s in settings.schedules if s.drivers and see.lacks(k.VOLUME)),
        None
        if narrow or namespace
        else pace(every, sum(map(fates.goes, points)), settings.max_delete_per_run, see.now),
    )
    if of is None or len(keys) != 1:
        return overview_page(seen)
    if target.trigger is Trigger.ALERT:
        return alert_page(seen, chosen[0])
    return claim_page(seen, chosen, target.trigger)


def _look(cluster: Cluster, namespace: str, settings: PvcSnapshots) -> tuple[Inventory, list[Point]]:
    see = gather(cluster, namespace=namespace or None, kinds=_KINDS, fallback=settings.namespaces)
    about = around(cluster, settings.limits, see.claims, contents=False)
    if not see.lacks(k.SNAPSHOT_CONTENT):
        about = replace(
            about, bound={c.meta.name: Bound(c.snapshot_uid, c.cut, c.policy == "Retain") for c in see.contents}
        )
    try:
        points = points_of(cluster, about, namespace or None)
    except NotAllowed:
        if namespace or not settings.namespaces:
            raise
        points = points_of(cluster, about, fallback=settings.namespaces)
        see = _narrowed(see, settings.namespaces)
    return see, [point for point in points if see.knows(point.namespace)]


def _narrowed(see: Inventory, namespaces: Sequence[str]) -> Inventory:
    """Leave out the claims whose snapshots could not be read: they may have some."""
    kept = frozenset(namespaces)
    claims = tuple(claim for claim in see.claims if claim.meta.namespace in kept)
    scope = f"namespaces {', '.join(namespaces)} (reading the whole cluster is not allowed)"
    return replace(see, claims=claims, looked_in=kept, scope=scope)


def _left(see: Inventory, points: list[Point], namespace: str) -> tuple[Left, ...]:
    """Count what Retain left behind, where all snapshots were read that a content could belong to."""
    whole = namespace or see.looked_in is None
    return left_contents(see, (p.uid for p in points), namespace) if whole else ()


def _chosen(cover: Cover, see: Inventory, of: frozenset[Key] | None, tests: Sequence[LabelTest]) -> bool:
    key = (cover.namespace, cover.claim)
    if of is not None:
        return key in of
    if not tests:
        return True
    claim = see.claim.get(key) if cover.there else None
    return claim is not None and all(test(claim.meta.labels) for test in tests)


def _scope(target: Target, see: Inventory) -> str:
    if target.kind == "Cluster" and not target.selector:
        return see.scope if see.looked_in is not None else ""
    return target.title


def _missing(cluster: Cluster, target: Target, see: Inventory) -> Page:
    """Say that an object has no claims, or that there is no such claim and no snapshot of one."""
    known = [claim.meta.name for claim in see.claims]
    asked = target.trigger == Trigger.MANUAL
    subject = subject_of(cluster, target, target.namespace)
    if target.kind == k.CLAIM.name:
        return missing_page(subject, "Claim", known, asked=asked)
    return no_claims_page(subject, asked=asked)
