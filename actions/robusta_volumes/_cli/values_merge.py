"""Put our parts into somebody's own values file: what is there stays, what is missing is added, twice is once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from robusta_volumes._cli.permissions_rules import cluster_rules
from robusta_volumes._cli.values_chart import ALREADY_ALLOWED
from robusta_volumes._cli.values_parts import (
    REPO,
    REPOS,
    block,
    block_lines,
    dumped,
    light_actions,
    playbooks,
)
from robusta_volumes._cli.values_place import below, place_of, values_in
from robusta_volumes._cli.values_tree import ValuesError, parse, put
from robusta_volumes._model.rbac import Rule, rule_lines
from robusta_volumes._model.settings import ROOT

_BOM = "\ufeff"


@dataclass(frozen=True)
class Part:
    """One thing that is missing: where it belongs, what it is, the same as text, and a sentence about its absence."""

    path: tuple[str, ...]
    value: Any
    lines: tuple[str, ...]
    says: str


def load(text: str) -> dict[str, Any]:
    """Read a document that holds values.

    Raises ValuesError: when the text is not a mapping in YAML.
    """
    parse(text.removeprefix(_BOM))
    return yaml.safe_load(text.removeprefix(_BOM)) or {}


def missing(values: Mapping[str, Any]) -> Iterator[Part]:
    """Give what of ours is not in these values."""
    if below(values, "globalConfig", ROOT) is None:
        given = values.get(ROOT)  # what the user wrote at the top, where the chart does not look
        lines = dumped(given).splitlines() if given else block_lines()
        path = ("globalConfig", ROOT)
        yield Part(path, given or block(), tuple(lines), f"globalConfig.{ROOT} is not there: the defaults hold")
    if below(values, "playbookRepos", REPO) is None:
        lines = dumped(REPOS[REPO]).splitlines()
        says = f"playbookRepos.{REPO} is not there: nobody loads the package, and our playbooks then stop the runner"
        yield Part(("playbookRepos", REPO), REPOS[REPO], tuple(lines), says)
    there = names_of(values)
    for name, playbook in playbooks().items():
        if name not in there:
            lines = dumped([playbook]).splitlines()
            yield Part(("customPlaybooks",), [playbook], tuple(lines), f"customPlaybooks lacks {name}")
    key = rules_key(values)
    granted = below(values, "runner", key) or ()
    for rule in _wanted_rules(values):
        if not _grants(granted, rule):
            says = f"runner.{key} lacks {rule.kind.resource} ({', '.join(rule.verbs)}): {'; '.join(rule.why)}"
            yield Part(("runner", key), [rule.as_data], tuple(rule_lines(rule)), says)
    if values.get("lightActions"):  # where there is no list the chart's own counts, and ours would replace it
        for action in light_actions():
            if action not in values["lightActions"]:
                yield Part(("lightActions",), [action], (f"- {action}",), f"lightActions lacks {action}")


def merged(text: str) -> str:
    """Give the text with what was missing.

    Raises ValuesError: when the file cannot be changed by us.
    """
    bom = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    before = load(text)
    place = place_of(before)
    for part in missing(values_in(before)):
        text = put(text, (*place, *part.path), part.value, part.lines)
    after = load(text)
    if not contains(after, before) or any(missing(values_in(after))):
        raise ValuesError("this file is written in a way that we cannot add to; add what --check names by hand")
    return bom + text


def names_of(values: Mapping[str, Any]) -> set[str]:
    """Name the playbooks that the user has, in the list or in the map."""
    named = below(values, "namedCustomPlaybooks") or {}
    listed = [*(values.get("customPlaybooks") or ()), *(named.values() if isinstance(named, Mapping) else ())]
    return {str(p.get("name")) for p in listed if isinstance(p, Mapping)}


def rules_key(values: Mapping[str, Any]) -> str:
    """Tell where rules count: overrideClusterRoles makes the chart ignore customClusterRoleRules."""
    override = below(values, "runner", "overrideClusterRoles")
    return "overrideClusterRoles" if override else "customClusterRoleRules"


def contains(new: Any, old: Any) -> bool:
    """Tell whether nothing of ``old`` was lost or changed; lists may have grown at the end."""
    if isinstance(old, Mapping):
        return isinstance(new, Mapping) and all(key in new and contains(new[key], old[key]) for key in old)
    if isinstance(old, list):
        return isinstance(new, list) and new[: len(old)] == old
    return old is None or bool(new == old)


def names_account(values: Mapping[str, Any]) -> bool:
    """Tell whether the runner has an account that the chart gives nothing to: no rule in the values reaches it."""
    runner = values.get("runner") or {}
    return bool(runner.get("customServiceAccount")) or runner.get("createServiceAccount", True) is False


def _wanted_rules(values: Mapping[str, Any]) -> Iterator[Rule]:
    """Give the rules that must stand in the values: what the chart grants by itself need not."""
    if names_account(values):
        return
    by_the_chart = ALREADY_ALLOWED if rules_key(values) == "customClusterRoleRules" else frozenset()
    yield from (rule for rule in cluster_rules() if rule.kind.resource not in by_the_chart)


def _grants(rules: Iterable[Any], wanted: Rule) -> bool:
    """Tell whether some rule allows all that is wanted."""
    need = wanted.as_data
    return any(
        all(set(need[key]) <= set(rule.get(key) or ()) or "*" in (rule.get(key) or ()) for key in need)
        for rule in rules
        if isinstance(rule, Mapping) and not rule.get("resourceNames")
    )
