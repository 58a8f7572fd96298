"""What we want in a values file, part by part: data to compare with, and text with comments to put there."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from robusta_volumes._cli.permissions_rules import Needs, reads_only
from robusta_volumes._model.needs import NEEDS
from robusta_volumes._model.settings import GROUP, WORKFLOWS, as_data, camel, snake

PLAYBOOKS = Path(__file__).resolve().parents[1] / "_data" / "playbooks"  # the package's own copy
_REPORTS = Path(__file__).resolve().parents[1] / "_workflows"
REPO = "robusta_volumes"
REPOS: Mapping[str, Any] = {REPO: {"url": "file:///unused", "pip_install": False}}
_DOCTOR = "robusta_volumes_doctor"  # asks what would be allowed, and reads


class _Plain(yaml.SafeDumper):
    """YAML without anchors: they do not survive being moved to another file."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the name is PyYAML's)
        return True


def dumped(value: object) -> str:
    """Write data as block YAML."""
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, width=110, allow_unicode=True)


def flow(value: object) -> str:
    """Write data on one line."""
    line = yaml.dump(value, Dumper=_Plain, sort_keys=False, width=10**6, allow_unicode=True, default_flow_style=True)
    return line.removesuffix("\n").removesuffix("\n...")


def playbooks(folder: Path = PLAYBOOKS) -> dict[str, dict[str, Any]]:
    """Read the playbooks of the workflows that exist, by name."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(folder.glob("*.yaml")):
        found |= {p["name"]: p for p in yaml.safe_load(file.read_text(encoding="utf-8"))["customPlaybooks"]}
    return found


def light_actions(needs: Needs = NEEDS) -> tuple[str, ...]:
    """Give the actions that people may run from the UI without signature: reports of workflows that only read."""
    reports = (snake(key) for key, wanted in needs.items() if key in WORKFLOWS and reads_only(wanted))
    return (*(report for report in reports if (_REPORTS / f"{report}.py").exists()), _DOCTOR)


def block() -> dict[str, Any]:
    """Give the settings with their defaults, as data."""
    return {
        GROUP: {
            key: {camel(f.name): as_data(getattr(kind(), f.name)) for f in fields(kind)}
            for key, kind in WORKFLOWS.items()
        }
    }


def block_lines() -> Iterator[str]:
    """Write the settings with their defaults, each with its reason."""
    yield f"{GROUP}:"
    for key, kind in WORKFLOWS.items():
        later = "" if key in NEEDS else " Not in this version yet: nothing reads it."
        yield f"  # {' '.join((kind.__doc__ or '').split())}{later}"
        yield f"  {key}:"
        for one in fields(kind):
            shown = flow(as_data(getattr(kind(), one.name)))
            quoted = f'"{shown}"' if isinstance(getattr(kind(), one.name), str) and "'" not in shown else shown
            yield f"    {camel(one.name)}: {quoted.replace(chr(39), chr(34))} # {one.metadata['why']}"
