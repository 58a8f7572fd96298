"""One alert is one message that several of our reports write into: what two of them answer is told once.

A block may name its topic, and a page how much it knows of that. Of two pages the one that knows more is heard, whichever
playbook ran first.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from robusta.api import BaseBlock, Finding

from robusta_volumes._report.page import Block, Page

_NOTE = "_robusta_volumes_said"  # attribute of the finding: it lives as long as the message is being made


def _said(finding: Finding) -> dict[str, tuple[int, list[BaseBlock]]]:
    """Give what was answered in a finding: topic -> (how much that page knew, the blocks of the answer)."""
    noted: dict[str, tuple[int, list[BaseBlock]]] = vars(finding).setdefault(_NOTE, {})
    return noted


def still_to_say(finding: Finding, page: Page) -> tuple[Block, ...]:
    """Leave out what a page that knows more has answered in this finding, and take out of it what this one knows better."""
    said = _said(finding)
    topics = {topic for block in page.blocks if (topic := topic_of(block))} & said.keys()
    settled = {topic for topic in topics if said[topic][0] > page.knows}
    for topic in topics:
        if said[topic][0] < page.knows:
            _take_out(finding, said.pop(topic)[1])
    return tuple(block for block in page.blocks if topic_of(block) not in settled)


def note(finding: Finding, page: Page, block: Block, made: Sequence[BaseBlock]) -> None:
    """Remember what became of a block that has a topic."""
    if topic := topic_of(block):
        _, blocks = _said(finding).get(topic, (0, []))
        _said(finding)[topic] = (page.knows, [*blocks, *made])


def topic_of(block: Block) -> str:
    """Give what a block answers; "" for most."""
    return str(getattr(block, "topic", ""))


def _take_out(finding: Finding, blocks: Iterable[Any]) -> None:
    gone = {id(block) for block in blocks}
    for enrichment in finding.enrichments:
        enrichment.blocks = [block for block in enrichment.blocks if id(block) not in gone]
    finding.enrichments = [enrichment for enrichment in finding.enrichments if enrichment.blocks]
