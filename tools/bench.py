"""Run every script in benchmarks/, one after the other; they print their figures themselves."""

import subprocess
import sys

from steps import ROOT, say

if __name__ == "__main__":
    scripts = sorted((ROOT / "benchmarks").glob("[!_]*.py"))
    if not scripts:
        say("There are no benchmarks yet: benchmarks/*.py is where they go.")
    for script in scripts:
        say(f"- {script.relative_to(ROOT)}")
        if subprocess.run([sys.executable, str(script)], cwd=str(ROOT), check=False).returncode:
            sys.exit(f"{script.relative_to(ROOT)} failed")
