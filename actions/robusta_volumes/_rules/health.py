"""What drivers, kubelets and problem detectors report about the health of volumes, backends and disks."""

import re
from collections.abc import Iterator
from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, EVENT, POD, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, count, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Condition, CsiNode, Event, Node, Pod
from robusta_volumes._rules.joins import alive, fresh_events, pairs_of
from robusta_volumes._rules.pod_trouble import FAILING, complains, complaints, evidence
from robusta_volumes._rules.rule import Fix, Hit, rule

_ABNORMAL, _NORMAL = "VolumeConditionAbnormal", "VolumeConditionNormal"
_DISK_EVENTS = {"IOError", "Ext4Error", "FilesystemIsReadOnly"}
_NO_DISK = re.compile(r"\b(sr|fd)\d")  # an empty CD or floppy drive of a virtual machine complains as well
_WORDS = {
    "Inaccessible": ("cannot be reached", Severity.CRITICAL),
    "DataLoss": ("has lost data", Severity.CRITICAL),
    "Degraded": ("is degraded", Severity.HIGH),
}
_UNKNOWN = ("is not healthy", Severity.CRITICAL)


@rule(
    "US-06",
    Severity.CRITICAL,
    "Filesystem or disk of a node fails under pods with volumes",
    on="Node",
    needs=(POD, EVENT),
    fix="Move the pods away, then check filesystem and disk.",
)
def disk_fails(node: Node, see: Inventory, limits: Limits) -> Hit | None:
    """The kernel makes a damaged filesystem read-only: applications go on, every write fails, and data may be lost."""
    pods = tuple(p for p in see.pods_on.get(node.meta.name, ()) if alive(p))
    event = disk_event(node, see, limits)
    told = tuple(p for p in pods if complains(p, FAILING))
    if not pods or (event is None and not node.troubles and not told):
        return None
    if event is None and not node.troubles:
        return _told_by_pods(told, see, limits)
    if event and not node.troubles:
        says, said, since = "reports errors of a disk", event.message, event.first
        when = f"{event.count} times, last {ago(event.last, see.now)}"
    else:
        worst = node.troubles[0]
        says, said, since = f"reports {plain(worst.type, 60)}", worst.message or worst.reason, worst.since
        when = f"since {ago(since, see.now)}"
    name = quoted(node.meta.name)
    return Hit(
        f"{says}: {count(len(pods), 'pod')} with volumes on it may not be able to write",
        f"{cited(said, 240)} ({when}). It does not say which volume. Pods with volumes "
        f"there: {listing([p.meta.title for p in pods], 3)}. {evidence(told, see, limits, FAILING)}".rstrip(),
        (
            Fix("let no new pod start there while you look", f"kubectl cordon {name}"),
            Fix(
                "find the device in the message; repair (fsck) or replace its disk, then restart the pods on another node"
            ),
        ),
        since,
        tuple(f"Pod {p.meta.title}" for p in pods),
        tuple(dict.fromkeys((p.meta.namespace, claim) for p in pods for claim in p.claims)),
        severity=None if node.troubles else Severity.HIGH,
    )


def _told_by_pods(pods: tuple[Pod, ...], see: Inventory, limits: Limits) -> Hit:
    """Tell what pods alone say: a filesystem of the volume's own, that no node reports."""
    say = "say" if len(pods) > 1 else "says"
    words = listing([f'"{sign}"' for sign in dict.fromkeys(sign for p in pods for sign, _ in complaints(p, FAILING))])
    first = pods[0]
    name = complains(first, FAILING)
    look = f"kubectl -n {quoted(first.meta.namespace)} logs {quoted(first.meta.name)} -c {quoted(name)} --tail=50"
    return Hit(
        f"runs {count(len(pods), 'pod')} with volumes that {say} {words}",
        f"{evidence(pods, see, limits, FAILING)} The node itself reports nothing: it may be the volume's own filesystem.",
        (
            Fix("look which path it is about", look),
            Fix("when it is in the volume, look at its backend, then restart the pod, which mounts it anew"),
        ),
        victims=tuple(f"Pod {p.meta.title}" for p in pods),
        claims=tuple(dict.fromkeys((p.meta.namespace, claim) for p in pods for claim in p.claims)),
        severity=Severity.HIGH,
    )


def disk_event(node: Node, see: Inventory, limits: Limits) -> Event | None:
    """Find the newest report of a disk error; the uid in a node's events is its name, so it is not compared."""
    recent = timedelta(minutes=limits.recent_event_minutes)
    found = (e for e in see.events_of("Node", "", node.meta.name) if e.reason in _DISK_EVENTS)
    return next((e for e in found if e.last and see.now - e.last <= recent and not _NO_DISK.search(e.message)), None)


