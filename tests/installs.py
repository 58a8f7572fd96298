"""A release to install, and a runner that holds nothing of ours and reaches no package index."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import World
from worlds import ROOT, WITHOUT_TICKS, next_message, title

ACTION = "persistent_volume_actions"
# The network cut: pip knows no index, whatever is configured on this machine.
NO_INDEX = {
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
    "PIP_INDEX_URL": "",
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_NO_CACHE_DIR": "1",
}
UNIT_FILE, UNIT = "_model/quantity.py", '{size / GIB:,.1f} GiB"'  # deep in the package, and in every title


def made(what: str, folder: Path) -> Path:
    """Make the wheel or the tarball in ``folder``, as ``make`` does."""
    command = [sys.executable, str(ROOT / "tools" / "package.py"), what]
    done = subprocess.run(
        command,
        env={**os.environ, "DIST": str(folder)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(done.stdout.splitlines()[-1])


def unpacked(tarball: Path, folder: Path) -> Path:
    """Unpack a release; give its one folder."""
    with tarfile.open(tarball) as archive:
        archive.extractall(folder)  # noqa: S202 (our own; the safer filter is new in 3.11.4, Debian 12 has 3.11.2)
    (tree,) = folder.iterdir()
    return tree


def with_unit(tree: Path, unit: str) -> str:
    """Make an upgrade: a release whose sizes have another unit. Give what a report of it must say."""
    file = tree / "robusta_volumes" / UNIT_FILE
    original = (ROOT / "actions" / "robusta_volumes" / UNIT_FILE).read_text()
    assert UNIT in original
    file.write_text(original.replace(UNIT, UNIT.replace("GiB", unit)))
    return f"Claim shop/uploads is Bound: 200.0 {unit}, no problem found"


def runner_env(folder: Path, **more: str) -> dict[str, str]:
    """Write the environment of a runner whose own playbooks are not ours, and that finds nothing of ours on a path."""
    defaults = folder / "defaults"
    defaults.mkdir(exist_ok=True)
    (defaults / "pyproject.toml").write_text('[tool.poetry]\nname = "robusta.core.playbooks.internal"\n')
    (folder / "app").mkdir(exist_ok=True)
    where = {"DEFAULT_PLAYBOOKS_ROOT": str(defaults), "REPO_LOCAL_BASE_DIR": str(folder / "app"), "PYTHONPATH": ""}
    return {**NO_INDEX, **where, **more}


def bare_world(
    python: Path, env: Mapping[str, str], repos: Mapping[str, Any], playbooks: list[Any] | None = None
) -> World:
    """Make a world whose runner has to come by our package through ``repos``."""
    objects, _ = shop(datetime.now(UTC))
    world = World(objects, WITHOUT_TICKS if playbooks is None else playbooks, env=env, python=str(python))
    world.config["playbook_repos"] = dict(repos)
    return world


def answer(world: World) -> str:
    """Ask the runner about one claim; give the title of what reaches Slack."""
    return title(next_message(world, lambda: world.runner.trigger(ACTION, name="uploads", namespace="shop")))


def take(world: World, repos: Mapping[str, Any]) -> str:
    """Change where the running runner gets our package from and reload it; give what it logged meanwhile."""
    before = len(world.runner.log.read_text())
    world.runner.configure({**world.config, "playbook_repos": dict(repos)})
    world.runner.reload()
    return world.runner.log.read_text()[before:]


def forget(python: Path) -> None:
    """Take our package out of an environment again."""
    command = [str(python), "-m", "pip", "uninstall", "--yes", "--quiet", "robusta_volumes"]
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
