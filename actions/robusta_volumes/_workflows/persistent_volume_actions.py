"""Persistent volume actions: status, capacity, access modes and issues of one object, a namespace or the cluster."""

from collections.abc import Iterable
from dataclasses import replace

from robusta_volumes._analysis.assess import Assessment, Issue
from robusta_volumes._analysis.costs import judge
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import WORDS, missing_page, object_page
from robusta_volumes._workflows.around import look_around, with_claim
from robusta_volumes._workflows.many_volumes import report_many

_KINDS = {kind.name: kind for kind in (k.CLAIM, k.VOLUME, k.POD, k.STATEFUL_SET)}


def persistent_volume_actions(cluster: Cluster, target: Target, settings: PersistentVolumeActions) -> Page:
    """Report what the target is, what is wrong with it and what to do.

    Raises ClusterError: when the cluster does not answer or nothing may be read.
    """
    if target.is_one_object:
        return _one(cluster, target, settings)
    return report_many(cluster, target, settings)


def _one(cluster: Cluster, target: Target, settings: PersistentVolumeActions) -> Page:
    target = with_claim(cluster, target)
    see = look_around(cluster, target)
    found = concerning(target, see, judge(see, settings))
    claim, volume = _pair(target, see)
    if not found.problems and not target.given and not _is_there(target, see, claim, volume):
        return _missing(cluster, target, _subject(target, claim, volume), see)
    return page_about(target, see, found, settings)


def concerning(target: Target, see: Inventory, found: Assessment) -> Assessment:
    """Keep what concerns one object, the worst first."""
    keys, names = concerned(target, see)
    own = tuple(i for i in found.issues if i.object == (target.kind, target.namespace, target.name))
    kept = {id(i): i for i in (*own, *_about(found.issues, keys, names), *_of_owner(target, found.issues))}
    told = target.trigger == Trigger.MANUAL  # nobody whom an event or an alert wakes wants advice
    chosen = [i for i in found.issues if id(i) in kept and (told or not i.rule.advice)]
    # of equally bad issues the target's own comes first, then what a pod suffers from now, then what has long been so
    chosen.sort(key=lambda i: (i.rule.advice, -i.severity, i not in own, i.rule.on != k.POD.name))
    return replace(_opted_out_here(found, target, keys, names), issues=tuple(chosen))


def page_about(target: Target, see: Inventory, found: Assessment, settings: PersistentVolumeActions) -> Page:
    """Report one object. ``found`` holds what concerns it: the first issue gives the title."""
    claim, volume = _pair(target, see)
    return object_page(
        _subject(target, claim, volume),
        claim,
        volume,
        found,
        see,
        _objects(target, see, claim, volume),
        details=settings.include_details,
        trigger=target.trigger,
    )


def _pair(target: Target, see: Inventory) -> tuple[Claim | None, Volume | None]:
    """Find the claim and the volume that the target is about; what the trigger carried stands in for what is gone."""
    given_claims = [read.claim(o) for o in target.given if o.get("kind") == k.CLAIM.name]
    given_volumes = [read.volume(o) for o in target.given if o.get("kind") == k.VOLUME.name]
    if target.kind == k.VOLUME.name:
        volume = see.volume.get(target.name) or next(iter(given_volumes), None)
        claim = see.claim_of(volume) if volume else None
        return claim, volume
    if target.kind == k.CLAIM.name:
        claim = see.claim.get((target.namespace, target.name)) or next(iter(given_claims), None)
        volume = see.volume_of(claim) if claim else None
        theirs = volume and volume.claim_ref and volume.claim_ref.key != (target.namespace, target.name)
        return claim, None if theirs else volume
    named = (
        [p.claims for p in see.pods if p.meta.key == (target.namespace, target.name)] if target.kind == "Pod" else []
    )
    claims = [c for names in named for n in names if (c := see.claim.get((target.namespace, n)))]
    return (claims[0], see.volume_of(claims[0])) if len(claims) == 1 else (None, None)


