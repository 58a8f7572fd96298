"""The report on the data of many claims: what fills first, what to do, and everything in numbers."""

from collections.abc import Sequence

from robusta_volumes._analysis.assess import Issue
from robusta_volumes._analysis.patterns import FORECAST_POINTS
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, plain
from robusta_volumes._model.use_words import day, full_on, how_full, interval, is_full, moment, percent, title_of
from robusta_volumes._report.data_files import claims_csv, grow_commands
from robusta_volumes._report.data_lines import growth_words, number_lines, pattern_words, pods_line
from robusta_volumes._report.data_plain import plain_lines
from robusta_volumes._report.data_seen import KEY, Row, Seen
from robusta_volumes._report.notices import remedy_text
from robusta_volumes._report.page import Block, File, Page, Table, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, fix_lines, issue_table, issues_csv, not_looked_at, short
from robusta_volumes._rules.rule import Fix

BLIND = "Nothing can be said about use and growth: that does not mean that all is well."
_FIRST = 8  # rows of the table
_DO = 2  # next steps that are spelt out
_ISSUES = 6  # other problems in the message; all are in the file
_CELL = 44
_HEAD = 400


def overview_page(seen: Seen, pictures: Sequence[File] = ()) -> Page:
    """Write the report on a cluster, a namespace, a class, a node or a selection."""
    problems = seen.found.problems
    blind = seen.failure is not None or (seen.unmeasured and bool(seen.rows))
    blocks: list[Block] = [Text(short(_verdict(seen), TEXT_LIMIT)), *_steps(seen), *_fills_table(seen), *pictures]
    if seen.known:
        blocks += number_lines(seen)
    else:
        blocks += plain_lines(seen)
    blocks += _other_issues(seen)
    if seen.rows:
        blocks.append(claims_csv(seen))
    if problems:
        blocks.append(issues_csv(seen.found.issues))
    blocks += [*gaps(seen), *not_looked_at(seen.found), *method(seen)]
    worst = max((issue.severity for issue in problems), default=Severity.INFO)
    return Page(
        title=short(title(seen), 240),
        severity=max(worst, Severity.MEDIUM) if blind or seen.unjudged else worst,
        subject=seen.subject,
        blocks=tuple(blocks),
        key=KEY,
        causes=("blind",) if blind else ("report",),
        failure=bool(problems) or blind or seen.unjudged,
        noteworthy=bool(problems) or blind or seen.unjudged,
    )


def title(seen: Seen) -> str:
    """Say the verdict in a line."""
    if not seen.rows:
        return f"No claims in {plain(seen.scope)}: there is no data to look at"
    if seen.measured is None and not seen.failure:
        return (
            f"Data of {plain(seen.scope)}: {count(len(seen.rows), 'claim')}, {gib(seen.provisioned)}; metrics are off"
        )
    if not seen.known:
        why = plain(seen.failure, 140) if seen.failure else "nothing measures them"
        return f"How full the volumes of {plain(seen.scope)} are is not known: {why}"
    return _what_fills(seen)


def _what_fills(seen: Seen) -> str:
    full, filling = seen.full, seen.filling
    if full:
        others = f" and {len(full) - 1} more" if len(full) > 1 else ""
        fill = "fills" if len(filling) == 1 else "fill"
        more = f"; {len(filling)} more {fill} within {seen.horizon} days" if filling else ""
        return f"{title_of(full[0].use)} is full ({how_full(full[0].use.use)}){others}{more}"
    if filling:
        first = filling[0].use
        fill, lead = ("volume fills", "") if len(filling) == 1 else ("volumes fill", "first ")
        return f"{len(filling)} {fill} within {seen.horizon} days, {lead}{title_of(first)} {full_on(first, seen.now)}"
    if seen.crowded:
        use = seen.crowded[0].use
        others = f" and {len(seen.crowded) - 1} more" if len(seen.crowded) > 1 else ""
        return f"{title_of(use)} is out of inodes on {day(use.inodes_full_in or 0, seen.now)}{others}"
    known = f"{len(seen.known)} of {count(len(seen.rows), 'claim')} measured"
    found = seen.uses.coverage
    if seen.no_history:
        fullest = seen.fullest
        name = f"; the fullest is {title_of(fullest.use)} ({how_full(fullest.use.use)})" if fullest else ""
        return f"No forecast for the volumes of {plain(seen.scope)}: their history is not known{name}"
    if not found.history:
        days = f"{count(found.days, 'day')} of history" if found.days else "no history"
        return f"No forecast for the volumes of {plain(seen.scope)} yet: {days}, {FORECAST_POINTS} days are needed"
    return f"No volume of {plain(seen.scope)} fills within {seen.horizon} days ({known})"


