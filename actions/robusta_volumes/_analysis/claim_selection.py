"""Which claims a schedule is for. Pure."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.ours import CHOICE
from robusta_volumes._model.snapshot_schedule import SnapshotSchedule
from robusta_volumes._model.volume import Claim

LabelTest = Callable[[Mapping[str, str]], bool]


def selected(schedule: SnapshotSchedule, see: Inventory, labels: Sequence[LabelTest] = ()) -> tuple[Claim, ...]:
    """List the claims of a schedule, those that cannot be snapshotted included: a report says why.

    ``labels`` are the tests of the schedule's selector. A claim's annotation ``robusta-volumes.dev/snapshot`` decides before all
    else: "false" takes it out of every schedule, names of schedules put it into those and no others.
    """
    return tuple(c for c in see.claims if not c.meta.deleted and _wanted(c, schedule, see, labels))


def _wanted(claim: Claim, schedule: SnapshotSchedule, see: Inventory, labels: Sequence[LabelTest]) -> bool:
    choice = claim.meta.annotations.get(CHOICE)
    if choice is not None:
        return schedule.name in {name.strip() for name in choice.split(",")}
    if schedule.opt_in:
        return False
    volume = see.volume_of(claim)
    space = claim.meta.namespace
    return (
        _any(schedule.namespaces, space)
        and not (schedule.exclude_namespaces and _any(schedule.exclude_namespaces, space))
        and _any(schedule.claims, claim.meta.name, claim.meta.title)
        and _any(schedule.storage_classes, claim.class_name or "")
        and _any(schedule.drivers, volume.driver if volume else "")
        and all(test(claim.meta.labels) for test in labels)
    )


def _any(patterns: Sequence[str], *names: str) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns for name in names)
