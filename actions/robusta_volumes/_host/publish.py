"""A page becomes Robusta's finding, or the enrichment of an alert's own finding."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence

from robusta.api import (
    BaseBlock,
    ExecutionBaseEvent,
    FileBlock,
    Finding,
    FindingSeverity,
    FindingSource,
    FindingSubject,
    FindingSubjectType,
    FindingType,
    MarkdownBlock,
    PrometheusKubernetesAlert,
    TableBlock,
)

from robusta_volumes._host.buttons import add_buttons
from robusta_volumes._host.said_once import note, still_to_say
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.page import Block, File, Page, Table, Text

# Robusta knows three levels; what wakes people is HIGH.
_SEVERITY = {
    Severity.CRITICAL: FindingSeverity.HIGH,
    Severity.HIGH: FindingSeverity.HIGH,
    Severity.MEDIUM: FindingSeverity.LOW,
    Severity.LOW: FindingSeverity.INFO,
    Severity.INFO: FindingSeverity.INFO,
}
LIMIT = 2950  # characters: Robusta cuts a longer block silently, and may cut it inside a code fence
_FENCE = "```"


def fingerprint(page: Page, cluster: str) -> str:
    """Identify what a page says, the same after a restart: the cluster, and the issue or else subject and causes."""
    subject = page.subject
    what = (page.identity,) if page.identity else (subject.kind, subject.namespace, subject.name, *sorted(page.causes))
    return hashlib.sha256("\x1f".join(("robusta-volumes", cluster, page.key, *what)).encode()).hexdigest()


def publish(event: ExecutionBaseEvent, page: Page, cluster: str, source: FindingSource) -> None:
    """Hand a page to the host: as a finding of its own, or, for an alert, as part of the alert's finding."""
    if isinstance(event, PrometheusKubernetesAlert):
        event.add_enrichment([])  # makes the alert's finding in each sink where nobody did yet
        for sink in event.named_sinks or ():
            _add_to(event.sink_findings[sink][0], page)
        _name_the_object(event, page)
    else:
        event.add_finding(finding_of(page, cluster, source), suppress_warning=True)
    add_buttons(event, page)


def _add_to(finding: Finding, page: Page) -> None:
    """Add a page to the finding of an alert, but for what is answered there already."""
    blocks: list[BaseBlock] = [MarkdownBlock(f"*{page.title}*")]
    for block in still_to_say(finding, page):
        made = _blocks([block])
        note(finding, page, block, made)
        blocks += made
    finding.add_enrichment(blocks, suppress_warning=True)


def _name_the_object(event: ExecutionBaseEvent, page: Page) -> None:
    """Put the object into the alert's title where it is missing: "PersistentVolume is filling up." says nothing alone."""
    subject = page.subject
    name = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    for sink in event.named_sinks or ():
        finding = event.sink_findings[sink][0]
        if not re.search(rf"(?<![\w.-]){re.escape(subject.name)}(?![\w-]|\.\w)", finding.title):
            finding.title = f"{name}: {finding.title}" if finding.title[:1] != "[" else f"{finding.title} ({name})"


def publish_aside(event: ExecutionBaseEvent, page: Page, cluster: str, source: FindingSource) -> None:
    """Hand over a page that is not about the event: behind the other findings, so that nobody enriches it."""
    for sink in event.named_sinks or ():
        event.sink_findings[sink].append(finding_of(page, cluster, source))


def finding_of(page: Page, cluster: str, source: FindingSource) -> Finding:
    """Make the finding."""
    subject = page.subject
    finding = Finding(
        title=page.title,
        aggregation_key=page.key,
        severity=_SEVERITY[page.severity],
        source=source,
        subject=FindingSubject(
            name=subject.name,
            subject_type=FindingSubjectType.from_kind(subject.kind),
            namespace=subject.namespace or None,
            node=subject.node or None,
            labels={**subject.labels},
        ),
        finding_type=FindingType.ISSUE if page.failure else FindingType.REPORT,
        failure=page.failure,
        fingerprint=fingerprint(page, cluster),
    )
    finding.add_enrichment(_blocks(page.blocks))
    return finding


def _blocks(blocks: Sequence[Block]) -> list[BaseBlock]:
    made: list[BaseBlock] = []
    for block in blocks:
        if isinstance(block, Text):
            made += [MarkdownBlock(part) for part in _parts(block.markdown)]
        elif isinstance(block, Table):
            # Slack shows a cell as code: a tick in it would end that in the middle of a sentence.
            rows = [[cell.replace("`", "") for cell in row] for row in block.rows]
            made.append(
                TableBlock(rows=rows, headers=list(block.headers), table_name=f"*{block.title}*" if block.title else "")
            )
        elif isinstance(block, File):
            made.append(FileBlock(block.name, block.content))
    return made


def _parts(text: str) -> Iterator[str]:
    """Cut a long text between lines, never inside a code fence; one that is too long itself becomes several."""
    units = (part for unit in _units(text) for part in ([unit] if len(unit) <= LIMIT else _divided(unit)))
    return _packed(units, LIMIT)


def _units(text: str) -> Iterator[str]:
    """Give the lines; those from the start to the end of a fence as one."""
    fenced: list[str] = []
    inside = False
    for line in text.splitlines():
        fenced.append(line)
        inside ^= line.count(_FENCE) % 2 == 1
        if not inside:
            yield "\n".join(fenced)
            fenced = []
    if fenced:
        yield "\n".join(fenced)


def _divided(unit: str) -> Iterator[str]:
    """Cut a line or a fence that is too long for one part; each piece of a fence is a fence."""
    for number, segment in enumerate(unit.split(_FENCE)):
        fence = _FENCE if number % 2 else ""
        room = LIMIT - 2 * len(fence)
        lines = (line[at : at + room] for line in segment.splitlines() for at in range(0, len(line) or 1, room))
        yield from (f"{fence}{part}{fence}" for part in _packed(lines, room))


def _packed(units: Iterable[str], limit: int) -> Iterator[str]:
    """Join as many as fit."""
    part: list[str] = []
    size = 0
    for unit in units:
        if part and size + len(unit) > limit:
            yield "\n".join(part)
            part, size = [], 0
        part.append(unit)
        size += len(unit) + 1
    if part:
        yield "\n".join(part)
