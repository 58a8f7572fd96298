"""The findings that we make go through Robusta's real sinks: the verdict and every table arrive wherever people read."""

import base64
import html
import json
import logging
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from robusta.api import FileBlock, Finding, FindingSource, MarkdownBlock, TableBlock
from robusta.core.sinks.file.file_sink import FileSink
from robusta.core.sinks.file.file_sink_params import FileSinkConfigWrapper
from robusta.core.sinks.mail.mail_sink import MailSink
from robusta.core.sinks.mail.mail_sink_params import MailSinkConfigWrapper
from robusta.core.sinks.msteams.msteams_sink import MsTeamsSink
from robusta.core.sinks.msteams.msteams_sink_params import MsTeamsSinkConfigWrapper
from robusta.core.sinks.robusta.dal.model_conversion import ModelConversion
from robusta.core.sinks.webhook.webhook_sink import WebhookSink
from robusta.core.sinks.webhook.webhook_sink_params import WebhookSinkConfigWrapper

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._host.publish import finding_of
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.settings import PersistentVolumeActions, read_settings
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._report.notices import error_page, settings_page
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._sandbox.sink_recorders import MailRecorder, WebhookRecorder
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions

SETTINGS = {"account_id": "account", "cluster_name": "shop-prod", "signing_key": "x"}
REGISTRY = SimpleNamespace(get_global_config=lambda: SETTINGS)
OBJECTS, _ = shop(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


def _report(target: Target, **cluster: Any) -> Page:
    return persistent_volume_actions(
        MemoryCluster(OBJECTS, name="shop-prod", **cluster), target, PersistentVolumeActions()
    )


def _error() -> Page:
    with pytest.raises(ClusterError) as refused:
        _report(Target(), denied=["persistentvolumeclaims", "persistentvolumes"])
    return error_page(refused.value, "Looking at the cluster", Subject("Cluster", "shop-prod"))


def _settings() -> Page:
    wrong = {"persistentVolumeWorkflows": {"pvcSnapshots": {"retentionDays": "thirty"}}}
    return settings_page(dict(read_settings(wrong).problems), "shop-prod")


PAGES = {
    "issue": _report(Target("PersistentVolumeClaim", "cart-cache", "shop")),
    "overview": _report(Target()),
    "error": _error(),
    "settings": _settings(),
}


@pytest.fixture(params=PAGES)
def finding(request: pytest.FixtureRequest) -> Any:
    """Make the finding of each page."""
    return finding_of(PAGES[request.param], "shop-prod", FindingSource.MANUAL)


@pytest.fixture(autouse=True)
def _complains_about_nothing(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Sinks log what they could not send, and go on."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def blocks(finding: Finding, kind: type[Any]) -> list[Any]:
    """Give the finding's blocks of a kind."""
    return [block for enrichment in finding.enrichments for block in enrichment.blocks if type(block) is kind]


def tables(finding: Finding) -> list[list[list[str]]]:
    """Give the rows of the finding's tables, the headers first."""
    return [[[*table.headers], *table.rows] for table in blocks(finding, TableBlock)]


def letters(text: str) -> str:
    """Leave out the markup, which each sink writes in its own way, and the white space."""
    return re.sub(r"[\W_]", "", text)


def read(text: str) -> str:
    """Give what a person reads of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def test_the_four_findings_hold_what_these_tests_are_about() -> None:
    made = {name: finding_of(page, "shop-prod", FindingSource.MANUAL) for name, page in PAGES.items()}
    kinds = {name: {type(b).__name__ for e in f.enrichments for b in e.blocks} for name, f in made.items()}
    assert kinds == {
        "issue": {"MarkdownBlock", "TableBlock", "FileBlock"},
        "overview": {"MarkdownBlock", "TableBlock", "FileBlock"},
        "error": {"MarkdownBlock"},
        "settings": {"MarkdownBlock"},
    }
    assert {f.filename for f in blocks(made["issue"], FileBlock)} >= {"cart-cache.yaml"}
    assert {f.filename for f in blocks(made["overview"], FileBlock)} >= {"capacity.png", "volumes.csv", "issues.csv"}
    assert all(len(table) > 1 for one in made.values() for table in tables(one))


# --- webhook: its text format knows no table at all; with `format: json` everything is in it, files as text


def test_a_webhook_gets_the_title_and_every_text(finding: Any) -> None:
    with WebhookRecorder() as web:
        params = {"name": "web", "url": web.url, "size_limit": 100_000}
        WebhookSink(WebhookSinkConfigWrapper(webhook_sink=params), REGISTRY).write_finding(
            finding, platform_enabled=False
        )
        (post,) = web.wait_for(1)
    assert post.text.strip().splitlines()[0] == finding.title
    for block in blocks(finding, MarkdownBlock):
        assert letters(block.text) in letters(post.text)


def test_a_webhook_as_it_is_configured_by_default_gets_the_title_and_what_to_do(finding: Any) -> None:
    with WebhookRecorder() as web:  # it stops at 4096 bytes: what comes first has to be what counts
        params = {"name": "web", "url": web.url}
        WebhookSink(WebhookSinkConfigWrapper(webhook_sink=params), REGISTRY).write_finding(
            finding, platform_enabled=False
        )
        (post,) = web.wait_for(1)
    assert post.text.strip().splitlines()[0] == finding.title
    assert letters(blocks(finding, MarkdownBlock)[0].text) in letters(post.text)


def test_a_webhook_gets_every_table_when_it_asks_for_json(finding: Any) -> None:
    with WebhookRecorder() as web:
        params = {"name": "web", "url": web.url, "format": "json", "size_limit": 10_000_000}
        WebhookSink(WebhookSinkConfigWrapper(webhook_sink=params), REGISTRY).write_finding(
            finding, platform_enabled=False
        )
        (post,) = web.wait_for(1)
    assert post.json["title"] == finding.title
    arrived = [block for enrichment in post.json["enrichments"] for block in enrichment["blocks"]]
    assert [[b["headers"], *b["rows"]] for b in arrived if "rows" in b] == tables(finding)
    assert [b["text"] for b in arrived if "text" in b] == [b.text for b in blocks(finding, MarkdownBlock)]
    assert [b["filename"] for b in arrived if "filename" in b] == [b.filename for b in blocks(finding, FileBlock)]


# --- Microsoft Teams


def cells(node: Any) -> Iterator[list[list[str]]]:
    """Find the tables of an adaptive card, as rows of cells."""
    if isinstance(node, dict):
        if node.get("type") == "Table":
            yield [[letters(cell["items"][0]["text"]) for cell in row["cells"]] for row in node["rows"]]
        node = list(node.values())
    for inner in node if isinstance(node, list) else ():
        yield from cells(inner)


def test_teams_gets_the_title_every_text_and_every_table(finding: Any) -> None:
    with WebhookRecorder() as web:
        params = {"name": "teams", "webhook_url": web.teams_url}
        MsTeamsSink(MsTeamsSinkConfigWrapper(ms_teams_sink=params), REGISTRY).write_finding(
            finding, platform_enabled=False
        )
        (post,) = web.wait_for(1)
    card = letters(json.dumps(post.json, ensure_ascii=False).replace("\\n", ""))
    assert letters(finding.title) in card
    for block in blocks(finding, MarkdownBlock):
        assert letters(block.text) in card
    assert list(cells(post.json)) == [[[letters(cell) for cell in row] for row in rows] for rows in tables(finding)]


# --- mail


def test_a_mail_carries_the_title_every_text_every_table_and_the_files(finding: Any) -> None:
    with MailRecorder() as post:
        params = {"name": "mail", "mailto": post.mailto}
        MailSink(MailSinkConfigWrapper(mail_sink=params), REGISTRY).write_finding(finding, platform_enabled=False)
        (mail,) = post.wait_for(1)
    assert mail.message["Subject"] == finding.title
    for block in blocks(finding, MarkdownBlock):
        assert letters(block.text) in letters(read(mail.html))
    rows = re.findall(r"<tr>(.*?)</tr>", mail.html, re.DOTALL)
    arrived = [[letters(read(c)) for c in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)] for row in rows]
    for table in tables(finding):
        for row in table:
            assert [letters(cell) for cell in row] in arrived
    # Whether a small file arrives whole is up to Robusta; see test_sink_recorders.py.
    assert sorted(mail.attachments) == sorted(block.filename for block in blocks(finding, FileBlock))


# --- file


def test_a_file_gets_the_title_every_text_and_every_table(finding: Any, tmp_path: Path) -> None:
    path = tmp_path / "findings.json"
    params = {"name": "file", "file_name": str(path)}
    FileSink(FileSinkConfigWrapper(file_sink=params), REGISTRY).write_finding(finding, platform_enabled=False)
    written = json.loads(path.read_text())
    arrived = [block for enrichment in written["enrichments"] for block in enrichment["blocks"]]
    assert written["title"] == finding.title
    assert [[b["headers"], *b["rows"]] for b in arrived if "rows" in b] == tables(finding)
    assert [b["text"] for b in arrived if "text" in b] == [b.text for b in blocks(finding, MarkdownBlock)]


# --- Robusta's own UI


def test_the_ui_gets_the_subject_that_it_filters_by(finding: Any) -> None:
    sent = ModelConversion.to_finding_json("account", "shop-prod", finding)
    assert json.loads(json.dumps(sent)) == sent
    assert (sent["title"], sent["cluster"], sent["account_id"]) == (finding.title, "shop-prod", "account")
    subject = finding.subject
    assert (sent["subject_name"], sent["subject_namespace"], sent["labels"]) == (
        subject.name,
        subject.namespace,
        subject.labels,
    )
    assert sent["fingerprint"] == finding.fingerprint


def test_the_ui_gets_every_text_every_table_and_every_file_whole(finding: Any) -> None:
    files = {block.filename: block.contents for block in blocks(finding, FileBlock)}
    (enrichment,) = finding.enrichments
    sent = ModelConversion.to_evidence_json("account", "shop-prod", "ui", "key", finding.id, enrichment)
    evidence = json.loads(sent["data"])
    assert [[d["data"]["headers"], *d["data"]["rows"]] for d in evidence if d["type"] == "table"] == tables(finding)
    prose = letters("".join(d["data"] for d in evidence if d["type"] == "markdown"))
    for block in blocks(finding, MarkdownBlock):
        assert letters(block.text) in prose
    sent_files = [d for d in evidence if d["type"] not in {"table", "markdown"}]
    assert [d["type"] for d in sent_files] == [name.rsplit(".", 1)[1] for name in files]
    assert [base64.b64decode(d["data"][2:-1]) for d in sent_files] == list(files.values())
