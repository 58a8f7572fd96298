"""Old names: each works for two minor versions, is registered beside the new one, and then must go."""

import ast
import re
from pathlib import Path

import pytest

from robusta_volumes._model.renames import RENAMED, RENAMED_ACTIONS, Renamed, RenamedAction, overdue
from robusta_volumes._model.settings import WORKFLOWS, camel, snake

ROOT = Path(__file__).resolve().parents[1]
MODULES = {path.stem: ast.parse(path.read_text()) for path in (ROOT / "actions" / "robusta_volumes").glob("[a-z]*.py")}


def version() -> str:
    found = re.search(r'^version = "([^"]+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert found
    return found[1]


def actions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Give the functions of a module that carry @action."""
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return {f.name: f for f in functions if any(ast.unparse(mark) == "action" for mark in f.decorator_list)}


def wrong(renamed: tuple[RenamedAction, ...], modules: dict[str, ast.Module]) -> list[str]:
    """Say what the action modules lack of what the table promises, and the other way round."""
    found = []
    promised = {one.old: one.new for one in renamed}
    aliases: dict[str, str] = {}
    for tree in modules.values():
        known = actions(tree)
        for name, function in known.items():
            called = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
            old = [[ast.unparse(a) for a in c.args] for c in called if ast.unparse(c.func) == "under_old_name"]
            aliases.update((name, args[3]) for args in old if args[2] == repr(name) and args[3] in known)
    found += [f"{old} is not registered for {new}" for old, new in promised.items() if aliases.get(old) != new]
    found += [f"{old} is in no table" for old in aliases if old not in promised]
    return found


def test_an_old_name_works_for_two_minor_versions_after_the_one_that_changed_it() -> None:
    key = Renamed("pvcSnapshots", "keepDays", "retentionDays", since="0.2")
    action = RenamedAction("volume_report", "persistent_volume_actions", since="0.9.1")
    assert (key.gone_in, action.gone_in) == ("0.4", "0.11")


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("0.2.0", ()),
        ("0.3.9", ()),
        ("0.4.0", ("keepDays",)),
        ("0.5.0", ("keepDays", "volume_report")),
        ("1.0.0", ("keepDays", "volume_report")),
    ],
)
def test_what_should_be_gone_is_named(now: str, left: tuple[str, ...]) -> None:
    table = (
        Renamed("pvcSnapshots", "keepDays", "retentionDays", since="0.2"),
        RenamedAction("volume_report", "persistent_volume_actions", since="0.3"),
    )
    assert overdue(table, now) == left


def test_no_old_name_outlives_its_two_minor_versions() -> None:
    assert overdue((*RENAMED, *RENAMED_ACTIONS), version()) == ()


def test_every_renamed_key_leads_to_one_that_is_there() -> None:
    for one in RENAMED:
        names = {camel(name) for name in WORKFLOWS[one.workflow].__dataclass_fields__}
        assert one.new in names
        assert one.old not in names
        assert snake(one.old) != snake(one.new)


def test_every_renamed_action_is_registered_under_both_names() -> None:
    assert wrong(RENAMED_ACTIONS, MODULES) == []


def test_a_table_that_promises_an_old_name_which_is_not_registered_is_caught_and_the_other_way_round() -> None:
    table = (RenamedAction("volume_report", "persistent_volume_actions", since="0.2"),)
    assert wrong(table, MODULES) == ["volume_report is not registered for persistent_volume_actions"]
    alias = """
@action
def persistent_volume_actions(event, params): pass
@action
def volume_report(event, params): under_old_name(event, params, "volume_report", persistent_volume_actions)
"""
    modules = {"persistent_volume_actions": ast.parse(alias.replace('"', "'"))}
    assert wrong(table, modules) == []
    assert wrong((), modules) == ["volume_report is in no table"]
