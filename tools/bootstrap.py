"""Make .venv: Robusta, our package (editable) and all that tests and checks need.

Robusta runs on Python 3.10 and 3.11 only. One of those on the PATH is taken; where there is none, uv fetches 3.11.
Neither python3-venv nor pip is needed: where nobody may install them, a pip for .venv alone is fetched. Packages come
through the user's own pip and its configuration.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from fetch_pip import fetch_pip
from steps import ROOT, TOOLS, Failed, Log, can_apt, install_with_apt, main, program, say

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "stamp"
FITS = ([3, 11], [3, 10])
EXTRAS = "cli,demo,dev"
PROBE = """
import importlib.util, json, sys
# An origin, because a folder that apt left behind with nothing in it is found too.
has = lambda name: getattr(importlib.util.find_spec(name), "origin", None) is not None
print(json.dumps({"version": sys.version_info[:2], "path": sys.executable, "venv": has("venv"), "pip": has("pip"),
    "ensurepip": has("ensurepip")}))
"""


def probe(python: str) -> "dict[str, object] | None":
    """Ask an interpreter about itself; None when it does not start (a pyenv shim without a version, say)."""
    try:
        answer = subprocess.run([python, "-c", PROBE], capture_output=True, text=True, timeout=60, check=True)
        found: "dict[str, object]" = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return found


def fingerprint() -> str:
    """Hash what .venv depends on: the dependencies (not the tools' settings), this script, and the place of .venv."""
    wanted, lines = False, []
    for line in (ROOT / "pyproject.toml").read_text().splitlines():
        if line.startswith("["):
            wanted = line.startswith(("[tool.poetry", "[build-system"))
        if wanted and line.strip() and not line.startswith("#"):
            lines.append(line)
    parts = [*lines, Path(__file__).read_text(), str(ROOT)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_ready(wanted: str) -> bool:
    """Tell whether .venv is the one we would make, and still starts."""
    return STAMP.exists() and STAMP.read_text() == wanted and probe(str(PYTHON)) is not None


def pip_of(*pythons: str) -> "list[str] | None":
    """Find a pip to begin with: of any of these interpreters or on the PATH. It installs into a folder of ours only."""
    for python in pythons:
        if (probe(python) or {}).get("pip"):
            return [python, "-m", "pip"]
    found = program("pip3", "pip")
    return [found] if found else None


def need_pip(log: Log, *pythons: str) -> "list[str]":
    """Find a pip, or get one from apt where we may, else from the package index, or say what to install."""
    pip = pip_of(*pythons)
    if pip is None and can_apt():
        install_with_apt(log, ["python3-venv", "python3-pip"])
        pip = pip_of("/usr/bin/python3", *pythons)
    if pip is not None:
        return pip
    try:
        say("- pip, because this machine has none")
        return fetch_pip(TOOLS / "pip")
    except Failed as problem:
        raise Failed(
            f"There is no pip on this machine, and none can be installed without root. {problem}\n"
            "  Debian, Ubuntu:  sudo apt-get install python3-venv python3-pip\n"
            "  others:          install pip for Python 3 the way your system does it\n"
            "Then run make again."
        ) from problem


def find_python(log: Log) -> str:
    """Find a Python that Robusta runs on, or have uv fetch one."""
    for name in ("python3.11", "python3.10", "python3", sys.executable):
        found = probe(name)
        if found and found["version"] in FITS and found["venv"]:
            return str(found["path"])
    uv = program("uv")
    if uv is None:
        home = TOOLS / "uv"
        pip = need_pip(log, sys.executable, "python3")
        install = [*pip, "install", "-q", "--upgrade", "--target", str(home), "uv"]
        log.run("uv, because neither Python 3.10 nor 3.11 is here", install)
        uv = str(home / "bin" / "uv")
    home = TOOLS / "python"
    install = [uv, "python", "install", "3.11", "--install-dir", str(home)]
    try:
        log.run("Python 3.11", install, {"UV_PYTHON_BIN_DIR": str(TOOLS / "bin")})
    except Failed as problem:
        remedy = "Install Python 3.11 or 3.10 yourself (python3.11 on the PATH is enough), then run make again."
        raise Failed(f"{problem}\n\n{remedy}") from problem
    return str(next(home.glob("*3.11*/bin/python3.11")))


def make_venv(log: Log, python: str) -> None:
    """Make an empty .venv that has a pip."""
    shutil.rmtree(str(VENV), ignore_errors=True)
    if (probe(python) or {}).get("ensurepip"):
        log.run(f".venv with {python}", [python, "-m", "venv", str(VENV)])
        return
    # Debian splits ensurepip off into python3-venv. Without it: an environment without pip, and pip as a package in it.
    pip = need_pip(log, python, sys.executable, "python3")
    log.run(f".venv with {python}", [python, "-m", "venv", "--without-pip", str(VENV)])
    site = next((VENV / "lib").glob("python3*/site-packages"))
    log.run("pip for .venv", [*pip, "install", "-q", "--target", str(site), "pip"])


def bootstrap() -> None:
    """Make .venv unless it is there and up to date. Two makes at once wait for each other."""
    TOOLS.mkdir(exist_ok=True)
    wanted = fingerprint()
    with (TOOLS / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_ready(wanted):
            return
        log = Log("bootstrap")
        make_venv(log, find_python(log))
        pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--no-input"]
        log.run("Robusta and the tools (about 600 MB)", [*pip, "--editable", f".[{EXTRAS}]"])
        STAMP.write_text(wanted)


if __name__ == "__main__":
    main(bootstrap)
