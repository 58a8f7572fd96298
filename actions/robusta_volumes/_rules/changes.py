"""Sizes and attributes that a manifest, a template or a class says otherwise than the claim has them."""

from datetime import timedelta

from robusta_volumes._model.claim_template import ClaimTemplate
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import ATTRIBUTES_CLASS, CLAIM, EVENT
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import as_quantity, gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, listing, nearest, plain, quoted
from robusta_volumes._model.volume import Claim, Workload
from robusta_volumes._rules.commands import patch_claim
from robusta_volumes._rules.rule import Fix, Hit, rule


@rule(
    "RS-09",
    Severity.MEDIUM,
    "Manifest asks for less than the claim has",
    on="PersistentVolumeClaim",
    fix="Write the present size into the manifest; to shrink, copy the data to a smaller claim.",
)
def manifest_is_smaller(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Kubernetes never shrinks a claim: the next apply of that manifest is refused, with all that comes with it."""
    if claim.phase != "Bound" or claim.applied is None or claim.requested is None or claim.capacity is None:
        return None
    if claim.applied >= min(claim.requested, claim.capacity):
        return None
    return Hit(
        f"has {gib(claim.capacity)}, but its manifest asks {gib(claim.applied)}: the next apply is refused",
        f"The manifest that was applied last asks {gib(claim.applied)}, the claim was grown to {gib(claim.requested)} "
        'since. The API server answers "field can not be less than status.capacity".',
        (
            Fix(
                f"write {as_quantity(claim.requested)} into the manifest; compare them",
                f"kubectl -n {quoted(claim.meta.namespace)} get pvc {quoted(claim.meta.name)} -o yaml",
            ),
            Fix("to make it smaller, create a smaller claim, copy the data while nothing writes, and switch over"),
        ),
        claim.asked_at,
        size=claim.capacity - claim.applied,
    )


def _claims_of(owner: Workload, template: ClaimTemplate, see: Inventory) -> list[Claim]:
    """List the claims of a template's present replicas, in their order."""
    ordinals = range(owner.first_ordinal, owner.first_ordinal + min(owner.replicas, len(see.claims) + 1))
    keys = ((owner.meta.namespace, f"{template.name}-{owner.meta.name}-{n}") for n in ordinals)
    return [see.claim[key] for key in keys if key in see.claim]


@rule(
    "RS-10",
    Severity.MEDIUM,
    "StatefulSet's template and its claims differ in size",
    on="StatefulSet",
    needs=(CLAIM,),
    fix="Delete the StatefulSet with --cascade=orphan and apply it with the right size; pods and claims stay.",
)
def template_differs(owner: Workload, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The template cannot be edited: after claims were grown by hand, new replicas still get the old size."""
    for template in owner.templates:
        claims = _claims_of(owner, template, see)
        odd = [c for c in claims if template.requested and c.requested and c.requested != template.requested]
        if odd and not owner.meta.deleted:
            return _drift(owner, template, odd)
    return None


def _drift(owner: Workload, template: ClaimTemplate, odd: list[Claim]) -> Hit:
    words = [f"{c.meta.name} asks {gib(c.requested)}" for c in odd]
    namespace, name = quoted(owner.meta.namespace), quoted(owner.meta.name)
    smaller = [c for c in odd if (c.requested or 0) < (template.requested or 0)]
    by = f" It belongs to {plain(' '.join(owner.meta.owner))}: change the size there." if owner.meta.owner else ""
    grow = {"spec": {"resources": {"requests": {"storage": as_quantity(template.requested or 0)}}}}
    file = f"{owner.meta.name}.yaml"
    save = f"kubectl -n {namespace} get statefulset {name} -o yaml > {quoted(file)}"
    orphan = f"kubectl -n {namespace} delete statefulset {name} --cascade=orphan"
    return Hit(
        f"gives a new replica {gib(template.requested)} for {template.name}, but {listing(words, 3)}",
        f"Claims were resized, or the template was; the template cannot be edited.{by}",
        (
            *(Fix(f"grow {c.meta.name} to the template's size", patch_claim(c, grow)) for c in smaller[:2]),
            *(
                ()
                if len(smaller) == len(odd)
                else (
                    Fix(f"save it to {plain(file)}, and write the size of the claims into its template", save),
                    Fix(
                        "then replace it (this leaves pods and claims alone)",
                        f"{orphan} && kubectl apply -f {quoted(file)}",
                    ),
                )
            ),
        ),
        claims=tuple(c.meta.key for c in odd),
        size=max(abs((c.requested or 0) - (template.requested or 0)) for c in odd),
    )


@rule(
    "RS-12",
    Severity.MEDIUM,
    "Volume's attributes cannot be changed",
    on="PersistentVolumeClaim",
    needs=(EVENT,),
    fix="Create the VolumeAttributesClass that the claim names, or name one that the driver accepts.",
)
def attributes_not_changed(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """The claim asks for a speed or a class of disk that it does not get; until then it keeps its old attributes."""
    wanted = claim.attributes_class
    if claim.phase != "Bound" or claim.meta.deleted:
        return None
    failed = next((c for c in claim.conditions if c.type == "ModifyVolumeError"), None)
    going = next((c for c in claim.conditions if c.type == "ModifyingVolume"), None)
    slow = timedelta(minutes=limits.slow_resize_minutes)
    is_slow = going is not None and going.since is not None and see.now - going.since > slow
    known = [c.meta.name for c in see.attributes_classes]
    looked = ATTRIBUTES_CLASS.resource not in see.unseen and ATTRIBUTES_CLASS.resource not in see.skipped
    missing = looked and bool(wanted) and wanted != claim.attributes_now and wanted not in known
    if not failed and not is_slow and not missing and claim.modify_status != "Infeasible":
        return None
    recent = timedelta(minutes=limits.recent_event_minutes)
    events = (
        e
        for e in see.events_of("PersistentVolumeClaim", *claim.meta.key, claim.meta.uid)
        if e.reason == "VolumeModifyFailed" and e.last and see.now - e.last <= recent
    )
    said = next((e.message for e in events), "") or (failed.message if failed else "")
    near = nearest(wanted, known, most=1) if missing else []
    if missing:
        cause = f'VolumeAttributesClass "{plain(wanted)}" does not exist'
    else:
        cause = "the driver takes long" if is_slow and not failed else "the driver refuses"
    return Hit(
        f"keeps its old attributes: {cause}",
        f"Wanted: {plain(wanted) or 'none'}, in force: {plain(claim.attributes_now) or 'none'}."
        + (f" {cited(said, 220)}" if said else ""),
        (
            *(Fix(f"use {n}", patch_claim(claim, {"spec": {"volumeAttributesClassName": n}})) for n in near),
            Fix("create that class" if missing else "name a class with values that the driver accepts"),
            *(
                Fix(
                    f"or go back to {name}",
                    patch_claim(claim, {"spec": {"volumeAttributesClassName": name}}),
                )
                for name in [claim.attributes_now]
                if name and name != wanted
            ),
        ),
        (failed.since if failed else None) or (going.since if going else None),
    )


RULES = (manifest_is_smaller, template_differs, attributes_not_changed)
