"""Each way to install, with the real runner and the network cut: what works, and what an unreachable source does."""

import contextlib
import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from installs import answer, bare_world, forget, made, runner_env, take, unpacked, with_unit
from robusta_volumes._cluster.store import Store
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.runner import READY_SECONDS, Runner, free_port, runner_config
from robusta_volumes._sandbox.world import World, global_config
from worlds import ROOT, WITHOUT_TICKS

GIT_HOST = "https://git.invalid/"  # git itself is told to look in a folder instead
ROBUSTA = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "robusta"}}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the release tarball."""
    return made("tarball", tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def python(runner_environment: Path) -> Iterator[Path]:
    """Give the Python of a runner that holds nothing of ours, and leave it so."""
    yield runner_environment
    forget(runner_environment)


class Served(http.server.SimpleHTTPRequestHandler):
    """A folder over HTTP, quietly."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback; give its URL."""
    handler = functools.partial(Served, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


# What is made


@pytest.mark.parametrize("what", ["wheel", "tarball"])
def test_what_is_made_twice_is_the_same_to_the_byte(what: str, tmp_path: Path) -> None:
    first = made(what, tmp_path / "first")
    time.sleep(1.1)  # the resolution of times in archives
    assert made(what, tmp_path / "second").read_bytes() == first.read_bytes()


def test_the_tarball_is_one_folder_with_pyproject_and_the_package_beside_each_other(
    release: Path, tmp_path: Path
) -> None:
    tree = unpacked(release, tmp_path)
    assert re.fullmatch(r"robusta_volumes-\d+\.\d+\.\d+", tree.name)
    assert {path.name for path in tree.iterdir()} == {"pyproject.toml", "robusta_volumes", "README.md", "LICENSE"}
    package = ROOT / "actions" / "robusta_volumes"
    ours = {str(p.relative_to(package)) for p in package.rglob("*") if p.is_file() and p.suffix != ".pyc"}
    assert {
        str(p.relative_to(tree / "robusta_volumes")) for p in tree.rglob("robusta_volumes/**/*") if p.is_file()
    } == ours


@pytest.mark.parametrize(
    ("engine", "says"),
    [
        (None, "none of docker, podman, buildah is here"),
        (
            "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n",
            "docker is here, but no engine answers it",
        ),
    ],
    ids=["no engine", "an engine that does not run"],
)
def test_without_a_container_engine_make_image_fails_and_says_what_to_run_elsewhere(
    engine: str | None, says: str, tmp_path: Path
) -> None:
    done = _image(engine, tmp_path)
    assert done.returncode == 1
    assert f"No container engine answers: {says}. No image was built." in done.stderr
    assert "docker build -t robusta-volumes-runner:0.53.0-" in done.stderr


def test_with_a_container_engine_make_image_builds_from_the_folder_with_the_wheel(tmp_path: Path) -> None:
    said = tmp_path / "said"
    done = _image(f'#!/bin/sh\necho "$@" >> {said}\n', tmp_path, IMAGE="shop/runner:1", RUNNER_IMAGE="mirror/runner:2")
    assert done.returncode == 0, done.stderr
    assert said.read_text() == "info\nbuild -t shop/runner:1 --build-arg RUNNER_IMAGE=mirror/runner:2 .\n"
    assert len(list((tmp_path / "dist").glob("*.whl"))) == 1


def test_the_image_takes_the_wheel_alone_and_a_runner_whose_version_is_the_one_we_test_with() -> None:
    assert (ROOT / ".dockerignore").read_text().splitlines()[1:] == ["*", "!dist/robusta_volumes-*.whl"]
    (version,) = re.findall(r"^ARG RUNNER_IMAGE=\S+:(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert version == metadata.version("robusta-api")


def _image(engine: str | None, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run ``make image``'s script where ``engine`` is the only container engine."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "git").symlink_to(str(shutil.which("git")))
    if engine:
        (programs / "docker").write_text(engine)
        (programs / "docker").chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if key not in {"IMAGE", "RUNNER_IMAGE"}}
    env = {**kept, "PATH": str(programs), "DIST": str(folder / "dist"), "CI": "true", **env}
    command = [sys.executable, str(ROOT / "tools" / "package.py"), "image"]
    return subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


# Baked into the image


def install_line() -> str:
    """Read the Dockerfile's one RUN instruction."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
    (line,) = re.findall(r"^RUN (.*)$", text, re.MULTILINE)
    return str(line)


def test_with_the_package_in_the_image_the_runner_fetches_nothing(python: Path, tmp_path: Path) -> None:
    wheel = made("wheel", tmp_path / "dist")
    line = install_line().replace("/tmp/robusta-volumes", str(wheel.parent))  # noqa: S108 (the path in the image)
    env = runner_env(tmp_path)
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", line], env={**os.environ, **env, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        repos = {"robusta_volumes": {"url": "file:///unused", "pip_install": False}}
        assert not Path("/unused").exists()
        with bare_world(python, env, repos) as world:
            assert answer(world) == "Claim shop/uploads is Bound: 200.0 GiB, no problem found"
            assert "Failed to add playbooks repo" not in world.runner.log.read_text()
    finally:
        forget(python)


# Fetched by the runner


class Sources:
    """A runner that was started on the folder form, and the folder to make other forms from."""

    def __init__(self, world: World, tree: Path, web: Path, url: str, git: Path) -> None:
        self.world, self.tree, self.web, self.url, self.git = world, tree, web, url, git
        self.folder = {"robusta_volumes": {"url": f"file://{tree}", "build_isolation": True}}


@pytest.fixture(scope="module")
def sources(python: Path, release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    home = tmp_path_factory.mktemp("sources")
    web, git = home / "web", home / "git"
    web.mkdir()
    git.mkdir()
    tree = unpacked(release, home / "unpacked")
    env = runner_env(
        home, GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0=f"url.file://{git}/.insteadOf", GIT_CONFIG_VALUE_0=GIT_HOST
    )
    repos = {"robusta_volumes": {"url": f"file://{tree}", "build_isolation": True}}
    with served(web) as url, bare_world(python, env, repos) as world:
        yield Sources(world, tree, web, url, git)
    forget(python)


def test_a_folder_installs_without_an_index_and_a_changed_one_is_an_upgrade_of_the_running_runner(
    sources: Sources,
) -> None:
    first = with_unit(sources.tree, "GiB (first)")
    take(sources.world, sources.folder)
    assert answer(sources.world) == first
    second = with_unit(sources.tree, "GiB (second)")
    log = take(sources.world, sources.folder)
    assert answer(sources.world) == second
    assert "Successfully installed robusta_volumes" in log.replace("robusta-volumes", "robusta_volumes")


def test_a_tarball_installs_without_an_index(sources: Sources) -> None:
    expected = with_unit(sources.tree, "GiB (tarball)")
    with tarfile.open(sources.web / "robusta_volumes-0.1.0.tar.gz", "w:gz") as archive:
        archive.add(sources.tree, sources.tree.name)
    url = f"{sources.url}/robusta_volumes-0.1.0.tar.gz"
    take(sources.world, {"robusta_volumes": {"url": url, "build_isolation": True}})
    assert answer(sources.world) == expected


def test_a_git_tag_installs_without_an_index(sources: Sources) -> None:
    expected = with_unit(sources.tree, "GiB (tag)")
    bare, work = sources.git / "robusta-volumes", sources.git / "work"
    shutil.copytree(sources.tree, work)
    who = ["-c", "user.name=tester", "-c", "user.email=tester@example.com", "-c", "commit.gpgsign=false"]
    for command in (
        ["init", "--quiet"],
        ["add", "."],
        ["commit", "--quiet", "-m", "release"],
        ["tag", "v0.1.0"],
        ["rm", "--quiet", "-r", "robusta_volumes"],  # the branch goes on; the tag stays
        ["commit", "--quiet", "-m", "after"],
        ["clone", "--quiet", "--bare", ".", str(bare)],
    ):
        subprocess.run(["git", *who, *command], cwd=work, check=True, capture_output=True)
    take(
        sources.world,
        {"robusta_volumes": {"url": f"{GIT_HOST}robusta-volumes", "branch": "v0.1.0", "build_isolation": True}},
    )
    assert answer(sources.world) == expected


def test_without_build_isolation_true_pip_wants_the_index_for_what_the_runner_already_has(sources: Sources) -> None:
    expected = with_unit(sources.tree, "GiB (with)")
    assert "Installing build dependencies" not in take(sources.world, sources.folder)
    log = take(sources.world, {"robusta_volumes": {"url": f"file://{sources.tree}"}})
    assert "No matching distribution found for poetry-core" in log
    assert "Failed to add playbooks repo robusta_volumes" in log
    assert answer(sources.world) == expected


def test_a_source_that_goes_away_while_the_runner_runs_leaves_the_installed_version_at_work(sources: Sources) -> None:
    expected = with_unit(sources.tree, "GiB (kept)")
    take(sources.world, sources.folder)
    log = take(sources.world, {"robusta_volumes": {"url": f"file://{sources.tree}-gone"}})
    assert "Failed to add playbooks repo robusta_volumes" in log
    assert answer(sources.world) == expected


# Unreachable when a runner starts

UNREACHABLE = {
    "git": ("https://127.0.0.1:{port}/robusta-volumes.git", "Error running git command"),
    "tarball": ("https://127.0.0.1:{port}/robusta_volumes.tar.gz", "Connection refused"),
    "folder": (
        "file:///nowhere/robusta-volumes",
        "Playbook local path /nowhere/robusta-volumes does not exist. Skipping",
    ),
}


@contextlib.contextmanager
def restarted(python: Path, folder: Path, repos: dict[str, Any], playbooks: list[Any]) -> Iterator[Runner]:
    """Give a runner as after a restart of its pod, not started yet: nothing of ours is in it."""
    forget(python)
    config = {**runner_config(playbooks, global_config(), sinks=[]), "playbook_repos": repos}
    with ApiServer(Store([ROBUSTA])) as api:
        runner = Runner(folder, config, api.kubeconfig(folder / "kubeconfig"), runner_env(folder), str(python))
        try:
            yield runner
        finally:
            runner.stop()


@pytest.mark.parametrize("form", UNREACHABLE)
def test_an_unreachable_source_at_a_restart_stops_the_whole_runner(form: str, python: Path, tmp_path: Path) -> None:
    url, why = UNREACHABLE[form]
    repos = {"robusta_volumes": {"url": url.format(port=free_port())}}
    began = time.monotonic()
    with (
        restarted(python, tmp_path, repos, WITHOUT_TICKS) as runner,
        pytest.raises(RuntimeError, match="did not start"),
    ):
        runner.start()
    assert time.monotonic() - began < READY_SECONDS / 2  # it ended by itself: nobody waited until its time was over
    log = runner.log.read_text()
    assert why in log
    assert "Failed to add playbooks repo robusta_volumes" in log
    assert re.search(r"Action persistent_\w+", log)  # of the first of our playbooks
    assert "Error (re)loading playbooks/related resources, exiting." in log


def test_unreachable_sources_alone_are_only_logged(python: Path, tmp_path: Path) -> None:
    repos = {form: {"url": url.format(port=free_port())} for form, (url, _) in UNREACHABLE.items()}
    with restarted(python, tmp_path, repos, []) as runner:
        runner.start()
        runner.reload()
        assert runner.alive
        log = runner.log.read_text()
    assert [form for form in UNREACHABLE if f"Failed to add playbooks repo {form}" in log] == list(UNREACHABLE)
    assert "exiting" not in log
