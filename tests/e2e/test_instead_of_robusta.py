"""Robusta's own create_pvc_snapshot stays what it is, unless the values ask for ours in its place."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import SNAPSHOT
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.csi_script import CsiScript
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.world import World
from worlds import next_message, title, words

# The order in which the runner has them: Robusta's own first, then what the values name, as Helm sorts it.
OURS = {"robusta_volumes": {"url": "file:///unused", "pip_install": False}}
INSTEAD = {"robusta_volumes._instead_of_robusta": {"url": "file:///unused", "pip_install": False}}
ACTIONS = Path(__file__).resolve().parents[2] / "actions"

# Stands for the playbooks in Robusta's image, which no registry has.
STAND_IN = '''
"""Stand-in."""
from robusta.api import ActionParams, ExecutionBaseEvent, action
class VolumeSnapshotParams(ActionParams):
    """Params."""
    name: str
    namespace: str = "default"
@action
def create_pvc_snapshot(event: ExecutionBaseEvent, params: VolumeSnapshotParams) -> None:
    """Robusta's own."""
'''
LOAD = """
import json, logging, sys
from robusta.core.model.runner_config import PlaybookRepo
from robusta.core.playbooks.actions_registry import ActionsRegistry
from robusta.runner.config_loader import ConfigLoader
logging.disable(logging.CRITICAL)
def load(repos):
    registry = ActionsRegistry()
    registry._actions = {}
    repos = {name: PlaybookRepo(**repo) for name, repo in repos.items()}
    loader = ConfigLoader.__new__(ConfigLoader)
    loader._ConfigLoader__load_playbooks_repos(registry, repos)
    action = registry.get_action("create_pvc_snapshot")
    return [action.func.__module__, sorted(registry._actions)]
print(json.dumps([load(repos) for repos in json.loads(sys.argv[1])]))
"""


def loaded(folder: Path, *repos: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Let the runner's own loader load these one after another, as it does when the values change."""
    package = folder / "robusta_playbooks"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "pvc_snapshots.py").write_text(STAND_IN)
    own = {"robusta_playbooks": {"url": "file:///unused", "pip_install": False}}
    env = {**os.environ, "PYTHONPATH": f"{ACTIONS}{os.pathsep}{folder}", "ENABLE_TELEMETRY": "false"}
    command = [sys.executable, "-c", LOAD, json.dumps([{**own, **more} for more in repos])]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=folder)
    assert answer.returncode == 0, answer.stderr
    return [(module, names) for module, names in json.loads(answer.stdout.splitlines()[-1])]


def test_only_the_entry_in_the_values_takes_the_name_and_without_it_robustas_own_is_back(tmp_path: Path) -> None:
    without, with_it, again, taken_out = loaded(tmp_path, OURS, {**OURS, **INSTEAD}, {**OURS, **INSTEAD}, OURS)
    theirs, ours = "robusta_playbooks.pvc_snapshots", "robusta_volumes._instead_of_robusta.pvc_snapshots"
    assert [module for module, _ in (without, with_it, again, taken_out)] == [theirs, ours, ours, theirs]
    assert without[1] == with_it[1]  # the same names: nothing else is added or taken
    assert "create_pvc_snapshots" in without[1]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    b = Builder(datetime.now(UTC))
    b.add("Namespace", "default")
    b.storage_class("fast", "hostpath.csi.k8s.io")
    b.bound("default", "orders", "1Gi", "fast", "hostpath.csi.k8s.io")
    b.add(
        "VolumeSnapshotClass", "drop", api=SNAPSHOT.api_version, driver="hostpath.csi.k8s.io", deletionPolicy="Delete"
    )
    server = ApiServer(Store(b.objects, finalizers=True))
    made = World((), [], server=server)
    made.config["playbook_repos"] = {**made.config["playbook_repos"], **INSTEAD}
    with CsiStorage(server.store, CsiScript()), made:
        yield made


def test_with_it_the_old_name_takes_a_snapshot_that_is_looked_at_until_it_is_ready(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger("create_pvc_snapshot", name="orders"))
    assert title(message) == "Snapshot of default/orders is ready"
    (made,) = world.api.store.find(SNAPSHOT, "default")
    assert made["spec"]["source"]["persistentVolumeClaimName"] == "orders"


def test_without_a_name_nothing_is_made_and_that_is_said(world: World) -> None:
    before = len(world.api.store.find(SNAPSHOT))
    message = next_message(world, lambda: world.runner.trigger("create_pvc_snapshot", namespace="default"))
    assert title(message).startswith("create_pvc_snapshot was not run: action param name is needed")
    assert len(world.api.store.find(SNAPSHOT)) == before
    assert "Nothing was read and nothing was changed." in words(message)
