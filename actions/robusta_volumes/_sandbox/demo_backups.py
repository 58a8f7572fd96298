"""The demo's act about backups: Completed with three of seven claims empty, one that is stuck, and how both are put right."""

import copy
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_kinds import K8UP, VELERO, VOLSYNC
from robusta_volumes._sandbox.demo_script import BLOCK
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._sandbox.story_backups import NAMESPACES, VERIFY, backups, behaviour, pod_is_back
from robusta_volumes._sandbox.velero_server import VeleroServer
from robusta_volumes._sandbox.world import World

Expect = Callable[[str, Callable[[], object], int], None]
_REPORT, _CREATE, _RESTORE, _VERIFY = (
    "volume_backup_management",
    "create_volume_backups",
    "restore_volume_backup",
    "verify_volume_backup",
)
_STORE = {"namespace": "store"}
_SESSIONS = {"name": "sessions", **_STORE}  # its class does not wait for a pod
_FILE = 4096  # bytes
# caption, action, params: before something is put right, and afterwards
BACKUPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Which claims are backed up? Last night says Completed", _REPORT, {}),
    ("The backups of a namespace", _REPORT, _STORE),
    ("A claim whose data is off-site", _REPORT, {"name": "data-orders-0", **_STORE}),
    ("A claim that each backup has, without its data", _REPORT, {"name": "imports", **_STORE}),
    ("How would a claim be restored beside itself?", _RESTORE, {**_SESSIONS, "into_namespace": "store-restored"}),
    ("Then it is", _RESTORE, {**_SESSIONS, "into_namespace": "store-restored", "dry_run": False}),
    ("Is the backup any good? It is restored, looked at and taken away", _VERIFY, {**_SESSIONS, "dry_run": False}),
    ("What would a backup of the namespace hold?", _CREATE, {**_STORE, "dry_run": True}),
)
RECOVERED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("The pod is back, Velero restarted, byFileSystem set: a backup before a change", _CREATE, {**_STORE, "wait": 20}),
    ("The claim that had no data in any backup", _REPORT, {"name": "imports", **_STORE}),
)


def backups_act(world: World, kubelet: PodRunner, expect: Expect) -> None:
    """Play it; Velero runs for as long."""
    store, runner, objects = world.api.store, world.runner, backups(datetime.now(UTC), frame=False)
    world.api.install((*VELERO, *K8UP, *VOLSYNC))
    store.take(objects)

    def ask(action: str, params: dict[str, Any]) -> Callable[[], object]:
        return lambda: runner.trigger(action, **params)

    block = copy.deepcopy(BLOCK)
    block["persistentVolumeWorkflows"]["volumeBackupManagement"] = {"namespaces": list(NAMESPACES)}
    world.settle(block)
    with tempfile.TemporaryDirectory(prefix="robusta-volumes-") as folder:
        for number in range(5):
            (Path(folder) / f"{number}.dat").write_bytes(b"x" * _FILE)

        def filled(_: tuple[str, str], target: tuple[str, str], data: bool) -> None:  # noqa: FBT001 (as it is called)
            if data and target[0] == VERIFY:
                kubelet.folders[target] = Path(folder)

        with VeleroServer(store, behaviour(), filled=filled) as velero:
            for caption, action, params in BACKUPS:
                expect(f"By hand: {caption}", ask(action, params), 1)
            store.take([pod_is_back(objects)])
            velero.restart()
            block["persistentVolumeWorkflows"]["volumeBackupManagement"]["byFileSystem"] = True
            world.settle(block)
            for caption, action, params in RECOVERED:
                expect(f"By hand: {caption}", ask(action, params), 1)
