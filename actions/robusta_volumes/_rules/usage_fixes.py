"""What to do about a claim that fills up: grow it, with the exact command and what stands in its way, or free space."""

from collections.abc import Iterator
from datetime import timedelta

from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import GIB, as_quantity, gib
from robusta_volumes._model.text import code, plain, quoted
from robusta_volumes._model.times import stamp
from robusta_volumes._model.volume import Claim, StorageClass
from robusta_volumes._rules.binding import users
from robusta_volumes._rules.commands import patch_claim
from robusta_volumes._rules.growth import ON_NODE, growing
from robusta_volumes._rules.rule import Fix
from robusta_volumes._rules.usage_facts import volume_size

_AT_ONCE = timedelta(minutes=5)  # a size that was written so soon after the claim was made is its first one
_ROOM = 4 / 3  # of what is used: three quarters full is below every alert
LOOK = Fix("or see what uses the space, and free some: run action volume_contents on it")
COPY = Fix("create a larger claim in a class that can grow, copy the data while nothing writes, and switch over")


def fitting(claim: Claim, use: ClaimUse, see: Inventory) -> int | None:
    """Give the size to grow to in bytes: what the forecast advises, else room for what is there; whole GiB."""
    size = volume_size(claim, see)
    if size is None or use.use is None or use.use.usable is None or use.use.used is None:
        return None
    if use.target and use.target > size:
        return use.target
    needs = use.use.used * max(1.0, size / use.use.usable) * _ROOM
    return max(-int(-needs // GIB) * GIB, (size // GIB + 1) * GIB)


def grow_fixes(claim: Claim, use: ClaimUse, see: Inventory, limits: Limits) -> tuple[Fix, ...]:
    """Give the ways out for a claim that fills up, best first."""
    if use.wish or use.shared_with:
        why = plain(use.wish, 120) or "several claims share one filesystem"
        what = f"a larger claim would give no room ({why}): grow the disk or server behind it"
        return (Fix(f"{what}, or free space on it"), LOOK)
    if growing(claim) or claim.conditions:
        return (Fix(_under_way(claim, see), _describe(claim)), LOOK)
    wanted = fitting(claim, use, see)
    found = see.storage_class.get(claim.class_name or "")
    if wanted is None or found is None or not found.expandable:
        return (*not_expandable(claim, found), LOOK)
    change = {"spec": {"resources": {"requests": {"storage": as_quantity(wanted)}}}}
    text = f"grow it to {gib(wanted)} ({'; '.join(_notes(claim, found, see, limits))})"
    return (Fix(text, patch_claim(claim, change)), Fix(_with_us(claim, wanted)), LOOK)


def _with_us(claim: Claim, wanted: int) -> str:
    """Name our own action, which looks at quotas, limits and owners first."""
    params = f"name={plain(claim.meta.name, 80)} namespace={plain(claim.meta.namespace, 63)} size={as_quantity(wanted)}"
    return (
        f"or see first what stands in its way: action expand_persistent_volume_claim, {code(f'{params} dry_run=true')}"
    )


def _notes(claim: Claim, found: StorageClass, see: Inventory, limits: Limits) -> Iterator[str]:
    """Say what to know before it is done."""
    volume = see.volume_of(claim)
    pods = [p for p in users(claim, see) if p.node]
    ebs = "ebs" in (volume.driver if volume else found.provisioner)
    use = "while it is in use, where the driver can" if pods else "once a pod mounts it"
    yield f"class {plain(found.meta.name, 80)} allows it, {use}; nothing makes it smaller again"
    if ebs and limits.ebs_wait_hours:
        wait = timedelta(hours=limits.ebs_wait_hours)
        since, made = claim.asked_at, claim.meta.created
        if since and made and since - made > _AT_ONCE and since + wait > see.now:
            yield f"EBS takes the next change at {stamp(since + wait, see.now)}, not before"
        else:
            yield f"EBS allows the change after it only {limits.ebs_wait_hours} h later"
    head, _, number = claim.meta.name.rpartition("-")
    owner = see.set_of_prefix.get((claim.meta.namespace, head)) if number.isdigit() else None
    if owner:
        name = plain(owner.meta.name, 80)
        yield f"write it into the template of StatefulSet {name}, too, or new replicas get the old size"


def _under_way(claim: Claim, see: Inventory) -> str:
    """Say what an earlier growth waits for."""
    pods = [p.meta.name for p in users(claim, see) if p.phase == "Running"]
    asked = f"it was asked to grow to {gib(claim.requested)} already"
    if any(c.type in ON_NODE for c in claim.conditions) or claim.resize_status.startswith("Node"):
        return f"{asked}: {f'restart pod {plain(pods[0], 80)}' if pods else 'start a pod that mounts it'}, the node then grows it"
    return f"{asked}: see what that waits for"


def _describe(claim: Claim) -> str:
    return f"kubectl -n {quoted(claim.meta.namespace)} describe pvc {quoted(claim.meta.name)}"


def not_expandable(claim: Claim, found: StorageClass | None) -> tuple[Fix, ...]:
    """Give the ways out of a class that does not let its claims grow, or that is not there."""
    if found is None:
        name = plain(claim.class_name or "", 80)
        return (Fix(f"{COPY.text} ({f'class {name} was not seen' if name else 'it has no storage class'})"),)
    command = (
        f"kubectl patch storageclass {quoted(found.meta.name)} --type merge -p '{{\"allowVolumeExpansion\":true}}'"
    )
    driver = plain(found.provisioner, 80)
    return (Fix(f"when driver {driver} can grow volumes, allow it in the class; then grow the claim", command), COPY)
