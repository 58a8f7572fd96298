"""May this claim grow, and how? Pure: facts in, the plan or the refusals out."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from robusta_volumes._analysis.decision import Change, Decision, Refusal, Unsure
from robusta_volumes._analysis.managed import Place
from robusta_volumes._analysis.room import Growth, beyond_limit_range, beyond_quota
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import Expand
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.plan import Patch
from robusta_volumes._model.quantity import as_quantity, bytes_of, gib
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.text import listing, plain, quoted
from robusta_volumes._model.times import span, stamp
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.commands import patch_claim
from robusta_volumes._rules.growth import controller_refusal, growing, node_refusal
from robusta_volumes._rules.rule import Fix

_AT_ONCE = timedelta(minutes=5)  # a size that was written so soon after the claim was made is its first one
_UNGROWN = {"hostPath": "a folder", "nfs": "an NFS export"}  # whose size nobody but their owner can change
_UNKNOWN = {
    k.STORAGE_CLASS: "whether its class can be expanded; the API server refuses it if not",
    k.QUOTA: "whether a quota has room for it; the API server refuses it if not",
    k.LIMIT_RANGE: "whether a limit range allows the size; the API server refuses it if not",
    k.VOLUME: "which driver it is on, so whether that one has to wait between two changes",
    k.POD: "who uses it",
    k.STATEFUL_SET: "whether the template of a StatefulSet, or who looks after that, decides its size",
}


def today(claim: Claim) -> int:
    """Give the size that counts as its present one: the request, or what it has if that is more."""
    return max(claim.requested or 0, claim.capacity or 0)


def decide(
    claim: Claim, asked: Expand, see: Inventory, settings: PersistentVolumeActions, by: Sequence[Place], version: str
) -> Decision:
    """Plan the growth of a claim, held to ``version`` of it, or say all that speaks against it.

    ``by`` are those who decide its size elsewhere.
    """
    wanted = asked.size.beyond(today(claim)) if asked.size else 0
    growth = Growth(claim, wanted, see, settings)
    unsure = tuple(Unsure(lack, text) for kind, text in _UNKNOWN.items() if (lack := see.lacks(kind)))
    first = next((r for check in _FIRST if (r := check(growth))), None)
    refusals = [first] if first else [r for check in _CHECKS if (r := check(growth))]
    if by and not asked.force and not first:
        refusals.append(_decided_elsewhere(by))
    if refusals:
        return Decision(refusals=tuple(refusals), unsure=unsure)
    size = as_quantity(wanted)
    changes = {"spec": {"resources": {"requests": {"storage": size}}}}
    why = f"it is to have {gib(wanted)} instead of {gib(today(claim))}"
    step = Patch(k.CLAIM, claim.meta.name, claim.meta.namespace, changes, why, version)
    return Decision(
        steps=(step,),
        command=patch_claim(claim, changes),
        changes=(
            Change("requested", gib(claim.requested), gib(wanted)),
            Change("has", gib(claim.capacity), f"{gib(wanted)}, once it has grown"),
        ),
        notes=tuple(_notes(claim, see, settings, by)),
        unsure=unsure,
    )


def _not_bound(asked: Growth) -> Refusal | None:
    claim = asked.claim
    if claim.meta.deleted:
        return Refusal("it is being deleted", "A claim that is on its way out is not changed.")
    if claim.phase == "Bound":
        return None
    look = f"kubectl -n {quoted(claim.meta.namespace)} describe pvc {quoted(claim.meta.name)}"
    why = "Only a bound claim can grow. Before it is bound, re-create it with the size that you want."
    return Refusal(f"it is {claim.phase}", why, (Fix("see why it is not bound", look),))


def _unfinished(asked: Growth) -> Refusal | None:
    """A second growth while the first one runs is what makes a volume run away, or wait behind one that failed."""
    claim, see = asked.claim, asked.see
    stuck = [c.type for c in claim.conditions if "Resiz" in c.type or "Resize" in c.type]
    if not growing(claim) and not stuck and not claim.resize_status:
        return None
    state = claim.resize_status or listing(stuck, 2) or "asked, not begun"
    fixes = [
        Fix("see how far it is", f"kubectl -n {quoted(claim.meta.namespace)} describe pvc {quoted(claim.meta.name)}")
    ]
    pods = [p for p in see.pods_of.get(claim.meta.key, ()) if p.phase == "Running"]
    if any(c.type in {"FileSystemResizePending", "NodeResizePending"} for c in claim.conditions):
        what = f"restart pod {pods[0].meta.name}" if pods else "start a pod that uses it"
        fixes.insert(0, Fix(f"{what}: the node then grows the filesystem"))
    if "Infeasible" in claim.resize_status and claim.capacity is not None and growing(claim):
        less = {"spec": {"resources": {"requests": {"storage": as_quantity(claim.capacity + 1)}}}}
        text = (
            f"ask for less, but more than {gib(claim.capacity)} (Kubernetes 1.34 or newer), to end the one that failed"
        )
        fixes.insert(0, Fix(text, patch_claim(claim, less)))
    refused = controller_refusal(claim, see, asked.settings.limits) or node_refusal(claim, see, asked.settings.limits)
    said = f' Last refusal: "{plain(refused[0], 200)}"' if refused else ""
    return Refusal(
        "an earlier growth is not finished",
        f"It has {gib(claim.capacity)} of the {gib(claim.requested)} that were asked for; state: {plain(state)}.{said}",
        tuple(fixes),
    )


def _not_larger(asked: Growth) -> Refusal | None:
    claim, wanted = asked.claim, asked.wanted
    if wanted > today(claim):
        return None
    why = "Kubernetes never makes a claim smaller." if wanted < today(claim) else "There is nothing to do."
    fix = Fix("ask for more; or, to have less, create a smaller claim, copy the data while nothing writes, switch over")
    return Refusal(f"it has {gib(today(claim))}, and {gib(wanted)} is not more", why, (fix,))


def _class_refuses(asked: Growth) -> Refusal | None:
    see, name = asked.see, asked.claim.class_name or ""
    if see.lacks(k.STORAGE_CLASS):
        return None
    found = see.storage_class.get(name)
    copy = Fix("or create a larger claim in a class that can, copy the data while nothing writes, and switch over")
    if found is None:
        what = f'its class "{plain(name)}" does not exist' if name else "it has no storage class"
        return Refusal(what, "Only a claim whose class allows it can grow.", (copy,))
    if found.expandable:
        return None
    command = f"kubectl patch storageclass {quoted(name)} --type merge -p '{{\"allowVolumeExpansion\":true}}'"
    return Refusal(
        f"class {plain(name)} cannot be expanded",
        f"allowVolumeExpansion is not true on class {plain(name)} (driver {plain(found.provisioner)}).",
        (Fix(f"when driver {plain(found.provisioner)} can grow volumes, allow it", command), copy),
    )


def _beyond_setting(asked: Growth) -> Refusal | None:
    wanted, most = asked.wanted, bytes_of(asked.settings.max_size)
    if most is None or wanted <= most:
        return None
    return Refusal(
        f"{gib(wanted)} is more than the setting maxSize allows",
        f"persistentVolumeActions.maxSize is {plain(asked.settings.max_size)}.",
        (Fix(f"ask for at most {as_quantity(most)}, free space inside it, or raise maxSize in Robusta's Helm values"),),
    )


def _cooling_down(asked: Growth) -> Refusal | None:
    """EBS refuses a second change for hours; the claim would then show a size that it does not get for as long."""
    claim, see, hours = asked.claim, asked.see, asked.settings.limits.ebs_wait_hours
    if "ebs" not in _driver(claim, see) or claim.asked_at is None or not hours:
        return None
    if claim.meta.created is None or claim.asked_at - claim.meta.created <= _AT_ONCE:
        return None  # never changed since it was made
    over = claim.asked_at + timedelta(hours=hours)
    if over <= see.now:
        return None
    return Refusal(
        f"EBS allows the next change only at {stamp(over, see.now)}, in {span(over - see.now)}",
        f"Its size was last changed at {stamp(claim.asked_at, see.now)}; EBS wants {hours} h between two changes.",
        (
            Fix(f"run it again after {stamp(over, see.now)}, and grow in larger steps"),
            Fix("until then, free space inside it"),
        ),
    )


_Check = Callable[[Growth], Refusal | None]
_FIRST: tuple[_Check, ...] = (_not_bound, _unfinished, _not_larger)
_CHECKS: tuple[_Check, ...] = (
    _class_refuses,
    _beyond_setting,
    beyond_quota,
    beyond_limit_range,
    _cooling_down,
)


def _driver(claim: Claim, see: Inventory) -> str:
    volume = see.volume_of(claim)
    return volume.driver if volume else claim.provisioner


def _decided_elsewhere(by: Sequence[Place]) -> Refusal:
    who = [place.who for place in by]
    return Refusal(
        f"{listing(who, 2)} decides its size",
        "A size that is changed on the claim alone is set back, or the next replica does not get it.",
        (*(place.fix for place in by), Fix("or let this one claim grow all the same: run it again with force=true")),
        by_force=True,
    )


def _notes(claim: Claim, see: Inventory, settings: PersistentVolumeActions, by: Sequence[Place]) -> list[str]:
    found = ["It cannot be made smaller again."]
    found += [f"{place.who[:1].upper()}{place.who[1:]} decides its size: {place.fix.text}." for place in by]
    volume = see.volume_of(claim)
    if volume and volume.source in _UNGROWN:
        found.append(f"It lies on {_UNGROWN[volume.source]}, which no driver of Kubernetes can grow.")
    pods = [p.meta.name for p in see.pods_of.get(claim.meta.key, ()) if p.phase == "Running"]
    if not see.lacks(k.POD):
        use = f"{listing(pods, 3)} uses it: the filesystem grows while it runs, where the driver can"
        found.append(f"{use if pods else 'No running pod uses it: the filesystem grows when the next one starts'}.")
    if "ebs" in _driver(claim, see) and settings.limits.ebs_wait_hours:
        wait = settings.limits.ebs_wait_hours
        known = "" if claim.asked_at else " When it was changed last is not known."
        found.append(f"EBS allows the next change only {wait} h later.{known}")
    return found
