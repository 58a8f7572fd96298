"""The few verbs that everything else asks of a cluster. Two implementations: `live` and `memory`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from robusta_volumes._model.kind import Kind
from robusta_volumes._model.plan import Outcome, Step

# An API object as JSON gives it. Raw on purpose: typed clients of the runner's age drop the newer fields.
Object = dict[str, Any]
Slim = Callable[[Object], Any]  # makes an object smaller, or what it is read as


class Cluster(Protocol):
    """Everything that is asked of a cluster.

    Every verb raises the errors of `robusta_volumes._model.errors`, each with a remedy, and nothing else.
    """

    @property
    def name(self) -> str:
        """What people call this cluster; "" when nobody said."""
        ...

    def now(self) -> datetime:
        """Give the time, aware, in UTC. For a dump: the time at which it was taken."""
        ...

    def find(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = "", slim: Slim | None = None
    ) -> list[Any]:
        """List all objects of ``kind``, in one namespace or in all, each with apiVersion and kind.

        ``labels`` and ``fields`` are selectors as kubectl takes them. ``slim`` is applied to each object as its page
        arrives, so that a large cluster never lies in memory as a whole.
        """
        ...

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Object:
        """Read one object."""
        ...

    def allowed(self, verb: str, kind: Kind, namespace: str | None = None, name: str = "") -> bool:
        """Tell whether we may do ``verb`` on ``kind``, or on the one object ``name`` (SelfSubjectAccessReview)."""
        ...

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        """Write, step by step; the only verb that does. A step that is refused does not stop the others."""
        ...
