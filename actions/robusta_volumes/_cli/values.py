"""The command ``values``: put our parts into a values file, or say what is missing there."""

import difflib
import sys
from pathlib import Path

from robusta_volumes._cli.values_check import findings
from robusta_volumes._cli.values_merge import load, merged
from robusta_volumes._cli.values_tree import ValuesError


def values(into: Path, *, write: bool = False, check: bool = False) -> int:
    """Show what would be added to a values file, add it, or check it; gives the exit code.

    0: well; 1: something is missing (check); 2: the file cannot be read or changed.
    """
    try:
        old = into.read_bytes().decode("utf-8")
        if check:
            return _check(old)
        new = merged(old)
    except (OSError, UnicodeDecodeError, ValuesError) as problem:
        print(f"{into}: {problem}", file=sys.stderr)
        return 2
    if new == old:
        print(f"{into}: everything is there already", file=sys.stderr)
        return 0
    lines = (old.splitlines(keepends=True), new.splitlines(keepends=True))
    sys.stdout.writelines(_ended(line) for line in difflib.unified_diff(*lines, str(into), str(into)))
    if write:
        into.write_bytes(new.encode())
        print(f"wrote {into}", file=sys.stderr)
    else:
        print("nothing was written; --write does", file=sys.stderr)
    return 0


def _check(text: str) -> int:
    found = tuple(findings(load(text)))
    for one in found:
        print(one)
    return 1 if any(not one.is_warning for one in found) else 0


def _ended(line: str) -> str:
    return line if line.endswith("\n") else line + "\n\\ no newline at the end of the file\n"
