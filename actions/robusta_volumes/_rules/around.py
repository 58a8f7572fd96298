"""What stands around volumes: storage quotas and snapshots."""

import json
import re
from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, SNAPSHOT, SNAPSHOT_CLASS, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import as_quantity, bytes_of, gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, listing, nearest, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Event, Quota, Snapshot, Volume
from robusta_volumes._rules.rule import Fix, Hit, rule

_REQUESTED = re.compile(
    r"exceeded quota: (?P<quota>[^,]+), requested: (?P<requested>.*?), used: (?P<used>.*?), limited: "
)
_REFUSED_CLAIM = re.compile(r'persistentvolumeclaims "([^"]+)" is forbidden')
_FORBIDDEN = "exceeded quota"
_COUNTS = ("persistentvolumeclaims", "count/persistentvolumeclaims")
_OF_CLASS = ".storageclass.storage.k8s.io"


def _amounts(text: str) -> dict[str, int]:
    """Read ``a=2Gi,b=1`` as the API server writes it."""
    pairs = (part.partition("=") for part in text.split(","))
    return {key.strip(): size for key, _, value in pairs if (size := bytes_of(value.strip())) is not None}


def _is_bytes(key: str) -> bool:
    """Tell sizes from counts: only ``requests.storage``, of all classes or of one, is a size."""
    return key.rpartition("/")[2] == "requests.storage"


def _size(key: str, amount: int) -> str:
    return gib(amount) if _is_bytes(key) else str(amount)


def _name(key: str) -> str:
    """Write a quota's key for people: ``gold.storageclass.storage.k8s.io/requests.storage`` is long."""
    scope, _, what = key.rpartition("/")
    return f"{what} of class {scope[: -len(_OF_CLASS)]}" if scope.endswith(_OF_CLASS) else key


def _refusal(quota: Quota, see: Inventory) -> Event | None:
    """Find the newest event that says that this quota refused a claim."""
    found = [
        e
        for e in see.events_in.get(quota.meta.namespace, ())
        if _FORBIDDEN in e.message
        and f"exceeded quota: {quota.meta.name}," in e.message
        and _REFUSED_CLAIM.search(e.message)
    ]
    return max(found, key=lambda e: (e.last or see.now, e.count), default=None)


@rule(
    "PVC-16",
    Severity.HIGH,
    "Storage quota is full",
    on="ResourceQuota",
    fix="Raise the quota, or free or shrink claims in the namespace.",
)
def quota_full(quota: Quota, see: Inventory, limits: Limits) -> Hit | None:
    """A refused claim does not exist, so nothing is Pending: a StatefulSet stops growing, and only events say so."""
    refusal = _refusal(quota, see)
    refused = _REQUESTED.search(refusal.message) if refusal else None
    asked = _amounts(refused.group("requested")) if refused else {}
    short = {k: n for k, n in asked.items() if k in quota.hard and quota.used.get(k, 0) + n > quota.hard[k]}
    if refusal and short:
        return _refused(quota, see, refusal, asked, short)
    near = [k for k, hard in quota.hard.items() if hard and quota.used.get(k, 0) * 100 >= hard * limits.quota_percent]
    if not near:
        return None
    full = [k for k in near if quota.used.get(k, 0) >= quota.hard[k]]
    what = "claim" if any("volumesnapshot" not in k for k in full or near) else "snapshot"
    words = "; ".join(f"{_name(k)} {_size(k, quota.used.get(k, 0))} of {_size(k, quota.hard[k])}" for k in full or near)
    return Hit(
        f"is full: {words}" if full else f"is nearly full: {words}",
        f"The next {what} {'will' if full else 'may'} be refused. {_biggest(quota, see)}".rstrip(),
        (
            Fix(
                f"raise it before the next {what}{' or replica' if what == 'claim' else ''}",
                f"kubectl -n {quoted(quota.meta.namespace)} edit resourcequota {quoted(quota.meta.name)}",
            ),
        ),
        severity=Severity.MEDIUM,
    )


def _refused(quota: Quota, see: Inventory, refusal: Event, asked: dict[str, int], short: dict[str, int]) -> Hit:
    name = _REFUSED_CLAIM.search(refusal.message)
    claim = name.group(1) if name else "a claim"
    key = "requests.storage" if "requests.storage" in short else next(iter(short))
    used, hard, ask = quota.used.get(key, 0), quota.hard[key], short[key]
    owner = next((w for w in see.workloads if (w.kind, w.meta.name) == (refusal.kind, refusal.name)), None)
    missing = max(1, owner.replicas - owner.ready) if owner else 1
    replicas = f" has {owner.ready} of {owner.replicas} replicas" if owner else " cannot create its claim"
    stuck = f"{refusal.kind} {refusal.name}{replicas}"
    asked = {**{key: 1 for key in _COUNTS if key in quota.hard}, **asked}
    needed = {k: quota.used.get(k, 0) + n * missing for k, n in asked.items() if k in quota.hard}
    raised = {k: as_quantity(n) if _is_bytes(k) else str(n) for k, n in needed.items() if n > quota.hard[k]}
    patch = json.dumps({"spec": {"hard": raised}}, separators=(",", ":"))
    shown = listing([f"{_name(k)} to {amount}" for k, amount in raised.items()], 5) or "it"
    return Hit(
        f"is full: {stuck}",
        f"It allows {_size(key, hard)}, {_size(key, used)} used; {plain(claim)} asks {_size(key, ask)} and is refused "
        f"({refusal.count} times, last {ago(refusal.last, see.now)}). {_biggest(quota, see)}",
        (
            Fix(
                f"raise {shown}",
                f"kubectl -n {quoted(quota.meta.namespace)} patch resourcequota {quoted(quota.meta.name)} --type merge "
                f"-p {quoted(patch)}",
            ),
            Fix("or ask for smaller claims, or delete claims that nothing uses"),
        ),
        refusal.first,
        (stuck,),
        claims=((quota.meta.namespace, claim),),
        size=ask,
    )


