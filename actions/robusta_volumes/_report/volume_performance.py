"""The report on the performance of many volumes: which are slow, why, what to do, and everything in numbers."""

from collections import Counter

from robusta_volumes._analysis.io_cause import HEALTHY, IDLE, UNKNOWN
from robusta_volumes._model.io_scope import SOURCES
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._report.notices import remedy_text
from robusta_volumes._report.page import Block, Button, Page, Subject, Table, Text
from robusta_volumes._report.performance_files import questions, volumes_csv
from robusta_volumes._report.performance_seen import KEY, NEAR, SLOW, STATES, Row, Seen
from robusta_volumes._report.performance_words import METRICS_OFF, figures
from robusta_volumes._report.pieces import TEXT_LIMIT, fix_lines, issue_table, issues_csv, not_looked_at, short
from robusta_volumes._report.volume_performance_claim import gaps

_BLIND = "Nothing can be said about I/O: that does not mean that all is well."
_STATE = {UNKNOWN: "not known"}
_FIRST, _DO, _ISSUES, _CELL, _REASONS = 8, 2, 6, 44, 4


def overview_page(seen: Seen) -> Page:
    """Write the report on a cluster, a namespace, a class, a node or a selection, the worst first."""
    slow = seen.of(SLOW)
    blind = seen.failure is not None or seen.blind
    blocks: list[Block] = [Text(short(_verdict(seen), TEXT_LIMIT)), *_steps(seen), *_table(seen)]
    told = {row.verdict.primary.id for row in slow if row.verdict.primary}
    others = [issue for issue in seen.found.problems if issue.id not in told]
    if others:
        blocks.append(issue_table(others, _ISSUES, "Other findings"))
    blocks += [*_how(seen), *_unknown(seen), *gaps(seen), *not_looked_at(seen.found)]
    if seen.rows:
        blocks.append(volumes_csv(seen))
    if seen.found.issues:
        blocks.append(issues_csv(seen.found.issues))
    asked = questions(seen)
    blocks += [asked] if asked else []
    worst = max((i.severity for i in seen.found.problems), default=Severity.INFO)
    return Page(
        title=short(title(seen), 240),
        severity=max(worst, Severity.MEDIUM) if blind else worst,
        subject=seen.subject,
        blocks=tuple(blocks),
        key=KEY,
        causes=("blind",) if blind else ("report",),
        failure=bool(slow) or blind,
        noteworthy=bool(slow) or bool(seen.found.problems) or blind,
    )


def title(seen: Seen) -> str:
    """Say the verdict in a line."""
    scope = plain(seen.scope)
    if not seen.rows:
        return f"No bound claims in {scope}: there is no I/O to look at"
    if seen.metrics_off:
        found = f"{count(len(seen.found.problems), 'finding')}; " if seen.found.problems else ""
        return f"Performance of {scope}: {count(len(seen.rows), 'volume')}; {found}what they do was not asked"
    if seen.failure or seen.blind:
        why = plain(seen.failure, 140) if seen.failure else "nothing measures their I/O"
        return f"Whether the volumes of {scope} are slow is not known: {why}"
    slow, near, unknown = seen.of(SLOW), seen.of(NEAR), seen.of(UNKNOWN)
    rest = [f"{len(near)} near a limit" if near else "", f"{len(unknown)} not known" if unknown else ""]
    also = "".join(f"; {part}" for part in rest if part)
    if not slow:
        fine = len(seen.of(HEALTHY)) + len(seen.of(IDLE))
        return f"No volume of {scope} is slow ({fine:,} healthy or idle{also})"
    first = slow[0].verdict.primary
    if len(slow) == 1 and first:
        return f"{first.title}{also}"
    why = f": {first.rule.title[:1].lower()}{first.rule.title[1:]}" if first else ""
    return f"{len(slow)} volumes are slow, first {plain(slow[0].name)}{why}{also}"


def _verdict(seen: Seen) -> str:
    if not seen.rows:
        return "What is measured is what claims do, while a pod uses them."
    if seen.failure:
        return f"{_BLIND}\n{remedy_text(seen.failure, TEXT_LIMIT - 200)}"
    if seen.metrics_off:
        return METRICS_OFF
    if seen.blind:
        remedy = _commonest(seen)
        return f"{_BLIND}\n*Do this:* {remedy}" if remedy else _BLIND
    said = ", ".join(f"{len(seen.of(state)):,} {_STATE.get(state, state)}" for state in STATES if seen.of(state))
    first = next((row.verdict.primary for row in seen.of(SLOW) if row.verdict.primary), None)
    return f"{f'{first.hit.why} ' if first else ''}{count(len(seen.rows), 'volume')}: {said}."


