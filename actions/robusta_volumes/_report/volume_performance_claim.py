"""The report on the performance of one claim: whether it is slow, why, what to change, and every figure."""

from collections.abc import Sequence
from datetime import timedelta

from robusta_volumes._analysis.assess import Issue
from robusta_volumes._analysis.io_cause import HEALTHY, IDLE, UNKNOWN
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Trigger
from robusta_volumes._model.text import listing, plain
from robusta_volumes._model.times import span, stamp
from robusta_volumes._report.notices import remedy_text
from robusta_volumes._report.page import Block, Button, File, Page, Table, Text
from robusta_volumes._report.performance_around import meanwhile
from robusta_volumes._report.performance_files import claim_files
from robusta_volumes._report.performance_seen import KEY, NEAR, Row, Seen
from robusta_volumes._report.performance_tables import (
    latencies,
    limits_table,
    neighbours,
    operations,
    profile,
    scorecard,
)
from robusta_volumes._report.performance_words import (
    METRICS_OFF,
    claim_title,
    felt,
    figures,
    fine,
    kind_of_io,
    not_counted,
)
from robusta_volumes._report.pieces import MARK, TEXT_LIMIT, fix_lines, not_looked_at, short

PROBE = "probe_volume_io"
_VALUE, _MORE = 180, 3


def claim_page(seen: Seen, pictures: Sequence[File] = ()) -> Page:
    """Write the report on the only claim of ``seen``, which may be used on several nodes: the worst speaks first."""
    row = seen.rows[0]
    issues = _issues(row)
    asked = seen.trigger is Trigger.MANUAL
    blocks: list[Block] = [Text(short(_verdict(row, seen), TEXT_LIMIT)), *_step(row, seen), *pictures]
    if asked:
        blocks += _tables(row, seen)
    blocks += [Text(_in_two_lines(issue)) for issue in issues[1 : 1 + _MORE]]
    blocks += [*meanwhile(row, seen), *_elsewhere(seen), *missing(row, seen), *gaps(seen), *not_looked_at(seen.found)]
    blocks += claim_files(row, seen)
    if not seen.metrics_off:
        params = {"name": row.claim.meta.name, "namespace": row.claim.meta.namespace, "dry_run": "true"}
        blocks.append(Button("What it does now", PROBE, params))
    unknown = row.state == UNKNOWN and not seen.metrics_off
    severity = max((issue.severity for issue in issues), default=Severity.LOW if unknown else Severity.INFO)
    return Page(
        title=short(claim_title(row, seen), 240),
        severity=severity,
        subject=seen.subject,
        blocks=tuple(blocks),
        key=KEY,
        causes=tuple(issue.rule.id for issue in issues) or (("unknown",) if unknown else ()),
        identity=issues[0].id if issues else "",
        failure=row.slow,
        noteworthy=row.slow or unknown or severity >= Severity.MEDIUM,
    )


def _issues(row: Row) -> tuple[Issue, ...]:
    first = (row.verdict.primary,) if row.verdict.primary else ()
    return (*first, *row.verdict.others)


def _verdict(row: Row, seen: Seen) -> str:
    """Say what proves it, since when, and what kind of I/O it is; or why nothing is known."""
    if seen.failure:
        blind = "Nothing can be said about its I/O: that does not mean that all is well."
        return f"{blind}\n{remedy_text(seen.failure, TEXT_LIMIT - 200)}"
    primary = row.verdict.primary
    if seen.metrics_off:
        return f"{primary.hit.why}\n{METRICS_OFF}" if primary else METRICS_OFF
    if row.state == UNKNOWN and not primary:
        remedy = f"\n*Do this:* {row.io.mapped.remedy}" if row.io.mapped.remedy else ""
        return f"That does not mean that all is well.{remedy}"
    if primary:
        since = f"Since {stamp(primary.hit.since, seen.now)}." if primary.hit.since else ""
        said = [primary.hit.why, since, kind_of_io(row.io)]
    else:
        said = [fine(row) if row.state in (HEALTHY, NEAR, IDLE) else felt(row), not_counted(row)]
    return " ".join(part.strip() for part in said if part)


def _step(row: Row, seen: Seen) -> tuple[Block, ...]:
    primary = row.verdict.primary
    if primary and primary.hit.fixes and not seen.failure:
        return (Text(fix_lines(primary.hit.fixes)),)
    return ()


