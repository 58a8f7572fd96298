"""Data that is one mistake or one failure away from being lost. Advice: nothing is broken yet."""

from datetime import datetime, timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import (
    CLAIM,
    DEPLOYMENT,
    POD,
    SNAPSHOT,
    SNAPSHOT_CLASS,
    STATEFUL_SET,
    VOLUME,
)
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Named, Snapshot, Volume, Workload
from robusta_volumes._rules.commands import keep_volumes, take_snapshot
from robusta_volumes._rules.importance import Data, important
from robusta_volumes._rules.joins import only_node
from robusta_volumes._rules.rule import Fix, Hit, rule

_AT_ONCE = 10  # volumes in one command


@rule(
    "SF-01",
    Severity.MEDIUM,
    "Important data goes when its claim goes",
    on="PersistentVolumeClaim",
    needs=(VOLUME, STATEFUL_SET, POD),
    fix="Set policy Retain on the volume; a deleted claim then leaves the data.",
    advice=True,
)
def goes_with_its_claim(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """With policy Delete one wrong kubectl delete, of the claim or of its namespace, removes the disk without asking."""
    data = important(claim, see, limits)
    doomed = [v for _, v in data.pairs if v.reclaim_policy == "Delete"] if data else []
    if data is None or not doomed:
        return None
    more = len(doomed) - _AT_ONCE
    rest = f" ({more} more: the same command with their names)" if more > 0 else ""
    return Hit(
        f"loses its data for good when it is deleted ({data.of_what})",
        f"It is important as far as its objects tell: {data.why}. Policy Delete: with the claim, or "
        "its namespace, goes the disk.",
        (
            Fix(
                f"set Retain: a deleted claim then leaves the disk, and its cost{rest}", keep_volumes(doomed[:_AT_ONCE])
            ),
            Fix("for what comes later, use a class with reclaimPolicy Retain"),
        ),
        claims=data.others,
        volumes=tuple(v.meta.name for v in doomed),
        size=data.size,
    )


def _newest(claim: Claim, see: Inventory) -> datetime | None:
    ready = (s for s in see.snapshots_of.get(claim.meta.key, ()) if s.ready)
    return max((when for s in ready if (when := _cut(s))), default=None)


def _cut(snapshot: Snapshot) -> datetime | None:
    return snapshot.cut or snapshot.meta.created


def _classes(volume: Volume, see: Inventory) -> list[str]:
    return [c.meta.name for c in see.snapshot_classes if c.driver == volume.driver]


def _unprotected(data: Data, see: Inventory, limits: Limits) -> tuple[tuple[Claim, Volume], ...]:
    """List the claims that could have a fresh snapshot and have none."""
    old = see.now - timedelta(days=limits.recent_snapshot_days)
    return tuple(
        (c, v)
        for c, v in data.pairs
        if v.source == "csi" and c.meta.created and c.meta.created <= old and _classes(v, see)
        if (when := _newest(c, see)) is None or when < old
    )


@rule(
    "SF-02",
    Severity.MEDIUM,
    "Important data has no recent snapshot",
    on="PersistentVolumeClaim",
    needs=(VOLUME, STATEFUL_SET, POD, SNAPSHOT, SNAPSHOT_CLASS),
    fix="Take a snapshot now, and have them taken on a schedule.",
    advice=True,
)
def no_recent_snapshot(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """Without a snapshot a wrong delete or a bad release cannot be undone. Snapshots only: backups are not looked at."""
    data = important(claim, see, limits)
    bare = _unprotected(data, see, limits) if data else ()
    if data is None or not bare:
        return None
    dates = [when for c, _ in bare if (when := _newest(c, see))]
    last = f"The newest was cut {ago(max(dates), see.now)}." if dates else "It has none at all."
    first, volume = bare[0]
    of = f" (of {len(data.pairs)})" if len(bare) < len(data.pairs) else ""
    names = listing([c.meta.name for c, _ in bare], 3)
    return Hit(
        f"has no snapshot of the last {count(limits.recent_snapshot_days, 'day')} ({data.of_what})",
        f"{last} It is important as far as its objects tell: {data.why}. Without one: {names}{of}. Snapshots only: what a "
        "backup tool copies elsewhere is not looked at.",
        (
            Fix(f"take one of {first.meta.name} now", take_snapshot(first, _classes(volume, see)[0])),
            Fix("and have them taken on a schedule; to another place, if the disk's loss must not matter"),
        ),
        max(dates, default=None),
        claims=tuple(c.meta.key for c, _ in bare if c is not claim),
        size=sum(c.capacity or 0 for c, _ in bare),
    )


@rule(
    "SF-03",
    Severity.MEDIUM,
    "Deleting the StatefulSet deletes its data",
    on="StatefulSet",
    needs=(CLAIM, VOLUME),
    fix="Set persistentVolumeClaimRetentionPolicy.whenDeleted to Retain.",
    advice=True,
)
def goes_with_its_set(owner: Workload, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A StatefulSet is often deleted only to be made again with another template; here its claims go at once."""
    if owner.when_deleted != "Delete" or owner.meta.deleted:
        return None
    claims = [c for c in see.claims_of_set.get(owner.meta.key, ()) if c.phase == "Bound"]
    volumes = [v for c in claims if (v := see.volume_of(c))]
    if not claims or (len(volumes) == len(claims) and all(v.reclaim_policy == "Retain" for v in volumes)):
        return None
    size = sum(c.capacity or 0 for c in claims)
    patch = '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain"}}}'
    by = f" It belongs to {plain(' '.join(owner.meta.owner))}: change it there." if owner.meta.owner else ""
    return Hit(
        f"takes the data of {count(len(claims), 'claim')} with it when it is deleted: {gib(size)}",
        f"whenDeleted is Delete, so its claims go with it, and policy Delete takes the disks along.{by}",
        (
            Fix(
                "keep the claims",
                f"kubectl -n {quoted(owner.meta.namespace)} patch statefulset {quoted(owner.meta.name)} --type merge "
                f"-p {quoted(patch)}",
            ),
        ),
        claims=tuple(c.meta.key for c in claims),
        volumes=tuple(v.meta.name for v in volumes),
        size=size,
    )


@rule(
    "SF-04",
    Severity.MEDIUM,
    "The only copy of the data lies on one node",
    on="PersistentVolumeClaim",
    needs=(VOLUME, STATEFUL_SET, DEPLOYMENT),
    fix="Let the application keep replicas, or back the data up elsewhere.",
    advice=True,
)
def single_copy(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A local disk is as mortal as its node; an application of one replica has no second copy anywhere."""
    volume = see.volume_of(claim)
    node = only_node(volume) if volume and claim.phase == "Bound" and not claim.meta.deleted else ""
    if volume is None or not node:
        return None
    head, _, number = claim.meta.name.rpartition("-")
    by_set = see.set_of_prefix.get((claim.meta.namespace, head)) if number.isdigit() else None
    named = [w for w in see.workloads_of.get(claim.meta.key, ()) if w.kind in {"Deployment", "StatefulSet"}]
    owner = by_set or next(iter(named), None)
    if owner is None or owner.replicas != 1:
        return None
    return Hit(
        f"is the only copy of its data, on node {plain(node)}: {gib(claim.capacity or volume.capacity)}",
        f"{code(volume.backend)} can be used on that node alone, and {owner.kind} {owner.meta.name} has one replica. When "
        "the node or its disk is lost, so is the data.",
        (
            Fix(
                "let the application keep a second copy (more replicas), or copy the data to a volume that outlives a node"
            ),
            Fix("or back it up elsewhere; a snapshot on the same disk does not help"),
        ),
        claim.meta.created,
        volumes=(volume.meta.name,),
        size=claim.capacity or volume.capacity,
    )


@rule(
    "SF-05",
    Severity.CRITICAL,
    "Namespace is being deleted with data in it",
    on="Namespace",
    needs=(CLAIM, VOLUME),
    fix="Set policy Retain on its volumes now: it is the last chance.",
)
def namespace_goes(namespace: Named, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Its claims go one after another as their pods end, and with policy Delete their disks, for good."""
    claims = see.claims_in.get(namespace.meta.name, ())
    if namespace.meta.deleted is None:
        return None
    doomed = [
        (c, v) for c in claims if (v := see.volume_of(c)) and v.reclaim_policy == "Delete" and see.claim_of(v) is c
    ]
    if not doomed:
        return None
    size = sum(c.capacity or v.capacity or 0 for c, v in doomed)
    volumes = [v for _, v in doomed]
    more = len(volumes) - _AT_ONCE
    rest = f" (these are {_AT_ONCE}; {more} more follow, in volumes.csv)" if more > 0 else ""
    return Hit(
        f"is being deleted and takes {gib(size)} of data with it: {count(len(doomed), 'volume')} with policy Delete",
        f"Deleted {ago(namespace.meta.deleted, see.now)}. Still there: "
        f"{listing([c.meta.name for c, _ in doomed], 5)}. Each goes when its last pod has ended.",
        (
            Fix(f"when any of it is needed, set Retain now{rest}", keep_volumes(volumes[:_AT_ONCE])),
            Fix("when nothing is needed, do nothing"),
        ),
        namespace.meta.deleted,
        claims=tuple(c.meta.key for c, _ in doomed),
        volumes=tuple(v.meta.name for v in volumes),
        size=size,
    )


RULES = (goes_with_its_claim, no_recent_snapshot, goes_with_its_set, single_copy, namespace_goes)