def _commonest(seen: Seen) -> str:
    """Give the switch that would let most volumes be seen."""
    found = Counter(row.io.mapped.remedy for row in seen.of(UNKNOWN) if row.io.mapped.remedy)
    return short(found.most_common(1)[0][0], 300) if found else ""


def _steps(seen: Seen) -> list[Block]:
    """Spell out what to do about the worst."""
    blocks: list[Block] = []
    for place, row in enumerate(seen.of(SLOW)[:_DO]):
        primary = row.verdict.primary
        if primary and primary.hit.fixes:
            head = f"*{short(primary.title, 180)}*\n" if place or len(seen.of(SLOW)) > 1 else ""
            blocks.append(Text(head + fix_lines(primary.hit.fixes[:1], TEXT_LIMIT - len(head))))
    return blocks


def _table(seen: Seen) -> list[Block]:
    """List what is slow or near a limit, the worst first."""
    rows = [row for row in seen.rows if row.state in (SLOW, NEAR)]
    if not rows:
        return []
    shown = tuple((short(plain(row.name), _CELL), short(_cell(row), _CELL * 2)) for row in rows[:_FIRST])
    more = f" ({len(shown)} of {len(rows)}, all in performance.csv)" if len(rows) > len(shown) else ""
    return [Table(("volume", "verdict"), shown, f"Slow or near a limit{more}")]


def _cell(row: Row) -> str:
    """Say what it is in a table's cell."""
    primary = row.verdict.primary or next((i for i in row.verdict.others if row.state == NEAR), None)
    return f"{primary.rule.title} ({figures(row.io, latency=False)})" if primary else figures(row.io)


def _how(seen: Seen) -> list[Block]:
    """Say by what the figures were measured."""
    if seen.measured is None or seen.blind:
        return []
    by_source: dict[str, int] = {}
    for row in seen.rows:
        if row.io.known:
            by_source[row.io.mapped.source] = by_source.get(row.io.mapped.source, 0) + 1
    said = ", ".join(
        f"{number:,} by {plain(SOURCES.get(source, source))}"
        for source, number in sorted(by_source.items(), key=lambda one: -one[1])
    )
    step = seen.measured.window.step.total_seconds() // 60
    asked = f"{sum(seen.measured.queries.values())} queries, {seen.measured.seconds:.1f} s"
    how = f"{said}; the last {seen.hours} h in steps of {step:.0f} minutes ({asked})"
    return [Text(f"*How:* {how}. A 95 % is of such means, not of single operations.")]


def _unknown(seen: Seen) -> list[Block]:
    """Say why volumes are not known, the commonest reason first, and the switch that would tell."""
    if seen.metrics_off or seen.failure:
        return []
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in seen.of(UNKNOWN):
        reasons.setdefault((row.verdict.why_unknown or "nothing measures it", row.io.mapped.remedy), []).append(
            row.name
        )
    if not reasons:
        return []
    lines = []
    for (why, remedy), names in sorted(reasons.items(), key=lambda one: (-len(one[1]), one[0]))[:_REASONS]:
        todo = f"; {short(remedy, 300)}" if remedy else ""
        lines.append(
            f"• {count(len(names), 'volume')} ({listing([plain(n, 60) for n in names], 2)}): {short(plain(why), 200)}{todo}"
        )
    more = f"\n• and {count(len(reasons) - _REASONS, 'more reason')}" if len(reasons) > _REASONS else ""
    return [Text(short("*Not known:*\n" + "\n".join(lines) + more, TEXT_LIMIT))]


def unbound_page(subject: Subject, *, asked: bool) -> Page:
    """Say that a claim has no volume yet, so no I/O."""
    name = f"{plain(subject.namespace)}/{plain(subject.name)}"
    return Page(
        title=f"Claim {name} has no volume yet: there is no I/O to look at",
        severity=Severity.INFO,
        subject=subject,
        blocks=(
            Text("Why it is not bound says `persistent_volume_actions`."),
            Button(
                "Why is it not bound?",
                "persistent_volume_actions",
                {"name": subject.name, "namespace": subject.namespace},
            ),
        ),
        key=KEY,
        causes=("no volume",),
        failure=False,
        noteworthy=asked,
    )


def no_claims_page(subject: Subject, *, asked: bool) -> Page:
    """Say that an object has no claim, so no I/O of one that could be measured."""
    name = f"{plain(subject.namespace)}/{plain(subject.name)}" if subject.namespace else plain(subject.name)
    return Page(
        title=f"{subject.kind} {name} has no claim: there is no I/O of a volume to look at",
        severity=Severity.INFO,
        subject=subject,
        blocks=(Text("What is measured is what claims do, while a pod uses them."),),
        key=KEY,
        causes=("no claim",),
        failure=False,
        noteworthy=asked,
    )