def _verdict(seen: Seen) -> str:
    if seen.failure:
        return f"{BLIND}\n{remedy_text(seen.failure, TEXT_LIMIT - 200)}"
    if seen.measured is None:
        return (
            "What is used, how it grows and until when it lasts is left out: `includeMetrics` is false. "
            "Set it to true, with a Prometheus that scrapes the kubelets, to see that."
        )
    if seen.unmeasured and seen.rows:
        where = f" by {_source(seen.measured.source)}" if seen.measured.source else ""
        return (
            f"No `kubelet_volume_stats_*` of these claims was found{where}: that does not mean that all is well.\n"
            "*Do this:* let Prometheus scrape the kubelets (job `kubelet`), and check "
            "`globalConfig.prometheus_additional_labels`; a volume is measured only while a pod mounts it."
        )
    first = next(iter((*seen.full, *seen.filling, *seen.crowded)), None)
    return _about(first, seen) if first else _fullest(seen)


def _fullest(seen: Seen) -> str:
    """Say of what does not fill how full the fullest is."""
    fullest = seen.fullest
    if fullest is None:
        return "Nothing to do."
    if seen.no_history:
        return "How fast they fill is not known: what was asked keeps no history, or did not give it. See below what to do."
    todo = "" if seen.found.problems else "Nothing to do. "
    if not seen.uses.coverage.history:
        todo = "How fast it fills is not known yet: with a week of history there is a forecast. "
    return f"{todo}The fullest is {title_of(fullest.use)}: {how_full(fullest.use.use)}."


def _about(row: Row, seen: Seen) -> str:
    """Say of one claim how full it is and how that changes."""
    ends = row.use.inodes_full_in
    if ends is not None and row not in (*seen.full, *seen.filling):
        taken = percent(row.use.use.inode_share if row.use.use else None)
        said = f"{taken} of its inodes taken, none left on {day(ends, seen.now)}"
        return f"*{title_of(row.use)}*: {said} ({how_full(row.use.use)} used)."
    parts = [how_full(row.use.use), growth_words(row), pattern_words(row.use)]
    when = "" if is_full(row.use) else f": full {full_on(row.use, seen.now)}" if row.use.full_in is not None else ""
    return f"*{title_of(row.use)}*: {', '.join(part for part in parts if part)}{when}.{pods_line(row, seen)}"


def _steps(seen: Seen) -> tuple[Block, ...]:
    """Give the next step of the first claims, with the command."""
    told: list[Block] = []
    for row in (*seen.full, *seen.filling, *seen.crowded)[:_DO]:
        fixes = next_steps(row, seen)
        head = f"{_about(row, seen)}\n" if told else ""
        if fixes:
            told.append(Text(short(head, _HEAD) + fix_lines(fixes[:1], TEXT_LIMIT - _HEAD)))
    return tuple(told)


def next_steps(row: Row, seen: Seen) -> tuple[Fix, ...]:
    """Give what can be done about a claim: what the rules say, else to grow it where that gives room."""
    issues = seen.issues_of.get(row.claim.meta.key, ())
    fixes = next((issue.hit.fixes for issue in issues if issue.hit.fixes), ())
    return fixes or tuple(Fix(f"let it grow to {gib(row.grows_to)}", command) for command in grow_commands(row))


