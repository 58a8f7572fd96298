"""What Slack refuses, cuts or garbles in a message (https://docs.slack.dev/reference/block-kit/blocks)."""

from collections.abc import Iterator, Mapping
from typing import Any

MESSAGE_BLOCKS = 50
TEXT_CUT, TEXT_ADVISED = 40_000, 4_000
SECTION_TEXT, SECTION_FIELDS, FIELD_TEXT = 3_000, 10, 2_000
HEADER_TEXT = 150
BUTTON_TEXT, BUTTON_VALUE, LINK = 75, 2_000, 3_000
ACTIONS_ELEMENTS, CONTEXT_ELEMENTS = 25, 10
BLOCK_ID = ACTION_ID = 255
KNOWN_BLOCKS = {"section", "header", "divider", "actions", "context", "image", "markdown", "rich_text", "table"}
# Robusta cuts at 3,000 characters, "..." and a closing fence included, and steps back up to 7 more from a fence.
ROBUSTA_CUT = SECTION_TEXT - 10
_FENCE, _DOTS = "```", "..."

_Block = Mapping[str, Any]


def problems(payload: Mapping[str, Any]) -> list[str]:
    """List every limit that the body of a chat.postMessage or chat.update breaks, as sentences; [] when it is fine."""
    return [*refusals(payload), *_warnings(payload)]


def refusals(payload: Mapping[str, Any]) -> list[str]:
    """List those problems for which Slack answers ``invalid_blocks`` and shows nothing at all."""
    return [
        f"{place}: {problem}"
        for place, blocks in _block_lists(payload)
        for problem in (*_too_many(blocks), *(found for i, b in enumerate(blocks, 1) for found in _numbered(i, b)))
    ]


def _block_lists(payload: Mapping[str, Any]) -> Iterator[tuple[str, list[_Block]]]:
    yield "blocks", list(payload.get("blocks") or [])
    for number, attachment in enumerate(payload.get("attachments") or [], 1):
        yield f"attachment {number}", list(attachment.get("blocks") or [])


def _too_many(blocks: list[_Block]) -> Iterator[str]:
    if len(blocks) > MESSAGE_BLOCKS:
        yield f"{len(blocks)} blocks, Slack takes {MESSAGE_BLOCKS}"


def _numbered(number: int, block: _Block) -> Iterator[str]:
    kind = block.get("type", "")
    if kind not in KNOWN_BLOCKS:
        yield f"block {number} has the unknown type {kind!r}"
    yield from (f"block {number} ({kind}): {problem}" for problem in _block_problems(kind, block))


def _block_problems(kind: str, block: _Block) -> Iterator[str]:
    yield from _length("block_id", block.get("block_id", ""), BLOCK_ID)
    if kind == "section":
        yield from _section(block)
    elif kind == "header":
        yield from _needed("text", _text(block), HEADER_TEXT)
    elif kind == "actions":
        elements = block.get("elements") or []
        yield from _count("elements", len(elements), ACTIONS_ELEMENTS)
        yield from (problem for element in elements for problem in _element(element))
        names = [element["action_id"] for element in elements if "action_id" in element]
        if len(names) != len(set(names)):
            yield "two elements have the same action_id"
    elif kind == "context":
        elements = block.get("elements") or []
        yield from _count("elements", len(elements), CONTEXT_ELEMENTS)
        for element in elements:
            if element.get("type") != "image":
                yield from _needed("text", str(element.get("text", "")), FIELD_TEXT)
    elif kind == "image":
        yield from _needed("alt_text", str(block.get("alt_text", "")), FIELD_TEXT)
        if "slack_file" not in block:
            yield from _needed("image_url", str(block.get("image_url", "")), LINK)


def _section(block: _Block) -> Iterator[str]:
    fields = block.get("fields")
    if fields is None or "text" in block:
        yield from _needed("text", _text(block), SECTION_TEXT)
    if fields is not None:
        yield from _count("fields", len(fields), SECTION_FIELDS)
        for number, one in enumerate(fields, 1):
            yield from _needed(f"field {number}", str(one.get("text", "")), FIELD_TEXT)
    if block.get("accessory"):
        yield from _element(block["accessory"])


def _element(element: _Block) -> Iterator[str]:
    yield from _length("action_id", element.get("action_id", ""), ACTION_ID)
    if element.get("type") != "button":
        return
    label = _text(element)
    yield from _needed("button text", label, BUTTON_TEXT)
    yield from _length(f"value of button {label[:BUTTON_TEXT]!r}", element.get("value", ""), BUTTON_VALUE)
    yield from _length(f"url of button {label[:BUTTON_TEXT]!r}", element.get("url", ""), LINK)


def _text(holder: _Block) -> str:
    return str((holder.get("text") or {}).get("text", ""))


def _length(what: str, text: str, most: int) -> Iterator[str]:
    if len(text) > most:
        yield f"{what} has {len(text):,} characters, Slack takes {most:,}"


def _needed(what: str, text: str, most: int) -> Iterator[str]:
    if not text.strip():
        yield f"{what} is empty"
    yield from _length(what, text, most)


def _count(what: str, number: int, most: int) -> Iterator[str]:
    if not 1 <= number <= most:
        yield f"{number} {what}, Slack takes 1 to {most}"


def _warnings(payload: Mapping[str, Any]) -> Iterator[str]:
    """What Slack accepts, but nobody reads as it was meant."""
    text = str(payload.get("text") or "")
    if len(text) > TEXT_CUT:
        yield f"text has {len(text):,} characters, Slack cuts it at {TEXT_CUT:,}"
    elif len(text) > TEXT_ADVISED:
        yield f"text has {len(text):,} characters, Slack advises at most {TEXT_ADVISED:,}"
    yield from (f"text: {problem}" for problem in _garbled(text, SECTION_TEXT))
    for place, blocks in _block_lists(payload):
        for number, block in enumerate(blocks, 1):
            most = HEADER_TEXT if block.get("type") == "header" else SECTION_TEXT
            texts = [_text(block)] if isinstance(block.get("text"), Mapping) else []
            texts += [str(one.get("text", "")) for one in block.get("fields") or []]
            for found in (problem for one in texts for problem in _garbled(one, most)):
                yield f"{place}: block {number} ({block.get('type', '')}): {found}"


def _garbled(text: str, most: int) -> Iterator[str]:
    if text.count(_FENCE) % 2:
        yield "a ``` fence is opened and never closed"
    cut_from = ROBUSTA_CUT if most == SECTION_TEXT else most
    if len(text) >= cut_from and text.removesuffix(_FENCE).rstrip().endswith(_DOTS):
        yield f"cut off: its {len(text):,} characters end in '...'"
    elif " not shown\n```" in text and "\n... " in text:
        yield "cut off: rows of a table are left out ('... more rows not shown')"
