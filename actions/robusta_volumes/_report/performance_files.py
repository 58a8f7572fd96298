"""The files of a report on performance: a row per volume, the course of one volume, and the questions that were asked."""

import csv
import io as io_
from collections.abc import Iterable
from datetime import datetime

from robusta_volumes._model.io import Stats
from robusta_volumes._report.page import Block, File, csv_file
from robusta_volumes._report.performance_seen import Row, Seen

UNKNOWN, _TIME = "unknown", "%Y-%m-%dT%H:%M:%SZ"
_NOT_MEASURED = (UNKNOWN, UNKNOWN, UNKNOWN)  # mean, p95, peak
_SIGNALS = (
    "iops",
    "bytes",
    "read_latency",
    "write_latency",
    "queue",
    "busy",
    "pressure_some",
    "iops_throttled",
    "node_iops_throttled",
)
_UNITS = {
    "iops": "per second",
    "bytes": "per second",
    "read_latency": "s",
    "write_latency": "s",
    "queue": "in flight",
    "busy": "share",
    "pressure_some": "share",
    "iops_throttled": "share",
    "node_iops_throttled": "share",
}


def volumes_csv(seen: Seen) -> File:
    """Write one row per claim, the worst first."""
    headers = [
        "namespace",
        "claim",
        "node",
        "state",
        "rule",
        "problem",
        "class",
        "kind",
        "source",
        "confidence",
        "device",
    ]
    for signal in _SIGNALS:
        headers += [f"{signal} {what} ({_UNITS[signal]})" for what in ("mean", "p95", "peak")]
    headers += ["limit iops", "limit bytes", "% of limit iops", "% of limit bytes", "samples", "why unknown", "do this"]
    return csv_file("performance.csv", headers, (_row(row) for row in seen.rows))


def _row(row: Row) -> tuple[object, ...]:
    io, mapped, primary = row.io, row.io.mapped, row.verdict.primary
    stats = [
        value for signal in _SIGNALS for value in (_three(io.stats[signal]) if signal in io.stats else _NOT_MEASURED)
    ]
    limits = io.limits
    return (
        row.claim.meta.namespace,
        row.claim.meta.name,
        mapped.node,
        row.state,
        primary.rule.id if primary else "",
        primary.rule.title if primary else "",
        row.claim.class_name or "",
        limits.kind,
        mapped.source,
        mapped.confidence,
        mapped.device,
        *stats,
        _value(limits.iops.value if limits.iops else None),
        _value(limits.bytes.value if limits.bytes else None),
        _percent(io.stat("limit_iops").p95),
        _percent(io.stat("limit_bytes").p95),
        io.samples,
        row.verdict.why_unknown,
        primary.hit.fixes[0].text if primary and primary.hit.fixes else "",
    )


def _three(stat: Stats) -> tuple[object, object, object]:
    return _value(stat.mean), _value(stat.p95), _value(stat.peak)


def _value(number: float | None) -> object:
    return UNKNOWN if number is None else float(f"{number:.6g}")


def _percent(share: float | None) -> object:
    return UNKNOWN if share is None else round(share * 100)


def series_csv(row: Row, seen: Seen) -> File | None:
    """Write the course of one volume: a row per step, a column per signal, so that anybody can draw it again."""
    lines = seen.drawn.lines
    if not lines:
        return None
    by_time: dict[datetime, dict[str, float]] = {}
    for name, points in lines.items():
        for when, value in points:
            by_time.setdefault(when, {})[name] = value
    names = sorted(lines)
    out = io_.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time", *names])
    writer.writerows(_step(when, values, names) for when, values in sorted(by_time.items()))
    return File(f"{row.claim.meta.name}-io.csv", out.getvalue().encode())


def _step(when: datetime, values: dict[str, float], names: Iterable[str]) -> list[object]:
    return [f"{when:{_TIME}}", *(f"{values[name]:.6g}" if name in values else "" for name in names)]


def questions(seen: Seen) -> File | None:
    """Write the PromQL that was asked, so that anybody can ask it again."""
    if seen.measured is None or not seen.measured.asked:
        return None
    said = [f"# {what}\n{query}\n" for what, query in seen.measured.asked]
    window = seen.measured.window
    head = f"# {len(said)} questions, {window.start:{_TIME}} to {window.end:{_TIME}}, in steps of {window.step}\n"
    return File("queries.promql", (head + "\n" + "\n".join(said)).encode(errors="replace"))


def claim_files(row: Row, seen: Seen) -> list[Block]:
    """Give the files of a report on one claim."""
    return [file for file in (series_csv(row, seen), questions(seen)) if file]
