"""A cluster in memory: a folder or file of what ``kubectl get ... -o json|yaml`` wrote. For dumps, tests and the sandbox."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from robusta_volumes._cluster.answers import not_installed
from robusta_volumes._cluster.cluster import MOST_OUTPUT, Object, Process, Slim
from robusta_volumes._cluster.store import Store, load, newest_time
from robusta_volumes._model.errors import ClusterError, Invalid, NotAllowed, Unavailable
from robusta_volumes._model.exporter import Exporter
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.kind import NODE_PROXY, POD, POD_EPHEMERAL, POD_EXEC, POD_LOG, POD_PROXY, Kind
from robusta_volumes._model.plan import Create, Delete, Outcome, Patch, Step
from robusta_volumes._model.rights import allowing
from robusta_volumes._model.times import UTC

Shell = Callable[[Container, Sequence[str], int], Process]


class MemoryCluster:
    """The cluster protocol over objects in memory. ``denied`` and ``absent`` are resource names, as RBAC writes them.

    ``shell`` runs the commands that are to run in a container; without one, nothing runs in it.
    """

    def __init__(
        self,
        objects: Iterable[Object] = (),
        *,
        name: str = "",
        now: datetime | None = None,
        denied: Iterable[str] = (),
        absent: Iterable[str] = (),
        shell: Shell | None = None,
    ) -> None:
        """Take the objects as they are; ``now`` is the newest time found in them unless it is given."""
        kept = list(objects)
        self._now = now or newest_time(kept) or datetime.now(UTC)
        self.store = Store(kept, clock=lambda: self._now)
        self.name = name
        self.shell = shell
        self.summaries: dict[str, Object] = {}  # by node, as its kubelet answers
        self.exposed: Mapping[
            str, Callable[[], str]
        ] = {}  # by node or pod: its metrics, asked one time after the other
        self.written: Mapping[tuple[str, str], str] = {}  # by namespace and pod: its log
        self.written_before: Mapping[tuple[str, str], str] = {}  # the same, before it was started again
        self.files: Mapping[str, bytes] = {}  # by address: what can be downloaded
        self.denied = frozenset(denied)
        self.absent = frozenset(absent)
        self.reads: list[str] = []  # what was asked for, in order

    @classmethod
    def from_dump(cls, path: Path, *, name: str = "", now: datetime | None = None) -> "MemoryCluster":
        """Load a folder or a file.

        Raises SettingsError: when a file cannot be read, naming it and what is wrong.
        """
        return cls(load(path), name=name, now=now)

    def now(self) -> datetime:
        """Give the time at which the objects were taken."""
        return self._now

    def find(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = "", slim: Slim | None = None
    ) -> list[Any]:
        """List objects; see the protocol."""
        self._check("list", kind)
        found = self.store.find(kind, namespace, labels=labels, fields=fields)
        return [slim(o) for o in found] if slim else found

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Object:
        """Read one object; see the protocol."""
        self._check("get", kind)
        return self.store.get(kind, name, namespace)

    def allowed(
        self,
        verb: str,  # noqa: ARG002 (the protocol's)
        kind: Kind,
        namespace: str | None = None,  # noqa: ARG002 (the protocol's)
        name: str = "",  # noqa: ARG002 (the protocol's)
    ) -> bool:
        """Tell whether it is allowed; see the protocol."""
        return kind.resource not in self.denied

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        """Write; see the protocol."""
        outcomes = []
        for step in plan:
            try:
                outcomes.append(Outcome(step, self._do(step)))
            except ClusterError as error:
                outcomes.append(Outcome(step, error=error))
        return outcomes

    def summary(self, node: str) -> Object:
        """Give what was put into ``summaries``; see the protocol."""
        self._check("get", NODE_PROXY)
        if node not in self.summaries:
            raise Unavailable(f"the kubelet of node {node} does not answer")
        return self.summaries[node]

    def scrape(self, where: Exporter) -> str:
        """Give what was put into ``exposed``; see the protocol."""
        kind, name = (NODE_PROXY, where.node) if where.node else (POD_PROXY, where.pod)
        self.reads.append(kind.resource)
        if kind.resource in self.denied:
            remedy = allowing(kind, "get", where.namespace, word=where.allow)
            raise NotAllowed(f"cannot get {kind.resource}", remedy)
        if name not in self.exposed:
            raise Unavailable(f"{name} does not answer")
        return self.exposed[name]()

    def execute(self, where: Container, command: Sequence[str], most: int = MOST_OUTPUT) -> Process:
        """Start a command; see the protocol."""
        if POD_EXEC.resource in self.denied:
            remedy = allowing(POD_EXEC, "create", where.namespace, word=where.allow)
            raise NotAllowed(f"cannot create {POD_EXEC.resource}", remedy)
        self.store.get(POD, where.pod, where.namespace)
        if self.shell is None:
            raise Unavailable("nothing runs in a cluster that is in memory", "Ask a live cluster.")
        return self.shell(where, command, most)

    def download(self, url: str, most: int, authority: str = "", seconds: float = 30) -> bytes:  # noqa: ARG002 (the protocol's)
        """Fetch a file; see the protocol."""
        if url not in self.files:
            raise Unavailable("nothing can be fetched for a cluster that is in memory", "Ask a live cluster.")
        return self.files[url]

    def logs(self, where: Container, lines: int = 0, *, before: bool = False) -> str:
        """Read what a container has written; see the protocol."""
        self.reads.append(POD_LOG.resource)
        if POD_LOG.resource in self.denied:
            raise NotAllowed(
                f"cannot get {POD_LOG.resource}", allowing(POD_LOG, "get", where.namespace, word=where.allow)
            )
        self.store.get(POD, where.pod, where.namespace)
        key = (where.namespace, where.pod)
        if before and key not in self.written_before:
            raise Invalid(f'previous terminated container "{where.name}" in pod "{where.pod}" not found')
        text = (self.written_before if before else self.written).get(key, "")
        return "\n".join(text.splitlines()[-lines:]) if lines else text

    def _do(self, step: Step) -> Object:
        if isinstance(step, Create):
            return self.store.create(dict(step.manifest))
        if isinstance(step, Delete):
            return self.store.delete(
                step.kind, step.name, step.namespace, uid=step.uid, resource_version=step.resource_version
            )
        kind = POD if step.kind == POD_EPHEMERAL else step.kind
        return self.store.patch(kind, step.name, step.namespace, _versioned(step))

    def _check(self, verb: str, kind: Kind) -> None:
        self.reads.append(kind.resource)
        if kind.resource in self.absent:
            raise not_installed("404 page not found", kind)
        if kind.resource in self.denied:
            raise NotAllowed(f"cannot {verb} {kind.resource}", allowing(kind, verb))


def _versioned(step: Patch) -> Object:
    changes = dict(step.changes)
    if step.resource_version:
        changes["metadata"] = {**(changes.get("metadata") or {}), "resourceVersion": step.resource_version}
    return changes
