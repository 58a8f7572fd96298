"""The questions about I/O, in PromQL. Pure: descriptions of metrics in, text out.

As in `promql`, braces stand around selectors and nowhere else, and around each of them: what adds labels to a query by looking
for a brace (Robusta does) then hits every selector and nothing else.
"""

from collections.abc import Sequence
from datetime import timedelta

from robusta_volumes._cluster import io_sources
from robusta_volumes._cluster.io_source import Source, Term
from robusta_volumes._cluster.promql import Group, Matcher, pattern, selector

_FINE = timedelta(minutes=1)  # between the samples that a weighted mean takes of a gauge
_LONG = timedelta(minutes=30)  # a counter that started again is found when its silence was shorter than this
_SHARES = frozenset(  # never more than all of the time, whatever rates make of uneven scrapes
    {
        "busy",
        "iops_throttled",
        "bytes_throttled",
        "node_iops_throttled",
        "node_bytes_throttled",
        "pressure_some",
        "pressure_full",
        "memory_pressure",
        "cpu_throttled",
    }
)
_FILESYSTEMS: Matcher = ("fstype", "!~", "tmpfs|ramfs|devtmpfs|overlay|squashfs|nsfs|rootfs|iso9660|fuse.lxcfs")
_QUANTILES = ("0.5", "0.95", "0.99")


def present(names: Sequence[str], labels: Group) -> str:
    """Ask which metrics have samples."""
    named: Matcher = ("__name__", "=~", pattern(sorted(names)))
    return f"count by (__name__) ({selector('', [named, *labels])})"


def exists(name: str, labels: Group) -> str:
    """Ask whether one metric has samples, where the name of a metric may not be a pattern."""
    return f"count ({selector(name, labels)})"


def one_of(label: str, values: Sequence[str]) -> Group:
    """Select by a label: one value, or any of several."""
    if not values:
        return ()
    return ((label, "=", values[0]) if len(values) == 1 else (label, "=~", pattern(sorted(values))),)


def on(label: str, hosts: Sequence[str]) -> Group:
    """Select what runs on one of these machines, by ``instance`` labels such as "10.0.0.7:9100"."""
    return ((label, "=~", f"\\[?({pattern(sorted(hosts))})\\]?(:.*)?"),) if hosts else ()


def series(source: Source, signal: str, term: Term, rate: timedelta, matchers: Group) -> str:
    """Ask for one signal: the highest of what says the same, the sum of what are parts of it."""
    span = seconds(max(rate, source.least))
    where = (*source.where, *term.where, *matchers)
    if term.how in {"below", "amplified"}:
        return _below(source, term, span, where)
    parts = ", ".join((*source.key, *source.across))
    text = f"max by ({parts}) ({_over_time(term, span, where)})"
    if source.across:
        text = f"sum by ({', '.join(source.key)}) ({text})"
    if term.scale != 1:
        text = f"{text} * {term.scale:g}"
    if term.how == "any":
        text = f"{text} > bool 0"
    return f"clamp_max({text}, 1)" if signal in _SHARES else text


def with_claims(query: str, matchers: Group) -> str:
    """Keep of what is measured by the pod that of pods with claims: a cluster has several times as many others."""
    return f"({query}) and on (namespace, pod) {selector(io_sources.POD_CLAIMS, matchers)}"


def _below(source: Source, term: Term, span: str, where: Group) -> str:
    """Ask for what is so on the nodes that hold parts of a thing: of the node where it is worst."""
    everywhere = tuple(one for one in where if one[0] != source.scoped[0])
    value = f"avg_over_time({selector(term.metric, everywhere)}[{span}])"
    node = f"max by (node) ({value})"
    if term.how == "amplified":
        key, parts = ", ".join(source.key), selector(term.by, everywhere)
        asked = f"max by ({key}) (avg_over_time({selector(term.plus[0], everywhere)}[{span}]))"
        wanted = f"sum by (node) ({parts} * on ({key}) group_left () {asked})"
        node = f"(sum by (node) (max by (node, disk) ({value})) / ({wanted} > 1))"
    text = f"max by ({', '.join(source.key)}) ({selector(term.by, where)} * on (node) group_left () {node})"
    return f"{text} * {term.scale:g}" if term.scale != 1 else text


