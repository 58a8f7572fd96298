"""The page about actions that change something: their params, and what must be allowed for them."""

from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from robusta_volumes._cli.reference_markdown import page, table
from robusta_volumes._model.asked import (
    CreateSnapshots,
    Expand,
    PruneSnapshots,
    Release,
    RestoreSnapshot,
    SetPolicy,
    SnapshotTick,
    VolumeContents,
)
from robusta_volumes._model.asked_backups import BackupTick, CreateBackups, PruneBackups
from robusta_volumes._model.asked_benchmark import BenchmarkStorageClass
from robusta_volumes._model.asked_performance import ProbeVolumeIo
from robusta_volumes._model.asked_restores import RestoreBackup, VerifyBackup
from robusta_volumes._model.needs import CHANGES, Change

PLACE = Path("docs/reference/actions.md")
ASKED: Mapping[str, type[Any]] = {
    "expand_persistent_volume_claim": Expand,
    "set_volume_reclaim_policy": SetPolicy,
    "release_persistent_volume": Release,
    "create_pvc_snapshots": CreateSnapshots,
    "pvc_snapshot_schedule": SnapshotTick,
    "prune_pvc_snapshots": PruneSnapshots,
    "restore_pvc_snapshot": RestoreSnapshot,
    "restore_volume_backup": RestoreBackup,
    "verify_volume_backup": VerifyBackup,
    "volume_contents": VolumeContents,
    "probe_volume_io": ProbeVolumeIo,
    "benchmark_storage_class": BenchmarkStorageClass,
    "create_volume_backups": CreateBackups,
    "volume_backup_schedule": BackupTick,
    "prune_volume_backups": PruneBackups,
}
_INTRO = """These actions change something, each only when a person runs it, except `pvc_snapshot_schedule`, which does
what your `schedules` say. Where `dry_run` is `true`, the plan is shown and nothing is changed. How to run them:
[Management](../persistent-volume-actions.md#management). What reads only takes the [settings](settings.md) as params."""


def actions_page(root: Path) -> Mapping[Path, bytes]:  # noqa: ARG001 (every page gets the root)
    """Write the page from what the actions are asked for."""
    actions = dict.fromkeys(change.action for change in CHANGES)
    return {PLACE: page("Actions that change something", _INTRO, *(_section(action) for action in actions)).encode()}


def _section(action: str) -> str:
    asked, needs = ASKED[action], [_allowed(change) for change in CHANGES if change.action == action]
    about = " ".join((asked.__doc__ or "").split())
    allowed = f"Needs {'; '.join(needs)} ([Permissions](../permissions.md#what-changes-something))."
    rows = [_row(one) for one in fields(asked)]
    params = f"\n\n{table(('param', 'default', 'what it is'), rows)}" if rows else ""
    return f"## {action}\n\n{about} {allowed}{params}"


def _allowed(change: Change) -> str:
    need = change.need
    where = "a Role" if need.kind.namespaced else "a ClusterRole"
    only = ", where it runs hooks" if change.need.allow == "hooks" else ""
    return f"`{', '.join(need.verbs)}` on `{need.kind.resource}`, by {where}: `permissions --allow {need.allow}`{only}"


def _row(one: Field[Any]) -> tuple[str, ...]:
    default = f"`{str(one.default).lower()}`" if isinstance(one.default, bool) else ""
    return f"`{one.name}`", default, one.metadata["why"]
