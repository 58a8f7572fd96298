"""Volumes of the wrong size: too large for what they hold, idle, not expandable where they must grow, not grown at all."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CSI_DRIVER, METRICS, POD, STORAGE_CLASS, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import GIB, as_quantity, gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, plain, quoted
from robusta_volumes._model.use_words import how_full, percent
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.binding import users
from robusta_volumes._rules.growth import growing
from robusta_volumes._rules.joins import attaches
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.usage_facts import at_least, by_days, measured, sizes, state, volume_size
from robusta_volumes._rules.usage_fixes import LOOK, not_expandable

_PERCENT = 100
_WHOLE_SHARE = 0.9  # of a volume: what filesystems take for themselves is less than the rest


@rule(
    "US-09",
    Severity.LOW,
    "Volume is much larger than what it holds",
    on="PersistentVolumeClaim",
    advice=True,
    needs=(METRICS, VOLUME),
    fix="Ask for less where the claim is written; to save now, copy the data to a smaller claim.",
)
def oversized(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """Storage is paid by its size, not by its use. Kubernetes never shrinks a claim, so the smaller one is a copy."""
    use, size = measured(claim, see), volume_size(claim, see)
    if use is None or size is None or use.peak is None or use.history < limits.oversized_days or use.wish:
        return None
    less = size - (use.target or size)
    if use.peak * _PERCENT >= size * limits.oversized_percent or less <= 0 or use.full_in is not None:
        return None
    saved = use.cost * less / size if use.cost else None
    money = f", about {use.money(saved)} a month less (an estimate)" if saved else ""
    return Hit(
        f"held {gib(use.peak)} at most in {use.history} days and has {gib(size)}",
        f"{gib(use.target)} would do, with room to grow: {gib(less)} less{money}. Pattern: {use.pattern}.",
        (
            Fix(
                f"write {as_quantity(use.target or 0)} where the claim comes from (chart, template): the next one is smaller"
            ),
            Fix(
                f"to save now: snapshot it, create a claim of {as_quantity(use.target or 0)}, stop what writes, copy the "
                "data, let the workload use the new claim; delete the old one when all is well"
            ),
        ),
        size=less,
        cost=saved,
    )


@rule(
    "US-10",
    Severity.LOW,
    "Data has not changed for weeks",
    on="PersistentVolumeClaim",
    advice=True,
    needs=(METRICS, VOLUME, POD),
    fix="Ask its owner; archive it to something cheaper, or stop what mounts it.",
)
def idle(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """A pod mounts it and nobody writes: often an old database or an import that was never cleaned up, on a fast disk."""
    use = measured(claim, see)
    if use is None or use.use is None or use.idle_since is None or (use.use.used or 0) < limits.idle_gib * GIB:
        return None
    pods = [p.meta.name for p in users(claim, see)]
    days = (see.now.date() - use.idle_since).days
    by = f", though {plain(pods[0], 80)} mounts it" if pods else ""
    costs = f" It costs about {use.money(use.cost)} a month (an estimate)." if use.cost else ""
    return Hit(
        f"holds {gib(use.use.used)} that have not changed for {days} days",
        f"Last change of what is used: {use.idle_since}{by}. Reading leaves no trace here, so ask first.{costs}",
        (
            Fix(
                "ask its owner whether it is still read; if not, take a snapshot or an archive and stop what mounts it"
            ),
            Fix("or move it to a class that costs less"),
        ),
        size=volume_size(claim, see),
        cost=use.cost,
    )


@rule(
    "RS-08",
    Severity.HIGH,
    "Volume fills up and its class cannot be expanded",
    on="PersistentVolumeClaim",
    needs=(METRICS, VOLUME, STORAGE_CLASS),
    fix="Allow expansion in the class when the driver can do it; else copy the data to a larger claim in time.",
)
def cannot_grow(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """When it is full there is no quick way out: a copy to a larger volume takes hours and a stop of the workload."""
    use = measured(claim, see)
    if use is None or use.use is None or use.wish or use.shared_with:
        return None
    if not at_least(use.use.share, limits.full_percent) and by_days(use.full_in, limits) is None:
        return None
    found = see.storage_class.get(claim.class_name or "")
    if found is not None and found.expandable:
        return None
    name = plain(claim.class_name or "", 80)
    if found is None:
        why = f"its class {name} does not exist" if name else "it has no storage class"
    else:
        why = f"class {name} does not allow it"
    return Hit(
        f"fills up and cannot grow: {why}",
        state(use, see),
        (*not_expandable(claim, found), LOOK),
        size=volume_size(claim, see),
    )


@rule(
    "RS-11",
    Severity.MEDIUM,
    "Filesystem is smaller than its volume",
    on="PersistentVolumeClaim",
    needs=(METRICS, VOLUME, CSI_DRIVER, POD),
    fix="Restart the pod that mounts it: the node grows the filesystem; if it does not, read the driver's log there.",
)
def smaller_than_volume(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """An expansion that never reached the filesystem: the disk is paid for, and the data does not get the room."""
    use, volume = measured(claim, see), see.volume_of(claim)
    if use is None or use.use is None or volume is None or use.wish or use.shared_with or not attaches(volume, see):
        return None
    size, has = volume.capacity, use.use.capacity
    if not size or not has or has >= size * _WHOLE_SHARE or growing(claim) or claim.conditions:
        return None
    pods = [p.meta.name for p in users(claim, see) if p.phase == "Running"]
    todo = f"restart pod {plain(pods[0], 80)}" if pods else "restart the pod that mounts it"
    return Hit(
        f"has a filesystem of {gib(has)} on a volume of {gib(size)}",
        f"{how_full(use.use)} used; the missing {gib(size - has)} ({percent(1 - has / size)}) are paid for. "
        f"Volume {code(volume.meta.name)} says {sizes(claim, see)}.",
        (
            Fix(
                f"{todo}: the node then grows the filesystem",
                f"kubectl -n {quoted(claim.meta.namespace)} delete pod {quoted(pods[0])}" if pods else "",
            ),
            Fix("if it stays as it is, read the log of the driver's pod on that node"),
        ),
        size=size - has,
    )


RULES = (oversized, idle, cannot_grow, smaller_than_volume)
