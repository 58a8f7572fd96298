"""Recorded Slack messages as one HTML file that looks like Slack: no script, no font, no picture from anywhere else."""

import base64
import csv
import html
import re
from collections.abc import Mapping, Sequence
from datetime import timezone
from pathlib import Path
from typing import Any

from robusta_volumes._sandbox.slack_recorder import RecordedFile, RecordedMessage

_Block = Mapping[str, Any]
PREVIEW_LINES, PREVIEW_ROWS, PREVIEW_COLUMNS = 8, 7, 8
_KIB = 1024
_IMAGES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)[^\s\"<>]+\Z")
_CSS = Path(__file__).with_name("slack_page.css")

# Drawn in the style sheet, since a headless machine has no colour emoji: Slack's name -> sign.
EMOJI = {
    "red_circle": "🔴", "large_orange_circle": "🟠", "large_yellow_circle": "🟡", "large_green_circle": "🟢",
    "large_blue_circle": "🔵", "white_circle": "⚪", "eyes": "👀", "white_check_mark": "✅", "x": "❌", "fire": "🔥",
    "rotating_light": "🚨", "mag": "🔎", "no_bell": "🔕", "chart_with_upwards_trend": "📈", "paperclip": "📎",
    "warning": "⚠", "blue_book": "📘", "hammer_and_wrench": "🛠", "clapper": "🎬", "arrow_right": "➡",
}  # fmt: skip
_NAMES = {sign: name for name, sign in EMOJI.items()}
_SIGN = re.compile("([" + "".join(_NAMES) + "])\ufe0f?")
_HELD = re.compile("\ue000(\\d+)\ue001")


def render(
    messages: Sequence[RecordedMessage],
    title: str,
    notes: Sequence[str] = (),
    captions: Mapping[str, str] | None = None,
) -> str:
    """Show messages channel by channel, replies below what they answer.

    ``notes`` are sentences for the top of the page, ``captions`` (by ``ts``) say what was done to get a message.
    """
    channels = list(dict.fromkeys(message.channel for message in messages))
    items = "".join(f'<li><a href="#c-{i}"><i>#</i> {_plain(name)}</a></li>' for i, name in enumerate(channels))
    head = f"<h1>{_plain(title)}</h1>" + "".join(f"<p>{_inline(note)}</p>" for note in notes)
    body = "".join(
        f'<section id="c-{i}"><h2><i>#</i> {_plain(name)}</h2>'
        + _days(_threaded([m for m in messages if m.channel == name]), captions or {})
        + "</section>"
        for i, name in enumerate(channels)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_escaped(title)}</title><style>\n{_CSS.read_text(encoding='utf-8')}</style></head><body>"
        f'<nav><b class="workspace">robusta-volumes</b><h6>Channels</h6><ul>{items}</ul>'
        '<h6>Apps</h6><ul><li class="app"><span class="avatar small">R</span> Robusta</li></ul></nav>'
        f"<main><header>{head}</header>{body}</main></body></html>\n"
    )


def _threaded(messages: Sequence[RecordedMessage]) -> list[RecordedMessage]:
    """Put replies directly behind the message that they answer."""
    first = {message.ts: place for place, message in enumerate(messages)}
    return sorted(messages, key=lambda m: (first.get(m.thread_ts or m.ts, first[m.ts]), first[m.ts]))


def _days(messages: Sequence[RecordedMessage], captions: Mapping[str, str]) -> str:
    parts, day = [], ""
    for message in messages:
        received = message.received.astimezone(timezone.utc)
        if (today := f"{received:%A}, {received.day} {received:%B %Y}") != day:
            parts.append(f'<div class="day"><span>{today}</span></div>')
            day = today
        parts.append(_message(message, f"{received:%H:%M}", captions.get(message.ts, "")))
    return "".join(parts)


