"""How the runner loads the package: with Robusta's own loader, in a process of its own, also after an upgrade."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "actions" / "robusta_volumes"
SUB_PACKAGES = sorted(path.parent for path in PACKAGE.rglob("*/__init__.py"))
# A file's time is kept to the second in its .pyc: an upgrade within the second it was compiled in would go unseen.
UPGRADE_SECONDS = 2

# Robusta's own loader; `load` answers with the names it registered. What a test does with them is appended.
LOADER = """
import json, logging, os, sys
logging.disable(logging.WARNING)
from robusta.core.playbooks.actions_registry import ActionsRegistry
from robusta.runner.config_loader import ConfigLoader
failures = []
class Listen(logging.Handler):
    def emit(self, record): failures.append(record.getMessage())
logging.getLogger().handlers[:] = [Listen(logging.ERROR)]
def load():
    registry = ActionsRegistry()
    registry._actions = {}  # Robusta keeps one dict for all registries: what only an earlier load registered would stay
    ConfigLoader._ConfigLoader__import_playbooks_package(registry, "robusta_volumes")
    return registry._actions
def change(path, old, new):
    text = open(path).read()
    assert old in text
    times = os.stat(path)
    open(path, "w").write(text.replace(old, new))
    os.utime(path, (times.st_atime + SECONDS, times.st_mtime + SECONDS))
def tell(**what):
    print(json.dumps({**what, "failures": failures}))
"""

# Two action modules that share a deep module, as ours do.
DEEP = '''
"""Deep."""
from dataclasses import dataclass
from enum import Enum
VERSION = "deep 1"
class Colour(Enum):
    """Colours."""
    RED = "red"
@dataclass(frozen=True)
class Paint:
    """Paint."""
    colour: Colour = Colour.RED
'''
PROBE = '''
"""Probe."""
from robusta.api import ActionParams, ExecutionBaseEvent, action
from robusta_volumes._model.zz_deep import VERSION, Colour, Paint
HERE = "action 1"
@action
def {name}(event: ExecutionBaseEvent, params: ActionParams) -> None:
    """Do nothing."""
'''


def in_a_runner(package: Path, script: str) -> Any:
    """Run ``script`` after `LOADER` in a process of its own, with this copy of the package first on the path."""
    program = LOADER.replace("SECONDS", str(UPGRADE_SECONDS)) + textwrap.dedent(script)
    env = {**os.environ, "PYTHONPATH": str(package.parent), "PACKAGE": str(package), "ENABLE_TELEMETRY": "false"}
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=env, check=False, cwd=package.parent
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


@pytest.fixture
def with_probes(copied_package: Path) -> Path:
    """A copy of the package with one more deep module and two more action modules that use it."""
    (copied_package / "_model" / "zz_deep.py").write_text(DEEP)
    for name in ("zz_probe", "zz_second"):
        (copied_package / f"{name}.py").write_text(PROBE.format(name=name))
    return copied_package


def _actions_of(package: Path) -> set[str]:
    """The functions that carry @action in the first-level modules, read from their text."""
    return {
        node.name
        for path in package.glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(mark) == "action" for mark in node.decorator_list)
    }


def test_the_runner_registers_every_action_and_the_same_again_when_it_reloads(with_probes: Path) -> None:
    told = in_a_runner(with_probes, "tell(first=sorted(load()), second=sorted(load()))")
    assert told["failures"] == []
    assert set(told["first"]) == set(told["second"]) == _actions_of(with_probes)
    assert {"zz_probe", "zz_second"} <= set(told["first"])


def test_after_an_upgrade_the_new_code_runs_in_deep_modules_and_in_action_modules(with_probes: Path) -> None:
    told = in_a_runner(
        with_probes,
        """
        first = load()["zz_probe"].func.__globals__
        before = [first["HERE"], first["VERSION"]]
        package = os.environ["PACKAGE"]
        change(package + "/_model/zz_deep.py", "deep 1", "deep 2")
        change(package + "/zz_probe.py", "action 1", "action 2")
        actions = load()
        probe, second = actions["zz_probe"].func.__globals__, actions["zz_second"].func.__globals__
        tell(before=before, after=[probe["HERE"], probe["VERSION"]], neighbour=[second["HERE"], second["VERSION"]])
        """,
    )
    assert told["failures"] == []
    assert told["before"] == ["action 1", "deep 1"]
    assert told["after"] == ["action 2", "deep 2"]
    assert told["neighbour"] == ["action 1", "deep 2"]


def test_after_reloads_a_type_is_the_same_whichever_action_module_it_was_imported_through(with_probes: Path) -> None:
    told = in_a_runner(
        with_probes,
        """
        load(); load(); actions = load()
        one, two = (actions[name].func.__globals__ for name in ("zz_probe", "zz_second"))
        tell(
            member=one["Colour"].RED is two["Colour"].RED,
            equal=one["Paint"]() == two["Paint"](),
            instance=isinstance(one["Paint"](), two["Paint"]),
            by_name=sys.modules["robusta_volumes._model.zz_deep"].Colour is one["Colour"],
        )
        """,
    )
    assert told == {"member": True, "equal": True, "instance": True, "by_name": True, "failures": []}


ALIAS = """
from robusta_volumes._host.params import DoctorParams
from robusta_volumes._host.renamed import under_old_name
from robusta_volumes._model.renames import RenamedAction
@action
def zz_new(event: ExecutionBaseEvent, params: DoctorParams) -> None:
    \"""Do nothing.\"""
@action
def zz_old(event: ExecutionBaseEvent, params: DoctorParams) -> None:
    \"""Old name of zz_new, until version 0.4.\"""
    under_old_name(event, params, "zz_old", zz_new, (RenamedAction("zz_old", "zz_new", "0.2"),))
"""


