"""What a command has written: the end of it, as text."""


class Tail:
    """Bytes of which the last ``most`` are kept."""

    def __init__(self, most: int) -> None:
        """Keep so many."""
        self._most = most
        self._kept = bytearray()

    def add(self, more: bytes) -> None:
        """Take what came."""
        self._kept += more
        if len(self._kept) > 2 * self._most:  # not at each piece: to cut is to copy
            del self._kept[: -self._most]

    @property
    def text(self) -> str:
        """What is kept; what is no UTF-8 is replaced."""
        return bytes(self._kept[-self._most :]).decode("utf-8", "replace")