def _message(message: RecordedMessage, time: str, caption: str) -> str:
    anchor = "m-" + re.sub(r"[^\w-]", "-", message.ts)
    above = f'<p class="caption">{_inline(caption)}</p>' if caption else ""
    parts = [_block(block) for block in message.blocks] or [mrkdwn(message.text)]
    parts += [_attachment(one) for one in message.attachments] + [_file(one) for one in message.files]
    parts += [f'<p class="problem">Slack limit: {_plain(problem)}</p>' for problem in message.problems]
    edited = ' <small class="edited">(edited)</small>' if message.edited else ""
    reply = ' class="reply"' if message.thread_ts else ""
    return (
        f'{above}<article id="{anchor}"{reply}><span class="avatar">R</span><div><p class="who"><b>Robusta</b> '
        f'<span class="badge">APP</span> <a class="time" href="#{anchor}">{time}</a>{edited}</p>'
        f"{''.join(parts)}</div></article>"
    )


def mrkdwn(text: str) -> str:
    """Turn Slack's mrkdwn into HTML: fences, quotes, bullets, and what stands within lines."""
    parts = re.split(r"```\n?(.*?)```", text.strip("\n"), flags=re.DOTALL)
    return "".join(
        f'<pre tabindex="0">{_plain(part.rstrip())}</pre>' if place % 2 else _lines(part.strip("\n"))
        for place, part in enumerate(parts)
        if part.strip()
    )


def _lines(text: str) -> str:
    shown: list[str] = []
    for line in text.split("\n"):
        if quote := re.match(r"(?:>|&gt;) ?(.*)", line):
            shown.append(f"<blockquote>{_inline(quote[1])}</blockquote>")
        elif bullet := re.match(r"\s*([•●◦\-*]) +(.*)", line):
            shown.append(f'<div class="bullet"><span>{bullet[1]}</span><div>{_inline(bullet[2])}</div></div>')
        else:
            shown.append(f"<div>{_inline(line)}</div>" if line.strip() else '<div class="gap"></div>')
    return f'<div class="text">{"".join(shown)}</div>'


def _inline(text: str) -> str:
    """Format one line; what must not be formatted any further (code, links) is held aside and put back at the end."""
    held: list[str] = []

    def hold(made: str) -> str:
        held.append(made)
        return f"\ue000{len(held) - 1}\ue001"

    text = re.sub("[\ue000\ue001]", "", text)
    text = re.sub(r"`([^`]+)`", lambda m: hold(f"<code>{_plain(m[1])}</code>"), text)
    text = re.sub(r"<([^<>|]+)(?:\|([^<>]*))?>", lambda m: hold(_angle(m[1].strip(), m[2])), text)
    text = re.sub(r"https?://[^\s<>\ue000]+[^\s<>.,;:)\ue000]", lambda m: hold(_link(m[0], _plain(m[0]))), text)
    text = _styled(_escaped(text))
    while _HELD.search(text):
        text = _HELD.sub(lambda m: held[int(m[1])], text)
    return text


def _styled(text: str) -> str:
    """Apply bold, italic, strike and emoji to text that is escaped already."""
    for mark, tag in (("*", "b"), ("_", "i"), ("~", "s")):
        sign = re.escape(mark)
        inner = rf"(?<![\w{sign}]){sign}(?=[^\s{sign}])([^{sign}\n]*[^\s{sign}]){sign}(?![\w{sign}])"
        text = re.sub(inner, rf"<{tag}>\1</{tag}>", text)
    return _drawn(_named(text))


def _named(text: str) -> str:
    return re.sub(r":([a-z_]+):", lambda m: EMOJI.get(m[1], m[0]), text)


def _drawn(text: str) -> str:
    return _SIGN.sub(lambda m: f'<span class="emoji e-{_NAMES[m[1]]}">{m[1]}</span>', text)


def _angle(target: str, label: str | None) -> str:
    """Show what Slack writes between angle brackets: a link, a mention, a date; anything else as it stands."""
    if target.startswith(("!", "@", "#")):
        words = label or target.lstrip("!@#").split("^")[0]
        return _plain(words) if target.startswith("!date") else f'<span class="mention">@{_plain(words)}</span>'
    if _SAFE_LINK.match(html.unescape(target)):
        return _link(target, _styled(_escaped((label or target).strip())))
    return _plain(f"<{target}>" if label is None else f"<{target}|{label}>")


def _link(url: str, label: str) -> str:
    return f'<a href="{html.escape(_entities(url))}" rel="noopener noreferrer">{label}</a>'


