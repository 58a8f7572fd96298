"""The demo's act about backups: Completed with three of seven claims empty, one that is stuck, and how both are put right."""

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_kinds import K8UP, VELERO, VOLSYNC
from robusta_volumes._sandbox.demo_script import BLOCK
from robusta_volumes._sandbox.story_backups import NAMESPACES, backups, behaviour, pod_is_back
from robusta_volumes._sandbox.velero_server import VeleroServer
from robusta_volumes._sandbox.world import World

Expect = Callable[[str, Callable[[], object], int], None]
_REPORT = "volume_backup_management"
_STORE = {"namespace": "store"}
# caption, action, params
BACKUPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Which claims are backed up? Last night says Completed", _REPORT, {}),
    ("The backups of a namespace", _REPORT, _STORE),
    ("A claim whose data is off-site", _REPORT, {"name": "data-orders-0", **_STORE}),
    ("A claim that each backup has, without its data", _REPORT, {"name": "imports", **_STORE}),
)


def backups_act(world: World, expect: Expect) -> None:
    """Play it; Velero runs for as long."""
    store, runner, objects = world.api.store, world.runner, backups(datetime.now(UTC), frame=False)
    world.api.install((*VELERO, *K8UP, *VOLSYNC))
    store.take(objects)
    velero = VeleroServer(store, behaviour())

    def ask(action: str, params: dict[str, Any]) -> Callable[[], object]:
        return lambda: runner.trigger(action, **params)

    block = copy.deepcopy(BLOCK)
    block["persistentVolumeWorkflows"]["volumeBackupManagement"] = {"namespaces": list(NAMESPACES)}
    world.settle(block)
    with velero:
        for caption, action, params in BACKUPS:
            expect(f"By hand: {caption}", ask(action, params), 1)
        store.take([pod_is_back(objects)])
        velero.restart()
