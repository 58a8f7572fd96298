"""Everything that is known of each claim and volume, as one wide CSV: what a message has no room for."""

from collections import defaultdict
from collections.abc import Iterable

from robusta_volumes._analysis.assess import Assessment
from robusta_volumes._analysis.costs import monthly
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import ATTACHMENT, CLAIM, POD, SNAPSHOT, STORAGE_CLASS, VOLUME, Kind
from robusta_volumes._model.prices import Prices
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._report.page import File, csv_file
from robusta_volumes._rules.static import short_modes

_ZONE_LABEL = "topology.kubernetes.io/zone"
_UNKNOWN = "unknown"  # an empty cell would say that there is none
_OF_CLAIM = ("claim phase", "asked modes", "requested bytes", "reported bytes", "conditions", "resize", "claim deleted")
_OF_VOLUME = (
    "volume phase", "driver", "data lies on", "provisioned bytes", "reclaim policy", "zone", "only on nodes with",
    "volume deleted",
)  # fmt: skip


def volumes_csv(see: Inventory, found: Assessment) -> File:
    """Write one row per claim, and one per volume without a claim."""
    rules: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for issue in found.issues:
        rules[issue.object].append(issue.rule.id)
    pairs: list[tuple[Claim | None, Volume | None]] = [(c, see.volume_of(c)) for c in see.claims]
    pairs += [(None, v) for v in see.volumes if see.claim_of(v) is None]
    rows = []
    for c, v in pairs:
        fired = [*rules.get(("PersistentVolumeClaim", *c.meta.key), ())] if c else []
        fired += rules.get(("PersistentVolume", "", v.meta.name), ()) if v else ()
        cells = {**_what(c, v), **_sizes(c, v, see), **_use(c, v, see), **_going_on(c, v), **_not_seen(c, v, see)}
        rows.append({**cells, **_money(c, v, see, found.prices), "rules": " ".join(fired)})
    headers = tuple(rows[0]) if rows else ("namespace", "claim")
    return csv_file("volumes.csv", headers, (tuple(row.values()) for row in rows))


Cells = dict[str, object]


def _what(c: Claim | None, v: Volume | None) -> Cells:
    return {
        "namespace": c.meta.namespace if c else "",
        "claim": c.meta.name if c else "",
        "claim phase": c.phase if c else "",
        "volume": v.meta.name if v else "",
        "volume phase": v.phase if v else "",
        "class": (c.class_name if c else v.class_name if v else "") or "",
        "driver": v.driver if v else "",
        "data lies on": v.backend if v else "",
        "asked modes": short_modes(c.modes_asked) if c else "",
        "granted modes": short_modes(c.modes_granted if c else v.modes if v else ()),
        "mode": c.volume_mode if c else v.volume_mode if v else "",
    }


def _sizes(c: Claim | None, v: Volume | None, see: Inventory) -> Cells:
    return {
        "requested bytes": c.requested if c else "",
        "provisioned bytes": v.capacity if v else "",
        "reported bytes": c.capacity if c else "",
        "reclaim policy": v.reclaim_policy if v else "",
        "expandable": _expandable((c.class_name if c else None) or (v.class_name if v else ""), see),
    }


def _expandable(class_name: str, see: Inventory) -> str:
    """Only a class can allow it; a volume without one cannot grow."""
    if class_name and see.lacks(STORAGE_CLASS):
        return _UNKNOWN
    found = see.storage_class.get(class_name)
    return "yes" if found and found.expandable else "no"


def _money(c: Claim | None, v: Volume | None, see: Inventory, prices: Prices) -> Cells:
    """Say what is paid in a month: for the volume, not for what is only asked for."""
    if not prices:
        return {}
    money = monthly(v.capacity, c, v, see, prices) if v else None
    return {f"{prices.currency} per month": "" if money is None else f"{money:.2f}"}


def _use(c: Claim | None, v: Volume | None, see: Inventory) -> Cells:
    ref = v.claim_ref if v and see.lacks(CLAIM) else None
    key, name = c.meta.key if c else ref.key if ref else None, v.meta.name if v else c.volume_name if c else ""
    pods = (f"{p.meta.name}@{p.node or 'none'}" for p in see.pods_of.get(key, ())) if key else ()
    at = (f"{a.node}{'' if a.attached else ' (not yet)'}" for a in see.attachments_of.get(name, ()))
    return {
        "zone": _zones(v) if v else "",
        "only on nodes with": _affinity(v) if v else "",
        "attached to": _seen(ATTACHMENT, at, see) if name else "",
        "pods@nodes": _seen(POD, pods, see) if key else "",
        "last snapshot": _seen(SNAPSHOT, _last_snapshot(key, see), see) if key else "",
    }


def _last_snapshot(key: tuple[str, str], see: Inventory) -> tuple[str, ...]:
    """Give when the newest good snapshot was cut."""
    cut = [when for s in see.snapshots_of.get(key, ()) if s.ready and (when := s.cut or s.meta.created)]
    return (max(cut).isoformat(),) if cut else ()


def _not_seen(c: Claim | None, v: Volume | None, see: Inventory) -> Cells:
    """Name the other one of the pair where the cluster does not show it, and say that the rest is unknown."""
    if c and v is None and c.volume_name and see.lacks(VOLUME):
        return {"volume": c.volume_name, **dict.fromkeys(_OF_VOLUME, _UNKNOWN)}
    if v and c is None and v.claim_ref and see.lacks(CLAIM):
        ref = v.claim_ref
        return {"namespace": ref.namespace, "claim": ref.name, **dict.fromkeys(_OF_CLAIM, _UNKNOWN)}
    return {}


def _seen(kind: Kind, names: Iterable[str], see: Inventory) -> str:
    return _UNKNOWN if see.lacks(kind) or kind.resource in see.skipped else ", ".join(names)


def _going_on(c: Claim | None, v: Volume | None) -> Cells:
    born, deleted = (c.meta.created if c else v.meta.created if v else None), (c.meta.deleted if c else None)
    leaving = v.meta.deleted if v else None
    conditions = [f"{x.type}: {x.message or x.reason}".removesuffix(": ") for x in c.conditions] if c else []
    return {
        "conditions": "; ".join(conditions),
        "resize": c.resize_status if c else "",
        "claim deleted": deleted.isoformat() if deleted else "",
        "volume deleted": leaving.isoformat() if leaving else "",
        "created": born.isoformat() if born else "",
    }


def _affinity(volume: Volume) -> str:
    """Write who may use a volume: one of the terms, and of that all requirements."""
    terms = (
        " and ".join(f"{r.key} {r.operator} {'/'.join(r.values)}".rstrip() for r in term)
        for term in volume.node_affinity
    )
    return " or ".join(terms)


def _zones(volume: Volume) -> str:
    """Give the zones in which a volume lies, by its affinity (drivers have keys of their own) or its label."""
    pinned = (r for term in volume.node_affinity for r in term if r.operator == "In" and r.key.endswith("/zone"))
    zones = {zone for r in pinned for zone in r.values} | {volume.meta.labels.get(_ZONE_LABEL, "")}
    return " ".join(sorted(zones - {""}))