def _entities(text: str) -> str:
    """Undo the three entities that Slack knows, and no others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _escaped(text: str) -> str:
    return html.escape(_entities(text), quote=False)


def _plain(text: str) -> str:
    return _drawn(_escaped(text))


def _raw(text: str) -> str:
    """Show what is no Slack text (names and contents of files): its entities are its own."""
    return _drawn(html.escape(text))


def _words(holder: Any) -> str:
    """Show a text object, plain or mrkdwn."""
    text = str((holder or {}).get("text", ""))
    return mrkdwn(text) if text and holder.get("type") == "mrkdwn" else _plain(_named(text))


def _block(block: _Block) -> str:
    kind = block.get("type")
    if kind == "divider":
        return "<hr>"
    if kind == "header":
        return f"<h3>{_words(block.get('text'))}</h3>"
    if kind == "section":
        fields = "".join(f"<div>{_words(one)}</div>" for one in block.get("fields") or [])
        parts = _words(block.get("text")) + (f'<div class="fields">{fields}</div>' if fields else "")
        button = _button(block["accessory"]) if block.get("accessory") else ""
        return f'<div class="row"><div>{parts}</div>{button}</div>' if button else parts
    if kind in {"actions", "context"}:
        show = _button if kind == "actions" else _words
        return f'<div class="{kind}">{"".join(show(one) for one in block.get("elements") or [])}</div>'
    if kind == "image":
        return f"<p>{_angle(str(block.get('image_url', '')), str(block.get('alt_text', 'picture')))}</p>"
    return f'<p class="problem">a block of type {_plain(str(kind))}</p>'


def _button(element: _Block) -> str:
    style = {"primary": " primary", "danger": " danger"}.get(str(element.get("style")), "")
    url = str(element.get("url", ""))
    target = f' href="{html.escape(url)}" rel="noopener noreferrer"' if _SAFE_LINK.match(url) else ""
    return f'<a class="button{style}"{target}>{_words(element.get("text"))}</a>'


def _attachment(one: _Block) -> str:
    color = str(one.get("color", ""))
    color = "#" + color.lstrip("#") if re.fullmatch(r"#?[0-9A-Fa-f]{6}", color) else "#ddd"
    inner = "".join(_block(block) for block in one.get("blocks") or [])
    inner = inner or mrkdwn(str(one.get("text") or one.get("fallback", "")))
    return f'<div class="attachment" style="border-color:{color}">{inner}</div>'


def _file(one: RecordedFile) -> str:
    name, data = _raw(one.title or one.name), base64.b64encode(one.contents).decode()
    mime = next((mime for start, mime in _IMAGES.items() if one.contents.startswith(start)), "")
    if mime:
        picture = f'<img alt="{html.escape(one.name)}" src="data:{mime};base64,{data}">'
        return f"<figure><figcaption>{name}</figcaption>{picture}</figure>"
    kind = one.name.rpartition(".")[2].lower() if "." in one.name else "file"
    size = f"{len(one.contents) / _KIB:.1f} KiB" if len(one.contents) >= _KIB else f"{len(one.contents)} bytes"
    save = f'href="data:application/octet-stream;base64,{data}" download="{html.escape(one.name)}"'
    icon = f'<span class="icon k-{re.sub("[^a-z]", "", kind)}">{_raw(kind[:4])}</span>'
    top = f'<a class="top" {save}>{icon}<span><b>{name}</b><small>{_raw(kind.upper())} · {size}</small></span></a>'
    return f'<div class="file">{top}{_preview(one.contents, kind)}</div>'


def _preview(contents: bytes, kind: str) -> str:
    try:
        text = contents.decode()
    except UnicodeDecodeError:
        return ""
    lines = [line for line in text.splitlines() if line.strip()]
    if kind == "csv":
        rows = ["".join(f"<td>{_raw(cell)}</td>" for cell in row[:PREVIEW_COLUMNS]) for row in csv.reader(lines)]
        table = "".join(f"<tr>{row}</tr>" for row in rows[:PREVIEW_ROWS])
        shown, more = f'<div class="scroll" tabindex="0"><table>{table}</table></div>', len(rows) - PREVIEW_ROWS
    else:
        first = "\n".join(lines[:PREVIEW_LINES])
        shown, more = f'<pre tabindex="0">{_raw(first)}</pre>', len(lines) - PREVIEW_LINES
    return shown + (f'<p class="more">{more:,} more</p>' if more > 0 else "")
