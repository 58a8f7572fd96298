"""Volumes in use: pods that cannot start, resizes that do not end."""

import re
from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, EVENT, POD
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, listing, nearest, plain, quoted
from robusta_volumes._model.times import ago, span
from robusta_volumes._model.use_words import percent
from robusta_volumes._model.volume import Claim, Pod
from robusta_volumes._rules.binding import users
from robusta_volumes._rules.growth import node_refusal
from robusta_volumes._rules.mount import explained
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.usage_facts import at_least, measured

_MISSING = re.compile(r'persistentvolumeclaim "([^"]+)" not found')
_CONFIG = re.compile(
    r'(configmap|secret)s? "[^"]*" not found|object "[^"]*"/"[^"]*" not registered|non-existent (config|secret) key'
)
_NAMES_VOLUME = re.compile(r'volume "')
_RWOP = "ReadWriteOncePod"
_MOUNT_REASONS = {"FailedMount", "FailedAttachVolume", "FailedMapVolume"}
_MOUNT_CAUSES: tuple[tuple[str, str, str], ...] = (
    # (what the kubelet's text contains, cause in few words, what to do)
    ("hostPath type check failed", "the folder does not exist on the node", "create it there, or repair the volume's path"),
    ("the list of registered CSI drivers", "the CSI driver does not run on the node", "look at its node plugin there"),
    ("Multi-Attach error", "the volume is attached to another node", "stop the pod that holds it, or wait"),
    ("timed out waiting for", "the volume was not attached in time", "look at the CSI driver's controller pods"),
    ("permission denied", "access was denied", "check the export's permissions or the credentials in the secret"),
    ("access denied", "access was denied", "check the export's permissions or the credentials in the secret"),
    ("secret", "a secret is missing", "create the secret that the volume refers to"),
    ("already mounted or mount point busy", "it is mounted or still busy", "look what holds it on that node"),
    ("wrong fs type, bad option, bad superblock", "the filesystem cannot be read", "check disk and filesystem"),
    ("exit status 32", "the mount command refused it (exit status 32)",
     "check server, path and mount options, and that the node has the tools of that filesystem (nfs-common, cifs-utils)"),
)  # fmt: skip