def test_a_renamed_action_is_registered_under_both_names_and_takes_the_same_also_after_a_reload(
    copied_package: Path,
) -> None:
    head = "from robusta.api import ExecutionBaseEvent, action\n"
    (copied_package / "zz_alias.py").write_text(head + ALIAS)
    told = in_a_runner(
        copied_package,
        """
        load(); actions = load()
        old, new = actions["zz_old"], actions["zz_new"]
        tell(
            names=[old.action_name, new.action_name],
            alike=[old.params_type is new.params_type, old.event_type is new.event_type],
            calls_the_new_one=old.func.__globals__["zz_new"] is new.func,
        )
        """,
    )
    assert told == {"names": ["zz_old", "zz_new"], "alike": [True, True], "calls_the_new_one": True, "failures": []}


def test_an_action_module_that_raises_is_logged_and_the_others_still_load(with_probes: Path) -> None:
    (with_probes / "aa_broken.py").write_text('raise RuntimeError("broken on purpose")\n')
    told = in_a_runner(with_probes, "tell(actions=sorted(load()))")
    assert told["failures"] == ["failed to module aa_broken"]
    assert set(told["actions"]) == _actions_of(with_probes)


def test_a_module_that_breaks_in_an_upgrade_is_logged_and_the_others_stay(with_probes: Path) -> None:
    told = in_a_runner(
        with_probes,
        """
        load()
        change(os.environ["PACKAGE"] + "/zz_probe.py", "HERE =", "HERE = 1 / 0 #")
        tell(actions=sorted(load()))
        """,
    )
    assert told["failures"] == ["failed to module zz_probe"]
    assert set(told["actions"]) == _actions_of(with_probes) - {"zz_probe"}


def test_the_runner_finds_the_name_of_the_package_in_pyproject(copied_package: Path) -> None:
    told = in_a_runner(
        copied_package, f"tell(name=ConfigLoader._ConfigLoader__get_package_name(local_path={str(ROOT)!r}))"
    )
    assert told == {"name": "robusta_volumes", "failures": []}


def test_nothing_of_ours_raises_where_the_runner_does_not_catch(copied_package: Path) -> None:
    told = in_a_runner(
        copied_package,
        """
        import importlib, pkgutil
        package = importlib.reload(importlib.import_module("robusta_volumes"))
        walked = [name for _, name, _ in pkgutil.walk_packages(path=package.__path__)]
        tell(walked=sorted(walked))
        """,
    )
    first_level = {path.stem for path in copied_package.glob("*.py")} - {"__init__"}
    assert set(told["walked"]) == first_level | {path.name for path in SUB_PACKAGES if path.parent == PACKAGE}


@pytest.mark.parametrize("sub_package", SUB_PACKAGES, ids=lambda path: path.name)
def test_a_sub_package_has_a_name_that_is_nobodys_and_an_init_that_does_nothing(sub_package: Path) -> None:
    assert sub_package.name.startswith("_")
    assert importlib.util.find_spec(sub_package.name) is None
    body = ast.parse((sub_package / "__init__.py").read_text()).body
    assert [type(node) for node in body] == [ast.Expr]
    assert ast.get_docstring(ast.Module(body, [])) is not None
