"""How bad an issue is, in our own words; `_host` maps them to Robusta's."""

from enum import IntEnum


class Severity(IntEnum):
    """Higher is worse."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The word that people read."""
        return self.name.lower()
