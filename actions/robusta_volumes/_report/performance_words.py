"""How a report on performance says whether a volume is slow, and what it does: titles and sentences. Pure."""

from robusta_volumes._analysis.io_cause import HEALTHY, IDLE, UNKNOWN
from robusta_volumes._model import io_words as w
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.text import plain
from robusta_volumes._report.performance_seen import NEAR, NEAR_RULES, SLOW, Row, Seen
from robusta_volumes._report.performance_tables import pattern_of

METRICS_OFF = (
    "What volumes do was not asked (`includeIOMetrics: false`): limits, mount options and sharing were looked at."
)
_LIMITED = (("limit_iops", "its operations"), ("limit_bytes", "its bytes"))
_STATES = {NEAR: "healthy, and near a limit", HEALTHY: "healthy", SLOW: "slow, and no rule says why"}


def claim_title(row: Row, seen: Seen) -> str:
    """Say in a line whether it is slow, and why."""
    name = plain(row.name)
    if row.verdict.primary:
        return row.verdict.primary.title
    if seen.metrics_off:
        return f"{name}: {allowed(row.io)}; what it does was not asked"
    if seen.failure:
        return f"Whether {name} is slow is not known: {plain(seen.failure, 140)}"
    if row.state == UNKNOWN:
        return f"Whether {name} is slow is not known: {plain(row.verdict.why_unknown, 140) or 'nothing measures it'}"
    if row.state == IDLE:
        return f"{name} is idle: {w.iops(row.io.stat('iops').p95)} or less for 95 % of the time"
    return f"{name} is {_STATES[row.state]}: {figures(row.io)}"


def allowed(io: VolumeIo) -> str:
    limits = io.limits
    parts = [w.iops(limits.iops.value) if limits.iops else "", w.bytes_rate(limits.bytes.value) if limits.bytes else ""]
    said = " and ".join(part for part in parts if part)
    if said:
        return f"{said} allowed ({limits.kind})"
    return "no limit of its own" if limits.none_declared else "its limits are not known"


def figures(io: VolumeIo, *, latency: bool = True) -> str:
    """Write what it does in a few figures: "240 of 3,000 IOPS, 12 MiB/s, writes 0.8 ms"."""
    limits = io.limits
    most = f" of {w.number(limits.iops.value)}" if limits.iops else ""
    parts = [f"{w.number(io.stat('iops').p95)}{most} IOPS"] if io.stat("iops").samples else []
    if (rate := io.stat("bytes").p95) is not None:
        parts.append(w.bytes_rate(rate))
    parts += [
        f"{name} {w.took(io.stat(signal).p95)}"
        for signal, name in (("read_latency", "reads"), ("write_latency", "writes"))
        if latency and io.stat(signal).samples
    ]
    return ", ".join(parts)


def kind_of_io(io: VolumeIo) -> str:
    """Say what else it does: "Throughput 18 of 125 MiB/s; small, mostly writes."."""
    rate, most = io.stat("bytes").p95, io.limits.bytes
    said = (
        f"throughput {w.bytes_rate(rate)}{f' of {w.bytes_rate(most.value)}' if most else ''}"
        if rate is not None
        else ""
    )
    found = "; ".join(part for part in (said, pattern_of(io)) if part)
    return f"{found[:1].upper()}{found[1:]}." if found else ""


def fine(row: Row) -> str:
    """Say why it is well: what its limits leave, and what latency is high for its kind."""
    io = row.io
    near = next((i.hit.why for i in row.verdict.others if row.state == NEAR and i.rule.id in NEAR_RULES), "")
    parts = [
        f"{w.share(io.stat(signal).p95)} of {name}" for signal, name in _LIMITED if io.stat(signal).p95 is not None
    ]
    uses = f"It uses {' and '.join(parts)}." if parts else ""
    high = f"Latency would be high from {w.took(io.expected[0])}." if io.expected and row.state != IDLE else ""
    return " ".join(part for part in (near, uses, high) if part)


def felt(row: Row) -> str:
    """Say what people feel of it."""
    found = "; ".join(row.verdict.impact)
    return f"{found[:1].upper()}{found[1:]}." if found else ""


def not_counted(row: Row) -> str:
    """Name what looks bad and is not."""
    return f"Not a problem: {'; '.join(row.verdict.ignored[:2])}." if row.verdict.ignored else ""