@rule(
    "US-13",
    Severity.CRITICAL,
    "Storage driver reports that the volume is not healthy",
    on="PersistentVolumeClaim",
    needs=(POD, EVENT),
    fix="Look at the volume in its backend before anything that uses it is restarted or deleted.",
)
def not_healthy(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """The driver sees what Kubernetes cannot: a volume that is gone, cut off or damaged, though its pod still runs."""
    found = [*((c, "") for c in claim.health), *_reported(claim, see, limits), *_by_metrics(claim, see)]
    if not found:
        return None
    worst, where = max(found, key=lambda report: _WORDS.get(report[0].type, _UNKNOWN)[1])
    words, severity = _WORDS.get(worst.type, _UNKNOWN)
    volume = see.volume_of(claim)
    reason = f"{plain(worst.reason, 60)}{where}, since {ago(worst.since, see.now)}"
    place = f" The data is on {code(volume.backend)}." if volume else ""
    pods = [p for p in see.pods_of.get(claim.meta.key, ()) if alive(p)]
    return Hit(
        f"{words}, says its storage driver",
        f"{cited(worst.message or worst.type, 240)} ({reason}).{place} "
        f"Used by {listing([p.meta.name for p in pods], 3) or 'no pod'}.",
        (
            Fix(
                "look at the volume in its backend before you restart or delete anything: it may not mount again",
                f"kubectl -n {quoted(claim.meta.namespace)} describe pvc {quoted(claim.meta.name)}",
            ),
            Fix("make sure that a good backup or snapshot exists"),
        ),
        worst.since,
        tuple(f"Pod {p.meta.title}" for p in pods),
        volumes=(claim.volume_name,) if claim.volume_name else (),
        size=claim.capacity,
        severity=severity,
    )


def _reported(claim: Claim, see: Inventory, limits: Limits) -> Iterator[tuple[Condition, str]]:
    """List what nodes and monitors report of a claim's volume, and where."""
    said = see.events_of("PersistentVolumeClaim", *claim.meta.key, claim.meta.uid)
    if said:
        recent = timedelta(minutes=limits.recent_event_minutes)
        last = next((e for e in said if e.last and e.reason in {_ABNORMAL, _NORMAL}), None)
        if last and last.last and last.reason == _ABNORMAL and see.now - last.last <= recent:
            yield _told(last), ""
    for pod in see.pods_of.get(claim.meta.key, ()):
        events = fresh_events(pod, {_ABNORMAL}, see, limits)
        if not alive(pod) or not (pod.health or events):
            continue
        own = _name_in(pod, claim)
        yield from ((said, f" on node {pod.node}") for name, said in pod.health if name == own)
        for event in events:
            if len(pod.claims) == 1 or event.message.startswith(f"Volume {own}:"):
                yield _told(event), f" on node {pod.node}"
                break


def _by_metrics(claim: Claim, see: Inventory) -> Iterator[tuple[Condition, str]]:
    """Tell what the kubelet's metric says, where metrics were asked; it went with Kubernetes 1.37."""
    use = (see.uses or {}).get(claim.meta.key)
    if use and use.use and use.use.abnormal:
        metric = "kubelet_volume_stats_health_status_abnormal"
        yield Condition(_ABNORMAL, metric, f"metric {metric} is 1", None), ""


def _told(event: Event) -> Condition:
    return Condition(event.reason, event.reason, event.message, event.first)


def _name_in(pod: Pod, claim: Claim) -> str:
    return next((name for name, c in zip(pod.volumes, pod.claims, strict=False) if c == claim.meta.name), "")


@rule(
    "US-16",
    Severity.CRITICAL,
    "Storage driver reports that a node cannot reach its backend",
    on="CSINode",
    needs=(POD, CLAIM, VOLUME),
    fix="Repair the path between this node and the storage, or move the pods to another node.",
)
def backend_away(node: CsiNode, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """One broken network or path takes all volumes of a driver from all pods of a node, whatever the volumes say."""
    if not node.health:
        return None
    driver, worst = max(node.health, key=lambda report: report[1].type == "StorageUnreachable")
    lost = worst.type == "StorageUnreachable"
    pods = tuple(
        p
        for p in see.pods_on.get(node.meta.name, ())
        if alive(p) and any((v.source, v.driver) == ("csi", driver) for _, v in pairs_of(p, see))
    )
    used = [(c, v) for p in pods for c, v in pairs_of(p, see) if (v.source, v.driver) == ("csi", driver)]
    name = quoted(node.meta.name)
    return Hit(
        f"{'cannot reach' if lost else 'reaches only badly'} the storage of {plain(driver)}: "
        f"{count(len({v.meta.name for _, v in used}), 'volume')} of {count(len(pods), 'pod')}",
        f"{cited(worst.message or worst.type, 240)} ({plain(worst.reason, 60)}, since {ago(worst.since, see.now)}). "
        f"Concerned: {listing([p.meta.title for p in pods], 3) or 'no pod at the moment'}.",
        (
            Fix("look at the network or paths between this node and the storage"),
            Fix("or keep pods away from it, and restart those that hang", f"kubectl cordon {name}"),
        ),
        worst.since,
        tuple(f"Pod {p.meta.title}" for p in pods),
        tuple(dict.fromkeys(c.meta.key for c, _ in used)),
        tuple(dict.fromkeys(v.meta.name for _, v in used)),
        severity=None if lost and pods else Severity.HIGH if pods else Severity.MEDIUM,
    )


RULES = (disk_fails, not_healthy, backend_away)
