"""A param whose name comes near one of ours is ours, misspelt; any other is somebody else's key of `globalConfig`."""

from collections.abc import Callable, Collection
from functools import lru_cache

from robusta_volumes._host.params import TargetParams
from robusta_volumes._model.errors import SettingsError
from robusta_volumes._model.settings import snake
from robusta_volumes._model.text import nearest

_TYPO = 0.8  # likeness from which a name is one of ours: namepace and namespace have 0.94, named_sinks has 0.57
_FILLED = {"workflows", "cluster_name"}  # come from globalConfig: nobody writes them, and cluster_zone comes near


def check_names(params: TargetParams, global_keys: Callable[[], Collection[str] | None]) -> None:
    """Look for misspelt params among those that nobody reads. ``global_keys`` gives globalConfig's own, None: unknown.

    Robusta hands an action all of globalConfig as well, so a name that stands there too says nothing. The keys are asked
    for only when a name looks misspelt: reading the runner's configuration takes longer than most events.

    Raises SettingsError: naming the param and the one that was meant.
    """
    ours = tuple(name for name in type(params).__fields__ if name not in _FILLED)
    for given in sorted(params.dict().keys() - type(params).__fields__.keys()):
        meant = _meant(given, ours)
        known = global_keys() if meant else None
        if known is not None and given not in known:
            raise SettingsError(f"action param {given}", f"is not a known param; did you mean {meant}?")


@lru_cache(maxsize=256)
def _meant(given: str, ours: tuple[str, ...]) -> str:
    near = nearest(snake(given.replace("-", "_")).strip("_"), ours, most=1, alike=_TYPO)
    return near[0] if near else ""
