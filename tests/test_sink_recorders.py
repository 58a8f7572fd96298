"""What Robusta's own sinks make of one finding: the verdict, the table and the file arrive wherever people read."""

import json
import smtplib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from robusta.api import FileBlock, Finding, FindingSeverity, FindingSource, MarkdownBlock, TableBlock
from robusta.core.sinks.file.file_sink import FileSink
from robusta.core.sinks.file.file_sink_params import FileSinkConfigWrapper
from robusta.core.sinks.mail.mail_sink import MailSink
from robusta.core.sinks.mail.mail_sink_params import MailSinkConfigWrapper
from robusta.core.sinks.msteams.msteams_sink import MsTeamsSink
from robusta.core.sinks.msteams.msteams_sink_params import MsTeamsSinkConfigWrapper
from robusta.core.sinks.webhook.webhook_sink import WebhookSink
from robusta.core.sinks.webhook.webhook_sink_params import WebhookSinkConfigWrapper

from robusta_volumes._sandbox.sink_recorders import MailRecorder, RecordedMail, WebhookRecorder

pytestmark = pytest.mark.xdist_group("sinks")  # Robusta is slow to import: once is enough

SETTINGS = {"account_id": "", "cluster_name": "sandbox", "signing_key": "x"}
REGISTRY = SimpleNamespace(get_global_config=lambda: SETTINGS)
VERDICT = "18 of 20 snapshots made, 2 failed."
CSV = b"claim,why\nshop/uploads,not a CSI volume\n"


def _finding() -> Any:
    finding = Finding("Snapshots failed", "PVC", severity=FindingSeverity.HIGH, source=FindingSource.MANUAL)
    table = TableBlock([["shop/uploads", "9 d ago", "no CSI"]], ["claim", "last good", "why"], table_name="failed")
    finding.add_enrichment([MarkdownBlock(VERDICT), table, FileBlock("plan.csv", CSV)])
    return finding


def test_a_webhook_gets_the_verdict_as_text_and_no_table_at_all() -> None:
    with WebhookRecorder() as web:
        sink = WebhookSink(WebhookSinkConfigWrapper(webhook_sink={"name": "web", "url": web.url}), REGISTRY)
        sink.write_finding(_finding(), platform_enabled=False)
        (post,) = web.wait_for(1)
    lines = [line for line in post.text.splitlines() if line]
    assert lines == ["Snapshots failed", "Source: sandbox", VERDICT]


def test_a_webhook_gets_the_table_when_it_asks_for_json() -> None:
    with WebhookRecorder() as web:
        params = {"name": "web", "url": web.url, "format": "json", "size_limit": 20_000, "authorization": "Bearer x"}
        sink = WebhookSink(WebhookSinkConfigWrapper(webhook_sink=params), REGISTRY)
        finding = _finding()
        finding.enrichments[0].blocks.pop()  # bytes of a file are no JSON: the sink cannot send one
        sink.write_finding(finding, platform_enabled=False)
        (post,) = web.wait_for(1)
    verdict, table = post.json["enrichments"][0]["blocks"]
    assert verdict["text"] == VERDICT
    assert table["rows"] == [["shop/uploads", "9 d ago", "no CSI"]]
    assert post.headers["Authorization"] == "Bearer x"


def test_teams_gets_the_verdict_and_the_table_as_a_card() -> None:
    with WebhookRecorder() as web:
        params = {"name": "teams", "webhook_url": web.teams_url}
        sink = MsTeamsSink(MsTeamsSinkConfigWrapper(ms_teams_sink=params), REGISTRY)
        sink.write_finding(_finding(), platform_enabled=False)
        (post,) = web.wait_for(1)
    card = json.dumps(post.json)
    assert post.path == "/webhookb2/sandbox"
    assert VERDICT in card
    assert "shop/uploads" in card
    assert "AdaptiveCard" in card


def _mailed(finding: Any) -> RecordedMail:
    with MailRecorder() as post:
        sink = MailSink(MailSinkConfigWrapper(mail_sink={"name": "mail", "mailto": post.mailto}), REGISTRY)
        sink.write_finding(finding, platform_enabled=False)
        (mail,) = post.wait_for(1)
    return mail


def test_a_mail_carries_the_verdict_and_the_table() -> None:
    mail = _mailed(_finding())
    assert mail.recipients == ("storage@example.com",)
    assert mail.message["Subject"] == "Snapshots failed"
    assert VERDICT in mail.html
    assert "<td>shop/uploads</td><td>9 d ago" in mail.html


def test_a_mail_carries_a_file_whole_from_8_kib_on_and_empty_below() -> None:
    # Robusta 0.53 attaches a temporary file without flushing it: what fits into the write buffer never arrives.
    finding = _finding()
    finding.add_enrichment([FileBlock("long.csv", CSV * 300)])
    assert _mailed(finding).attachments == {"plan.csv": b"", "long.csv": CSV * 300}


def test_a_file_sink_writes_the_verdict_and_the_table_without_files(tmp_path: Path) -> None:
    path = tmp_path / "findings.json"
    sink = FileSink(FileSinkConfigWrapper(file_sink={"name": "file", "file_name": str(path)}), REGISTRY)
    sink.write_finding(_finding(), platform_enabled=False)
    verdict, table = json.loads(path.read_text())["enrichments"][0]["blocks"]
    assert verdict["text"] == VERDICT
    assert table["rows"] == [["shop/uploads", "9 d ago", "no CSI"]]


def test_a_line_that_is_a_dot_arrives_as_it_was_sent() -> None:
    with MailRecorder() as post:
        with smtplib.SMTP(*post.address) as client:
            client.sendmail("a@example.com", ["b@example.com", "c@example.com"], b"Subject: x\r\n\r\n.\r\n..hidden\r\n")
        (mail,) = post.wait_for(1)
    assert (mail.sender, mail.recipients) == ("a@example.com", ("b@example.com", "c@example.com"))
    assert mail.raw.endswith(b"\r\n.\r\n..hidden\r\n")


def test_waiting_for_what_never_comes_ends() -> None:
    with WebhookRecorder() as web, pytest.raises(TimeoutError, match=r"0 of 1 came within 0.1 s"):
        web.wait_for(1, timeout=0.1)
