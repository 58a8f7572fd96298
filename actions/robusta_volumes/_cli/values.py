"""The command ``values``: put our parts into a values file, or say what is missing there."""

import difflib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robusta_volumes._cli.values_chart import STOCK, Chart, chart_of
from robusta_volumes._cli.values_check import findings
from robusta_volumes._cli.values_merge import load, merged
from robusta_volumes._cli.values_place import values_in
from robusta_volumes._cli.values_tree import ValuesError


def values(into: Path, *, write: bool = False, check: bool = False, chart: Path | None = None) -> int:
    """Show what would be added to a values file, add it, or check it; gives the exit code.

    ``chart`` holds the values of the chart in use, for the check. 0: well; 1: something is missing (check); 2: a file cannot
    be read or changed.
    """
    try:
        old = into.read_bytes().decode("utf-8")
        if check:
            return _check(values_in(load(old)), STOCK if chart is None else _chart(chart))
        new = merged(old)
    except (OSError, UnicodeDecodeError, ValuesError) as problem:
        print(f"{into}: {problem}", file=sys.stderr)
        return 2
    if new == old:
        print(f"{into}: everything is there already", file=sys.stderr)
        return 0
    if write:  # before anything is shown: whoever reads the diff may stop reading, and that ends us
        into.write_bytes(new.encode())
    print(f"wrote {into}" if write else "nothing was written; --write does", file=sys.stderr)
    lines = (old.splitlines(keepends=True), new.splitlines(keepends=True))
    sys.stdout.writelines(_ended(line) for line in difflib.unified_diff(*lines, str(into), str(into)))
    return 0


def _chart(file: Path) -> Chart:
    found = chart_of(load(file.read_text(encoding="utf-8")))
    if found is None:
        raise ValuesError(
            f"{file} does not hold the chart's own values: make them with `helm show values robusta/robusta`"
        )
    return found


def _check(given: Mapping[str, Any], chart: Chart) -> int:
    found = tuple(findings(given, chart))
    for one in found:
        print(one)
    return 1 if any(not one.is_warning for one in found) else 0


def _ended(line: str) -> str:
    return line if line.endswith("\n") else line + "\n\\ no newline at the end of the file\n"
