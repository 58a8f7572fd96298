"""The storage side of a cluster with snapshots: snapshot controller, CSI drivers and provisioner over one store.

storage = CsiStorage(store, script)
storage.step()                                   # by hand: what happens, happens now
with CsiStorage(store, script): ...              # by itself, every 0.3 s
ApiServer(store).drive(storage)                  # once after each request for a snapshot or a claim: ready after n polls
"""

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CLAIM, QUOTA, SNAPSHOT
from robusta_volumes._sandbox.api_quota import count_usage
from robusta_volumes._sandbox.csi_provisioner import Provisioner
from robusta_volumes._sandbox.csi_reclaim import Reclaimer
from robusta_volumes._sandbox.csi_script import CsiScript
from robusta_volumes._sandbox.snapshot_controller import SnapshotController
from robusta_volumes._sandbox.snapshot_sidecar import SnapshotSidecar
from robusta_volumes._sandbox.stepping import Stepping


class CsiStorage(Stepping):
    """All of it. With ``controller`` False the custom resources are there, but nobody looks at snapshots.

    One step takes everything as far as it gets within one turn of the drivers: a snapshot that is ``ready=1`` is ready after
    the first step, one that is ``ready=3`` after the third.
    """

    def __init__(self, store: Store, script: CsiScript | None = None, *, controller: bool = True) -> None:
        super().__init__()
        store.honour_finalizers()
        self.store = store
        self.script = script or CsiScript()
        self._controller = SnapshotController(store) if controller else None
        self._sidecar = SnapshotSidecar(store, self.script)
        self._provisioner = Provisioner(store, self.script)
        self._reclaimer = Reclaimer(store, self.script)

    @property
    def stored(self) -> dict[str, str]:
        """What the storage holds: handle of the snapshot -> handle of its volume; it costs money, object or no object."""
        return dict(self._sidecar.stored)

    def step(self) -> None:
        """Let each driver take one turn."""
        with self.store.lock:
            if self._controller:
                self._controller.step()
            self._sidecar.step()
            if self._controller:
                self._controller.step()
            self._provisioner.step()
            self._reclaimer.step()
            for namespace in sorted({quota["metadata"]["namespace"] for quota in self.store.find(QUOTA)}):
                for kind in (SNAPSHOT, CLAIM):
                    count_usage(self.store, kind, namespace)
