"""One alert is one message: what two of our reports answer in it is told once, by the one that knows more."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from robusta.api import Finding, FindingSource

from as_robusta import alerted
from data_world import answers, cluster_of, story
from robusta_volumes._host.publish import publish
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.errors import Unavailable
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.persistent_data_analysis import persistent_data_analysis
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions

TARGET = Target("PersistentVolumeClaim", "data-pg-0", "db", trigger=Trigger.ALERT)
BY_RULE_OF_THUMB = '{"storage":"150Gi"}'


def volume_page() -> Page:
    return persistent_volume_actions(cluster_of(story()[0]), TARGET, PersistentVolumeActions())


def data_page() -> Page:
    b, found = story()
    return persistent_data_analysis(cluster_of(b), TARGET, PersistentDataAnalysis(), answers(found))


def blind_page() -> Page:
    def refused(*_: object) -> Any:
        raise Unavailable("no Prometheus is known, and none was found", "set `globalConfig.prometheus_url`")

    return persistent_data_analysis(cluster_of(story()[0]), TARGET, PersistentDataAnalysis(), refused)


def enriched(pages: Sequence[Page]) -> Finding:
    """Let an alert be enriched with pages, one playbook after the other, and give its finding."""
    event = alerted({"namespace": "db", "persistentvolumeclaim": "data-pg-0"})
    event.named_sinks = ["slack"]
    for page in pages:
        publish(event, page, "prod", FindingSource.PROMETHEUS)
    assert len(event.sink_findings["slack"]) == 1
    found: Finding = event.sink_findings["slack"][0]
    return found


def text(finding: Finding) -> str:
    return "\n".join(getattr(block, "text", "") for e in finding.enrichments for block in e.blocks)


@pytest.mark.parametrize("first", ["volume", "data"])
def test_the_size_that_growth_tells_stands_in_the_message_once_whichever_playbook_ran_first(first: str) -> None:
    pages = {"volume": volume_page(), "data": data_page()}
    said = text(enriched([pages.pop(first), *pages.values()]))
    assert said.count("*Do this:*") == 1
    assert BY_RULE_OF_THUMB not in said
    assert "is full on" in said
    assert "Claim db/data-pg-0 is Bound" in said


@pytest.mark.parametrize("pages", [(0, 1), (1, 0)], ids=["volume first", "data first"])
def test_where_nothing_was_measured_the_rule_of_thumb_stays(pages: tuple[int, ...]) -> None:
    made = (volume_page(), blind_page())
    said = text(enriched([made[number] for number in pages]))
    assert BY_RULE_OF_THUMB in said
    assert "no Prometheus is known" in said


def test_alone_each_says_what_to_do() -> None:
    assert BY_RULE_OF_THUMB in text(enriched([volume_page()]))
    assert text(enriched([data_page()])).count("*Do this:*") == 1


def test_what_has_no_topic_is_told_by_both() -> None:
    page = replace(volume_page(), knows=0)
    assert text(enriched([page, page])).count("How full it is stands in the alert") == 2