def _in_two_lines(issue: Issue) -> str:
    todo = next((fix.text for fix in issue.hit.fixes), "")
    said = f"*{short(issue.title, _VALUE)}* ({MARK[issue.severity]}, `{issue.rule.id}`)"
    return f"{said}\n{short(todo[:1].upper() + todo[1:], 2 * _VALUE)}".rstrip()


def _tables(row: Row, seen: Seen) -> list[Block]:
    io = row.io
    driver = row.volume.driver if row.volume else ""
    every = (
        scorecard(io) if io.known else None,
        limits_table(io.limits),
        profile(io),
        latencies(io),
        neighbours(io),
        operations(seen.measured.operations if seen.measured else (), driver),
        Table(("fact", "value"), _identity(row, seen), "Which volume, and how it is measured"),
    )
    return [table for table in every if table is not None and table.rows]


def _identity(row: Row, seen: Seen) -> tuple[tuple[str, str], ...]:
    claim, volume, io = row.claim, row.volume, row.io
    mapped = io.mapped
    pods = [plain(pod.meta.name, 60) for pod in seen.see.pods_of.get(claim.meta.key, ())]
    counted = f"{span(seen.now - io.window[0])} in {io.samples} steps of {span(io.step)}" if io.window else ""
    fresh = mapped.since is not None and seen.now - mapped.since < timedelta(hours=seen.hours)
    facts = (
        (
            "Volume",
            f"{plain(volume.meta.name, 60)}, {plain(volume.driver, 60)}, {volume.volume_mode}" if volume else "",
        ),
        ("Class", plain(claim.class_name or "none", 60) + _of_kind(io, claim.class_name)),
        ("Attributes class", plain(claim.attributes_now, 60)),
        ("Used by", listing(pods, 3) or "no pod"),
        ("Node", plain(mapped.node, 60)),
        ("Device", plain(mapped.device, 60)),
        ("Mount options", listing([plain(one, 30) for one in io.mounts], 6)),
        ("Measured by", plain(f"{mapped.how} ({mapped.confidence})", 160) if mapped.source else ""),
        ("Counted", counted),
        ("Attached", stamp(mapped.since, seen.now) + ": nothing before counts" if fresh and mapped.since else ""),
    )
    return tuple((name, short(value, _VALUE)) for name, value in facts if value)


def _of_kind(io: VolumeIo, class_name: str | None) -> str:
    """Name the kind of disk where the class is called otherwise."""
    return f", {io.limits.kind}" if io.limits.kind and io.limits.kind != class_name else ""


def _elsewhere(seen: Seen) -> tuple[Text, ...]:
    """Tell of the other nodes on which the claim is used."""
    row = seen.rows[0]
    others = [io for io in row.ios if io is not row.io]
    if not others:
        return ()
    lines = [
        f"• {plain(io.mapped.node, 60) or 'unknown node'}: {figures(io) or plain(io.mapped.how, 120) or 'not measured'}"
        for io in others[:5]
    ]
    return (Text("*On other nodes:*\n" + "\n".join(lines)),)


def missing(row: Row, seen: Seen) -> tuple[Text, ...]:
    """Say what is not known of it, and the switch that would tell it."""
    io = row.io
    if seen.metrics_off or seen.failure:
        return ()
    told = []
    if io.known and io.mapped.remedy:
        told.append(f"{plain(io.mapped.how, 160)}: {io.mapped.remedy}")
    if io.limits.why_unknown:
        told.append(f"limits: {io.limits.why_unknown.partition('; - apiGroups')[0]}")
    if io.known and not any(
        io.stat(one).samples for one in ("read_latency", "write_latency", "latency", "server_seconds")
    ):
        told.append("latency: this source does not measure it")
    lines = "\n".join(f"• {short(one, 300)}" for one in told)
    return (Text(f"*Not known:*\n{lines}"),) if told else ()


def gaps(seen: Seen) -> tuple[Text, ...]:
    """Say what metrics could not be asked."""
    told = seen.measured.gaps if seen.measured else ()
    lines = "\n".join(f"• {short(' '.join(one.split()), 300)}" for one in told[:5])
    return (Text(f"*Not measured:*\n{lines}"),) if told else ()
