"""Why a placed pod's volume is slow to mount, or never will."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, EVENT, POD
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Pod
from robusta_volumes._rules.attach import multi_attach
from robusta_volumes._rules.attachments import attach_failed
from robusta_volumes._rules.joins import alive, fresh_events, owner_of, pairs_of, stuck
from robusta_volumes._rules.nodes import missing_drivers
from robusta_volumes._rules.rule import Fix, Hit, rule

_SELINUX = {"SELinuxLabelConflict", "SELinuxChangePolicyConflict", "MultipleSELinuxLabels"}
_PATCHED = {"Deployment", "StatefulSet", "DaemonSet"}


@rule(
    "AT-12",
    Severity.MEDIUM,
    "Pod starts slowly: the owner of every file is being changed",
    on="Pod",
    needs=(EVENT,),
    fix="Set fsGroupChangePolicy: OnRootMismatch in the pod template.",
)
def slow_ownership(pod: Pod, see: Inventory, limits: Limits) -> Hit | None:
    """With fsGroup the kubelet visits each file before each start; millions of files take longer than any probe waits."""
    events = fresh_events(pod, {"VolumePermissionChangeInProgress"}, see, limits) if stuck(pod) else ()
    if not events:
        return None
    owner = owner_of(pod)
    patch = '{"spec":{"template":{"spec":{"securityContext":{"fsGroupChangePolicy":"OnRootMismatch"}}}}}'
    command = ""
    if owner and owner[0] in _PATCHED:
        command = (
            f"kubectl -n {quoted(pod.meta.namespace)} patch {owner[0].lower()} {quoted(owner[1])} --type merge "
            f"-p {quoted(patch)}"
        )
    return Hit(
        "starts slowly: the owner of every file of its volume is being changed",
        f"{cited(events[0].message, 220)} (last {ago(events[0].last, see.now)}, node {pod.node})",
        (Fix("let it finish, then have it done only when the top folder's owner is wrong (starts new pods)", command),),
        events[0].first,
        claims=tuple((pod.meta.namespace, name) for name in pod.claims),
    )


@rule(
    "AT-13",
    Severity.HIGH,
    "Block device cannot be mapped into the pod",
    on="Pod",
    needs=(EVENT,),
    fix="Read the driver's log on the node; look whether something there still holds the device.",
)
def cannot_map(pod: Pod, see: Inventory, limits: Limits) -> Hit | None:
    """A raw volume is not mounted but linked; when that fails the pod waits, and the reason stands in events only."""
    events = fresh_events(pod, {"FailedMapVolume"}, see, limits) if stuck(pod) else ()
    if not events or multi_attach.check(pod, see, limits):
        return None
    said = events[0].message
    raw = [c.meta.name for name in pod.claims if (c := see.claim.get((pod.meta.namespace, name))) and _is_raw(c)]
    named = [name for name in raw if f'"{name}"' in said or f'"{_volume(pod, name, see)}"' in said] or raw
    return Hit(
        f"cannot map {listing(named, 2) or 'a block volume'}: the device is not there or still held",
        f"{cited(said, 220)} ({events[0].count} times, last {ago(events[0].last, see.now)}, node {pod.node})",
        (
            Fix(
                "look at the driver's node plugin there, and whether an earlier pod still holds the device",
                f"kubectl -n {quoted(pod.meta.namespace)} describe pod {quoted(pod.meta.name)}",
            ),
        ),
        events[0].first,
        claims=tuple((pod.meta.namespace, name) for name in named),
    )


def _is_raw(claim: Claim) -> bool:
    return claim.volume_mode == "Block"


def _volume(pod: Pod, name: str, see: Inventory) -> str:
    claim = see.claim.get((pod.meta.namespace, name))
    return claim.volume_name if claim else ""


@rule(
    "AT-15",
    Severity.HIGH,
    "Pod uses a block volume as a filesystem, or the reverse",
    on="Pod",
    needs=(CLAIM,),
    fix="Block claims go in volumeDevices, Filesystem claims in volumeMounts.",
)
def wrong_way(pod: Pod, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The API server accepts it; the kubelet refuses it for ever."""
    if pod.phase != "Pending" or pod.meta.deleted or not pod.node:
        return None
    for name, how in zip(pod.claims, pod.uses, strict=False):
        claim = see.claim.get((pod.meta.namespace, name))
        if claim is None or claim.phase != "Bound":
            continue
        mounted = _is_raw(claim) and set(how) & {"w", "r"}
        mapped = not _is_raw(claim) and "d" in how
        if not mounted and not mapped:
            continue
        used, right = ("volumeMounts", "volumeDevices") if mounted else ("volumeDevices", "volumeMounts")
        owner = owner_of(pod)
        where = f"{owner[0]} {owner[1]}" if owner else "the pod"
        return Hit(
            f"cannot start: claim {name} is a {claim.volume_mode} volume but stands in {used}",
            f"A {claim.volume_mode} volume is used through {right}; the kubelet refuses anything else.",
            (Fix(f"in {plain(where)}, move it to {right}, or create the claim with the other volumeMode"),),
            pod.meta.created,
            claims=(claim.meta.key,),
        )
    return None


@rule(
    "AT-16",
    Severity.MEDIUM,
    "Pods with different SELinux labels share a volume",
    on="PersistentVolumeClaim",
    needs=(POD, EVENT),
    fix="Give the pods the same seLinuxOptions, or set seLinuxChangePolicy: Recursive in them.",
)
def labels_differ(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """It works while files are relabelled one by one; once volumes are mounted with a label, one of the pods cannot start."""
    pods = [p for p in see.pods_of.get(claim.meta.key, ()) if alive(p) and not p.meta.deleted]
    said = [(e, p) for p in pods for e in fresh_events(p, _SELINUX, see, limits)]
    said = [(e, p) for e, p in said if e.reason == "MultipleSELinuxLabels" or len(pods) > 1]
    if not said:
        return None
    event, pod = said[0]
    names = sorted({p.meta.name for _, p in said})
    return Hit(
        f"is used with different SELinux labels by {listing(names, 3)}",
        f"{cited(event.message, 220)} ({event.reason}, pod {pod.meta.name}, last {ago(event.last, see.now)})",
        (Fix("give them the same seLinuxOptions.level, or set seLinuxChangePolicy: Recursive in their templates"),),
        event.first,
        tuple(f"Pod {pod.meta.namespace}/{name}" for name in names),
    )


def explained(pod: Pod, see: Inventory, limits: Limits) -> bool:
    """Tell whether a more exact rule says why a placed pod does not start: AT-01, 06, 10, 12, 13 or 15."""
    if not stuck(pod):
        return False
    if missing_drivers(pod, see, limits):
        return True
    volumes = {v.meta.name for _, v in pairs_of(pod, see)}
    here = (a for a in see.attachments_on.get(pod.node, ()) if a.volume_name in volumes)
    if any(attach_failed(a, see, limits) for a in here):
        return True
    return any(r.check(pod, see, limits) for r in (multi_attach, slow_ownership, cannot_map, wrong_way))


RULES = (slow_ownership, cannot_map, wrong_way, labels_differ)
