"""Run commands with one short line of progress each and everything they say in a log.

Standard library only, Python 3.8 or later: this runs before anything is installed.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable  # noqa: UP035 -- the other one takes no [] in Python 3.8

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
HEARTBEAT_SECONDS = 15


class Failed(Exception):
    """Something that the user has to see to; the text says what."""


def say(text: str) -> None:
    """Print one line at once, also when the output is a file."""
    print(text, flush=True)


def is_ci() -> bool:
    """Tell whether this run is a CI run, where nothing may be left out."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


def program(*names: str) -> "str | None":
    """Find the first of these programs that is on the PATH or in our own folder of tools."""
    places = os.pathsep.join([str(TOOLS / "bin"), os.environ.get("PATH", "")])
    return next((found for found in (shutil.which(name, path=places) for name in names) if found), None)


def can_apt() -> bool:
    """Tell whether we may install system packages here: apt is there and we are root."""
    return bool(shutil.which("apt-get")) and os.geteuid() == 0


class Log:
    """The log of one script: where the output of its commands goes."""

    def __init__(self, name: str) -> None:
        """Start the log anew."""
        TOOLS.mkdir(exist_ok=True)
        self.path = TOOLS / f"{name}.log"
        self.path.write_text("")

    def run(self, what: str, command: "list[str]", env: "dict[str, str] | None" = None) -> None:
        """Run one command, say how long it took; a failure names the log and shows its end."""
        started, said = time.monotonic(), 0
        everything = {**os.environ, **(env or {})}
        say(f"- {what}")
        with self.path.open("ab") as log:
            log.write(f"\n$ {' '.join(command)}\n".encode())
            log.flush()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=str(ROOT), env=everything
            )
            try:
                while process.poll() is None:
                    time.sleep(0.1)
                    seconds = int(time.monotonic() - started)
                    if seconds // HEARTBEAT_SECONDS > said:
                        said = seconds // HEARTBEAT_SECONDS
                        say(f"  {seconds} s ...")
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
        if process.returncode:
            raise Failed(f"{what}: failed. The whole story is in {self.path}; it ends with\n{self.end()}")
        say(f"  done in {time.monotonic() - started:.0f} s")

    def end(self, lines: int = 12) -> str:
        """Give the last lines of the log, indented."""
        text = self.path.read_text(errors="replace").rstrip().splitlines()
        return "\n".join(f"    {line}" for line in text[-lines:])


def install_with_apt(log: Log, packages: "list[str]") -> None:
    """Install system packages; only to be called when `can_apt` says so."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    log.run("apt-get update", ["apt-get", "update", "-q"], quiet)
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
    log.run(f"apt-get install {' '.join(packages)}", install, quiet)


def main(work: "Callable[[], None]") -> None:
    """Run a script's work; what the user has to see to becomes one message and exit code 1."""
    try:
        work()
    except Failed as problem:
        sys.exit(f"\n{problem}")
    except KeyboardInterrupt:
        sys.exit("\nstopped")
