"""The demo's act about what is in volumes: a database whose log grows, its copy, and a claim that no pod uses any more."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_exec import PodExec
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Builder, Object
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.shell import PodShell
from robusta_volumes._sandbox.world import World

Expect = Callable[[str, Callable[[], object], int], None]
_MIB = 1024**2
_PATH = "/var/lib/postgresql/data"
_ACTION = "volume_contents"
_PG, _OLD = {"name": "data-billing-0", "namespace": "billing"}, {"name": "old-exports", "namespace": "billing"}
CONTENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("What is in a volume? First how it would be looked at", {**_PG, "dry_run": True}),
    ("Then it is, from the pod that has it", _PG),
    ("No pod uses this one: a pod of our own looks, and is gone after", _OLD),
    ("The database is not to be disturbed: a copy is looked at, and is gone after", {**_PG, "way": "snapshot"}),
)
_FILES = {
    "data-billing-0": {f"pg_wal/00000001000000000000002{n}": 4 for n in range(6)}
    | {"base/16384/16402": 6, "base/16384/16410": 3, "base/16384/2619": 1},
    "old-exports": {
        "2024/01/customers.csv": 5,
        "2024/02/customers.csv": 6,
        "2024/a name\nwith two lines $(reboot).csv": 2,
        "README": 0,
    },
}


@contextlib.contextmanager
def contents_server(store: Store) -> Iterator[tuple[ApiServer, PodRunner]]:
    """Give a server over the store, behind which pods are real processes over real folders, and the kubelet of these pods."""
    with tempfile.TemporaryDirectory(prefix="robusta-volumes-") as folder:
        root = Path(folder)
        shell, access = PodShell(root / "pods"), Access()
        shell.mounts["billing", "billing-0"] = {_PATH: root / "data-billing-0"}
        for claim, files in _FILES.items():
            for name, size in files.items():
                path = root / claim / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"x" * size * _MIB)
        kubelet = PodRunner(store, access, folders={("billing", claim): root / claim for claim in _FILES})
        routes = [*PodExec(store, access, shell).routes, *kubelet.routes]
        with contextlib.closing(kubelet), kubelet:
            yield ApiServer(store, access=access, routes=routes), kubelet


def contents_act(world: World, expect: Expect) -> None:
    """Play it."""
    world.api.store.take(_objects())
    with CsiStorage(world.api.store) as storage:
        world.api.drive(storage)  # what a copy is made of is ready when it is first asked for
        for caption, params in CONTENTS:
            expect(f"By hand: {caption}", lambda params=params: world.runner.trigger(_ACTION, **params), 1)  # type: ignore[misc]


def _objects() -> list[Object]:
    b = Builder(datetime.now(UTC))
    b.add("Namespace", "billing")
    for claim in _FILES:
        b.bound("billing", claim, "1Gi", "gp3", "ebs.csi.aws.com")
    pod = b.pod("billing", "billing-0", ["data-billing-0"], node="node-a1")
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "v0", "mountPath": _PATH}]
    pod["status"]["containerStatuses"] = [{"name": "main", "state": {"running": {}}}]
    return b.objects
