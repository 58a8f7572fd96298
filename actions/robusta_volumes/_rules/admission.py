"""Claims that are refused, clash with a pod's own, or got less than they asked for."""

import re
from datetime import timedelta

from robusta_volumes._model.claim_template import ClaimTemplate
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, STATEFUL_SET, VOLUME
from robusta_volumes._model.limit_range import LimitRange
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, count, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Pod, Workload
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.static import short_modes

_FORBIDDEN = re.compile(r'persistentvolumeclaims "([^"]+)" is forbidden')
_NOT_OWNER = re.compile(r"PVC (?:[^\s/]+/)?(\S+) was not created for pod \S+ \(pod is not owner\)")


def _refused(limit: LimitRange, see: Inventory) -> list[tuple[Workload, ClaimTemplate]]:
    """List the templates of sets that lack a claim which the limit refuses."""
    return [
        (w, t)
        for w in see.workloads
        if w.kind == "StatefulSet" and w.meta.namespace == limit.meta.namespace and not w.meta.deleted
        for t in w.templates
        if limit.refuses(t.requested) and _lacks(w, t, see)
    ]


def _lacks(owner: Workload, template: ClaimTemplate, see: Inventory) -> bool:
    first, wanted = owner.first_ordinal, min(owner.replicas, len(see.claims) + 1)
    names = (f"{template.name}-{owner.meta.name}-{n}" for n in range(first, first + wanted))
    return any((owner.meta.namespace, name) not in see.claim for name in names)


@rule(
    "PVC-17",
    Severity.MEDIUM,
    "Limit range refuses a claim's size",
    on="LimitRange",
    needs=(STATEFUL_SET, CLAIM),
    fix="Ask for a size within the limits, or widen them.",
)
def size_refused(limit: LimitRange, see: Inventory, limits: Limits) -> Hit | None:
    """A refused claim does not exist, so nothing is Pending: its StatefulSet lacks a replica, and only events say so."""
    refused = _refused(limit, see)
    if not refused:
        return _refused_by_event(limit, see, limits)
    owner, template = refused[0]
    allowed = " and ".join(
        words
        for words in (
            f"at least {gib(limit.least)}" if limit.least is not None else "",
            f"at most {gib(limit.most)}" if limit.most is not None else "",
        )
        if words
    )
    events = see.events_of("StatefulSet", *owner.meta.key, owner.meta.uid)
    said = next(
        (e.message for e in events if e.reason == "FailedCreate" and "per PersistentVolumeClaim" in e.message), ""
    )
    sets = [f"StatefulSet {w.meta.name}" for w, _ in refused]
    return Hit(
        f"refuses claims {template.name} of {listing(sets, 2)}: it asks {gib(template.requested)}",
        f"Allowed for one claim: {allowed}. {owner.meta.name} has {owner.ready} of {owner.replicas} replicas ready."
        + (f" {cited(said, 220)}" if said else ""),
        (
            Fix(
                "widen the limit",
                f"kubectl -n {quoted(limit.meta.namespace)} edit limitrange {quoted(limit.meta.name)}",
            ),
            Fix(f"or re-create {owner.meta.name} with a size that is allowed (a template cannot be edited)"),
        ),
        victims=tuple(sets),
        claims=tuple(
            (w.meta.namespace, f"{t.name}-{w.meta.name}-{n}")
            for w, t in refused[:3]
            for n in range(w.first_ordinal, w.first_ordinal + min(w.replicas, 5))
        ),
        size=template.requested,
    )


def _refused_by_event(limit: LimitRange, see: Inventory, limits: Limits) -> Hit | None:
    """Tell of a claim that the limit refused to something else than a StatefulSet, as an event of late says."""
    recent = timedelta(minutes=limits.recent_event_minutes)
    here = (e for e in see.events_in.get(limit.meta.namespace, ()) if e.last and see.now - e.last <= recent)
    said = [e for e in here if "per PersistentVolumeClaim is" in e.message]
    if not said or (limit.least is None and limit.most is None):
        return None
    event = said[0]
    name = _FORBIDDEN.search(event.message)
    return Hit(
        f"refuses claim {plain(name.group(1)) if name else 'of unknown name'} of {event.kind} {plain(event.name)}",
        f"{cited(event.message, 240)} ({count(event.count, 'time')}, last {ago(event.last, see.now)})",
        (
            Fix(
                "widen the limit, or ask for a size that it allows",
                f"kubectl -n {quoted(limit.meta.namespace)} edit limitrange {quoted(limit.meta.name)}",
            ),
        ),
        event.first,
        (f"{event.kind} {event.name}",),
        claims=((limit.meta.namespace, name.group(1)),) if name else (),
    )


@rule(
    "PVC-19",
    Severity.HIGH,
    "A stray claim has the name of a pod's own",
    on="Pod",
    needs=(CLAIM,),
    fix="Delete or rename the stray claim, or rename the pod.",
)
def name_clash(pod: Pod, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The claim of an ephemeral volume is called <pod>-<volume>; Kubernetes never takes another's claim of that name."""
    found = _NOT_OWNER.search(pod.waiting)
    if not found or pod.meta.deleted:
        return None
    name = found.group(1)
    claim = see.claim.get((pod.meta.namespace, name))
    if claim is None or claim.meta.owner == ("Pod", pod.meta.name):
        # gone already; or left by an earlier pod of that name, and collected in a moment
        return None
    size = gib(claim.capacity or claim.requested)
    return Hit(
        f"cannot start: claim {plain(name)} has the name of its ephemeral volume, but is not its own",
        f"{claim.meta.title} ({claim.phase}, {size}) belongs to "
        f"{plain(' '.join(claim.meta.owner)) if claim.meta.owner else 'nobody'}. "
        f"Scheduler: {cited(pod.waiting, 200)}",
        (
            Fix("rename the pod or its volume, so that the names differ"),
            Fix(
                "or delete the stray claim, when its data is not needed",
                f"kubectl -n {quoted(claim.meta.namespace)} delete pvc {quoted(claim.meta.name)}",
                destroys=True,
            ),
        ),
        pod.meta.created,
        claims=(claim.meta.key,),
        size=claim.capacity,
    )


@rule(
    "PVC-21",
    Severity.MEDIUM,
    "Claim did not get the access modes that it asks for",
    on="PersistentVolumeClaim",
    needs=(VOLUME,),
    fix="Use the modes that the volume gives, or move to a volume that gives the others.",
)
def modes_not_granted(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Workloads rely on what the claim asks; the scheduler and the driver go by what the volume gives."""
    lacking = tuple(mode for mode in claim.modes_asked if mode not in claim.modes_granted)
    if claim.phase != "Bound" or claim.meta.deleted or not claim.modes_granted or not lacking:
        return None
    volume = see.volume_of(claim)
    where = f" on {code(volume.backend)}" if volume else ""
    return Hit(
        f"asks {short_modes(claim.modes_asked)}, but got {short_modes(claim.modes_granted)}",
        f"Volume {plain(claim.volume_name)}{where} does not give {short_modes(lacking)}.",
        (
            Fix(
                "see what the volume offers; if its backend can give more, its accessModes may say so",
                f"kubectl get pv {quoted(claim.volume_name)} -o yaml",
            ),
            Fix("or copy the data to a claim of a class whose driver gives it"),
        ),
        claim.meta.created,
        volumes=(claim.volume_name,),
    )


RULES = (size_refused, name_clash, modes_not_granted)
