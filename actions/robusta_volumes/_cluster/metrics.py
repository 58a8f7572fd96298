"""What is asked of metrics, whoever holds them: Prometheus and what speaks its API, the kubelets, or recorded answers."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, Protocol

from robusta_volumes._model.usage import Grid, Key, Use

Which = Literal["max", "min"]
Scope = Mapping[str, Collection[str]]  # namespace -> its claims; empty: the whole cluster in one question


class Metrics(Protocol):
    """Everything that is asked of metrics.

    A question that cannot be answered at all raises an error of `robusta_volumes._model.errors`, with a remedy. One
    that is answered in part gives what there is; ``gaps`` then says what is missing, and ``unasked`` where.
    """

    source: str  # for people, without credentials
    unasked: set[str]  # namespaces whose history no answer, or not all of it, came for

    @property
    def gaps(self) -> list[str]:
        """What is missing, in sentences."""
        ...

    @property
    def queries(self) -> int:
        """How many were sent so far."""
        ...

    def now(self, namespaces: Scope) -> Mapping[Key, Use]:
        """Give what is measured now, one query for all, and one for health."""
        ...

    def daily(self, namespaces: Scope, days: int, end: datetime, which: Which) -> Grid:
        """Give the highest or lowest used bytes of each of the last ``days`` days up to ``end``."""
        ...

    def daily_inodes(self, keys: Collection[Key], days: int, end: datetime) -> Grid:
        """Give the most used inodes of each day."""
        ...

    def hourly(self, keys: Collection[Key], days: int, end: datetime) -> tuple[Grid, Grid]:
        """Give used bytes and capacity by the hour, of at most 200 claims."""
        ...

    def last_known(self, keys: Collection[Key], end: datetime) -> Mapping[Key, Use]:
        """Give the last used bytes of claims that nothing measures now, looked for up to 30 days back."""
        ...

    def hourly_cost(self) -> Mapping[str, float]:
        """Give what a GiB of each volume costs in an hour, as OpenCost has it; empty when nobody measures that."""
        ...
