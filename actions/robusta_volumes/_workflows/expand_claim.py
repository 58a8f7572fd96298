"""Let a claim grow: look, plan, and, when that was asked for, carry it out and follow it to its end."""

import re
import time
from collections.abc import Callable
from dataclasses import replace

from robusta_volumes._analysis.assess import assess
from robusta_volumes._analysis.expansion import decide, today
from robusta_volumes._analysis.growth_stage import Stage, stage
from robusta_volumes._analysis.managed import helm_release, places
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.read_origins import origin
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import Expand, check_given
from robusta_volumes._model.errors import ClusterError, NotFound, rbac_rule
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.origin import Origin
from robusta_volumes._model.quantity import as_quantity
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.changes import Act, failed_page, plan_page, refused_page
from robusta_volumes._report.expansion import act_of, grown_page, lost_sight_page, stuck_page
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._rules.binding import users
from robusta_volumes._rules.catalogue import RULES

_PAUSE = 2.0  # seconds between two looks at a claim that grows
_STUCK = tuple(RULES[f"RS-0{n}"] for n in (3, 4, 5, 6, 7))  # what keeps a growth from its end
_KINDS = (k.VOLUME, k.STORAGE_CLASS, k.POD, k.QUOTA, k.LIMIT_RANGE, k.EVENT)


def expand_claim(
    cluster: Cluster, asked: Expand, settings: PersistentVolumeActions, sleep: Callable[[float], None] = time.sleep
) -> Page:
    """Grow a claim, or show how it would be done.

    Raises SettingsError: when a param is missing. ClusterError: when the cluster does not answer.
    """
    check_given(asked, "name", "namespace", "size")
    try:
        raw = cluster.get(k.CLAIM, asked.name, asked.namespace)
    except NotFound:
        known = [read.meta(o).name for o in cluster.find(k.CLAIM, asked.namespace)]
        subject = Subject(k.CLAIM.name, asked.name, asked.namespace)
        return missing_page(subject, "Claim", known, asked=True)
    claim = read.claim(raw)
    see = _around(cluster, claim)
    owner, see = _maker(cluster, claim, see)
    before = today(claim)
    wanted = asked.size.beyond(before) if asked.size else before
    by = places(origin(raw), owner, as_quantity(wanted))
    found = decide(claim, asked, see, settings, by, str(raw["metadata"].get("resourceVersion") or ""))
    act = act_of(claim, asked, before, wanted)
    if found.refusals:
        return refused_page(act, found)
    if release := helm_release(origin(raw)):
        note = f"Helm release {plain(release)} made it: write the size into its values, too, or its next upgrade is refused."
        found = replace(found, notes=(*found.notes, note))
    if asked.dry_run:
        return plan_page(act, found)
    (outcome,) = cluster.carry_out(found.steps)
    if outcome.error:
        return failed_page(act, outcome.error)
    return _followed(cluster, act, claim, wanted, settings.limits, sleep)


def _around(cluster: Cluster, claim: Claim, kinds: tuple[k.Kind, ...] = _KINDS) -> Inventory:
    """Read what has to do with one claim, in a request per kind."""
    name, namespace = claim.meta.name, claim.meta.namespace
    only = {
        k.VOLUME.resource: f"metadata.name={claim.volume_name}",
        k.STORAGE_CLASS.resource: f"metadata.name={claim.class_name}" if claim.class_name else "",
        k.EVENT.resource: f"involvedObject.kind={k.CLAIM.name},involvedObject.name={name}",
    }
    wanted = tuple(kind for kind in kinds if kind != k.VOLUME or claim.volume_name)
    see = gather(cluster, namespace=namespace, kinds=wanted, only=only)
    return replace(see, claims=(claim,), skipped=see.skipped - {k.CLAIM.resource})


def _maker(cluster: Cluster, claim: Claim, see: Inventory) -> tuple[Origin | None, Inventory]:
    """Find the StatefulSet whose template made a claim, as it is: its marks tell who looks after it."""
    try:
        sets = cluster.find(k.STATEFUL_SET, claim.meta.namespace)
    except ClusterError as error:
        lack = Unseen(
            k.STATEFUL_SET, f"they could not be listed ({plain(error, 120)})", rbac_rule(k.STATEFUL_SET, "list")
        )
        return None, replace(see, unseen={**see.unseen, k.STATEFUL_SET.resource: lack})
    return next((origin(o) for o in sets if _made(o, claim.meta.name)), None), see


def _made(owner: Object, name: str) -> bool:
    templates = (owner.get("spec") or {}).get("volumeClaimTemplates") or ()
    heads = (f"{(t.get('metadata') or {}).get('name')}-{read.meta(owner).name}" for t in templates)
    return any(re.fullmatch(rf"{re.escape(head)}-[0-9]+", name) for head in heads)


def _followed(
    cluster: Cluster, act: Act, before: Claim, wanted: int, limits: Limits, sleep: Callable[[float], None]
) -> Page:
    """Wait for the end, or as long as there is sense in it, and tell what came of it."""
    try:
        claim, see = _watched(cluster, before, wanted, limits, sleep)
    except ClusterError as error:
        return lost_sight_page(act, before, wanted, str(error))
    stuck = assess(see, limits, _STUCK).issues
    if stuck:
        return stuck_page(act, before, claim, stuck[0])
    return grown_page(act, before, claim, wanted, users(claim, see), stage(claim, wanted))


def _watched(
    cluster: Cluster, claim: Claim, wanted: int, limits: Limits, sleep: Callable[[float], None]
) -> tuple[Claim, Inventory]:
    waited = 0.0
    while True:
        claim = read.claim(cluster.get(k.CLAIM, claim.meta.name, claim.meta.namespace))
        at = stage(claim, wanted)
        over = at in {Stage.DONE, Stage.FAILED} or waited >= limits.resize_follow_seconds
        if over or at is Stage.NODE:
            see = _around(cluster, claim, (k.VOLUME, k.POD, k.EVENT))
            if over or not users(claim, see):
                return claim, see  # nobody mounts it: then nothing more happens however long we wait
        sleep(_PAUSE)
        waited += _PAUSE
