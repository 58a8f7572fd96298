"""What the kubelets measure now, for where no Prometheus answers: no history, and a permission that is more than reading."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NoReturn

from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.in_time import in_time
from robusta_volumes._cluster.metrics import Scope, Which
from robusta_volumes._model.errors import ClusterError, NotAllowed, OutOfTime, Unavailable
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.usage import Grid, Key, Use

_WORKERS = 16  # nodes at a time
CAUTION = (
    "# this is not only reading: whoever has it can run commands in every pod of a node"  # below the rule, as YAML
)


class KubeletMetrics:
    """The metrics protocol over the kubelets of these nodes, asked through the API server within ``seconds``."""

    def __init__(self, cluster: Cluster, nodes: Collection[str], seconds: float) -> None:
        """Ask about ``nodes``: those that run pods with claims."""
        self.source = "the kubelets"
        self.unasked: set[str] = set()
        self.gaps: list[str] = []
        self.queries = 0
        self._cluster = cluster
        self._nodes = sorted(nodes)
        self._seconds = seconds

    def now(self, namespaces: Scope) -> Mapping[Key, Use]:
        """Give what each kubelet measures; a node that does not answer is a gap, and no more. Raises: when none answers."""
        jobs: list[Callable[[], Object]] = [partial(self._cluster.summary, node) for node in self._nodes]
        self.queries += len(jobs)
        found: dict[Key, Use] = {}
        silent: dict[str, Exception] = {}
        for node, answer in zip(self._nodes, in_time(jobs, self._seconds, _WORKERS), strict=True):
            if isinstance(answer, dict):
                found |= _uses(answer)
            else:
                silent[node] = answer or OutOfTime(f"not answered within {self._seconds:.0f} s")
        if silent:
            self._tell(silent)
        return {key: use for key, use in found.items() if not namespaces or key[1] in namespaces.get(key[0], ())}

    def _tell(self, silent: Mapping[str, Exception]) -> None:
        """Say which nodes did not answer, and why. Raises: when none did."""
        first = next(iter(silent.values()))
        refused = isinstance(first, NotAllowed)
        if len(silent) == len(self._nodes) and isinstance(first, ClusterError):
            if refused:
                raise NotAllowed("the kubelets may not be asked (get on nodes/proxy)", f"{first.remedy}\n{CAUTION}")
            raise Unavailable(f"no kubelet answers: {first}", first.remedy)
        names = listing([plain(node, 60) for node in silent])
        words = f"The kubelets of {count(len(silent), 'node')} ({names}) did not answer: {plain(first)}."
        self.gaps.append(words)

    def daily(self, namespaces: Scope, days: int, end: datetime, which: Which) -> Grid:  # noqa: ARG002 (the protocol's)
        """Raise Unavailable: they keep no history."""
        _no_history()

    def daily_inodes(self, keys: Collection[Key], days: int, end: datetime) -> Grid:  # noqa: ARG002 (the protocol's)
        """Raise Unavailable: they keep no history."""
        _no_history()

    def hourly(self, keys: Collection[Key], days: int, end: datetime) -> tuple[Grid, Grid]:  # noqa: ARG002 (the protocol's)
        """Raise Unavailable: they keep no history."""
        _no_history()

    def last_known(self, keys: Collection[Key], end: datetime) -> Mapping[Key, Use]:  # noqa: ARG002 (the protocol's)
        """Raise Unavailable: they keep no history."""
        _no_history()

    def hourly_cost(self) -> Mapping[str, float]:
        """Give nothing: kubelets know no prices."""
        return {}


def _no_history() -> NoReturn:
    raise Unavailable(
        "kubelets know only what is now, so nothing is known of growth", "set `globalConfig.prometheus_url`"
    )


def _uses(summary: Object) -> dict[Key, Use]:
    """Read the volumes of claims out of a summary; what is not given is not known."""
    volumes = [v for pod in _list(summary, "pods") for v in _list(pod, "volume") if isinstance(v.get("pvcRef"), dict)]
    return {(str(v["pvcRef"].get("namespace")), str(v["pvcRef"].get("name"))): _use(v) for v in volumes}


def _use(volume: Mapping[str, Any]) -> Use:
    return Use(
        used=_whole(volume.get("usedBytes")),
        available=_whole(volume.get("availableBytes")),
        capacity=_whole(volume.get("capacityBytes")),
        inodes=_whole(volume.get("inodes")),
        inodes_used=_whole(volume.get("inodesUsed")),
        abnormal=(volume.get("volumeHealthStats") or {}).get("abnormal") is True,
    )


def _list(o: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = o.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
