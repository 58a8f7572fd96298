"""Robusta's own command line, in an environment of its own: pushing our package, running its actions, reloading."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from installs import ACTION, bare_world, forget, made, runner_env, unpacked
from robusta_volumes._sandbox.world import World
from worlds import ROOT, title

VERSION = "1.3"
STORAGE = "/etc/robusta/playbooks/storage"
PUSHED_SECONDS = 60
CLAIM = ("name=uploads", "namespace=shop")

pytestmark = [pytest.mark.needs("curl"), pytest.mark.needs("bash")]


@pytest.fixture(scope="module")
def robusta() -> Path:
    """Install robusta-cli into an environment of its own, once per version; give its Python."""
    home = ROOT / ".tools" / f"robusta-cli-{VERSION}-{sys.version_info.major}.{sys.version_info.minor}"
    home.parent.mkdir(exist_ok=True)
    done = home / "done"
    with (home.parent / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(home, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
            site = next((home / "lib").glob("python3*/site-packages"))
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(site), f"robusta-cli=={VERSION}"]
            subprocess.run(pip, check=True, stdin=subprocess.DEVNULL)
            done.touch()
    return home / "bin" / "python"


@pytest.fixture(scope="module")
def world(runner_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Start a runner that knows nothing of us; it reaches no index, as in an air-gapped cluster."""
    env = runner_env(tmp_path_factory.mktemp("runner"), PIP_NO_BUILD_ISOLATION="0")
    with bare_world(runner_environment, env, {}, playbooks=[]) as world:
        yield world
    forget(runner_environment)


Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def cli(robusta: Path, world: World, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Give ``robusta playbooks ...`` with a kubectl whose only pod is the world's runner."""
    programs = tmp_path_factory.mktemp("bin")
    kubectl = programs / "kubectl"
    kubectl.write_text(f"#!{sys.executable}\n{(Path(__file__).parent / 'kubectl.py').read_text()}")
    kubectl.chmod(0o755)
    storage = world.runner.folder / "playbooks" / "storage"
    here = {"http://localhost:5000": world.runner.url, STORAGE: str(storage)}
    pod = {"namespace": "robusta", "here": here, "log": str(world.runner.log)}
    env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "KUBECTL_POD": json.dumps(pod)}
    env.pop("PYTHONPATH", None)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        # what the script `robusta` does; the script itself names the Python of the pip that installed it
        command = [
            str(robusta),
            "-c",
            "from robusta_cli.main import app; app(prog_name='robusta')",
            "playbooks",
            *words,
        ]
        return subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)

    return run


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the release tarball."""
    folder = tmp_path_factory.mktemp("release")
    return unpacked(made("tarball", folder / "dist"), folder / "unpacked")


@pytest.fixture(scope="module")
def pushed(world: World, cli: Cli, tree: Path) -> subprocess.CompletedProcess[str]:
    """Push the release and wait until the runner has taken it."""
    done = cli("push", str(tree), "--namespace", "robusta")
    deadline = time.monotonic() + PUSHED_SECONDS
    while "importing actions from robusta_volumes.robusta_volumes_doctor" not in world.runner.log.read_text():
        assert time.monotonic() < deadline, done.stdout + done.stderr + world.runner.tail()
        time.sleep(0.2)
    world.runner.reload()  # stands behind the reload that took it, and comes back when both are over
    return done


def test_its_pins_and_the_runners_cannot_be_in_one_environment(robusta: Path) -> None:
    program = "from importlib.metadata import version as v; print(v('kubernetes'), v('pydantic'))"
    answer = subprocess.run([str(robusta), "-c", program], capture_output=True, text=True, check=True)
    of_the_cli = dict(zip(("kubernetes", "pydantic"), answer.stdout.split(), strict=True))
    of_the_runner = {
        one.name: one.specifier
        for one in map(Requirement, metadata.requires("robusta-api") or [])
        if one.marker is None
    }
    assert [name for name, version in of_the_cli.items() if version not in of_the_runner[name]] == [
        "kubernetes",
        "pydantic",
    ]


def test_push_takes_the_unpacked_tarball_into_the_running_runner(
    pushed: subprocess.CompletedProcess[str], world: World
) -> None:
    assert pushed.returncode == 0, pushed.stderr
    assert "Loaded custom playbooks code!" in pushed.stdout
    assert world.runner.alive


@pytest.mark.usefixtures("pushed")
def test_trigger_runs_an_action_in_the_runner_and_its_finding_reaches_chat(world: World, cli: Cli) -> None:
    before = len(world.slack.messages)
    done = cli("trigger", ACTION, *CLAIM, "--namespace", "robusta")
    assert done.returncode == 0, done.stderr
    assert '"success":true' in done.stdout.replace(" ", "")
    world.slack.wait_for(before + 1, 30)
    assert title(world.slack.messages[before]) == "Claim shop/uploads is Bound: 200.0 GiB, no problem found"


@pytest.mark.usefixtures("pushed")
def test_reload_makes_the_runner_load_again(world: World, cli: Cli) -> None:
    before = len(world.runner.log.read_text())
    done = cli("reload", "--namespace", "robusta")
    assert done.returncode == 0, done.stderr
    assert "importing actions from robusta_volumes.persistent_volume_actions" in world.runner.log.read_text()[before:]


def test_trigger_with_dry_run_prints_the_command_for_those_without_the_command_line(cli: Cli) -> None:
    done = cli("trigger", ACTION, *CLAIM, "--namespace", "robusta", "--dry-run")
    body = json.dumps({"action_name": ACTION, "action_params": {"name": "uploads", "namespace": "shop"}})
    assert "kubectl exec -it robusta-runner-0 -c runner -n robusta -- bash -c curl -X POST" in done.stdout
    assert body in done.stdout


def test_a_param_with_an_equals_sign_in_it_is_more_than_this_command_line_takes(cli: Cli) -> None:
    done = cli("trigger", ACTION, "selector=app=shop", "--namespace", "robusta")
    assert done.returncode != 0
    assert "too many values to unpack" in done.stderr + done.stdout


def test_push_refuses_a_git_checkout_because_the_package_lies_deeper_there(cli: Cli) -> None:
    done = cli("push", str(ROOT), "--namespace", "robusta")
    assert "Playbooks directory missing or does not match playbooks package name robusta_volumes" in done.stdout
    assert "Loaded" not in done.stdout


@pytest.mark.usefixtures("pushed")
def test_a_second_push_lands_inside_the_first_where_nobody_looks_so_the_first_is_to_be_deleted(
    world: World, cli: Cli, tree: Path
) -> None:
    there = world.runner.folder / "playbooks" / "storage" / tree.name
    cli("push", str(tree), "--namespace", "robusta")
    assert (there / tree.name / "pyproject.toml").exists()
    done = cli("delete", tree.name, "--namespace", "robusta")
    assert done.returncode == 0, done.stderr
    assert not there.exists()


def test_a_push_to_a_namespace_without_a_runner_says_so(cli: Cli, tree: Path) -> None:
    done = cli("push", str(tree), "--namespace", "elsewhere")
    assert "Runner pod not found in the elsewhere namespace" in done.stdout
