"""What is told of a benchmark: that it goes on, what it measured and what that means, or why there is no result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from robusta_volumes._analysis.benchmark_compare import Compared
from robusta_volumes._analysis.benchmark_verdict import Verdict, percent, share_of, words
from robusta_volumes._model import kind as k
from robusta_volumes._model.benchmark import MIB, Ended, Figures, Measured, Ran, Run
from robusta_volumes._model.io import IoLimits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.rights import role_command
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import plain
from robusta_volumes._model.times import ago, parse_time
from robusta_volumes._report.changes import Act, done_page
from robusta_volumes._report.page import Block, Button, File, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import TEXT_LIMIT, short

ACTION = "benchmark_storage_class"
KEY = "StorageBenchmark"
_MILLI, _FINE = 1000, 10
_SHOWN = 4  # rows of the comparison
_HEADERS = (
    "section", "direction", "IOPS", "MiB/s", "mean ms", "p50 ms", "p95 ms", "p99 ms", "p99.9 ms", "% of limit", "limit",
    "noise %", "seconds", "MiB moved", "IOPS last time",
)  # fmt: skip


@dataclass(frozen=True)
class Beside:
    """What a result is shown with: what is declared, and the last run of the same."""

    declared: IoLimits | None
    before: Figures | None
    changes: Sequence[Compared]
    comparable: bool


def subject_of(run: Run) -> Subject:
    """Tell what a benchmark is about."""
    if run.claim:
        return Subject(k.CLAIM.name, run.claim, run.namespace)
    return Subject(k.STORAGE_CLASS.name, run.class_name)


def titled(run: Run) -> str:
    """Name it in a sentence."""
    return f"claim {run.namespace}/{run.claim}" if run.claim else f"storage class {run.class_name}"


def act_of(run: Run, size: str) -> Act:
    """Put one benchmark into words."""
    given = {
        "name": "" if run.claim else run.class_name,
        "namespace": run.namespace,
        "claim": run.claim,
        "size": size,
        "node": run.node,
        "zone": run.zone,
    }
    what = titled(run)
    return Act(
        action=ACTION,
        subject=subject_of(run),
        params={key: value for key, value in given.items() if value},
        plan=f"try {what} with fio",
        undone=f"{what[:1].upper()}{what[1:]} was not tried",
        go="Try it now",
        where=run.namespace,
    )


def running_page(run: Run, now: datetime) -> Page:
    """Say that it goes on by itself, and that the next call tells the result."""
    since = ago(parse_time(run.started), now)
    text = (
        f"fio works in {run.namespace}/{run.tried} since {since}, and ends by itself. *Do this:* run the action again in a few "
        "minutes: it tells the result, and removes what was made. One benchmark runs at a time."
    )
    page = done_page(act_of(run, ""), f"{titled(run)[:1].upper()}{titled(run)[1:]} is being tried", (), text)
    again = Button("Look again", ACTION, {**act_of(run, "").params, "dry_run": "false"})
    return replace(page, key=KEY, blocks=(page.blocks[0], again))


def result_page(run: Run, ended: Ended, found: Measured, said: Verdict, beside: Beside, now: datetime) -> Page:
    """Tell what was measured: the verdict first."""
    if run.iops or run.throughput:
        beside = replace(beside, declared=None)  # held back: it was not to reach them
    lines = list(said.says[:1])
    lines += [f"*Do this:* {said.todo}."] if said.todo else []
    lines += [f"• {one}" for one in (_first(run, ended, found), *said.says[1:])]
    blocks: list[Block] = [Text(short("\n".join(lines), TEXT_LIMIT)), _table(found, beside.declared)]
    blocks += _beside(beside, now)
    blocks.append(Text(short("\n".join(_after(run, ended, found)), TEXT_LIMIT)))
    blocks += [_csv(found, beside), File("fio.json", found.json.encode())]
    severity = max(said.severity, Severity.LOW if ended.left or ended.stays else Severity.INFO)
    return Page(
        title=short(f"Benchmark of {titled(run)}: {_figures(found)}{_ending(said, found)}", 240),
        severity=severity,
        subject=subject_of(run),
        blocks=tuple(blocks),
        key=KEY,
        causes=(said.word or "measured",),
        failure=severity > Severity.LOW,
    )


def nothing_page(run: Run, ended: Ended) -> Page:
    """Say why there is no result, and that what was made is gone."""
    lines = [f"{ended.why[:1].upper()}{ended.why[1:]}.", f"*Do this:* {ended.todo}."]
    found = ended.measured or Measured()
    return Page(
        title=short(f"{titled(run)[:1].upper()}{titled(run)[1:]} was not tried: {ended.why}", 240),
        severity=Severity.LOW,
        subject=subject_of(run),
        blocks=(Text(short("\n".join([*lines, *_after(run, ended, found)]), TEXT_LIMIT)),),
        key=KEY,
        causes=("no result",),
        failure=True,
    )


def _first(run: Run, ended: Ended, found: Measured) -> str:
    where = f" on node {plain(ended.node)}" if ended.node else ""
    device = f", device {plain(', '.join(found.devices), 60)}" if found.devices else ""
    return f"Tried at {gib(run.size)}{where}{device}: file of {gib(run.file * MIB)}, {run.seconds} s for each section."


def _ending(said: Verdict, found: Measured) -> str:
    return (f" - {said.word}" if said.word else "") + (" (incomplete)" if found.missing else "")


def _figures(found: Measured) -> str:
    """Give the three figures that people compare."""
    deep = [one.iops for one in found.ran if one.job.startswith("iops_")]
    wide = [one.bytes for one in found.ran if one.job.startswith("bw_")]
    one = found.of("lat_read_4k_qd1", "read")
    parts = [f"{max(deep):,.0f} IOPS"] if deep else []
    parts += [f"{max(wide) / MIB:,.0f} MiB/s"] if wide else []
    parts += [f"a read takes {_ms(one.mean)}"] if one and one.mean is not None else []
    return ", ".join(parts) or "a part of the figures"


def _ms(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    value = seconds * _MILLI
    return f"{value:.2f} ms" if value < _FINE else f"{value:,.0f} ms"


def _table(found: Measured, declared: IoLimits | None) -> Table:
    rows = tuple((words(one.job, one.way), _cell(one, declared)) for one in found.ran if one.job != "layout")
    return Table(("section", "result"), rows, "What was measured")


def _cell(one: Ran, declared: IoLimits | None) -> str:
    share = share_of(one, declared)
    of = f", {percent(share[0])} of the limit" if share else ""
    late = f"mean {_ms(one.mean)}, p95 {_ms(one.p95)}, p99 {_ms(one.p99)}"
    return f"{one.iops:,.0f} IOPS, {one.bytes / MIB:,.1f} MiB/s{of}; {late}"


def _beside(beside: Beside, now: datetime) -> list[Block]:
    if beside.before is None:
        return [Text("This is the first run of its kind; the next one is compared with it.")]
    when = ago(parse_time(beside.before.when), now)
    if not beside.comparable:
        return [
            Text(f"Not compared with the last run ({when}): one of them was held back, or went through the page cache.")
        ]
    if not beside.changes:
        return [Text(f"Not compared with the last run ({when}): no section ran for long enough in both.")]
    rows = tuple((words(*one.key.split(" ", 1)), _change(one)) for one in beside.changes[:_SHOWN])
    return [Table(("section", "last time → now"), rows, f"Beside the last run ({when}), the worst first")]


def _change(one: Compared) -> str:
    if one.latency:
        return f"{_ms(one.before)} → {_ms(one.now)} ({one.change:+.0f} %)"
    return f"{one.before:,.0f} → {one.now:,.0f} IOPS ({one.change:+.0f} %)"


def _after(run: Run, ended: Ended, found: Measured) -> list[str]:
    """Tell what was written, and what became of what was made."""
    lines = [f"Written: {gib(found.written)}, of at most {gib(run.most_written * MIB)}."] if found.ran else []
    if ended.left:
        allow = role_command([run.namespace], ["benchmark"])
        names = "\n".join(f"• {one}" for one in ended.left[:5])
        lines.append(
            f"*Still there*, and removed by the next run:\n{names}\nFor the next time let the runner do it:\n```{allow}```"
        )
    elif ended.stays:
        lines.append(f"The pod and the claim are gone; {ended.stays}.")
    else:
        lines.append("The pod and its folder are gone." if run.claim else "The pod, the claim and its volume are gone.")
    return lines


def _csv(found: Measured, beside: Beside) -> File:
    before = beside.before.iops if beside.before and beside.comparable else {}
    return csv_file(
        "benchmark.csv", _HEADERS, (_row(one, beside.declared, before.get(f"{one.job} {one.way}")) for one in found.ran)
    )


def _row(one: Ran, declared: IoLimits | None, before: float | None) -> tuple[object, ...]:
    share = share_of(one, declared)
    times = [round(t * _MILLI, 4) if t is not None else "" for t in (one.mean, one.p50, one.p95, one.p99, one.p999)]
    return (
        one.job,
        one.way,
        round(one.iops, 1),
        round(one.bytes / MIB, 2),
        *times,
        round(100 * share[0], 1) if share else "",
        f"{share[1].formula} ({share[1].source})" if share else "",
        round(100 * one.noise, 1) if one.noise is not None else "",
        round(one.seconds, 1),
        round(one.total / MIB, 1),
        before if before is not None else "",
    )
