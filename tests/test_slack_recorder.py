"""The stand-in for Slack, driven by Robusta's real Slack sink, in its own process: it reads its URL at import."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from robusta_volumes._sandbox.slack_limits import problems, refusals
from robusta_volumes._sandbox.slack_recorder import RecordedMessage, SlackRecorder

pytestmark = pytest.mark.xdist_group("sinks")  # Robusta is slow to import: once is enough

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc00000030101007bd6fd3e0000000049454e44ae426082"
)
CSV = b"snapshot,age,decision\nnightly-1,31 d,keep\nnightly-2,30 d,remove\n"
YAML = b"kind: PersistentVolumeClaim\n"
TITLE = "Claim broken/class-typo cannot bind"

SEND = f"""
from types import SimpleNamespace
from robusta.api import FileBlock, Finding, FindingSeverity, FindingSource, MarkdownBlock, TableBlock
from robusta.core.reporting.blocks import LinkProp, LinksBlock
from robusta.core.sinks.slack.slack_sink import SlackSink
from robusta.core.sinks.slack.slack_sink_params import SlackSinkConfigWrapper

settings = {{"account_id": "", "cluster_name": "sandbox", "signing_key": "x"}}
sinks = SimpleNamespace(get_robusta_sinks=lambda: [])
registry = SimpleNamespace(get_global_config=lambda: settings, subscribe=lambda *_: None, get_sinks=lambda: sinks)
params = {{"name": "slack", "slack_channel": "storage", "api_key": "xoxb-sandbox", "disable_holmes_note": True}}
sink = SlackSink(SlackSinkConfigWrapper(slack_sink=params), registry)

first = Finding({TITLE!r}, "PVC", severity=FindingSeverity.HIGH, source=FindingSource.MANUAL)
first.add_enrichment([
    MarkdownBlock("Did you mean *csi-hp*?"),
    TableBlock([["a", "1"], ["b", "2"]], ["name", "count"], table_name="two"),
    TableBlock([["a", "1", "x"]], ["name", "count", "why"], table_name="three"),
    TableBlock([list("abcdef")], list("ABCDEF"), table_name="six"),
    FileBlock("used.png", {PNG!r}),
    FileBlock("plan of the day.csv", {CSV!r}),
    FileBlock("claim.yaml", {YAML!r}),
    LinksBlock(links=[LinkProp(text="Docs", url="https://kubernetes.io/docs/concepts/storage/")]),
])
sink.write_finding(first, False)

second = Finding("Too long", "PVC", severity=FindingSeverity.LOW, source=FindingSource.MANUAL)
second.add_enrichment([MarkdownBlock("word " * 700)])
sink.write_finding(second, False)

