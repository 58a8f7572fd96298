"""A page becomes Robusta's own finding: real blocks, a subject that sinks can route by, and one identity over restarts."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from robusta.api import (
    ExecutionBaseEvent,
    FileBlock,
    Finding,
    FindingSeverity,
    FindingSource,
    FindingType,
    MarkdownBlock,
    TableBlock,
)
from robusta.core.sinks.file.file_sink import FileSink
from robusta.core.sinks.file.file_sink_params import FileSinkConfigWrapper

from as_robusta import alerted, seen_by_robusta
from robusta_volumes._cluster.store import Store
from robusta_volumes._host.publish import LIMIT, finding_of, fingerprint, publish, publish_aside
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.page import File, Page, Subject, Table, Text
from robusta_volumes._sandbox.api_server import ApiServer

ACTIONS = Path(__file__).resolve().parents[2] / "actions"
CSV = b"claim,why\nshop/uploads,no\n"
PAGE = Page(
    title="Claim shop/uploads cannot bind",
    severity=Severity.HIGH,
    subject=Subject("PersistentVolumeClaim", "uploads", "shop", {"app": "web", "team": "media"}, node="node-a1"),
    blocks=(
        Text("*Do this:* look."),
        Table(("fact", "value"), (("size", "8.0 GiB"), ("class", "gp3")), "Facts"),
        File("uploads.yaml", CSV),
        Table(("fact", "value"), ()),
    ),
    key="PersistentVolumeIssue",
    causes=("PVC-03", "PVC-01"),
)


def blocks_of(page: Page) -> list[Any]:
    """Make a finding and give its blocks."""
    return [b for e in finding_of(page, "prod", FindingSource.MANUAL).enrichments for b in e.blocks]


def texts(markdown: str) -> list[str]:
    """Publish one text and give the texts of what becomes of it."""
    blocks = blocks_of(replace(PAGE, blocks=(Text(markdown),)))
    assert all(type(block) is MarkdownBlock for block in blocks)
    return [block.text for block in blocks]


# --- blocks


def test_blocks_become_robustas_own_in_the_same_order() -> None:
    text, table, file, empty = blocks_of(PAGE)
    assert (type(text), text.text) == (MarkdownBlock, "*Do this:* look.")
    assert type(table) is TableBlock
    assert (table.headers, table.rows) == (["fact", "value"], [["size", "8.0 GiB"], ["class", "gp3"]])
    assert table.table_name == "*Facts*"
    assert (type(file), file.filename, file.contents) == (FileBlock, "uploads.yaml", CSV)
    assert (empty.rows, empty.table_name) == ([], "")


def test_a_cell_has_no_ticks_because_slack_shows_it_as_code() -> None:
    table = Table(("claim", "why"), (("shop/uploads", "backup `nightly-1` has skipped it"),))
    (made,) = blocks_of(replace(PAGE, blocks=(table,)))
    assert made.rows == [["shop/uploads", "backup nightly-1 has skipped it"]]


def test_a_page_without_blocks_is_a_finding_without_enrichment() -> None:
    assert finding_of(replace(PAGE, blocks=()), "prod", FindingSource.MANUAL).enrichments == []


def test_title_kind_and_source_stand_on_the_finding() -> None:
    finding = finding_of(PAGE, "prod", FindingSource.SCHEDULER)
    assert (finding.title, finding.aggregation_key) == ("Claim shop/uploads cannot bind", "PersistentVolumeIssue")
    assert (finding.source, finding.failure, finding.finding_type) == (
        FindingSource.SCHEDULER,
        True,
        FindingType.ISSUE,
    )


def test_a_report_that_finds_nothing_wrong_is_no_failure() -> None:
    finding = finding_of(replace(PAGE, failure=False), "prod", FindingSource.SCHEDULER)
    assert (finding.failure, finding.finding_type) == (False, FindingType.REPORT)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Severity.CRITICAL, FindingSeverity.HIGH),
        (Severity.HIGH, FindingSeverity.HIGH),
        (Severity.MEDIUM, FindingSeverity.LOW),
        (Severity.LOW, FindingSeverity.INFO),
        (Severity.INFO, FindingSeverity.INFO),
    ],
)
def test_what_wakes_people_is_high(ours: Severity, theirs: FindingSeverity) -> None:
    assert finding_of(replace(PAGE, severity=ours), "prod", FindingSource.MANUAL).severity == theirs


def test_every_severity_of_ours_has_one_of_robustas() -> None:
    found = [finding_of(replace(PAGE, severity=one), "prod", FindingSource.MANUAL).severity for one in Severity]
    assert len(found) == 5
    assert [one.value for one in found] == sorted(one.value for one in found)


# --- long texts


def test_a_short_text_stays_as_it_is() -> None:
    assert texts("one\n\ntwo\n```a\n\nb```") == ["one\n\ntwo\n```a\n\nb```"]


def test_a_long_text_is_cut_between_its_lines() -> None:
    lines = [f"• volume {n} is Released and holds 80.0 GiB" for n in range(200)]
    parts = texts("\n".join(lines))
    assert [line for part in parts for line in part.splitlines()] == lines
    assert 3 <= len(parts) <= 4


def test_a_fence_is_kept_whole_in_the_next_part() -> None:
    rule = "```- apiGroups: [storage.k8s.io]\n" + "\n".join(f"  - resource-{n}" for n in range(60)) + "```"
    parts = texts("\n".join(["intro " * 20] * 20 + [rule, "after"]))
    assert [part for part in parts if "```" in part] == [part for part in parts if rule in part]


LINE = some.sampled_from(
    ["", "word", "• a bullet of some length, as our lists have them " * 3, "`code` and *bold*", "ä" * 400, "x" * 2900]
)
FENCE = some.builds(
    lambda lines: "```" + "\n".join(lines) + "```",
    some.lists(some.sampled_from(["kubectl get pvc", "", "y" * 200]), max_size=9),
)


@given(some.lists(LINE | FENCE, max_size=30))
@example(["x" * 2900, "```" + "\n".join(["y" * 200] * 9) + "```", "x" * 2900])
def test_no_part_is_too_long_for_robusta_none_ends_inside_a_fence_and_no_line_is_lost(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    parts = texts(text)
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert all(len(part) <= 2996 for part in parts)  # MarkdownBlock cuts what is longer, and may cut inside a fence
    assert [line for part in parts for line in part.splitlines() if line] == [
        line for line in text.splitlines() if line
    ]


@given(some.text(alphabet="ab`\n ", max_size=300).map(lambda text: text * 40))
def test_whatever_the_text_every_word_of_it_arrives_once_and_in_order(text: str) -> None:
    parts = texts(text)
    assert all(len(part) <= 2996 for part in parts)
    assert re.findall("[ab]", "".join(parts)) == re.findall("[ab]", text)


def test_a_fence_that_is_too_long_for_one_part_becomes_several_fences() -> None:
    lines = [f"  resource-{n}: list" for n in range(300)]
    parts = texts("Paste this:\n```" + "\n".join(lines) + "```\nand upgrade")
    assert [line for part in parts for line in part.replace("```", "").splitlines()] == [
        "Paste this:",
        *lines,
        "and upgrade",
    ]
    assert [part.count("```") for part in parts] == [0, 2, 2, 2]


def test_a_line_that_is_too_long_for_one_part_is_cut_and_not_lost() -> None:
    assert [len(part) for part in texts("x" * 7000)] == [LIMIT, LIMIT, 7000 - 2 * LIMIT]


# --- identity


def test_the_same_page_has_the_same_fingerprint_in_another_process() -> None:
    code = (
        "from robusta_volumes._host.publish import fingerprint\n"
        "from robusta_volumes._model.severity import Severity\n"
        "from robusta_volumes._report.page import Page, Subject\n"
        "subject = Subject('PersistentVolumeClaim', 'uploads', 'shop')\n"
        "page = Page('other words', Severity.LOW, subject, (), 'PersistentVolumeIssue', ('PVC-01', 'PVC-03'))\n"
        "print(fingerprint(page, 'prod'))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ACTIONS), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == fingerprint(PAGE, "prod") == finding_of(PAGE, "prod", FindingSource.MANUAL).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        replace(PAGE, title="Claim shop/uploads still cannot bind after 3 days"),
        replace(PAGE, severity=Severity.LOW),
        replace(PAGE, blocks=()),
        replace(PAGE, causes=("PVC-01", "PVC-03")),
        replace(PAGE, subject=replace(PAGE.subject, labels={}, node="node-b1")),
    ],
)
def test_words_order_and_labels_do_not_make_another_problem(other: Page) -> None:
    assert fingerprint(other, "prod") == fingerprint(PAGE, "prod")


def test_another_cluster_object_cause_or_kind_of_page_is_another_problem() -> None:
    subject = PAGE.subject
    others = [
        replace(PAGE, causes=("PVC-03",)),
        replace(PAGE, causes=()),
        replace(PAGE, key="PersistentVolumeReport"),
        replace(PAGE, subject=replace(subject, name="uploads-2")),
        replace(PAGE, subject=replace(subject, namespace="shop-2")),
        replace(PAGE, subject=replace(subject, namespace="")),
        replace(PAGE, subject=replace(subject, kind="PersistentVolume")),
        replace(PAGE, subject=replace(subject, name="p-uploads", namespace="sho")),  # the same letters, cut elsewhere
    ]
    prints = [fingerprint(PAGE, "prod"), fingerprint(PAGE, "staging"), *(fingerprint(one, "prod") for one in others)]
    assert len(set(prints)) == len(others) + 2


# --- routing: the scope of a real sink


@pytest.fixture(scope="module")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Robusta looks up a namespace's labels when a sink has a scope."""
    with seen_by_robusta(ApiServer(Store([])), tmp_path_factory.mktemp("cluster")):
        yield


