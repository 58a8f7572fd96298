"""What a StatefulSet makes its claims from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ClaimTemplate:
    """One entry of a StatefulSet's ``volumeClaimTemplates``."""

    name: str
    class_name: str | None
    requested: int | None
