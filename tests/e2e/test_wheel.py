"""The wheel: what is in it, and that it moves nothing in the environment of a runner."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ACTIONS = ROOT / "actions"

# The runner's pip builds in isolation, with the newest poetry-core. With `build_isolation: true` in the values it does
# the opposite of what that says: it builds with what the runner carries.
CURRENT, CARRIED = "current poetry-core", "the runner's poetry-core"


def _run(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert answer.returncode == 0, f"{' '.join(command)}\n{answer.stdout}{answer.stderr}"
    return answer.stdout


def _freeze(python: Path) -> set[str]:
    return set(_run(str(python), "-m", "pip", "freeze", "--all").splitlines())


def _complaints(python: Path) -> set[str]:
    """What pip finds broken; it exits with 1 when it finds anything."""
    check = subprocess.run([str(python), "-m", "pip", "check"], capture_output=True, text=True, check=False)
    return {line for line in check.stdout.splitlines() if line != "No broken requirements found."}


@pytest.fixture(scope="module")
def wheels(runner_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build the wheel with each poetry-core that a runner may use."""
    pip = [str(runner_environment), "-m", "pip", "wheel", "--no-deps", "--quiet"]
    carried, current = tmp_path_factory.mktemp("carried"), tmp_path_factory.mktemp("current")
    _run(*pip, "--no-build-isolation", "--wheel-dir", str(carried), str(ROOT))
    _run(*pip, "--wheel-dir", str(current), str(ROOT))
    return {CARRIED: next(carried.glob("*.whl")), CURRENT: next(current.glob("*.whl"))}


def test_the_environment_is_a_runners_and_holds_nothing_of_ours(runner_environment: Path) -> None:
    frozen = {line.split("==")[0].lower() for line in _freeze(runner_environment)}
    assert {"robusta-api", "flask", "prometrix", "pip"} <= frozen
    assert not {"robusta-volumes", "robusta_volumes", "pytest", "ruff", "typer"} & frozen


def test_the_runner_carries_the_poetry_core_that_we_build_with(runner_environment: Path) -> None:
    assert "poetry-core==1.1.0a7" in _freeze(runner_environment)


@pytest.mark.parametrize("builder", [CURRENT, CARRIED])
def test_installing_the_wheel_adds_our_package_and_moves_nothing(
    builder: str, wheels: dict[str, Path], runner_environment: Path
) -> None:
    python, wheel = runner_environment, wheels[builder]
    before, complaints = _freeze(python), _complaints(python)
    _run(str(python), "-m", "pip", "install", str(wheel))
    try:
        after = _freeze(python)
        assert before - after == set()
        assert [line.split(" ")[0].replace("_", "-") for line in after - before] == ["robusta-volumes"]
        assert _complaints(python) - complaints == set()
        where = _run(str(python), "-c", "import robusta_volumes; print(robusta_volumes.__file__)")
        assert Path(where.strip()).is_relative_to(python.parents[1])
    finally:
        added = [line.split(" ")[0].split("==")[0] for line in _freeze(python) - before]
        _run(str(python), "-m", "pip", "uninstall", "--yes", *added)
    assert _freeze(python) == before


@pytest.mark.parametrize("builder", [CURRENT, CARRIED])
def test_the_wheel_holds_every_file_of_the_package_and_no_other(builder: str, wheels: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheels[builder]) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    ours = {
        path.relative_to(ACTIONS).as_posix()
        for path in (ACTIONS / "robusta_volumes").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert held == ours


@pytest.mark.parametrize("builder", [CURRENT, CARRIED])
def test_the_wheel_requires_nothing_at_run_time(builder: str, wheels: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheels[builder]) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        lines = wheel.read(name).decode().splitlines()
    assert [line for line in lines if line.startswith("Requires-Dist:") and "extra ==" not in line] == []


def test_this_test_runs_on_a_python_that_robusta_supports() -> None:
    assert sys.version_info[:2] in {(3, 10), (3, 11)}
