"""What every controller of the sandbox can do: make one step when it is told to, or step in a thread of its own."""

import contextlib
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import TypeVar

from robusta_volumes._model.errors import ClusterError

_EVERY = 0.3  # seconds between two steps
_Self = TypeVar("_Self", bound="Stepping")


class Stepping(ABC):
    """A controller; as a context manager it steps until the end of the block."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abstractmethod
    def step(self) -> None:
        """Move everything by one stage."""

    def __enter__(self: _Self) -> _Self:  # noqa: PYI019 (typing.Self is new in 3.11)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY):
            with contextlib.suppress(ClusterError):  # an object went away while it was looked at
                self.step()