def _fills_table(seen: Seen) -> tuple[Block, ...]:
    rows = (*seen.full, *seen.filling)
    if len(rows) < 2:  # noqa: PLR2004 (one is told already)
        return ()
    cells = tuple((short(title_of(row.use), _CELL), _fills(row, seen)) for row in rows[:_FIRST])
    more = f" ({_FIRST} of {len(rows)}, all in claims.csv)" if len(rows) > _FIRST else ""
    return (Table(("claim", "full on, used, growth"), cells, f"Fills first{more}"),)


def _fills(row: Row, seen: Seen) -> str:
    use = row.use
    if is_full(use):
        when = "full now"
    else:
        between = interval(use, seen.now)
        when = moment(use.full_in or 0, seen.now)
        when += f" ({between})" if between not in {"", when} else ""
    share = percent(use.use.share if use.use else None)
    grows = growth_words(row).removeprefix("grows ").partition(",")[0]
    low = ", low confidence" if use.confidence == "low" else ""
    return ", ".join(part for part in (when, share, grows, use.pattern) if part) + low


def _other_issues(seen: Seen) -> tuple[Block, ...]:
    """List the problems that touch data, but for what was told already."""
    told = {row.claim.meta.key for row in (*seen.full, *seen.filling)[:_FIRST]}
    told |= {row.claim.meta.key for row in (*seen.full, *seen.filling, *seen.crowded)[:_DO]}
    rest = [i for i in seen.found.problems if not (i.meta.key in told and i.rule.on == "PersistentVolumeClaim")]
    spelt = [] if told else rest[:_DO]
    blocks: list[Block] = [Text(_in_full(issue)) for issue in spelt]
    more = len(rest) > len(spelt)
    return (*blocks, issue_table(rest, _ISSUES, "Other problems with data", told=len(spelt))) if more else tuple(blocks)


def _in_full(issue: Issue) -> str:
    head = f"*{short(issue.title, _HEAD)}*\n{short(issue.hit.why, _HEAD)}"
    return f"{head}\n{fix_lines(issue.hit.fixes[:1], TEXT_LIMIT - len(head) - 1)}"


def gaps(seen: Seen) -> tuple[Block, ...]:
    """Say what metrics could not be asked."""
    told = seen.measured.gaps if seen.measured else ()
    lines = "\n".join(f"• {short(' '.join(one.split()), 300)}" for one in told[:5])  # what is foreign is escaped
    more = f"\n• and {len(told) - 5} more" if len(told) > 5 else ""  # noqa: PLR2004 (as many as above)
    return (Text(f"*Not measured:*\n{lines}{more}"),) if told else ()


def _source(text: str) -> str:
    """Write where figures come from: an address as code, since chats make links of the others."""
    words, _, address = text.rpartition(" ")
    return f"{plain(words, 60)} {code(address)}" if "://" in address else plain(text, 120)


def method(seen: Seen) -> tuple[Block, ...]:
    """Say how the figures come about, in two lines."""
    measured = seen.measured
    if measured is None or not seen.known:
        return ()
    where = f" from {_source(measured.source)}" if measured.source else ""
    queries = "1 query" if measured.queries == 1 else f"{measured.queries:,} queries"
    asked = f" ({queries}, {measured.seconds:.1f} s)"
    asked = asked if measured.queries else ""
    if seen.no_history:
        return (Text(f"*How:* what is used now{where}{asked}."),)
    how = f"highest and lowest use of each of the last {seen.days} days{where}{asked}"
    return (
        Text(
            f"*How:* {how}; the growth is the median of all slopes between two days (Theil-Sen). "
            "Dates are what happens if nothing changes: in four of five cases it lies between the two days given."
        ),
    )
