"""A copy of the package to change on disk, and a throw-away environment that holds what the runner's holds."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "actions" / "robusta_volumes"


@pytest.fixture
def copied_package(tmp_path: Path) -> Path:
    """Copy the package as it is, to be changed at will; its parent belongs on the path."""
    copy = tmp_path / "source" / "robusta_volumes"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def _distributions(*roots: str) -> dict[str, metadata.Distribution]:
    """Follow the requirements from ``roots`` through what is installed here, as pip would."""
    found: dict[str, metadata.Distribution] = {}
    seen: set[tuple[str, str]] = set()
    ahead = [(Requirement(root).name, extra) for root in roots for extra in ("", *Requirement(root).extras)]
    while ahead:
        name, extra = ahead.pop()
        if (name.lower(), extra) in seen:
            continue
        seen.add((name.lower(), extra))
        distribution = metadata.distribution(name)
        found[distribution.metadata["Name"]] = distribution
        for line in distribution.requires or []:
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
                ahead += [(wanted.name, more) for more in ("", *wanted.extras)]
    return found


def _link(distribution: metadata.Distribution, site: Path) -> None:
    """Put one distribution into another environment: the very files that pip installed here, as hard links."""
    for file in distribution.files or []:
        # Scripts name the interpreter that they were installed for, and nothing here runs one.
        if ".." in file.parts:
            continue
        source, target = Path(str(distribution.locate_file(file))), site / file
        # Several distributions bring a top-level tests/__init__.py: the first one stays, as with pip.
        if source.exists() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.hardlink_to(source)
            except OSError:  # .venv is on another file system
                shutil.copy2(source, target)


@pytest.fixture(scope="session")
def runner_environment() -> Iterator[Path]:
    """Make an environment that holds robusta-api[all], what it requires, pip, and nothing of ours; give its Python.

    Its files are links to the ones that pip installed in .venv: the same distributions with the same metadata, in
    seconds. It lies beside .venv because links do not cross file systems. It is not kept: pip has been at work in it.
    """
    home = ROOT / ".tools" / f"runner-{os.getpid()}-{time.monotonic_ns()}"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    try:
        site = next((home / "lib").glob("python3*/site-packages"))
        for distribution in _distributions("robusta-api[all]", "pip").values():
            _link(distribution, site)
        yield home / "bin" / "python"
    finally:
        shutil.rmtree(home)
