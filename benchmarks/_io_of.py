"""What a Prometheus would answer about the I/O of a large cluster: EBS volumes, one to a claim, twenty to a node."""

import math
import re
from collections.abc import Callable
from functools import cache

from metrics_read import Generated, wrapped

from robusta_volumes._cluster import io_sources

ON_A_NODE = 20  # volumes
OTHERS = 2  # pods without a claim, for each with one
HEAVY = 50  # one volume in so many is at its limit of 3,000 operations per second
_EBS = frozenset(name for source in io_sources.SERIES if source.name == "ebs" for name in source.metrics)
_NODES = frozenset(
    name for source in io_sources.SERIES if source.name in {"diskstats", "cadvisor", "psi"} for name in source.metrics
) | {io_sources.POD_CLAIMS, io_sources.DISK_INFO, io_sources.UNAME, io_sources.NODE_PRESSURE, io_sources.FILESYSTEM}
KINDS = {"ebs": _EBS, "nodes": _NODES, "all": _EBS | _NODES}


class Working(Generated):
    """Answers about volumes that work."""

    kind = "all"

    def written(self, query: str, start: str, end: str, step: str) -> bytes:
        """Write the answer."""
        return answer(self.kind, self.count, query, start, end, step)


def level(n: int, metric: str) -> float:
    """Give what a volume does by metric: operations, bytes, seconds, or shares of time."""
    ops = 3000.0 if n % HEAVY == 0 else 20 + n % 400
    words = (("latency", 0.5), ("bytes", ops * 16384), ("exceeded", 0.0), ("blkio", ops * 16384), ("pressure", 0.02))
    found = next((value for word, value in words if word in metric), None)
    if found is not None:
        return found
    return ops * 0.0008 if "seconds" in metric else (2.0 if "queue" in metric else ops / 2)


@cache
def shape(columns: int, variant: int) -> tuple[float, ...]:
    """Give the course of a day."""
    return tuple(1 + 0.3 * math.sin(variant + 6.28 * column / columns) for column in range(columns))


def claim_of(n: int) -> tuple[str, str]:
    """Name a claim; its pod is called the same."""
    return f"ns-{n % 100:02}", f"data-app-{n // 100}"


def handle_of(n: int) -> str:
    """Name a volume."""
    return f"vol-{n:017x}"


def address_of(n: int) -> str:
    """Give the address of the node on which a volume is."""
    node = n // ON_A_NODE
    return f"10.0.{node // 250}.{node % 250 + 1}"


def device_of(n: int) -> str:
    """Name its device there."""
    return f"nvme{n % ON_A_NODE + 1}n1"


def labels_of(metric: str, n: int) -> str:
    """Write the labels of a row."""
    if metric.startswith("aws_ebs"):
        return f'"volume_id":"{handle_of(n)}"'
    if metric.startswith("node_disk"):
        return f'"instance":"{address_of(n)}:9100","device":"{device_of(n)}"'
    namespace, pod = claim_of(n)
    return f'"namespace":"{namespace}","pod":"{pod}"'


def rows_of(metric: str, count: int, query: str) -> int:
    """Tell how many there are of a metric: other pods work, too, and are asked for or not."""
    others = metric.startswith("container") and io_sources.POD_CLAIMS not in query
    return count * (1 + OTHERS) if others else count


def chosen_by(query: str) -> Callable[[int], bool]:
    """Read which volumes, nodes or pods a question is about."""
    text = query.replace("\\\\.", ".")
    wanted = {
        label: set(re.split(r"[|()]", found[1]))
        for label in ("volume_id", "instance", "namespace", "pod")
        if (found := re.search(rf'\b{label}=~?"([^"]*)"', text))
    }

    def chosen(n: int) -> bool:
        space, pod = claim_of(n)
        names = {"volume_id": handle_of(n), "instance": address_of(n), "namespace": space, "pod": pod}
        return all(names[label] in some for label, some in wanted.items())

    return chosen


@cache
def answer(kind: str, count: int, query: str, start: str, end: str, step: str) -> bytes:
    """Write an answer; the second time it costs nothing."""
    if "count by (__name__)" in query:
        return wrapped(
            "vector", [f'{{"metric":{{"__name__":"{name}"}},"value":[0,"1"]}}' for name in sorted(KINDS[kind])]
        )
    metric = re.search(r"([a-z_0-9]+)\{", query)
    name = metric[1] if metric else ""
    if not step:
        return wrapped("vector", list(_moment(name, count, query)))
    if "resets(" in query:
        return wrapped("matrix", [])
    times = list(range(int(start), int(end) + 1, int(step)))
    rows = []
    chosen = chosen_by(query)
    for n in range(rows_of(name, count, query)):
        if not chosen(n):
            continue
        base = level(n, name)
        values = ",".join(f'[{at},"{base * f}"]' for at, f in zip(times, shape(len(times), n % 7), strict=True))
        rows.append(f'{{"metric":{{{labels_of(name, n)}}},"values":[{values}]}}')
    return wrapped("matrix", rows)


def _moment(name: str, count: int, query: str) -> list[str]:
    """Write what is asked of one moment."""
    nodes = range(0, count, ON_A_NODE)
    if name == io_sources.UNAME:
        rows = [(f'"instance":"{address_of(n)}:9100","nodename":"node-{n // ON_A_NODE}"', 1.0) for n in nodes]
    elif name == io_sources.NODE_PRESSURE:
        rows = [(f'"instance":"{address_of(n)}:9100"', 0.03) for n in nodes]
    elif name == io_sources.FILESYSTEM:
        more = '"mountpoint":"/","device":"/dev/nvme0n1p1","fstype":"xfs"'
        rows = [(f'"instance":"{address_of(n)}:9100",{more}', 1.0) for n in nodes]
    elif name == io_sources.DISK_INFO:
        rows = [
            (
                (
                    f'{labels_of(name, n)},"serial":"{handle_of(n).replace("-", "")}","major":"259","minor":"{n % ON_A_NODE}",'
                    '"model":"Amazon Elastic Block Store","path":"pci-0000:00:1f.0-nvme-1","wwn":"nvme.1d0f-76","rotational":"0"'
                ),
                1.0,
            )
            for n in range(count)
        ]
    elif "by (node" in query:
        numbers = ',"major":"259","minor":"{}"' if "blkio" in name else ""
        rows = [
            (
                (
                    f'"node":"node-{n % count // ON_A_NODE}","instance":"{address_of(n % count)}:10250",{labels_of(name, n)},'
                    f'"device":"/dev/{device_of(n)}"{numbers.format(n % ON_A_NODE)}'
                ),
                level(n, name),
            )
            for n in range(rows_of(name, count, query))
        ]
    else:
        rows = []
    return [f'{{"metric":{{{labels}}},"value":[0,"{value}"]}}' for labels, value in rows]
