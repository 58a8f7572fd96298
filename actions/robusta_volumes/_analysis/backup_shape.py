"""What a backup of ours selects, as far as Velero can say it: no claim by its name, no storage class, no annotation. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from robusta_volumes._analysis.backup_selection import SYSTEM, Selection
from robusta_volumes._model.backup import Scope
from robusta_volumes._model.backup_settings import VELERO_MODE, VolumeBackupManagement
from robusta_volumes._model.errors import SettingsError
from robusta_volumes._model.label_selector import as_field
from robusta_volumes._model.text import code, count, listing, plain
from robusta_volumes._model.volume import Claim

_PREFIX = "workflows.persistentVolumeWorkflows.volumeBackupManagement"
OPTED_OUT = "left out by its annotation"
_DATA = ("persistentvolumeclaims", "persistentvolumes")  # no Secret of anybody leaves the cluster with a volume
# What is put into words before it is changed: what is saved, how, where to, and how long it stays.
_SHAPE = (
    "engine", "mode", "namespaces", "exclude_namespaces", "claims", "selector", "storage_classes", "ttl", "keep_last",
    "storage_location", "move_data", "by_file_system",
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What one backup selects. Without a scope there is nothing to save. ``notes``: what it cannot say as the settings do."""

    scope: Scope | None
    notes: tuple[str, ...] = ()


def settings_shape(settings: VolumeBackupManagement) -> dict[str, Any]:
    """Give what people are told of before it counts; a change of the time is none."""
    found = {name: getattr(settings, name) for name in _SHAPE}
    return {name: list(value) if isinstance(value, tuple) else str(value) for name, value in found.items()}


def check_mode(settings: VolumeBackupManagement) -> None:
    """Raise SettingsError: when a Schedule of Velero cannot select what the settings choose, with the way out."""
    if settings.engine != "velero":
        return
    if settings.mode == VELERO_MODE:
        for key, chosen in (("claims", settings.claims), ("storageClasses", settings.storage_classes)):
            if chosen:
                raise SettingsError(
                    f"{_PREFIX}.{key}",
                    "cannot be used in mode velero, whose Schedule selects by namespaces and labels alone: set mode: ticks, "
                    "or choose namespaces or a selector",
                )
    try:
        as_field(settings.selector)
    except ValueError as wrong:
        raise SettingsError(f"{_PREFIX}.selector", f"cannot be used: {plain(wrong)}") from wrong


def standing_shape(settings: VolumeBackupManagement, spaces: Callable[[], Iterable[str]], home: str) -> Shape:
    """Say it once for all nights, for a Schedule: patterns become the namespaces that there are now.

    ``spaces`` gives the namespaces that hold claims; it is asked for only where there is a pattern.
    """
    patterns = [p for p in (*settings.namespaces, *settings.exclude_namespaces) if _is_pattern(p)]
    there = sorted(spaces()) if patterns else []
    notes: tuple[str, ...] = ()
    if patterns:
        meant = listing([code(p) for p in patterns])
        notes = (
            f"Velero gets the namespaces that {meant} means today; for a new one its Schedule is changed, told first.",
        )
    if not settings.namespaces:
        literal = {name for name in settings.exclude_namespaces if not _is_pattern(name)}
        out = _system(settings, home) | literal | _matching(settings.exclude_namespaces, there)
        return Shape(_scope(settings, without=tuple(sorted(out))), notes)
    named = {p for p in settings.namespaces if not _is_pattern(p)}
    meant_now = _matching(settings.namespaces, there) - _system(settings, home)
    chosen = named | meant_now
    chosen -= _matching(settings.exclude_namespaces, chosen)
    return Shape(_scope(settings, namespaces=tuple(sorted(chosen))) if chosen else None, notes)


def tonight_shape(settings: VolumeBackupManagement, claims: Sequence[Claim]) -> Shape:
    """Say it for these claims: the namespaces that hold them, and the selector if there is one."""
    spaces = tuple(sorted({claim.meta.namespace for claim in claims}))
    return Shape(_scope(settings, namespaces=spaces) if spaces else None)


def data_resources(settings: VolumeBackupManagement) -> tuple[str, ...]:
    """Name the kinds of objects that a backup of volumes holds: pods only where files are read through them."""
    return (*_DATA, "pods") if settings.by_file_system else _DATA


def also_caught(inside: Iterable[Claim], wanted: Iterable[Claim]) -> list[Claim]:
    """List the claims that a selection catches beside those that are wanted."""
    own = {claim.meta.key for claim in wanted}
    return [claim for claim in inside if claim.meta.key not in own]


def _scope(settings: VolumeBackupManagement, namespaces: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> Scope:
    return Scope(
        namespaces=namespaces,
        without_namespaces=without,
        resources=data_resources(settings),
        labels=as_field(settings.selector),
        moves_data=settings.move_data and settings.engine == "velero",
        by_file_system=settings.by_file_system,
    )


def _is_pattern(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def _system(settings: VolumeBackupManagement, home: str) -> set[str]:
    return {SYSTEM, home, settings.verify.namespace} - {""}


def _matching(patterns: Iterable[str], names: Iterable[str]) -> set[str]:
    return {name for name in names for pattern in patterns if fnmatchcase(name, pattern)}


def data_scope(settings: VolumeBackupManagement) -> Scope:
    """Give how data is saved, of whatever claims: what must work for it hangs on that alone."""
    return _scope(settings)


def opted_out(more: Iterable[Claim], settings: VolumeBackupManagement, home: str) -> tuple[str, ...]:
    """Say which of the claims that are caught beside the wanted ones have opted out by their annotation."""
    choice = Selection(settings, home)
    out = [c.meta.title for c in more if choice.left_out(c).startswith(OPTED_OUT)]
    if not out:
        return ()
    who = f"{count(len(out), 'claim')} opted out by annotation ({listing([plain(name) for name in out], 3)})"
    says = "which Velero does not know: where it is selected it is saved all the same"
    return (f"{who}, {says}. The label `velero.io/exclude-from-backup=true` keeps it out.",)
