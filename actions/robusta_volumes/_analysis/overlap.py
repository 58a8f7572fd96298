"""Which other playbooks report the warning events that ours report, so that people get two messages for one thing. Pure."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from robusta_volumes._model.checkup import Playbook
from robusta_volumes._model.text import listing
from robusta_volumes._model.warnings import (
    CHART_ACTION,
    CHART_EXCLUDE,
    CHART_PLAYBOOK,
    CHART_SINK,
    CHART_TRIGGER,
    COPY,
    TRIGGER,
    WARNINGS,
)


@dataclass(frozen=True)
class Overlap:
    """Another playbook that tells the same: what of it, and what to change."""

    says: str
    remedy: str
    values: str  # Helm values to paste; empty when the playbook is the user's own


def playbook_of(given: Mapping[str, Any]) -> Playbook:
    """Read a playbook as it stands in Robusta's configuration, as far as it matters here."""
    triggers = [(str(name), value or {}) for trigger in _maps(given.get("triggers")) for name, value in trigger.items()]
    warns = [value for name, value in triggers if name.startswith(TRIGGER) and isinstance(value, Mapping)]
    excluded = [tuple(str(word) for word in value.get("exclude") or ()) for value in warns]
    included = [tuple(str(word) for word in value.get("include") or ()) for value in warns]
    return Playbook(
        actions=tuple(str(name) for action in _maps(given.get("actions")) for name in action),
        triggers=tuple(dict.fromkeys(name for name, _ in triggers)),
        # of several triggers: what all of them leave out, and all words when one of them takes all
        excludes=tuple(word for word in (excluded or [()])[0] if all(word in words for words in excluded)),
        includes=() if not all(included) else tuple(word for words in included for word in words),
        name=str(given.get("name") or ""),
        sinks=tuple(str(sink) for sink in given.get("sinks") or ()),
    )


def overlaps(playbooks: Sequence[Playbook], ours: Collection[str]) -> Iterator[Overlap]:
    """Find the playbooks that report what ours report; ``ours`` are our actions."""
    own = [p for p in playbooks if set(p.actions) & set(ours) and _warns(p)]
    for playbook in playbooks:
        if set(playbook.actions) & set(ours) or not _warns(playbook):
            continue
        told = [word for word in WARNINGS if _tells(playbook, word) and any(_meet(playbook, p, word) for p in own)]
        if told:
            yield _overlap(playbook, told)


def copied_playbook(excludes: Iterable[str] = CHART_EXCLUDE) -> str:
    """Write Helm values with which the chart's playbook leaves out what ours report, beside what it leaves out already."""
    return f"""disabledPlaybooks: [{CHART_PLAYBOOK}]
customPlaybooks:
- name: {COPY} # a copy of the chart's {CHART_PLAYBOOK}
  triggers:
  - {CHART_TRIGGER}:
      exclude: {_exclude(excludes)}
  actions:
  - {CHART_ACTION}: {{warning_event_groups: []}} # or the chart's groups, to keep their names
  - event_resource_events: {{}}
  sinks: [{CHART_SINK}]
"""


def _overlap(playbook: Playbook, told: Sequence[str]) -> Overlap:
    name = f"playbook {playbook.name}" if playbook.name else f"playbook with {listing(list(playbook.actions))}"
    where = f" in {listing(list(playbook.sinks))}" if playbook.sinks else ""
    says = f"{name} reports {listing(list(told), 3)} as well: two messages for one thing{where}"
    if playbook.name == CHART_PLAYBOOK:
        remedy = (
            f"it stands in a list of the chart: switch it off with `disabledPlaybooks: [{CHART_PLAYBOOK}]` and copy its entry "
            f"(`helm show values robusta/robusta`) into `customPlaybooks` as {COPY}, with all that ours report in its `exclude`"
        )
        return Overlap(says, remedy, copied_playbook(playbook.excludes))
    return Overlap(says, f"write in its trigger: `exclude: {_exclude(playbook.excludes)}`", "")


def _exclude(before: Iterable[str]) -> str:
    return json.dumps(list(dict.fromkeys((*before, *WARNINGS))))


def _warns(playbook: Playbook) -> bool:
    return any(trigger.startswith(TRIGGER) for trigger in playbook.triggers)


def _tells(playbook: Playbook, word: str) -> bool:
    """Tell whether this playbook takes events that hold this word, as far as its own words say."""
    if any(_is_in(excluded, word) for excluded in playbook.excludes):
        return False
    return not playbook.includes or any(_is_in(included, word) for included in playbook.includes)


def _is_in(searched: str, word: str) -> bool:
    """Tell whether each event with our word has ``searched`` in its reason or message: Robusta asks for the piece."""
    return any(searched.lower() in text.lower() for text in (word, WARNINGS[word]))


def _meet(other: Playbook, own: Playbook, word: str) -> bool:
    """Tell whether our playbook takes this word, too, and sends it where the other one does."""
    apart = other.sinks and own.sinks and not set(other.sinks) & set(own.sinks)
    return _tells(own, word) and not apart


def _maps(given: Any) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in given or () if isinstance(one, Mapping))
