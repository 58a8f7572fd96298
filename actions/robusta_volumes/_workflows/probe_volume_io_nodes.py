"""Look at a volume's I/O without a container that has it: what node_exporter and the kubelet tell through the API server."""

from collections.abc import Callable
from dataclasses import replace

from robusta_volumes._analysis.io_probe_nodes import device_of, on_node, own_of, pods_io
from robusta_volumes._cluster.cluster import Cluster, Object
from robusta_volumes._cluster.fields import at, blocks
from robusta_volumes._cluster.kubelet_metrics import CAUTION
from robusta_volumes._engines.io_probe_metrics import node_told, pod_told
from robusta_volumes._model.errors import ClusterError, NotAllowed
from robusta_volumes._model.exporter import Exporter
from robusta_volumes._model.io_probe import ProbeIo
from robusta_volumes._model.io_probe_nodes import NodeTold, PodTold
from robusta_volumes._model.io_probe_row import ProbeRow
from robusta_volumes._model.kind import POD
from robusta_volumes._model.text import code, plain
from robusta_volumes._workflows.probe_volume_io_seen import seen_on

_NAMES = "(prometheus-node-exporter,node-exporter)"
_LABELS = (f"app.kubernetes.io/name in {_NAMES}", f"app in {_NAMES}")
_AGAIN = 15.0  # seconds: cAdvisor measures about as often, and not because it is asked
_PORT = 9100
NO_EXPORTER = "no node_exporter runs there"


def probe_by_metrics(cluster: Cluster, row: ProbeRow, seconds: int, sleep: Callable[[float], None]) -> ProbeRow:
    """Add to a row what metrics of its node tell, or why they tell nothing. Nothing is run, and nothing is left behind."""
    looking = _Looking(cluster, row)
    node, pod = looking.node(), looking.pod()
    if node is None and pod is None:
        return looking.row
    sleep(seconds)
    node_after = looking.node() if node else None
    pod_after = looking.pod() if pod else None
    if pod and pod_after and pod_after.at <= pod.at:
        sleep(_AGAIN)
        pod_after = looking.pod()
    io = looking.device(node, node_after, pod_after)
    own = own_of(pod, pod_after, io)
    if io is None and own is None:
        return looking.row
    span = pod_after.at - pod.at if io is None and pod and pod_after else 0.0
    return replace(
        looking.row,
        io=replace(io or ProbeIo(span), own=own),
        way=" and ".join(looking.ways(node=io is not None, pod=own is not None)),
        pod=looking.name,
    )


class _Looking:
    """One look; what is in vain is kept in ``row``."""

    def __init__(self, cluster: Cluster, row: ProbeRow) -> None:
        self._cluster, self.row = cluster, row
        self._asked: Exporter | None = None
        self._how = ""
        self.name = row.look.pods[0] if row.look.pods else ""

    def node(self) -> NodeTold | None:
        """Ask node_exporter."""
        told: NodeTold | None = None
        why, error = "", None
        try:
            self._asked = self._asked or self._exporter()
            if self._asked is None:
                why = NO_EXPORTER
            else:
                told = node_told(self._cluster.scrape(self._asked), _instance(self.row))
                why = "it tells nothing of disks"
        except ClusterError as refused:
            why, error = refused.message, refused
        if told is None:
            self._vain(f"node_exporter on node {plain(self.row.look.node)}", why, error)
        return told

    def pod(self) -> PodTold | None:
        """Ask the kubelet."""
        told: PodTold | None = None
        error: ClusterError | None = None
        why = (
            f"it tells nothing of the I/O of pod {plain(self.name)}"
            if self.name
            else "no pod with the claim runs there"
        )
        try:
            if self.name:
                text = self._cluster.scrape(Exporter(node=self.row.look.node))
                told = pod_told(text, self.row.look.claim.meta.namespace, self.name)
        except NotAllowed as refused:
            why = "it may not be asked (get on nodes/proxy)"
            error = NotAllowed(why, f"{refused.remedy}\n{CAUTION}")
        except ClusterError as silent:
            why, error = silent.message, silent
        if told is None:
            self._vain(f"the kubelet of node {plain(self.row.look.node)}", why, error)
        return told

    def device(self, first: NodeTold | None, last: NodeTold | None, pod: PodTold | None) -> ProbeIo | None:
        """Find the claim's device, and say what it did."""
        if first is None or last is None or last.at <= first.at:
            return None
        look, meta = self.row.look, self.row.look.claim.meta
        see = seen_on(self._cluster, look.claim, look.node)
        pods = pods_io(pod, look.node, meta.namespace, self.name)
        found = device_of(see, meta.key, look.node, last, _instance(self.row), pods)
        io = on_node(first, last, found.device) if found.device else None
        if io is None or io.device is None:
            self._vain("node_exporter", (io.why if io else found.how) or "which device it is cannot be told")
            return None
        shared = ", which others use, too" if found.confidence == "shared" else ""
        self._how = f"{code(found.device)}: {found.how}{shared}"
        return io

    def ways(self, *, node: bool, pod: bool) -> list[str]:
        """Say from where it is known."""
        return [
            *([f"the metrics of node_exporter (its device is {self._how})"] if node else []),
            *([f"the metrics of the kubelet about pod {code(self.name)}"] if pod else []),
        ]

    def _exporter(self) -> Exporter | None:
        for labels in _LABELS:
            for o in self._cluster.find(POD, labels=labels):
                if at(o, "spec", "nodeName") == self.row.look.node and at(o, "status", "phase") == "Running":
                    return _exporter_in(o)
        return None

    def _vain(self, where: str, why: str, error: ClusterError | None = None) -> None:
        said = f"{where}: {plain(why)}"
        row = self.row
        if said not in row.tried:
            refused = (*row.refused, error) if isinstance(error, NotAllowed) else row.refused
            self.row = replace(row, tried=(*row.tried, said), refused=refused)


def _exporter_in(o: Object) -> Exporter:
    """Say how to ask a pod of node_exporter; behind a proxy of its own it speaks TLS."""
    ports = [p for c in blocks(o.get("spec") or {}, "containers") for p in blocks(c, "ports")]
    port = next((p for p in ports if p.get("name") in {"metrics", "http-metrics", "https"}), ports[0] if ports else {})
    return Exporter(
        namespace=str(at(o, "metadata", "namespace") or ""),
        pod=str(at(o, "metadata", "name") or ""),
        port=int(port.get("containerPort") or _PORT),
        secure=port.get("name") == "https",
        allow="exporter",
    )


def _instance(row: ProbeRow) -> str:
    return f"{row.look.node}:{_PORT}"