def concerned(target: Target, see: Inventory) -> tuple[set[tuple[str, str]], set[str]]:
    """Name the claims and volumes that one object is about."""
    claim, volume = _pair(target, see)
    keys = {claim.meta.key} if claim else set()
    names = {volume.meta.name} if volume else set()
    if claim and claim.volume_name:
        names.add(claim.volume_name)
    if volume and volume.claim_ref:
        keys.add(volume.claim_ref.key)
    if target.kind == k.CLAIM.name:
        keys.add((target.namespace, target.name))
    if target.kind == "Pod":
        keys |= {
            (p.meta.namespace, n) for p in see.pods if p.meta.key == (target.namespace, target.name) for n in p.claims
        }
        names |= {c.volume_name for key in keys if (c := see.claim.get(key)) and c.volume_name}
    return keys, names


def _about(issues: Iterable[Issue], keys: set[tuple[str, str]], names: set[str]) -> tuple[Issue, ...]:
    return tuple(i for i in issues if i.concerns(keys, names))


def _opted_out_here(found: Assessment, target: Target, keys: set[tuple[str, str]], names: set[str]) -> Assessment:
    """Of what objects opt out of, keep what is about the target."""
    own = {(target.namespace, target.name), *keys, *(("", name) for name in names)}
    return replace(
        found,
        ignored=tuple(i for i in found.ignored if i.issue.meta.key in own or i.issue.concerns(keys, names)),
        misread=tuple(one for one in found.misread if one[0].key in own),
    )


def _of_owner(target: Target, issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Keep what a workload is the victim of: a quota that refuses its claims."""
    if target.kind in {k.CLAIM.name, k.VOLUME.name, "Pod"}:
        return ()
    return tuple(i for i in issues if any(v.split(" ")[:2] == [target.kind, target.name] for v in i.hit.victims))


def _is_there(target: Target, see: Inventory, claim: Claim | None, volume: Volume | None) -> bool:
    if target.kind == k.CLAIM.name:
        return claim is not None or see.lacks(k.CLAIM) is not None
    if target.kind == k.VOLUME.name:
        return volume is not None or see.lacks(k.VOLUME) is not None
    if target.kind == "Pod":
        return see.lacks(k.POD) is not None or any(p.meta.key == (target.namespace, target.name) for p in see.pods)
    kind = k.BY_NAME.get(target.kind)
    if kind is None or kind.resource in see.skipped or see.lacks(kind):
        return True
    return any((w.kind, *w.meta.key) == (target.kind, target.namespace, target.name) for w in see.workloads)


def _missing(cluster: Cluster, target: Target, subject: Subject, see: Inventory) -> Page:
    kind = k.BY_NAME.get(target.kind, k.CLAIM)
    try:
        known = [read.meta(o).name for o in cluster.find(kind, target.namespace or None)]
    except ClusterError:
        known = []
    asked = target.trigger == Trigger.MANUAL
    other = target.kind == k.CLAIM.name and target.name in see.volume
    return missing_page(subject, WORDS.get(target.kind, target.kind), known, asked=asked, is_volume=other)


def _subject(target: Target, claim: Claim | None, volume: Volume | None) -> Subject:
    meta = volume.meta if target.kind == k.VOLUME.name and volume else claim.meta if claim else None
    namespace = target.namespace or (claim.meta.namespace if claim else "")
    if not namespace and volume and volume.claim_ref:
        namespace = volume.claim_ref.namespace
    return Subject(target.kind, target.name, namespace, dict(meta.labels) if meta else {})


def _objects(target: Target, see: Inventory, claim: Claim | None, volume: Volume | None) -> tuple[Object, ...]:
    """Get the objects for the YAML file: as they are now, else as the trigger carried them."""
    shown = {(k.CLAIM.name, claim.meta.key)} if claim else set()
    shown |= {(k.VOLUME.name, volume.meta.key)} if volume else set()
    found: dict[tuple[str, tuple[str, str]], Object] = {}
    for item in (*(dict(o) for o in reversed(target.given)), *(dict(o) for o in see.kept)):
        identity = (str(item.get("kind")), read.meta(item).key)
        if identity in shown:
            found[identity] = item
    return tuple(found[identity] for identity in sorted(found, reverse=True))
