"""The demo's act about snapshots: taken by hand, due on a schedule, late, too old, restored, and told with an alert."""

import copy
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from robusta_volumes._model.kind import QUOTA as QUOTA_KIND
from robusta_volumes._model.kind import SNAPSHOT
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.csi_script import ALWAYS, Behaviour, CsiScript
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.demo_script import BLOCK, alert
from robusta_volumes._sandbox.story_nights import QUOTA, THROTTLED, nights, roomier, schedules
from robusta_volumes._sandbox.world import World

Expect = Callable[[str, Callable[[], object], int], None]
_LEDGER = {"name": "ledger", "namespace": "erp"}
_TICK, _PRUNE, _RESTORE, _REPORT = (
    "pvc_snapshot_schedule",
    "prune_pvc_snapshots",
    "restore_pvc_snapshot",
    "pvc_snapshots",
)
_CREATE = "create_pvc_snapshots"
_PATIENCE = 10.0
# caption, action, params: before the schedules, and after them
BY_HAND: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Snapshots of a namespace: each claim that cannot have one says why", _CREATE, {"namespace": "shop"}),
    (
        "A snapshot by a class of another driver is refused before it is made",
        _CREATE,
        {**_LEDGER, "snapshot_class": "ceph"},
    ),
    ("A snapshot that is cut, but not ready yet", _CREATE, {"name": "data-mongo-0", "namespace": "db", "wait": 2}),
)
AFTERWARDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("What would a prune delete, and why? Without dry_run=false nothing goes", _PRUNE, {"schedule": "nightly"}),
    ("Then it deletes them", _PRUNE, {"schedule": "nightly", "dry_run": False}),
    ("How would a claim be restored?", _RESTORE, {**_LEDGER, "storage_class": "gp3-now"}),
    ("Then it is, into a new claim, and followed until it is Bound", _RESTORE,
     {**_LEDGER, "storage_class": "gp3-now", "new_name": "ledger-back", "dry_run": False}),
    ("A restore by a class that waits for the first pod", _RESTORE, {**_LEDGER, "dry_run": False}),
    ("The snapshots of the cluster", _REPORT, {}),
    ("The snapshots of one claim", _REPORT, {"kind": "pvc", **_LEDGER}),
)  # fmt: skip


def snapshots_act(world: World, expect: Expect) -> None:
    """Play it; the storage that takes snapshots runs for as long."""
    store, runner, now = world.api.store, world.runner, datetime.now(UTC)
    script = CsiScript()
    script.snapshots.on(Behaviour(ready=ALWAYS), namespace="db", claim="data-mongo-0")
    script.snapshots.on(Behaviour(error=THROTTLED), namespace="archive")

    def ask(action: str, params: dict[str, Any]) -> Callable[[], object]:
        return lambda: runner.trigger(action, **params)

    def begin() -> None:
        block = copy.deepcopy(BLOCK)
        block["persistentVolumeWorkflows"]["pvcSnapshots"]["schedules"] = schedules(now)
        world.settle(block)
        runner.trigger(_TICK)

    def recover() -> None:
        store.patch(QUOTA_KIND, *QUOTA, roomier())
        script.snapshots.on(Behaviour(), namespace="archive")
        end = time.monotonic() + _PATIENCE
        while not all((o.get("status") or {}).get("readyToUse") for o in store.find(SNAPSHOT, "archive")):
            if time.monotonic() > end:
                raise RuntimeError("the sandbox's storage did not get its snapshot ready")
            time.sleep(0.1)
        runner.trigger(_TICK)

    store.take(nights(now))
    with CsiStorage(store, script):
        for caption, action, params in BY_HAND:
            expect(f"By hand: {caption}", ask(action, params), 1)
        expect(
            "A tick of two new schedules: one slot is due, an earlier snapshot is late, and some are too old", begin, 3
        )
        expect("The quota is raised, the storage recovers: the next tick takes back what it told", recover, 2)
        for caption, action, params in AFTERWARDS:
            expect(f"By hand: {caption}", ask(action, params), 1)
        told = alert(datetime.now(UTC), "erp", "ledger")
        expect("An alert about a claim: when it could be restored from stands in the alert's own message",
               lambda: runner.send_alerts(told), 1)  # fmt: skip
