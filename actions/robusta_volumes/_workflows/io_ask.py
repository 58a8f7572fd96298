"""How a report on performance asks metrics: everything in coarse steps, or a few volumes in fine ones."""

from collections.abc import Callable, Collection, Mapping

from robusta_volumes._model.io_scope import IoScope
from robusta_volumes._model.io_series import IoMeasured, IoWindow
from robusta_volumes._model.usage import Key, Use

Fill = Callable[[Collection[Key]], Mapping[Key, Use]]  # how full claims are now
Ask = Callable[[IoScope, IoWindow], IoMeasured]
FEW = 50  # claims that are asked for by name, in fine steps; of more everything is asked in one question per signal
