"""The facts of one claim and its volume, in the order in which people ask for them."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.text import listing, plain
from robusta_volumes._model.times import span
from robusta_volumes._model.volume import Claim, Event, Volume
from robusta_volumes._report.object_graph import claims_of, pods_of
from robusta_volumes._report.page import File, Subject, Table, csv_file
from robusta_volumes._report.pieces import short
from robusta_volumes._rules.static import short_modes
from robusta_volumes._rules.telemetry import size_is_a_wish, usage_is_unknown

_ZONE = "topology.kubernetes.io/zone"
_EVENTS_SHOWN = 3
_EVENTS_KEPT = 50
_VALUE = 180  # characters of one value: the whole table must fit a message


def fact_table(claim: Claim | None, volume: Volume | None, see: Inventory) -> Table:
    """Tell capacity, access modes, class, place, templates, age and what is going on."""
    rows = [*_capacity(claim, volume), *_modes(claim, volume)]
    if volume:
        rows += [("Reclaim policy", volume.reclaim_policy), ("Data lies on", plain(volume.backend, 80))]
    rows += _class(claim, volume, see) + _limits(volume) + _place(volume, see) + _use(claim, see)
    born = (claim or volume).meta.created if (claim or volume) else None  # type: ignore[union-attr]  # one of them is
    rows.append(("Age", span(see.now - born) if born else "unknown"))
    if claim:
        rows += [("Condition", f"{c.type}: {short(c.message or c.reason or 'True', 90)}") for c in claim.conditions[:5]]
        if claim.resize_status:
            rows.append(("Resize", claim.resize_status))
    return Table(("fact", "value"), tuple((name, plain(value, _VALUE)) for name, value in rows), "Facts")


Rows = list[tuple[str, str]]


def _capacity(claim: Claim | None, volume: Volume | None) -> Rows:
    parts = []
    if claim:
        parts.append(f"requested {gib(claim.requested)}")
    if volume:
        parts.append(f"provisioned {gib(volume.capacity)}")
    if claim and claim.phase != "Pending":
        parts.append(f"reported {gib(claim.capacity)}")
    return [("Capacity", ", ".join(parts))]


def _modes(claim: Claim | None, volume: Volume | None) -> Rows:
    parts = []
    if claim:
        parts += [f"asked {short_modes(claim.modes_asked)}", f"granted {short_modes(claim.modes_granted)}"]
    if volume:
        parts.append(f"volume offers {short_modes(volume.modes)}")
    mode = claim.volume_mode if claim else volume.volume_mode if volume else "unknown"
    return [("Access modes", ", ".join(parts)), ("Volume mode", mode)]


def _class(claim: Claim | None, volume: Volume | None, see: Inventory) -> Rows:
    name = (claim.class_name if claim else None) or (volume.class_name if volume else "")
    found = see.storage_class.get(name or "")
    driver = volume.driver if volume else found.provisioner if found else "unknown"
    if not name:
        return [("Class", "none"), ("Driver", driver)]
    if found is None:
        seen = "not seen" if see.unseen.get("storageclasses.storage.k8s.io") else "no such class object"
        return [("Class", f"{plain(name)} ({seen})"), ("Driver", driver)]
    grows = "can be expanded" if found.expandable else "cannot be expanded"
    return [("Class", f"{name}: {found.binding_mode}, {grows}"), ("Driver", driver)]


def _limits(volume: Volume | None) -> Rows:
    """Say what cannot be known or held of this kind of volume."""
    told = (("Size", "not enforced", size_is_a_wish), ("Usage", "not known to Kubernetes", usage_is_unknown))
    return [(name, f"{what}: {why}") for name, what, test in told if volume and (why := test(volume))]


def _place(volume: Volume | None, see: Inventory) -> Rows:
    if volume is None or not volume.node_affinity:
        return []
    pinned = [r for term in volume.node_affinity for r in term]
    where = listing([f"{r.key} {r.operator} {'/'.join(r.values)}" for r in pinned], 3)
    zone = volume.meta.labels.get(_ZONE)
    rows = [("Only on nodes with", f"{plain(where, 120)}" + (f", zone {zone}" if zone else ""))]
    if see.nodes:
        able = [
            n.meta.name for n in see.nodes if any(all(r.holds(n.meta.labels) for r in t) for t in volume.node_affinity)
        ]
        rows.append(("Such nodes", listing(able, 5) or "none"))
    return rows


def _use(claim: Claim | None, see: Inventory) -> Rows:
    if claim is None:
        return []
    rows: Rows = []
    templates = [f"{w.kind} {w.meta.name}" for w in see.workloads_of.get(claim.meta.key, ())]
    if templates:
        rows.append(("Named by", listing(templates, 3)))
    points = see.snapshots_of.get(claim.meta.key, ())
    if points:
        rows.append(("Snapshots", f"{sum(s.ready for s in points)} ready of {len(points)}"))
    return rows


def storage_events(subject: Subject, claim: Claim | None, volume: Volume | None, see: Inventory) -> tuple[Event, ...]:
    """List the events of a claim, its volume and the pods that use it, newest first; of a pod or workload, of all its."""
    keys = [claim.meta.key] if claim else list(claims_of(subject, see))
    claims = [claim] if claim else [c for key in keys if (c := see.claim.get(key))]
    volumes = [volume.meta.name] if volume else [c.volume_name for c in claims if c.volume_name]
    pods = {p.meta.key: p for key in keys for p in see.pods_of.get(key, ())}
    pods |= {p.meta.key: p for p in pods_of(subject, see)}
    found: list[Event] = []
    for c in claims:
        found += see.events_of("PersistentVolumeClaim", *c.meta.key, c.meta.uid)
    for pod in pods.values():
        found += [e for e in see.events_of("Pod", *pod.meta.key, pod.meta.uid) if _about_storage(e)]
    for name in volumes:
        found += see.events_of("PersistentVolume", "", name)
    if subject.kind not in {"Pod", "PersistentVolumeClaim", "PersistentVolume"}:
        own = see.events_of(subject.kind, subject.namespace, subject.name)
        found += [e for e in own if _about_storage(e)]
    return tuple(sorted(found, key=lambda e: e.last or see.now, reverse=True)[:_EVENTS_KEPT])


def _about_storage(event: Event) -> bool:
    text = (event.reason + event.message).lower()
    return any(word in text for word in ("volume", "mount", "persistentvolumeclaim", "disk"))


def event_table(events: tuple[Event, ...], see: Inventory) -> Table:
    """Show the newest few, narrow enough for a chat; those that say the same are one row, told by the newest."""
    alike: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        alike.setdefault((event.reason, event.message), []).append(event)
    rows = tuple(
        (_what_and_when(same, see), short(plain(same[0].message, 200), 90))
        for same in list(alike.values())[:_EVENTS_SHOWN]
    )
    more = f" ({len(rows)} of {len(alike)}, all in events.csv)" if len(alike) > len(rows) else ""
    return Table(("event", "message"), rows, f"Last storage events{more}")


def _what_and_when(same: list[Event], see: Inventory) -> str:
    times = sum(event.count for event in same)
    when = f"{span(see.now - same[0].last)} ago" if same[0].last else "time unknown"
    return f"{plain(same[0].reason, 26)}{f' {times}x' if times > 1 else ''}, {when}"


def event_file(events: tuple[Event, ...]) -> File:
    """Write all of them."""
    return csv_file(
        "events.csv",
        ("last", "first", "count", "type", "reason", "kind", "namespace", "name", "message"),
        (
            (
                e.last.isoformat() if e.last else "",
                e.first.isoformat() if e.first else "",
                e.count,
                e.type,
                e.reason,
                e.kind,
                e.namespace,
                e.name,
                e.message,
            )
            for e in events
        ),
    )