def _over_time(term: Term, span: str, where: Group) -> str:
    names = (term.metric, *term.plus)
    if term.how == "rate":
        return " + ".join(f"rate({selector(name, where)}[{span}])" for name in names)
    if term.how == "share":
        part, whole = (f"rate({selector(name, where)}[{span}])" for name in (term.metric, term.by))
        return f"({part} / ({whole} > 0))"
    if term.how == "weighted":
        both = f"{selector(term.metric, where)} * {selector(term.by, where)}"
        return f"avg_over_time(({both})[{span}:{seconds(_FINE)}])"
    word = "max" if term.how == "any" else "avg"
    return f"{word}_over_time({selector(term.metric, where)}[{span}])"


def resets(source: Source, step: timedelta, matchers: Group) -> str:
    """Ask where a counter started again: its device, or its exporter, is not the one of before."""
    span = seconds(max(2 * step, _LONG))
    inner = f"resets({selector(source.counter, (*source.where, *matchers))}[{span}])"
    return f"max by ({', '.join(source.key)}) ({inner}) > 0"


def seconds(span: timedelta) -> str:
    """Write a time as PromQL does."""
    return f"{int(span.total_seconds())}s"


def disks(matchers: Group) -> str:
    """Ask what node_exporter knows of disks."""
    return selector(io_sources.DISK_INFO, matchers)


def mapped_disks(matchers: Group) -> str:
    """Ask what stands behind device mapper's names."""
    return selector(io_sources.MAPPER_INFO, matchers)


def names_of_nodes(labels: Group) -> str:
    """Ask which exporter runs on which node."""
    return f"max by (instance, nodename) ({selector(io_sources.UNAME, labels)})"


def mounted(matchers: Group) -> str:
    """Ask where filesystems are mounted."""
    return (
        f"max by (instance, mountpoint, device, fstype) ({selector(io_sources.FILESYSTEM, (_FILESYSTEMS, *matchers))})"
    )


def handles(name: str, matchers: Group) -> str:
    """Ask what a device exporter says of volumes."""
    return f"max by (node, volume_handle, device) ({selector(name, matchers)})"


def pod_ops(span: timedelta, matchers: Group) -> str:
    """Ask how many operations each pod does on each device."""
    where: Group = (("pod", "!=", ""), ("container", "!=", ""), *matchers)
    both = " + ".join(f"rate({selector(name, where)}[{seconds(span)}])" for name in io_sources.POD_OPS)
    labels = "node, instance, namespace, pod, device"
    return f"sum by ({labels}) (max by ({labels}, container) ({both})) > 0"


def pod_bytes(span: timedelta, matchers: Group) -> str:
    """Ask how many bytes each pod moves on each device, by its numbers."""
    where: Group = (("pod", "!=", ""), ("container", "!=", ""), ("operation", "=~", "Read|Write"), *matchers)
    labels = "node, instance, namespace, pod, device, major, minor"
    rate = f"rate({selector(io_sources.POD_BYTES, where)}[{seconds(span)}])"
    return f"sum by ({labels}) (max by ({labels}, container, operation) ({rate})) > 0"


def pressure(span: timedelta, matchers: Group) -> str:
    """Ask how much of the time some task on a node waited for I/O."""
    rate = f"rate({selector(io_sources.NODE_PRESSURE, matchers)}[{seconds(span)}])"
    return f"clamp_max(max by (instance) ({rate}), 1)"


def per_io(metric: str, span: timedelta, matchers: Group) -> str:
    """Ask how long single operations took, from a histogram; ``q`` tells the quantiles apart."""
    rate = f"sum by (le, volume_id) (rate({selector(metric, matchers)}[{seconds(span)}]))"
    each = (f'label_replace(histogram_quantile({q}, {rate}), "q", "{float(q) * 100:g}", "", "")' for q in _QUANTILES)
    return " or ".join(each)


def calls(kind: tuple[str, str, str, str, str], span: timedelta, matchers: Group) -> tuple[str, str, str]:
    """Ask how long calls to drivers take, how many there are in an hour, and how many of those fail."""
    name, driver, method, status, well = kind
    some, by = f"[{seconds(span)}]", f"{driver}, {method}"
    bucket, every, bad = (
        f"rate({selector(name + ending, (*more, *matchers))}{some})"
        for ending, more in (("_bucket", ()), ("_count", ()), ("_count", ((status, "!=", well),)))
    )
    return (
        f"histogram_quantile(0.95, sum by (le, {by}) ({bucket}))",
        f"sum by ({by}) ({every}) * 3600",
        f"sum by ({by}) ({bad}) * 3600",
    )
