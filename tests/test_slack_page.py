"""The page that shows recorded messages: what Slack shows is there, and nothing foreign becomes markup."""

import re
from datetime import datetime, timezone
from html.parser import HTMLParser
from typing import Any

import pytest

from robusta_volumes._sandbox.slack_page import mrkdwn, render
from robusta_volumes._sandbox.slack_recorder import RecordedFile, RecordedMessage

EVIL = "<script>alert('x')</script>"
REL = 'rel="noopener noreferrer"'
AT = datetime(2026, 11, 23, 21, 8, tzinfo=timezone.utc)


class _Tags(HTMLParser):
    """Collects the elements of a page and the links and sources in their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        if tag not in {"meta", "hr", "img"}:
            self.open.append(tag)
        self.loaded += [value or "" for name, value in attrs if name in {"src", "srcset", "data", "poster"}]
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _message(*blocks: dict[str, Any], **more: Any) -> RecordedMessage:
    given: dict[str, Any] = {"ts": "1.1", "channel": "storage", "text": "title", "received": AT}
    return RecordedMessage(**(given | {"blocks": list(blocks)} | more))


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _file(name: str, contents: bytes) -> RecordedFile:
    return RecordedFile(name, name, contents, "http://127.0.0.1/files/F1/x")


def _inside(shown: str) -> str:
    """Take the frame of a single line away."""
    return shown.removeprefix('<div class="text"><div>').removesuffix("</div></div>")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("*bold* and _italic_ and ~gone~", "<b>bold</b> and <i>italic</i> and <s>gone</s>"),
        ("*bold with `code *as is*`*", "<b>bold with <code>code *as is*</code></b>"),
        ("snake_case_name 2*3*4 a * b", "snake_case_name 2*3*4 a * b"),
        ("`<none>`", "<code>&lt;none&gt;</code>"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
        ("&quot;", "&amp;quot;"),
        ("<https://x.example/?a&b|*docs*>", f'<a href="https://x.example/?a&amp;b" {REL}><b>docs</b></a>'),
        ("see https://x.example/a_b_c.", f'see <a href="https://x.example/a_b_c" {REL}>https://x.example/a_b_c</a>.'),
        ("<javascript:alert(1)|docs>", "&lt;javascript:alert(1)|docs&gt;"),
        ("<!channel>", '<span class="mention">@channel</span>'),
        ("<!date^1700000000^{date_num}|2023-11-14 22:13 UTC>", "2023-11-14 22:13 UTC"),
        (":fire: :no_such: 12:30:45", '<span class="emoji e-fire">🔥</span> :no_such: 12:30:45'),
        ("⚪️ ok", '<span class="emoji e-white_circle">⚪</span> ok'),
        (EVIL, "&lt;script&gt;alert('x')&lt;/script&gt;"),
        ("held \ue0007\ue001 marks", "held 7 marks"),
    ],
)  # fmt: skip
def test_a_line_is_shown_as_slack_shows_it(written: str, shown: str) -> None:
    assert _inside(mrkdwn(written)) == shown


def test_a_fence_is_shown_as_it_stands() -> None:
    assert mrkdwn("before\n```\na | *b*\n<c> &lt;d&gt;\n```\nafter") == (
        '<div class="text"><div>before</div></div><pre tabindex="0">a | *b*\n&lt;c&gt; &lt;d&gt;</pre>'
        '<div class="text"><div>after</div></div>'
    )


def test_quotes_and_bullets_keep_their_lines() -> None:
    shown = mrkdwn("> said\n● one `1`\n* two")
    assert "<blockquote>said</blockquote>" in shown
    assert '<div class="bullet"><span>●</span><div>one <code>1</code></div></div>' in shown
    assert '<div class="bullet"><span>*</span><div>two</div></div>' in shown


def test_blocks_win_over_the_text_which_is_for_notifications() -> None:
    assert "title</div>" in render([_message()], "Demo")
    page = render([_message(_section("verdict"))], "Demo")
    assert "verdict" in page
    assert "title</div>" not in page


def test_every_kind_of_block_is_shown() -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go :fire:"}, "style": "danger"}
    page = render(
        [
            _message(
                {"type": "header", "text": {"type": "plain_text", "text": "Headline"}},
                {"type": "divider"},
                {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Kept* 118"}]},
                {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
                {"type": "actions", "elements": [button, button | {"url": "javascript:alert(1)"}]},
                _section("row") | {"accessory": button | {"url": "https://x.example/"}},
                {"type": "carousel"},
                attachments=[{"color": "#dd2e44", "blocks": [_section("labels")]}],
            )
        ],
        "Demo",
    )
    assert "<h3>Headline</h3><hr>" in page
    assert "<b>Kept</b> 118" in page
    assert '<div class="context"><div class="text"><div>small</div></div></div>' in page
    assert page.count('class="button danger"') == 3
    assert [link for link in _Tags(page).links if not link.startswith("#")] == ["https://x.example/"]
    assert "a block of type carousel" in page
    assert 'style="border-color:#dd2e44"' in page


def test_pictures_are_inline_and_other_files_are_cards_with_a_preview() -> None:
    rows = "claim,size\n" + "".join(f'"shop/db, {number}",1\n' for number in range(124))
    files = [_file("used.png", b"\x89PNG...."), _file("plan.csv", rows.encode()), _file("rule.yaml", b"a: 1\nb: 2\n")]
    page = render([_message(files=files)], "Demo")
    assert _Tags(page).loaded == ["data:image/png;base64,iVBORy4uLi4="]
    assert "<tr><td>claim</td><td>size</td></tr><tr><td>shop/db, 0</td><td>1</td></tr>" in page
    assert "118 more" in page
    assert "a: 1\nb: 2</pre>" in page
    assert 'download="rule.yaml"' in page


def test_a_file_that_only_calls_itself_a_picture_is_no_picture() -> None:
    page = render(
        [_message(files=[_file("x.png", b"<svg onload=alert(1)>"), _file("core.bin", b"\xff\xfe\x00")])], "Demo"
    )
    assert "<img" not in page
    assert "&lt;svg onload" in page
    assert "core.bin" in page


def test_nothing_foreign_becomes_markup() -> None:
    table = f"claim,why\n{EVIL},x\n".encode()
    evil = _message(
        _section(f"{EVIL} `{EVIL}` *{EVIL}* <https://x.example/|{EVIL}>\n```{EVIL}```"),
        {"type": "header", "text": {"type": "plain_text", "text": EVIL}},
        {"type": EVIL},
        channel=EVIL,
        ts=f'1"{EVIL}',
        problems=[EVIL],
        attachments=[{"color": '"><script>', "text": EVIL}],
        files=[_file(f'"{EVIL}.csv', table), _file(f"{EVIL}.txt", EVIL.encode()), _file(f'"{EVIL}.png', b"\x89PNG")],
    )
    page = render([evil], EVIL, [EVIL], {evil.ts: EVIL})
    tags = _Tags(page)
    assert "script" not in tags.names
    assert tags.open == []
    assert page.count("&lt;script&gt;") > 10


def test_the_page_loads_nothing() -> None:
    page = render([_message(_section("<https://x.example/|docs>"), files=[_file("a.png", b"\x89PNG")])], "Demo")
    assert {"script", "link", "iframe", "object"} & set(_Tags(page).names) == set()
    assert all(source.startswith("data:") for source in _Tags(page).loaded)
    assert all(url.startswith('"data:') for url in re.findall(r"url\(([^)]{6})", page))
    assert "@import" not in page


def test_each_message_has_time_anchor_and_caption() -> None:
    page = render([_message(ts="1763932080.000001")], "Demo", ["a note"], {"1763932080.000001": "`kubectl apply`"})
    assert 'id="m-1763932080-000001"' in page
    assert 'href="#m-1763932080-000001">21:08</a>' in page
    assert "Monday, 23 November 2026" in page
    assert '<p class="caption"><code>kubectl apply</code></p>' in page
    assert "<p>a note</p>" in page


def test_channels_stand_in_the_sidebar_and_replies_below_what_they_answer() -> None:
    messages = [
        _message(ts="1.1", text="first"),
        _message(ts="1.2", text="elsewhere", channel="low"),
        _message(ts="1.3", text="second"),
        _message(ts="1.4", text="reply", thread_ts="1.1"),
    ]
    page = render(messages, "Demo")
    assert re.findall(r"<div>(\w+)</div></div></div></article>", page) == ["first", "reply", "second", "elsewhere"]
    assert page.count('class="reply"') == 1
    assert re.findall(r'href="(#c-\d)"><i>#</i> (\w+)', page) == [("#c-0", "storage"), ("#c-1", "low")]


def test_every_emoji_that_the_page_knows_is_drawn_in_the_style_sheet() -> None:
    page = render([_message(_section("🔴🟠🟡🟢🔵⚪🔥👀✅❌⚠🚨🔎🔕📈📎📘🛠🎬➡"))], "Demo")
    used = set(re.findall(r'class="emoji (e-\w+)"', page))
    assert len(used) == 20
    assert used <= set(re.findall(r"\.(e-\w+) {", page))
