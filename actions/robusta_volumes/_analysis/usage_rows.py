"""What was measured of claims as arrays: one row per claim that can be judged, one column per day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf

import numpy as np
from numpy.typing import NDArray

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.usage import Grid, Key, Measured, Use
from robusta_volumes._model.volume import Claim

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Claims of which it is known how full they are now. Arrays are ``(claims,)`` or ``(claims, days)``, in bytes."""

    keys: tuple[Key, ...]
    uses: tuple[Use, ...]
    usable: Floats
    highest: Floats  # of each day
    lowest: Floats
    size: Floats  # of the volume; NaN where that was not seen
    asked: Floats  # by the claim
    days: tuple[date, ...]  # of the columns


def rows_of(see: Inventory, measured: Measured) -> Rows:
    """Line up what was measured with the claims that were seen."""
    known = [
        (claim, use)
        for claim in see.claims
        if (use := measured.now.get(claim.meta.key)) is not None and use.usable is not None
    ]
    keys = tuple(claim.meta.key for claim, _ in known)
    used = _floats([use.used for _, use in known])
    highest, lowest = aligned(measured.highest, keys), aligned(measured.lowest, keys)
    if lowest.shape != highest.shape or _days(measured.lowest) != _days(measured.highest):
        lowest = highest.copy()
    latest = np.isfinite(highest).any(axis=1)
    claims = [claim for claim, _ in known]
    before = older(measured.highest, highest, claims, see)
    highest[before] = lowest[before] = np.nan
    highest[latest, -1] = np.fmax(highest[latest, -1], used[latest])
    lowest[latest, -1] = np.fmin(lowest[latest, -1], used[latest])
    volumes = [see.volume_of(claim) for claim, _ in known]
    return Rows(
        keys=keys,
        uses=tuple(use for _, use in known),
        usable=_floats([use.usable for _, use in known]),
        highest=highest,
        lowest=lowest,
        size=_floats([(v.capacity if v else None) or c.capacity for (c, _), v in zip(known, volumes, strict=True)]),
        asked=_floats([claim.requested for claim, _ in known]),
        days=_days(measured.highest),
    )


def older(grid: Grid | None, values: Floats, claims: Sequence[Claim], see: Inventory) -> NDArray[np.bool_]:
    """Tell which days of a grid's rows are of another volume: one that a claim of the same name had before.

    The day on which the volume was made is the other's, too, where there was one: its highest use may be that of either.
    """
    if grid is None or not grid.columns or not claims:
        return np.zeros(values.shape, dtype=bool)
    ends = grid.start.timestamp() + np.arange(grid.columns) * grid.step.total_seconds()
    made = np.array([_made(claim, see) for claim in claims])[:, None]
    other = (np.isfinite(values) & (ends <= made)).any(axis=1, keepdims=True)
    return np.asarray(other & (ends - grid.step.total_seconds() < made))


def _made(claim: Claim, see: Inventory) -> float:
    """Give the second before which a claim's volume was not there; -inf: not known.

    Known of what was made for the very claim: then the uid of the claim is in the volume's name. Anything else may have been
    there before, with its data: a volume that was bound by hand, or came back from a backup.
    """
    volume, meta = see.volume_of(claim), claim.meta
    if volume is None or not meta.uid or meta.created is None or not volume.meta.name.endswith(meta.uid):
        return -inf
    return meta.created.timestamp()


def _floats(values: Sequence[int | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def aligned(grid: Grid | None, keys: Sequence[Key]) -> Floats:
    """Give a grid's rows in the order of ``keys``, NaN where it has none; never fewer than one column."""
    if grid is None or not grid.columns:
        return np.full((len(keys), 1), np.nan)
    if not grid.keys:
        return np.full((len(keys), grid.columns), np.nan)
    values = np.frombuffer(grid.values, dtype=np.float64).reshape(len(grid.keys), grid.columns)
    place: Mapping[Key, int] = {key: row for row, key in enumerate(grid.keys)}
    index = np.fromiter((place.get(key, -1) for key in keys), dtype=np.int64, count=len(keys))
    found: Floats = values[index]  # a copy: the grid stays as it is
    found[index < 0] = np.nan
    return found


def _days(grid: Grid | None) -> tuple[date, ...]:
    """Give the day that most of each column lies in."""
    if grid is None:
        return ()
    return tuple((grid.start + column * grid.step - grid.step / 2).date() for column in range(grid.columns))
