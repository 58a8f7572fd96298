"""The page about settings: every key of the Helm block, with its default, unit and reason."""

from collections.abc import Mapping
from dataclasses import Field, fields
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from robusta_volumes._cli.reference_markdown import fence, page, table
from robusta_volumes._model.hooks import hook_keys
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.settings import BLOCKS, GROUP, ROOT, WORKFLOWS, as_data, camel, snake
from robusta_volumes._model.snapshot_schedule import PvcSnapshots, schedule_keys

PLACE = Path("docs/reference/settings.md")
_INTRO = f"""All keys stand below `globalConfig.{ROOT}.{GROUP}` in the values of the Robusta chart,
and all may be left out. Whoever runs an action by hand gives the same as action params. A value that cannot be used
pauses its workflow, and one message says which and why."""


def settings_page(root: Path) -> Mapping[Path, bytes]:  # noqa: ARG001 (every page gets the root)
    """Write the page from the settings' own metadata."""
    sections = (_section(key, kind) for key, kind in WORKFLOWS.items())
    return {PLACE: page("Settings", _INTRO, _block(), *sections).encode()}


def _block() -> str:
    group = {
        key: {camel(f.name): as_data(getattr(kind(), f.name)) for f in fields(kind)} for key, kind in WORKFLOWS.items()
    }
    written = yaml.safe_dump({"globalConfig": {ROOT: {GROUP: group}}}, sort_keys=False, width=100)
    return f"The whole block with its defaults:\n\n{fence(written, 'yaml')}"


def _section(key: str, kind: type[Any]) -> str:
    about = " ".join((kind.__doc__ or "").split())
    headers = ("key", "action param", "default", "unit", "why")
    rows = (_row(one, getattr(kind(), one.name)) for one in fields(kind))
    more = _schedule if kind is PvcSnapshots else partial(_blocks, kind())
    return f"## {key}\n\n{about} Action: `{snake(key)}`.\n\n{table(headers, rows)}" + more()


def _blocks(settings: Any) -> str:
    """Describe the blocks that stand inside a workflow's own."""
    found = ""
    for outer in fields(settings):
        block = getattr(settings, outer.name)
        if not isinstance(block, BLOCKS):
            continue
        rows = []
        for one in fields(block):
            key, _, default, unit, why = _row(one, getattr(block, one.name))
            rows.append((key, default, unit, why))
        found += f"\n\nIts block `{camel(outer.name)}`:\n\n{table(('key', 'default', 'unit', 'why'), rows)}"
    return found


def _schedule() -> str:
    """Describe one entry of ``schedules``, and its block ``hooks``."""
    found = ""
    for what, keys in (("One entry of `schedules`", schedule_keys()), ("Its block `hooks`", hook_keys())):
        rows = []
        for one in keys:
            key, _, default, unit, why = _row(one, one.default)
            rows.append((key, "" if one.default in (None, "") else default, unit, why))
        found += f"\n\n{what}:\n\n{table(('key', 'default', 'unit', 'why'), rows)}"
    return found


def _row(one: Field[Any], default: object) -> tuple[str, ...]:
    unit, why = one.metadata["unit"], one.metadata["why"]
    if isinstance(default, Limits):
        shown = "[thresholds](rules.md#thresholds)"
    elif isinstance(default, BLOCKS):
        shown = "see below"
    else:
        shown = "`" + yaml.safe_dump(as_data(default), default_flow_style=True).splitlines()[0] + "`"
    return f"`{camel(one.name)}`", f"`{one.name}`", shown, unit, why
