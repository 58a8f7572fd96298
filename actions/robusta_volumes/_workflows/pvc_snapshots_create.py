"""Take snapshots because a person or an alert asks: of one claim, of those of a selector, of a namespace."""

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from robusta_volumes._analysis.snapshot_preflight import preflight
from robusta_volumes._analysis.snapshot_signs import judged, signs
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.points import around, points_of
from robusta_volumes._cluster.selectors import parse_labels
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import CreateSnapshots, check_given
from robusta_volumes._model.errors import NotAllowed, SettingsError
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._report.snapshots_create import created_page, creation_plan_page, nothing_to_snapshot_page
from robusta_volumes._workflows.pvc_snapshots_make import make, manifests, watched

_PARALLEL = 5  # snapshots asked for at once, as for a schedule


def create_pvc_snapshots(
    cluster: Cluster,
    asked: CreateSnapshots,
    settings: PvcSnapshots,
    sleep: Callable[[float], None] = time.sleep,
    *,
    without: Collection[str] = (),
) -> Page:
    """Take the snapshots, or show what would be taken; wait a short while until they are ready.

    ``without``: uids of claims that are left out.

    Raises SettingsError: when it is not said of what. ClusterError: when the cluster does not answer, or has no snapshots.
    """
    if not (asked.name or asked.namespace or asked.selector):
        raise SettingsError("action param name", "is needed, or a namespace, or a selector: of which claims?")
    if asked.name and not asked.namespace:
        raise SettingsError("action param namespace", "is needed: where is the claim?")
    about = around(cluster, settings.limits, contents=False)
    points = points_of(cluster, about, asked.namespace or None, fallback=settings.namespaces)
    see = _look(cluster, asked, settings)
    claims = [claim for claim in _chosen(see, asked) if claim.meta.uid not in without]
    if asked.name and not claims:
        known = [claim.meta.name for claim in see.claims]
        return missing_page(Subject(k.CLAIM.name, asked.name, asked.namespace), "Claim", known, asked=True)
    verdicts = judged([preflight(claim, see, asked.snapshot_class) for claim in claims], signs(points, see), see)
    fit = [one for one in verdicts if one.ok]
    unfit = [one for one in verdicts if not one.ok]
    if not claims:
        return nothing_to_snapshot_page(asked, cluster.name)
    if asked.dry_run:
        return creation_plan_page(asked, fit, unfit, cluster.name)
    plan = manifests(fit, "", _minute(about.now), retain=asked.retain)
    made = make(cluster, plan, _PARALLEL, about)
    made = watched(cluster, made, about, float(asked.wait), sleep)
    return created_page(asked, made, unfit, cluster.name, cluster.now())


def create_pvc_snapshot(
    cluster: Cluster, asked: CreateSnapshots, settings: PvcSnapshots, sleep: Callable[[float], None] = time.sleep
) -> Page:
    """Take one snapshot as Robusta's own action of this name is asked for it: a claim, in "default" when nothing else is said.

    Raises SettingsError: without a name. ClusterError: as `create_pvc_snapshots`.
    """
    check_given(asked, "name")
    return create_pvc_snapshots(cluster, replace(asked, namespace=asked.namespace or "default"), settings, sleep)


def _look(cluster: Cluster, asked: CreateSnapshots, settings: PvcSnapshots) -> Inventory:
    kinds = (k.CLAIM, k.VOLUME, k.SNAPSHOT_CLASS)
    see = gather(cluster, namespace=asked.namespace or None, kinds=(*kinds, k.QUOTA), fallback=settings.namespaces)
    for kind in kinds:  # without quotas the API server says it
        if lack := see.lacks(kind):
            raise NotAllowed(f"{kind.resource}: {lack.why}", lack.remedy)
    return see


def _chosen(see: Inventory, asked: CreateSnapshots) -> list[Claim]:
    """List the claims; of many only those that are Bound, of one that is named also one that is not."""
    tests = parse_labels(asked.selector)
    return [
        claim
        for claim in see.claims
        if (claim.meta.name == asked.name if asked.name else claim.phase == "Bound")
        and all(test(claim.meta.labels) for test in tests)
    ]


def _minute(now: datetime) -> datetime:
    """Give the minute: asked twice within one, it is the same snapshot."""
    return now.replace(second=0, microsecond=0)
