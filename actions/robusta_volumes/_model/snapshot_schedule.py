"""The block ``pvcSnapshots``, and one entry of its ``schedules``: when, of which claims, how long they are kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from robusta_volumes._model.checks import cron, days, flag, got, limits, names, text, time_zone, whole
from robusta_volumes._model.declare import block_of, setting
from robusta_volumes._model.hooks import Hooks, hooks
from robusta_volumes._model.label_selector import selector as label_selector
from robusta_volumes._model.limits import Limits

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_GLOB = re.compile(r"[-a-z0-9.*?\[\]!]+(/[-a-z0-9.*?\[\]!]+)?")
_LABEL_KEY = re.compile(r"([a-z0-9.-]+/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_LONGEST = 63  # characters of a label value
_MANY = 1000


def _number(least: int) -> Any:
    return lambda value: whole(value, "restore points", least, _MANY)


def _minutes(value: object) -> int:
    return whole(value, "minutes", 1, 10_080)  # a week: later than that nobody wants it


def _parallel(value: object) -> int:
    return whole(value, "snapshots", 1, 50)


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value) or len(value) > _LONGEST:
        raise ValueError(f"must be lower-case letters, digits and dashes, at most {_LONGEST}, {got(value)}")
    return value


def globs(value: object) -> tuple[str, ...]:
    """Read names in which * stands for anything; one string with commas will do."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ValueError(f"must be a list of names, {got(value)}")  # noqa: TRY004 (one kind of error for all)
    found = tuple(str(item).strip() for item in items if str(item).strip())
    for name in found:
        if not _GLOB.fullmatch(name):
            raise ValueError(f"must be a list of names in which * may stand for anything, {got(name)} is none")
    return found


def labels(value: object) -> tuple[tuple[str, str], ...]:
    """Read labels to put on what is made."""
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a block of labels, {got(value)}")  # noqa: TRY004 (one kind of error for all)
    for key, item in value.items():
        if not _LABEL_KEY.fullmatch(str(key)) or not _LABEL_VALUE.fullmatch(str(item)) or len(str(item)) > _LONGEST:
            raise ValueError(f"has a label that Kubernetes does not take: {key}={item}")
    return tuple(sorted((str(key), str(item)) for key, item in value.items()))


@dataclass(frozen=True)
class SnapshotSchedule:
    """When, of which claims, how many, how long. What is left out selects nothing away: all Bound claims are covered."""

    name: str = setting("", _name, "what the schedule is called, on its snapshots too; never change it", "name")
    schedule: str = setting("", cron, "when a snapshot is due", "cron")
    time_zone: str = setting("UTC", time_zone, "the zone that the schedule is written in", "IANA zone")
    namespaces: tuple[str, ...] = setting((), globs, "namespaces of the claims, with *; none named: all", "names")
    exclude_namespaces: tuple[str, ...] = setting((), globs, "namespaces to leave out, with *", "names")
    claims: tuple[str, ...] = setting((), globs, "claims as name or namespace/name, with *; none named: all", "names")
    selector: str = setting("", label_selector, "label selector on claims, as kubectl takes it", "selector")
    storage_classes: tuple[str, ...] = setting((), globs, "storage classes of the claims, with *", "names")
    drivers: tuple[str, ...] = setting((), globs, "CSI drivers of the volumes, with *", "names")
    opt_in: bool = setting(False, flag, "true takes only claims whose annotation robusta-volumes.dev/snapshot names it")
    retention_days: int | None = setting(
        None,
        days,
        "how long its snapshots are kept; left out: retentionDays of pvcSnapshots, unless keepLast is set",
        "days",
    )
    keep_last: int | None = setting(None, _number(1), "keep at most so many good ones per claim", "restore points")
    keep_daily: int = setting(0, _number(0), "beyond that keep the newest of so many days", "restore points")
    keep_weekly: int = setting(0, _number(0), "beyond that keep the newest of so many weeks", "restore points")
    keep_monthly: int = setting(0, _number(0), "beyond that keep the newest of so many months", "restore points")
    min_good: int = setting(1, _number(1), "good ones that always stay, however old", "restore points")
    max_pending: int = setting(
        1, _number(1), "snapshots of a claim not ready yet, beyond which none is added", "restore points"
    )
    starting_deadline_minutes: int = setting(
        60,
        _minutes,
        "a slot missed for longer is told and not caught up: a snapshot of noon is not one of the night",
        "minutes",
    )
    max_parallel: int = setting(5, _parallel, "snapshots asked for at once: storage throttles more", "snapshots")
    snapshot_class: str = setting("", text, "the VolumeSnapshotClass; left out: the default one of each driver", "name")
    labels: tuple[tuple[str, str], ...] = setting((), labels, "further labels on its snapshots", "labels")
    hooks: Hooks | None = setting(None, hooks, "what runs in a pod that mounts the claim, before and after", "hooks")


def schedules(value: object) -> tuple[SnapshotSchedule, ...]:
    """Read the list of schedules. Raises ValueError: with the first one that cannot be used, by name or number."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list of schedules, {got(value)}")  # noqa: TRY004 (one kind of error for all)
    found: list[SnapshotSchedule] = []
    read = block_of(SnapshotSchedule())
    for number, item in enumerate(value):
        if isinstance(item, SnapshotSchedule):
            found.append(item)
            continue
        called = item.get("name") if isinstance(item, Mapping) else None
        where = f'entry "{called}"' if called else f"entry {number + 1}"
        try:
            one = read(item)
        except ValueError as wrong:
            raise ValueError(f"{where}: {wrong}") from wrong
        for needed in ("name", "schedule"):
            if not getattr(one, needed):
                raise ValueError(f"{where}: has no {needed}")
        if one.name in {other.name for other in found}:
            raise ValueError(f"{where}: there is another schedule of this name")
        found.append(one)
    return tuple(found)


def schedule_keys() -> tuple[Any, ...]:
    """List the declared keys of a schedule, for the reference."""
    return fields(SnapshotSchedule)


def _deletes(value: object) -> int:
    return whole(value, "snapshots", 0, 10_000)


@dataclass(frozen=True)
class PvcSnapshots:
    """CSI snapshots on schedule."""

    enabled: bool = setting(True, flag, "false silences every trigger of this workflow")
    retention_days: int = setting(30, days, "how long a snapshot is kept; the last good one is always kept", "days")
    schedules: tuple[SnapshotSchedule, ...] = setting(
        (), schedules, "what is taken when; none: nothing is made or deleted by itself", "schedules"
    )
    max_delete_per_run: int = setting(
        20,
        _deletes,
        "snapshots that one run may delete; the next run goes on: a mistake is seen before it is complete",
        "snapshots",
    )
    report_schedule: str = setting("0 7 * * *", cron, "when the scheduled report of all snapshots is due", "cron")
    time_zone: str = setting("UTC", time_zone, "the zone that reportSchedule is written in", "IANA zone")
    namespaces: tuple[str, ...] = setting(
        (), names, "namespaces to read when reading the whole cluster is not allowed", "names"
    )
    limits: Limits = setting(Limits(), limits, "thresholds to override by name")
