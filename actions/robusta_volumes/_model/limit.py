"""How one threshold is declared."""

from dataclasses import field
from typing import Any


def limit(default: int, unit: str, why: str) -> Any:
    """Declare one threshold."""
    return field(default=default, metadata={"unit": unit, "why": why})