@rule(
    "PVC-18",
    Severity.HIGH,
    "Pod refers to a claim that does not exist",
    on="Pod",
    needs=(CLAIM,),
    fix="Create the claim, or correct the name in the pod's template.",
)
def missing_claim(pod: Pod, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The pod waits for ever; a typo in the claim's name is the usual cause."""
    if pod.phase != "Pending" or pod.node or pod.meta.deleted:
        return None
    missing = [name for name in pod.claims if (pod.meta.namespace, name) not in see.claim]
    if not missing or not _MISSING.search(pod.waiting):
        return None
    here = [c.meta.name for c in see.claims_in.get(pod.meta.namespace, ())]
    near = nearest(missing[0], here, most=2)
    guess = f"Did you mean *{listing(near, 2)}*?" if near else f"Claims here: {listing(sorted(here), 5) or 'none'}."
    who = f"{pod.meta.owner[0]} {pod.meta.owner[1]}" if pod.meta.owner else "the pod"
    return Hit(
        f'cannot start: claim "{plain(missing[0])}" does not exist in {pod.meta.namespace}',
        f"{guess} The scheduler waits for it since {ago(pod.meta.created, see.now)}.",
        (Fix(f"create claim {pod.meta.namespace}/{plain(missing[0])}, or correct the name in {who}"),),
        pod.meta.created,
        claims=tuple((pod.meta.namespace, name) for name in missing),
    )


@rule(
    "AT-03",
    Severity.HIGH,
    "ReadWriteOncePod claim is in use by another pod",
    on="Pod",
    needs=(CLAIM,),
    fix="Stop the pod that holds the claim, or use ReadWriteOnce.",
)
def one_pod_only(pod: Pod, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The scheduler never places a second pod of such a claim, and names neither the claim nor the holder."""
    if pod.node or _RWOP not in pod.waiting:
        return None
    for name in pod.claims:
        claim = see.claim.get((pod.meta.namespace, name))
        holders = [p for p in see.pods_of.get((pod.meta.namespace, name), ()) if p.node and p is not pod]
        if claim and _RWOP in claim.modes_asked and holders:
            holder = holders[0]
            return Hit(
                f"cannot start: {holder.meta.name} holds claim {name}, which allows one pod",
                f"{claim.meta.title} is {_RWOP}; {holder.meta.name} uses it on node {holder.node} since "
                f"{ago(holder.started, see.now)}.",
                (
                    Fix(
                        "stop the holder, when it can be spared",
                        f"kubectl -n {quoted(holder.meta.namespace)} delete pod {quoted(holder.meta.name)}",
                    ),
                    Fix("or, when both must run on one node, re-create the claim with ReadWriteOnce"),
                ),
                pod.meta.created,
                claims=(claim.meta.key,),
            )
    return None


@rule(
    "AT-11",
    Severity.HIGH,
    "Volume cannot be mounted",
    on="Pod",
    needs=(EVENT,),
    fix="Repair the cause that the kubelet names; it tries again by itself.",
)
def cannot_mount(pod: Pod, see: Inventory, limits: Limits) -> Hit | None:
    """The pod is placed but its containers cannot start; the kubelet repeats the reason in events only."""
    if not pod.node or pod.ready or pod.phase != "Pending" or explained(pod, see, limits):
        return None
    recent = timedelta(minutes=limits.recent_event_minutes)
    events = [
        e
        for e in see.events_of("Pod", *pod.meta.key, pod.meta.uid)
        if e.reason in _MOUNT_REASONS and e.last and see.now - e.last <= recent and not _of_config(e.message, pod, see)
    ]
    if not events:
        return None
    said = events[0].message
    cause, todo = next(
        ((cause, todo) for text, cause, todo in _MOUNT_CAUSES if text in said),
        ("the kubelet says why", "read the message; the kubelet tries again by itself"),
    )
    named = [name for name in pod.claims if _is_about(said, name, pod, see)]
    if not named and not _NAMES_VOLUME.search(said):
        named = list(pod.claims)
    return Hit(
        f"cannot mount {listing(named, 2) or 'a volume'}: {cause}",
        f"{cited(said, 220)} ({events[0].count} times, last {ago(events[0].last, see.now)}, node {pod.node})",
        (Fix(todo, f"kubectl -n {quoted(pod.meta.namespace)} describe pod {quoted(pod.meta.name)}"),),
        events[0].first,
        claims=tuple((pod.meta.namespace, name) for name in named),
    )


def _of_config(message: str, pod: Pod, see: Inventory) -> bool:
    """Tell whether a ConfigMap or Secret that the pod mounts is missing: no storage problem."""
    return bool(_CONFIG.search(message)) and not any(_is_about(message, name, pod, see) for name in pod.claims)


def _is_about(message: str, name: str, pod: Pod, see: Inventory) -> bool:
    claim = see.claim.get((pod.meta.namespace, name))
    return f'"{name}"' in message or (claim is not None and f'"{claim.volume_name}"' in message)


@rule(
    "RS-03",
    Severity.MEDIUM,
    "Filesystem has not grown yet",
    on="PersistentVolumeClaim",
    needs=(POD,),
    fix="Start (or restart) a pod that mounts the claim; the node then grows the filesystem.",
)
def filesystem_not_grown(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """The disk is larger already, but only a node that mounts it can grow the filesystem: so far nothing was won."""
    if node_refusal(claim, see, limits):
        return None  # the node tried, and said why it cannot
    waiting = [c for c in claim.conditions if c.type in {"FileSystemResizePending", "NodeResizePending"}]
    if not waiting and claim.resize_status not in {"NodeResizePending", "NodeResizeInProgress"}:
        return None
    since = waiting[0].since if waiting else None
    mounted = [p for p in users(claim, see) if p.node and p.phase == "Running"]
    if mounted and (since is None or see.now - since < timedelta(minutes=limits.node_resize_minutes)):
        return None
    sizes = f"{gib(claim.capacity)} of the requested {gib(claim.requested)}"
    if mounted:
        what, todo = f"{mounted[0].meta.name} mounts it but it did not grow", f"restart pod {mounted[0].meta.name}"
    else:
        what, todo = "no pod mounts it", "start a pod that uses it"
    length = f" for {span(see.now - since)}" if since else ""
    use = measured(claim, see)
    share = use.use.share if use and use.use else None
    urgent = at_least(share, limits.grow_now_percent)
    full = f" {percent(share)} of what it has now is used." if urgent else ""
    return Hit(
        f"has grown to {gib(claim.requested)} on disk only: {what}",
        f"Usable: {sizes}. The node grows the filesystem when a pod mounts it; waiting{length}.{full}",
        (Fix(todo),),
        since,
        severity=Severity.HIGH if urgent else None,
    )


RULES = (missing_claim, one_pod_only, cannot_mount, filesystem_not_grown)
