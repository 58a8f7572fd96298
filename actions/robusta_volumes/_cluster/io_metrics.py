"""What is asked of metrics about I/O, whoever holds them: Prometheus and what speaks its API, or recorded answers."""

from typing import Protocol

from robusta_volumes._model.io_scope import IoScope
from robusta_volumes._model.io_series import IoMeasured, IoWindow


class IoMetrics(Protocol):
    """Everything that is asked about I/O."""

    source: str  # for people, without credentials

    def present(self) -> frozenset[str]:
        """Tell which sources (`robusta_volumes._model.io_scope.SOURCES`) measure anything in this cluster.

        Raises the errors of `robusta_volumes._model.errors`: when no usable answer came.
        """
        ...

    def read(self, scope: IoScope, window: IoWindow) -> IoMeasured:
        """Give what is measured; what could not be asked is in its ``gaps``.

        Raises the errors of `robusta_volumes._model.errors`: when nothing could be asked at all.
        """
        ...
