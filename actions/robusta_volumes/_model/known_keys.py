"""The keys of a block in the Helm values: which are ours, which were meant to be, and which are somebody else's."""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._model.checks import got
from robusta_volumes._model.errors import SettingsError
from robusta_volumes._model.text import nearest

_TYPO = 0.8  # likeness from which a key beside ours is ours, misspelt: persistentVolumeAlerts has less
ROOT = "workflows"
GROUP = "persistentVolumeWorkflows"


def mapping(
    value: object,
    path: str,
    known: tuple[str, ...],
    problems: dict[str, list[SettingsError]],
    pauses: tuple[str, ...],
    workflows: tuple[str, ...],
) -> Mapping[str, Any]:
    """Take a block as a mapping; report other types and unknown keys, and which workflows that pauses."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        hint = f"; write {{enabled: {str(value).lower()}}}" if _is_flag(value) and "enabled" in known else ""
        for key in pauses:
            problems.setdefault(key, []).append(SettingsError(path, f"must be a block of keys, {got(value)}{hint}"))
        return {}
    for key in value:
        if key in known:
            continue
        near = nearest(str(key), known, most=1) or nearest(str(key).lower(), [k.lower() for k in known], most=1)
        meant = [k for k in known if near and k.lower() == near[0].lower()]
        hint = f"did you mean {meant[0]}?" if meant else f"known here: {', '.join(known)}"
        if path == ROOT and (GROUP in value or not nearest(str(key).lower(), [GROUP.lower()], most=1, alike=_TYPO)):
            continue  # somebody else's block
        for owner in [k for k in meant if k in workflows] or (pauses if meant or len(pauses) == 1 else ("",)):
            problems.setdefault(owner, []).append(SettingsError(f"{path}.{key}", f"is not a known key; {hint}"))
    return value


def _is_flag(value: object) -> bool:
    """Tell whether somebody wrote `pvcSnapshots: false` and means the whole workflow."""
    return isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in {"true", "false"})
