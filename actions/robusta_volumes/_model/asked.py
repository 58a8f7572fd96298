"""What the actions that change something are asked for: each param with its default, what it may be, and why."""

from dataclasses import dataclass, fields
from typing import Any

from robusta_volumes._model.checks import flag, got, whole
from robusta_volumes._model.declare import setting
from robusta_volumes._model.errors import SettingsError
from robusta_volumes._model.label_selector import selector as label_selector
from robusta_volumes._model.size import Size, size

POLICIES = ("Retain", "Delete")
DRY_RUN = "true shows the plan and changes nothing; false carries it out"


def word(value: object) -> str:
    """Read a name. Raises ValueError: when it is no text."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value).strip()
    raise ValueError(f"must be text, got {value!r}")


def policy(value: object) -> str:
    """Read a reclaim policy. Raises ValueError: when it is none that can be set."""
    found = next((one for one in POLICIES if one.lower() == str(value).strip().lower()), "")
    if not found:
        raise ValueError(f'must be {" or ".join(POLICIES)}, got "{value}"')
    return found


def claim_key(value: object) -> tuple[str, str]:
    """Read "namespace/name". Raises ValueError: when it is not that."""
    parts = tuple(part.strip() for part in str(value).split("/"))
    if len(parts) != 2 or not all(parts):  # noqa: PLR2004 (namespace and name)
        raise ValueError(f'must be written namespace/name, got "{value}"')
    return parts[0], parts[1]


@dataclass(frozen=True)
class Expand:
    """Let a claim grow."""

    name: str = setting("", word, "the claim that is to grow")
    namespace: str = setting("", word, "where the claim is")
    size: Size | None = setting(
        None, size, "the size that it is to have (160Gi), or how much more (+20%, rounded up to whole GiB)", "quantity"
    )
    dry_run: bool = setting(True, flag, DRY_RUN)
    force: bool = setting(False, flag, "true lets it grow though something else decides its size and may object")


@dataclass(frozen=True)
class SetPolicy:
    """Set what becomes of a volume's data when its claim is deleted."""

    name: str = setting("", word, "the volume; with a namespace, the claim whose volume is meant")
    namespace: str = setting("", word, "where the claim is")
    policy: str = setting("", policy, "Retain keeps the data when the claim is deleted, Delete deletes it, too")
    dry_run: bool = setting(True, flag, DRY_RUN)


@dataclass(frozen=True)
class Release:
    """Give a kept volume back to a claim."""

    name: str = setting("", word, "the volume, which must be Released or Failed")
    claim: tuple[str, str] | None = setting(
        None, claim_key, "the claim that is to have it, when it is not the one that had it", "namespace/name"
    )
    dry_run: bool = setting(True, flag, DRY_RUN)


def retain(value: object) -> bool:
    """Read "schedule". Raises ValueError: when it is anything else."""
    if value == "schedule":
        return True
    if value == "":
        return False
    raise ValueError(f'must be "schedule" or nothing, {got(value)}')


def _seconds(value: object) -> int:
    return whole(value, "seconds", 0, 90)  # a person's run ends after 120


@dataclass(frozen=True)
class CreateSnapshots:
    """Take a snapshot of one claim or of several."""

    name: str = setting("", word, "the claim; without it all Bound claims of the namespace or the selector")
    namespace: str = setting("", word, "where the claims are")
    selector: str = setting("", label_selector, "label selector on claims, as kubectl takes it", "selector")
    snapshot_class: str = setting("", word, "the VolumeSnapshotClass; left out: the default one of each driver")
    retain: bool = setting(
        False,
        retain,
        "schedule lets them go like those of a schedule; left out, they stay until pruned by hand",
        "schedule",
    )
    wait: int = setting(20, _seconds, "how long to wait until they are ready", "seconds")
    dry_run: bool = setting(False, flag, "true shows what would be done and makes nothing")


@dataclass(frozen=True)
class SnapshotTick:
    """Do what the schedules of the settings say; it takes no params of its own, and a playbook of ours runs it."""


@dataclass(frozen=True)
class PruneSnapshots:
    """Delete the snapshots that the settings no longer keep."""

    schedule: str = setting("", word, "the schedule whose snapshots are meant; none named: all of them")
    namespace: str = setting("", word, "only the snapshots of this namespace")
    by_hand: bool = setting(
        False, flag, "true counts those made by hand, too: they go by retentionDays, and the last good one stays"
    )
    confirm: bool = setting(
        False, flag, "true deletes though more than half of a claim's good ones go, or the clock seems wrong"
    )
    dry_run: bool = setting(True, flag, DRY_RUN)


@dataclass(frozen=True)
class RestoreSnapshot:
    """Restore a snapshot into a new claim of its namespace; the claim that it was taken of is never touched."""

    name: str = setting("", word, "the snapshot; or a claim, whose newest good snapshot is then meant")
    namespace: str = setting("", word, "where the snapshot is, and where the new claim comes")
    new_name: str = setting("", word, "the new claim; left out: the old one's name, and when the data was cut")
    storage_class: str = setting("", word, "the storage class, of the same driver; left out: that of the claim")
    dry_run: bool = setting(True, flag, DRY_RUN)


WAYS = ("auto", "exec", "pod", "snapshot", "debug")


def way(value: object) -> str:
    """Read how to look. Raises ValueError: when it is none of the ways."""
    if str(value).strip().lower() in WAYS:
        return str(value).strip().lower()
    raise ValueError(f"must be {', '.join(WAYS[:-1])} or {WAYS[-1]}, {got(value)}")


@dataclass(frozen=True)
class VolumeContents:
    """Tell what uses the space in a volume. It reads every folder, which the volume's users may feel: ask when it is quiet."""

    name: str = setting("", word, "the claim")
    namespace: str = setting("", word, "where the claim is")
    way: str = setting(
        "auto",
        way,
        "exec looks from a pod that runs, pod makes one that only reads and is deleted after, snapshot looks into a copy that is "
        "deleted after; auto takes the first of these that works, a copy only where the volume cannot be mounted a second time; "
        "debug adds a container to a pod that has the volume, which stays in that pod until the pod goes: never unasked",
        "word",
    )
    dry_run: bool = setting(False, flag, "true tells how it would be looked at, and does not look")


def check_given(asked: Any, *needed: str) -> None:
    """Raise SettingsError: when a param of ``needed`` was not given."""
    why = {one.name: one.metadata["why"] for one in fields(asked)}
    for name in needed:
        if not getattr(asked, name):
            raise SettingsError(f"action param {name}", f"is needed: {why[name]}")
