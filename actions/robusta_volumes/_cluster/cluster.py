"""The few verbs that everything else asks of a cluster. Two implementations: `live` and `memory`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from robusta_volumes._model.exporter import Exporter
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.plan import Outcome, Step

# An API object as JSON gives it. Raw on purpose: typed clients of the runner's age drop the newer fields.
Object = dict[str, Any]
Slim = Callable[[Object], Any]  # makes an object smaller, or what it is read as


MOST_OUTPUT = 262_144  # characters of each stream that are kept; a command that can write more must be held back itself


class Process(Protocol):
    """A command that runs in a container. To stop listening to it does not stop it: see `in_pod.limited`."""

    @property
    def out(self) -> str:
        """What it has written to its standard output so far, at most so much from the end."""
        ...

    @property
    def err(self) -> str:
        """The same of its standard error."""
        ...

    @property
    def ended(self) -> bool:
        """Tell whether nothing more can come: it ended, or the connection broke."""
        ...

    @property
    def code(self) -> int | None:
        """Its exit status; None while it runs, and when nobody can tell."""
        ...

    @property
    def why(self) -> str:
        """What the node says when there is no exit status."""
        ...

    def wait(self, seconds: float, until: str = "") -> bool:
        """Listen until it ended, or has written ``until`` to its standard output; tell whether that came in time."""
        ...

    def write(self, text: str) -> None:
        """Write to its standard input; when that is not possible any more, it has ``ended``."""
        ...

    def close(self) -> None:
        """Stop listening; its standard input ends."""
        ...


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

    def summary(self, node: str) -> Object:
        """Give what the kubelet of a node measures (stats/summary), through the API server; asked once, for a few seconds."""
        ...

    def scrape(self, where: Exporter) -> str:
        """Give metrics as text, through the API server; asked once, for a few seconds."""
        ...

    def logs(self, where: Container, lines: int = 0, *, before: bool = False) -> str:
        """Read what a container has written so far, at most so much from the end; what is no UTF-8 is replaced.

        ``lines`` from the end are asked for once, for a few seconds; ``before`` means before it was started again.
        """
        ...

    def execute(self, where: Container, command: Sequence[str], most: int = MOST_OUTPUT) -> Process:
        """Start a command in a container, without a shell around it. Its time is its own, not that of the run."""
        ...

    def download(self, url: str, most: int, authority: str = "", seconds: float = 30) -> bytes:
        """Fetch a file of at most so many bytes from a signed address, which is a secret and stands in no error.

        ``authority`` is a certificate (PEM) to trust beside the usual ones.
        """
        ...