def accepted(page: Page, **params: object) -> bool:
    """Ask a real sink with these params whether it takes the page's finding."""
    registry = SimpleNamespace(get_global_config=dict)
    sink = FileSink(FileSinkConfigWrapper(file_sink={"name": "file", "file_name": "unused", **params}), registry)
    accepts: bool = sink.accepts(finding_of(page, "prod", FindingSource.KUBERNETES_API_SERVER))
    return accepts


NOWHERE = replace(PAGE, subject=Subject("Cluster", "prod"))


@pytest.mark.usefixtures("_cluster")
@pytest.mark.parametrize(
    ("params", "page", "takes"),
    [
        ({"scope": {"include": [{"namespace": "shop"}]}}, PAGE, True),
        ({"scope": {"include": [{"namespace": ["db", "sho.*"]}]}}, PAGE, True),
        ({"scope": {"include": [{"namespace": "payments"}]}}, PAGE, False),
        ({"scope": {"exclude": [{"namespace": "shop"}]}}, PAGE, False),
        ({"scope": {"exclude": [{"namespace": "payments"}]}}, PAGE, True),
        ({"scope": {"include": [{"labels": "app=web"}]}}, PAGE, True),
        ({"scope": {"include": [{"labels": "app=web,team=media"}]}}, PAGE, True),
        ({"scope": {"include": [{"labels": "app=db"}]}}, PAGE, False),
        ({"scope": {"include": [{"namespace": "shop", "name": "uploads"}]}}, PAGE, True),
        ({"scope": {"include": [{"node": "node-a1"}]}}, PAGE, True),
        ({"scope": {"include": [{"identifier": "PersistentVolumeIssue"}]}}, PAGE, True),
        ({"scope": {"include": [{"title": ".*cannot bind"}]}}, PAGE, True),
        ({"scope": {"include": [{"severity": "HIGH"}]}}, PAGE, True),
        ({"scope": {"include": [{"source": "KUBERNETES_API_SERVER"}]}}, PAGE, True),
        ({"scope": {"include": [{"namespace": "shop"}]}}, NOWHERE, False),
        ({"scope": {"exclude": [{"namespace": "shop"}]}}, NOWHERE, True),
        ({"match": {"namespace": "shop"}}, PAGE, True),
        ({"match": {"namespace": "payments"}}, PAGE, False),
        ({"match": {"labels": "team=media"}}, PAGE, True),
        ({"match": {"severity": ["LOW", "HIGH"]}}, PAGE, True),
        ({"match": {"type": "REPORT"}}, PAGE, False),
    ],
)
def test_a_sink_takes_what_its_scope_says(params: dict[str, Any], page: Page, takes: bool) -> None:  # noqa: FBT001 (an example)
    assert accepted(page, **params) is takes


