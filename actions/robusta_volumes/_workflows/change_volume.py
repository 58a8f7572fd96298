"""Change what becomes of a volume: its reclaim policy, and whose it is once its claim is gone."""

import time
from collections.abc import Callable
from dataclasses import replace

from robusta_volumes._analysis.volume_change import KEPT, decide_policy, decide_release
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.read_origins import origin
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import Release, SetPolicy, check_given
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotFound, SettingsError, rbac_rule
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._report.changes import failed_page, nothing_page, plan_page, refused_page
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._report.volume_change import policy_act, policy_page, release_act, release_page, target_of

_PAUSE = 1.0  # seconds between two looks at a volume that is to be bound


def set_reclaim_policy(cluster: Cluster, asked: SetPolicy, settings: PersistentVolumeActions) -> Page:  # noqa: ARG001 (all changes have one form)
    """Set a volume's reclaim policy, or show how it would be done.

    Raises SettingsError: when a param is missing. ClusterError: when the cluster does not answer.
    """
    check_given(asked, "name", "policy")
    try:
        raw = _volume_meant(cluster, asked)
    except NotFound:
        return _missing(cluster, k.CLAIM if asked.namespace else k.VOLUME, asked.name, asked.namespace)
    volume = read.volume(raw)
    see = _with_claims(cluster, Inventory(now=cluster.now(), volumes=(volume,)), volume)
    found = decide_policy(volume, asked, see, origin(raw), _version(raw))
    act = policy_act(volume, asked)
    if found.refusals:
        return refused_page(act, found)
    if not found.steps:
        return nothing_page(act, f"Volume {volume.meta.name} has reclaim policy {asked.policy} already")
    if asked.dry_run:
        return plan_page(act, found)
    (outcome,) = cluster.carry_out(found.steps)
    if outcome.error:
        return failed_page(act, outcome.error)
    return policy_page(act, volume, read.volume(outcome.answer or {}), found)


def release_volume(
    cluster: Cluster, asked: Release, settings: PersistentVolumeActions, sleep: Callable[[float], None] = time.sleep
) -> Page:
    """Offer a kept volume to its claim, or to one that was named; or show how it would be done.

    Raises SettingsError: when a param is missing. ClusterError: when the cluster does not answer.
    """
    check_given(asked, "name")
    try:
        raw = cluster.get(k.VOLUME, asked.name)
    except NotFound:
        return _missing(cluster, k.VOLUME, asked.name)
    volume = read.volume(raw)
    see = gather(cluster, kinds=(k.VOLUME, k.NODE))
    see = _with_claims(cluster, see, volume, asked.claim)
    found = decide_release(volume, asked, see, origin(raw), _version(raw))
    act = release_act(volume, asked)
    if found.refusals:
        return refused_page(act, found)
    if not found.steps:
        return nothing_page(act, f"Volume {volume.meta.name} is offered to claim {target_of(volume, asked)} already")
    if asked.dry_run:
        return plan_page(act, found)
    (outcome,) = cluster.carry_out(found.steps)
    if outcome.error:
        return failed_page(act, outcome.error)
    wait = settings.limits.release_follow_seconds
    taker = (asked.claim or (volume.claim_ref.key if volume.claim_ref else None)) in see.claim
    now = _watched(cluster, volume, taker, wait, sleep)
    return release_page(act, volume, now, asked, there=taker)


def _watched(cluster: Cluster, volume: Volume, taker: bool, seconds: float, sleep: Callable[[float], None]) -> Volume:  # noqa: FBT001 (a fact, no switch)
    """Give the volume once it is offered, or, with a ``taker``, bound; as it was when it cannot be read."""
    waited, now = 0.0, volume
    while True:
        try:
            now = read.volume(cluster.get(k.VOLUME, volume.meta.name))
        except ClusterError:
            return now
        if now.phase == "Bound" or waited >= seconds or (now.phase not in KEPT and not taker):
            return now
        sleep(_PAUSE)
        waited += _PAUSE


def _volume_meant(cluster: Cluster, asked: SetPolicy) -> Object:
    """Read the volume: by its own name, or, with a namespace, that of the claim."""
    if not asked.namespace:
        return cluster.get(k.VOLUME, asked.name)
    claim = read.claim(cluster.get(k.CLAIM, asked.name, asked.namespace))
    if not claim.volume_name:
        raise SettingsError("action param name", f"names claim {claim.meta.title}, which has no volume ({claim.phase})")
    return cluster.get(k.VOLUME, claim.volume_name)


def _with_claims(cluster: Cluster, see: Inventory, volume: Volume, other: tuple[str, str] | None = None) -> Inventory:
    """Add the claims that the volume is or was for, and is to be for, as far as they are there."""
    keys = [key for key in (volume.claim_ref.key if volume.claim_ref else None, other) if key]
    claims: list[Claim] = []
    for namespace, name in dict.fromkeys(keys):
        try:
            claims.append(read.claim(cluster.get(k.CLAIM, name, namespace)))
        except NotFound:
            continue
        except NotAllowed:
            lack = Unseen(k.CLAIM, "the runner may not get them", rbac_rule(k.CLAIM, "get"))
            return replace(see, unseen={**see.unseen, k.CLAIM.resource: lack})
        except ClusterError as error:
            lack = Unseen(k.CLAIM, plain(error, 200), error.remedy)
            return replace(see, unseen={**see.unseen, k.CLAIM.resource: lack})
    return replace(see, claims=tuple(claims))


def _missing(cluster: Cluster, kind: k.Kind, name: str, namespace: str = "") -> Page:
    known = [read.meta(o).name for o in cluster.find(kind, namespace or None)]
    word = "Claim" if kind == k.CLAIM else "Volume"
    return missing_page(Subject(kind.name, name, namespace), word, known, asked=True)


def _version(raw: Object) -> str:
    return str(raw["metadata"].get("resourceVersion") or "")
