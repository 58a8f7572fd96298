"""How the use of claims changed of late: a loss, an import, or growth that began to differ. All rows at once."""

from typing import Any

import numpy as np

from robusta_volumes._analysis.forecast import Outlook
from robusta_volumes._analysis.patterns import CYCLIC, EMPTY, FORECAST_POINTS, IDLE, SAWTOOTH, STEP
from robusta_volumes._analysis.slopes import theil_sen
from robusta_volumes._analysis.usage_breaks import knees, lasting, losses
from robusta_volumes._analysis.usage_rows import Floats, Rows
from robusta_volumes._model.limits import Limits

_MONTH, _WEEK = 30, 7  # days
_PERCENT = 100
_SURE = 3  # times the noise: what a week brings by chance is less
_CHUNK = 1000  # rows at a time: their pairs of days fit into a processor's cache
_WAVES = (SAWTOOTH, CYCLIC, IDLE, EMPTY)  # a week that rises is the half of one


def months_of(rows: Rows) -> tuple[Floats, Any]:
    """Give the growth a day over the month, and whether the last week's is more beyond chance."""
    lines = [
        (theil_sen(part[:, -_MONTH:]), theil_sen(part[:, -_WEEK:]))
        for part in (rows.highest[at : at + _CHUNK] for at in range(0, len(rows.keys), _CHUNK))
    ]
    surely = [(week.low > month.high) & (week.slope * _WEEK > _SURE * month.noise) for month, week in lines]
    return np.concatenate([month.slope for month, _ in lines]), np.concatenate(surely)


def changes(rows: Rows, ahead: Outlook, months: Floats, surely: Any, limits: Limits) -> tuple[Any, Floats]:
    """Give the column and the bytes of each row's sudden change: a loss, else a step, else the day it grew faster.

    Of a few days nobody knows what is usual, however little of them the forecast counts; and a wave rises half of the time.
    """
    known = np.isfinite(rows.highest).sum(axis=1) >= FORECAST_POINTS
    lost, size = losses(rows.highest, rows.usable, limits.loss_percent / _PERCENT)
    lost = np.where(known & lasting(rows.highest, lost, size), lost, -1)
    stepped = (ahead.pattern == STEP) & lasting(rows.highest, ahead.step_column, ahead.step_bytes)
    with np.errstate(invalid="ignore"):
        faster = (
            known
            & surely
            & ~np.isin(ahead.pattern, _WAVES)
            & (ahead.slope_week > limits.faster_times * np.maximum(months, 0))
        )
        faster &= ahead.slope_week * _MONTH > rows.usable * limits.faster_percent / _PERCENT
    column = np.select([lost >= 0, stepped, faster], [lost, ahead.step_column, knees(rows.highest)], -1)
    return column, np.select([lost >= 0, stepped], [size, ahead.step_bytes], 0.0)
