"""What is left over: claims of a StatefulSet that is gone, claims that nothing ever used, old snapshots."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, POD, SNAPSHOT
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.snapshot_content import SnapshotContent
from robusta_volumes._model.text import code, count, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Snapshot
from robusta_volumes._rules.joins import WHOLE
from robusta_volumes._rules.origins import never_used, operator_of, set_name
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.waste import TEMPLATES, is_unused, set_of


def _delete(claim: Claim, see: Inventory, text: str) -> Fix:
    volume = see.volume_of(claim)
    policy = volume.reclaim_policy if volume else "unknown"
    gone = "its data goes with it" if policy == "Delete" else f"policy {policy}"
    command = f"kubectl -n {quoted(claim.meta.namespace)} delete pvc {quoted(claim.meta.name)}"
    return Fix(f"{text} ({gone})", command, destroys=True)


@rule(
    "WA-04",
    Severity.LOW,
    "Claim is left over from a StatefulSet that is gone",
    on="PersistentVolumeClaim",
    needs=(POD, *TEMPLATES),
    fix="Make sure that the set does not come back; then snapshot and delete the claim.",
)
def set_is_gone(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """Deleting a StatefulSet keeps its claims on purpose; once nobody wants the data back, they are forgotten and paid."""
    name = set_name(claim)
    if (
        not name
        or operator_of(claim)
        or not is_unused(claim, see)
        or see.workloads_of.get(claim.meta.key)
        or set_of(claim, see)
    ):
        return None
    if claim.meta.created is None or see.now - claim.meta.created < timedelta(minutes=limits.unused_claim_minutes):
        return None
    return Hit(
        f"is left over: its StatefulSet (…-{name}) is gone ({gib(claim.capacity)})",
        f"Its name and label {name} are those of a StatefulSet's claim; no such set exists, no pod mounts it. "
        f"Created {ago(claim.meta.created, see.now)}. A set of the same name would take it again.",
        (
            Fix("ask its owner whether the application comes back"),
            _delete(claim, see, "when not, take a snapshot, then delete it"),
        ),
        claim.meta.created,
        size=claim.capacity,
    )


@rule(
    "WA-05",
    Severity.LOW,
    "Claim was never used",
    on="PersistentVolumeClaim",
    needs=(POD, *TEMPLATES),
    fix="Repair the workload that should use it, or delete it.",
)
def never_mounted(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """A workload names it, but no pod has ever mounted it: the disk is paid for, and the workload may never have run."""
    made = see.workloads_of.get(claim.meta.key, ())
    if not is_unused(claim, see) or not made or not never_used(claim, see, limits):
        return None
    names = listing([f"{w.kind} {w.meta.name}" for w in made if w.meta.owner is None], 2) or "a workload"
    return Hit(
        f"was never used since it was made ({gib(claim.capacity)}), though {names} names it",
        f"Created {ago(claim.meta.created, see.now)}; its condition says unused ever since.",
        (
            Fix(f"look why {names} has never run"),
            _delete(claim, see, "or delete the claim"),
        ),
        claim.meta.created,
        size=claim.capacity,
    )


@rule(
    "WA-06",
    Severity.LOW,
    "Old snapshots pile up",
    on="VolumeSnapshot",
    needs=(CLAIM,),
    fix="Delete those that nobody will restore; keep the newest good one.",
)
def old_snapshots(snapshot: Snapshot, see: Inventory, limits: Limits) -> Hit | None:
    """Snapshots have no retention of their own: they cost, slow some backends down and block deletions."""
    age = timedelta(days=limits.old_snapshot_days)
    if not snapshot.claim or snapshot.meta.deleted or not snapshot.ready:
        return None
    key = (snapshot.meta.namespace, snapshot.claim)
    dated = [(s.cut or s.meta.created, s.meta.name, s) for s in see.snapshots_of.get(key, ()) if s.ready]
    good = sorted(((when, name, s) for when, name, s in dated if when), key=lambda one: one[:2])
    old = [s for when, _, s in good[:-1] if see.now - when >= age]  # the newest good one is never called old
    if not old or old[0] is not snapshot:
        return None  # one story for each claim, told of its oldest
    size = sum(s.size or 0 for s in old)
    orphan = key not in see.claim and see.scope in {WHOLE, f"namespace {key[0]}"}
    state = " Its claim is gone: these are what is left of the data." if orphan else ""
    names = " ".join(quoted(s.meta.name) for s in old[:10])
    return Hit(
        f"is the oldest of {count(len(old), 'old snapshot')} of {snapshot.claim} (up to {gib(size)})",
        f"Older than {limits.old_snapshot_days} days; the oldest was cut {ago(good[0][0], see.now)}, and a newer good one "
        f"exists.{state}",
        (
            Fix(
                "delete those that nobody will restore",
                f"kubectl -n {quoted(key[0])} delete volumesnapshot {names}",
                destroys=True,
            ),
        ),
        good[0][0],
        claims=(key,),
        size=size,
    )


@rule(
    "WA-07",
    Severity.LOW,
    "Snapshot content is left over",
    on="VolumeSnapshotContent",
    needs=(SNAPSHOT,),
    fix="Import it as a snapshot again, or delete it together with the backend's snapshot.",
)
def content_without_snapshot(content: SnapshotContent, see: Inventory, limits: Limits) -> Hit | None:
    """With deletionPolicy Retain the backend keeps what a deleted snapshot held: it is paid, and no list shows it."""
    namespace, name = content.snapshot
    there = see.snapshot.get(content.snapshot)
    same = there is not None and content.snapshot_uid in {"", there.meta.uid}
    if (
        same
        or not content.snapshot_uid
        or not see.knows(namespace)
        or see.scope not in {WHOLE, f"namespace {namespace}"}
    ):
        return None
    if content.meta.created is None or see.now - content.meta.created < timedelta(minutes=limits.deleting_minutes):
        return None
    size = f" (up to {gib(content.size)})" if content.size is not None else ""
    stuck = f" It is being deleted since {ago(content.meta.deleted, see.now)}." if content.meta.deleted else ""
    keep = '{"spec":{"deletionPolicy":"Delete"}}'
    return Hit(
        f"is left over from snapshot {plain(namespace)}/{plain(name)}, which is gone{size}",
        f"Policy {plain(content.policy)}; made {ago(content.meta.created, see.now)} by {plain(content.driver)}, there "
        f"{code(content.handle or 'without a name')}.{stuck}",
        (
            Fix(
                "when nobody will restore it, let the backend's copy go, too",
                f"kubectl patch volumesnapshotcontent {quoted(content.meta.name)} --type merge -p {quoted(keep)} && "
                f"kubectl delete volumesnapshotcontent {quoted(content.meta.name)}",
                destroys=True,
            ),
            Fix("else make a VolumeSnapshot of it again, through a content with the same snapshotHandle"),
        ),
        content.meta.created,
        claims=(),
        size=content.size,
    )


RULES = (set_is_gone, never_mounted, old_snapshots, content_without_snapshot)
