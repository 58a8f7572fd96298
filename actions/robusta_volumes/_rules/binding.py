"""Why a claim is Pending: the provisioner, the first pod, the scheduler."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CSI_DRIVER, EVENT, STORAGE_CLASS
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, listing, plain, quoted
from robusta_volumes._model.times import span
from robusta_volumes._model.volume import Claim, Pod
from robusta_volumes._rules.commands import recreate_claim
from robusta_volumes._rules.driver_pods import controller_state
from robusta_volumes._rules.pending import NO_PROVISIONER, awaited_class, refusal
from robusta_volumes._rules.rule import Fix, Hit, rule

WAIT = "WaitForFirstConsumer"


def pending_and_free(claim: Claim) -> bool:
    """Tell whether a claim waits for any volume (not for one that it names)."""
    return claim.phase == "Pending" and not claim.volume_name and not claim.meta.deleted


def users(claim: Claim, see: Inventory) -> tuple[Pod, ...]:
    """List the pods that name the claim and have not ended."""
    return tuple(p for p in see.pods_of.get(claim.meta.key, ()) if p.phase not in {"Succeeded", "Failed"})


def pending_for(claim: Claim, see: Inventory) -> str:
    """Say how long, and who waits."""
    pods = users(claim, see)
    age = f"Pending for {span(see.now - claim.meta.created)}" if claim.meta.created else "Pending"
    if pods:
        return f"{age}; {listing([p.meta.name for p in pods], 3)} waits for it."
    return f"{age}; no pod uses it yet."


@rule(
    "PVC-06",
    Severity.HIGH,
    "Provisioner is not installed or does not answer",
    on="PersistentVolumeClaim",
    needs=(STORAGE_CLASS, CSI_DRIVER),
    fix="Install or repair the CSI driver that the class names, or use another class.",
)
def provisioner_missing(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """Kubernetes hands the claim to an external provisioner and waits without a limit, with a Normal event only."""
    chosen = awaited_class(claim, see, limits)
    if not pending_and_free(claim) or chosen is None or chosen.provisioner == NO_PROVISIONER:
        return None
    if chosen.binding_mode == WAIT and not claim.selected_node and not claim.provisioner:
        return None  # nobody has been asked to provision yet
    # in-tree plugins, and provisioners that are no CSI driver (their names hold a slash), register nowhere
    in_tree, registers = chosen.provisioner.startswith("kubernetes.io/"), "/" not in chosen.provisioner
    missing = registers and chosen.provisioner not in see.driver
    waited = claim.meta.created is not None and see.now - claim.meta.created >= timedelta(
        minutes=limits.provisioning_minutes
    )
    if in_tree or (not missing and (not waited or refusal(claim, see, limits))):
        return None
    others = [c.meta.name for c in see.classes if c.provisioner in see.driver and c.provisioner != chosen.provisioner]
    move = tuple(
        Fix(
            f"or re-create it (safe: the claim holds no data) with class {name}, whose driver is here",
            recreate_claim(claim, claim.class_name or "", name),
        )
        for name in others[:1]
    )
    what = "is not installed" if missing else "does not answer"
    first = f"look at the driver's controller pods; {code(chosen.provisioner)} creates nothing"
    return Hit(
        f"cannot bind: storage driver {plain(chosen.provisioner)} {what}",
        f"Class {plain(chosen.meta.name)} is served by it. Drivers here: {listing(sorted(see.driver), 6) or 'none'}."
        f"{'' if missing else controller_state(chosen.provisioner, see)} {pending_for(claim, see)}",
        (Fix(f"install the driver {code(chosen.provisioner)}" if missing else first), *move),
        claim.meta.created,
    )


@rule(
    "PVC-02",
    Severity.MEDIUM,
    "Claim is Pending and the cause is not visible",
    on="PersistentVolumeClaim",
    needs=(EVENT, STORAGE_CLASS),
    fix="Read the claim's events and the provisioner's log.",
    fallback=True,
)
def pending_without_visible_cause(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """When no other rule knows why, the newest event is the best there is; a cause is never made up."""
    if claim.phase != "Pending" or claim.meta.created is None or claim.meta.deleted:
        return None
    if see.now - claim.meta.created < timedelta(minutes=limits.pending_minutes):
        return None
    events = see.events_of("PersistentVolumeClaim", *claim.meta.key, claim.meta.uid)
    said = f"Last event: {cited(events[0].message, 200)}" if events else "It has no events (kept for an hour)."
    return Hit(
        "is Pending, and why is not visible from its objects",
        f"{said} {pending_for(claim, see)}",
        (
            Fix(
                "read what the provisioner says",
                f"kubectl -n {quoted(claim.meta.namespace)} describe pvc {quoted(claim.meta.name)}",
            ),
        ),
        claim.meta.created,
    )


RULES = (
    provisioner_missing,
    pending_without_visible_cause,
)
