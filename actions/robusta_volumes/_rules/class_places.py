"""Storage classes and the cluster around them: zones, free room."""

from statistics import median_low

from robusta_volumes._model.driver import Capacity
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CAPACITY, CLAIM, CSI_NODE, NODE, STORAGE_CLASS
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.requirement import Requirement
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing, plain, quoted
from robusta_volumes._model.volume import StorageClass
from robusta_volumes._rules.class_facts import USERS, driver_of, is_used, keys, pending_of, rewrite
from robusta_volumes._rules.pending import NO_PROVISIONER
from robusta_volumes._rules.rule import Fix, Hit, rule

_NO_PLACE = {"kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch"}
# What a zone was called before; drivers translate it.
_NOW_CALLED = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
}


@rule(
    "SC-04",
    Severity.MEDIUM,
    "Storage class chooses the place of a volume before its pod has one",
    on="StorageClass",
    advice=True,
    of_cluster=True,
    needs=(*USERS, CSI_NODE, NODE),
    fix="Use volumeBindingMode: WaitForFirstConsumer.",
)
def too_early(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The volume lies in any zone; the pod, which may need another one for its other volumes or for room, must follow."""
    if one.binding_mode != "Immediate" or one.provisioner == NO_PROVISIONER:
        return None
    found = [
        (key, see.by_class.node_labels.get(key, {}))
        for key in sorted(see.by_class.topology_keys.get(driver_of(one), ()))
    ]
    apart = [(key, values) for key, values in found if key not in _NO_PLACE and len(values) > 1]
    if not apart:
        return None
    key, values = max(apart, key=lambda place: "zone" in place[0])
    allowed = {v for term in one.topologies for r in term if _same(r.key, key) for v in r.values}
    if len(allowed) == 1:
        return None
    new = rewrite(one, "volumeBindingMode: Immediate", "volumeBindingMode: WaitForFirstConsumer")
    return Hit(
        f"chooses the {_short(key)} of a volume before its pod has a node",
        f"Its driver places each volume by {key}, of which the nodes have {len(values)}: {listing(sorted(values), 4)}. "
        "A pod can run only where its volume happens to lie.",
        (
            Fix(
                "write the class anew so that it waits for the pod (volumes and claims that exist stay as they are)",
                new,
            ),
        ),
        one.meta.created,
        severity=None if is_used(one, see) else Severity.LOW,
    )


@rule(
    "SC-09",
    Severity.HIGH,
    "Storage class allows places where no node is",
    on="StorageClass",
    of_cluster=True,
    needs=(*USERS, NODE),
    fix="Correct the zones or labels in allowedTopologies.",
)
def no_such_place(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A typo in a zone, or a zone that was given up: volumes are made where no pod can run, or not at all."""
    if not one.topologies or not see.nodes:
        return None
    if any(_nodes_of(term, see) for term in one.topologies):
        return None
    each = [r for term in one.topologies for r in term]
    wrong = next((r for r in each if not _somewhere(r, see)), each[0])  # or each is met, but by no node together
    here = sorted(_values(wrong.key, see))
    waiting = pending_of(one, see)
    return Hit(
        f"allows volumes only where no node is: {_short(wrong.key)} {listing([plain(v) for v in wrong.values], 3) or 'none'}",
        f"Nodes here have {wrong.key} {listing(here, 5)}." if here else f"No node here has a label {plain(wrong.key)}.",
        (
            Fix("write the class anew with a place that has nodes (allowedTopologies cannot be edited)"),
            Fix("or add nodes there, when an autoscaler does not do so by itself"),
        ),
        one.meta.created,
        claims=keys(waiting),
        severity=None if waiting else Severity.LOW,
    )


@rule(
    "SC-10",
    Severity.HIGH,
    "The driver has no room for another usual volume",
    on="StorageClass",
    of_cluster=True,
    needs=(CAPACITY, CLAIM),
    fix="Add storage where it lacks, or delete volumes that nothing uses.",
)
def pool_is_full(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The next claim or replica stays Pending, and its pod with it; the driver says so before it happens."""
    asked = [c.requested for c in see.by_class.claims.get(one.meta.name, ()) if c.requested]
    pools = pools_of(one, see)
    if not asked or not pools:
        return None
    usual = median_low(asked)
    short = [p for p in pools if (p.room or 0) < usual]
    if not short:
        return None
    waiting = tuple(c for c in pending_of(one, see) if c.requested and all((p.room or 0) < c.requested for p in pools))
    where = "anywhere" if len(short) == len(pools) else f"in {len(short)} of {count(len(pools), 'place')}"
    return Hit(
        f"has no room for another usual volume ({gib(usual)}) {where}",
        f"Largest volume that its driver can make: {listing([room_at(p) for p in short], 4)}."
        + (f" Waiting for room: {listing([c.meta.title for c in waiting], 3)}." if waiting else ""),
        (Fix("add storage there, or delete volumes that nothing uses (see the WA rules)"),),
        claims=keys(waiting),
        severity=None if waiting or len(short) == len(pools) else Severity.MEDIUM,
    )


@rule(
    "SC-12",
    Severity.LOW,
    "Free room is declared for a class that does not exist",
    on="CSIStorageCapacity",
    advice=True,
    of_cluster=True,
    needs=(STORAGE_CLASS,),
    fix="Delete what is left over, when the driver that wrote it is gone.",
)
def room_for_no_class(pool: Capacity, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A driver removes these when their class goes: that they are still there means that the driver is gone."""
    same = see.by_class.capacities[pool.class_name]
    if pool.class_name in see.storage_class or same[0] is not pool:
        return None  # said once for each class
    return Hit(
        f"is left over: class {plain(pool.class_name)} does not exist ({count(len(same), 'such object')})",
        "Its driver would have removed it with the class, so it does not run any more.",
        (
            Fix(
                "when the driver is gone for good, delete it (an object that only tells of free room; no data)",
                f"kubectl -n {quoted(pool.meta.namespace)} delete csistoragecapacity {quoted(pool.meta.name)}",
            ),
        ),
        pool.meta.created,
    )


def pools_of(one: StorageClass, see: Inventory) -> tuple[Capacity, ...]:
    """List what the driver says of its free room for a class, in places that have nodes."""
    found = (p for p in see.by_class.capacities.get(one.meta.name, ()) if p.reachable and p.room is not None)
    return tuple(p for p in found if not see.nodes or all(_somewhere(r, see) for r in p.place))


def room_at(pool: Capacity) -> str:
    """Write the room of one place: "3.0 GiB on node worker-1"."""
    place = " ".join(f"{_short(r.key)} {'/'.join(r.values)}" for r in pool.place)
    return f"{gib(pool.room)} on {plain(place, 80)}" if place else gib(pool.room)


def _same(one: str, other: str) -> bool:
    return _NOW_CALLED.get(one, one).rpartition("/")[2] == other.rpartition("/")[2]


def _short(key: str) -> str:
    return plain(key.rpartition("/")[2] or "place", 60)


def _values(key: str, see: Inventory) -> set[str]:
    return {*see.by_class.node_labels.get(key, ()), *see.by_class.node_labels.get(_NOW_CALLED.get(key, key), ())}


def _nodes_of(term: tuple[Requirement, ...], see: Inventory) -> set[str]:
    """Name the nodes that meet every requirement of a term."""
    found = {n.meta.name for n in see.nodes}
    for r in term:
        places = (see.by_class.node_labels.get(key, {}) for key in {r.key, _NOW_CALLED.get(r.key, r.key)})
        found &= {name for place in places for value in r.values for name in place.get(value, ())}
    return found


def _somewhere(needed: Requirement, see: Inventory) -> bool:
    """Tell whether some node may meet it; only what asks for certain values can fail."""
    return needed.operator != "In" or bool(_values(needed.key, see) & set(needed.values))


RULES = (too_early, no_such_place, pool_is_full, room_for_no_class)
