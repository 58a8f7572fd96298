"""What `make test` wants from the system: found by any name, linked, or asked for by name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from worlds import ROOT


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Copy the scripts, so that what they make lies beside the copy."""
    return shutil.copytree(ROOT / "tools", tmp_path / "project" / "tools", ignore=shutil.ignore_patterns("__pycache__"))


def program(folder: Path, name: str, says: str = "1.0", code: int = 0) -> Path:
    """Write a program that says its version, or cannot start."""
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {says}\nexit {code}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a PATH that has nothing but clients."""
    folder = tmp_path / "path"
    folder.mkdir()
    program(folder, "curl")
    return folder


def provide(tools: Path, path: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    clean = {key: value for key, value in os.environ.items() if key != "CI"}
    return subprocess.run(
        [sys.executable, str(tools / "system_packages.py")],
        env={**clean, "PATH": str(path), **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", ["chromium-browser", "google-chrome", "google-chrome-stable"])
def test_a_browser_of_another_name_is_linked_under_the_one_that_tests_know(tools: Path, path: Path, name: str) -> None:
    chrome = program(path, name)
    for _ in range(2):  # a second run finds the link
        provide(tools, path)
        assert (tools.parent / ".tools" / "bin" / "chromium").resolve() == chrome


def test_a_browser_that_does_not_start_is_none_as_the_stub_of_ubuntu(tools: Path, path: Path) -> None:
    program(path, "chromium-browser", "please install the snap", 1)
    program(path, "kubectl")
    assert "sudo apt-get install chromium" in provide(tools, path).stdout
    chrome = program(path, "google-chrome")
    assert "chromium" not in provide(tools, path).stdout
    assert (tools.parent / ".tools" / "bin" / "chromium").resolve() == chrome


@pytest.mark.parametrize(
    ("system", "says"),
    [
        ("ubuntu", "  kubectl (Ubuntu's archive has none): https://kubernetes.io/"),
        ("debian", "  sudo apt-get install chromium"),
    ],
)
def test_in_ci_a_client_that_is_missing_is_an_error_that_says_where_to_get_it(
    tools: Path, path: Path, tmp_path: Path, system: str, says: str
) -> None:
    release = tmp_path / "os-release"
    release.write_text(f"NAME=Some\nID={system}\n")
    here = provide(tools, path, SYSTEMD_OS_RELEASE=str(release))
    ci = provide(tools, path, SYSTEMD_OS_RELEASE=str(release), CI="true")
    assert (here.returncode, ci.returncode) == (0, 1)
    assert "Without it the tests that need it are left out." in here.stdout
    for said in (here.stdout, ci.stderr):
        assert says in said
        assert ("kubernetes-client" in said) == (system == "debian")


def test_fio_with_which_disks_are_tried_is_asked_for_by_name_and_found_under_it(tools: Path, path: Path) -> None:
    assert " fio" in provide(tools, path).stdout
    program(path, "fio")
    assert " fio" not in provide(tools, path).stdout
