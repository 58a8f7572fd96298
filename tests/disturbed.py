"""A cluster in which something happens right before or after a write: another runner is faster, or the process dies."""

from collections.abc import Callable
from typing import Any

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.plan import Outcome


class Died(Exception):
    """The process died."""


def die() -> None:
    raise Died


class Disturbed(MemoryCluster):
    """Disturbs the next write of a kind, once."""

    _kind = ""
    _before: Callable[[], object] = staticmethod(lambda: None)
    _after: Callable[[], object] = staticmethod(lambda: None)

    def disturb(
        self, kind: str, before: Callable[[], object] = lambda: None, after: Callable[[], object] = lambda: None
    ) -> None:
        self._kind, self._before, self._after = kind, before, after

    def carry_out(self, plan: Any) -> list[Outcome]:
        written = {getattr(step, "manifest", {}).get("kind") or step.kind.name for step in plan}
        if self._kind not in written:
            return super().carry_out(plan)
        self._kind = ""
        self._before()
        made = super().carry_out(plan)
        self._after()
        return made