def test_a_page_and_its_finding_do_not_share_labels() -> None:
    finding = finding_of(PAGE, "prod", FindingSource.MANUAL)
    finding.subject.labels["injected"] = "by another action"
    assert PAGE.subject.labels == {"app": "web", "team": "media"}


# --- where it goes


def manual() -> Any:
    """A run by hand with two sinks."""
    return ExecutionBaseEvent(named_sinks=["slack", "mail"])


def test_each_sink_gets_the_finding_once() -> None:
    event = manual()
    publish(event, PAGE, "prod", FindingSource.MANUAL)
    assert {sink: [f.title for f in found] for sink, found in event.sink_findings.items()} == {
        "slack": [PAGE.title],
        "mail": [PAGE.title],
    }


def test_what_is_not_about_the_event_stands_behind_and_is_not_enriched_by_others() -> None:
    event = manual()
    notice = replace(PAGE, title="robusta-volumes: a key is wrong", blocks=())
    publish(event, PAGE, "prod", FindingSource.MANUAL)
    publish_aside(event, notice, "prod", FindingSource.MANUAL)
    event.add_enrichment([MarkdownBlock("of another action")])
    first, second = event.sink_findings["slack"]
    assert (first.title, second.title) == (PAGE.title, notice.title)
    assert first.enrichments[-1].blocks[0].text == "of another action"
    assert second.enrichments == []


