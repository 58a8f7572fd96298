"""Storage classes whose driver is gone, or does not do its work."""

from collections.abc import Sequence
from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, CSI_DRIVER, CSI_NODE, NODE, POD, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing, plain, quoted
from robusta_volumes._model.volume import Claim, Pod, StorageClass, Volume
from robusta_volumes._rules.class_facts import driver_of, keys, pending_of
from robusta_volumes._rules.driver_pods import controller_state, controllers
from robusta_volumes._rules.rule import Fix, Hit, rule


@rule(
    "SC-03",
    Severity.HIGH,
    "Storage class has no living driver",
    on="StorageClass",
    of_cluster=True,
    needs=(CSI_DRIVER, CSI_NODE, NODE, POD, CLAIM, VOLUME),
    fix="Install or repair the driver, or delete the class.",
)
def no_driver(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:
    """Volumes of the class stay readable where they are mounted, until their pods move: then nobody can mount them."""
    name = driver_of(one)
    if not name:
        return None
    bound = [v for v in see.by_class.volumes.get(one.meta.name, ()) if v.phase == "Bound"]
    waiting = pending_of(one, see)
    if see.nodes_with.get(name):
        down = _controller_down(name, see, limits)
        return _half_dead(name, down, waiting, see) if down and (bound or waiting) else None
    there = see.driver.get(name)
    new = there and there.meta.created and see.now - there.meta.created < timedelta(minutes=limits.new_node_minutes)
    if there and (new or not any(n.ready for n in see.nodes)):
        return None
    what = "runs on no node" if there else "is not installed"
    repair = Fix(f"{'look at the node plugin (DaemonSet) of' if there else 'install'} driver {plain(name)}")
    drop = Fix("or delete the class", f"kubectl delete storageclass {quoted(one.meta.name)}")
    size = sum(v.capacity or 0 for v in bound)
    return Hit(
        f"has no living driver: {plain(name)} {what}",
        f"Nothing can create, mount, grow or delete a volume of it. {_stock(bound, size, waiting)}",
        (repair,) if bound or waiting else (repair, drop),
        one.meta.created,
        claims=keys(waiting),
        size=size or None,
        severity=None if bound else Severity.LOW,
    )


def _stock(bound: Sequence[Volume], size: int, waiting: Sequence[Claim]) -> str:
    has = f"Bound: {count(len(bound), 'volume')}, {gib(size)}." if bound else "It has no bound volume."
    waits = f"Pending: {listing([c.meta.title for c in waiting], 3)}." if waiting else "No claim waits for it."
    return f"{has} {waits}"


def _controller_down(name: str, see: Inventory, limits: Limits) -> tuple[Pod, ...]:
    """List the driver's controller pods when all of them have been unready for longer than a start takes."""
    pods = controllers(name, see)
    young = timedelta(minutes=limits.provisioning_minutes)
    stale = all(not p.ready and p.meta.created and see.now - p.meta.created >= young for p in pods)
    return pods if stale else ()


def _half_dead(name: str, down: tuple[Pod, ...], waiting: tuple[Claim, ...], see: Inventory) -> Hit:
    first = down[0].meta
    return Hit(
        f"has a driver whose controller does not run: {plain(name)}",
        "Mounted volumes work on; nothing is created, attached, grown or deleted." + controller_state(name, see),
        (
            Fix(
                "repair its controller pods; the log of the last try says why",
                f"kubectl -n {quoted(first.namespace)} logs {quoted(first.name)} --all-containers --previous",
            ),
        ),
        min((p.meta.created for p in down if p.meta.created), default=None),
        claims=keys(waiting),
        severity=None if waiting else Severity.MEDIUM,
    )


RULES = (no_driver,)
