"""Run every check, also after one has failed, and say at the end which did."""

import subprocess
import sys
import time
from pathlib import Path

from steps import ROOT, say

BIN = Path(sys.executable).parent
CHECKS = {
    "style": [str(BIN / "ruff"), "check", "--quiet", "--output-format", "concise", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "--output-format", "concise", "."],
    "types": [str(BIN / "mypy"), "--strict"],
    "layers": [str(BIN / "lint-imports")],
}


def passes(name: str, command: "list[str]") -> bool:
    """Run one check; what it says is printed only when it fails."""
    started = time.monotonic()
    answer = subprocess.run(command, capture_output=True, text=True, cwd=str(ROOT), check=False)
    say(f"- {name}: {'failed' if answer.returncode else 'ok'} ({time.monotonic() - started:.0f} s)")
    if answer.returncode:
        say(f"{answer.stdout}{answer.stderr}".rstrip())
    return answer.returncode == 0


if __name__ == "__main__":
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