def test_without_any_sink_nothing_happens() -> None:
    event = alerted({"namespace": "shop", "persistentvolumeclaim": "uploads"})
    publish(event_with(event, sinks=[]), PAGE, "prod", FindingSource.PROMETHEUS)
    publish_aside(event_with(event, sinks=None), PAGE, "prod", FindingSource.PROMETHEUS)
    assert not event.sink_findings


# --- alerts


def event_with(event: Any, sinks: list[str] | None) -> Any:
    """Name the sinks, as Robusta does before it runs an action."""
    event.named_sinks = sinks
    return event


def enriched(summary: str, page: Page = PAGE, times: int = 1) -> Finding:
    """Let an alert be enriched with a page and give its finding."""
    labels = {"namespace": "shop", "persistentvolumeclaim": "uploads", "severity": "warning"}
    event = event_with(alerted(labels, {"summary": summary}), ["slack"])
    for _ in range(times):
        publish(event, page, "prod", FindingSource.PROMETHEUS)
    (finding,) = event.sink_findings["slack"]
    return finding


def test_an_alert_keeps_its_finding_and_gets_verdict_and_blocks() -> None:
    finding = enriched("PersistentVolume is filling up.")
    assert finding.aggregation_key == "KubePersistentVolumeFillingUp"
    assert finding.severity == FindingSeverity.LOW  # the alert's own: "warning"
    (ours,) = finding.enrichments
    assert ours.blocks[0].text == "*Claim shop/uploads cannot bind*"
    assert [type(block) for block in ours.blocks[1:]] == [MarkdownBlock, TableBlock, FileBlock, TableBlock]


@pytest.mark.parametrize(
    ("summary", "title"),
    [
        ("PersistentVolume is filling up.", "shop/uploads: PersistentVolume is filling up."),
        ("[TEST] Volume is full", "[TEST] Volume is full (shop/uploads)"),
        ("Volume uploads is filling up.", "Volume uploads is filling up."),
    ],
)
def test_the_title_of_an_alert_names_the_claim_once(summary: str, title: str) -> None:
    assert enriched(summary).title == title
    assert enriched(summary, times=2).title == title


def test_the_title_of_an_alert_about_a_volume_has_no_namespace() -> None:
    page = replace(PAGE, subject=Subject("PersistentVolume", "nfs-tmp"))
    assert enriched("A volume has failed", page).title == "nfs-tmp: A volume has failed"


def test_a_name_that_is_part_of_a_word_does_not_count_as_named() -> None:
    page = replace(PAGE, subject=Subject("PersistentVolumeClaim", "data", "db"))
    assert enriched("The database is filling up.", page).title == "db/data: The database is filling up."
    assert enriched("data-0 is filling up.", page).title == "db/data: data-0 is filling up."
    assert enriched("Nearly full: db/data.", page).title == "Nearly full: db/data."