def _biggest(quota: Quota, see: Inventory) -> str:
    here = [c for c in see.claims_in.get(quota.meta.namespace, ()) if c.requested]
    top = sorted(here, key=lambda c: -(c.requested or 0))[:3]
    used = {c.meta.key for c in top if see.pods_of.get(c.meta.key)}
    words = [f"{c.meta.name} {gib(c.requested)} ({'in use' if c.meta.key in used else 'not in use'})" for c in top]
    return f"Biggest claims here: {listing(words, 3)}." if words else ""


@rule(
    "SF-06",
    Severity.MEDIUM,
    "Snapshot failed or does not become ready",
    on="VolumeSnapshot",
    needs=(SNAPSHOT, SNAPSHOT_CLASS, CLAIM, VOLUME),
    fix="Repair the cause, then delete the snapshot and take it again.",
)
def snapshot_not_ready(snapshot: Snapshot, see: Inventory, limits: Limits) -> Hit | None:
    """A snapshot that never became ready protects nothing, and a wrong class is met with silence for ever."""
    if snapshot.meta.deleted:
        return _not_going(snapshot, see, limits)
    if snapshot.ready:
        return None
    claim = see.claim.get((snapshot.meta.namespace, snapshot.claim))
    volume = see.volume_of(claim) if claim else None
    cause = _cause(snapshot, claim, volume, see)
    old = snapshot.meta.created is not None and see.now - snapshot.meta.created > timedelta(
        minutes=limits.snapshot_minutes
    )
    if not cause and not snapshot.error and not old:
        return None
    said = f"The controller says: {cited(snapshot.error, 200)}." if snapshot.error else "Its status holds no error."
    what, todo = cause or ("it does not become ready", "read the snapshot controller's and the driver's log")
    return Hit(
        f"is no protection for {snapshot.claim or 'its claim'}: {what}",
        f"{said} Asked for {ago(snapshot.meta.created, see.now)}.",
        (
            Fix(todo),
            Fix(
                "then delete this one (it holds no data) and take it again",
                f"kubectl -n {quoted(snapshot.meta.namespace)} delete volumesnapshot {quoted(snapshot.meta.name)}",
            ),
        ),
        snapshot.meta.created,
        claims=((snapshot.meta.namespace, snapshot.claim),) if snapshot.claim else (),
    )


def _not_going(snapshot: Snapshot, see: Inventory, limits: Limits) -> Hit | None:
    """Tell of a snapshot whose deletion does not end: a claim is made of it, or its driver does not answer."""
    since = snapshot.meta.deleted
    if since is None or see.now - since < timedelta(minutes=limits.deleting_minutes):
        return None
    here = see.claims_in.get(snapshot.meta.namespace, ())
    source = ("VolumeSnapshot", snapshot.meta.name)
    copying = [c.meta.name for c in here if c.source == source and c.phase == "Pending"]
    held = listing(list(snapshot.meta.finalizers), 3) or "nothing visible"
    cause = f"claim {copying[0]} is still made of it" if copying else f"{held} holds it"
    said = f" The controller says: {cited(snapshot.error, 200)}." if snapshot.error else ""
    what = f"kubectl -n {quoted(snapshot.meta.namespace)} describe volumesnapshot {quoted(snapshot.meta.name)}"
    return Hit(
        f"is being deleted and does not go: {cause}",
        f"Deleted {ago(since, see.now)}; finalizers: {held}.{said}",
        (
            Fix(
                f"bind or delete claim {copying[0]}; the snapshot then goes by itself"
                if copying
                else "look at the snapshot controller and the driver's log; leave the finalizers alone",
                what,
            ),
        ),
        since,
        claims=((snapshot.meta.namespace, snapshot.claim),) if snapshot.claim else (),
        size=snapshot.size,
    )


def _cause(snapshot: Snapshot, claim: Claim | None, volume: Volume | None, see: Inventory) -> tuple[str, str] | None:
    """Find why a snapshot cannot become ready: (cause, what to do)."""
    if not snapshot.claim:
        return None  # it was made from a content, not from a claim
    if claim is None:
        return f'claim "{plain(snapshot.claim)}" does not exist', "create it, or name another claim"
    if claim.phase != "Bound":
        return f"claim {claim.meta.name} is {claim.phase}", "bind the claim first"
    if volume is not None and volume.source != "csi":
        return (
            f"its volume is {volume.source}, not CSI",
            "no snapshot of such a volume exists: back its files up instead",
        )
    return _wrong_class(snapshot, volume.driver if volume else "", see)


def _wrong_class(snapshot: Snapshot, driver: str, see: Inventory) -> tuple[str, str] | None:
    fitting = [c.meta.name for c in see.snapshot_classes if c.driver == driver]
    use = f"use class {code(fitting[0])}" if fitting else f"create a VolumeSnapshotClass for {code(driver)}"
    if snapshot.class_name is None:
        return ("there is no default snapshot class", use) if "default" in snapshot.error else None
    chosen = see.snapshot_class.get(snapshot.class_name)
    if chosen is None:
        near = nearest(snapshot.class_name, [c.meta.name for c in see.snapshot_classes], most=1)
        todo = f"use class {code(near[0])}" if near else use
        return f'snapshot class "{plain(snapshot.class_name)}" does not exist', todo
    if driver and chosen.driver != driver:
        return f"class {chosen.meta.name} is for {plain(chosen.driver)}, the volume is on {plain(driver)}", use
    return None


RULES = (quota_full, snapshot_not_ready)
