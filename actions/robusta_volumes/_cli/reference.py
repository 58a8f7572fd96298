"""Write what is generated again: the reference pages, and the package's copies of playbooks and Helm values.

``python -m robusta_volumes._cli.reference`` writes; with ``--check`` it only says what is stale, and exits with 1.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from robusta_volumes._cli.permissions import permissions_page
from robusta_volumes._cli.reference_actions import actions_page
from robusta_volumes._cli.reference_rules import rules_page
from robusta_volumes._cli.reference_settings import settings_page
from robusta_volumes._cli.values_files import values_files

Writer = Callable[[Path], Mapping[Path, bytes]]
_DATA = Path("actions/robusta_volumes/_data")
_COPIED = ("playbooks", "helm-values")
_PROJECT = 'name = "robusta_volumes"'


def copies(root: Path) -> Mapping[Path, bytes]:
    """Give the package's copies of playbooks and of the Helm values that are written by hand."""
    made = values_files(root)
    masters = (path for name in _COPIED for path in sorted((root / name).rglob("*")) if path.is_file())
    written = (path for path in masters if path.relative_to(root) not in made)
    return {_DATA / path.relative_to(root): path.read_bytes() for path in written}


# A further page is a function from the root to what its files should hold.
WRITERS: tuple[Writer, ...] = (rules_page, settings_page, actions_page, permissions_page, values_files, copies)


def find_root(start: Path) -> Path:
    """Find the repository above a folder by its pyproject.toml.

    Raises FileNotFoundError: when there is none.
    """
    for folder in (start, *start.parents):
        project = folder / "pyproject.toml"
        if project.is_file() and _PROJECT in project.read_text(encoding="utf-8"):
            return folder
    raise FileNotFoundError(f"no pyproject.toml of robusta_volumes in {start} or above it: run this in the repository")


def wanted(root: Path, writers: Sequence[Writer] = WRITERS) -> Mapping[Path, bytes]:
    """Give every generated file, by its path below the root, with what it should hold."""
    return {place: content for writer in writers for place, content in writer(root).items()}


def stale(root: Path, files: Mapping[Path, bytes]) -> Iterator[Path]:
    """Give the generated files that are missing or differ, and copies whose master is gone."""
    for place, content in files.items():
        if not (root / place).is_file() or (root / place).read_bytes() != content:
            yield place
    for name in _COPIED:
        there = sorted(path.relative_to(root) for path in (root / _DATA / name).rglob("*") if path.is_file())
        yield from (place for place in there if place not in files)


def main(arguments: Sequence[str] | None = None, start: Path | None = None) -> int:
    """Write, or check; gives the exit code."""
    parser = argparse.ArgumentParser(description="Write the generated pages and copies again.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when something is stale")
    check = parser.parse_args(arguments).check
    try:
        root = find_root(start or Path.cwd())
    except FileNotFoundError as problem:
        print(problem, file=sys.stderr)
        return 2
    files = wanted(root)
    old = tuple(stale(root, files))
    if check:
        for place in old:
            print(f"stale: {place}; write it with `make docs`", file=sys.stderr)
        return 1 if old else 0
    for place in old:
        _write(root / place, files.get(place))
        print(f"{'wrote' if place in files else 'removed'} {place}")
    return 0


def _write(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
