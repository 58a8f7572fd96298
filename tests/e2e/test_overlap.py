"""Nobody gets two messages for one thing: with the exclude that we print each recorded warning starts one playbook."""

from typing import Any

import pytest
import yaml
from robusta.core.playbooks.trigger import Trigger

from as_robusta import posted
from robusta_volumes._analysis.overlap import copied_playbook
from robusta_volumes._model.warnings import CHART_EXCLUDE, CHART_TRIGGER, WARNINGS
from worlds import PLAYBOOKS, forwarded

NEW_WARNINGS = [
    post
    for post in forwarded()
    if post["data"]["kind"] == "Event"
    and post["data"]["operation"] == "create"
    and post["data"]["obj"]["type"] == "Warning"
]
(OURS,) = [p for p in PLAYBOOKS if p["name"] == "VolumeWarningEvents"]
COPY = yaml.safe_load(copied_playbook())["customPlaybooks"][0]
STOCK = {"triggers": [{CHART_TRIGGER: {"exclude": list(CHART_EXCLUDE)}}]}


def starts(playbook: dict[str, Any], number: int) -> bool:
    """Tell whether a recorded warning starts a playbook; each is asked under a name of its own, or the rate limit counts."""
    event = posted(NEW_WARNINGS[number])
    triggers = [Trigger(**one).get() for one in playbook["triggers"]]
    return any(one.should_fire(event, f"{id(playbook)}-{number}", {}) for one in triggers)


def heard(playbook: dict[str, Any]) -> set[int]:
    return {number for number in range(len(NEW_WARNINGS)) if starts(playbook, number)}


def test_the_charts_own_playbook_repeats_all_that_ours_says() -> None:
    ours, stock = heard(OURS), heard(STOCK)
    assert len(ours) > 20
    assert ours <= stock


def test_with_the_exclude_that_we_print_each_warning_starts_one_playbook_and_none_is_lost() -> None:
    ours, theirs = heard(OURS), heard(COPY)
    assert ours & theirs == set()
    assert ours | theirs == set(range(len(NEW_WARNINGS)))
    assert {NEW_WARNINGS[n]["data"]["obj"]["reason"] for n in theirs} >= {"NodeNotReady", "FailedCreatePodSandBox"}


@pytest.mark.parametrize("word", ["FailedMount", "requests.storage=", 'persistentvolumeclaim "', "ReadWriteOncePod"])
def test_without_one_of_its_words_the_same_is_told_twice_again(word: str) -> None:
    excluded = [*CHART_EXCLUDE, *(other for other in WARNINGS if other != word)]
    lacking = {"triggers": [{CHART_TRIGGER: {"exclude": excluded}}]}
    assert heard(OURS) & heard(lacking)


def test_the_words_that_are_pieces_of_a_message_stand_in_events_of_the_reason_that_we_think() -> None:
    objects = [post["data"]["obj"] for post in NEW_WARNINGS]
    seen = {(word, o["reason"]) for o in objects for word in WARNINGS if word.lower() in o["note"].lower()}
    assert seen
    assert {(word, WARNINGS[word]) for word, _ in seen} == seen
