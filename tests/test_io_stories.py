"""Verdicts on labelled stories, through everything that is pure: mapping, limits, facts, rules, order of causes."""

import sys

import pytest

from io_stories import STORIES
from io_story_world import Judged, Story, judge
from robusta_volumes._analysis.io_cause import CAUSES, HEALTHY, IDLE, UNKNOWN

FINE = (HEALTHY, IDLE, UNKNOWN)
WANTED = 0.9  # of the stories have the right cause first


@pytest.fixture(scope="module")
def judged() -> tuple[tuple[Story, Judged], ...]:
    return tuple((story, judge(story)) for story in STORIES)


def test_there_are_forty_stories_and_more_of_all_kinds() -> None:
    assert len({story.name for story in STORIES}) == len(STORIES) >= 40
    truths = {story.truth for story in STORIES}
    assert truths <= {*CAUSES.values(), *FINE}
    assert len(truths) >= 20


def test_the_cause_is_right_in_nine_of_ten_stories(judged: tuple[tuple[Story, Judged], ...]) -> None:
    wrong = [f"{s.name}: {found.verdict.word}, not {s.truth}" for s, found in judged if found.verdict.word != s.truth]
    sick = [s for s in STORIES if s.truth not in FINE]
    right = sum(found.verdict.word == s.truth for s, found in judged if s.truth not in FINE)
    figures = f"{len(judged) - len(wrong)} of {len(judged)} stories right, {right} of {len(sick)} causes"
    sys.stdout.write("\n".join((figures, *wrong, "")))
    assert right >= WANTED * len(sick), wrong
    assert len(judged) - len(wrong) >= WANTED * len(judged), wrong


@pytest.mark.parametrize("story", [s for s in STORIES if s.truth in FINE], ids=lambda s: s.name)
def test_no_healthy_volume_is_called_slow(story: Story) -> None:
    found = judge(story)
    assert not found.verdict.bad, (found.verdict.word, found.verdict.impact)


@pytest.mark.parametrize("story", [s for s in STORIES if s.truth not in FINE], ids=lambda s: s.name)
def test_no_slow_volume_is_called_healthy(story: Story) -> None:
    assert judge(story).verdict.bad


@pytest.mark.parametrize("story", [s for s in STORIES if s.also], ids=lambda s: s.name)
def test_what_else_is_worth_a_word_is_said(story: Story) -> None:
    assert set(story.also) <= {issue.rule.id for issue in judge(story).issues}


def test_each_bad_verdict_says_why_it_matters_and_what_to_do(judged: tuple[tuple[Story, Judged], ...]) -> None:
    for _, found in judged:
        if found.verdict.primary:
            assert found.verdict.primary.hit.why
            assert found.verdict.primary.hit.fixes