third = Finding("Refused", "PVC", source=FindingSource.MANUAL)
third.add_enrichment([LinksBlock(links=[LinkProp(text="x" * 76, url="https://example.com")])])
sink.write_finding(third, False)
"""


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlackRecorder]:
    with SlackRecorder() as recorder:
        environment = os.environ | {"SLACK_FORWARD_URL": recorder.url, "ENABLE_TELEMETRY": "false"}
        folder = tmp_path_factory.mktemp("sender")
        subprocess.run([sys.executable, "-c", SEND], env=environment, cwd=folder, check=True, timeout=120)
        recorder.wait_for(3)
        yield recorder


def _texts(message: RecordedMessage) -> str:
    return "\n".join(block["text"]["text"] for block in message.blocks if block["type"] == "section")


def _call(slack: SlackRecorder, method: str, **arguments: Any) -> Any:
    request = urllib.request.Request(  # noqa: S310 (loopback)
        slack.url + method,
        data=json.dumps(arguments).encode(),
        headers={"Content-Type": "application/json", "Authorization": "Bearer xoxb-sandbox"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 (loopback)
        return json.load(answer)


def test_the_title_and_the_verdict_of_a_finding_arrive_in_its_channel(slack: SlackRecorder) -> None:
    message = slack.messages[0]
    assert message.channel == "storage"
    assert message.text.splitlines()[0] == TITLE
    assert f"🔴 *High*\n{TITLE}" in _texts(message)
    assert "Did you mean *csi-hp*?" in _texts(message)
    assert message.received.tzinfo
    assert message.problems == []


def test_a_table_of_two_columns_arrives_as_bullets_and_wider_ones_as_files(slack: SlackRecorder) -> None:
    message = slack.messages[0]
    assert "two \n● a `1`\n● b `2`" in _texts(message)
    assert {"three.txt", "six.txt"} <= {one.name for one in message.files}
    six = next(one for one in message.files if one.name == "six.txt")
    assert six.contents.decode().splitlines()[-1].split() == list("a|b|c|d|e|f")


def test_files_belong_to_the_message_that_mentions_them_byte_for_byte(slack: SlackRecorder) -> None:
    files = {one.name: one.contents for one in slack.messages[0].files}
    assert (files["used.png"], files["plan of the day.csv"], files["claim.yaml"]) == (PNG, CSV, YAML)
    assert slack.messages[1].files == []
    assert slack.unshared == []


def test_links_arrive_as_buttons(slack: SlackRecorder) -> None:
    actions = [block for block in slack.messages[0].blocks if block["type"] == "actions"]
    assert [(one["text"]["text"], one["url"]) for one in actions[0]["elements"]] == [
        ("Docs", "https://kubernetes.io/docs/concepts/storage/")
    ]


def test_a_text_that_robusta_cut_is_reported(slack: SlackRecorder) -> None:
    assert [problem.split(":")[-2:] for problem in slack.messages[1].problems] == [
        [" cut off", " its 3,000 characters end in '...'"]
    ]


def test_a_message_that_slack_refuses_is_kept_with_the_reason(slack: SlackRecorder) -> None:
    assert slack.messages[2].problems[0].endswith("button text has 76 characters, Slack takes 75")


def test_robusta_called_nothing_that_slack_does_not_know(slack: SlackRecorder) -> None:
    assert slack.problems == []
    assert slack.log[0] == "auth.test"
    assert slack.log.count("files.completeUploadExternal") == 5


def test_an_unknown_method_is_answered_as_slack_does_and_reported() -> None:
    with SlackRecorder() as slack:
        assert _call(slack, "chat.shout", text="x") == {"ok": False, "error": "unknown_method"}
        assert slack.problems == ["unknown_method: chat.shout"]


def test_an_edit_replaces_the_message_and_a_reply_names_its_thread() -> None:
    with SlackRecorder() as slack:
        first = _call(slack, "chat.postMessage", channel="#storage", text="one")
        _call(slack, "chat.postMessage", channel="storage", text="reply", thread_ts=first["ts"])
        edit = _call(slack, "chat.update", channel=first["channel"], ts=first["ts"], text="two")
        assert edit["channel"] == first["channel"]
        assert [(m.text, m.edited, m.channel) for m in slack.messages] == [
            ("two", True, "storage"),
            ("reply", False, "storage"),
        ]
        assert slack.messages[1].thread_ts == first["ts"]
        assert _call(slack, "chat.update", channel="storage", ts="1.2", text="x")["error"] == "message_not_found"


def test_a_file_that_no_message_mentions_is_unshared() -> None:
    with SlackRecorder() as slack:
        _call(slack, "files.getUploadURLExternal", filename="lost.txt", length=4)
        _call(slack, "chat.postMessage", channel="storage", text="no file here")
        assert [one.name for one in slack.unshared] == ["lost.txt"]


def test_waiting_ends_with_what_came_instead() -> None:
    with SlackRecorder() as slack:
        _call(slack, "chat.postMessage", channel="storage", text="something else")
        with pytest.raises(TimeoutError, match=r"within 0.1 s; what came: something else"):
            slack.wait_for(lambda message: "disk" in message.text, timeout=0.1)
        assert slack.wait_for(lambda message: "else" in message.text)[0].text == "something else"


def test_saving_writes_messages_and_files_under_harmless_names(slack: SlackRecorder, tmp_path: Path) -> None:
    saved = json.loads(slack.save(tmp_path).read_text())
    assert [one["text"].splitlines()[0] for one in saved] == [TITLE, "Too long", "Refused"]
    assert (tmp_path / saved[0]["files"][1]["saved"]).read_bytes() == CSV
    assert saved[0]["files"][1]["saved"].endswith("-plan_of_the_day.csv")


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _button(**changes: Any) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": "Go"}} | changes


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"blocks": [{"type": "divider"}] * 51}, "blocks: 51 blocks, Slack takes 50"),
    ({"blocks": [_section("x" * 3001)]}, "block 1 (section): text has 3,001 characters, Slack takes 3,000"),
    ({"blocks": [_section(" ")]}, "block 1 (section): text is empty"),
    ({"blocks": [{"type": "section", "fields": []}]}, "block 1 (section): 0 fields, Slack takes 1 to 10"),
    (
        {"blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}]},
        "field 1 has 2,001 characters, Slack takes 2,000",
    ),
    (
        {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]},
        "block 1 (header): text has 151 characters, Slack takes 150",
    ),
    (
        {"blocks": [{"type": "actions", "elements": [_button(text={"type": "plain_text", "text": "x" * 76})]}]},
        "button text has 76 characters, Slack takes 75",
    ),
    (
        {"blocks": [{"type": "actions", "elements": [_button(value="x" * 2001)]}]},
        "value of button 'Go' has 2,001 characters, Slack takes 2,000",
    ),
    ({"blocks": [{"type": "actions", "elements": [_button()] * 26}]}, "26 elements, Slack takes 1 to 25"),
    (
        {"blocks": [{"type": "actions", "elements": [_button(action_id="a")] * 2}]},
        "two elements have the same action_id",
    ),
    ({"blocks": [{"type": "carousel"}]}, "block 1 has the unknown type 'carousel'"),
    ({"attachments": [{"blocks": [_section("")]}]}, "attachment 1: block 1 (section): text is empty"),
]
GARBLED: list[tuple[dict[str, Any], str]] = [
    ({"text": "x" * 4001}, "text has 4,001 characters, Slack advises at most 4,000"),
    ({"text": "x" * 40001}, "text has 40,001 characters, Slack cuts it at 40,000"),
    ({"blocks": [_section("```\ntable")]}, "a ``` fence is opened and never closed"),
    ({"blocks": [_section("x" * 2997 + "...")]}, "cut off: its 3,000 characters end in '...'"),
    ({"blocks": [_section("```" + "x" * 2990 + "...```")]}, "cut off: its 2,999 characters end in '...'"),
    ({"text": "x" * 2997 + "..."}, "text: cut off"),
    ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 147 + "..."}}]}, "cut off: its 150"),
    ({"blocks": [_section("```\na | b\n... 7 more rows not shown\n```")]}, "cut off: rows of a table are left out"),
]


@pytest.mark.parametrize(("payload", "sentence"), BROKEN, ids=[sentence for _, sentence in BROKEN])
def test_what_slack_refuses(payload: dict[str, Any], sentence: str) -> None:
    (refusal,) = refusals(payload)
    assert sentence in refusal
    assert refusal in problems(payload)


@pytest.mark.parametrize(("payload", "sentence"), GARBLED, ids=[sentence for _, sentence in GARBLED])
def test_what_slack_takes_and_nobody_can_read(payload: dict[str, Any], sentence: str) -> None:
    assert refusals(payload) == []
    (problem,) = problems(payload)
    assert sentence in problem


def test_a_message_within_all_limits_has_no_problem() -> None:
    fine = [_section("x" * 3000), _section("and so on..."), _section("```\na\n```")]
    assert problems({"text": "x" * 4000, "blocks": fine + [{"type": "divider"}] * 47}) == []
